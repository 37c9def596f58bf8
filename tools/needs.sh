#!/bin/sh
# Installs what `make test` runs beside Go: real SIP clients, node for programs that run calls, a speech program,
# recordings of numbers and dates, and the C compiler of the race detector. With an argument, what that target needs too:
# talkoff: speech and music to hear; spandsp: the library to compare with.
# Where it may not install (no root, no apt-get), it prints the one line to type.
set -eu
extra=$*

missing=""
need() { # command package
	command -v "$1" >/dev/null 2>&1 || missing="$missing $2"
}
need sipp sip-tester
need baresip baresip
need linphonec linphone-cli
need pebble pebble
need svmap sipvicious
[ -x /usr/sbin/kamailio ] || missing="$missing kamailio"
need gcc gcc
need node nodejs
need npm npm
need espeak-ng espeak-ng
for language in en fr; do
	set -- /usr/share/asterisk/sounds/$language*
	[ -e "$1" ] || missing="$missing asterisk-core-sounds-$language-wav"
done
for more in $extra; do
	case $more in
	talkoff)
		need flite flite
		need fluidsynth fluidsynth
		[ -e /usr/share/sounds/sf2/TimGM6mb.sf2 ] || missing="$missing timgm6mb-soundfont"
		[ -e /usr/share/asterisk/moh ] || missing="$missing asterisk-moh-opsound-wav"
		for language in es fr it ru; do
			[ -e /usr/share/asterisk/sounds/$language ] || missing="$missing asterisk-core-sounds-$language-wav"
		done
		;;
	spandsp)
		[ -e /usr/include/spandsp/dtmf.h ] || missing="$missing libspandsp-dev"
		;;
	esac
done
[ -e /usr/include/stdlib.h ] || missing="$missing libc6-dev"

[ -n "$missing" ] || exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
	echo "installing$missing"
	export DEBIAN_FRONTEND=noninteractive
	log=$(mktemp)
	# shellcheck disable=SC2086 # a list of packages
	if { apt-get update && apt-get install -y --no-install-recommends $missing; } >"$log" 2>&1; then
		rm -f "$log"
		exit 0
	fi
	tail -n 20 "$log"
	rm -f "$log"
fi
echo "the tests need:$missing. Type:"
echo "  sudo apt-get update && sudo apt-get install -y --no-install-recommends$missing"
exit 1
