package ivr

import (
	"fmt"
	"hash/maphash"
	"strings"

	"dialtone/ivr/dialplan"
)

// circle notices that a run goes round in a circle in which its caller hears
// nothing and presses nothing: nobody would ever get out of it but by hanging up.
type circle struct {
	lines map[*dialplan.Priority]*turns // executed since something was heard
	last  []dialplan.Place              // the steps executed last, the newest last
}

// turns counts the executions of a line.
type turns struct {
	args uint64 // a hash of the arguments
	same int    // with these arguments in a row, while no other line's changed
	all  int
}

// shownSteps is how many steps of a circle are shown at the most.
const shownSteps = 12

var circleSeed = maphash.MakeSeed()

// CircleError ends a call that goes round in a circle without hearing a key or
// playing anything.
type CircleError struct {
	Steps []dialplan.Place // of one turn, the last ones
	Turns int
	Limit string // the field of Limits that was passed
}

// Error shows the circle.
func (e *CircleError) Error() string {
	steps := make([]string, len(e.Steps))
	for i, p := range e.Steps {
		steps[i] = placeText(p)
	}
	return fmt.Sprintf("the same steps for the %dth time (limit %s) while nothing is played and no key comes: %s",
		e.Turns, e.Limit, strings.Join(steps, " → "))
}

// turn notes that a line is executed with its arguments as run.
func (r *Run) turn(line *dialplan.Priority, args string) error {
	c := &r.circle
	if c.lines == nil {
		c.lines = map[*dialplan.Priority]*turns{}
	}
	if len(c.last) == shownSteps {
		copy(c.last, c.last[1:])
		c.last = c.last[:shownSteps-1]
	}
	c.last = append(c.last, r.place)
	hash := maphash.String(circleSeed, args)
	t := c.lines[line]
	if t == nil {
		if len(c.lines) < maxCircle {
			c.lines[line] = &turns{hash, 1, 1}
		}
		return nil
	}
	t.all++
	if t.args == hash {
		t.same++
	} else {
		for _, other := range c.lines {
			other.same = 0
		}
		t.args, t.same = hash, 1
	}
	switch {
	case t.same > r.limits.Repeats:
		return &CircleError{c.oneTurn(r.place), t.same, "Repeats"}
	case t.all > r.limits.Turns:
		return &CircleError{c.oneTurn(r.place), t.all, "Turns"}
	}
	return nil
}

// maxCircle bounds how many lines are counted; a longer circle meets Limits.Steps.
const maxCircle = 1000

// oneTurn gives the steps since a place was passed last but one.
func (c *circle) oneTurn(p dialplan.Place) []dialplan.Place {
	for i := len(c.last) - 2; i >= 0; i-- {
		if c.last[i] == p {
			return c.last[i:]
		}
	}
	return c.last
}

// heard ends a circle: something is played to the caller, or a key came.
func (r *Run) heard() {
	clear(r.circle.lines)
	r.circle.last = r.circle.last[:0]
}
