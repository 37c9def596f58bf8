// Package expr computes what stands between the lines of a dialplan: ${ } (variables, functions and parts of
// their text) and $[ ] (expressions), as Asterisk 23 does, oddities included.
//
// [Expand] is what a line's arguments go through, [Evaluate] is the inside of one $[ ], and a [Scope] is what both ask
// for variables and functions. Reading order: substitute.go (the text around), lex.go (characters to tokens), parse.go
// (the grammar, and what a syntax error leaves), eval.go (the operators), number.go and regex.go (what they work on).
//
// Nothing here fails: a mistake is told to Scope.Warn and yields the text that Asterisk would go on with.
//
// Limits: nesting is followed to [MaxDepth] levels, a text to [MaxSize] bytes; beyond them there is a warning and the
// rest is left out. Numbers have a mantissa of 64 bits, as the long double of x86 has, and its range.
package expr

import (
	"strings"
)

const (
	// MaxDepth is how many ${ }, $[ ], brackets and prefix operators may stand inside each other.
	MaxDepth = 200
	// MaxSize is how long, in bytes, the text that Expand or Evaluate returns can be.
	MaxSize = 64 << 10
)

// A Scope is what an expression sees of the call that it is computed for.
type Scope interface {
	// Variable gives the value of a variable; false if it is not set, which reads as empty.
	Variable(name string) (string, bool)
	// Function reads the dialplan function name, whose arguments args are already substituted. An error is
	// passed to Warn, and the function reads as empty.
	Function(name, args string) (string, error)
	// Warn is told what is wrong; the work goes on.
	Warn(format string, args ...any)
}

// Expand replaces each ${ } and $[ ] in text by its value. It makes one pass: a value that holds ${ } itself is
// not looked at again. There is no escape: a backslash before ${ is an ordinary character.
func Expand(text string, s Scope) string {
	return expand(text, s, 0)
}

func expand(text string, s Scope, depth int) string {
	next := nextReference(text, 0)
	if next < 0 {
		return text
	}
	if depth >= MaxDepth {
		s.Warn("${ } and $[ ] stand more than %d levels deep in each other; the innermost are left out", MaxDepth)
		return ""
	}
	var b strings.Builder
	done := 0
	for ; next >= 0; next = nextReference(text, done) {
		b.WriteString(text[done:next])
		inside, end, nested, closed := reference(text, next)
		if !closed {
			s.Warn("missing %q in %q", closing(text[next+1]), clip(text[next:]))
		}
		if nested {
			inside = expand(inside, s, depth+1)
		}
		if text[next+1] == '{' {
			b.WriteString(reading(inside, s))
		} else {
			b.WriteString(Evaluate(inside, s))
		}
		done = end
		if b.Len() > MaxSize {
			s.Warn("the text after substitution is longer than %d bytes; the rest is left out", MaxSize)
			return b.String()[:MaxSize]
		}
	}
	b.WriteString(text[done:])
	return limit(b.String(), s)
}

// nextReference finds the next ${ or $[ at from or behind it; -1 if there is none.
func nextReference(text string, from int) int {
	for {
		i := strings.IndexByte(text[from:], '$')
		if i < 0 || from+i+1 >= len(text) {
			return -1
		}
		from += i
		if text[from+1] == '{' || text[from+1] == '[' {
			return from
		}
		from++
	}
}

// reference takes the ${ or $[ that begins at start apart: what is inside its brackets, where the text goes on behind them,
// whether the inside has references of its own, and whether the closing bracket is there at all.
func reference(text string, start int) (inside string, end int, nested, closed bool) {
	open, shut := text[start+1], closing(text[start+1])
	for i, level := start+2, 1; i < len(text); i++ {
		switch c := text[i]; {
		case c == '$' && i+1 < len(text) && (text[i+1] == '{' || text[i+1] == '['):
			nested = true
			i++
			if text[i] == open {
				level++
			}
		case c == open:
			level++
		case c == shut:
			if level--; level == 0 {
				return text[start+2 : i], i + 1, nested, true
			}
		}
	}
	return text[start+2:], len(text), nested, false
}

func closing(open byte) byte {
	if open == '{' {
		return '}'
	}
	return ']'
}

// reading is the value of what stands between ${ and }: a variable or FUNCTION(arguments), or the part of it that is asked for.
func reading(inside string, s Scope) string {
	name, part := cutPart(inside)
	var v string
	if open := strings.IndexByte(name, '('); open >= 0 {
		args := name[open+1:]
		if shut := strings.LastIndexByte(args, ')'); shut >= 0 {
			args = args[:shut]
		} else {
			s.Warn("missing ')' behind the arguments of the function in ${%s}", clip(name))
		}
		v = call(name[:open], args, s)
	} else {
		v, _ = s.Variable(name)
	}
	if part == "" {
		return v
	}
	offset, length := partNumbers(part)
	return substring(v, offset, length)
}

// call reads a function; an error becomes a warning and an empty text.
func call(name, args string, s Scope) string {
	v, err := s.Function(name, args)
	if err != nil {
		s.Warn("%v", err)
		return ""
	}
	return limit(v, s)
}

// cutPart separates NAME from offset:length at the first colon outside of parentheses.
func cutPart(inside string) (name, part string) {
	level := 0
	for i := range len(inside) {
		switch inside[i] {
		case '(':
			level++
		case ')':
			level--
		case ':':
			if level == 0 {
				return inside[:i], inside[i+1:]
			}
		}
	}
	return inside, ""
}

// whole is the length of a part that was given none.
const whole = int(^uint(0) >> 1)

// partNumbers reads offset:length. What is no number leaves 0 and whole.
func partNumbers(part string) (offset, length int) {
	offset, rest, ok := leadingInt(part)
	if !ok || rest == "" || rest[0] != ':' {
		return offset, whole
	}
	length, _, ok = leadingInt(rest[1:])
	if !ok {
		return offset, whole
	}
	return offset, length
}

// leadingInt reads a decimal number with an optional sign, after blanks, and gives what follows it. Its value ends at ±1e9.
func leadingInt(s string) (n int, rest string, ok bool) {
	s = strings.TrimLeft(s, " \t")
	negative := false
	if s != "" && (s[0] == '-' || s[0] == '+') {
		negative = s[0] == '-'
		s = s[1:]
	}
	i := 0
	for ; i < len(s) && isDigit(s[i]); i++ {
		n = min(n*10+int(s[i]-'0'), 1e9)
	}
	if negative {
		n = -n
	}
	return n, s[i:], i > 0
}

// substring is ${v:offset:length}: a negative offset counts from the end, a negative length leaves out that many at the end.
func substring(v string, offset, length int) string {
	if offset < 0 {
		offset = max(len(v)+offset, 0)
	}
	if offset >= len(v) {
		return ""
	}
	v = v[offset:]
	if length < 0 {
		return v[:max(len(v)+length, 0)]
	}
	return v[:min(length, len(v))]
}

// limit cuts a text at MaxSize.
func limit(v string, s Scope) string {
	if len(v) <= MaxSize {
		return v
	}
	s.Warn("a value of %d bytes is longer than %d; the rest is left out", len(v), MaxSize)
	return v[:MaxSize]
}

// clip shortens a text for a message.
func clip(text string) string {
	if len(text) > 60 {
		return text[:57] + "..."
	}
	return text
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }
