NAME several errors in one run, each with its place
PROG BEGIN { printf("%d %s\n", 1); $x = ; @y = 5 +; }
u:a:f { @a = 1 @b = 2; }
kprobe:vfs_read { }
EXIT -12
EXPECT
stdin:1:36-37: ERROR: expected an expression before ';'
BEGIN { printf("%d %s\n", 1); $x = ; @y = 5 +; }
                                   ^
stdin:1:46-47: ERROR: expected an expression before ';'
BEGIN { printf("%d %s\n", 1); $x = ; @y = 5 +; }
                                             ^
stdin:2:15-16: ERROR: expected ';' before '@b'
u:a:f { @a = 1 @b = 2; }
              ^
stdin:3:1-16: ERROR: kprobe probes are in the kernel, where upd does not look
kprobe:vfs_read { }
^~~~~~~~~~~~~~~
HINT: upd traces programs: uprobe, uretprobe, usdt

NAME names that are not there
PROG BEGIN { print(nsec); prnt("a"); $a = $b; @a = @b; undefined(); }
u:a:f { kstack; print(jiffies); print(tseries(arg0)); ksym(1); print(args.q); print(reg("zz")); }
EXIT -12
EXPECT
stdin:1:15-19: ERROR: there is no builtin or constant 'nsec'
BEGIN { print(nsec); prnt("a"); $a = $b; @a = @b; undefined(); }
              ^~~~
HINT: did you mean nsecs?
stdin:1:22-31: ERROR: there is no function 'prnt'
BEGIN { print(nsec); prnt("a"); $a = $b; @a = @b; undefined(); }
                     ^~~~~~~~~
HINT: did you mean print()?
stdin:1:38-40: ERROR: $b has no value here: nothing is assigned to it
BEGIN { print(nsec); prnt("a"); $a = $b; @a = @b; undefined(); }
                                     ^~
stdin:1:47-49: ERROR: nothing is ever assigned to @b
BEGIN { print(nsec); prnt("a"); $a = $b; @a = @b; undefined(); }
                                              ^~
stdin:1:51-62: ERROR: there is no function 'undefined'
BEGIN { print(nsec); prnt("a"); $a = $b; @a = @b; undefined(); }
                                                  ^~~~~~~~~~~
stdin:2:9-15: ERROR: 'kstack' is the kernel's, where upd does not look
u:a:f { kstack; print(jiffies); print(tseries(arg0)); ksym(1); print(args.q); print(reg("zz")); }
        ^~~~~~
stdin:2:23-30: ERROR: 'jiffies' is the kernel's, where upd does not look
u:a:f { kstack; print(jiffies); print(tseries(arg0)); ksym(1); print(args.q); print(reg("zz")); }
                      ^~~~~~~
stdin:2:39-52: ERROR: tseries() cannot be used in upd yet
u:a:f { kstack; print(jiffies); print(tseries(arg0)); ksym(1); print(args.q); print(reg("zz")); }
                                      ^~~~~~~~~~~~~
stdin:2:55-62: ERROR: ksym() is about the kernel, where upd does not look
u:a:f { kstack; print(jiffies); print(tseries(arg0)); ksym(1); print(args.q); print(reg("zz")); }
                                                      ^~~~~~~
stdin:2:70-76: ERROR: the function has no parameter 'q'
u:a:f { kstack; print(jiffies); print(tseries(arg0)); ksym(1); print(args.q); print(reg("zz")); }
                                                                     ^~~~~~
HINT: it has n, s, p, v
stdin:2:89-93: ERROR: there is no register 'zz'
u:a:f { kstack; print(jiffies); print(tseries(arg0)); ksym(1); print(args.q); print(reg("zz")); }
                                                                                        ^~~~

NAME what needs a thread
PROG BEGIN { print(arg0); print(ustack); print(reg("ip")); print(retval); } ur:a:f { print(arg0); print(args.n); } u:a:f { print(retval); }
EXIT -12
EXPECT
stdin:1:15-19: ERROR: arg0 is of a thread that hit a probe; here is none
BEGIN { print(arg0); print(ustack); print(reg("ip")); print(retval); } ur:a:f { print(arg0); print(args.n); } u:a:f { print(retval); }
              ^~~~
stdin:1:28-34: ERROR: ustack is of a thread that hit a probe; here is none
BEGIN { print(arg0); print(ustack); print(reg("ip")); print(retval); } ur:a:f { print(arg0); print(args.n); } u:a:f { print(retval); }
                           ^~~~~~
stdin:1:43-52: ERROR: reg() is about a thread that hit a probe; here is none
BEGIN { print(arg0); print(ustack); print(reg("ip")); print(retval); } ur:a:f { print(arg0); print(args.n); } u:a:f { print(retval); }
                                          ^~~~~~~~~
stdin:1:61-67: ERROR: retval is of a thread that hit a probe; here is none
BEGIN { print(arg0); print(ustack); print(reg("ip")); print(retval); } ur:a:f { print(arg0); print(args.n); } u:a:f { print(retval); }
                                                            ^~~~~~
stdin:1:87-91: ERROR: arg0 is known where a function begins: in a uprobe or usdt probe
BEGIN { print(arg0); print(ustack); print(reg("ip")); print(retval); } ur:a:f { print(arg0); print(args.n); } u:a:f { print(retval); }
                                                                                      ^~~~
HINT: keep it: in the uprobe, @arg0[tid] = arg0
stdin:1:100-104: ERROR: args are known where a function begins, in a uprobe, and in tracepoints
BEGIN { print(arg0); print(ustack); print(reg("ip")); print(retval); } ur:a:f { print(arg0); print(args.n); } u:a:f { print(retval); }
                                                                                                   ^~~~
stdin:1:125-131: ERROR: retval is known in a uretprobe only
BEGIN { print(arg0); print(ustack); print(reg("ip")); print(retval); } ur:a:f { print(arg0); print(args.n); } u:a:f { print(retval); }
                                                                                                                            ^~~~~~

NAME types that do not fit
PROG BEGIN { @a = 1; @a = "x"; @b[1] = 1; @b["x"] = 1; @b[1, 2] = 1; @c = 1; @c[1] = 1; $s = "x"; $s = 1; print("a" < "b"); print("a" + 1); print(1 ? 1 : "a"); @d = count(); @d = 5; @d++; @e = hist(5); print(@e + 1); count(); print((1, 2).2); print((1, 2)[0]); }
EXIT -12
EXPECT
stdin:1:17-19: ERROR: @a holds string[2] here, int64 elsewhere
BEGIN { @a = 1; @a = "x"; @b[1] = 1; @b["x"] = 1; @b[1, 2] = 1; @c = 1; @c[1] = 1; $s = "x"; $s = 1; print("a" < "b"); print("a" + 1); print(1 ? 1 : "a"); @d = count(); @d = 5; @d++; @e = hist(5); print(@e + 1); count(); print((1, 2).2); print((1, 2)[0]); }
                ^~
stdin:1:38-45: ERROR: the key of @b is string[2] here, int64 elsewhere
BEGIN { @a = 1; @a = "x"; @b[1] = 1; @b["x"] = 1; @b[1, 2] = 1; @c = 1; @c[1] = 1; $s = "x"; $s = 1; print("a" < "b"); print("a" + 1); print(1 ? 1 : "a"); @d = count(); @d = 5; @d++; @e = hist(5); print(@e + 1); count(); print((1, 2).2); print((1, 2)[0]); }
                                     ^~~~~~~
stdin:1:51-59: ERROR: the key of @b is (int64, int64) here, int64 elsewhere
BEGIN { @a = 1; @a = "x"; @b[1] = 1; @b["x"] = 1; @b[1, 2] = 1; @c = 1; @c[1] = 1; $s = "x"; $s = 1; print("a" < "b"); print("a" + 1); print(1 ? 1 : "a"); @d = count(); @d = 5; @d++; @e = hist(5); print(@e + 1); count(); print((1, 2).2); print((1, 2)[0]); }
                                                  ^~~~~~~~
stdin:1:65-67: ERROR: @c is used with a key elsewhere
BEGIN { @a = 1; @a = "x"; @b[1] = 1; @b["x"] = 1; @b[1, 2] = 1; @c = 1; @c[1] = 1; $s = "x"; $s = 1; print("a" < "b"); print("a" + 1); print(1 ? 1 : "a"); @d = count(); @d = 5; @d++; @e = hist(5); print(@e + 1); count(); print((1, 2).2); print((1, 2)[0]); }
                                                                ^~
stdin:1:73-78: ERROR: @c is used without a key elsewhere
BEGIN { @a = 1; @a = "x"; @b[1] = 1; @b["x"] = 1; @b[1, 2] = 1; @c = 1; @c[1] = 1; $s = "x"; $s = 1; print("a" < "b"); print("a" + 1); print(1 ? 1 : "a"); @d = count(); @d = 5; @d++; @e = hist(5); print(@e + 1); count(); print((1, 2).2); print((1, 2)[0]); }
                                                                        ^~~~~
stdin:1:94-96: ERROR: $s holds string[2], it cannot be assigned int64
BEGIN { @a = 1; @a = "x"; @b[1] = 1; @b["x"] = 1; @b[1, 2] = 1; @c = 1; @c[1] = 1; $s = "x"; $s = 1; print("a" < "b"); print("a" + 1); print(1 ? 1 : "a"); @d = count(); @d = 5; @d++; @e = hist(5); print(@e + 1); count(); print((1, 2).2); print((1, 2)[0]); }
                                                                                             ^~
stdin:1:108-117: ERROR: string[2] and string[2] cannot be compared
BEGIN { @a = 1; @a = "x"; @b[1] = 1; @b["x"] = 1; @b[1, 2] = 1; @c = 1; @c[1] = 1; $s = "x"; $s = 1; print("a" < "b"); print("a" + 1); print(1 ? 1 : "a"); @d = count(); @d = 5; @d++; @e = hist(5); print(@e + 1); count(); print((1, 2).2); print((1, 2)[0]); }
                                                                                                           ^~~~~~~~~
HINT: strings have == and !=
stdin:1:126-133: ERROR: string[2] has no part in arithmetic
BEGIN { @a = 1; @a = "x"; @b[1] = 1; @b["x"] = 1; @b[1, 2] = 1; @c = 1; @c[1] = 1; $s = "x"; $s = 1; print("a" < "b"); print("a" + 1); print(1 ? 1 : "a"); @d = count(); @d = 5; @d++; @e = hist(5); print(@e + 1); count(); print((1, 2).2); print((1, 2)[0]); }
                                                                                                                             ^~~~~~~
stdin:1:142-153: ERROR: one value is int64, the other is string[2]
BEGIN { @a = 1; @a = "x"; @b[1] = 1; @b["x"] = 1; @b[1, 2] = 1; @c = 1; @c[1] = 1; $s = "x"; $s = 1; print("a" < "b"); print("a" + 1); print(1 ? 1 : "a"); @d = count(); @d = 5; @d++; @e = hist(5); print(@e + 1); count(); print((1, 2).2); print((1, 2)[0]); }
                                                                                                                                             ^~~~~~~~~~~
stdin:1:170-172: ERROR: @d holds int64 here, count() elsewhere
BEGIN { @a = 1; @a = "x"; @b[1] = 1; @b["x"] = 1; @b[1, 2] = 1; @c = 1; @c[1] = 1; $s = "x"; $s = 1; print("a" < "b"); print("a" + 1); print(1 ? 1 : "a"); @d = count(); @d = 5; @d++; @e = hist(5); print(@e + 1); count(); print((1, 2).2); print((1, 2)[0]); }
                                                                                                                                                                         ^~
stdin:1:178-182: ERROR: @d holds count(): only count() changes it
BEGIN { @a = 1; @a = "x"; @b[1] = 1; @b["x"] = 1; @b[1, 2] = 1; @c = 1; @c[1] = 1; $s = "x"; $s = 1; print("a" < "b"); print("a" + 1); print(1 ? 1 : "a"); @d = count(); @d = 5; @d++; @e = hist(5); print(@e + 1); count(); print((1, 2).2); print((1, 2)[0]); }
                                                                                                                                                                                 ^~~~
stdin:1:204-206: ERROR: hist() has no value that could be computed with
BEGIN { @a = 1; @a = "x"; @b[1] = 1; @b["x"] = 1; @b[1, 2] = 1; @c = 1; @c[1] = 1; $s = "x"; $s = 1; print("a" < "b"); print("a" + 1); print(1 ? 1 : "a"); @d = count(); @d = 5; @d++; @e = hist(5); print(@e + 1); count(); print((1, 2).2); print((1, 2)[0]); }
                                                                                                                                                                                                           ^~
stdin:1:213-220: ERROR: count() belongs to a map: @x = count(...)
BEGIN { @a = 1; @a = "x"; @b[1] = 1; @b["x"] = 1; @b[1, 2] = 1; @c = 1; @c[1] = 1; $s = "x"; $s = 1; print("a" < "b"); print("a" + 1); print(1 ? 1 : "a"); @d = count(); @d = 5; @d++; @e = hist(5); print(@e + 1); count(); print((1, 2).2); print((1, 2)[0]); }
                                                                                                                                                                                                                    ^~~~~~~
stdin:1:228-236: ERROR: (int64, int64) has 2 elements, counted from 0
BEGIN { @a = 1; @a = "x"; @b[1] = 1; @b["x"] = 1; @b[1, 2] = 1; @c = 1; @c[1] = 1; $s = "x"; $s = 1; print("a" < "b"); print("a" + 1); print(1 ? 1 : "a"); @d = count(); @d = 5; @d++; @e = hist(5); print(@e + 1); count(); print((1, 2).2); print((1, 2)[0]); }
                                                                                                                                                                                                                                   ^~~~~~~~
stdin:1:245-254: ERROR: (int64, int64) has no elements
BEGIN { @a = 1; @a = "x"; @b[1] = 1; @b["x"] = 1; @b[1, 2] = 1; @c = 1; @c[1] = 1; $s = "x"; $s = 1; print("a" < "b"); print("a" + 1); print(1 ? 1 : "a"); @d = count(); @d = 5; @d++; @e = hist(5); print(@e + 1); count(); print((1, 2).2); print((1, 2)[0]); }
                                                                                                                                                                                                                                                    ^~~~~~~~~

NAME formats
PROG BEGIN { printf("%d\n"); printf("%d\n", "a"); printf("%q\n", 1); printf("%r\n", 1); printf("x", 1); $f = "a"; printf($f); printf(); errorf("%s"); }
EXIT -12
EXPECT
stdin:1:9-23: ERROR: printf(): the format has 1 conversion, there are 0 arguments
BEGIN { printf("%d\n"); printf("%d\n", "a"); printf("%q\n", 1); printf("%r\n", 1); printf("x", 1); $f = "a"; printf($f); printf(); errorf("%s"); }
        ^~~~~~~~~~~~~~
stdin:1:40-43: ERROR: %d expects a number, this is string[2]
BEGIN { printf("%d\n"); printf("%d\n", "a"); printf("%q\n", 1); printf("%r\n", 1); printf("x", 1); $f = "a"; printf($f); printf(); errorf("%s"); }
                                       ^~~
HINT: %s prints any value
stdin:1:53-59: ERROR: printf(): there is no conversion '%q'
BEGIN { printf("%d\n"); printf("%d\n", "a"); printf("%q\n", 1); printf("%r\n", 1); printf("x", 1); $f = "a"; printf($f); printf(); errorf("%s"); }
                                                    ^~~~~~
stdin:1:80-81: ERROR: %r expects a buffer, as buf() makes, this is int64
BEGIN { printf("%d\n"); printf("%d\n", "a"); printf("%q\n", 1); printf("%r\n", 1); printf("x", 1); $f = "a"; printf($f); printf(); errorf("%s"); }
                                                                               ^
stdin:1:84-98: ERROR: printf(): the format has 0 conversions, there is 1 argument
BEGIN { printf("%d\n"); printf("%d\n", "a"); printf("%q\n", 1); printf("%r\n", 1); printf("x", 1); $f = "a"; printf($f); printf(); errorf("%s"); }
                                                                                   ^~~~~~~~~~~~~~
stdin:1:117-119: ERROR: printf() expects a literal format
BEGIN { printf("%d\n"); printf("%d\n", "a"); printf("%q\n", 1); printf("%r\n", 1); printf("x", 1); $f = "a"; printf($f); printf(); errorf("%s"); }
                                                                                                                    ^~
stdin:1:122-130: ERROR: printf() takes at least 1 argument
BEGIN { printf("%d\n"); printf("%d\n", "a"); printf("%q\n", 1); printf("%r\n", 1); printf("x", 1); $f = "a"; printf($f); printf(); errorf("%s"); }
                                                                                                                         ^~~~~~~~
stdin:1:132-144: ERROR: errorf(): the format has 1 conversion, there are 0 arguments
BEGIN { printf("%d\n"); printf("%d\n", "a"); printf("%q\n", 1); printf("%r\n", 1); printf("x", 1); $f = "a"; printf($f); printf(); errorf("%s"); }
                                                                                                                                   ^~~~~~~~~~~~

NAME counts of arguments, constants
PROG BEGIN { print(len(1)); clear(5); clear(@a[1]); @l = lhist(1, 10, 5, 1); @h = hist(1, 9); unroll(0) { } unroll(1000) { } strncmp("a", "b", $x); exit(1, 2); time(5); has_key(@a); @a[1] = 1; ustack(1, 2, 3); }
EXIT -12
EXPECT
stdin:1:19-20: ERROR: len() expects a map or a stack
BEGIN { print(len(1)); clear(5); clear(@a[1]); @l = lhist(1, 10, 5, 1); @h = hist(1, 9); unroll(0) { } unroll(1000) { } strncmp("a", "b", $x); exit(1, 2); time(5); has_key(@a); @a[1] = 1; ustack(1, 2, 3); }
                  ^
stdin:1:30-31: ERROR: clear() expects a map
BEGIN { print(len(1)); clear(5); clear(@a[1]); @l = lhist(1, 10, 5, 1); @h = hist(1, 9); unroll(0) { } unroll(1000) { } strncmp("a", "b", $x); exit(1, 2); time(5); has_key(@a); @a[1] = 1; ustack(1, 2, 3); }
                             ^
stdin:1:40-45: ERROR: clear() is of a whole map
BEGIN { print(len(1)); clear(5); clear(@a[1]); @l = lhist(1, 10, 5, 1); @h = hist(1, 9); unroll(0) { } unroll(1000) { } strncmp("a", "b", $x); exit(1, 2); time(5); has_key(@a); @a[1] = 1; ustack(1, 2, 3); }
                                       ^~~~~
stdin:1:53-71: ERROR: lhist(VALUE, MIN, MAX, STEP) expects MIN < MAX, with 1 to 1000 steps between them
BEGIN { print(len(1)); clear(5); clear(@a[1]); @l = lhist(1, 10, 5, 1); @h = hist(1, 9); unroll(0) { } unroll(1000) { } strncmp("a", "b", $x); exit(1, 2); time(5); has_key(@a); @a[1] = 1; ustack(1, 2, 3); }
                                                    ^~~~~~~~~~~~~~~~~~
stdin:1:86-87: ERROR: hist() divides powers of two by 2^0 to 2^5
BEGIN { print(len(1)); clear(5); clear(@a[1]); @l = lhist(1, 10, 5, 1); @h = hist(1, 9); unroll(0) { } unroll(1000) { } strncmp("a", "b", $x); exit(1, 2); time(5); has_key(@a); @a[1] = 1; ustack(1, 2, 3); }
                                                                                     ^
stdin:1:96-99: ERROR: unroll repeats 1 to 100 times
BEGIN { print(len(1)); clear(5); clear(@a[1]); @l = lhist(1, 10, 5, 1); @h = hist(1, 9); unroll(0) { } unroll(1000) { } strncmp("a", "b", $x); exit(1, 2); time(5); has_key(@a); @a[1] = 1; ustack(1, 2, 3); }
                                                                                               ^~~
stdin:1:110-116: ERROR: unroll repeats 1 to 100 times
BEGIN { print(len(1)); clear(5); clear(@a[1]); @l = lhist(1, 10, 5, 1); @h = hist(1, 9); unroll(0) { } unroll(1000) { } strncmp("a", "b", $x); exit(1, 2); time(5); has_key(@a); @a[1] = 1; ustack(1, 2, 3); }
                                                                                                             ^~~~~~
stdin:1:139-141: ERROR: $x has no value here: nothing is assigned to it
BEGIN { print(len(1)); clear(5); clear(@a[1]); @l = lhist(1, 10, 5, 1); @h = hist(1, 9); unroll(0) { } unroll(1000) { } strncmp("a", "b", $x); exit(1, 2); time(5); has_key(@a); @a[1] = 1; ustack(1, 2, 3); }
                                                                                                                                          ^~
stdin:1:144-154: ERROR: exit() takes 0 to 1 arguments, not 2
BEGIN { print(len(1)); clear(5); clear(@a[1]); @l = lhist(1, 10, 5, 1); @h = hist(1, 9); unroll(0) { } unroll(1000) { } strncmp("a", "b", $x); exit(1, 2); time(5); has_key(@a); @a[1] = 1; ustack(1, 2, 3); }
                                                                                                                                               ^~~~~~~~~~
stdin:1:161-162: ERROR: time() expects a literal format
BEGIN { print(len(1)); clear(5); clear(@a[1]); @l = lhist(1, 10, 5, 1); @h = hist(1, 9); unroll(0) { } unroll(1000) { } strncmp("a", "b", $x); exit(1, 2); time(5); has_key(@a); @a[1] = 1; ustack(1, 2, 3); }
                                                                                                                                                                ^
stdin:1:165-176: ERROR: has_key(@map, KEY)
BEGIN { print(len(1)); clear(5); clear(@a[1]); @l = lhist(1, 10, 5, 1); @h = hist(1, 9); unroll(0) { } unroll(1000) { } strncmp("a", "b", $x); exit(1, 2); time(5); has_key(@a); @a[1] = 1; ustack(1, 2, 3); }
                                                                                                                                                                    ^~~~~~~~~~~
stdin:1:189-204: ERROR: ustack is of a thread that hit a probe; here is none
BEGIN { print(len(1)); clear(5); clear(@a[1]); @l = lhist(1, 10, 5, 1); @h = hist(1, 9); unroll(0) { } unroll(1000) { } strncmp("a", "b", $x); exit(1, 2); time(5); has_key(@a); @a[1] = 1; ustack(1, 2, 3); }
                                                                                                                                                                                            ^~~~~~~~~~~~~~~

NAME structs and pointers
PROG struct s { int a; }; struct s { int b; }; struct t { struct u v; };
u:a:f { $p = (struct s *)arg0; print($p->b); print($p->a->b); print(((struct nope *)arg0)->x); print(*$p->a); print("a".x); print((nope_t)arg0); print(&arg0); $q = arg0; print($q->x); }
EXIT -12
EXPECT
stdin:1:29-30: ERROR: struct s is declared twice
struct s { int a; }; struct s { int b; }; struct t { struct u v; };
                            ^
stdin:1:63-64: ERROR: the size of this field's type is not known
struct s { int a; }; struct s { int b; }; struct t { struct u v; };
                                                              ^

NAME structs and pointers, types
PROG struct s { int a; char b[4]; };
u:a:f { $p = (struct s *)arg0; print($p->b2); print($p->a->b); print(((struct nope *)arg0)->x); print("a".x); print((nope_t)arg0); print(&arg0); $q = arg0; print($q->x); print(*(void *)arg0); print(args.v.nope); $z = (struct s)arg0; }
EXIT -12
EXPECT
stdin:2:38-44: ERROR: struct s has no field 'b2'
u:a:f { $p = (struct s *)arg0; print($p->b2); print($p->a->b); print(((struct nope *)arg0)->x); print("a".x); print((nope_t)arg0); print(&arg0); $q = arg0; print($q->x); print(*(void *)arg0); print(args.v.nope); $z = (struct s)arg0; }
                                     ^~~~~~
stdin:2:53-61: ERROR: a value of type int32 has no field 'b'
u:a:f { $p = (struct s *)arg0; print($p->b2); print($p->a->b); print(((struct nope *)arg0)->x); print("a".x); print((nope_t)arg0); print(&arg0); $q = arg0; print($q->x); print(*(void *)arg0); print(args.v.nope); $z = (struct s)arg0; }
                                                    ^~~~~~~~
HINT: cast it: ((struct NAME *)$p->a)->b
stdin:2:72-85: ERROR: there is no type 'struct nope', neither in the script nor in the debug information of what is traced
u:a:f { $p = (struct s *)arg0; print($p->b2); print($p->a->b); print(((struct nope *)arg0)->x); print("a".x); print((nope_t)arg0); print(&arg0); $q = arg0; print($q->x); print(*(void *)arg0); print(args.v.nope); $z = (struct s)arg0; }
                                                                       ^~~~~~~~~~~~~
stdin:2:103-108: ERROR: a value of type string[2] has no field 'x'
u:a:f { $p = (struct s *)arg0; print($p->b2); print($p->a->b); print(((struct nope *)arg0)->x); print("a".x); print((nope_t)arg0); print(&arg0); $q = arg0; print($q->x); print(*(void *)arg0); print(args.v.nope); $z = (struct s)arg0; }
                                                                                                      ^~~~~
stdin:2:118-124: ERROR: there is no type 'nope_t', neither in the script nor in the debug information of what is traced
u:a:f { $p = (struct s *)arg0; print($p->b2); print($p->a->b); print(((struct nope *)arg0)->x); print("a".x); print((nope_t)arg0); print(&arg0); $q = arg0; print($q->x); print(*(void *)arg0); print(args.v.nope); $z = (struct s)arg0; }
                                                                                                                     ^~~~~~
stdin:2:138-143: ERROR: only what lies in the traced program has an address
u:a:f { $p = (struct s *)arg0; print($p->b2); print($p->a->b); print(((struct nope *)arg0)->x); print("a".x); print((nope_t)arg0); print(&arg0); $q = arg0; print($q->x); print(*(void *)arg0); print(args.v.nope); $z = (struct s)arg0; }
                                                                                                                                         ^~~~~
stdin:2:163-168: ERROR: a value of type int64 has no field 'x'
u:a:f { $p = (struct s *)arg0; print($p->b2); print($p->a->b); print(((struct nope *)arg0)->x); print("a".x); print((nope_t)arg0); print(&arg0); $q = arg0; print($q->x); print(*(void *)arg0); print(args.v.nope); $z = (struct s)arg0; }
                                                                                                                                                                  ^~~~~
HINT: cast it: ((struct NAME *)$q)->x
stdin:2:177-190: ERROR: void * cannot be read through
u:a:f { $p = (struct s *)arg0; print($p->b2); print($p->a->b); print(((struct nope *)arg0)->x); print("a".x); print((nope_t)arg0); print(&arg0); $q = arg0; print($q->x); print(*(void *)arg0); print(args.v.nope); $z = (struct s)arg0; }
                                                                                                                                                                                ^~~~~~~~~~~~~
HINT: cast it to a pointer to what is there
stdin:2:199-210: ERROR: struct node has no field 'nope'
u:a:f { $p = (struct s *)arg0; print($p->b2); print($p->a->b); print(((struct nope *)arg0)->x); print("a".x); print((nope_t)arg0); print(&arg0); $q = arg0; print($q->x); print(*(void *)arg0); print(args.v.nope); $z = (struct s)arg0; }
                                                                                                                                                                                                      ^~~~~~~~~~~
stdin:2:218-232: ERROR: int64 cannot be made struct s
u:a:f { $p = (struct s *)arg0; print($p->b2); print($p->a->b); print(((struct nope *)arg0)->x); print("a".x); print((nope_t)arg0); print(&arg0); $q = arg0; print($q->x); print(*(void *)arg0); print(args.v.nope); $z = (struct s)arg0; }
                                                                                                                                                                                                                         ^~~~~~~~~~~~~~
HINT: a pointer: (struct s *)

NAME probes
PROG uprobe { } uprobe:/bin/a: { } uretprobe:a:f+4 { } uprobe:a:f+x { } usdt:a { } interval:s { } interval:parsec:1 { } interval:s:0 { } nonsense:a:b { } self:signal:SIGNONE { } tracepoint:sched:sched_switch { } watchpoint:1:2 { } BEGIN:x { } i:s:99999999999999999999 { }
EXIT -12
EXPECT
stdin:1:1-7: ERROR: a probe of this type is written uprobe:BINARY:FUNCTION
uprobe { } uprobe:/bin/a: { } uretprobe:a:f+4 { } uprobe:a:f+x { } usdt:a { } interval:s { } interval:parsec:1 { } interval:s:0 { } nonsense:a:b { } self:signal:SIGNONE { } tracepoint:sched:sched_switch { } watchpoint:1:2 { } BEGIN:x { } i:s:99999999999999999999 { }
^~~~~~
stdin:1:26-27: ERROR: the function's name is missing
uprobe { } uprobe:/bin/a: { } uretprobe:a:f+4 { } uprobe:a:f+x { } usdt:a { } interval:s { } interval:parsec:1 { } interval:s:0 { } nonsense:a:b { } self:signal:SIGNONE { } tracepoint:sched:sched_switch { } watchpoint:1:2 { } BEGIN:x { } i:s:99999999999999999999 { }
                         ^
stdin:1:43-46: ERROR: a uretprobe is of a whole function: neither an offset nor an address
uprobe { } uprobe:/bin/a: { } uretprobe:a:f+4 { } uprobe:a:f+x { } usdt:a { } interval:s { } interval:parsec:1 { } interval:s:0 { } nonsense:a:b { } self:signal:SIGNONE { } tracepoint:sched:sched_switch { } watchpoint:1:2 { } BEGIN:x { } i:s:99999999999999999999 { }
                                          ^~~
stdin:1:60-63: ERROR: 'x' is not an offset
uprobe { } uprobe:/bin/a: { } uretprobe:a:f+4 { } uprobe:a:f+x { } usdt:a { } interval:s { } interval:parsec:1 { } interval:s:0 { } nonsense:a:b { } self:signal:SIGNONE { } tracepoint:sched:sched_switch { } watchpoint:1:2 { } BEGIN:x { } i:s:99999999999999999999 { }
                                                           ^~~
stdin:1:79-89: ERROR: a probe of this type is written interval:s:1, interval:ms:100, interval:hz:10 or interval:100ms
uprobe { } uprobe:/bin/a: { } uretprobe:a:f+4 { } uprobe:a:f+x { } usdt:a { } interval:s { } interval:parsec:1 { } interval:s:0 { } nonsense:a:b { } self:signal:SIGNONE { } tracepoint:sched:sched_switch { } watchpoint:1:2 { } BEGIN:x { } i:s:99999999999999999999 { }
                                                                              ^~~~~~~~~~
stdin:1:94-111: ERROR: 'parsec' is not a unit of time; there are h, m, s, ms, us, ns and hz
uprobe { } uprobe:/bin/a: { } uretprobe:a:f+4 { } uprobe:a:f+x { } usdt:a { } interval:s { } interval:parsec:1 { } interval:s:0 { } nonsense:a:b { } self:signal:SIGNONE { } tracepoint:sched:sched_switch { } watchpoint:1:2 { } BEGIN:x { } i:s:99999999999999999999 { }
                                                                                             ^~~~~~~~~~~~~~~~~
stdin:1:116-128: ERROR: an interval is not 0, and not longer than the clock
uprobe { } uprobe:/bin/a: { } uretprobe:a:f+4 { } uprobe:a:f+x { } usdt:a { } interval:s { } interval:parsec:1 { } interval:s:0 { } nonsense:a:b { } self:signal:SIGNONE { } tracepoint:sched:sched_switch { } watchpoint:1:2 { } BEGIN:x { } i:s:99999999999999999999 { }
                                                                                                                   ^~~~~~~~~~~~
stdin:1:133-141: ERROR: there are no probes of type 'nonsense'
uprobe { } uprobe:/bin/a: { } uretprobe:a:f+4 { } uprobe:a:f+x { } usdt:a { } interval:s { } interval:parsec:1 { } interval:s:0 { } nonsense:a:b { } self:signal:SIGNONE { } tracepoint:sched:sched_switch { } watchpoint:1:2 { } BEGIN:x { } i:s:99999999999999999999 { }
                                                                                                                                    ^~~~~~~~
HINT: BEGIN, END, uprobe, uretprobe, usdt, interval ...
stdin:1:162-169: ERROR: there is no signal 'SIGNONE'
uprobe { } uprobe:/bin/a: { } uretprobe:a:f+4 { } uprobe:a:f+x { } usdt:a { } interval:s { } interval:parsec:1 { } interval:s:0 { } nonsense:a:b { } self:signal:SIGNONE { } tracepoint:sched:sched_switch { } watchpoint:1:2 { } BEGIN:x { } i:s:99999999999999999999 { }
                                                                                                                                                                 ^~~~~~~
stdin:1:174-203: ERROR: tracepoint:sched:sched_switch is in the kernel, where upd does not look; of tracepoints there are syscalls:sys_enter_* and sys_exit_*
uprobe { } uprobe:/bin/a: { } uretprobe:a:f+4 { } uprobe:a:f+x { } usdt:a { } interval:s { } interval:parsec:1 { } interval:s:0 { } nonsense:a:b { } self:signal:SIGNONE { } tracepoint:sched:sched_switch { } watchpoint:1:2 { } BEGIN:x { } i:s:99999999999999999999 { }
                                                                                                                                                                             ^~~~~~~~~~~~~~~~~~~~~~~~~~~~~
stdin:1:208-222: ERROR: a probe of this type is written watchpoint:0xADDRESS:LENGTH:MODE
uprobe { } uprobe:/bin/a: { } uretprobe:a:f+4 { } uprobe:a:f+x { } usdt:a { } interval:s { } interval:parsec:1 { } interval:s:0 { } nonsense:a:b { } self:signal:SIGNONE { } tracepoint:sched:sched_switch { } watchpoint:1:2 { } BEGIN:x { } i:s:99999999999999999999 { }
                                                                                                                                                                                                               ^~~~~~~~~~~~~~
stdin:1:227-234: ERROR: a probe of this type is written without anything behind it: BEGIN
uprobe { } uprobe:/bin/a: { } uretprobe:a:f+4 { } uprobe:a:f+x { } usdt:a { } interval:s { } interval:parsec:1 { } interval:s:0 { } nonsense:a:b { } self:signal:SIGNONE { } tracepoint:sched:sched_switch { } watchpoint:1:2 { } BEGIN:x { } i:s:99999999999999999999 { }
                                                                                                                                                                                                                                  ^~~~~~~
stdin:1:239-263: ERROR: an interval is not 0, and not longer than the clock
uprobe { } uprobe:/bin/a: { } uretprobe:a:f+4 { } uprobe:a:f+x { } usdt:a { } interval:s { } interval:parsec:1 { } interval:s:0 { } nonsense:a:b { } self:signal:SIGNONE { } tracepoint:sched:sched_switch { } watchpoint:1:2 { } BEGIN:x { } i:s:99999999999999999999 { }
                                                                                                                                                                                                                                              ^~~~~~~~~~~~~~~~~~~~~~~~

NAME tokens
PROG BEGIN { $a = 0x; $b = 12abc; $c = 99999999999999999999; $d = "unended
} END { ` $e = "\q"; $f = 1ms2; }
EXIT -12
EXPECT
stdin:1:14-16: ERROR: '0x' is not a number
BEGIN { $a = 0x; $b = 12abc; $c = 99999999999999999999; $d = "unended
             ^~
stdin:1:23-28: ERROR: '12abc' is not a number
BEGIN { $a = 0x; $b = 12abc; $c = 99999999999999999999; $d = "unended
                      ^~~~~
stdin:1:35-55: ERROR: the number does not fit in 64 bits
BEGIN { $a = 0x; $b = 12abc; $c = 99999999999999999999; $d = "unended
                                  ^~~~~~~~~~~~~~~~~~~~
stdin:1:62-70: ERROR: this string does not end
BEGIN { $a = 0x; $b = 12abc; $c = 99999999999999999999; $d = "unended
                                                             ^~~~~~~~
stdin:2:9-10: ERROR: there is no place for this character here
} END { ` $e = "\q"; $f = 1ms2; }
        ^
stdin:2:17-19: ERROR: there is no such escape in a string
} END { ` $e = "\q"; $f = 1ms2; }
                ^~
stdin:2:27-31: ERROR: '1ms2' is not a number
} END { ` $e = "\q"; $f = 1ms2; }
                          ^~~~

NAME a brace is missing
PROG BEGIN { if (1) { print(1); }
EXIT -12
EXPECT
stdin:1:7-8: ERROR: this '{' has no '}'
BEGIN { if (1) { print(1); }
      ^

NAME an empty program
PROG // nothing
EXIT -12
EXPECT
stdin:1:1-2: ERROR: the program has no probe
// nothing
^

NAME a semicolon is missing at the line's end
PROG BEGIN {
  $a = 1
  $b = 2;
}
EXIT -12
EXPECT
stdin:2:9-10: ERROR: expected ';' before '$b'
  $a = 1
        ^

NAME settings
PROG config = { max_strlen = 0; nosuch = 1; stack_mode = sideways; missing_probes = 5; cpp_demangle = maybe; log_size = 5; max_map_keys = 99999999999 } BEGIN { }
EXIT -12
EXPECT
stdin:1:12-26: ERROR: max_strlen is from 1 to 32768
config = { max_strlen = 0; nosuch = 1; stack_mode = sideways; missing_probes = 5; cpp_demangle = maybe; log_size = 5; max_map_keys = 99999999999 } BEGIN { }
           ^~~~~~~~~~~~~~
stdin:1:28-38: ERROR: there is no setting 'nosuch'
config = { max_strlen = 0; nosuch = 1; stack_mode = sideways; missing_probes = 5; cpp_demangle = maybe; log_size = 5; max_map_keys = 99999999999 } BEGIN { }
                           ^~~~~~~~~~
stdin:1:40-61: ERROR: stack_mode is one of bpftrace, perf, raw, build_id
config = { max_strlen = 0; nosuch = 1; stack_mode = sideways; missing_probes = 5; cpp_demangle = maybe; log_size = 5; max_map_keys = 99999999999 } BEGIN { }
                                       ^~~~~~~~~~~~~~~~~~~~~
stdin:1:63-81: ERROR: missing_probes is one of error, warn, ignore
config = { max_strlen = 0; nosuch = 1; stack_mode = sideways; missing_probes = 5; cpp_demangle = maybe; log_size = 5; max_map_keys = 99999999999 } BEGIN { }
                                                              ^~~~~~~~~~~~~~~~~~
stdin:1:83-103: ERROR: cpp_demangle expects true or false
config = { max_strlen = 0; nosuch = 1; stack_mode = sideways; missing_probes = 5; cpp_demangle = maybe; log_size = 5; max_map_keys = 99999999999 } BEGIN { }
                                                                                  ^~~~~~~~~~~~~~~~~~~~
stdin:1:119-145: ERROR: max_map_keys is from 1 to 16777216
config = { max_strlen = 0; nosuch = 1; stack_mode = sideways; missing_probes = 5; cpp_demangle = maybe; log_size = 5; max_map_keys = 99999999999 } BEGIN { }
                                                                                                                      ^~~~~~~~~~~~~~~~~~~~~~~~~~

NAME unsafe functions
PROG BEGIN { system("ls"); } u:a:f { signal(9); }
SAFE
EXIT -12
EXPECT
stdin:1:9-21: ERROR: system() changes what is traced or the system: it needs --unsafe
BEGIN { system("ls"); } u:a:f { signal(9); }
        ^~~~~~~~~~~~
stdin:1:33-42: ERROR: signal() changes what is traced or the system: it needs --unsafe
BEGIN { system("ls"); } u:a:f { signal(9); }
                                ^~~~~~~~~

NAME not yet
PROG fn g() { } BEGIN { print(1); }
EXIT -12
EXPECT
stdin:1:1-3: ERROR: fn cannot be used in upd yet
fn g() { } BEGIN { print(1); }
^~

NAME warnings
PROG u:a:f { if ((uint64)arg0 < 0) { } if ((uint64)arg0 < arg1) { } $x = 5 / 0; 5 + arg0; $y = (uint64)arg0 / arg1; }
EXPECT
stdin:1:12-30: WARNING: uint64 is never below 0: cast it, as in (int64)
u:a:f { if ((uint64)arg0 < 0) { } if ((uint64)arg0 < arg1) { } $x = 5 / 0; 5 + arg0; $y = (uint64)arg0 / arg1; }
           ^~~~~~~~~~~~~~~~~~
stdin:1:38-59: WARNING: uint64 and int64 are compared as unsigned numbers
u:a:f { if ((uint64)arg0 < 0) { } if ((uint64)arg0 < arg1) { } $x = 5 / 0; 5 + arg0; $y = (uint64)arg0 / arg1; }
                                     ^~~~~~~~~~~~~~~~~~~~~
stdin:1:73-74: WARNING: a division by 0 yields 1
u:a:f { if ((uint64)arg0 < 0) { } if ((uint64)arg0 < arg1) { } $x = 5 / 0; 5 + arg0; $y = (uint64)arg0 / arg1; }
                                                                        ^
stdin:1:76-84: WARNING: this has no effect
u:a:f { if ((uint64)arg0 < 0) { } if ((uint64)arg0 < arg1) { } $x = 5 / 0; 5 + arg0; $y = (uint64)arg0 / arg1; }
                                                                           ^~~~~~~~
stdin:1:91-110: WARNING: uint64 and int64 are divided as unsigned numbers
u:a:f { if ((uint64)arg0 < 0) { } if ((uint64)arg0 < arg1) { } $x = 5 / 0; 5 + arg0; $y = (uint64)arg0 / arg1; }
                                                                                          ^~~~~~~~~~~~~~~~~~~

NAME loops' variables and breaks
PROG BEGIN { break; continue; for ($i : 0..3) { $i = 5; } for ($kv : @m) { } for ($kv : @n[1]) { } @n[1] = 1; for ($kv : 5) { } }
EXIT -12
EXPECT
stdin:1:117-118: ERROR: for goes over a map or over a range FROM..TO
BEGIN { break; continue; for ($i : 0..3) { $i = 5; } for ($kv : @m) { } for ($kv : @n[1]) { } @n[1] = 1; for ($kv : 5) { } }
                                                                                                                    ^

NAME loops' variables and breaks, types
PROG BEGIN { break; continue; for ($i : 0..3) { $i = 5; } for ($kv : @m) { } for ($kv : @n[1]) { } @n[1] = 1; @h[1] = hist(1); for ($kv : @h) { } }
EXIT -12
EXPECT
stdin:1:9-14: ERROR: not in a loop
BEGIN { break; continue; for ($i : 0..3) { $i = 5; } for ($kv : @m) { } for ($kv : @n[1]) { } @n[1] = 1; @h[1] = hist(1); for ($kv : @h) { } }
        ^~~~~
stdin:1:16-24: ERROR: not in a loop
BEGIN { break; continue; for ($i : 0..3) { $i = 5; } for ($kv : @m) { } for ($kv : @n[1]) { } @n[1] = 1; @h[1] = hist(1); for ($kv : @h) { } }
               ^~~~~~~~
stdin:1:44-46: ERROR: $i is the loop's
BEGIN { break; continue; for ($i : 0..3) { $i = 5; } for ($kv : @m) { } for ($kv : @n[1]) { } @n[1] = 1; @h[1] = hist(1); for ($kv : @h) { } }
                                           ^~
stdin:1:65-67: ERROR: nothing is ever assigned to @m
BEGIN { break; continue; for ($i : 0..3) { $i = 5; } for ($kv : @m) { } for ($kv : @n[1]) { } @n[1] = 1; @h[1] = hist(1); for ($kv : @h) { } }
                                                                ^~
stdin:1:84-89: ERROR: for goes over a map with keys, named without one
BEGIN { break; continue; for ($i : 0..3) { $i = 5; } for ($kv : @m) { } for ($kv : @n[1]) { } @n[1] = 1; @h[1] = hist(1); for ($kv : @h) { } }
                                                                                   ^~~~~
stdin:1:134-136: ERROR: hist() cannot be looked at one by one
BEGIN { break; continue; for ($i : 0..3) { $i = 5; } for ($kv : @m) { } for ($kv : @n[1]) { } @n[1] = 1; @h[1] = hist(1); for ($kv : @h) { } }
                                                                                                                                     ^~

NAME assignments to what is not a variable
PROG BEGIN { 5 = 4; pid = 5; if (@a = 5) { } 1++; }
EXIT -12
EXPECT
stdin:1:11-12: ERROR: only variables and maps can be assigned
BEGIN { 5 = 4; pid = 5; if (@a = 5) { } 1++; }
          ^
HINT: '==' compares
stdin:1:20-21: ERROR: only variables and maps can be assigned
BEGIN { 5 = 4; pid = 5; if (@a = 5) { } 1++; }
                   ^
HINT: '==' compares
stdin:1:32-33: ERROR: expected ')' before '='
BEGIN { 5 = 4; pid = 5; if (@a = 5) { } 1++; }
                               ^
HINT: '==' compares

NAME long lines and tabs are shown so that the place can be seen
PROG BEGIN {	$aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa = $b; print(nope); }
EXIT -12
EXPECT
stdin:1:566-568: ERROR: $b has no value here: nothing is assigned to it
aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa = $b; print(nope); }
                                                                                                                                                                                                                                                                ^~
stdin:1:576-580: ERROR: there is no builtin or constant 'nope'
aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa = $b; print(nope); }
                                                                                                                                                                                                                                                                ^~~~

NAME values that are too large
PROG config = { max_strlen = 30000 } u:a:f { printf("%s %s\n", str(arg0), str(arg1)); }
EXIT -12
EXPECT
stdin:1:33-38: ERROR: this probe's strings and other large values need more than 32000 bytes; lower max_strlen (30000)
config = { max_strlen = 30000 } u:a:f { printf("%s %s\n", str(arg0), str(arg1)); }
                                ^~~~~

NAME types of probes: in any case, near ones, later ones
PROG uporbe:a:f { }
Begin { } bench:x { } nonsense:y { }
EXIT -12
EXPECT
stdin:1:1-7: ERROR: there are no probes of type 'uporbe'
uporbe:a:f { }
^~~~~~
HINT: did you mean uprobe?
stdin:2:11-16: ERROR: bench probes cannot be used in upd yet
Begin { } bench:x { } nonsense:y { }
          ^~~~~
stdin:2:23-31: ERROR: there are no probes of type 'nonsense'
Begin { } bench:x { } nonsense:y { }
                      ^~~~~~~~
HINT: BEGIN, END, uprobe, uretprobe, usdt, interval ...
