NAME strings: length, search, concatenation
PROG u:a:f { $s = str(arg0); printf("%d %d %d\n", strlen($s), strlen(""), strlen("abc")); printf("%d %d %d %d\n", strstr($s, "lo"), strstr($s, "x"), strstr($s, ""), strstr("", "a")); print(strcontains($s, "ell")); print(strcontains($s, "hello!")); $c = str_concat($s, ", you"); print($c); print(strlen($c)); @[str_concat(comm, "!")] = count(); printf("%d\n", strcap("abc")); }
HIT 0x1000
EXPECT
5 0 3
3 -1 0 -1
true
false
hello, you
10
4
@[victim!]: 1

NAME strings behind pointers
PROG u:a:f { printf("%d %d %d %d\n", strlen(args.s), strstr(args.s, "str"), strncmp(args.s, "a longer", 8), strcap(args.s)); }
HIT 1 0x1010
EXPECT
25 9 0 25

NAME a concatenation is cut as any string
PROG config = { max_strlen = 8 } BEGIN { $a = str_concat("abcdef", "ghijkl"); print($a); print(str_concat("", "xy")); }
EXPECT
abcdefgh..
xy

NAME memcmp of strings, arrays, buffers and pointers
PROG u:a:f { printf("%d %d %d\n", memcmp("abc", "abd", 2), memcmp("abc", "abd", 3) < 0, memcmp(args.p->list, args.p->next->list, 4) != 0); print(memcmp(buf(arg1, 4), buf(arg1, 8), 4)); print(memcmp(args.p, args.p, 16)); }
HIT 1 0x1000 0x1100
EXPECT
0 1 1
0
0

NAME join
PROG u:a:f { join(arg0); join(0); join(arg0, "-"); }
HIT 0x1300
EXPECT
hello a longer string than that

hello-a longer string than that

NAME find
PROG BEGIN { @m[1, "a"] = "one"; @n[5] = 6; if (find(@m, (1, "a"), $v)) { print($v); } if (!find(@m, (2, "a"), $v)) { print($v); } if (find(@n, 5, $w)) { print($w + 1); } @c[1] = count(); @c[1] = count(); if (find(@c, 1, $x)) { print($x); } }
EXPECT
one
one
7
2
@c[1]: 2
@m[1, a]: one
@n[5]: 6

NAME the parameters as a whole
PROG u:a:f { print(args); @a = args; @b[args.n] = args; printf("%s\n", args); }
HIT -7 0x1000 0x1100
EXPECT
{ .n = -7, .s = 0x1000, .p = 0x1100, .v = { .value = -5, .name = first, .lo = 5, .hi = 17, .next = 0x1200, .list = [1,-2,3,4] } }
{ .n = -7, .s = 0x1000, .p = 0x1100, .v = { .value = -5, .name = first, .lo = 5, .hi = 17, .next = 0x1200, .list = [1,-2,3,4] } }
@a: { .n = -7, .s = 0x1000, .p = 0x1100, .v = { .value = -5, .name = first, .lo = 5, .hi = 17, .next = 0x1200, .list = [1,-2,3,4] } }
@b[-7]: { .n = -7, .s = 0x1000, .p = 0x1100, .v = { .value = -5, .name = first, .lo = 5, .hi = 17, .next = 0x1200, .list = [1,-2,3,4] } }

NAME structs, arrays, enums, pointers as values
PROG enum e { A, B = 5 }; struct in { char c; enum e e; }; struct s { int i; char name[8]; int a[2]; struct in in; struct s *p; };
u:a:f { $s = (struct s *)arg0; print(*$s); print($s->in); print($s->a); print($s->in.e); print((enum e)5); print($s); print($s->p); @k[$s->in] = $s->a; print(($s->a, $s->in)); print(buf($s->a)); print(buf($s->name, 3)); }
HIT 0x1100
EXPECT
{ .i = -5, .name = first, .a = [0,0], .in = { .c = -115, .e = 4608 }, .p = 0x40003fffe0001 }
{ .c = -115, .e = 4608 }
[0,0]
4608
B
0x1100
0x40003fffe0001
([0,0], { .c = -115, .e = 4608 })
\x00\x00\x00\x00\x00\x00\x00\x00
fir
@k[{ .c = -115, .e = 4608 }]: [0,0]
EXPECT-BIG
{ .i = -5, .name = first, .a = [0,0], .in = { .c = -79, .e = A }, .p = 0x1fffe00030004 }
{ .c = -79, .e = A }
[0,0]
A
B
0x1100
0x1fffe00030004
([0,0], { .c = -79, .e = A })
\x00\x00\x00\x00\x00\x00\x00\x00
fir
@k[{ .c = -79, .e = A }]: [0,0]

NAME addresses of networks
PROG struct mac { uint8 m[6]; };
BEGIN { print(pton("10.0.0.1")); print(ntop(pton("10.0.0.1"))); print(ntop(pton("fe80::1"))); print(ntop(2, 0x0100007f)); print(ntop(10, pton("::1"))); @[ntop(0x0200007f)] = count(); } u:a:f { print(macaddr(((struct mac *)arg0)->m)); }
HIT 0x1040
EXPECT
[10,0,0,1]
10.0.0.1
fe80::1
127.0.0.1
::1
01:02:61:62:FF:00
@[127.0.0.2]: 1
EXPECT-BIG
[10,0,0,1]
10.0.0.1
fe80::1
1.0.0.127
::1
01:02:61:62:FF:00
@[2.0.0.127]: 1

NAME what is known of types
PROG u:a:f { print((is_str("a"), is_str(1), is_ptr(args.p), is_ptr(1), is_array(args.v.list), is_integer(arg0))); print(typeinfo(args.p)); print(typeinfo("ab")); static_assert(sizeof(uint32) == 4, "no"); if (is_str(str(arg0))) { print("str"); } }
HIT 1 2 0x1100
EXPECT
(true, false, true, false, true, true)
(1295192632, pointer, struct node *)
(2123501541, string, string[3])
str

NAME what is known before it runs fails before it runs
PROG BEGIN { static_assert(1 == 2, "one is not two"); static_assert(pid == 1); fail("never"); }
EXIT -12
EXPECT
stdin:1:9-48: ERROR: one is not two
BEGIN { static_assert(1 == 2, "one is not two"); static_assert(pid == 1); fail("never"); }
        ^~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~
stdin:1:64-72: ERROR: this is not known before the program runs
BEGIN { static_assert(1 == 2, "one is not two"); static_assert(pid == 1); fail("never"); }
                                                               ^~~~~~~~
stdin:1:75-88: ERROR: never
BEGIN { static_assert(1 == 2, "one is not two"); static_assert(pid == 1); fail("never"); }
                                                                          ^~~~~~~~~~~~~

NAME assert ends the session
PROG BEGIN { assert(1 == 1, "fine"); assert(pid == 0, "50% of it"); print("never"); } END { print("end"); }
EXIT 1
EXPECT
stdin:1:33-62: ERROR: assert failed: 50% of it
end

NAME who it was
PROG u:a:f { printf("%d %d %s %s %s %d %s\n", ppid, leader_tid, pcomm, leader_comm, comm(7), pid(curr_ns), username); print(cgroup); @[username, pcomm] = count(); print(len(ustack)); print(config.max_strlen); print(config.str_trunc_trailer); $l = len(dw_ustack(1)); signal_thread(10); print(ncpus > 0); }
HIT 1
EXPECT
signal 10 to the thread
999 1000 comm-999 comm-1000 comm-7 1000 500
4711
2
1024
..
true
@[500, comm-999]: 1

NAME what is not there is refused by name
PROG u:a:f { kaddr("x"); unwatch(1); percpu_kaddr("x"); write_user(1, "ab", 9); write_user(1, 2, 9); curtask; cgroup_path(1); numaid; pid(init); strlen(5); memcmp(1, 2, 3); memcmp("ab", "cd", 9); join("a"); find(@a, 1); pton("nowhere"); comm(1, 2); len(5); }
EXIT -12
EXPECT
stdin:1:9-19: ERROR: kaddr() is about the kernel, where upd does not look
u:a:f { kaddr("x"); unwatch(1); percpu_kaddr("x"); write_user(1, "ab", 9); write_user(1, 2, 9); curtask; cgroup_path(1); numaid; pid(init); strlen(5); memcmp(1, 2, 3); memcmp("ab", "cd", 9); join("a"); find(@a, 1); pton("nowhere"); comm(1, 2); len(5); }
        ^~~~~~~~~~
stdin:1:21-31: ERROR: unwatch() cannot be used in upd yet
u:a:f { kaddr("x"); unwatch(1); percpu_kaddr("x"); write_user(1, "ab", 9); write_user(1, 2, 9); curtask; cgroup_path(1); numaid; pid(init); strlen(5); memcmp(1, 2, 3); memcmp("ab", "cd", 9); join("a"); find(@a, 1); pton("nowhere"); comm(1, 2); len(5); }
                    ^~~~~~~~~~
stdin:1:33-50: ERROR: percpu_kaddr() is about the kernel, where upd does not look
u:a:f { kaddr("x"); unwatch(1); percpu_kaddr("x"); write_user(1, "ab", 9); write_user(1, 2, 9); curtask; cgroup_path(1); numaid; pid(init); strlen(5); memcmp(1, 2, 3); memcmp("ab", "cd", 9); join("a"); find(@a, 1); pton("nowhere"); comm(1, 2); len(5); }
                                ^~~~~~~~~~~~~~~~~
stdin:1:66-70: ERROR: string[3] has no 9 bytes
u:a:f { kaddr("x"); unwatch(1); percpu_kaddr("x"); write_user(1, "ab", 9); write_user(1, 2, 9); curtask; cgroup_path(1); numaid; pid(init); strlen(5); memcmp(1, 2, 3); memcmp("ab", "cd", 9); join("a"); find(@a, 1); pton("nowhere"); comm(1, 2); len(5); }
                                                                 ^~~~
stdin:1:93-94: ERROR: a number has 8 bytes
u:a:f { kaddr("x"); unwatch(1); percpu_kaddr("x"); write_user(1, "ab", 9); write_user(1, 2, 9); curtask; cgroup_path(1); numaid; pid(init); strlen(5); memcmp(1, 2, 3); memcmp("ab", "cd", 9); join("a"); find(@a, 1); pton("nowhere"); comm(1, 2); len(5); }
                                                                                            ^
stdin:1:97-104: ERROR: 'curtask' is the kernel's, where upd does not look
u:a:f { kaddr("x"); unwatch(1); percpu_kaddr("x"); write_user(1, "ab", 9); write_user(1, 2, 9); curtask; cgroup_path(1); numaid; pid(init); strlen(5); memcmp(1, 2, 3); memcmp("ab", "cd", 9); join("a"); find(@a, 1); pton("nowhere"); comm(1, 2); len(5); }
                                                                                                ^~~~~~~
stdin:1:106-120: ERROR: cgroup_path() is about the kernel, where upd does not look
u:a:f { kaddr("x"); unwatch(1); percpu_kaddr("x"); write_user(1, "ab", 9); write_user(1, 2, 9); curtask; cgroup_path(1); numaid; pid(init); strlen(5); memcmp(1, 2, 3); memcmp("ab", "cd", 9); join("a"); find(@a, 1); pton("nowhere"); comm(1, 2); len(5); }
                                                                                                         ^~~~~~~~~~~~~~
stdin:1:122-128: ERROR: 'numaid' is the kernel's, where upd does not look
u:a:f { kaddr("x"); unwatch(1); percpu_kaddr("x"); write_user(1, "ab", 9); write_user(1, 2, 9); curtask; cgroup_path(1); numaid; pid(init); strlen(5); memcmp(1, 2, 3); memcmp("ab", "cd", 9); join("a"); find(@a, 1); pton("nowhere"); comm(1, 2); len(5); }
                                                                                                                         ^~~~~~
stdin:1:130-139: ERROR: pid is known in the pid namespace that upd runs in: pid(curr_ns)
u:a:f { kaddr("x"); unwatch(1); percpu_kaddr("x"); write_user(1, "ab", 9); write_user(1, 2, 9); curtask; cgroup_path(1); numaid; pid(init); strlen(5); memcmp(1, 2, 3); memcmp("ab", "cd", 9); join("a"); find(@a, 1); pton("nowhere"); comm(1, 2); len(5); }
                                                                                                                                 ^~~~~~~~~
stdin:1:148-149: ERROR: expected a string, this is int64
u:a:f { kaddr("x"); unwatch(1); percpu_kaddr("x"); write_user(1, "ab", 9); write_user(1, 2, 9); curtask; cgroup_path(1); numaid; pid(init); strlen(5); memcmp(1, 2, 3); memcmp("ab", "cd", 9); join("a"); find(@a, 1); pton("nowhere"); comm(1, 2); len(5); }
                                                                                                                                                   ^
stdin:1:159-160: ERROR: expected memory or a pointer, this is int64
u:a:f { kaddr("x"); unwatch(1); percpu_kaddr("x"); write_user(1, "ab", 9); write_user(1, 2, 9); curtask; cgroup_path(1); numaid; pid(init); strlen(5); memcmp(1, 2, 3); memcmp("ab", "cd", 9); join("a"); find(@a, 1); pton("nowhere"); comm(1, 2); len(5); }
                                                                                                                                                              ^
stdin:1:176-180: ERROR: string[3] has no 9 bytes
u:a:f { kaddr("x"); unwatch(1); percpu_kaddr("x"); write_user(1, "ab", 9); write_user(1, 2, 9); curtask; cgroup_path(1); numaid; pid(init); strlen(5); memcmp(1, 2, 3); memcmp("ab", "cd", 9); join("a"); find(@a, 1); pton("nowhere"); comm(1, 2); len(5); }
                                                                                                                                                                               ^~~~
stdin:1:197-200: ERROR: expected an address, this is string[2]
u:a:f { kaddr("x"); unwatch(1); percpu_kaddr("x"); write_user(1, "ab", 9); write_user(1, 2, 9); curtask; cgroup_path(1); numaid; pid(init); strlen(5); memcmp(1, 2, 3); memcmp("ab", "cd", 9); join("a"); find(@a, 1); pton("nowhere"); comm(1, 2); len(5); }
                                                                                                                                                                                                    ^~~
stdin:1:203-214: ERROR: find() takes 3 arguments, not 2
u:a:f { kaddr("x"); unwatch(1); percpu_kaddr("x"); write_user(1, "ab", 9); write_user(1, 2, 9); curtask; cgroup_path(1); numaid; pid(init); strlen(5); memcmp(1, 2, 3); memcmp("ab", "cd", 9); join("a"); find(@a, 1); pton("nowhere"); comm(1, 2); len(5); }
                                                                                                                                                                                                          ^~~~~~~~~~~
stdin:1:221-230: ERROR: 'nowhere' is no address of IPv4 or IPv6
u:a:f { kaddr("x"); unwatch(1); percpu_kaddr("x"); write_user(1, "ab", 9); write_user(1, 2, 9); curtask; cgroup_path(1); numaid; pid(init); strlen(5); memcmp(1, 2, 3); memcmp("ab", "cd", 9); join("a"); find(@a, 1); pton("nowhere"); comm(1, 2); len(5); }
                                                                                                                                                                                                                            ^~~~~~~~~
stdin:1:233-243: ERROR: comm or comm(PID)
u:a:f { kaddr("x"); unwatch(1); percpu_kaddr("x"); write_user(1, "ab", 9); write_user(1, 2, 9); curtask; cgroup_path(1); numaid; pid(init); strlen(5); memcmp(1, 2, 3); memcmp("ab", "cd", 9); join("a"); find(@a, 1); pton("nowhere"); comm(1, 2); len(5); }
                                                                                                                                                                                                                                        ^~~~~~~~~~
stdin:1:249-250: ERROR: len() expects a map or a stack
u:a:f { kaddr("x"); unwatch(1); percpu_kaddr("x"); write_user(1, "ab", 9); write_user(1, 2, 9); curtask; cgroup_path(1); numaid; pid(init); strlen(5); memcmp(1, 2, 3); memcmp("ab", "cd", 9); join("a"); find(@a, 1); pton("nowhere"); comm(1, 2); len(5); }
                                                                                                                                                                                                                                                        ^

NAME one entry of histograms and stats
PROG u:a:f { @h["x"] = hist(arg0); @s["x"] = stats(arg0); @l[1] = lhist(arg0, 0, 20, 10); } END { print(@h["x"]); print(@l[1]); print(@s["x"]); print(@s["none"]); clear(@h); clear(@s); clear(@l); }
HIT 5
HIT 6
EXPECT
[4, 8)                 2 |@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@|

[0, 10)                2 |@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@|

{ .count = 2, .average = 5, .total = 11 }
{ .count = 0, .average = 0, .total = 0 }

NAME buffers of values, the empty tuple
PROG BEGIN { $b = buf("abcd", 2); printf("%r %rx\n", $b, buf(pton("1.2.3.4"))); @e = (); @k[()] = 1; print(()); }
EXPECT
ab \x01\x02\x03\x04
()
@e: ()
@k[]: 1

NAME tuples, records, arrays and structs are equal by what they hold
PROG u:a:f { $a = (1, "x", (2, 3)); print($a == (1, "x", (2, 3))); print($a == (1, "longer", (2, 3))); print($a != (1, "x", (2, 4))); print((a=1,b="s") == (a=1,b="s")); print(pton("1.2.3.4") == pton("1.2.3.4")); print(*args.p == *args.p); print(*args.p == *args.p->next); print(typeinfo(arg0) == typeinfo(arg1)); print(typeinfo("a") == typeinfo("b")); print(ntop(5) == ntop(6)); }
HIT 1 2 0x1100
EXPECT
true
false
true
true
true
true
false
true
true
false

NAME system, and calls that have no value
PROG u:a:f { system("echo %s %d", str(arg1), arg0); arg0 ? print("yes") : print("no"); if (1) { print("block") } else { exit() } }
HIT 1 0x1000
EXPECT
system: echo hello 1
yes
block

NAME calls without a value are no values
PROG u:a:f { print(print(1)); @u[assert(1)] = 1; $a = exit(); print((1, clear(@u))); print(count()); @b[sum(1)] = 2; $c = 1 + avg(1); _ = printf("x"); }
EXIT -12
EXPECT
stdin:1:15-23: ERROR: print() has no value
u:a:f { print(print(1)); @u[assert(1)] = 1; $a = exit(); print((1, clear(@u))); print(count()); @b[sum(1)] = 2; $c = 1 + avg(1); _ = printf("x"); }
              ^~~~~~~~
stdin:1:29-38: ERROR: assert() has no value
u:a:f { print(print(1)); @u[assert(1)] = 1; $a = exit(); print((1, clear(@u))); print(count()); @b[sum(1)] = 2; $c = 1 + avg(1); _ = printf("x"); }
                            ^~~~~~~~~
stdin:1:50-56: ERROR: exit() has no value
u:a:f { print(print(1)); @u[assert(1)] = 1; $a = exit(); print((1, clear(@u))); print(count()); @b[sum(1)] = 2; $c = 1 + avg(1); _ = printf("x"); }
                                                 ^~~~~~
stdin:1:68-77: ERROR: clear() has no value
u:a:f { print(print(1)); @u[assert(1)] = 1; $a = exit(); print((1, clear(@u))); print(count()); @b[sum(1)] = 2; $c = 1 + avg(1); _ = printf("x"); }
                                                                   ^~~~~~~~~
stdin:1:87-94: ERROR: count() belongs to a map: @x = count(...)
u:a:f { print(print(1)); @u[assert(1)] = 1; $a = exit(); print((1, clear(@u))); print(count()); @b[sum(1)] = 2; $c = 1 + avg(1); _ = printf("x"); }
                                                                                      ^~~~~~~
stdin:1:100-106: ERROR: sum() belongs to a map: @x = sum(...)
u:a:f { print(print(1)); @u[assert(1)] = 1; $a = exit(); print((1, clear(@u))); print(count()); @b[sum(1)] = 2; $c = 1 + avg(1); _ = printf("x"); }
                                                                                                   ^~~~~~
stdin:1:122-128: ERROR: avg() belongs to a map: @x = avg(...)
u:a:f { print(print(1)); @u[assert(1)] = 1; $a = exit(); print((1, clear(@u))); print(count()); @b[sum(1)] = 2; $c = 1 + avg(1); _ = printf("x"); }
                                                                                                                         ^~~~~~
stdin:1:134-145: ERROR: printf() has no value
u:a:f { print(print(1)); @u[assert(1)] = 1; $a = exit(); print((1, clear(@u))); print(count()); @b[sum(1)] = 2; $c = 1 + avg(1); _ = printf("x"); }
                                                                                                                                     ^~~~~~~~~~~

NAME getopt: given
PROG BEGIN { $n = getopt("n", 3, "how many"); print($n + 1); print(getopt("name", "nobody")); print(getopt("flag")); print(getopt("off", true)); print(getopt("hex", 1)); @[getopt("name", "")] = 1; }
NAMED n=5 name=me flag off=false hex=0x10
EXPECT
6
me
true
false
16
@[me]: 1

NAME getopt: not given
PROG BEGIN { print(getopt("n", 3)); print(getopt("name", "nobody")); print(getopt("flag")); print(getopt("on", true)); if (getopt("flag")) { print("never"); } }
EXPECT
3
nobody
false
true

NAME getopt: not so
PROG BEGIN { print(getopt("n", 3)); print(getopt("flag")); print(getopt("s", "x")); print(getopt("p", pid)); }
NAMED n=five flag=maybe s other=1
EXIT -12
EXPECT
stdin:1:15-29: ERROR: --n expects a number
BEGIN { print(getopt("n", 3)); print(getopt("flag")); print(getopt("s", "x")); print(getopt("p", pid)); }
              ^~~~~~~~~~~~~~
stdin:1:38-52: ERROR: --flag expects true or false
BEGIN { print(getopt("n", 3)); print(getopt("flag")); print(getopt("s", "x")); print(getopt("p", pid)); }
                                     ^~~~~~~~~~~~~~
stdin:1:61-77: ERROR: --s expects a text
BEGIN { print(getopt("n", 3)); print(getopt("flag")); print(getopt("s", "x")); print(getopt("p", pid)); }
                                                            ^~~~~~~~~~~~~~~~
stdin:1:98-101: ERROR: a default is a number, a text, true or false
BEGIN { print(getopt("n", 3)); print(getopt("flag")); print(getopt("s", "x")); print(getopt("p", pid)); }
                                                                                                 ^~~
stdin:1:1-2: ERROR: the program takes no parameter --other
BEGIN { print(getopt("n", 3)); print(getopt("flag")); print(getopt("s", "x")); print(getopt("p", pid)); }
^
HINT: it takes --p

NAME write_user
PROG u:a:f { write_user(arg1, "HE", 2); print(str(arg1)); write_user(args.p, -7, 4); print(args.p->value); write_user(args.p->name, args.p->next->name, 7); print(args.p->name); write_user(5, "x", 1); write_user(args.s, arg1 + 1, 1); print(buf(arg1, 5)); }
HIT 1 0x1000 0x1100
EXPECT
HEllo
-7
second
stdin:1:173-194: WARNING: the traced program has no memory there that could be written
u:a:f { write_user(arg1, "HE", 2); print(str(arg1)); write_user(args.p, -7, 4); print(args.p->value); write_user(args.p->name, args.p->next->name, 7); print(args.p->name); write_user(5, "x", 1); write_user(args.s, arg1 + 1, 1); print(buf(arg1, 5)); }
                                                                                                                                                                            ^~~~~~~~~~~~~~~~~~~~~
Additional Info - helper: probe_write_user, retcode: -14
\x01Ello

NAME container_of, comptime
PROG u:a:f { $n = args.p; $name = (uint64)$n + 4; $back = container_of($name, struct node, name); printf("%d %d\n", $back == $n, $back->value); if (comptime(2 * 3 == 6)) { print("known"); } print(comptime(1 << 4)); }
HIT 1 0x1000 0x1100
EXPECT
1 -5
known
16

NAME comptime of what is not known
PROG u:a:f { print(comptime(arg0)); }
EXIT -12
EXPECT
stdin:1:24-28: ERROR: this is not known before the program runs
u:a:f { print(comptime(arg0)); }
                       ^~~~

NAME numbers of floating point
PROG struct f { float x, small; double y, parts[2]; };
BEGIN { $p = (struct f *)0x1400; $f = *$p; $i = 1; print(($p->x, $p->y)); print($p->small); print($f.parts[$i]); print($f.parts); @k[$p->y] = $p->parts[0]; @s = sum((int64)$p->y); printf("%.3f|%6.1f|%-8.2e|%G|%s|%+g\n", $f.x, $f.y, $p->parts[1], $p->small, $f.small, $p->x); print(((int8)$f.y, (uint64)$p->parts[1], (int64)-$i)); $d = $p->y; $d = $f.parts[0]; print($d); print(*$p); print($f.parts[$i + 1]); }
EXPECT
(1.5, -2.25)
0.1
1e+300
[0.1,1e+300]
1.500|  -2.2|1.00e+300|0.1|0.1|+1.5
(-2, 9223372036854775807, -1)
0.1
{ .x = 1.5, .small = 0.1, .y = -2.25, .parts = [0.1,1e+300] }
stdin:2:390-406: WARNING: the index is outside of the array
BEGIN { $p = (struct f *)0x1400; $f = *$p; $i = 1; print(($p->x, $p->y)); print($p->small); print($f.parts[$i]); print($f.parts); @k[$p->y] = $p->parts[0]; @s = sum((int64)$p->y); printf("%.3f|%6.1f|%-8.2e|%G|%s|%+g\n", $f.x, $f.y, $p->parts[1], $p->small, $f.small, $p->x); print(((int8)$f.y, (uint64)$p->parts[1], (int64)-$i)); $d = $p->y; $d = $f.parts[0]; print($d); print(*$p); print($f.parts[$i + 1]); }
                                                                                                                                                                                                                                                                                                                                                                                                     ^~~~~~~~~~~~~~~~
0
@k[-2.25]: 0.1
@s: -2

NAME numbers of floating point are no integers
PROG struct f { float x; double y; };
BEGIN { $p = (struct f *)0x1400; print($p->x + 1); print($p->y < 2); print(hist($p->x)); print(-$p->x); printf("%d", $p->y); printf("%f", 1); @ = $p->x; @ = $p->y; print((double)1); if ($p->x) { print(1); } }
EXIT -12
EXPECT
stdin:2:40-49: ERROR: float has no part in arithmetic
BEGIN { $p = (struct f *)0x1400; print($p->x + 1); print($p->y < 2); print(hist($p->x)); print(-$p->x); printf("%d", $p->y); printf("%f", 1); @ = $p->x; @ = $p->y; print((double)1); if ($p->x) { print(1); } }
                                       ^~~~~~~~~
HINT: (int64) makes a number of it, without what is behind the point
stdin:2:58-67: ERROR: double and int64 cannot be compared
BEGIN { $p = (struct f *)0x1400; print($p->x + 1); print($p->y < 2); print(hist($p->x)); print(-$p->x); printf("%d", $p->y); printf("%f", 1); @ = $p->x; @ = $p->y; print((double)1); if ($p->x) { print(1); } }
                                                         ^~~~~~~~~
HINT: (int64) makes a number of it, without what is behind the point
stdin:2:76-87: ERROR: hist() belongs to a map: @x = hist(...)
BEGIN { $p = (struct f *)0x1400; print($p->x + 1); print($p->y < 2); print(hist($p->x)); print(-$p->x); printf("%d", $p->y); printf("%f", 1); @ = $p->x; @ = $p->y; print((double)1); if ($p->x) { print(1); } }
                                                                           ^~~~~~~~~~~
stdin:2:97-102: ERROR: expected a number, this is float
BEGIN { $p = (struct f *)0x1400; print($p->x + 1); print($p->y < 2); print(hist($p->x)); print(-$p->x); printf("%d", $p->y); printf("%f", 1); @ = $p->x; @ = $p->y; print((double)1); if ($p->x) { print(1); } }
                                                                                                ^~~~~
HINT: (int64) makes a number of it, without what is behind the point
stdin:2:118-123: ERROR: %d expects a number, this is double
BEGIN { $p = (struct f *)0x1400; print($p->x + 1); print($p->y < 2); print(hist($p->x)); print(-$p->x); printf("%d", $p->y); printf("%f", 1); @ = $p->x; @ = $p->y; print((double)1); if ($p->x) { print(1); } }
                                                                                                                     ^~~~~
HINT: %f, %e and %g print it
stdin:2:139-140: ERROR: %f expects a float or double, this is int64
BEGIN { $p = (struct f *)0x1400; print($p->x + 1); print($p->y < 2); print(hist($p->x)); print(-$p->x); printf("%d", $p->y); printf("%f", 1); @ = $p->x; @ = $p->y; print((double)1); if ($p->x) { print(1); } }
                                                                                                                                          ^
HINT: %s prints any value
stdin:2:154-155: ERROR: @ holds double here, float elsewhere
BEGIN { $p = (struct f *)0x1400; print($p->x + 1); print($p->y < 2); print(hist($p->x)); print(-$p->x); printf("%d", $p->y); printf("%f", 1); @ = $p->x; @ = $p->y; print((double)1); if ($p->x) { print(1); } }
                                                                                                                                                         ^
stdin:2:171-180: ERROR: int64 cannot be made double
BEGIN { $p = (struct f *)0x1400; print($p->x + 1); print($p->y < 2); print(hist($p->x)); print(-$p->x); printf("%d", $p->y); printf("%f", 1); @ = $p->x; @ = $p->y; print((double)1); if ($p->x) { print(1); } }
                                                                                                                                                                          ^~~~~~~~~
stdin:2:186-193: ERROR: expected a number, this is float
BEGIN { $p = (struct f *)0x1400; print($p->x + 1); print($p->y < 2); print(hist($p->x)); print(-$p->x); printf("%d", $p->y); printf("%f", 1); @ = $p->x; @ = $p->y; print((double)1); if ($p->x) { print(1); } }
                                                                                                                                                                                         ^~~~~~~
HINT: (int64) makes a number of it, without what is behind the point
