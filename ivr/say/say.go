// Package say turns numbers, texts and times into the names of the sounds that
// speak them: 21 is digits/20, digits/1 in English and digits/20, digits/et,
// digits/1 in French.
//
// The names are those of Asterisk's core sounds, as the packages
// asterisk-core-sounds-* install them, and the grammar is Asterisk's: a language
// that begins with fr (fr, fr_CA) is spoken by French rules, en_GB by British
// ones, every other by those of American English, in its own sounds. Every name that
// English and French need is among the embedded sounds.
//
// Number, Ordinal, Digits, Alpha, AlphaCase and Phonetic are what the
// applications SayNumber, SayOrdinal, SayDigits, SayAlpha, SayAlphaCase and
// SayPhonetic play, Time what SayUnixTime does. A program's SAY DATE is Time in
// DateFormat, its SAY TIME in ClockFormat, its SAY DATETIME in DateTimeFormat
// unless it names another. They play nothing themselves: hand the names to a
// channel, one after another, and pass over those that it does not have.
package say

import (
	"strconv"
	"strings"
)

// grammar is how a language speaks.
type grammar interface {
	// cardinal is a number above 0 and up to Largest.
	cardinal(n int64, gender gender) []string
	// ordinal is such a number as first, second, third.
	ordinal(n int64) []string
	// part is what a letter of a time's format says. One that is short for others
	// gives those; ok is false for a letter that says nothing.
	part(letter byte, m moment) (names []string, short string, ok bool)
	// dateTime is the format of a time when nothing else is asked for.
	dateTime() (date, link, clock string)
	// nine is the phonetic name of the digit.
	nine() string
}

// speech is the grammar of a language as a channel names it.
func speech(language string) grammar {
	lower := strings.ToLower(language)
	switch {
	case strings.HasPrefix(lower, "fr"):
		return french{}
	case strings.HasPrefix(lower, "en_gb"):
		return english{british: true}
	}
	return english{}
}

// digit names the sound of a number that has one of its own.
func digit(n int64) string { return "digits/" + strconv.FormatInt(n, 10) }

// Digits speaks a text digit by digit. Besides the digits it knows - as minus, *
// as star and # as pound; other characters are passed over.
func Digits(_ /* language */, text string) []string {
	var names []string
	for i := range len(text) {
		switch c := text[i]; {
		case c >= '0' && c <= '9':
			names = append(names, "digits/"+string(c))
		case c == '-':
			names = append(names, "digits/minus")
		case c == '*':
			names = append(names, "digits/star")
		case c == '#':
			names = append(names, "digits/pound")
		}
	}
	return names
}

// Case says of which letters AlphaCase tells whether they are capitals.
type Case byte

// The cases are the letters of SayAlphaCase.
const (
	CaseNone  Case = 'n' // of none
	CaseUpper Case = 'u' // of capitals: uppercase a
	CaseLower Case = 'l' // of small letters: lowercase a
	CaseAll   Case = 'a' // of both
)

// Alpha spells a text: letters, digits and the signs of ASCII; other characters are passed over.
func Alpha(language, text string) []string { return AlphaCase(language, text, CaseNone) }

// AlphaCase spells a text like Alpha, and says uppercase or lowercase before the letters that it is told to.
func AlphaCase(_ /* language */, text string, how Case) []string {
	var names []string
	for i := range len(text) {
		c := text[i]
		upper, lower := c >= 'A' && c <= 'Z', c >= 'a' && c <= 'z'
		switch {
		case upper && (how == CaseUpper || how == CaseAll):
			names = append(names, "uppercase")
		case lower && (how == CaseLower || how == CaseAll):
			names = append(names, "lowercase")
		}
		if name := character(c); name != "" {
			names = append(names, name)
		} else if strings.IndexByte(otherSigns, c) >= 0 {
			names = append(names, "letters/ascii"+strconv.Itoa(int(c)))
		}
	}
	return names
}

// Phonetic spells a text in the phonetic alphabet: alpha, bravo, and in English
// niner; other characters are passed over.
func Phonetic(language, text string) []string {
	var names []string
	for i := range len(text) {
		c := lowerCase(text[i])
		name := character(c)
		switch {
		case c >= 'a' && c <= 'z':
			name = "phonetic/" + string(c) + "_p"
		case c == '9':
			name = speech(language).nine()
		}
		if name != "" {
			names = append(names, name)
		}
	}
	return names
}

// signs are those that have names of their own.
var signs = map[byte]string{
	'*': "digits/star", '#': "digits/pound", '!': "letters/exclaimation-point", '@': "letters/at", '$': "letters/dollar",
	'-': "letters/dash", '.': "letters/dot", '=': "letters/equals", '+': "letters/plus", '/': "letters/slash", ' ': "letters/space",
}

// otherSigns are those that are named by their number, as letters/ascii34.
const otherSigns = `"%&'(),:;<>?[\]^_` + "`{|}~"

// character is the sound of a letter, a digit or a sign with a name of its own.
func character(c byte) string {
	c = lowerCase(c)
	switch {
	case c >= '0' && c <= '9':
		return "digits/" + string(c)
	case c >= 'a' && c <= 'z':
		return "letters/" + string(c)
	}
	return signs[c]
}

func lowerCase(c byte) byte {
	if c >= 'A' && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}
