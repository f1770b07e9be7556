# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=sh
#
# Programs for the PowerPC ABIs under qemu-user: what oracle and fallback share.
# Sourced with $here set to this folder. Works in $UPD_PPC_WORK, or in ./ppc.
set -eu
src=$(cd "$here/../.." && pwd)
work=${UPD_PPC_WORK:-$PWD/ppc}

die() {
	printf 'FAIL: %s\n' "$*" >&2
	exit 1
}

cannot() {
	echo "SKIP (machine): $*"
	exit 77
}

triple() {
	case $1 in
	ppc64le) echo powerpc64le-linux-gnu ;;
	ppc64) echo powerpc64-linux-gnu ;;
	ppc) echo powerpc-linux-gnu ;;
	*) die "there is no ABI $1, only ppc64le, ppc64 and ppc" ;;
	esac
}

processors() {
	case $1 in
	ppc64le) echo power8 power9 power10 ;;
	ppc64) echo 970 power8 power10 ;;
	ppc) echo 7400 750 ;;
	esac
}

# Those of PATH, else those that `toolchain` gets, with the C library of each
# ABI; one script at a time.
compilers() {
	for abi; do
		command -v "qemu-$abi" >/dev/null ||
			die "no qemu-$abi; ./quickstart installs it (qemu-user)"
	done
	for abi; do
		command -v "$(triple "$abi")-gcc" >/dev/null || missing=yes
	done
	[ "${missing-}" ] || return 0
	[ "$(uname -m)" = x86_64 ] ||
		cannot "the cross compilers are x86_64's, this is $(uname -m)"
	# shellcheck disable=SC1091
	[ "$(. /etc/os-release && echo "$ID $VERSION_ID")" = 'debian 12' ] ||
		cannot "the packages are those of Debian 12, this is another"
	cache=${UPD_PPC_CACHE:-${XDG_CACHE_HOME:-${HOME:-/tmp}/.cache}/upd-ppc}
	mkdir -p "$work" "$cache"
	exec 8>"$work/lock" 9>"$cache/lock"
	flock 8
	flock 9
	"$here/toolchain" 8>&- 9>&- || die "no cross compilers"
	for abi; do
		"$here/sysroot" "$abi" 8>&- 9>&- || die "no libraries for $abi"
	done
	flock -u 9
	exec 9>&-
	PATH=$work/toolchain/bin:$PATH
	export PATH
}

# compile ABI PROGRAM SOURCE...: with libarch.
compile() {
	abi=$1 out=$2
	shift 2
	"$(triple "$abi")-gcc" -std=gnu11 -O1 -g -static -fno-stack-protector \
		-Wall -Wextra -Werror -pthread -I"$src/arch" \
		-I"$src/arch/ppc" -I"$src/src/base" "$@" \
		"$src"/arch/ppc/ppc-*.c "$src/src/base/err.c" -o "$out" ||
		die "$(basename "$out") does not compile for $abi"
}

# on_all ABI PROGRAM: on each processor. What qemu says of children that shall
# die is shown when the program fails.
on_all() {
	for cpu in $(processors "$1"); do
		printf '%s: ' "$cpu"
		timeout -s KILL 300 "qemu-$1" -cpu "$cpu" "$2" </dev/null \
			2>"$2.stderr" || {
			cat "$2.stderr"
			status=1
		}
	done
}
