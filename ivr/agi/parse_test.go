package agi

import (
	"slices"
	"strings"
	"testing"
)

func TestACommandIsSplitIntoWords(t *testing.T) {
	for line, want := range map[string][]string{
		"":                            nil,
		"  NOOP\t":                    {"NOOP"},
		`STREAM FILE hello ""`:        {"STREAM", "FILE", "hello", ""},
		`SET VARIABLE V "a b"c d`:     {"SET", "VARIABLE", "V", "a bc", "d"},
		`EXEC Set "X=\"q\\" a\ b`:     {"EXEC", "Set", `X="q\`, "a b"},
		`VERBOSE "never closed  here`: {"VERBOSE", "never closed  here"},
		`A \`:                         {"A"},
	} {
		if got := words(line); !slices.Equal(got, want) {
			t.Errorf("%q is %q, want %q", line, got, want)
		}
	}
	if n := len(words(strings.Repeat("a ", 1000))); n != maxWords {
		t.Errorf("%d words of a thousand", n)
	}
}

func TestCommandsAreFoundByTheirWords(t *testing.T) {
	for line, want := range map[string]string{
		"say datetime 1 2": "SAY DATETIME time escape_digits [format] [timezone]", "SAY DATE 1 2": "SAY DATE date escape_digits", "Database DelTree f": "DATABASE DELTREE family [keytree]",
		"DATABASE DEL f k": "DATABASE DEL family key", "TDD MODE on": "TDD MODE on|off|mate", "SET": "", "SAY": "",
	} {
		c, _ := find(words(line))
		got := ""
		if c != nil {
			got = c.usage
		}
		if got != want {
			t.Errorf("%q is %q, want %q", line, got, want)
		}
	}
	for _, c := range commands {
		if len(c.name) == 0 || c.run == nil {
			t.Errorf("%q has no name, or does nothing", c.usage)
		}
	}
}

func FuzzWords(f *testing.F) {
	for _, seed := range []string{"", `"`, `\`, `a "b c" d`, `""`, "\t\x00", `\"\\ x`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, line string) {
		list := words(line)
		size := 0
		for _, word := range list {
			size += len(word)
		}
		if size > len(line) || len(list) > maxWords {
			t.Errorf("%q: %d words of %d bytes", line, len(list), size)
		}
		find(list)
	})
}
