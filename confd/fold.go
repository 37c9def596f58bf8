package confd

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// unfoldable are letters that have no accent to be taken off, with what people type for them.
var unfoldable = strings.NewReplacer("ß", "ss", "æ", "ae", "œ", "oe", "ø", "o", "đ", "d", "ð", "d", "ł", "l", "þ", "th", "ı", "i")

// fold takes case and accents off a text, for searching: "Éléonore" is "eleonore".
func fold(text string) string {
	text = strings.ToLower(text)
	if isASCII(text) {
		return text
	}
	return unfoldable.Replace(strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Mn, r) {
			return -1
		}
		return r
	}, norm.NFD.String(text)))
}

func isASCII(text string) bool {
	return !strings.ContainsFunc(text, func(r rune) bool { return r > unicode.MaxASCII })
}
