package expr_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"dialtone/ivr/expr"
)

// scope is a call with variables and a few functions, which counts the warnings.
type scope struct {
	variables map[string]string
	functions map[string]func(args string) (string, error)
	warnings  []string
}

func (s *scope) Variable(name string) (string, bool) {
	v, ok := s.variables[name]
	return v, ok
}

func (s *scope) Function(name, args string) (string, error) {
	f, ok := s.functions[name]
	if !ok {
		return "", fmt.Errorf("unknown function %q", name)
	}
	return f(args)
}

func (s *scope) Warn(format string, args ...any) {
	s.warnings = append(s.warnings, fmt.Sprintf(format, args...))
}

// rows reads a file of vectors: tab separated, the first line says what is in them.
func rows(t testing.TB, name string, fields int) [][]string {
	t.Helper()
	data, err := os.ReadFile("../../testdata/dialplan/" + name)
	if err != nil {
		t.Fatal(err)
	}
	var list [][]string
	for _, line := range strings.Split(strings.TrimSuffix(string(data), "\n"), "\n")[1:] {
		row := strings.Split(line, "\t")
		if len(row) != fields {
			t.Fatalf("%s: %q has %d fields, not %d", name, line, len(row), fields)
		}
		list = append(list, row)
	}
	return list
}

func TestExpressionsAsMeasuredOnAsterisk(t *testing.T) {
	list := rows(t, "expressions.tsv", 3)
	if len(list) != 255 {
		t.Errorf("there are %d vectors, not 255", len(list))
	}
	for _, row := range list {
		s := &scope{}
		got := expr.Evaluate(row[0], s)
		if got != row[1] {
			t.Errorf("$[%s] is %q, want %q", row[0], got, row[1])
		}
		if warned := len(s.warnings) > 0; warned != (row[2] == "1") {
			t.Errorf("$[%s] warned: %v, want %s: %q", row[0], warned, row[2], s.warnings)
		}
	}
}

// Functions that the vectors use and that are simple enough to be had here. Rows that use others belong to the room
// that has them, and are left out here by that rule.
var simple = map[string]func(string) (string, error){
	"LEN":      func(args string) (string, error) { return fmt.Sprint(len(args)), nil },
	"TOUPPER":  func(args string) (string, error) { return strings.ToUpper(args), nil },
	"TOLOWER":  func(args string) (string, error) { return strings.ToLower(args), nil },
	"PASSTHRU": func(args string) (string, error) { return args, nil },
	"MD5": func(args string) (string, error) {
		if args != "abc" {
			return "", errors.New("only MD5(abc) is known here")
		}
		return "900150983cd24fb0d6963f7d28e17f72", nil
	},
}

// unknown are names in the vectors that are meant not to exist.
var unknown = map[string]bool{"BOGUSFUNC": true, "Len": true, "LEN ": true}

func TestSubstitutionAsMeasuredOnAsterisk(t *testing.T) {
	data, err := os.ReadFile("../../testdata/dialplan/substitution-preamble.json")
	if err != nil {
		t.Fatal(err)
	}
	var preamble struct {
		Variables, Globals map[string]string
		Exten              string
	}
	if err := json.Unmarshal(data, &preamble); err != nil {
		t.Fatal(err)
	}
	variables := preamble.Globals
	variables["EXTEN"] = preamble.Exten
	variables["HANGUPCAUSE"] = "0"
	for name, value := range preamble.Variables {
		variables[name] = value
	}
	list := rows(t, "substitution.tsv", 3)
	ran := 0
	for _, row := range list {
		if f := otherFunction(row[0]); f != "" {
			continue // f is tested with the functions
		}
		ran++
		s := &scope{variables: variables, functions: simple}
		got := expr.Expand(row[0], s)
		if got != row[1] {
			t.Errorf("%s is %q, want %q", row[0], got, row[1])
		}
		if warned := len(s.warnings) > 0; warned != (row[2] == "1") {
			t.Errorf("%s warned: %v, want %s: %q", row[0], warned, row[2], s.warnings)
		}
	}
	if len(list) != 180 || ran != 97 {
		t.Errorf("%d of %d vectors ran, want 97 of 180", ran, len(list))
	}
}

// otherFunction finds a function in text that is not to be had here.
func otherFunction(text string) string {
	for i := range len(text) {
		if text[i] != '(' {
			continue
		}
		from := strings.LastIndexAny(text[:i], "${[(,:?") + 1
		if name := text[from:i]; name != "" && simple[name] == nil && !unknown[name] {
			return name
		}
	}
	return ""
}
