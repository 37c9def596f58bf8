package agi

// maxWords bounds the words of a command.
const maxWords = 128

// words splits a command at blanks and tabs. Blanks in quotes do not separate, nor
// those behind a backslash, which also makes quotes and backslashes ordinary; a
// quote that is never closed goes to the end. "" is an empty word.
func words(line string) []string {
	var list []string
	var word []byte
	inWord, quoted, escaped := false, false, false
	for i := range len(line) {
		c := line[i]
		switch {
		case escaped:
			word, inWord, escaped = append(word, c), true, false
		case c == '\\':
			escaped = true
		case c == '"':
			quoted, inWord = !quoted, true
		case (c == ' ' || c == '\t') && !quoted:
			if inWord {
				list, word, inWord = append(list, string(word)), word[:0], false
			}
			if len(list) == maxWords {
				return list
			}
		default:
			word, inWord = append(word, c), true
		}
	}
	if inWord {
		list = append(list, string(word))
	}
	return list
}
