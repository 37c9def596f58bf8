#!/bin/sh
# Speaks the embedded prompts: sounds/en/prompts.tsv in, sounds/en/NAME.wav out (8 kHz, 16 bit, mono).
# The same espeak-ng and sox give the same bytes: nothing here is random, and sox dithers nothing (-D).
#
#   tools/prompts.sh [NAME…]      all, or only those named as in the table
set -eu
for program in espeak-ng sox; do
	command -v "$program" >/dev/null || { echo "prompts: $program is needed: apt-get install espeak-ng sox" >&2; exit 1; }
done
folder=$(dirname "$0")/../sounds/en
spoken=$(mktemp -d)
trap 'rm -rf "$spoken"' EXIT
wanted=" $* "
tab=$(printf '\t')

while IFS=$tab read -r name voice pitch speed text; do
	case $name in '' | '#'*) continue ;; esac
	case $wanted in '  ' | *" $name "*) ;; *) continue ;; esac
	mkdir -p "$folder/$(dirname "$name")"
	espeak-ng -v "$voice" -p "$pitch" -s "$speed" -w "$spoken/full.wav" -- "$text" </dev/null
	# Without the silence at both ends (below 0.5 % of full scale), at 8 kHz, the loudest sample at -6 dB.
	sox -D "$spoken/full.wav" -r 8000 -c 1 -b 16 "$spoken/prompt.wav" \
		silence 1 0.01 0.5% reverse silence 1 0.01 0.5% reverse norm -6
	mv "$spoken/prompt.wav" "$folder/$name.wav"
	echo "$name"
done <"$folder/prompts.tsv"
