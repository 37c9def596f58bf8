package expr_test

import (
	"fmt"
	"strings"
	"testing"

	"dialtone/ivr/expr"
)

func TestHostileNestingIsCutOff(t *testing.T) {
	const deep = 10000
	for name, text := range map[string]string{
		"variables":      strings.Repeat("${", deep) + "V" + strings.Repeat("}", deep),
		"unclosed":       strings.Repeat("${", deep),
		"expressions":    strings.Repeat("$[", deep) + "1" + strings.Repeat("]", deep),
		"brackets":       "$[" + strings.Repeat("(", deep) + "1" + strings.Repeat(")", deep) + "]",
		"complements":    "$[" + strings.Repeat("!", deep) + "1]",
		"negations":      "$[" + strings.Repeat("-", deep) + "1]",
		"conditions":     "$[" + strings.Repeat("1?", deep) + "1" + strings.Repeat("::2", deep) + "]",
		"functions":      "$[" + strings.Repeat("ABS(", deep) + "1" + strings.Repeat(")", deep) + "]",
		"groups":         `$["a" =~ "` + strings.Repeat("(", deep) + "a" + strings.Repeat(")", deep) + `"]`,
		"repetitions":    `$["a" =~ "` + strings.Repeat("(", 20) + "a" + strings.Repeat("{200})", 20) + `"]`,
		"alternatives":   `$["aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" =~ "^(a|a)*(a|aa)*b$"]`,
		"sum":            "$[1" + strings.Repeat("+1", deep) + "]",
		"digits":         "$[" + strings.Repeat("9", 60000) + "*" + strings.Repeat("9", 60000) + "]",
		"open brackets":  "$[" + strings.Repeat("[", deep) + "]",
		"open functions": strings.Repeat("${LEN(", deep),
	} {
		s := &scope{variables: map[string]string{"V": "x"}, functions: simple}
		if got := expr.Expand(text, s); len(got) > expr.MaxSize {
			t.Errorf("%s: the result has %d bytes", name, len(got))
		}
		if name != "sum" && name != "alternatives" && name != "digits" && len(s.warnings) == 0 {
			t.Errorf("%s: there is no warning", name)
		}
		if name == "sum" {
			if got := expr.Expand(text, s); got != fmt.Sprint(deep+1) {
				t.Errorf("a long sum is %s", got)
			}
		}
	}
}

func TestNestingInReasonIsFollowed(t *testing.T) {
	s := &scope{variables: map[string]string{"V": "V"}}
	const deep = 150
	if got := expr.Expand(strings.Repeat("${", deep)+"V"+strings.Repeat("}", deep), s); got != "V" || len(s.warnings) > 0 {
		t.Errorf("it is %q: %v", got, s.warnings)
	}
	if got := expr.Evaluate(strings.Repeat("(", deep)+"7"+strings.Repeat(")", deep), s); got != "7" || len(s.warnings) > 0 {
		t.Errorf("it is %q: %v", got, s.warnings)
	}
}

func TestResultIsBounded(t *testing.T) {
	long := strings.Repeat("x", expr.MaxSize)
	s := &scope{
		variables: map[string]string{"L": long},
		functions: map[string]func(string) (string, error){"TWICE": func(a string) (string, error) { return a + a, nil }},
	}
	for _, text := range []string{strings.Repeat("${L}", 1000), "${L}y", "$[${L} ~~ ${L}]", "${TWICE(${L})}"} {
		s.warnings = nil
		if got := expr.Expand(text, s); len(got) != expr.MaxSize || len(s.warnings) == 0 {
			t.Errorf("%s: %d bytes, warnings %v", text, len(got), s.warnings)
		}
	}
	if got := expr.Evaluate("TWICE("+long+")", s); len(got) != expr.MaxSize {
		t.Errorf("a function in an expression gives %d bytes", len(got))
	}
}

func TestNumbersBeyondTheirRange(t *testing.T) {
	huge := "1" + strings.Repeat("0", 5000) // more than a long double holds
	for inside, want := range map[string]string{
		huge + "+1":               "inf",
		"-" + huge:                "-inf",
		huge + "-" + huge:         "0",
		huge + "*0":               "0",
		huge + "/" + huge:         "0",
		huge + "%7":               "0",
		"7%" + huge:               "7",
		"1/" + huge:               "0",
		huge + "=" + huge:         "1",
		huge + "> 5":              "1",
		"2147483647 * 2":          "4294967294",
		"0.00001 * 1":             "1e-05",
		"0.0001 * 1":              "0.0001",
		"-7.25 % 0.5":             "-0.25",
		"1000000000000000000 % 7": "1",
		"0.3 % 0.1":               "6.77626357803440271e-21",
		"123456789012345678 + 0":  "123456789012345678",
		"1234567890123456789 + 0": "1.23456789012345679e+18",
	} {
		if got := expr.Evaluate(inside, &scope{}); got != want {
			t.Errorf("$[%.40s] is %s, want %s", inside, got, want)
		}
	}
}

func TestRegularExpressionsAreThoseOfPOSIX(t *testing.T) {
	for _, c := range []struct{ text, pattern, want, why string }{
		{"xabcabc", "abc|abcabc", "6", "the longest of the leftmost"},
		{`a\d`, `[\d]+`, "2", "a backslash in brackets is a backslash; d follows"},
		{"a]b", "[]]", "1", "] first in brackets is a member"},
		{"a-b", "[a-]+", "2", "- last in brackets is a member"},
		{"x^", "[x^]+", "2", "^ not first is a member"},
		{"ab12", "[[:digit:]]+", "2", "classes"},
		{"ab12", "[^[:digit:]]+", "2", "classes that are not"},
		{"ab12", "[[:nonsense:]]", "", "an unknown class"},
		{"aaa", "a{2}", "2", "a bound"},
		{"aaa", "a{,2}", "2", "a bound without a lower end"},
		{"aaa", "a{2,}", "3", "a bound without an upper end"},
		{"aaa", "a{x}", "", "no number in braces"},
		{"aaa", "a{2", "", "braces not closed"},
		{"aaa", "a**", "3", "a star of a star"},
		{"aaa", "a+?", "3", "no lazy repetition: a+ or nothing"},
		{"aaa", "*a", "", "nothing to repeat"},
		{"a)", "a)", "2", "a bracket that closes nothing is itself"},
		{"a", "(a", "", "a group not closed"},
		{"a", `(a)\1`, "", "references are not supported"},
		{"a.b", `a\.b`, "3", "an escaped point"},
		{"a b", `a\sb`, "3", "the GNU classes"},
		{"a_1", `\w+`, "3", "the GNU classes"},
		{"é", "^..$", "2", "bytes, not characters"},
		{"éa", "é(.)", "a", "bytes, not characters"},
		{"é", "(.*)", "é", "a group of bytes"},
		{"a\nb", "a.b", "3", "a point is also the end of a line"},
		{"b", "(a)|b", "1", "the group took no part: the length"},
		{"(?i)A", "(?i)a", "", "no Perl"},
		{"abc", "", "0", "an empty pattern"},
		{"abc", "[c-a]", "", "a range backwards"},
		{"a", `a\`, "", "a backslash at the end"},
		{"abc", "x|", "0", "an empty alternative"},
	} {
		s := &scope{}
		got := expr.Evaluate(`"`+c.text+`" =~ "`+c.pattern+`"`, s)
		if got != c.want || (got == "") != (len(s.warnings) == 1) {
			t.Errorf("%q =~ %q is %q, want %q: %s (%v)", c.text, c.pattern, got, c.want, c.why, s.warnings)
		}
	}
}

func TestFunctionsInExpressions(t *testing.T) {
	s := &scope{functions: map[string]func(string) (string, error){
		"ECHO":  func(a string) (string, error) { return a, nil },
		"EMPTY": func(string) (string, error) { return "", nil },
	}}
	for inside, want := range map[string]string{
		"ECHO(1+1,a b":              "0",
		"ECHO(1+1,,x)":              "2,,x",
		"ECHO(x,)":                  "x,",
		"ECHO (7) + 1":              "8",
		"ECHO(-7) * 2":              "-14",
		`ECHO("a")`:                 `"a"`,
		"EMPTY(1)":                  "0",
		"ABS(-2.5)":                 "2.5",
		"ABS(1,2)":                  "0",
		"FLOOR(-2.5)":               "-3",
		"CEIL(2.1)":                 "3",
		"ROUND(2.5)":                "3",
		"ROUND(-2.5)":               "-3",
		"RINT(2.5)":                 "2",
		"RINT(3.5)":                 "4",
		"RINT(-3.5)":                "-4",
		"TRUNC(-2.7)":               "-2",
		"SQRT(16)":                  "4",
		"SQRT(2)":                   "1.41421356237309505",
		"SQRT(-1)":                  "0",
		"LOG10(1000)":               "3",
		"LOG(0)":                    "-inf",
		"LOG(-1)":                   "0",
		"POW(2,10)":                 "1024",
		"EXP10(2)":                  "100",
		"ATAN2(0,1)":                "0",
		"REMAINDER(7,4)":            "-1",
		"COS(0) + SIN(0)":           "1",
		"FLOOR(9007199254740993.5)": "9007199254740993",
	} {
		if got := expr.Evaluate(inside, s); got != want {
			t.Errorf("$[%s] is %s, want %s", inside, got, want)
		}
	}
}

// What is not closed is told, and taken as it is.
func TestUnclosedReferences(t *testing.T) {
	for text, want := range map[string]string{
		"a${V":        "aabcdef",
		"a$[1+1":      "a2",
		"${V}${LEN(x": "abcdef1",
		"${":          "",
		"$[":          "",
		"$":           "$",
		"${LEN(a}":    "1",
	} {
		s := &scope{variables: map[string]string{"V": "abcdef"}, functions: simple}
		if got := expr.Expand(text, s); got != want || text != "$" && len(s.warnings) == 0 {
			t.Errorf("%s is %q, want %q: %v", text, got, want, s.warnings)
		}
	}
}

// A value that holds ${ } stays one word of an expression.
func TestReferencesLeftInAnExpression(t *testing.T) {
	for inside, want := range map[string]string{
		"${A} = ${A}":    "1",
		"x${A{b}c}d = 1": "0",
		"${A b} ~~ c":    "${A b}c",
		"${A}b${C} ~~ d": "${A}b${C}d",
		"${A":            "A",
		"$":              "",
	} {
		if got := expr.Evaluate(inside, &scope{}); got != want {
			t.Errorf("$[%s] is %q, want %q", inside, got, want)
		}
	}
}

func seeds(f *testing.F, name string, fields int) {
	for _, row := range rows(f, name, fields) {
		f.Add(row[0])
	}
}

func FuzzEvaluate(f *testing.F) {
	seeds(f, "expressions.tsv", 3)
	f.Fuzz(func(t *testing.T, inside string) {
		s := &scope{functions: simple}
		got := expr.Evaluate(inside, s)
		if len(got) > expr.MaxSize {
			t.Errorf("%d bytes", len(got))
		}
		if again := expr.Evaluate(inside, s); again != got {
			t.Errorf("it is %q, then %q", got, again)
		}
	})
}

func FuzzExpand(f *testing.F) {
	seeds(f, "substitution.tsv", 3)
	seeds(f, "expressions.tsv", 3)
	f.Fuzz(func(t *testing.T, text string) {
		s := &scope{variables: map[string]string{"V": "abcdef", "V2": "N", "N": "12345", "E": "", "Q": "${V}$["}, functions: simple}
		got := expr.Expand(text, s)
		if len(got) > expr.MaxSize {
			t.Errorf("%d bytes", len(got))
		}
		if !strings.Contains(text, "$") && len(text) <= expr.MaxSize && got != text {
			t.Errorf("%q became %q", text, got)
		}
	})
}
