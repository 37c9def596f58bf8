package app

import (
	"slices"
	"strings"
	"time"

	"dialtone/ivr"
	"dialtone/ivr/dialplan"
)

// ring waits until somebody answers, and says why nobody did.
func (d *dialling) ring() (winner *called, status string, err error) {
	if err := d.waiting(); err != nil {
		return nil, "CANCEL", err
	}
	for {
		left := false
		for i, c := range d.calls {
			up, err := d.heed(c)
			if err != nil {
				return nil, "CANCEL", err
			}
			if up {
				return c, "ANSWER", nil
			}
			left = left || !d.calls[i].over // which may be another one now
		}
		if !left {
			return nil, d.failure(), nil
		}
		wait, last := d.left()
		if wait == 0 {
			return nil, last, nil
		}
		key, err := d.r.Wait(ivr.Wait{For: wait, Wake: d.notice, Keys: ivr.AllKeys})
		switch {
		case err != nil:
			return nil, "CANCEL", err
		case key != 0 && d.leaves(key):
			return nil, "CANCEL", nil
		}
	}
}

// waiting lets the caller hear what the options ask for while it rings.
func (d *dialling) waiting() error {
	switch {
	case d.has('m'):
		if m, ok := d.r.Line().(ivr.Musician); ok {
			if err := d.early183(); err != nil {
				return err
			}
			return m.Music(d.options['m'])
		}
	case d.has('r'), d.has('R'):
		return d.ringing()
	}
	return nil
}

// left is how long to wait for an answer, below 0: without end; at 0 it is over, for
// the reason that status tells.
func (d *dialling) left() (wait time.Duration, status string) {
	wait = -1
	if !d.ends.IsZero() {
		wait, status = max(d.ends.Sub(d.r.Now()), 0), "NOANSWER"
	}
	if !d.early.IsZero() && !d.rang && !d.progressed {
		if early := max(d.early.Sub(d.r.Now()), 0); wait < 0 || early < wait {
			wait, status = early, "CHANUNAVAIL"
		}
	}
	return wait, status
}

// heed sees to what a call has come to, and tells whether it was answered.
func (d *dialling) heed(c *called) (up bool, err error) {
	if c.over {
		return false, nil
	}
	state, cause := c.State()
	switch state {
	case ivr.CalledOver:
		c.over = true
		if moved, err := d.follow(c); moved || err != nil {
			return false, err
		}
		d.count(cause)
	case ivr.CalledUp:
		return true, nil
	case ivr.CalledRinging:
		err = d.alerted()
		c.Attend()
	case ivr.CalledProgress:
		if !d.progressed {
			d.progressed = true
			d.lasted("PROGRESSTIME", d.began)
		}
		if len(d.calls) == 1 && !d.has('r') && !d.has('m') {
			if err = d.early183(); err == nil {
				err = d.indicate("")
			}
			d.r.Join(c)
		}
		c.Attend()
	}
	return false, err
}

// alerted lets the caller hear that one of the called ones is.
func (d *dialling) alerted() error {
	if d.rang {
		return nil
	}
	d.rang = true
	d.lasted("RINGTIME", d.began)
	if d.has('m') {
		return nil
	}
	return d.ringing()
}

// maxForwards bounds how often a call is passed on by those it reaches.
const maxForwards = 5

// follow calls where a called one sends its caller instead, unless option i forbids it; moved tells that it does.
func (d *dialling) follow(c *called) (moved bool, err error) {
	to, ok := c.Moved()
	switch {
	case !ok || d.has('i'):
		return false, nil
	case d.r.Forwards() >= maxForwards:
		d.r.Warn("Dial: %s sends the call on to %s, which is the %dth to do so: it is not followed", c.Name(), to.Exten, maxForwards+1)
		return false, nil
	case !d.r.Exists(to):
		d.r.Warn("Dial: %s sends the call on to %s, an extension that context %s does not have", c.Name(), to.Exten, to.Context)
		return false, nil
	}
	caller := d.caller(to.Exten)
	caller.RDNIS, _, _ = strings.Cut(c.resource, "/")
	local, err := d.r.CallForwarded(to, caller, d.notice)
	if err != nil {
		return false, err
	}
	charge(d.r.Origin(), c)
	if d.has('z') {
		d.ends, d.early = time.Time{}, time.Time{}
	}
	d.r.Set("FORWARDERNAME", c.Name())
	next := &called{Called: local, resource: to.Exten + "@" + to.Context}
	d.calls[slices.Index(d.calls, c)] = next
	return true, d.begin([]*called{next})
}

// count notes why a call ended.
func (d *dialling) count(cause int) {
	d.cause = cause
	switch cause {
	case 17:
		d.busy++
	case 34, 38, 41, 42, 47:
		d.congested++
	case 16, 18, 19:
	default:
		d.nowhere++
	}
}

// failure is the status when no call is left.
func (d *dialling) failure() string {
	switch {
	case d.busy+d.congested+d.nowhere < len(d.calls):
		return "NOANSWER"
	case d.busy > 0:
		return "BUSY"
	case d.congested > 0:
		return "CONGESTION"
	}
	return "CHANUNAVAIL"
}

// ringing lets the caller hear that it rings: by its telephone, or by a tone once it hears us.
func (d *dialling) ringing() error {
	if err := d.r.Ringing(); err != nil {
		return err
	}
	return d.indicate("ring")
}

func (d *dialling) early183() error {
	return d.r.Progress()
}

// leaves sees to a key that the caller presses while it rings, and tells whether it
// ends the ringing.
func (d *dialling) leaves(key byte) bool {
	if d.has('H') && key == '*' {
		return true
	}
	if d.has('d') {
		context, _ := d.r.Variable("EXITCONTEXT")
		if context == "" {
			context = d.r.Place().Context
		}
		place := dialplan.Place{Context: context, Exten: string(key), Priority: 1}
		if d.r.Exists(place) {
			d.r.Goto(place)
			return true
		}
	}
	for _, c := range d.calls {
		if len(d.calls) == 1 && !c.over {
			c.Press(key)
		}
	}
	return false
}

// indicate plays a tone to the caller, and ends the one before.
func (d *dialling) indicate(name string) error {
	if name == d.tone {
		return nil
	}
	d.tone = name
	return d.r.Indicate(name)
}
