package say

import (
	"errors"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// names puts digits/ before each word.
func names(words string) []string {
	list := strings.Fields(words)
	for i := range list {
		list[i] = "digits/" + list[i]
	}
	return list
}

func TestNumbersAreSaidAsPeopleSayThem(t *testing.T) {
	table, err := os.ReadFile("testdata/numbers.tsv")
	if err != nil {
		t.Fatal(err)
	}
	rows := strings.Split(strings.TrimSpace(string(table)), "\n")[1:]
	for _, row := range rows {
		field := strings.Split(row, "\t")
		n, err := strconv.ParseInt(field[0], 10, 64)
		if err != nil || len(field) != 4 {
			t.Fatalf("%q: %v", row, err)
		}
		for i, language := range []string{"en", "en_GB", "fr"} {
			if got, err := Number(language, n, ""); err != nil || !slices.Equal(got, names(field[i+1])) {
				t.Errorf("%d in %s: %q, %v, want %q", n, language, got, err, field[i+1])
			}
		}
	}
	if len(rows) != 582 {
		t.Errorf("%d numbers in the table, want 582", len(rows))
	}
}

func TestNumbers(t *testing.T) {
	for _, c := range []struct {
		language string
		n        int64
		gender   string
		want     string
	}{
		{"en", 1_000_000_000, "", "1 billion"},
		{"en_US", 21_000_000_001, "f", "20 1 billion 1"}, // no gender in English
		{"en", Largest, "", "9 hundred 90 9 billion 9 hundred 90 9 million 9 hundred 90 9 thousand 9 hundred 90 9"},
		{"en_gb", 1_000_000_012, "", "1 billion and 12"},
		{"de", 21, "", "20 1"}, // English rules in German sounds
		{"", 101, "", "1 hundred 1"},
		{"fr", 1, "f", "1F"},
		{"fr_CA", 1, "F", "1F"},
		{"FR", 21, "f", "20 et 1F"},
		{"fr", 71, "f", "60 et 11"},
		{"fr", 81, "f", "80 1F"},
		{"fr", 101, "m", "hundred 1"},
		{"fr", 101, "f", "hundred 1F"},
		{"fr", 21_001, "f", "20 et 1F thousand 1F"},
		{"fr", 1_000_001, "f", "1 million 1F"}, // un million d'heures
		{"fr", -1, "f", "minus 1F"},
		{"fr", 1_000_000_000, "", "thousand million"}, // milliard is not among the sounds
		{"fr", 2_000_000_021, "", "2 thousand million 20 et 1"},
		{"fr", 71_000_000_000, "", "60 et 11 thousand million"},
		{"fr", -Largest, "", "minus 9 hundred 80 19 thousand 9 hundred 80 19 million 9 hundred 80 19 thousand 9 hundred 80 19"},
	} {
		if got, err := Number(c.language, c.n, c.gender); err != nil || !slices.Equal(got, names(c.want)) {
			t.Errorf("%d (%s) in %s: %q, %v, want %q", c.n, c.gender, c.language, got, err, c.want)
		}
	}
	for _, n := range []int64{Largest + 1, -Largest - 1, math.MaxInt64, math.MinInt64} {
		for _, language := range []string{"en", "fr"} {
			_, err := Number(language, n, "")
			_, err2 := Ordinal(language, n)
			var large *TooLargeError
			if !errors.As(err, &large) || large.Number != n || !errors.As(err2, &large) {
				t.Errorf("%d in %s: %v, %v, want a TooLargeError", n, language, err, err2)
			}
		}
	}
}

func TestOrdinals(t *testing.T) {
	for _, c := range []struct {
		language string
		n        int64
		want     string
	}{
		{"en", 0, "0"}, {"en", 1, "h-1"}, {"en", 2, "h-2"}, {"en", 12, "h-12"}, {"en", 20, "h-20"}, {"en", 21, "20 h-1"}, {"en", 30, "h-30"},
		{"en", 99, "90 h-9"}, {"en", 100, "h-hundred"}, {"en", 101, "1 hundred h-1"}, {"en", 200, "2 h-hundred"}, {"en", 1000, "h-thousand"},
		{"en", 1100, "1 thousand 1 h-hundred"}, {"en", 2023, "2 thousand 20 h-3"}, {"en", 1_000_000, "h-million"}, {"en", 5_000_000_000, "5 h-billion"},
		{"en_GB", 101, "1 hundred and h-1"}, {"en", -3, "minus h-3"},
		{"fr", 1, "h-1"}, {"fr", 2, "h-2"}, {"fr", 22, "20 h-2"}, {"fr", 71, "60 et h-11"}, {"fr", 80, "h-80"}, {"fr", 90, "80 h-10"}, {"fr", 97, "80 h-17"},
		{"fr", 100, "h-hundred"}, {"fr", 200, "2 h-hundred"}, {"fr", 1000, "h-thousand"}, {"fr", 1_000_000, "h-million"}, {"fr", 2_000_000, "2 h-million"},
	} {
		if got, err := Ordinal(c.language, c.n); err != nil || !slices.Equal(got, names(c.want)) {
			t.Errorf("%d in %s: %q, %v, want %q", c.n, c.language, got, err, c.want)
		}
	}
}
