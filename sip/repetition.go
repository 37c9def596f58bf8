package sip

import (
	"time"

	gosip "github.com/emiago/sipgo/sip"
)

// repetition is when a message that may have been lost is sent again: after T1, then after twice as long each time but
// no longer than most, and given up 64·T1 after it was sent first (RFC 3261 §17: timers A and B, E and F, G and H).
type repetition struct {
	wait, most time.Duration
	end        time.Time
}

// repeated is the repetition of what was sent at now. On a connection nothing is sent twice: all that comes is the end.
func repeated(now time.Time, reliable bool, most time.Duration) repetition {
	r := repetition{wait: gosip.T1, most: most, end: now.Add(64 * gosip.T1)}
	if reliable {
		r.wait = 64 * gosip.T1
	}
	return r
}

// next is how long to wait now; false: it is given up.
func (r *repetition) next(now time.Time) (time.Duration, bool) {
	left := r.end.Sub(now)
	if left <= 0 {
		return 0, false
	}
	after := min(r.wait, left)
	r.wait = min(2*r.wait, r.most)
	return after, true
}
