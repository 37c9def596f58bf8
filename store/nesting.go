package store

import "bytes"

// maxNesting is how deep lists and tables of a text may stand in each other; the deepest of Export's are 4.
const maxNesting = 32

// nestedTooDeep tells that lists and tables of a TOML text stand in each other deeper than its reader, which calls itself for each,
// should go. Brackets in strings and comments do not count.
func nestedTooDeep(text []byte) bool {
	depth := 0
	for i := 0; i < len(text); i++ {
		switch c := text[i]; c {
		case '[', '{':
			if depth++; depth > maxNesting {
				return true
			}
		case ']', '}':
			depth--
		case '#':
			end := bytes.IndexByte(text[i:], '\n')
			if end < 0 {
				return false
			}
			i += end
		case '"', '\'':
			i += stringLength(text[i:]) - 1
		}
	}
	return false
}

// stringLength is the length of the TOML string that a text begins with, quotes included.
func stringLength(text []byte) int {
	quote := text[:1]
	if len(text) >= 3 && text[1] == quote[0] && text[2] == quote[0] {
		quote = text[:3]
	}
	for i := len(quote); i < len(text); i++ {
		switch {
		case text[i] == '\\' && quote[0] == '"':
			i++
		case bytes.HasPrefix(text[i:], quote):
			return i + len(quote)
		case text[i] == '\n' && len(quote) == 1:
			return i // not closed: the reader says so
		}
	}
	return len(text)
}
