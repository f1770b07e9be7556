NAME the tree
PROG config = { max_strlen = 64 }
usdt:a:b:c,U:a:d /pid == 1 && !arg0/ { @x[comm, -1] = hist(arg1, 2); if ($1) { $t = (1, "a\n"); } else { @y++; } }
i:s:1 { for ($kv : @x) { print($kv.0); } while ((int8)5 > 3) { break; } unroll(2) { @z += *(uint32 *)4; } return; }
PARAMS 7
DUMP ast
EXPECT
probe usdt:a:b:c
probe usdt:a:d
  predicate
    binary '&&'
      binary '=='
        builtin pid
        int 1
      unary '!'
        builtin arg0
  assign '='
    map @x
      builtin comm
      unary '-'
        int 1
    call hist
      builtin arg1
      int 2
  if
    int 7
    assign '='
      variable $t
      tuple
        int 1
        string "a\x0a"
  else
    incdec '++'
      map @y
probe interval:s:1
  for
    variable $kv
    map @x
    call print
      element 0
        variable $kv
  while
    binary '>'
      cast int8
        int 5
      int 3
    break
  unroll
    int 2
    assign '+='
      map @z
      unary '*'
        cast uint32 *
          int 4
  return

NAME types
PROG u:a:f { $s = str(arg0, 8); @n[$s, tid] = sum((int32)arg1); @h[ustack] = lhist(arg0, 0, 10, 2); @l = args.p->list; @t = (1, comm); print(args.v.name); @b = arg0 > 1; @p = args.p; $s = "longer than eight"; }
DUMP types
EXPECT
map @n[(string[18], uint64)] :: sum()
map @h[ustack] :: lhist()
map @l :: int16[4]
map @t :: (int64, string[16])
map @b :: bool
map @p :: struct node *
probe uprobe:a:f
  assign '='
    variable $s :: string[18]
    call str :: string[8]
      builtin arg0 :: int64
      int 8 :: int64
  assign '='
    map @n
      variable $s :: string[18]
      builtin tid :: uint32
    call sum :: sum()
      cast int32 :: int32
        builtin arg1 :: int64
  assign '='
    map @h
      builtin ustack :: ustack
    call lhist :: lhist()
      builtin arg0 :: int64
      int 0 :: int64
      int 10 :: int64
      int 2 :: int64
  assign '='
    map @l
    field list :: int16[4]
      field p :: struct node *
        builtin args :: struct {...}
  assign '='
    map @t
    tuple :: (int64, string[16])
      int 1 :: int64
      builtin comm :: string[16]
  call print
    field name :: string[16]
      field v :: struct node
        builtin args :: struct {...}
  assign '='
    map @b
    binary '>' :: bool
      builtin arg0 :: int64
      int 1 :: int64
  assign '='
    map @p
    field p :: struct node *
      builtin args :: struct {...}
  assign '='
    variable $s :: string[18]
    string "longer than eight" :: string[18]

NAME a program
PROG u:a:f /arg0 > 5/ { @[tid] = count(); }
DUMP bpf
EXPECT
uprobe:a:f:
   0: r6 = r1
   1: r0 = *(u64 *)(r6 + 40)
   2: if r0 s<= 5 goto 34
   3: call get_current_pid_tgid
   4: r0 <<= 32
   5: r0 >>= 32
   6: *(u64 *)(r10 - 8) = r0
   7: r1 = map 0 (@)
   9: r2 = r10
  10: r2 += -8
  11: call map_lookup_elem
  12: if r0 != 0 goto 32
  13: *(u64 *)(r10 - 16) = 0
  14: r1 = map 0 (@)
  16: r2 = r10
  17: r2 += -8
  18: r3 = r10
  19: r3 += -16
  20: r4 = 1
  21: call map_update_elem
  22: if r0 != -7 goto 26
  23: r2 = r0
  24: r1 = 0
  25: call upd_warn
  26: r1 = map 0 (@)
  28: r2 = r10
  29: r2 += -8
  30: call map_lookup_elem
  31: if r0 == 0 goto 34
  32: r1 = 1
  33: lock *(u64 *)(r0 + 0) += r1
  34: r0 = 0
  35: exit

NAME bpf: nothing that is never run
PROG BEGIN { if ($1) { return; print(1); } exit(); print(2); }
DUMP bpf
EXPECT
BEGIN:
   0: r6 = r1
   1: r0 = 0
   2: if r0 == 0 goto 4
   3: goto 8
   4: r0 = 0
   5: r1 = r0
   6: call upd_exit
   7: goto 8
   8: r0 = 0
   9: exit
