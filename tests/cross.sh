# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=sh
#
# What the builds for other architectures share (tests/ppc, tests/i386): the
# cache, a private apt, sysroots. Sourced with three variables set: $here, the
# folder of the architecture's scripts; $cache and $work, two places.
#
# The cache (outside the source tree) holds what is slow to get, compressed,
# each file named by what it was made from: KIND-HASH, where the hash is of the
# scripts and fragments that make it. A file there is complete, as it came by
# rename, and is never written again. The work folder holds it unpacked, with
# what is built from our own sources.
#
# Errors: everything ends with die, which says what failed and where its output
# is.
set -eu
LC_ALL=C
export LC_ALL
# The compilers and flags of whoever runs this, as make check does, are not those
# of another architecture; configure would take them.
unset CC CXX CPP CFLAGS CXXFLAGS CPPFLAGS LDFLAGS LIBS MAKEFLAGS MAKELEVEL

mkdir -p "$cache" "$work"
cache=$(cd "$cache" && pwd)
work=$(cd "$work" && pwd)
# shellcheck disable=SC2034 # the scripts use them
log=$work/log jobs=$(nproc)

say() {
	printf '%s\n' "$*"
}

die() {
	printf 'FAIL: %s\n' "$*" >&2
	exit 1
}

# quietly WHAT COMMAND...: its output goes to the log, whose end is shown when
# it fails. The command is no shell function: set -e would not hold in one.
quietly() {
	what=$1
	shift
	printf '\n==== %s: %s\n' "$what" "$*" >>"$log"
	"$@" >>"$log" 2>&1 </dev/null || {
		tail -n 30 "$log" >&2
		die "$what; all of it is in $log"
	}
}

# ---- the cache -------------------------------------------------------------

# hash_of FILE...: of files of this folder, and of what is said on the way in.
hash_of() {
	(cd "$here" && cat "$@" -) | sha256sum | cut -c 1-16
}

# cache_put FILE ENTRY
cache_put() {
	cp "$1" "$cache/$2.new.$$"
	mv "$cache/$2.new.$$" "$cache/$2"
}

# unpacked FOLDER ENTRY: whether the folder holds that entry; if not it is
# emptied, for whoever fills it and then says so with unpacked_is.
unpacked() {
	[ "$(cat "$1/.entry" 2>/dev/null)" != "$2" ] || return 0
	rm -rf "$1"
	mkdir -p "$1"
	return 1
}

unpacked_is() {
	echo "$2" >"$1/.entry"
}

# ---- a private apt -----------------------------------------------------------
#
# Its own state, so that the machine's dpkg hears of nothing; the machine's own
# list of sources.

# apt_for ARCHITECTURE: apt-get and apt-cache from here on.
apt_for() {
	apt=$work/apt-$1
	APT_CONFIG=$apt/conf
	export APT_CONFIG
	[ ! -f "$apt/updated" ] || return 0
	mkdir -p "$apt/state" "$apt/lists/partial" \
		"$apt/cache/archives/partial"
	: >"$apt/status"
	cat >"$apt/conf" <<EOF
Dir::State "$apt/state";
Dir::State::lists "$apt/lists";
Dir::State::status "$apt/status";
Dir::Cache "$apt/cache";
Dir::Log "$apt";
APT::Architecture "$1";
APT::Architectures { "$1"; };
APT::Sandbox::User "";
Acquire::Languages "none";
Acquire::Retries "5";
EOF
	# What has sources of programs need not say so in its list.
	mkdir -p "$apt/sources"
	for list in /etc/apt/sources.list /etc/apt/sources.list.d/*; do
		[ -f "$list" ] || continue
		case $list in
		*.sources) sed 's/^Types:.*/Types: deb deb-src/' "$list" ;;
		*.list) sed -n '/^deb /{p;s/^deb /deb-src /p;}' "$list" ;;
		esac >"$apt/sources/$(basename "$list")"
	done
	cat >>"$apt/conf" <<EOF
Dir::Etc::sourcelist "/dev/null";
Dir::Etc::sourceparts "$apt/sources";
EOF
	# A source of other things than Debian's may fail without harm, and an
	# archive that is being written to differs from its list for a while.
	tries=0
	until apt-get update >>"$log" 2>&1; do
		tries=$((tries + 1))
		[ $tries -lt 4 ] || break
		sleep $((tries * 5))
	done
	: >"$apt/updated"
}

# apt_closure PACKAGE...: their names and those of what they depend on.
apt_closure() {
	apt-get install -s --no-install-recommends "$@" 2>>"$log" |
		sed -n 's/^Inst \([^ ]*\) .*/\1/p'
}

# apt_fetch FOLDER PACKAGE...: the packages themselves.
apt_fetch() (
	mkdir -p "$1"
	cd "$1"
	shift
	apt_retry "cannot download $*" apt-get download "$@"
)

# Errors of the network come and go.
apt_retry() {
	problem=$1
	shift
	tries=0
	until "$@" >>"$log" 2>&1; do
		tries=$((tries + 1))
		[ $tries -lt 4 ] || {
			tail -n 5 "$log" >&2
			die "$problem; see $log"
		}
		sleep $((tries * 5))
	done
}

# apt_source FOLDER PACKAGE: its source, unpacked into FOLDER/src.
apt_source() (
	mkdir -p "$1"
	cd "$1"
	apt_retry "cannot download the source of $2" \
		apt-get source --download-only "$2"
	rm -rf src
	dpkg-source --no-check -x ./*.dsc src >>"$log" 2>&1 ||
		die "cannot unpack the source of $2; see $log"
)

# ---- a sysroot ----------------------------------------------------------------

# relative_links ROOT TRIPLE: the links of packages are absolute, and would lead
# to the machine's own files; so would the linker's scripts. TRIPLE is a regular
# expression.
relative_links() {
	find "$1" -type l -lname '/*' | while read -r link; do
		up=$(dirname "${link#"$1"/}" | sed 's|[^/][^/]*|..|g')
		ln -sfn "$up$(readlink "$link")" "$link"
	done
	grep -rlIs 'GNU ld script' "$1/usr/lib" | while read -r script; do
		sed -i "s!\(/usr\)\?/lib[0-9]*/\($2/\)\?!!g" "$script"
	done
}

# apt_root ROOT TRIPLE PACKAGE...: the packages unpacked there.
apt_root() {
	root=$1 links=$2
	shift 2
	rm -rf "$work/debs"
	apt_fetch "$work/debs" "$@"
	mkdir -p "$root"
	for deb in "$work"/debs/*.deb; do
		quietly "unpacking $deb" dpkg-deb -x "$deb" "$root"
	done
	rm -rf "$work/debs"
	relative_links "$root" "$links"
}
