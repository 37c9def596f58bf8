package conversation

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
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
	if len(p.script.Plan) == 0 {
		faults = append(faults, &Fault{dialplan.Pos{File: file, Line: 1, Column: 1}, `no dialplan is named: begin with "plan PATH"`})
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
	rest   []word // of the present line
	end    int    // its length
	text   string
}

// word is a part of a line.
type word struct {
	text   string
	at     int  // column, from 0
	quoted bool // it stood in " or in <
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
	p.rest, p.end = words[1:], len(line)
	last := words[len(words)-1]
	p.text = strings.TrimSpace(line[verb.at:max(last.at+len(last.text), min(len(line), p.end))])
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

// happens reads a line of a call.
func (p *parser) happens(verb word) (err error) {
	l := Line{Verb: Verb(verb.text), Pos: dialplan.Pos{File: p.script.File, Line: p.number, Column: verb.at + 1}, Text: p.text, Cause: -1}
	if l.Verb != Logs {
		l.Text, _, _ = strings.Cut(l.Text, " #")
		l.Text = strings.TrimRight(l.Text, " \t")
		if l.Verb == Pushes && strings.HasSuffix(l.Text, "press") {
			l.Text += " #"
		}
	}
	switch l.Verb {
	case Hears:
		if p.is("only") {
			p.call.Only = true
			return nil
		}
		l.Next = p.is("next")
		err = p.sound(&l)
	case Pushes:
		err = p.press(&l)
	case "hangs":
		l.Verb = HangsUp
		if !p.is("up") {
			return p.fault(verb.at, "%q: write hangs up", "hangs")
		}
		err = p.when(&l)
	case Silence:
		l.For, err = p.duration()
	case Goes:
		var w word
		if w, err = p.next("a place, CONTEXT,EXTEN,"); err == nil {
			l.Place, l.Label, err = p.place(w)
		}
	case Sets:
		l.Name, l.Value, err = p.assignment()
	case Logs:
		var w word
		if w, err = p.next(`a text in "", or nothing,`); err == nil {
			if !w.quoted && w.text != "nothing" {
				return p.fault(w.at, `the text stands in "": logs "part of the message"`)
			}
			if w.quoted {
				l.Value = w.text
			}
		}
	case Ends:
		err = p.ends(&l)
	}
	if err == nil {
		p.call.Lines = append(p.call.Lines, l)
	}
	return err
}

func (p *parser) sound(l *Line) error {
	w, err := p.next("the sound's name")
	l.Name = w.text
	if err == nil && w.text == "" {
		return p.fault(w.at, "the sound's name is empty")
	}
	return err
}

func (p *parser) press(l *Line) error {
	w, err := p.next("the keys")
	if err != nil {
		return err
	}
	l.Keys = strings.ToUpper(w.text)
	if bad := strings.Trim(l.Keys, ivr.AllKeys); bad != "" || l.Keys == "" {
		return p.fault(w.at, "%q are no keys: they are 0 to 9, *, # and A to D", w.text)
	}
	return p.when(l)
}

// when reads [during NAME] [after DURATION | after it [DURATION] | at DURATION].
func (p *parser) when(l *Line) (err error) {
	if p.is("during") {
		if err := p.sound(l); err != nil {
			return err
		}
	}
	switch {
	case len(p.rest) == 0:
	case p.is("at"):
		l.When.from = fromAnswer
		l.When.delay, err = p.duration()
	case !p.is("after"):
		return p.fault(p.rest[0].at, "the moment is during NAME, after DURATION, after it or at DURATION, not %q", p.rest[0].text)
	case p.is("it"):
		l.When = when{fromEnd, reaction}
		if len(p.rest) > 0 {
			l.When.delay, err = p.duration()
		}
	default:
		l.When.delay, err = p.duration()
	}
	return err
}

var enders = map[string]ivr.By{"caller": ivr.ByCaller, "dialplan": ivr.ByDialplan, "timeout": ivr.ByTimeout, "error": ivr.ByError}

func (p *parser) ends(l *Line) error {
	for len(p.rest) > 0 {
		w := p.rest[0]
		p.rest = p.rest[1:]
		var err error
		switch cause, bad := strconv.Atoi(w.text); {
		case bad == nil && cause >= 0:
			l.Cause = cause
		case w.text == "within":
			l.For, err = p.duration()
		case w.text == "by":
			var who word
			if who, err = p.next("who ends the call"); err == nil {
				var known bool
				if l.By, known = enders[who.text]; !known {
					err = p.fault(who.at, "%q ends no call: it is caller, dialplan, timeout or error", who.text)
				}
			}
		case w.text == "at":
			var place word
			if place, err = p.next("a place, CONTEXT,EXTEN,"); err == nil {
				l.Place, _, err = p.place(place)
			}
		default:
			err = p.fault(w.at, "behind ends come a cause, within DURATION, by WHO and at CONTEXT,EXTEN, not %q", w.text)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
