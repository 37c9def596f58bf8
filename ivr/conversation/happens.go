package conversation

import (
	"strconv"
	"strings"

	"dialtone/ivr"
	"dialtone/ivr/dialplan"
)

// happens reads a line of a call.
func (p *parser) happens(verb word) (err error) {
	l := Line{Verb: Verb(verb.text), Pos: dialplan.Pos{File: p.script.File, Line: p.number, Column: verb.at + 1}, Text: p.source[verb.at:p.end], Cause: -1}
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
		l.When.from = fromSound
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
