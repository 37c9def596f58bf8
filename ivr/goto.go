package ivr

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"dialtone/ivr/dialplan"
)

// Place is where the run stands.
func (r *Run) Place() dialplan.Place { return r.place }

// Goto makes a place the next one. Whether it exists shows at the next step.
func (r *Run) Goto(p dialplan.Place) {
	r.place, r.jumped = p, true
}

// GotoTarget goes to the target of Goto's argument, [[context,]exten,]priority,
// where priority is a number, +n or -n from the present one, or a label. A
// relative priority below 1 leads nowhere: the run goes on.
func (r *Run) GotoTarget(target string) error {
	p, err := r.Target(target)
	if err != nil {
		return err
	}
	if p.Priority > 0 {
		r.Goto(p)
	}
	return nil
}

// Target finds the place that a Goto's argument names; its priority is below 1
// when the argument is a relative one that leads before the first.
func (r *Run) Target(target string) (dialplan.Place, error) {
	if target == "" {
		return dialplan.Place{}, errors.New("needs a target: [[context,]exten,]priority")
	}
	p := r.place
	priority := target
	switch part := strings.Split(target, ","); len(part) {
	case 1:
	case 2:
		p.Exten, priority = part[0], part[1]
	default:
		p.Context, p.Exten, priority = part[0], part[1], part[2]
		if p.Context == "" {
			p.Context = r.place.Context
		}
	}
	if p.Exten == "" {
		p.Exten = r.place.Exten
	}
	sign := 0
	if strings.HasPrefix(priority, "+") {
		sign, priority = 1, priority[1:]
	} else if strings.HasPrefix(priority, "-") {
		sign, priority = -1, priority[1:]
	}
	n, isNumber := LeadingInt(priority)
	switch {
	case isNumber && sign != 0:
		p.Priority = r.place.Priority + sign*n
	case isNumber && n > 0:
		p.Priority = n
	case isNumber:
		return p, fmt.Errorf("priority %q is not above 0", priority)
	default:
		label, ok := r.Label(p, priority)
		if !ok {
			return p, fmt.Errorf("extension %q of context %q has no label %q", p.Exten, p.Context, priority)
		}
		p.Priority = label
	}
	return p, nil
}

// Label finds the priority of a label in the extension of a place.
func (r *Run) Label(p dialplan.Place, label string) (priority int, ok bool) {
	return r.o.Plan().Label(p.Context, p.Exten, label, r.caller.Number, r.ch.Now())
}

// HasContext tells whether the dialplan has a context.
func (r *Run) HasContext(name string) bool {
	return r.o.Plan().Has(name)
}

// LeadingInt reads the integer with which a text begins, after blanks, as C's
// sscanf does; ok is false when there is none. It saturates at ±2³¹.
func LeadingInt(text string) (n int, ok bool) {
	text = strings.TrimLeft(text, " \t\n\v\f\r")
	end := 0
	if end < len(text) && (text[end] == '-' || text[end] == '+') {
		end++
	}
	digits := end
	for end < len(text) && text[end] >= '0' && text[end] <= '9' {
		end++
	}
	if end == digits {
		return 0, false
	}
	n64, err := strconv.ParseInt(text[:end], 10, 32)
	if err != nil && !errors.Is(err, strconv.ErrRange) {
		return 0, false
	}
	return int(n64), true
}

// True is the test of GotoIf, ExecIf, GosubIf, While and IF: a condition is false
// when it is empty or begins with the integer 0; all else is true, text too.
func True(condition string) bool {
	if condition == "" {
		return false
	}
	n, isNumber := LeadingInt(condition)
	return !isNumber || n != 0
}

// Branches splits condition?yes[:no]; question is false without a "?".
func Branches(args string) (condition, yes, no string, question bool) {
	condition, rest, question := strings.Cut(args, "?")
	yes, no, _ = strings.Cut(rest, ":")
	return condition, yes, no, question
}
