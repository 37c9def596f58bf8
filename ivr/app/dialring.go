package app

import (
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
		for _, c := range d.calls {
			up, err := d.heed(c)
			if err != nil {
				return nil, "CANCEL", err
			}
			if up {
				return c, "ANSWER", nil
			}
			left = left || !c.over
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
	state, cause := c.local.State()
	switch state {
	case ivr.LocalOver:
		c.over = true
		d.count(cause)
	case ivr.LocalUp:
		return true, nil
	case ivr.LocalRinging:
		if !d.rang {
			d.rang = true
			d.lasted("RINGTIME", d.began)
			if !d.has('m') {
				err = d.ringing()
			}
		}
		c.local.Attend()
	case ivr.LocalProgress:
		if !d.progressed {
			d.progressed = true
			d.lasted("PROGRESSTIME", d.began)
		}
		if len(d.calls) == 1 && !d.has('r') && !d.has('m') {
			if err = d.early183(); err == nil {
				err = d.indicate("")
			}
			c.local.Join(d.r.Channel())
		}
		c.local.Attend()
	}
	return false, err
}

// count notes why a call ended.
func (d *dialling) count(cause int) {
	d.cause = cause
	switch cause {
	case 17:
		d.busy++
	case 34:
		d.congested++
	case 16, 19:
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

// ringing lets the caller hear that it rings.
func (d *dialling) ringing() error {
	if !d.r.Channel().Answered() {
		return d.r.Ringing()
	}
	return d.indicate("ring")
}

func (d *dialling) early183() error {
	if d.r.Channel().Answered() {
		return nil
	}
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
			c.local.Press(key)
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
