NAME predicates, and/or, not
PROG u:a:f /arg0 > 2 && arg0 < 10 || !arg0/ { @[arg0] = count(); } u:a:f /comm == "victim" && pid != 1/ { @n++; } u:a:f /comm != "victim"/ { @never++; }
HIT 1
HIT 3
HIT 9
HIT 10
HIT 0
EXPECT
@[3]: 1
@[9]: 1
@[0]: 1
@n: 5

NAME if, else, ternary, old scoping
PROG u:a:f { if (arg0 > 5) { $x = "big"; } else if (arg0 == 5) { $x = "five"; } else { $x = "small" } printf("%s %s\n", $x, arg0 & 1 ? "odd" : "even"); if arg0 == 5 { $y = 1 } printf("%d\n", $y); }
HIT 6
HIT 5
HIT 1
EXPECT
big even
0
five odd
1
small odd
0

NAME integer operators, signed and unsigned
PROG u:a:f { printf("%ld %ld %ld %ld %ld\n", arg0 + arg1, arg0 - arg1, arg0 * arg1, arg0 / arg1, arg0 % arg1); printf("%ld %ld %ld %ld %ld\n", arg0 & 6, arg0 | 1, arg0 ^ arg1, arg0 << 3, arg0 >> 1); printf("%d %d %d %d\n", arg0 < arg1, arg0 <= arg1, arg0 > arg1, arg0 >= arg1); printf("%d %d %d\n", -arg0, ~arg0, !arg0); $u = (uint64)arg0; printf("%llu %llu %d\n", $u / 2, $u >> 60, $u > (uint64)arg1); }
HIT 7 2
HIT -7 2
HIT 5 0
EXPECT
9 5 14 3 1
6 7 5 56 3
0 0 1 1
-7 -8 0
3 0 1
-5 -9 -14 -3 -1
0 -7 -5 -56 -4
1 1 0 0
7 6 0
9223372036854775804 15 1
stdin:1:80-91: WARNING: a division by 0: its result is 1
u:a:f { printf("%ld %ld %ld %ld %ld\n", arg0 + arg1, arg0 - arg1, arg0 * arg1, arg0 / arg1, arg0 % arg1); printf("%ld %ld %ld %ld %ld\n", arg0 & 6, arg0 | 1, arg0 ^ arg1, arg0 << 3, arg0 >> 1); printf("%d %d %d %d\n", arg0 < arg1, arg0 <= arg1, arg0 > arg1, arg0 >= arg1); printf("%d %d %d\n", -arg0, ~arg0, !arg0); $u = (uint64)arg0; printf("%llu %llu %d\n", $u / 2, $u >> 60, $u > (uint64)arg1); }
                                                                               ^~~~~~~~~~~
stdin:1:93-104: WARNING: a division by 0: its result is 1
u:a:f { printf("%ld %ld %ld %ld %ld\n", arg0 + arg1, arg0 - arg1, arg0 * arg1, arg0 / arg1, arg0 % arg1); printf("%ld %ld %ld %ld %ld\n", arg0 & 6, arg0 | 1, arg0 ^ arg1, arg0 << 3, arg0 >> 1); printf("%d %d %d %d\n", arg0 < arg1, arg0 <= arg1, arg0 > arg1, arg0 >= arg1); printf("%d %d %d\n", -arg0, ~arg0, !arg0); $u = (uint64)arg0; printf("%llu %llu %d\n", $u / 2, $u >> 60, $u > (uint64)arg1); }
                                                                                            ^~~~~~~~~~~
5 5 0 1 1
4 5 5 40 2
0 0 1 1
-5 -6 0
2 0 1

NAME casts cut and extend
PROG u:a:f { printf("%d %d %d %d %ld %ld\n", (int8)arg0, (uint8)arg0, (int16)arg0, (uint16)arg0, (int32)arg0, (uint32)arg0); print((bool)arg0); }
HIT 0x1ffff80
HIT -1
EXPECT
-128 128 -128 65408 33554304 33554304
true
-1 255 -1 65535 -1 4294967295
true

NAME printf cuts to 32 bits without l
PROG BEGIN { printf("%d %ld %x %lx %u %c %5d|%-5d|%05d\n", 0x100000001, 0x100000001, 0x1000000ff, 0x1000000ff, 0x100000002, 65, 42, 42, 42); printf("%s %s %s %p %%\n", 5, "a\tb", (1,2), 0x1234); }
EXPECT
1 4294967297 ff 1000000ff 2 A    42|42   |00042
5 a	b (1, 2) 0x1234 %

NAME strings
PROG u:a:f { $s = str(arg0); print($s); print(str(arg0, 3)); print(str(arg0, arg1)); print(str(0)); @ = str(arg0); print(@); if ($s == "hello") { print("same"); } if ($s != "hell") { print("not hell"); } if ($s == str(arg0)) { print("itself"); } print(strncmp($s, "help", 3)); print(strncmp($s, "help", 4)); @a["x"] = "short"; @a["longer key"] = "a much longer string than before"; print(@a["x"]); print(@a["none"]); }
HIT 0x1000 2
EXPECT
hello
he
h

@: hello
same
not hell
itself
0
1
short

@: hello
@a[longer key]: a much longer string than before
@a[x]: short

NAME strings are cut at max_strlen
PROG config = { max_strlen = 5 } u:a:f { print(str(arg0)); print(str(arg0, 5)); @[str(arg0)] = count(); print(str(arg0) == "a longer"); }
HIT 0x1010
EXPECT
a lon..
a lo
false
@[a lon..]: 1

NAME the environment beats the config block
PROG config = { max_strlen = 5 } u:a:f { print(str(arg0)); }
HIT 0x1010
ENV BPFTRACE_MAX_STRLEN=10
EXPECT
a longer s..

NAME while, break, continue
PROG BEGIN { $i = 0; $sum = 0; while ($i < 10) { $i++; if ($i == 3) { continue; } if ($i == 6) { break; } $sum += $i; } printf("%d %d\n", $i, $sum); }
EXPECT
6 12

NAME for over ranges, nested
PROG BEGIN { for ($i : 1..4) { for $j : 0..$i { if ($j == 2) { break; } @[$i, $j] = $i * 10 + $j; } } for ($k : 3..1) { print("never"); } }
EXPECT
@[1, 0]: 10
@[2, 0]: 20
@[2, 1]: 21
@[3, 0]: 30
@[3, 1]: 31

NAME for over a map
PROG BEGIN { @a[1] = 10; @a[2] = 20; @b["x", 5] = count(); for ($kv : @a) { printf("%d -> %d\n", $kv.0, $kv.1); } for ($kv : @b) { printf("%s %d %d\n", $kv.0.0, $kv.0.1, $kv.1); } for ($kv : @a) { if ($kv.0 == 2) { return; } print($kv); } print("unreached"); }
EXPECT
1 -> 10
2 -> 20
x 5 1
(1, 10)
@a[1]: 10
@a[2]: 20
@b[x, 5]: 1

NAME return leaves loops and probes
PROG BEGIN { for ($i : 0..5) { while (1) { if ($i == 2) { return } print($i); break; } } } END { print("end"); if (1) { return; } print("no"); }
EXPECT
0
1
end

NAME exit ends the probe at once, with its code
PROG BEGIN { print("a"); while (1) { exit(3); } print("b"); } BEGIN { print("c"); } END { print("end"); }
EXIT 3
EXPECT
a
end

NAME unroll
PROG BEGIN { $i = 0; unroll(4) { $i += 2; if ($i == 4) { continue; } if ($i == 8) { break; } print($i); } }
EXPECT
2
6

NAME structs of the script
PROG struct inner { short x; char c; };
struct node { int value; char name[16]; unsigned lo:3, hi:5; struct node *next; short list[4]; };
u:a:f { $p = (struct node *)arg0; printf("%d %s %d %d %d\n", $p->value, $p->name, $p->lo, $p->hi, $p->list[1]); $q = $p->next; printf("%d %s %d\n", $q->value, $q.name, (uint64)$q->next); $v = *$p; printf("%d %s %d %d\n", $v.value, $v.name, $v.hi, $v.list[2]); @n[$p->name, $q->name] = $q->list[0]; print(sizeof(struct node)); print(offsetof(struct node, next)); print($p->list); print((*$p).value); $i = 3; print($p->list[$i]); print($v.list[$i]); print(&$p->next - 1); }
HIT 0x1100
EXPECT
-5 first 5 17 -2
70000 second 0
-5 first 17 3
40
24
[1,-2,3,4]
-5
4
4
0x1110
@n[first, second]: 9

NAME args by debug information
PROG u:a:f { printf("%d %s %s %d\n", args.n, str(args.s), args.p->name, args.v.hi); printf("%s %d\n", args->v.name, args.v.list[3]); print(args.p->next->value); @ = hist(args.n); print(((node_t *)arg2)->value); }
HIT -3 0x1000 0x1200
EXPECT
-3 hello second 17
first 4
0
70000
@:
(..., 0)               1 |@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@|


NAME usdt arguments
PROG usdt:a:prov:name { printf("%d %d\n", arg0, arg1); }
HIT -3
EXPECT
-3 8
EXPECT-BIG
-3 11

NAME pointers
PROG u:a:f { $p = (int32 *)arg0; printf("%d %d %d\n", *$p, $p[3], *($p + 3)); $c = (uint8 *)arg0; $c++; printf("%x %x\n", *$c, *($c + 1)); $q = (int32 *)arg0; $q += 3; print($q - $p); print(*(reg("sp") + 8)); print((uint64)$p == arg0); print(*uaddr("counter")); print(*(int8 *)0x1001); }
HIT 0x1040
EXPECT
1650524673 0 0
2 61
3
1084818905618843912
true
4294967291
101
EXPECT-BIG
16933218 0 0
2 61
3
579005069656919567
true
4294967291
101

NAME bufs
PROG u:a:f { printf("%r|%rx|%rh\n", buf(arg0, 5), buf(arg0, 3), buf(arg0, arg1)); @ = buf(arg0, 4); }
HIT 0x1040 2
EXPECT
\x01\x02ab\xff|\x01\x02\x61|01 02
@: \x01\x02ab

NAME tuples and records
PROG BEGIN { $t = (1, "abc", (2, 3)); print($t); print($t.1); print($t.2.1); $t = (5, "a longer one", (7, 8)); print($t); @t[$t] = $t; @t[1, "x", (2, 3)] = (0, "", (0, 0)); $r = (a = 1, b = "x"); print($r); print($r.b); @r = $r; print(()); }
EXPECT
(1, abc, (2, 3))
abc
3
(5, a longer one, (7, 8))
{ .a = 1, .b = x }
x
()
@r: { .a = 1, .b = x }
@t[1, x, (2, 3)]: (0, , (0, 0))
@t[5, a longer one, (7, 8)]: (5, a longer one, (7, 8))

NAME builtins
PROG u:a:f { printf("%d %d %d %d %d %d %s\n", pid, tid, uid, gid, cpu, rand, comm); printf("%s %s %s\n", func, probe, probetype); print(nsecs); print(elapsed); print(cpid); print(has_cpid); print(usym(reg("ip"))); print(pid()); print(nsecs(monotonic)); }
HIT 1
EXPECT
1000 1001 500 600 3 4 victim
f uprobe:a:f uprobe
1000
1500
77
true
leaf
1000
3000

NAME func and probe with wildcards
PROG u:/bin/a:* { @[func] = count(); @p[probe] = count(); }
HIT 1
EXPECT
@[first]: 1
@[second_one]: 1
@p[uprobe:/bin/a:first]: 1
@p[uprobe:/bin/a:second_one]: 1

NAME stacks
PROG u:a:f { @[ustack] = count(); @p[ustack(perf, 5), comm] = sum(arg0); print(ustack(1)); } ur:a:f { @r[ustack] = count(); print(retval); }
HIT 4
EXPECT

        leaf+16

4
@[
        leaf+16
        main+32
]: 1
@p[
	401010 leaf+16 (/bin/a)
	402020 main+32 (/bin/a)
, victim]: 4
@r[
        leaf+16
        main+32
]: 1

NAME clear, zero, delete, has_key, len
PROG BEGIN { @a[1] = 1; @a[2] = 2; @a[3] = 3; print(len(@a)); print(has_key(@a, 2)); delete(@a[2]); print(has_key(@a, 2)); print(delete(@a, 1)); print(delete(@a, 7)); print(len(@a)); zero(@a); @b = 5; delete(@b); @c[1,"x"] = count(); print(has_key(@c, (1, "x"))); @d[1] = count(); clear(@d); @e = count(); zero(@e); }
EXPECT
3
true
false
true
false
1
true
@a[3]: 0
@c[1, x]: 1
@e: 0

NAME print of maps is a snapshot, top and div
PROG BEGIN { @a["x"] = 10; @a["y"] = 30; @a["z"] = 20; print(@a); print("-"); print(@a, 2); print("-"); print(@a, 2, 10); @a["x"] = 11; @c = count(); print(@c); clear(@a); }
EXPECT
@a[x]: 10
@a[z]: 20
@a[y]: 30
-
@a[z]: 20
@a[y]: 30
-
@a[z]: 2
@a[y]: 3
@c: 1
@c: 1

NAME aggregations as numbers
PROG u:a:f { @c = count(); @s = sum(arg0); @m = max(arg0); @a = avg(arg0); if (@c > 1) { printf("%d %d %d %d\n", @c, @s + 1, (int32)@m, @a); } }
HIT 5
HIT -2
EXPECT
2 4 5 1
@a: 1
@c: 2
@m: 5
@s: 3

NAME time and strftime
PROG BEGIN { time("%Y\n"); printf("%s\n", strftime("%Y-%m-%d", 86400000000000)); }
EXPECT
1970
1970-01-02

NAME positional parameters
PROG BEGIN { printf("%d %s %s %d %d\n", $1, str($1), str($2), $#, $3); printf("[%s]\n", str($3)); if ($1 == 5) { print("five") } }
PARAMS 5 word
EXPECT
5 5 word 2 0
[]
five

NAME warnf, errorf, cat without such a file
PROG BEGIN { warnf("w %d\n", 1); errorf("e %s", "x"); }
EXPECT
stdin:1:9-27: WARNING: w 1
stdin:1:29-48: ERROR: e x

NAME let, types, block scope
PROG BEGIN { let $a; let $b: uint8 = 300; let $s: string[8] = "abc"; $a = 5; { let $a = 7; print($a); } print($a); print($b); print($s); if (1) { let $z = 1; print($z) } if (1) { let $z = "str"; print($z) } }
EXPECT
7
5
44
abc
1
str

NAME block expressions and if as a value
PROG BEGIN { $x = { let $a = 1; $a + 2 }; print($x); $y = if $x == 3 { "three" } else { "other" }; print($y); $z = 0 ?: 9; print($z); _ = 5; }
EXPECT
3
three
9

NAME enums and defines
PROG #define LIMIT (4 * 2)
enum color { RED, GREEN = 5, BLUE };
BEGIN { $c = (enum color)6; print($c); print(BLUE); printf("%d %s %d\n", GREEN, GREEN, LIMIT); @[RED] = 1; }
EXPECT
BLUE
BLUE
5 GREEN 8
@[RED]: 1

NAME literals
PROG BEGIN { print((0x10, 010, 1_000, 1e3, 5ms, 1m, 100UL, 9223372036854775807)); print(18446744073709551615); print("\x41\102\"\\"); }
EXPECT
(16, 8, 1000, 1000, 5000000, 60000000000, 100, 9223372036854775807)
18446744073709551615
AB"\

NAME declared maps
PROG let @a = lruhash(2); let @b = hash(1); BEGIN { @a[1] = 1; @a[2] = 2; @a[3] = 3; @b[1] = 1; @b[2] = 2; print(len(@a)); print(@b); clear(@a); }
EXPECT
stdin:1:92-101: WARNING: the map is full: this key has no room; raise max_map_keys, or declare the map: let @m = hash(N)
let @a = lruhash(2); let @b = hash(1); BEGIN { @a[1] = 1; @a[2] = 2; @a[3] = 3; @b[1] = 1; @b[2] = 2; print(len(@a)); print(@b); clear(@a); }
                                                                                           ^~~~~~~~~
Additional Info - helper: map_update_elem, retcode: -7
2
@b[1]: 1
@b[1]: 1

NAME compound assignment
PROG BEGIN { @m = 10; @m -= 3; @m *= 4; @m /= 5; @m %= 4; @m <<= 4; @m |= 3; @m &= 0x31; @m ^= 1; @m >>= 1; $v = 10; $v -= 3; $v *= 4; $v /= 5; $v %= 4; $v <<= 4; $v |= 3; $v &= 0x31; $v ^= 1; $v >>= 1; printf("%d %d\n", @m, $v); printf("%d %d %d %d\n", $v++, ++$v, $v--, --$v); printf("%d %d %d\n", ++@m, @m--, @m); }
EXPECT
8 8
8 10 10 8
9 9 8
@m: 8

NAME division by zero
PROG u:a:f { printf("%d %d\n", 5 / arg0, 5 % arg0); }
HIT 0
EXPECT
stdin:1:27-35: WARNING: a division by 0: its result is 1
u:a:f { printf("%d %d\n", 5 / arg0, 5 % arg0); }
                          ^~~~~~~~
stdin:1:37-45: WARNING: a division by 0: its result is 1
u:a:f { printf("%d %d\n", 5 / arg0, 5 % arg0); }
                                    ^~~~~~~~
1 1

NAME a 32-bit target
PROG struct s { char c; struct s *p; long l; }; u:a:f { printf("%d %x %d\n", sizeof(struct s), arg0, offsetof(struct s, l)); print(*(int8 *)arg0); }
WORD 4
HIT 0x1001 2
EXPECT
12 1001 8
101

NAME system calls, signals, addresses by name
PROG BEGIN { print(strerror(2)); print(signal_name(9)); print(ntop(0x0100007f)); print(bswap((uint16)0x1234)); print(bswap((uint32)0x12345678)); } u:a:f { signal("SIGUSR1"); signal(9); }
HIT 1
EXPECT
No such file or directory
SIGKILL
127.0.0.1
13330
2018915346
signal 10
signal 9
EXPECT-BIG
No such file or directory
SIGKILL
1.0.0.127
13330
2018915346
signal 10
signal 9

NAME interval, self, comments, shebang
PROG #!/usr/bin/upd
// a comment
interval:s:1 { @i++; } i:ms:10 { /* one */ @j++ } self:signal:SIGUSR1 { @s++ }
HIT 1
EXPECT
@i: 1
@j: 1
@s: 1

NAME many variables, more than the stack takes
PROG u:a:f { $a=arg0+1; $b=$a+1; $c=$b+1; $d=$c+1; $e=$d+1; $f=$e+1; $g=$f+1; $h=$g+1; $i=$h+1; $j=$i+1; $k=$j+1; $l=$k+1; $m=$l+1; $n=$m+1; $o=$n+1; $p=$o+1; $q=$p+1; $r=$q+1; $s=$r+1; $t=$s+1; $u=$t+1; $v=$u+1; $w=$v+1; $x=$w+1; $y=$x+1; $z=$y+1; $aa=$z+1; $bb=$aa+1; printf("%d %d %d\n", $a, $z, $bb); }
HIT 0
EXPECT
1 26 28

NAME one action for probes of several kinds
PROG u:a:f,ur:a:f,i:s:1 { @[probetype] = count(); }
u:a:f, ur:a:g / pid / { @k[func, probetype] = count(); @s[ustack(1)] = 2 }
HIT 1
EXPECT
@[uprobe]: 1
@[uretprobe]: 1
@[interval]: 1
@k[f, uprobe]: 1
@k[g, uretprobe]: 1
@s[
        leaf+16
]: 2
@s[
        leaf+16
]: 2

NAME one action for probes of several kinds, each its own
PROG u:a:f, usdt:a:p:n { printf("%s %d\n", probetype, arg1); }
HIT 1 2
EXPECT
uprobe 2
usdt 2

NAME what not all kinds of a probe have
PROG u:a:f, ur:a:f { print($x); print(arg0); } u:a:f, ur:a:f { print(arg0); }
EXIT -12
EXPECT
stdin:1:23-25: ERROR: $x has no value here: nothing is assigned to it
u:a:f, ur:a:f { print($x); print(arg0); } u:a:f, ur:a:f { print(arg0); }
                      ^~
stdin:1:65-69: ERROR: arg0 is known where a function begins: in a uprobe or usdt probe
u:a:f, ur:a:f { print($x); print(arg0); } u:a:f, ur:a:f { print(arg0); }
                                                                ^~~~
HINT: keep it: in the uprobe, @arg0[tid] = arg0

NAME addresses are one key, pointers or not
PROG u:a:f { @[(int8 *)arg0] = 1; @t[pid, (int8 *)arg0] = 2; if (has_key(@, arg0)) { @[arg0]++; } delete(@t, (pid, arg0)); @n = len(@t); }
HIT 0x10
EXPECT
@[0x10]: 2
@n: 0

NAME positional parameters: numbers, text, text from a place on
PROG BEGIN { print(($1, $#, str($1), str($1 + 2), str($2 + 1), str($2 + 9), str($9), $9)); print($1 + 1); print($3 < 0); print($3); printf("%s\n", $2); }
PARAMS 1234 text -5
EXPECT
(1234, 3, 1234, 34, ext, , , 0)
1235
true
-5
text

NAME complements of literals are signed
PROG BEGIN { print((~0, ~5, -0, ~(uint64)0)); }
EXPECT
(-1, -6, 0, 18446744073709551615)
