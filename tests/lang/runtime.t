NAME failures are told where they happen, with what the helper said
PROG u:a:f { delete(@a, arg0); @a[1] = 1; $gone = delete(@a, 9); print($gone); }
HIT 5
EXPECT
stdin:1:9-25: WARNING: there is no such key to delete
u:a:f { delete(@a, arg0); @a[1] = 1; $gone = delete(@a, 9); print($gone); }
        ^~~~~~~~~~~~~~~~
Additional Info - helper: map_delete_elem, retcode: -2
false
@a[1]: 1

NAME an index outside of an array
PROG struct s { int a[3]; }; u:a:f { $s = *(struct s *)arg0; print($s.a[arg1]); print(((struct s *)arg0)->a[arg1]); }
HIT 0x1100 1
HIT 0x1100 -1
EXPECT
1936877926
1936877926
stdin:1:63-73: WARNING: the index is outside of the array
struct s { int a[3]; }; u:a:f { $s = *(struct s *)arg0; print($s.a[arg1]); print(((struct s *)arg0)->a[arg1]); }
                                                              ^~~~~~~~~~
0
stdin:1:82-109: WARNING: the index is outside of the array
struct s { int a[3]; }; u:a:f { $s = *(struct s *)arg0; print($s.a[arg1]); print(((struct s *)arg0)->a[arg1]); }
                                                                                 ^~~~~~~~~~~~~~~~~~~~~~~~~~~
0
EXPECT-BIG
1718186611
1718186611
stdin:1:63-73: WARNING: the index is outside of the array
struct s { int a[3]; }; u:a:f { $s = *(struct s *)arg0; print($s.a[arg1]); print(((struct s *)arg0)->a[arg1]); }
                                                              ^~~~~~~~~~
0
stdin:1:82-109: WARNING: the index is outside of the array
struct s { int a[3]; }; u:a:f { $s = *(struct s *)arg0; print($s.a[arg1]); print(((struct s *)arg0)->a[arg1]); }
                                                                                 ^~~~~~~~~~~~~~~~~~~~~~~~~~~
0

NAME a loop that would not end
PROG BEGIN { $i = 0; while (1) { $i++; } print($i); }
EXPECT
stdin:1:17-36: WARNING: the loop was ended: it had gone round as often as a loop may
BEGIN { $i = 0; while (1) { $i++; } print($i); }
                ^~~~~~~~~~~~~~~~~~~
Additional Info - helper: loop, retcode: 1048576
1048576

NAME an average of nothing is no division
PROG BEGIN { @a = avg(6); print((uint64)@a); zero(@a); print((int64)@a); clear(@a); print((int64)@a); }
EXPECT
6
0
0
