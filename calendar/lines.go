package calendar

import (
	"bytes"
	"errors"
	"fmt"
	"iter"
	"strings"

	ics "github.com/arran4/golang-ical"
)

// contentLines gives a file as the parser bears it, which refuses a whole file for one odd line: content lines (RFC 5545 §3.1) that are not
// folded, names in upper case, one VCALENDAR where there are several. notes name the lines that are none, which are left out.
func contentLines(file []byte) (text []byte, notes []string, err error) {
	var out bytes.Buffer
	depth := 0
	for number, line := range unfolded(file) {
		name, value := lineName(line)
		switch {
		case strings.TrimSpace(line) == "":
			continue
		case value == "VCALENDAR" && name == "END":
			continue
		case value == "VCALENDAR" && name == "BEGIN":
			if out.Len() > 0 {
				continue
			}
		case out.Len() == 0:
			return nil, nil, errors.New("this is no iCalendar file (RFC 5545): it does not begin with BEGIN:VCALENDAR")
		case name == "BEGIN":
			if depth++; depth > maxDepth {
				return nil, nil, fmt.Errorf("this is no iCalendar file: components are within each other more than %d deep", maxDepth)
			}
		case name == "END":
			depth--
		}
		if parsed, err := ics.ParseProperty(ics.ContentLine(line)); err != nil || parsed == nil {
			notes = append(notes, fmt.Sprintf("line %d is no property: %.40q", number, line))
			continue
		}
		if name == "BEGIN" || name == "END" {
			line = name + ":" + value
		} else {
			line = name + line[len(name):]
		}
		out.WriteString(line + "\r\n")
	}
	out.WriteString("END:VCALENDAR\r\n")
	return out.Bytes(), notes, nil
}

// lineName gives the name of a content line, in upper case, and what is behind the colon of one without parameters, too.
func lineName(line string) (name, value string) {
	end := strings.IndexAny(line, ":;")
	if end < 0 {
		return "", ""
	}
	if name = strings.ToUpper(line[:end]); line[end] == ':' {
		value = strings.ToUpper(strings.TrimSpace(line[end+1:]))
	}
	return name, value
}

// unfolded gives the lines of a file with their numbers: what begins with a blank goes on (RFC 5545 §3.1). Control characters are
// left out.
func unfolded(file []byte) iter.Seq2[int, string] {
	return func(yield func(int, string) bool) {
		var whole []byte
		begun, number := 0, 0
		for line := range bytes.Lines(file) {
			number++
			line = bytes.TrimRight(line, "\r\n")
			if len(line) > 0 && (line[0] == ' ' || line[0] == '\t') {
				whole = append(whole, line[1:]...)
				continue
			}
			if begun > 0 && !yield(begun, withoutControls(whole)) {
				return
			}
			whole, begun = append(whole[:0], line...), number
		}
		if begun > 0 {
			yield(begun, withoutControls(whole))
		}
	}
}

func withoutControls(line []byte) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' && r != '\t' || r == 0x7f {
			return -1
		}
		return r
	}, string(line))
}
