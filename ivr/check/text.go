package check

import (
	"slices"
	"strings"

	"dialtone/ivr/dialplan"
)

// split cuts a text at the separators that stand in no ${ }, $[ ], brackets or
// quotes.
func split(text string, separator byte) []string {
	var list []string
	depth, start, quoted := 0, 0, false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '"':
			quoted = !quoted
		case c == '{' || c == '[' || c == '(':
			depth++
		case c == '}' || c == ']' || c == ')':
			depth = max(depth-1, 0)
		case c == '\\':
			i++
		case c == separator && depth == 0 && !quoted:
			list = append(list, text[start:i])
			start = i + 1
		}
	}
	return append(list, text[start:])
}

// first is the first argument.
func first(args string) string { return split(args, ',')[0] }

// branches are the two parts of condition?yes:no.
func branches(args string) (yes, no string) {
	list := split(args, '?')
	if len(list) < 2 {
		return "", ""
	}
	list = split(args[len(list[0])+1:], ':')
	if len(list) > 1 {
		no = strings.Join(list[1:], ":")
	}
	return list[0], no
}

// beforeBracket is a Gosub's target without its arguments.
func beforeBracket(target string) string {
	depth := 0
	for i := range len(target) {
		switch target[i] {
		case '{', '[':
			depth++
		case '}', ']':
			depth--
		case '(':
			if depth <= 0 {
				return target[:i]
			}
		}
	}
	return target
}

// nearest finds the word that was probably meant; empty if none is near.
func nearest(word string, words []string) string {
	slices.Sort(words)
	return dialplan.Nearest(word, words, max(1, len(word)/3))
}
