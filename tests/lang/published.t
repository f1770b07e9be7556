# Scripts of the kind that people publish, in the language's older and newer
# ways of writing.

NAME old: time between a call and its return, by thread
PROG #!/usr/bin/env bpftrace
/*
 * Latency of f().
 */

BEGIN
{
	printf("Tracing f()... Hit Ctrl-C to end.\n");
}

uprobe:a:f
{
	@start[tid] = nsecs;
	@arg[tid] = arg0;
}

uretprobe:a:f
/@start[tid]/
{
	$us = (nsecs - @start[tid]) / 1000;
	@us = hist($us > 0 ? 1 : 0);
	@by_arg[@arg[tid]] = count();
	delete(@start[tid]);
	delete(@arg[tid]);
}

END
{
	clear(@start);
	clear(@us);
}
HIT 4
HIT 4
HIT 5
EXPECT
Tracing f()... Hit Ctrl-C to end.
@by_arg[5]: 1
@by_arg[4]: 2

NAME old: variables of the whole probe, nested conditions
PROG u:a:f /comm != "other" && arg0 >= 0/ {
  if (arg0 > 100) {
    if (arg1 == 1) { $kind = "one"; } else { $kind = "other"; }
    $size = "big";
  } else {
    $kind = "any";
    $size = "small";
  }
  @[$size, $kind] = sum(arg0);
}
HIT 200 1
HIT 300 2
HIT 3 1
HIT -5 1
EXPECT
@[small, any]: 3
@[big, one]: 200
@[big, other]: 300

NAME old: loops that unroll, several maps, histograms
PROG BEGIN { $i = 0; unroll (4) { @pow[$i] = 1 << $i; $i++; } }
u:a:f { @bytes = hist(arg0); @lin = lhist(arg0, 0, 40, 10); @total = sum(arg0); @n++; }
END { printf("%d calls, %d bytes\n", @n, @total); clear(@bytes); delete(@n); }
HIT 5
HIT 35
EXPECT
2 calls, 40 bytes
@lin:
[0, 10)                1 |@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@|
[10, 20)               0 |                                                    |
[20, 30)               0 |                                                    |
[30, 40)               1 |@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@|

@pow[0]: 1
@pow[1]: 2
@pow[2]: 4
@pow[3]: 8
@total: 40

NAME new: declarations, ranges, iteration, records
PROG config = {
	max_strlen = 64;
	print_maps_on_exit = false;
}

let @seen = lruhash(16);

macro note(@m, key)
{
	@m[key]++;
	@m[key] == 1
}

begin
{
	let $total: uint64 = 0;
	for $i : 0..5 {
		if $i == 3 { continue }
		$total += $i;
	}
	print($total);
}

uprobe:a:f
{
	let $fresh = note(@seen, arg0);
	$r = (first=$fresh, arg=arg0, parts=(arg1, "x"));
	if $r.first {
		print($r);
	} else {
		printf("again: %d %s\n", $r.arg, $r.parts.1);
	}
}

end
{
	let $keys = 0;
	for $kv : @seen {
		$keys += $kv.1;
		delete(@seen, $kv.0);
	}
	print(($keys, len(@seen)));
}
HIT 1 2
HIT 1 3
HIT 7 4
EXPECT
7
{ .first = true, .arg = 1, .parts = (2, x) }
again: 1 x
{ .first = true, .arg = 7, .parts = (4, x) }
(3, 0)

NAME new: values of if and of blocks, discarded values, options
PROG begin {
	$limit = getopt("limit", 10, "how many");
	$word = if $limit > 5 { "many" } else if $limit > 1 { "some" } else { "one" };
	_ = { printf("%s\n", $word); $limit };
	@x[$limit] = { let $a = $limit; $a * 2 };
	if !delete(@x, 1) && has_key(@x, $limit) { print(@x[$limit]); }
	delete(@x, $limit);
}
NAMED limit=3
EXPECT
some
6

NAME mixed: names of probes, predicates, comments, numbers
PROG // Shebang-less, with a comment first.
first=BEGIN { print((1_000, 0x1f, 017, 1e3, 2ms, 1UL)); }
second=uprobe:a:f
/ arg0 / 2 == 2 /	/* 4 or 5 */
{ printf("%d\x21%s\n", arg0, "\101\t\"q\""); }
HIT 5
HIT 6
EXPECT
(1000, 31, 15, 1000, 2000000, 1)
5!A	"q"
