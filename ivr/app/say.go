package app

import (
	"errors"
	"strings"

	"dialtone/ivr"
)

var saying = []ivr.App{
	{
		Name: "SayDigits", Synopsis: "speak digits one by one", Syntax: "digits",
		Doc: "Plays digits/0 … digits/9, digits/minus, digits/star and digits/pound in the call's language; other characters are passed over. " +
			"Digits pressed meanwhile are lost, unless SAY_DTMF_INTERRUPT is true: then they stop it, as in Background.",
		Run: func(r *ivr.Run, args string) error { return say(r, args, digitSound) },
	},
	{
		Name: "SayAlpha", Synopsis: "spell a text", Syntax: "text",
		Doc: "Plays letters/a … letters/z, digits and the names of some signs in the call's language; other characters are passed over. Interrupted as SayDigits.",
		Run: func(r *ivr.Run, args string) error { return say(r, args, letterSound) },
	},
	{
		Name: "SayPhonetic", Synopsis: "spell a text with the phonetic alphabet", Syntax: "text",
		Doc: "Plays phonetic/a_p … phonetic/z_p, digits and the names of some signs in the call's language; other characters are passed over. Interrupted as SayDigits.",
		Run: func(r *ivr.Run, args string) error { return say(r, args, phoneticSound) },
	},
}

func digitSound(c rune) string {
	switch {
	case c >= '0' && c <= '9':
		return "digits/" + string(c)
	case c == '-':
		return "digits/minus"
	case c == '*':
		return "digits/star"
	case c == '#':
		return "digits/pound"
	}
	return ""
}

// signs are the sounds that letters and phonetic have in common.
var signs = map[rune]string{
	'!': "letters/exclaimation-point", '@': "letters/at", '#': "letters/hash", '$': "letters/dollar", '*': "letters/asterisk",
	'-': "letters/dash", '.': "letters/dot", '=': "letters/equals", '+': "letters/plus", '/': "letters/slash", ' ': "letters/space",
}

func letterSound(c rune) string {
	switch {
	case c >= '0' && c <= '9':
		return "digits/" + string(c)
	case c >= 'a' && c <= 'z':
		return "letters/" + string(c)
	}
	return signs[c]
}

func phoneticSound(c rune) string {
	if c >= 'a' && c <= 'z' {
		return "phonetic/" + string(c) + "_p"
	}
	return letterSound(c)
}

// say plays a text character by character. A character whose sound is missing is
// passed over.
func say(r *ivr.Run, text string, sound func(rune) string) error {
	var sounds []string
	for _, c := range strings.ToLower(text) {
		if name := sound(c); name != "" {
			sounds = append(sounds, name)
		}
	}
	stop := ""
	if v, _ := r.Variable("SAY_DTMF_INTERRUPT"); isTrue(v) {
		stop = keys
	}
	for len(sounds) > 0 {
		key, _, err := r.Play(sounds, "", stop)
		var missing *ivr.SoundError
		switch {
		case errors.As(err, &missing):
			r.Warn("%v", missing)
			sounds = sounds[min(max(missing.Index, 0)+1, len(sounds)):]
			continue
		case err != nil:
			return err
		case key != 0:
			return press(r, r.Place().Context, key)
		}
		return nil
	}
	return nil
}

// isTrue reads a setting's yes.
func isTrue(text string) bool {
	switch strings.ToLower(text) {
	case "yes", "true", "y", "t", "1", "on":
		return true
	}
	return false
}
