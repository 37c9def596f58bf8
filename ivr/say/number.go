package say

import (
	"fmt"
	"strings"
)

// Largest is the largest number that is spoken; -Largest is the smallest.
const Largest = 999_999_999_999

// TooLargeError tells of a number that no language speaks.
type TooLargeError struct{ Number int64 }

func (e *TooLargeError) Error() string {
	return fmt.Sprintf("the number %d is too large to say: from -%d to %[2]d they are spoken; SayDigits speaks any", e.Number, Largest)
}

// gender is what a number agrees with, for a language that has two.
type gender bool

const (
	masculine gender = false
	feminine  gender = true
)

// Number speaks a number. The gender is that of what is counted, f for feminine;
// only French tells it. A number beyond Largest is a *TooLargeError.
func Number(language string, n int64, gender string) ([]string, error) {
	g := masculine
	if strings.EqualFold(gender, "f") {
		g = feminine
	}
	return signed(n, func(n int64) []string { return speech(language).cardinal(n, g) })
}

// Ordinal speaks the place of something in a row: first, twenty second. A number
// beyond Largest is a *TooLargeError.
func Ordinal(language string, n int64) ([]string, error) {
	return signed(n, speech(language).ordinal)
}

// signed puts minus before a number below 0. There is no word for the 0th.
func signed(n int64, speak func(int64) []string) ([]string, error) {
	switch {
	case n > Largest || n < -Largest:
		return nil, &TooLargeError{n}
	case n < 0:
		return append([]string{"digits/minus"}, speak(-n)...), nil
	case n == 0:
		return []string{digit(0)}, nil
	}
	return speak(n), nil
}

// number speaks a number above 0 that is known to be small enough.
func number(g grammar, n int) []string {
	names, _ := signed(int64(n), func(n int64) []string { return g.cardinal(n, masculine) })
	return names
}

// lastOrdinal makes an ordinal of a number by its last word: two hundred and third.
func lastOrdinal(names []string) []string {
	last := len(names) - 1
	names[last] = "digits/h-" + strings.TrimPrefix(names[last], "digits/")
	return names
}

// scale is a power of a thousand with the word for it.
type scale struct {
	value int64
	word  string
}
