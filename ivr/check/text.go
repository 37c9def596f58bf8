package check

import (
	"slices"
	"strings"

	"dialtone/ivr/dialplan"
	"dialtone/ivr/expr"
)

// part is a text within the arguments of a line, and where it begins there.
type part struct {
	text string
	at   int
}

// trim leaves out the blanks round it.
func (p part) trim() part {
	text := strings.TrimLeft(p.text, " \t")
	return part{strings.TrimRight(text, " \t"), p.at + len(p.text) - len(text)}
}

// fixed tells that no variable, function or expression decides what it is.
func (p part) fixed() bool { return !strings.Contains(p.text, "${") && !strings.Contains(p.text, "$[") }

// split cuts at the separators that stand in no ${ }, $[ ], brackets or quotes.
func (p part) split(separator byte) []part {
	var list []part
	depth, start, quoted := 0, 0, false
	for i := 0; i < len(p.text); i++ {
		switch c := p.text[i]; {
		case c == '"':
			quoted = !quoted
		case c == '{' || c == '[' || c == '(':
			depth++
		case c == '}' || c == ']' || c == ')':
			depth = max(depth-1, 0)
		case c == '\\':
			i++
		case c == separator && depth == 0 && !quoted:
			list = append(list, part{p.text[start:i], p.at + start})
			start = i + 1
		}
	}
	return append(list, part{p.text[start:], p.at + start})
}

// cut cuts at the first separator as split does.
func (p part) cut(separator byte) (before, after part, found bool) {
	before = p.split(separator)[0]
	if len(before.text) == len(p.text) {
		return p, part{at: p.at + len(p.text)}, false
	}
	n := len(before.text) + 1
	return before, part{p.text[n:], p.at + n}, true
}

// arguments are the parts between the commas.
func (p part) arguments() []part { return p.split(',') }

// argument gives the nth argument, empty when there are fewer.
func argument(list []part, n int) part {
	if n < len(list) {
		return list[n]
	}
	return part{}
}

// branches are the parts of condition?yes:no; question is false without a "?".
func (p part) branches() (condition, yes, no part, question bool) {
	condition, rest, question := p.cut('?')
	yes, no, _ = rest.cut(':')
	return condition, yes, no, question
}

// beforeBracket is a Gosub's target without its arguments.
func (p part) beforeBracket() part {
	depth := 0
	for i := range len(p.text) {
		switch p.text[i] {
		case '{', '[':
			depth++
		case '}', ']':
			depth--
		case '(':
			if depth <= 0 {
				return part{p.text[:i], p.at}
			}
		}
	}
	return p
}

// option gives the argument of an option letter, as in gF(a^b^1)m: found is false
// without the letter.
func (p part) option(letter byte) (argument part, found bool) {
	p.options(func(l, inside part) bool {
		found = l.text[0] == letter
		argument = inside
		return !found
	})
	if !found {
		return part{}, false
	}
	return argument, true
}

// options gives each option letter and what stands in brackets behind it, until told to stop.
func (p part) options(yield func(letter, argument part) bool) {
	for i := 0; i < len(p.text); i++ {
		letter := part{p.text[i : i+1], p.at + i}
		inside := part{at: p.at + i + 1}
		if i+1 < len(p.text) && p.text[i+1] == '(' {
			depth, end := 1, i+2
			for ; end < len(p.text) && depth > 0; end++ {
				switch p.text[end] {
				case '(':
					depth++
				case ')':
					depth--
				}
			}
			stop := end
			if depth == 0 {
				stop--
			}
			inside = part{p.text[i+2 : stop], p.at + i + 2}
			i = end - 1
		}
		if !yield(letter, inside) {
			return
		}
	}
}

// reference is a ${ } or $[ ] in a text.
type reference struct {
	part                   // what is inside
	open        byte       // '{' or '['
	dollar, end int        // where it begins and ends
	unclosed    bool       // it goes on to the end of the text
	before      byte       // the character before it; 0: none
	outer       *reference // that it stands in; nil: none
}

// name is what a ${ } names: a variable, or a function without its arguments; and
// the arguments.
func (r *reference) name() (name string, args part, function bool) {
	depth := 0
	for i := range len(r.text) {
		switch r.text[i] {
		case '$':
			if i+1 < len(r.text) && (r.text[i+1] == '{' || r.text[i+1] == '[') {
				return r.text, part{}, false // computed
			}
		case ':':
			if depth == 0 {
				return r.text[:i], part{}, false
			}
		case '(':
			args := part{r.text[i+1:], r.at + i + 1}
			if end := strings.LastIndexByte(args.text, ')'); end >= 0 {
				args.text = args.text[:end]
			}
			return r.text[:i], args, true
		}
	}
	return r.text, part{}, false
}

// within tells whether a ${ } that names one of functions is round r.
func (r *reference) within(functions ...string) bool {
	for o := r.outer; o != nil; o = o.outer {
		if name, _, function := o.name(); function && o.open == '{' && slices.Contains(functions, name) {
			return true
		}
	}
	return false
}

// references visits each ${ } and $[ ] of a text, the outer ones first.
func references(p part, visit func(*reference)) { visitReferences(p, nil, 0, visit) }

func visitReferences(p part, outer *reference, depth int, visit func(*reference)) {
	if depth >= expr.MaxDepth {
		return
	}
	for i := 0; i+1 < len(p.text); {
		if p.text[i] != '$' || p.text[i+1] != '{' && p.text[i+1] != '[' {
			i++
			continue
		}
		r := reference{open: p.text[i+1], dollar: p.at + i, outer: outer}
		if i > 0 {
			r.before = p.text[i-1]
		}
		end, closed := closing(p.text, i+2, p.text[i+1])
		r.unclosed = !closed
		r.end = p.at + end
		inside := end
		if closed {
			inside--
		}
		r.part = part{p.text[i+2 : inside], p.at + i + 2}
		visit(&r)
		visitReferences(r.part, &r, depth+1, visit)
		i = end
	}
}

// closing finds the end of a reference whose inside begins at i: behind its
// bracket, or the end of the text.
func closing(text string, i int, open byte) (end int, closed bool) {
	shut := byte('}')
	if open == '[' {
		shut = ']'
	}
	for level := 1; i < len(text); i++ {
		switch text[i] {
		case open:
			level++
		case shut:
			if level--; level == 0 {
				return i + 1, true
			}
		}
	}
	return len(text), false
}

// without replaces each reference by a text.
func (p part) without(replacement string) string {
	var b strings.Builder
	done := 0
	for i := 0; i+1 < len(p.text); {
		if p.text[i] == '$' && (p.text[i+1] == '{' || p.text[i+1] == '[') {
			b.WriteString(p.text[done:i])
			b.WriteString(replacement)
			i, _ = closing(p.text, i+2, p.text[i+1])
			done = i
			continue
		}
		i++
	}
	b.WriteString(p.text[done:])
	return b.String()
}

// maxNear bounds the words that are compared for suggestions in a whole plan.
const maxNear = 2_000_000

// nearest finds the word that was probably meant; empty if none is near.
func (c *checker) nearest(word string, words []string) string {
	if c.compared += len(words); c.compared > maxNear {
		return ""
	}
	near := dialplan.Nearest(word, words, max(1, len(word)/3))
	if near == word {
		return ""
	}
	return near
}

// set is the words of a text.
func set(text string) map[string]bool {
	m := map[string]bool{}
	for w := range strings.FieldsSeq(text) {
		m[w] = true
	}
	return m
}
