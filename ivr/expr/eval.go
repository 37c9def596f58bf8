package expr

import (
	"math"
	"math/big"
	"strings"
)

// value is what an expression works with: a computed number, or text. Text remembers whether it
// looks like a number; only then it can be one. Quotes are part of the text.
type value struct {
	num     *big.Float // not nil: a number
	text    string
	numeric bool // text that is a number
}

func numberValue(n *big.Float) value { return value{num: n} }

// wordValue is a word as written: a number if it is digits with an optional fraction.
func wordValue(text string) value {
	whole, fraction, point := strings.Cut(text, ".")
	return value{text: text, numeric: allDigits(whole) && (!point || allDigits(fraction))}
}

// textValue is text that came out of an operator or a function: a number if it has nothing but digits and points.
func textValue(text string) value {
	return value{text: text, numeric: text != "" && strings.Trim(text, "0123456789.") == ""}
}

func allDigits(s string) bool {
	return s != "" && strings.Trim(s, "0123456789") == ""
}

// String is the value as text.
func (v value) String() string {
	if v.num != nil {
		return format(v.num)
	}
	return v.text
}

// number gives the value as a number, if it is one.
func (v value) number() (*big.Float, bool) {
	if v.num != nil {
		return v.num, true
	}
	if v.numeric {
		return parseNumber(v.text), true
	}
	return nil, false
}

// unquoted is the value as text; the quotes go if there is one at both ends, and then all of them.
func (v value) unquoted() string {
	s := v.String()
	if len(s) > 0 && s[0] == '"' && s[len(s)-1] == '"' {
		return strings.ReplaceAll(s, `"`, "")
	}
	return s
}

// zeroOrEmpty is how | and & look at their sides: "" with quotes is neither.
func (v value) zeroOrEmpty() bool {
	if n, ok := v.number(); ok {
		return n.Sign() == 0
	}
	return v.text == ""
}

// holds is how ? looks at its condition.
func (v value) holds() bool {
	if n, ok := v.number(); ok {
		return n.Sign() != 0
	}
	return v.text != "" && v.text != `""` && v.text != "0"
}

// complement is !v. Text is read as an integer, so that !abc and !"1" are 1.
func (v value) complement() value {
	if v.num != nil {
		return truth(v.num.Sign() == 0)
	}
	n, _, _ := leadingInt(v.text)
	return truth(n == 0)
}

// negative is -v.
func (v value) negative(s Scope) value {
	n, ok := v.number()
	if !ok {
		s.Warn("%q is no number: -%s is 0", clip(v.text), clip(v.text))
		return numberValue(number(0))
	}
	return numberValue(new(big.Float).Neg(n))
}

// binary computes a op b.
func binary(op kind, a, b value, s Scope) value {
	switch op {
	case or:
		if a.zeroOrEmpty() {
			return b
		}
		return a
	case and:
		if a.zeroOrEmpty() || b.zeroOrEmpty() {
			return truth(false)
		}
		return a
	case equal, unequal, less, lessEqual, greater, greaterEqual:
		return truth(compare(op, a, b))
	case colon, search:
		return match(a.unquoted(), b.unquoted(), op == colon, s)
	case join:
		return textValue(limit(a.unquoted()+b.unquoted(), s))
	}
	return calculate(op, a, b, s)
}

// compare compares two numbers as numbers, anything else as text, byte by byte.
func compare(op kind, a, b value) bool {
	var order int
	na, okA := a.number()
	nb, okB := b.number()
	if okA && okB {
		order = na.Cmp(nb)
	} else {
		order = strings.Compare(a.String(), b.String())
	}
	switch op {
	case equal:
		return order == 0
	case unequal:
		return order != 0
	case less:
		return order < 0
	case lessEqual:
		return order <= 0
	case greater:
		return order > 0
	}
	return order >= 0
}

var symbols = map[kind]string{plus: "+", minus: "-", times: "*", divide: "/", modulo: "%"}

// calculate does + - * / %. Text that is no number counts as 0, with a warning but for the right side of +, which
// Asterisk does not mind.
func calculate(op kind, a, b value, s Scope) value {
	na, okA := a.number()
	nb, okB := b.number()
	if !okA {
		s.Warn("%q is no number: it counts as 0 before %s", clip(a.text), symbols[op])
		na = number(0)
	}
	if !okB {
		if op != plus && okA {
			s.Warn("%q is no number: it counts as 0 behind %s", clip(b.text), symbols[op])
		}
		nb = number(0)
	}
	switch {
	case op == divide && !okA:
		return numberValue(number(0))
	case op == divide && nb.Sign() == 0:
		if okB {
			s.Warn("division by zero: %s/0 is %d", clip(a.String()), math.MaxInt32)
		}
		return numberValue(number(math.MaxInt32))
	case op == modulo && nb.Sign() == 0:
		if okA && okB {
			s.Warn("division by zero: %s %% 0 is 0", clip(a.String()))
		}
		return numberValue(number(0))
	case op == modulo && na.IsInf():
		return undefined(op, s)
	case op == modulo && nb.IsInf():
		return numberValue(na)
	case op == modulo:
		return numberValue(remainder(na, nb))
	}
	n, ok := arithmetic(op, na, nb)
	if !ok {
		return undefined(op, s)
	}
	if n.IsInf() && !na.IsInf() && !nb.IsInf() {
		s.Warn("the result of %s is too big for a number", symbols[op])
	}
	return numberValue(n)
}

// undefined is the result of infinity minus infinity and the like.
func undefined(op kind, s Scope) value {
	s.Warn("the result of %s is not defined for infinite numbers: it is 0", symbols[op])
	return numberValue(number(0))
}
