package ivr

import (
	"slices"
	"strings"
	"testing"
)

func TestSoundNames(t *testing.T) {
	for list, want := range map[string][]string{
		"":                         {""},
		"a":                        {"a"},
		"a&b/c&":                   {"a", "b/c", ""},
		" a & b\t&c":               {"a", "b", "c"},
		"http://h:80/a.wav":        {"http://h:80/a.wav"},
		"a&'http://h/a?x=1&y=2'&b": {"a", "http://h/a?x=1&y=2", "b"},
		" 'x&y' ":                  {"x&y"},
		"http://h/a?x=1&y=2":       {"http://h/a?x=1", "y=2"}, // as in Asterisk: it needs quotes
		"l'eau&d'or":               {"l'eau", "d'or"},
		"'open&b":                  {"'open", "b"},
		"''&'":                     {"", "'"},
		"'a'b&c":                   {"'a'b", "c"},
	} {
		if got := SoundNames(list); !slices.Equal(got, want) {
			t.Errorf("%q: %q, want %q", list, got, want)
		}
	}
}

// Nothing of a list is lost: what cutSound gives is the list again.
func FuzzSoundNames(f *testing.F) {
	for _, list := range []string{"a&b", "'a&b'&c", " '&' & x", "'", "&&", "''"} {
		f.Add(list)
	}
	f.Fuzz(func(t *testing.T, list string) {
		var parts []string
		for rest, more := list, true; more; {
			var first string
			first, rest, more = cutSound(rest)
			parts = append(parts, first)
		}
		if strings.Join(parts, "&") != list || len(SoundNames(list)) != len(parts) {
			t.Errorf("%q is cut into %q", list, parts)
		}
	})
}
