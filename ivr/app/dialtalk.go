package app

import (
	"errors"
	"strings"
	"time"

	"dialtone/ivr"
)

// answered connects the caller with the one who answered, until one of them hangs up.
func (d *dialling) answered(c *called) error {
	r := d.r
	d.hangUp(c)
	r.Set("DIALSTATUS", "ANSWER")
	r.Set("DIALEDPEERNAME", c.Side().Name())
	r.Set("DIALEDPEERNUMBER", c.resource)
	on, err := d.introduce(c)
	if err != nil || !on {
		c.Hangup(0)
		d.lasted("DIALEDTIME", d.began)
		return err
	}
	if p, ok := r.Line().(ivr.Presenter); ok {
		p.Present(c.Called)
	}
	if err := r.Answer(); err != nil {
		return err
	}
	if target, apart := d.options['G']; apart {
		return d.separate(c, target)
	}
	r.Join(c)
	return d.connected(c)
}

// connected is the talk with one who is joined, and what follows it.
func (d *dialling) connected(c *called) error {
	began := d.r.Now()
	c.Attend()
	joined(d.r, true)
	err := d.talk(c)
	joined(d.r, false)
	d.r.Part(c)
	d.lasted("ANSWEREDTIME", began)
	d.lasted("DIALEDTIME", d.began)
	return d.conclude(c, err)
}

// conclude decides where the call goes after the talk.
func (d *dialling) conclude(c *called, err error) error {
	if d.away {
		return nil
	}
	if err != nil {
		if target, after := d.options['F']; after && errors.Is(err, ivr.ErrHangup) {
			d.goOnAlone(c, target)
		} else {
			c.Hangup(endedWith(d.r))
		}
		c.over = true
		return err
	}
	state, cause := c.State()
	if state != ivr.CalledOver {
		cause = 16
		c.Hangup(cause)
	}
	c.over = true
	d.r.SetCause(cause)
	if d.has('g') {
		return nil
	}
	return d.r.Hangup(cause)
}

// endedWith is the cause with which the caller has gone; 16 where nobody knows.
func endedWith(r *ivr.Run) int {
	if e, ok := r.Line().(ivr.Ending); ok {
		if cause := e.EndedWith(); cause != 0 {
			return cause
		}
	}
	return 16
}

// goOnAlone sends the called one to its own place when the caller has gone.
func (d *dialling) goOnAlone(c *called, target string) {
	place := d.r.Place()
	place.Priority++
	if target != "" {
		var err error
		if place, err = d.r.Target(places(target)); err != nil {
			d.r.Warn("Dial: F(%s): %v", target, err)
			c.Hangup(16)
			return
		}
	}
	c.Live(d.r, place)
}

// separate is option G: the caller goes to a place, the called one to the priority
// behind it.
func (d *dialling) separate(c *called, target string) error {
	place, err := d.r.Target(places(target))
	if err != nil {
		c.Hangup(16)
		return err
	}
	c.over = true
	c.Attend()
	d.r.Goto(place)
	place.Priority++
	c.Live(d.r, place)
	return nil
}

// introduce plays the announcements of option A and runs the Gosub of option U; on is
// false when they shall not be connected.
func (d *dialling) introduce(c *called) (on bool, err error) {
	announcement, announced := d.options['A']
	target := d.options['U']
	if !announced && target == "" {
		return true, nil
	}
	c.Attend()
	party := d.r.Party(c, d.r.Place())
	if announced {
		toCalled, toCaller, _ := strings.Cut(announcement, ":")
		if err := errors.Join(played(party, toCalled), played(d.r, toCaller)); err != nil {
			return false, err
		}
	}
	if target == "" {
		return true, nil
	}
	context, args, _ := strings.Cut(target, "^")
	if err := d.onParty(party, context+",s,1("+strings.ReplaceAll(args, "^", ",")+")"); err != nil {
		return false, err
	}
	return d.judge(party.Value("GOSUB_RESULT"))
}

// judge is what the Gosub of option U decided.
func (d *dialling) judge(result string) (on bool, err error) {
	verdict, place, _ := strings.Cut(result, ":")
	switch strings.ToUpper(verdict) {
	case "BUSY", "CONGESTION":
		d.r.Set("DIALSTATUS", strings.ToUpper(verdict))
	case "CONTINUE":
	case "ABORT":
		return false, d.r.Hangup(16)
	case "GOTO":
		return false, d.r.GotoTarget(places(place))
	default:
		return true, nil
	}
	return false, nil
}

// played plays an announcement, if there is one; a missing sound is warned of.
func played(r *ivr.Run, sound string) error {
	if sound == "" {
		return nil
	}
	_, err := r.Play([]string{sound}, "", "")
	var missing *ivr.SoundError
	if errors.As(err, &missing) {
		r.Warn("Dial: %v", missing)
		return nil
	}
	return err
}

// talk lasts until the called one hangs up, the caller does (an error), or the time
// is over.
func (d *dialling) talk(c *called) error {
	if digits, ok := d.options['D']; ok {
		if err := d.send(c, digits); err != nil {
			return err
		}
	}
	d.near = side{keys: featureKeys{codes: d.codes('H', 'T', 'W', 'X')}}
	d.far = side{keys: featureKeys{codes: d.codes('h', 't', 'w', 'x')}, called: true}
	d.intercept(c)
	limit := d.limit()
	for {
		if state, _ := c.State(); state == ivr.CalledOver {
			return nil
		}
		c.Attend()
		if over, err := d.calledPressed(c); err != nil || over { // from the first time on its keys wake this run
			return err
		}
		wait, over, err := limit.next(d.r)
		if err != nil || over {
			return err
		}
		now := d.r.Now()
		wait = d.far.keys.soonest(d.near.keys.soonest(wait, now), now)
		key, err := d.r.Wait(ivr.Wait{For: wait, Wake: d.notice, Keys: ivr.AllKeys})
		if err != nil {
			return err
		}
		if over, err := d.pressed(&d.near, c, key); err != nil || over {
			return err
		}
	}
}

// calledPressed sees to the keys of the called one, where they come here.
func (d *dialling) calledPressed(c *called) (over bool, err error) {
	for d.overhears() {
		key, more := c.Key()
		if over, err = d.pressed(&d.far, c, key); over || err != nil || !more {
			return over, err
		}
	}
	return false, nil
}

// Digits of option D: how long each lasts, and what is between two.
const (
	digitLength = 100 * time.Millisecond
	digitGap    = 250 * time.Millisecond
)

// send presses the digits of option D: those for the called one, then those for the
// caller. A w is half a second.
func (d *dialling) send(c *called, digits string) error {
	toCalled, toCaller, _ := strings.Cut(digits, ":")
	keypad, _ := d.r.Line().(ivr.Keypad)
	for i, list := range []string{toCalled, toCaller} {
		for j := range len(list) {
			key := list[j]
			switch {
			case key == 'w' || key == 'W':
				if err := d.r.Sleep(500 * time.Millisecond); err != nil {
					return err
				}
				continue
			case i == 0:
				c.Send(key)
			case keypad != nil:
				if err := keypad.SendDigit(key, digitLength); err != nil {
					d.r.Warn("Dial: the digit %c is not sent: %v", key, err)
				}
			}
			if err := d.r.Sleep(digitLength + digitGap); err != nil {
				return err
			}
		}
	}
	return nil
}

// talkLimit is how long a talk may last, and when the caller is warned of its end.
type talkLimit struct {
	ends, warn time.Time // zero: never
	repeat     time.Duration
}

// limit reads the options L(ms[:warning[:repeat]]) and S(seconds).
func (d *dialling) limit() (l talkLimit) {
	now := d.r.Now()
	if s, ok := seconds(d.options['S']); ok && s > 0 {
		l.ends = now.Add(s)
	}
	part := strings.SplitN(d.options['L'], ":", 3)
	ms := func(i int) time.Duration {
		n, _ := ivr.LeadingInt(argument(part, i))
		return time.Duration(max(n, 0)) * time.Millisecond
	}
	if ms(0) > 0 {
		l.ends = now.Add(ms(0))
		if ms(1) > 0 && ms(1) < ms(0) {
			l.warn, l.repeat = l.ends.Add(-ms(1)), ms(2)
		}
	}
	return l
}

// next is how long to wait, below 0: without end. A warning that is due is begun.
func (l *talkLimit) next(r *ivr.Run) (wait time.Duration, over bool, err error) {
	now := r.Now()
	if l.ends.IsZero() {
		return -1, false, nil
	}
	if !now.Before(l.ends) {
		return 0, true, l.sound(r, "LIMIT_TIMEOUT_FILE", "")
	}
	if !l.warn.IsZero() && !now.Before(l.warn) {
		l.warn = l.warn.Add(l.repeat)
		if l.repeat == 0 {
			l.warn = time.Time{}
		}
		if err := l.sound(r, "LIMIT_WARNING_FILE", "beep"); err != nil {
			return 0, false, err
		}
	}
	next := l.ends
	if !l.warn.IsZero() && l.warn.Before(next) {
		next = l.warn
	}
	return next.Sub(now), false, nil
}

// sound begins the sound that a variable names.
func (l *talkLimit) sound(r *ivr.Run, variable, otherwise string) error {
	sound, _ := r.Variable(variable)
	if sound == "" {
		sound = otherwise
	}
	if to, _ := r.Variable("LIMIT_PLAYAUDIO_CALLER"); sound == "" || to != "" && !isTrue(to) {
		return nil
	}
	_, err := r.Start([]string{sound}, "", 0)
	var missing *ivr.SoundError
	if errors.As(err, &missing) {
		r.Warn("Dial: %v", missing)
		return nil
	}
	return err
}
