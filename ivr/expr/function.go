package expr

import (
	"math"
	"math/big"
	"strconv"
	"strings"
)

// compute is NAME(args) in an expression: ABS and the other functions of numbers, else a dialplan function, which NAME must be
// in capitals. What does not exist is 0.
func compute(name string, args []value, s Scope) value {
	if strings.Trim(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789") != "" {
		s.Warn("%s(...) in an expression: a function's name is in capital letters", clip(name))
		return numberValue(number(0))
	}
	if f, ok := oneArgument[name]; ok {
		return f.compute(name, 1, args, s)
	}
	if f, ok := twoArguments[name]; ok {
		return f.compute(name, 2, args, s)
	}
	texts := make([]string, len(args))
	for i, a := range args {
		texts[i] = a.String()
	}
	result, err := s.Function(name, strings.Join(texts, ","))
	if err != nil {
		s.Warn("%v", err)
		return numberValue(number(0))
	}
	result = limit(result, s)
	if strings.Trim(result, "-0123456789. \t") == "" {
		return numberValue(parseSigned(result))
	}
	return textValue(result)
}

// arithmetical is a function of numbers. Those that are not exact are good for 15 digits.
type arithmetical func(x, y *big.Float) *big.Float

var oneArgument = map[string]arithmetical{
	"ABS":   func(x, _ *big.Float) *big.Float { return new(big.Float).Abs(x) },
	"FLOOR": func(x, _ *big.Float) *big.Float { return rounded(x, math.Floor) },
	"CEIL":  func(x, _ *big.Float) *big.Float { return rounded(x, math.Ceil) },
	"ROUND": func(x, _ *big.Float) *big.Float { return rounded(x, math.Round) },
	"RINT":  func(x, _ *big.Float) *big.Float { return rounded(x, math.RoundToEven) },
	"TRUNC": func(x, _ *big.Float) *big.Float { return rounded(x, math.Trunc) },
	"SQRT": func(x, _ *big.Float) *big.Float {
		if x.Sign() < 0 {
			return nil
		}
		return new(big.Float).SetPrec(precision).Sqrt(x)
	},
	"SIN": approximate(math.Sin), "COS": approximate(math.Cos), "TAN": approximate(math.Tan),
	"ASIN": approximate(math.Asin), "ACOS": approximate(math.Acos), "ATAN": approximate(math.Atan),
	"EXP": approximate(math.Exp), "EXP2": approximate(math.Exp2),
	"EXP10": approximate(func(x float64) float64 { return math.Pow(10, x) }),
	"LOG":   approximate(math.Log), "LOG2": approximate(math.Log2), "LOG10": approximate(math.Log10),
}

var twoArguments = map[string]arithmetical{
	"ATAN2":     func(x, y *big.Float) *big.Float { return approximately(math.Atan2(float(x), float(y))) },
	"POW":       func(x, y *big.Float) *big.Float { return approximately(math.Pow(float(x), float(y))) },
	"REMAINDER": func(x, y *big.Float) *big.Float { return approximately(math.Remainder(float(x), float(y))) },
}

// compute calls the function with want numbers. The wrong number of arguments, or no result, is 0 with a warning.
func (f arithmetical) compute(name string, want int, args []value, s Scope) value {
	if len(args) != want {
		s.Warn("%s needs %d argument(s), not %d", name, want, len(args))
		return numberValue(number(0))
	}
	numbers := [2]*big.Float{number(0), number(0)}
	for i, a := range args {
		if n, ok := a.number(); ok {
			numbers[i] = n
		}
	}
	n := f(numbers[0], numbers[1])
	if n == nil {
		s.Warn("%s has no result for this argument: it is 0", name)
		n = number(0)
	}
	return numberValue(bounded(n))
}

// rounded applies a rounding to a number of any size, of which only what can have a fraction changes.
func rounded(x *big.Float, round func(float64) float64) *big.Float {
	if x.MantExp(nil) >= precision || x.IsInf() {
		return x
	}
	whole, _ := x.Int(nil)
	rest := new(big.Float).SetPrec(precision).Sub(x, new(big.Float).SetInt(whole))
	if rest.Sign() == 0 {
		return x
	}
	// Rounding depends on the fraction, its sign, and whether the whole part is odd.
	odd := float64(whole.Bit(0))
	if x.Signbit() {
		odd = -odd
	}
	step := round(odd+float(rest)) - odd
	return new(big.Float).SetPrec(precision).Add(new(big.Float).SetInt(whole), new(big.Float).SetFloat64(step))
}

func approximate(f func(float64) float64) arithmetical {
	return func(x, _ *big.Float) *big.Float { return approximately(f(float(x))) }
}

// approximately makes a number of a float64 by its first 15 digits; nil if it is none.
func approximately(x float64) *big.Float {
	if math.IsNaN(x) {
		return nil
	}
	if math.IsInf(x, 0) {
		return new(big.Float).SetPrec(precision).SetInf(x < 0)
	}
	n, _, _ := big.ParseFloat(strconv.FormatFloat(x, 'e', 14, 64), 10, precision, big.ToNearestEven)
	return n
}

func float(x *big.Float) float64 {
	f, _ := x.Float64()
	return f
}
