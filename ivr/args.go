package ivr

import "strings"

// SplitArgs splits an application's arguments at commas that stand in no quotes,
// round or square brackets, and takes quotes and backslashes out of them. With
// limit > 0 the last of limit arguments holds the rest as it stands.
func SplitArgs(text string, limit int) []string { return split(text, ',', limit, true) }

// SplitAt splits like SplitArgs, at sep.
func SplitAt(text string, sep byte, limit int) []string { return split(text, sep, limit, true) }

// SplitRaw splits like SplitArgs at sep, but leaves quotes and backslashes where
// they are; what follows a backslash does not separate.
func SplitRaw(text string, sep byte, limit int) []string { return split(text, sep, limit, false) }

func split(text string, sep byte, limit int, clean bool) []string {
	var list []string
	var arg strings.Builder
	round, square, quoted, start := 0, 0, false, 0
	end := func(i int) {
		if clean {
			list = append(list, arg.String())
			arg.Reset()
		} else {
			list = append(list, text[start:i])
		}
		start = i + 1
	}
	for i := 0; i < len(text); i++ {
		if limit > 0 && len(list) == limit-1 {
			break
		}
		c := text[i]
		keep := true
		switch {
		case c == '(':
			round++
		case c == ')':
			round = max(round-1, 0)
		case c == '[':
			square++
		case c == ']':
			square = max(square-1, 0)
		case c == '"' && sep != '"':
			quoted, keep = !quoted, false
		case c == '\\':
			if i++; clean && i < len(text) {
				arg.WriteByte(text[i])
			}
			continue
		case c == sep && round == 0 && square == 0 && !quoted:
			end(i)
			continue
		}
		if clean && keep {
			arg.WriteByte(c)
		}
	}
	if limit > 0 && len(list) == limit-1 {
		return append(list, text[min(start, len(text)):])
	}
	end(len(text))
	return list
}
