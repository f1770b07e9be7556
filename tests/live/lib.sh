# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=sh
#
# What the live drivers share. Sourced first: it gives the driver a folder of
# its own ($T), a time limit, and an end that leaves no process behind. A
# driver ends with 0 (passed), 1 (failed) or 77 (skipped, with the reason).
#
# What a driver starts is in its process group (timeout makes one), or carries
# UPD_LIVE_DIR=$T in its environment. The end of the driver kills by these two
# marks: a daemon leaves the group, a server that writes its title over its
# environment loses the other, and nobody else's process has either.
#
# To see what a driver claims without upd, set UPD to another program that
# takes the same options.

if [ -z "${UPD_LIVE_TIMED-}" ]; then
	UPD_LIVE_TIMED=1 exec timeout -k 10 "${UPD_LIVE_SECONDS:-180}" "$0" "$@"
fi

set -u
LC_ALL=C
export LC_ALL
top_srcdir=$(cd "${top_srcdir:-$(dirname "$0")/../..}" && pwd)
top_builddir=$(cd "${top_builddir:-.}" && pwd)
UPD=${UPD:-$top_builddir/upd}
# Counts are exact where nothing is left out.
UPD_MAX_OVERHEAD=0
export UPD_MAX_OVERHEAD
VICTIMS=$top_builddir/tests/live
T=$(mktemp -d "${TMPDIR:-/tmp}/upd-live.XXXXXX")
chmod 755 "$T"
UPD_LIVE_DIR=$T
XDG_RUNTIME_DIR=$T/run
export UPD_LIVE_DIR XDG_RUNTIME_DIR
unset UPD_SOCKET
mkdir -m 700 "$XDG_RUNTIME_DIR"
failures=0
upd=

read -r stat </proc/$$/stat
stat=${stat##*) ? }
stat=${stat#* }
our_group=${stat%% *}

ours() {
	read -r self stat </proc/self/stat
	list=$({
		cat /proc/[0-9]*/stat 2>/dev/null | sed -n \
			"s/^\([0-9]*\) (.*) [^ZX] [0-9]* $our_group .*/\1/p"
		grep -lazs "^UPD_LIVE_DIR=$T\$" /proc/[0-9]*/environ |
			sed 's|/proc/\([0-9]*\)/.*|\1|'
	} | sort -u)
	for pid in $list; do
		case $pid in
		$$ | "$PPID" | "$self") ;;
		*) [ ! -d "/proc/$pid" ] || echo "$pid" ;;
		esac
	done
}

at_end() {
	status=$?
	trap '' EXIT INT TERM HUP
	# The tracers go first: a target that dies under one is no test.
	[ -z "$upd" ] || kill -INT "$upd" 2>/dev/null
	# shellcheck disable=SC2046
	kill -TERM $(ours) 2>/dev/null
	tries=0
	while [ -n "$(ours)" ] && [ $tries -lt 100 ]; do
		sleep 0.05
		tries=$((tries + 1))
	done
	# shellcheck disable=SC2046
	kill -KILL $(ours) 2>/dev/null
	if [ $status -ne 0 ] && [ $status -ne 77 ]; then
		for f in "$T"/upd.err "$T"/upd.out; do
			[ -s "$f" ] && {
				echo "---- $(basename "$f")"
				head -50 "$f"
			}
		done
	fi
	rm -rf "$T"
	exit $status
}
trap at_end EXIT
trap 'exit 1' INT TERM HUP

skip() {
	echo "SKIP: $*"
	exit 77
}

# bits_of FILE: 32 or 64, as the fifth byte of every ELF file tells.
bits_of() {
	echo $((32 * $(od -An -j4 -N1 -tu1 "$1")))
}

# For what this machine cannot do, whatever is installed; see .ci/run.
cannot() {
	echo "SKIP (machine): $*"
	exit 77
}

fail() {
	echo "FAIL: $*"
	failures=$((failures + 1))
}

die() {
	echo "FAIL: $*"
	exit 1
}

# expect WHAT GOT WANTED: two things that are not there are not the same.
expect() {
	if [ -n "$2" ] && [ "$2" = "$3" ]; then
		echo "ok: $1: $2"
	else
		fail "$1: $2, expected $3"
	fi
}

# expect_same WHAT FILE FILE
expect_same() {
	if cmp -s "$2" "$3"; then
		echo "ok: $1"
	else
		fail "$1 is not as expected (>):"
		diff "$3" "$2" | head -20
	fi
}

# The last command of every driver.
finish() {
	[ $failures -eq 0 ]
	exit
}

alive() {
	[ -d "/proc/$1" ] &&
		! grep -q '^State:[[:space:]]*[ZX]' "/proc/$1/status" 2>/dev/null
}

# until_ok SECONDS WHAT COMMAND...: asks again until the command succeeds.
until_ok() {
	seconds=$1 what=$2
	shift 2
	deadline=$(($(date +%s) + seconds))
	until "$@"; do
		[ "$(date +%s)" -lt $deadline ] ||
			die "$what: not within $seconds seconds"
		sleep 0.05
	done
}

# A program in the background that can be interrupted as from a terminal
# (a shell's background jobs ignore SIGINT and hand that on), without the
# driver's pipes to its target, whose end would never come; its pid in $!.
background() {
	exec env --default-signal=INT,QUIT "$@" 3>&- 4>&-
}

# Of the upd that is tested, and of its victims: 32 or 64.
bits() {
	case $(od -An -j4 -N1 -tu1 "$VICTIMS/v-args") in
	*1) echo 32 ;;
	*) echo 64 ;;
	esac
}

# bytes_of_int N: as buf() prints a 4-byte integer of the victim's memory.
bytes_of_int() {
	# shellcheck disable=SC2046
	set -- $(printf '%02x\n' $(($1 & 255)) $(($1 >> 8 & 255)) \
		$(($1 >> 16 & 255)) $(($1 >> 24 & 255)))
	# The sixth byte of every ELF file tells the order of its bytes.
	case $(od -An -j5 -N1 -tu1 "$VICTIMS/v-args") in
	*2) set -- "$4" "$3" "$2" "$1" ;;
	esac
	printf '\\x%s' "$@"
}

# All of upd, at once: stopped first, as each would clean up when it sees another
# one go.
kill_upd() {
	all=
	for one in $(ours); do
		case $(cat "/proc/$one/comm" 2>/dev/null) in
		upd*) all="$all $one" ;;
		esac
	done
	# shellcheck disable=SC2086
	kill -STOP $all
	# shellcheck disable=SC2086
	kill -KILL $all
	wait "$upd" 2>/dev/null
	upd=
	until_ok 10 "no tracer is left" untraced "$pid"
}
untraced() {
	grep -q '^TracerPid:	0' "/proc/$1/status"
}

# ---- the real programs ------------------------------------------------------

# programs NAME...: sets their variables, or skips.
programs() {
	# UPD_TEST_PROGRAMS: a folder with an env already, of another kind.
	dir=${UPD_TEST_PROGRAMS:-$top_builddir/programs}
	: >"$T/fetch.out"
	[ -n "${UPD_TEST_PROGRAMS-}" ] || "$top_srcdir/tests/programs/fetch" \
		"$dir" >"$T/fetch.out" 2>&1
	[ -f "$dir/env" ] || skip "$(head -1 "$T/fetch.out")"
	# shellcheck disable=SC1091
	. "$dir/env"
	for program in "$@"; do
		eval "path=\$$program"
		# shellcheck disable=SC2154
		[ -n "$path" ] ||
			skip "no $program: $(head -1 "$T/fetch.out")"
	done
	LD_LIBRARY_PATH=$PROGRAMS_LIBS${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
	export LD_LIBRARY_PATH
}

# as_nobody COMMAND...: as an ordinary user, when we are root.
as_nobody() {
	if [ "$(id -u)" = 0 ]; then
		exec setpriv --reuid=65534 --regid=65534 --clear-groups "$@"
	else
		exec "$@"
	fi
}

# ---- upd --------------------------------------------------------------------

attached() {
	grep -q '^Attached [0-9]* probe' "$T/upd.err" && return
	alive "$upd" || die "upd ended before it had attached"
	return 1
}

# trace_start ARGUMENTS...: upd in the background, until it has attached. Its
# output is in $T/upd.out.
trace_start() {
	: >"$T/upd.err"
	: >"$T/upd.out"
	background "$UPD" -o "$T/upd.out" "$@" 2>"$T/upd.err" \
		>"$T/upd.stdout" </dev/null &
	upd=$!
	until_ok 60 "upd attaches" attached
}

# trace_stop: as Ctrl-C does.
trace_stop() {
	kill -INT "$upd"
	wait "$upd"
	status=$?
	upd=
	expect "exit status of upd" $status 0
}

# trace_end: upd leaves by itself with its last target.
trace_end() {
	wait "$upd"
	status=$?
	upd=
	expect "exit status of upd" $status 0
}

# value NAME: what the map @NAME held; an entry: value "NAME[KEY]".
value() {
	awk -v want="@$1: " 'index($0, want) == 1 {
		print substr($0, length(want) + 1)
	}' "$T/upd.out"
}

# page_examples PAGE: the examples of a page of the manual, from roff to shell,
# in $T/example.1 ...; prints how many there are.
page_examples() {
	sed -n '/^\.SH EXAMPLES/,/^\.SH SEE/p' "$top_srcdir/man/$1" |
		sed -e "s/\\\\(aq/'/g" -e 's/\\-/-/g' -e 's/\\e/\\/g' |
		awk -v file="$T/example." '
			/^\.EX/ { k++; on = 1; next }
			/^\.EE/ { on = 0 }
			on { print >(file k) }
			END { print k + 0 }'
}

# Everything of a process that tracing must not change.
snapshot() {
	grep -E '^(TracerPid|Threads|SigQ|SigPnd|ShdPnd|SigBlk|SigIgn|SigCgt)' \
		"/proc/$1/status" | sed 's/^\(SigQ:.\)[0-9]*/\1/'
	awk '$2 ~ /x/ && $1 !~ /^ffff/ && $6 != "[vdso]"' "/proc/$1/maps"
	text_of "$1" | cksum
}

text_of() {
	awk '$2 ~ /x/ && $1 !~ /^ffff/ && $6 ~ /^\// { print $1 }' \
		"/proc/$1/maps" | while IFS=- read -r from to; do
		from=$((0x$from)) to=$((0x$to))
		dd if="/proc/$1/mem" bs=4096 skip=$((from / 4096)) \
			count=$(((to - from) / 4096)) 2>/dev/null
	done
}

# probed PID FILE: has the code that it maps of FILE been changed? A process that
# is traced has its probes a little later.
probed() {
	awk -v f="$2" '$2 ~ /x/ && $6 == f {
		split($1, at, "-"); print at[1], at[2], $3 }' "/proc/$1/maps" |
		while read -r from to offset; do
			from=$((0x$from / 4096)) to=$((0x$to / 4096))
			dd if="/proc/$1/mem" bs=4096 skip=$from \
				count=$((to - from)) >"$T/mapped" 2>/dev/null ||
				continue
			dd if="$2" bs=4096 skip=$((0x$offset / 4096)) \
				count=$((to - from)) conv=sync 2>/dev/null |
				cmp -s - "$T/mapped" || echo changed
		done | grep -q changed
}

# untouched PID: compares with the $T/before that snapshot made.
untouched() {
	snapshot "$1" >"$T/after"
	expect_same "text, mappings and signals of $1" "$T/after" "$T/before"
}
