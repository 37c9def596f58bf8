package sip

import (
	"math/rand/v2"
	"sync"
	"time"
)

// Limits of what waits for a processor.
const (
	overloadWait   = 150 * time.Millisecond // so long may a call wait to be looked at; then all that comes after it in its set-up waits, too
	calmWait       = overloadWait / 4       // after that, so long is short enough again
	overloadWindow = 50 * time.Millisecond
	overloadCalls  = 10          // fewer than that in a window are not too many, whatever they waited for
	overloadStale  = time.Second // what was measured so long ago says nothing
)

// overload tells whether the machine has more calls to set up than it can: then new ones are refused with 503, which costs
// little, so that those that are there go on (RFC 3261 §21.5.4). It is told how long each new call has waited, from its
// arrival at the machine until its goroutine ran. What counts is the shortest wait of a window: a burst, or a processor that somebody else had
// for a moment, has short ones between the long.
type overload struct {
	mu    sync.Mutex
	since time.Time     // begin of the window
	least time.Duration // shortest wait in it
	calls int           // in it
	over  bool
}

// saw is told that it is the turn of a call that came at a time.
func (o *overload) saw(clock func() time.Time, came time.Time) {
	now := clock()
	wait := now.Sub(came)
	o.mu.Lock()
	defer o.mu.Unlock()
	if now.Sub(o.since) >= overloadWindow {
		limit := overloadWait
		if o.over {
			limit = calmWait
		}
		o.over = o.calls >= overloadCalls && o.least > limit && now.Sub(o.since) < overloadStale
		o.since, o.calls = now, 0
	}
	if o.calls++; o.calls == 1 || wait < o.least {
		o.least = wait
	}
}

// refuses tells whether a call that comes now is refused.
func (o *overload) refuses(now time.Time) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.over && now.Sub(o.since) < overloadStale
}

// tooBusy is how a call is refused; callers are told different times, so that they do not come back together.
func tooBusy() *Refusal {
	return Unavailable(time.Duration(2+rand.IntN(4))*time.Second, "more calls at once than the machine can set up")
}
