package expr

import "strings"

// kind is the kind of a token.
type kind uint8

const (
	end  kind = iota // nothing more
	word             // text without quotes, 10.5 or "in quotes"
	comma
	question // ?
	twoColon // ::
	or       // | ||
	and      // & &&
	equal    // = ==
	unequal
	less
	lessEqual
	greater
	greaterEqual
	plus
	minus
	times
	divide
	modulo
	not      // !
	colon    // : matches from the start
	search   // =~ matches anywhere
	join     // ~~
	openPar  // (
	closePar // )
)

// operators in the order in which they are tried: the longer first.
var operators = []struct {
	text string
	kind kind
}{
	{"||", or}, {"&&", and}, {"==", equal}, {"=~", search}, {"~~", join}, {">=", greaterEqual}, {"<=", lessEqual},
	{"!=", unequal}, {"::", twoColon}, {"|", or}, {"&", and}, {"=", equal}, {">", greater}, {"<", less}, {"+", plus},
	{",", comma}, {"-", minus}, {"*", times}, {"/", divide}, {"%", modulo}, {"?", question}, {"!", not}, {":", colon},
	{"(", openPar}, {")", closePar},
}

// lexer cuts an expression into tokens.
type lexer struct {
	text string
	at   int // offset of what was not looked at yet
}

// next gives the next token and its text as written. Blanks separate; characters that begin no token ("[", "]", "{",
// "}", "~", "`", a quote that is never closed) are passed over in silence.
func (l *lexer) next() (kind, string) {
	for l.at < len(l.text) {
		rest := l.text[l.at:]
		if rest[0] == '"' {
			if n := strings.IndexByte(rest[1:], '"'); n >= 0 {
				return l.take(word, n+2)
			}
		}
		for _, o := range operators {
			if strings.HasPrefix(rest, o.text) {
				return l.take(o.kind, len(o.text))
			}
		}
		if n := wordLength(rest); n > 0 {
			return l.take(word, n)
		}
		l.at++
	}
	return end, ""
}

func (l *lexer) take(k kind, n int) (kind, string) {
	text := l.text[l.at : l.at+n]
	l.at += n
	return k, text
}

// wordLength is the length of the word at the start of s. A $ belongs to it with whatever character follows. A ${ that was left
// (the value of a variable, say) goes into it up to its bracket, with what follows up to a blank or an operator.
func wordLength(s string) int {
	for i := 0; i < len(s); {
		switch c := s[i]; {
		case isWord(c):
			i++
		case c == '$' && i+1 < len(s) && s[i+1] != '{':
			i += 2
		case c == '$' && i+1 < len(s):
			return bracedLength(s, i)
		default:
			return i
		}
	}
	return len(s)
}

// bracedLength is the length of a word whose ${ is at s[i]; 0, no word, if that is never closed.
func bracedLength(s string, i int) int {
	for {
		level := 0
		for i += 2; level >= 0; i++ {
			if i >= len(s) {
				return 0
			}
			switch s[i] {
			case '{':
				level++
			case '}':
				level--
			}
		}
		n := strings.IndexAny(s[i:], "-\t\r \n$():?%/+=*<>!|&")
		if n < 0 {
			return len(s)
		}
		if i += n; !strings.HasPrefix(s[i:], "${") {
			return i
		}
	}
}

func isWord(c byte) bool {
	switch {
	case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', isDigit(c), c >= 0x80:
		return true
	}
	return strings.IndexByte(`.';\_^#@`, c) >= 0
}
