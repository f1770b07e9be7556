NAME macros: expressions, variables, maps
PROG macro one() { 1 }
macro add(a, b) { a + b }
macro bump($v, @m) { $v += 2; @m[$v]++; }
BEGIN { $a = 10; print((one, one() + one, add($a, 5) * 2)); bump($a, @n); print(($a, @n[12])); print(later(3)); }
macro later(x) { add(x, one) * x }
EXPECT
(1, 2, 30)
(12, 1)
12
@n[12]: 1

NAME macros: an expression is evaluated wherever it is named
PROG macro twice(x) { x; x }
BEGIN { $n = 0; twice(printf("hi\n")); twice({ $n++; print($n) }); print(twice($n++)); print($n); }
EXPECT
hi
hi
1
2
3
4

NAME macros: their variables are their own
PROG macro swap($a, $b) { $t = $a; $a = $b; $b = $t; }
macro shadow(x) { let $t = 100; $t + x }
BEGIN { $t = 1; $u = 2; swap($t, $u); print(($t, $u)); print((shadow($t), $t)); }
EXPECT
(2, 1)
(102, 2)

NAME macros: values of blocks, loops, predicates
PROG macro size(x) { if (x > 100) { "big" } else if x > 10 { "fair" } else { "small" } }
macro keys(@m) { $sum = 0; for $kv : @m { $sum += $kv.0; } $sum }
macro even(x) { x % 2 == 0 }
u:a:f /even(arg0)/ { print(size(arg0)); @m[arg0] = 1; }
END { print(keys(@m)); clear(@m); }
HIT 200
HIT 3
HIT 12
HIT 2
EXPECT
big
fair
small
214

NAME macros: what is wrong
PROG macro a() { b() } macro b() { a() } macro m() { @x++ } macro s($v, @m) { $v }
macro s(x) { x } macro d(x, x) { x }
BEGIN { a(); s(5, @y); s($z); s($z, @y[1]); a; }
EXIT -12
EXPECT
stdin:1:49-51: ERROR: @x is no parameter of the macro m
macro a() { b() } macro b() { a() } macro m() { @x++ } macro s($v, @m) { $v }
                                                ^~
HINT: a macro sees the maps that it is given: macro m(@x)
stdin:2:7-8: ERROR: s is defined already
macro s(x) { x } macro d(x, x) { x }
      ^
stdin:2:29-30: ERROR: one parameter too many
macro s(x) { x } macro d(x, x) { x }
                            ^
stdin:1:31-34: ERROR: the macro a uses itself
macro a() { b() } macro b() { a() } macro m() { @x++ } macro s($v, @m) { $v }
                              ^~~
stdin:3:37-42: ERROR: s() expects a map without a key here
BEGIN { a(); s(5, @y); s($z); s($z, @y[1]); a; }
                                    ^~~~~
stdin:3:24-29: ERROR: s() takes 2 arguments, not 1
BEGIN { a(); s(5, @y); s($z); s($z, @y[1]); a; }
                       ^~~~~
stdin:3:16-17: ERROR: s() expects a variable here
BEGIN { a(); s(5, @y); s($z); s($z, @y[1]); a; }
               ^

NAME macros: a billion laughs
PROG macro a(x) { x + x + x + x + x + x + x + x } macro b(x) { a(a(a(x))) } macro c(x) { b(b(b(x))) } BEGIN { print(c(c(1))); }
EXIT -12
EXPECT
stdin:1:38-39: ERROR: the macros make more than 262144 bytes of program
macro a(x) { x + x + x + x + x + x + x + x } macro b(x) { a(a(a(x))) } macro c(x) { b(b(b(x))) } BEGIN { print(c(c(1))); }
                                     ^

NAME macros: a deep tree
PROG macro m(x) { x + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 } BEGIN { print(m(m(m(1)))); print(m(m(1))); }
EXPECT
451
301

NAME the preprocessor
PROG #define N 5
#define FMT "n=%d\n"
#define MAX(a, b) \
	((a) > (b) ? (a) : (b))
#define FLAG
#define SUM (N + pid * 0)
#ifndef BPFTRACE_HAVE_BTF
#include <linux/sched.h>
this is not '" read
#else
#define YES 1
#endif
#ifdef NOPE
#define W 1
#elif defined(FLAG)
#define W 2
#else
#define W 3
#endif
#if 0
#if 1
#endif
nothing {
#endif
BEGIN { $q = 5; printf(FMT, MAX($q, N + 3)); print((W, YES, SUM, N)) }
EXPECT
n=8
(2, 1, 5, 5)

NAME the preprocessor: what is wrong
PROG #define F(x) x +
#error not here
#if 0
BEGIN { print(F(1)); }
EXIT -12
EXPECT
stdin:2:1-16: ERROR: error not here
#error not here
^~~~~~~~~~~~~~~
stdin:3:1-6: ERROR: this condition has no #endif
#if 0
^~~~~

NAME published spellings: no ';' behind a struct, names of settings as in the environment
PROG struct A { int a; }
union B { int a; long b; }
enum C { D = 3 }
config = { BPFTRACE_MAX_STRLEN=3; Max_Map_Keys = 10; }
BEGIN { print((sizeof(union B), sizeof(struct A), D)); }
EXPECT
(8, 4, D)
