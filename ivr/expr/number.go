package expr

import (
	"math/big"
	"strings"
)

// precision of a number, and the range of its exponent: the long double of x86.
const (
	precision   = 64
	maxExponent = 16384
	minExponent = -16445
)

// number makes a number of a small integer.
func number(n int64) *big.Float {
	return new(big.Float).SetPrec(precision).SetInt64(n)
}

func truth(b bool) value {
	if b {
		return value{num: number(1)}
	}
	return value{num: number(0)}
}

// format writes a number as C's %.18Lg does.
func format(n *big.Float) string {
	if n.IsInf() {
		if n.Signbit() {
			return "-inf"
		}
		return "inf"
	}
	return n.Text('g', 18)
}

// parseNumber reads the number at the start of s, as far as it goes: digits with an optional fraction.
func parseNumber(s string) *big.Float {
	i := 0
	for i < len(s) && isDigit(s[i]) {
		i++
	}
	if i < len(s) && s[i] == '.' {
		for i++; i < len(s) && isDigit(s[i]); i++ {
		}
	}
	n, _, err := big.ParseFloat(s[:i], 10, precision, big.ToNearestEven)
	if err != nil { // "", "."
		return number(0)
	}
	return bounded(n)
}

// parseSigned is parseNumber after blanks and with a sign.
func parseSigned(s string) *big.Float {
	s = strings.TrimLeft(s, " \t")
	if rest, ok := strings.CutPrefix(s, "-"); ok {
		n := parseNumber(rest)
		return n.Neg(n)
	}
	return parseNumber(s)
}

// bounded makes what a long double cannot hold infinite or 0.
func bounded(n *big.Float) *big.Float {
	if n.IsInf() || n.Sign() == 0 {
		return n
	}
	switch e := n.MantExp(nil); {
	case e > maxExponent:
		return n.SetInf(n.Signbit())
	case e < minExponent:
		return number(0)
	}
	return n
}

// arithmetic does + - * / with numbers of which none is infinite where that would be undefined; ok is false there.
func arithmetic(op kind, a, b *big.Float) (n *big.Float, ok bool) {
	n = new(big.Float).SetPrec(precision)
	switch infA, infB := a.IsInf(), b.IsInf(); op {
	case plus:
		if infA && infB && a.Signbit() != b.Signbit() {
			return nil, false
		}
		n.Add(a, b)
	case minus:
		if infA && infB && a.Signbit() == b.Signbit() {
			return nil, false
		}
		n.Sub(a, b)
	case times:
		if infA && b.Sign() == 0 || infB && a.Sign() == 0 {
			return nil, false
		}
		n.Mul(a, b)
	case divide:
		if infA && infB {
			return nil, false
		}
		n.Quo(a, b)
	}
	return bounded(n), true
}

// remainder is a - b·trunc(a/b), exactly, with the sign of a. Neither is infinite, b is not 0.
func remainder(a, b *big.Float) *big.Float {
	ia, ea := integer(a)
	ib, eb := integer(b)
	e := min(ea, eb)
	ia.Lsh(ia, uint(ea-e))
	ib.Lsh(ib, uint(eb-e))
	ia.Rem(ia, ib)
	n := new(big.Float).SetPrec(precision).SetInt(ia)
	if n.Sign() == 0 {
		if a.Signbit() {
			n.Neg(n)
		}
		return n
	}
	return n.SetMantExp(n, e)
}

// integer splits a finite number into a whole number and a power of two.
func integer(n *big.Float) (*big.Int, int) {
	mantissa := new(big.Float)
	e := n.MantExp(mantissa)
	whole, _ := mantissa.SetMantExp(mantissa, precision).Int(nil)
	return whole, e - precision
}
