package ivr

import "time"

// RealTime is the Pace of live calls.
var RealTime Pace = realTime{}

type realTime struct{}

func (realTime) Now() time.Time { return time.Now() }

func (realTime) Go(f func()) { go f() }

func (realTime) Wait(until time.Time, a, b <-chan struct{}) <-chan struct{} {
	var timer <-chan time.Time
	if !until.IsZero() {
		t := time.NewTimer(time.Until(until))
		defer t.Stop()
		timer = t.C
	}
	select {
	case <-a:
		return a
	case <-b:
		return b
	case <-timer:
		return nil
	}
}

// bell wakes one waiter. Rung while nobody waits, it wakes the next one at once.
type bell chan struct{}

func newBell() bell { return make(bell, 1) }

func (b bell) ring() {
	select {
	case b <- struct{}{}:
	default:
	}
}
