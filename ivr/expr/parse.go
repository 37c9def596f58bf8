package expr

// The grammar, from what binds least to what binds most. All operators are left-associative.
//
//	expr   = expr "?" expr "::" expr
//	       | expr ("|" | "||") expr
//	       | expr ("&" | "&&") expr
//	       | expr ("=" | "==" | "!=" | "<" | ">" | "<=" | ">=") expr
//	       | expr ("+" | "-") expr
//	       | expr ("*" | "/" | "%") expr
//	       | ("!" | "-") expr
//	       | expr (":" | "=~" | "~~") expr
//	       | "(" expr ")" | NAME "(" expr { "," [expr] } ")" | word
//
// There is no tree: what is complete is computed at once, as a bottom-up parser does it. That is how a syntax error can leave a
// result: the value of the whole, if what came before the error was an expression by itself; 0 if it was
// an unfinished one; nothing if already the first token was wrong.

// Levels of binding; those that are not named here belong to binary operators only.
const (
	levelLowest = 0
	levelCond   = 1
	levelColon  = 8 // what the operand of "!" and "-" consists of
)

var levels = [...]int8{
	question: levelCond,
	or:       2,
	and:      3,
	equal:    4, unequal: 4, less: 4, lessEqual: 4, greater: 4, greaterEqual: 4,
	plus: 5, minus: 5,
	times: 6, divide: 6, modulo: 6,
	colon: levelColon, search: levelColon, join: levelColon,
	closePar: 0,
}

// parser evaluates while it reads.
type parser struct {
	lexer
	scope Scope
	kind  kind   // the token looked at
	text  string // of it
	start int    // where it begins
	depth int
}

// Evaluate computes the inside of a $[ ], in which ${ } has been substituted already.
func Evaluate(inside string, s Scope) string {
	p := parser{lexer: lexer{text: inside}, scope: s}
	p.advance()
	if p.kind == end {
		return ""
	}
	switch p.kind {
	case word, openPar, minus, not:
	default: // no expression begins like this
		p.complain()
		return ""
	}
	v, ok := p.expr(levelLowest)
	if !ok {
		return "0"
	}
	if p.kind != end {
		p.complain()
	}
	return limit(v.String(), s)
}

func (p *parser) advance() {
	p.kind, p.text = p.next()
	p.start = p.at - len(p.text)
}

// complain warns of the token that cannot stand where it stands.
func (p *parser) complain() {
	if p.kind == end {
		p.scope.Warn("expression $[%s] is not complete", clip(p.lexer.text))
		return
	}
	p.scope.Warn("expression $[%s] makes no sense from %q at column %d on", clip(p.lexer.text), clip(p.text), p.start+1)
}

// expr reads an expression whose operators bind at least as tight as level. False: a syntax error, which has been told.
func (p *parser) expr(level int8) (value, bool) {
	left, ok := p.operand()
	for ok {
		op := p.kind
		if int(op) >= len(levels) || levels[op] == 0 || levels[op] < level {
			break
		}
		p.advance()
		if op == question {
			left, ok = p.branches(left)
			continue
		}
		var right value
		if right, ok = p.expr(levels[op] + 1); ok {
			left = binary(op, left, right, p.scope)
		}
	}
	return left, ok
}

// branches reads the rest of condition ? yes :: no.
func (p *parser) branches(condition value) (value, bool) {
	yes, ok := p.deeper(levelLowest)
	if !ok {
		return value{}, false
	}
	if p.kind != twoColon {
		p.complain()
		return value{}, false
	}
	p.advance()
	no, ok := p.expr(levelCond + 1)
	if !ok {
		return value{}, false
	}
	if condition.holds() {
		return yes, true
	}
	return no, true
}

// operand reads a word, a function, brackets, or an operand with "!" or "-" before it.
func (p *parser) operand() (value, bool) {
	switch op := p.kind; op {
	case minus, not:
		p.advance()
		v, ok := p.deeper(levelColon)
		if !ok {
			return value{}, false
		}
		if op == not {
			return v.complement(), true
		}
		return v.negative(p.scope), true
	case openPar:
		p.advance()
		v, ok := p.deeper(levelLowest)
		if ok && p.kind != closePar {
			p.complain()
			ok = false
		}
		p.advance()
		return v, ok
	case word:
		text := p.text
		p.advance()
		if p.kind == openPar {
			return p.function(text)
		}
		return wordValue(text), true
	}
	p.complain()
	return value{}, false
}

// deeper is expr one level of nesting further in.
func (p *parser) deeper(level int8) (value, bool) {
	if p.depth >= MaxDepth {
		p.scope.Warn("expression $[%s] is nested more than %d levels deep", clip(p.lexer.text), MaxDepth)
		return value{}, false
	}
	p.depth++
	v, ok := p.expr(level)
	p.depth--
	return v, ok
}

// function reads the arguments of the function name, of which the first is obligatory, and computes it.
func (p *parser) function(name string) (value, bool) {
	p.advance()
	var args []value
	for {
		if len(args) > 0 && (p.kind == comma || p.kind == closePar) {
			args = append(args, textValue(""))
		} else {
			v, ok := p.deeper(levelLowest)
			if !ok {
				return value{}, false
			}
			args = append(args, v)
		}
		if p.kind != comma {
			break
		}
		p.advance()
	}
	if p.kind != closePar {
		p.complain()
		return value{}, false
	}
	p.advance()
	return compute(name, args, p.scope), true
}
