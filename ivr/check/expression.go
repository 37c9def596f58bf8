package check

import (
	"fmt"
	"strings"

	"dialtone/ivr/expr"
)

// expression checks the inside of a $[ ]: computed with 1 in the place of each
// variable, it must make sense, whatever the value is.
func (c *checker) expression(r *reference) {
	if strings.TrimSpace(r.text) == "" {
		return
	}
	if strings.Count(r.part.without("1"), `"`)%2 == 1 {
		c.add(Unclosed, Warning, r.at, "", "the expression $[%s] has a quote that is not closed", clip(r.text))
		return
	}
	if r.outer != nil && r.outer.open == '[' {
		return // the outer one says it
	}
	if c.bare(r, tokens(r.part)) {
		return
	}
	t := trial{c: c, at: r.at, variables: !r.fixed()}
	if c.adjacent(r.part) {
		return // a variable may be an operator
	}
	expr.Evaluate(r.part.without("1"), &t)
	if t.said != "" {
		c.add(Expression, Warning, r.at, "", "$[%s] makes no sense: %s", clip(r.text), t.said)
		return
	}
	c.comparisons(r)
}

// adjacent tells whether references stand side by side, so that one may be an
// operator or empty, or carry a whole expression.
func (c *checker) adjacent(p part) bool {
	text := strings.TrimSpace(p.without("\x00"))
	for i := 0; i < len(text); i++ {
		if text[i] != 0 {
			continue
		}
		before, after := strings.TrimRight(text[:i], " \t"), strings.TrimLeft(text[i+1:], " \t")
		if before == "" && after == "" {
			return true
		}
		if before != "" && (before[len(before)-1] == 0 || isWord(before[len(before)-1]) && before != text[:i]) {
			return true
		}
		if after != "" && (after[0] == 0 || isWord(after[0]) && after != text[i+1:]) {
			return true
		}
	}
	return false
}

func isWord(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' || c >= 0x80
}

// trial is the scope in which an expression is tried out: it keeps the first complaint.
type trial struct {
	c         *checker
	at        int
	variables bool // values are placeholders: only the grammar counts
	said      string
}

// Variable is never asked: references were replaced before.
func (t *trial) Variable(string) (string, bool) { return "", false }

// Function reads a function within an expression, NAME(args) without ${ }.
func (t *trial) Function(name, _ string) (string, error) {
	if t.c.known.Functions[name] == nil {
		t.Warn("unknown function %s", name)
	}
	return "1", nil
}

// Warn keeps what is wrong with the expression.
func (t *trial) Warn(format string, args ...any) {
	grammar := strings.Contains(format, "makes no sense") || strings.Contains(format, "is not complete") || strings.Contains(format, "capital letters") ||
		strings.Contains(format, "unknown function") || strings.Contains(format, "argument(s)")
	if t.said != "" || t.variables && !grammar {
		return
	}
	switch {
	case strings.Contains(format, "is not complete"):
		t.said = "it is not complete"
	case strings.Contains(format, "makes no sense"):
		t.said = fmt.Sprintf("%q cannot stand at column %v", args[1], args[2])
	default:
		t.said = fmt.Sprintf(format, args...)
	}
}

// token is a piece of an expression.
type token struct {
	text   string
	at     int
	quoted bool
	word   bool
}

// tokens cuts an expression into operators and operands; a reference is part of a
// word or of a text in quotes.
func tokens(p part) []token {
	var list []token
	text := p.text
	for i := 0; i < len(text); {
		start := i
		switch c := text[i]; {
		case c == ' ' || c == '\t':
			i++
			continue
		case c == '"':
			i++
			for i < len(text) && text[i] != '"' {
				i = skip(text, i)
			}
			i = min(i+1, len(text))
			list = append(list, token{text[start:i], p.at + start, true, false})
		case strings.IndexByte("=!<>&|?:+-*/%(),~", c) >= 0:
			i++
			for i < len(text) && strings.Contains(" == >= <= != =~ ~~ && || :: ", " "+text[start:i+1]+" ") {
				i++
			}
			list = append(list, token{text[start:i], p.at + start, false, false})
		default:
			for i < len(text) && strings.IndexByte(" \t\"=!<>&|?:+-*/%(),~", text[i]) < 0 {
				i = skip(text, i)
			}
			list = append(list, token{text[start:i], p.at + start, false, true})
		}
	}
	return list
}

// skip goes over one character, or a whole reference.
func skip(text string, i int) int {
	if text[i] == '$' && i+1 < len(text) && (text[i+1] == '{' || text[i+1] == '[') {
		end, _ := closing(text, i+2, text[i+1])
		return end
	}
	return i + 1
}

// comparisons tells of comparisons that do not compare what they seem to: quotes
// are part of a text, and what is in quotes is compared as text.
func (c *checker) comparisons(r *reference) {
	list := tokens(r.part)
	limits := " & && | || ? :: , ( ) "
	for i := 1; i+1 < len(list); i++ {
		op := list[i]
		left, right := list[i-1], list[i+1]
		whole := (i < 2 || strings.Contains(limits, " "+list[i-2].text+" ")) && (i+2 >= len(list) || strings.Contains(limits, " "+list[i+2].text+" "))
		if op.quoted || op.word || !whole || !(left.quoted || left.word) || !(right.quoted || right.word) {
			continue
		}
		switch op.text {
		case "=", "==", "!=":
			if left.quoted != right.quoted {
				never := "never equal"
				if op.text == "!=" {
					never = "always unequal"
				}
				c.add(Comparison, Warning, left.at, "", "%s %s %s: they are %s, since quotes are part of a text: put both sides in quotes, or none", left.text, op.text, right.text, never)
			}
		case "<", ">", "<=", ">=":
			if left.quoted && isNumber(left.text, right.text) || right.quoted && isNumber(right.text, left.text) {
				c.add(Comparison, Warning, left.at, "", "%s %s %s compares texts, in which 10 comes before 9: leave the quotes out", left.text, op.text, right.text)
			}
		}
	}
}

// bare tells of a variable's name without ${ } round it.
func (c *checker) bare(r *reference, list []token) bool {
	for i, t := range list {
		u := c.vars[t.text]
		if !t.word || u == nil || len(u.sets) == 0 || aNumber.MatchString(t.text) || i+1 < len(list) && list[i+1].text == "(" {
			continue
		}
		left, right := i > 0 && c.calculates(list[i-1]), i+1 < len(list) && c.calculates(list[i+1])
		if left || right {
			c.add(Expression, Warning, t.at, "${"+t.text+"}", "$[%s]: %q is a text here, not the value of the variable", clip(r.text), t.text)
			return true
		}
	}
	return false
}

// calculates tells of the operators behind and before which a number is expected.
func (c *checker) calculates(t token) bool {
	return !t.quoted && !t.word && strings.Contains(" + - * / % < > <= >= ", " "+t.text+" ")
}

// isNumber tells whether one of two operands is a number in itself.
func isNumber(texts ...string) bool {
	for _, text := range texts {
		if aNumber.MatchString(strings.Trim(text, `"`)) {
			return true
		}
	}
	return false
}
