package dialplan

import (
	"fmt"
	"strings"
)

// Pos is a place in a file. Line and Column count from 1, the column in bytes; 0 is unknown.
type Pos struct {
	File   string `json:"file"`
	Line   int    `json:"line"`
	Column int    `json:"column"`
}

// String is file:line:column, as far as it is known.
func (p Pos) String() string {
	switch {
	case p.Line == 0:
		return p.File
	case p.Column == 0:
		return fmt.Sprintf("%s:%d", p.File, p.Line)
	}
	return fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Column)
}

// Severity is how bad a Problem is.
type Severity uint8

const (
	Warning Severity = iota // the line counts, but perhaps not as it was meant
	Error                   // the line is skipped, or, with Problem.Structure, all files are refused
)

func (s Severity) String() string {
	if s == Error {
		return "error"
	}
	return "warning"
}

// A Problem is one fault of a dialplan.
type Problem struct {
	Pos
	Severity  Severity
	Structure bool   // nothing can be made of the files; the dialplan in force stays
	Text      string // what is wrong, and what became of the line
	Suggest   string // what may have been meant; empty: no idea
}

// Error is the problem in one line, with its place.
func (p Problem) Error() string {
	if p.Suggest != "" {
		return fmt.Sprintf("%s: %s (did you mean %s?)", p.Pos, p.Text, p.Suggest)
	}
	return fmt.Sprintf("%s: %s", p.Pos, p.Text)
}

// String is the same as Error.
func (p Problem) String() string { return p.Error() }

// suggest finds the word that was probably meant: one that differs in at most a third of the letters, and in three. Empty: none.
func suggest(word string, words []string) string {
	return Nearest(word, words, min(len(word)/3, 3))
}

// Nearest finds the word that was probably meant: of those that differ from it in at most so many letters, upper and lower
// case alike, the nearest, and of equally near ones the first. Empty: none.
func Nearest(word string, words []string, letters int) string {
	best, most := "", letters+1
	for _, w := range words {
		if d := distance(strings.ToLower(word), strings.ToLower(w), most); d < most {
			best, most = w, d
		}
	}
	return best
}

// distance is how many letters must be changed, added, left out or swapped to make b of a; limit if it is that many or more.
// Names over 80 bytes are not compared.
func distance(a, b string, limit int) int {
	if len(a) > len(b)+limit || len(b) > len(a)+limit || len(a) > 80 {
		return limit
	}
	before, last, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := range len(a) {
		row[0] = i + 1
		for j := range len(b) {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			row[j+1] = min(last[j]+cost, last[j+1]+1, row[j]+1)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				row[j+1] = min(row[j+1], before[j-1]+1)
			}
		}
		before, last, row = last, row, before
	}
	return min(last[len(b)], limit)
}
