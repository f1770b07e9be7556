# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=sh
#
# What the scripts of this folder share, beside tests/cross.sh, which tells what
# the cache and the work folder are. Sourced with $here set to this folder.
cache=${UPD_PPC_CACHE:-${XDG_CACHE_HOME:-${HOME:-/tmp}/.cache}/upd-ppc}
work=${UPD_PPC_WORK:-$PWD/ppc}
. "$here/../cross.sh"
tools=$work/toolchain/bin
PATH=$tools:$PATH
export PATH

# triple ABI: what the names of its tools begin with.
triple() {
	case $1 in
	ppc64le) echo powerpc64le-linux-gnu ;;
	ppc64) echo powerpc64-linux-gnu ;;
	ppc) echo powerpc-linux-gnu ;;
	*) die "there is no ABI $1, only ppc64le, ppc64 and ppc" ;;
	esac
}

# libdir ABI: where its sysroot has libraries.
libdir() {
	case $1 in
	ppc64le) echo /usr/lib/powerpc64le-linux-gnu ;;
	ppc64) echo /usr/lib64 ;;
	*) echo /usr/lib ;;
	esac
}
