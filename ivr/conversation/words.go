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
	at     int  // where it begins, from 0
	end    int  // where it ends
	quoted bool // it stands in "
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
			words = append(words, word{line[i+1 : i+1+end], i, i + end + 2, true})
			i += end + 2
		default:
			end := i
			for end < len(line) && line[end] != ' ' && line[end] != '\t' {
				if n := strings.IndexByte(line[end+1:], '"'); line[end] == '"' && n >= 0 {
					end += n + 1 // NAME="a value"
				}
				end++
			}
			words = append(words, word{line[i:end], i, end, false})
			i = end
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

// assignment reads NAME=VALUE or NAME = VALUE, where the value is the rest of the line. A " round all of
// it is taken off.
func (p *parser) assignment() (name, value string, err error) {
	first, err := p.next("NAME = VALUE")
	if err != nil {
		return "", "", err
	}
	name, _, joined := strings.Cut(first.text, "=")
	from := first.at + len(name) + 1
	if !joined {
		equals, err := p.next("= and a value")
		if err != nil {
			return "", "", err
		}
		if equals.quoted || equals.text[0] != '=' {
			return "", "", p.fault(equals.at, "behind %s comes = and a value, not %q", name, equals.text)
		}
		from = equals.at + 1
	}
	if name == "" || first.quoted {
		return "", "", p.fault(first.at, "a name is missing before =")
	}
	value = strings.TrimSpace(p.source[from:p.end])
	if n := len(value); n > 1 && strings.IndexByte(value[1:], '"') == n-2 && value[0] == '"' {
		value = value[1 : n-1]
	}
	p.rest = nil
	return name, value, nil
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
