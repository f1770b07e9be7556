# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=sh
#
# What the scripts of this folder share, beside tests/cross.sh, which tells what
# the cache and the work folder are. Sourced with $here set to this folder.
cache=${UPD_I386_CACHE:-${XDG_CACHE_HOME:-${HOME:-/tmp}/.cache}/upd-i386}
work=${UPD_I386_WORK:-$PWD/i386}
. "$here/../cross.sh"

# shellcheck disable=SC2034 # the scripts use them
sysroot=$work/sysroot libdir=usr/lib/i386-linux-gnu build=$work/build
