package conversation

import (
	"strconv"
	"strings"
	"time"

	"dialtone/ivr/dialplan"
)

// word is a part of a line.
type word struct {
	text   string
	at     int  // column, from 0
	quoted bool // it stood in " or in <
}

// split makes words of a line. A # of its own behind press is a key.
func (p *parser) split(line string) (words []word, err error) {
	for i := 0; i < len(line); {
		switch c := line[i]; {
		case c == ' ' || c == '\t':
			i++
		case c == '#' && !(len(words) == 1 && words[0].text == "press"):
			return words, nil
		case c == '"':
			end := strings.IndexByte(line[i+1:], '"')
			if end < 0 {
				return nil, p.fault(i, `a " without its second`)
			}
			words = append(words, word{line[i+1 : i+1+end], i, true})
			i += end + 2
		default:
			end := strings.IndexAny(line[i:], " \t")
			if end < 0 {
				end = len(line) - i
			}
			words = append(words, word{line[i : i+end], i, false})
			i += end
		}
	}
	return words, nil
}

// next takes the next word; what says what it should be.
func (p *parser) next(what string) (word, error) {
	if len(p.rest) == 0 {
		return word{}, p.fault(p.end, "%s is missing", what)
	}
	w := p.rest[0]
	p.rest = p.rest[1:]
	return w, nil
}

// is takes the next word if it is text.
func (p *parser) is(text string) bool {
	if len(p.rest) == 0 || p.rest[0].quoted || p.rest[0].text != text {
		return false
	}
	p.rest = p.rest[1:]
	return true
}

// assignment reads NAME=VALUE or NAME = VALUE, where the value is the rest of the line.
func (p *parser) assignment() (name, value string, err error) {
	first, err := p.next("NAME = VALUE")
	if err != nil {
		return "", "", err
	}
	words := append([]word{first}, p.rest...)
	p.rest = nil
	name, value, ok := strings.Cut(first.text, "=")
	if first.quoted || !ok {
		name = first.text
		words = words[1:]
		if len(words) == 0 || words[0].quoted || !strings.HasPrefix(words[0].text, "=") {
			return "", "", p.fault(first.at+len(first.text), "= and a value are missing behind %s", first.text)
		}
		value = words[0].text[1:]
	}
	words = words[1:]
	parts := make([]string, 0, len(words)+1)
	if value != "" || len(words) == 0 {
		parts = append(parts, value)
	}
	for _, w := range words {
		parts = append(parts, w.text)
	}
	if name == "" {
		return "", "", p.fault(first.at, "a name is missing before =")
	}
	return name, strings.Join(parts, " "), nil
}

// place reads CONTEXT,EXTEN[,PRIORITY or label].
func (p *parser) place(w word) (place dialplan.Place, label string, err error) {
	part := strings.Split(w.text, ",")
	if len(part) < 2 || len(part) > 3 || part[0] == "" || part[1] == "" {
		return place, "", p.fault(w.at, "%q is no place: write CONTEXT,EXTEN or CONTEXT,EXTEN,PRIORITY", w.text)
	}
	place = dialplan.Place{Context: part[0], Exten: part[1], Priority: 1}
	if len(part) == 3 {
		if n, err := strconv.Atoi(part[2]); err == nil {
			place.Priority = n
		} else {
			label = part[2]
		}
	}
	if place.Priority < 1 || len(part) == 3 && part[2] == "" {
		return place, "", p.fault(w.at, "%q is no priority", part[2])
	}
	return place, label, nil
}

// duration reads 3.2s, 500ms, 1m, or a number of seconds.
func (p *parser) duration() (time.Duration, error) {
	w, err := p.next("a duration such as 2s")
	if err != nil {
		return 0, err
	}
	d, err := time.ParseDuration(w.text)
	if seconds, bad := strconv.ParseFloat(w.text, 64); bad == nil && seconds >= 0 && seconds < 1e6 {
		d, err = time.Duration(seconds*float64(time.Second)), nil
	}
	if err != nil || d < 0 {
		return 0, p.fault(w.at, "%q is no duration such as 2s, 1.5s or 500ms", w.text)
	}
	return d, nil
}
