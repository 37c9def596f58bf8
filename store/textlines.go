package store

import (
	"bytes"
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// objectAt names an object of a text.
type objectAt struct {
	kind string
	id   int
}

var (
	blockLine = regexp.MustCompile(`^\s*\[\[\s*"?([a-z]+)"?\s*\]\]`)
	idLine    = regexp.MustCompile(`^\s*id\s*=\s*([0-9]+)\s*(#|$)`)
)

// linesOf finds the lines on which the objects of a text begin, for people who look for a fault. An object that is written in another form
// than Export's has none.
func linesOf(text []byte) map[objectAt]int {
	lines := map[objectAt]int{}
	kind, began, number := "", 0, 0
	for line := range bytes.Lines(text) {
		number++
		line = bytes.TrimRight(line, "\r\n")
		if head := blockLine.FindSubmatch(line); head != nil {
			kind, began = string(head[1]), number
			continue
		}
		if found := idLine.FindSubmatch(line); found != nil && kind != "" {
			if id, err := strconv.Atoi(string(found[1])); err == nil {
				lines[objectAt{kind, id}] = began
			}
			kind = "" // an id in what follows is not the object's
		}
	}
	return lines
}

// where names an object of a text, with its line where that is known.
func (t *Text) where(kind string, id int) string {
	if line := t.lines[objectAt{kind, id}]; line > 0 {
		return fmt.Sprintf("line %d: %s %d", line, kind, id)
	}
	return fmt.Sprintf("%s %d", kind, id)
}

// faultOf says of a fault where its object is, and only once which one it is: "line 12: incalls 3: there is no schedule 4".
func (t *Text) faultOf(kind string, id int, err error) error {
	own := fmt.Sprintf("%s %d: ", strings.TrimSuffix(kind, "s"), id)
	return invalid("%s: %s", t.where(kind, id), strings.TrimPrefix(err.Error(), own))
}

// conflict tells that a line of a text is one of those with which git marks what it could not merge.
func conflict(text []byte, number int) bool {
	for line := range bytes.Lines(text) {
		if number--; number == 0 {
			return bytes.HasPrefix(line, []byte("<<<<<<<")) || bytes.HasPrefix(line, []byte("=======")) || bytes.HasPrefix(line, []byte(">>>>>>>"))
		}
	}
	return false
}
