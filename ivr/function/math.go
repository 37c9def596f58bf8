package function

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"strconv"
	"strings"

	"dialtone/ivr"
)

var calculation = []ivr.Function{
	{Name: "MATH", Synopsis: "calculate", Syntax: "number op number[,type]",
		Doc: "Operators: + - * / % ^ << >> AND OR XOR, and < > <= >= ==, which give TRUE or FALSE. " +
			"Types: float (six decimals, the default), int, hex, char. A division by zero gives 0.", Read: mathematics},
	{Name: "INC", Synopsis: "add 1 to a variable", Syntax: "variable", Doc: "Changes the variable and gives its value.",
		Read: func(r *ivr.Run, args string) (string, error) { return count(r, args, 1) }},
	{Name: "DEC", Synopsis: "take 1 off a variable", Syntax: "variable", Doc: "Changes the variable and gives its value.",
		Read: func(r *ivr.Run, args string) (string, error) { return count(r, args, -1) }},
	{Name: "MIN", Synopsis: "the smallest number", Syntax: "number[,number…]",
		Read: func(_ *ivr.Run, args string) (string, error) { return extreme(args, math.Min) }},
	{Name: "MAX", Synopsis: "the greatest number", Syntax: "number[,number…]",
		Read: func(_ *ivr.Run, args string) (string, error) { return extreme(args, math.Max) }},
	{Name: "ABS", Synopsis: "a number without its sign", Syntax: "number",
		Read: func(_ *ivr.Run, args string) (string, error) {
			return extreme(args, func(a, _ float64) float64 { return math.Abs(a) })
		}},
	{Name: "RAND", Synopsis: "a random number", Syntax: "[min][,max]", Doc: "From min (0) to max (2147483647), both included.", Read: random},
}

// leadingFloat reads the number with which a text begins, after blanks.
func leadingFloat(s string) (float64, bool) {
	s = strings.TrimLeft(s, blanks)
	end := strings.IndexFunc(s, func(c rune) bool { return !strings.ContainsRune("+-.0123456789eE", c) })
	if end < 0 {
		end = len(s)
	}
	for end = min(end, 400); end > 0; end-- {
		if f, err := strconv.ParseFloat(s[:end], 64); err == nil || errors.Is(err, strconv.ErrRange) {
			return f, true
		}
	}
	return 0, false
}

// operators in the order in which they are looked for.
var operators = []string{"*", "/", "%", "^", "AND", "XOR", "OR", "<<", ">>", "<=", ">=", "==", "<", ">", "+", "-"}

func mathematics(_ *ivr.Run, args string) (string, error) {
	list := ivr.SplitArgs(args, 2)
	left, rest := strings.Trim(list[0], blanks), ""
	negative := strings.HasPrefix(left, "-")
	left = strings.TrimPrefix(left, "-")
	op := ""
	for _, o := range operators {
		if i := strings.Index(left, o); i >= 0 {
			op, left, rest = o, left[:i], left[i+len(o):]
			break
		}
	}
	if op == "" || strings.Trim(rest, blanks) == "" {
		return "", errors.New("needs number op number")
	}
	a, ok := leadingFloat(left)
	if !ok {
		return "", fmt.Errorf("%q is no number", left)
	}
	b, ok := leadingFloat(rest)
	if !ok {
		return "", fmt.Errorf("%q is no number", rest)
	}
	if negative {
		a = -a
	}
	if holds, comparison := compare(op, a, b); comparison {
		return strings.ToUpper(strconv.FormatBool(holds)), nil
	}
	return inType(calculate(op, a, b), strings.Trim(argument(list, 1), blanks))
}

func compare(op string, a, b float64) (holds, comparison bool) {
	switch op {
	case "<":
		return a < b, true
	case "<=":
		return a <= b, true
	case ">":
		return a > b, true
	case ">=":
		return a >= b, true
	case "==":
		return a == b, true
	}
	return false, false
}

func calculate(op string, a, b float64) float64 {
	i, j := toInt(a), toInt(b)
	switch op {
	case "*":
		return a * b
	case "/":
		if b == 0 {
			return 0
		}
		return a / b
	case "%":
		if j == 0 {
			return 0
		}
		return float64(i % j)
	case "^":
		return math.Pow(a, b)
	case "AND":
		return float64(i & j)
	case "OR":
		return float64(i | j)
	case "XOR":
		return float64(i ^ j)
	case "<<":
		return float64(int32(i << (uint(j) & 31)))
	case ">>":
		return float64(i >> (uint(j) & 31))
	case "+":
		return a + b
	}
	return a - b
}

// toInt cuts the fraction off, and what does not fit into 32 bits.
func toInt(f float64) int32 {
	if math.IsNaN(f) {
		return 0
	}
	return int32(min(max(f, math.MinInt32), math.MaxInt32))
}

// inType writes a result in the type that MATH was asked for.
func inType(f float64, name string) (string, error) {
	switch strings.ToLower(name) {
	case "", "f", "float":
		return strconv.FormatFloat(f, 'f', 6, 64), nil
	case "i", "int":
		return strconv.Itoa(int(toInt(f))), nil
	case "h", "hex":
		return strconv.FormatUint(uint64(uint32(toInt(f))), 16), nil
	case "c", "char":
		return string([]byte{byte(toInt(f))}), nil
	}
	return "", fmt.Errorf("unknown type %q: use float, int, hex or char", name)
}

func count(r *ivr.Run, name string, by int) (string, error) {
	value, ok := r.Variable(name)
	n, isNumber := ivr.LeadingInt(value)
	if !ok || !isNumber {
		return "", fmt.Errorf("variable %q holds no number but %q", name, value)
	}
	value = strconv.Itoa(n + by)
	r.Set(name, value)
	return value, nil
}

func extreme(args string, pick func(a, b float64) float64) (string, error) {
	list := ivr.SplitArgs(args, 0)
	best := math.NaN()
	for _, s := range list {
		f, ok := leadingFloat(s)
		if !ok {
			return "", fmt.Errorf("%q is no number", s)
		}
		if math.IsNaN(best) {
			best = f
		}
		best = pick(best, f)
	}
	if best == math.Trunc(best) && math.Abs(best) < 1e15 {
		return strconv.FormatFloat(best, 'f', 0, 64), nil
	}
	return strconv.FormatFloat(best, 'f', 6, 64), nil
}

func random(_ *ivr.Run, args string) (string, error) {
	list := ivr.SplitArgs(args, 2)
	low, _ := ivr.LeadingInt(list[0])
	high, ok := ivr.LeadingInt(argument(list, 1))
	if !ok {
		high = math.MaxInt32
	}
	if low > high {
		low, high = high, low
	}
	return strconv.Itoa(low + rand.IntN(high-low+1)), nil
}
