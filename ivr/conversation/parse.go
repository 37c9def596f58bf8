package conversation

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"dialtone/ivr"
	"dialtone/ivr/dialplan"
)

// ReadScript reads a file of tests. The error joins a *Fault for each line that
// cannot be understood.
func ReadScript(file string) (*Script, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	return ParseScript(file, string(data))
}

// ParseScript reads the text of a file.
func ParseScript(file, text string) (*Script, error) {
	p := parser{script: &Script{File: file, Lengths: map[string]time.Duration{}}}
	var faults []*Fault
	for line := range strings.SplitSeq(text, "\n") {
		p.number++
		if fault, ok := errors.AsType[*Fault](p.line(strings.TrimSuffix(line, "\r"))); ok {
			faults = append(faults, fault)
		}
	}
	for _, c := range p.script.Calls {
		if c.Call.Place.Context == "" {
			faults = append(faults, &Fault{c.Pos, `nothing says where the call enters: write "to CONTEXT,EXTEN" here or before the first call`})
		}
	}
	slices.SortStableFunc(faults, func(a, b *Fault) int { return a.Line - b.Line })
	all := make([]error, len(faults))
	for i, f := range faults {
		all[i] = f
	}
	return p.script, errors.Join(all...)
}

// parser reads line by line.
type parser struct {
	script *Script
	common TestCall  // what all calls begin with
	call   *TestCall // the present one; nil: before the first
	number int
	source string // the present line
	rest   []word // of it, what is not read yet
	end    int    // where its last word ends; a comment may follow
}

// fault is an error at a column of the present line.
func (p *parser) fault(at int, format string, args ...any) error {
	return &Fault{dialplan.Pos{File: p.script.File, Line: p.number, Column: at + 1}, fmt.Sprintf(format, args...)}
}

var (
	headings = []string{"plan", "sounds", "sound", "missing", "at", "from", "to", "set", "global", "call"}
	verbs    = []string{"hears", "press", "hangs", "silence", "goes", "sets", "logs", "ends", "at", "from", "to", "set", "global", "call"}
)

func (p *parser) line(line string) error {
	words, err := p.split(line)
	if err != nil || len(words) == 0 {
		return err
	}
	verb := words[0]
	p.rest, p.source, p.end = words[1:], line, words[len(words)-1].end
	switch verb.text {
	case "call":
		err = p.begin(verb)
	case "at", "from", "to", "set", "global":
		c := &p.common
		if p.call != nil {
			c = p.call
		}
		err = p.setting(c, verb)
	case "plan", "sounds", "sound", "missing":
		if p.call != nil {
			return p.fault(verb.at, "%s belongs before the first call, as it is for all of them", verb.text)
		}
		err = p.heading(verb)
	case "hears", "press", "hangs", "silence", "goes", "sets", "logs", "ends":
		if p.call == nil {
			return p.fault(verb.at, `%s belongs to a call: write call "what it shows" before`, verb.text)
		}
		err = p.happens(verb)
	default:
		known := headings
		if p.call != nil {
			known = verbs
		}
		if near := dialplan.Nearest(verb.text, known, max(1, min(len(verb.text)/2, 3))); near != "" {
			return p.fault(verb.at, "unknown word %q (did you mean %s?)", verb.text, near)
		}
		return p.fault(verb.at, "unknown word %q; a line begins with one of %s", verb.text, strings.Join(known, ", "))
	}
	if err == nil && len(p.rest) > 0 {
		return p.fault(p.rest[0].at, "%q is too much here", p.rest[0].text)
	}
	return err
}

func (p *parser) heading(verb word) error {
	what := map[string]string{"plan": "a file or directory", "sounds": "a directory", "sound": "the sound's name", "missing": "the sound's name"}
	first, err := p.next(what[verb.text])
	if err != nil {
		return err
	}
	s := p.script
	switch verb.text {
	case "plan", "sounds":
		list := &s.Plan
		if verb.text == "sounds" {
			list = &s.Sounds
		}
		*list = append(*list, first.text)
		for _, w := range p.rest {
			*list = append(*list, w.text)
		}
		p.rest = nil
	case "sound":
		length, err := p.duration()
		if err != nil {
			return err
		}
		s.Lengths[first.text] = length
	case "missing":
		s.Lengths[first.text] = -1
	}
	return nil
}

// begin begins a call.
func (p *parser) begin(verb word) error {
	c := p.common
	c.Pos = dialplan.Pos{File: p.script.File, Line: p.number, Column: verb.at + 1}
	c.Call.Set, c.Call.Globals = slices.Clip(c.Call.Set), slices.Clip(c.Call.Globals)
	p.call = &c
	p.script.Calls = append(p.script.Calls, &c)
	title, err := p.next(`a title in ""`)
	if err != nil {
		return err
	}
	if !title.quoted {
		return p.fault(title.at, `the title stands in "": call "what it shows"`)
	}
	c.Title = title.text
	for len(p.rest) > 0 {
		w := p.rest[0]
		p.rest = p.rest[1:]
		if w.quoted || w.text != "at" && w.text != "from" && w.text != "to" {
			return p.fault(w.at, "behind the title come from CALLER, to PLACE and at TIME, not %q", w.text)
		}
		if err := p.setting(&c, w); err != nil {
			return err
		}
	}
	return nil
}

// setting reads what a call has before it begins.
func (p *parser) setting(c *TestCall, verb word) error {
	switch verb.text {
	case "at":
		c.At = nil
		for again := true; again; again = len(p.rest) > 0 && !p.rest[0].quoted && p.rest[0].text != "from" && p.rest[0].text != "to" {
			w, err := p.next("a time such as 2026-11-23T12:30:00+01:00")
			if err != nil {
				return err
			}
			at, err := time.Parse(time.RFC3339, strings.TrimSuffix(w.text, ","))
			if err != nil {
				return p.fault(w.at, "%q is no time such as 2026-11-23T12:30:00+01:00 or 2026-11-23T12:30:00Z", w.text)
			}
			c.At = append(c.At, at)
		}
		return nil
	case "to":
		w, err := p.next("where the call enters, CONTEXT,EXTEN,")
		if err != nil {
			return err
		}
		place, label, err := p.place(w)
		if label != "" {
			return p.fault(w.at, "%q is no place to enter: the priority is a number", w.text)
		}
		c.Call.Place = place
		return err
	case "from":
		w, err := p.next(`who calls, "NAME" <NUMBER>,`)
		if err != nil {
			return err
		}
		text := w.text
		if w.quoted {
			text = `"` + w.text + `"`
		}
		if len(p.rest) > 0 && strings.HasPrefix(p.rest[0].text, "<") {
			text += " " + p.rest[0].text
			p.rest = p.rest[1:]
		}
		c.Call.Caller.Name, c.Call.Caller.Number = ivr.ParseCallerID(text)
		return nil
	}
	name, value, err := p.assignment()
	if err != nil {
		return err
	}
	list := &c.Call.Set
	if verb.text == "global" {
		list = &c.Call.Globals
	}
	*list = append(*list, Variable{name, value})
	return nil
}
