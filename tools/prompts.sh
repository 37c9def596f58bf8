#!/bin/sh
# Speaks the embedded prompts: sounds/LANGUAGE/prompts.tsv in, sounds/LANGUAGE/NAME.wav out (8 kHz, mono). Those of ivr-sounds are
# 16 bit, for their owner to edit; the pieces of numbers and dates are many, and µ-law, as the telephone will have them.
# The same espeak-ng and sox give the same bytes: nothing here is random, and sox dithers nothing (-D).
#
#   tools/prompts.sh [LANGUAGE/NAME…]      all, or only those named, as en/digits/1
set -eu
for program in espeak-ng sox; do
	command -v "$program" >/dev/null || { echo "prompts: $program is needed: apt-get install espeak-ng sox" >&2; exit 1; }
done
root=$(dirname "$0")/../sounds
spoken=$(mktemp -d)
trap 'rm -rf "$spoken"' EXIT
wanted=" $* "
tab=$(printf '\t')

for language in en fr; do
	while IFS=$tab read -r name voice pitch speed text; do
		case $name in '' | '#'*) continue ;; esac
		case $wanted in '  ' | *" $language/$name "*) ;; *) continue ;; esac
		# Without the silence at both ends (below 0.5 % of full scale), at 8 kHz, the loudest sample at -6 dB.
		trim='silence 1 0.01 0.5% reverse silence 1 0.01 0.5% reverse'
		case $name in
		ivr-sounds/*) format='-b 16' pause='' ;;
		*) format='-e mu-law -b 8' pause='pad 0 0.06' ;; # so that words do not run into each other
		esac
		case $voice in
		tone) sox -D -n -r 8000 -c 1 -b 16 "$spoken/full.wav" $text norm -12; trim='' ;;
		*) espeak-ng -v "$voice" -p "$pitch" -s "$speed" -w "$spoken/full.wav" -- "$text" </dev/null ;;
		esac
		sox -D "$spoken/full.wav" -r 8000 -c 1 $format "$spoken/prompt.wav" $trim norm -6 $pause
		mkdir -p "$root/$language/$(dirname "$name")"
		mv "$spoken/prompt.wav" "$root/$language/$name.wav"
		echo "$language/$name"
	done <"$root/$language/prompts.tsv"
done
