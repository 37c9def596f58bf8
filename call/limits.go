package call

import (
	"fmt"
	"sync/atomic"
	"time"

	"dialtone/sip"
)

// Limits refuses new calls early and cheaply, before anything is built for them, so that the calls
// in progress are not harmed.
type Limits struct {
	MaxCalls int // live calls at once; 0: no limit but the RTP ports

	live atomic.Int64
}

// retryAfter is what a refused caller is told to wait.
const retryAfter = 5 * time.Second

// Admit takes a place for a call, or says why there is none. Each admitted call gives its place
// back by Leave.
func (l *Limits) Admit() *sip.Refusal {
	if n := l.live.Add(1); l.MaxCalls > 0 && n > int64(l.MaxCalls) {
		l.live.Add(-1)
		return sip.Unavailable(retryAfter, fmt.Sprintf("%d calls are up, the most that max-calls allows", n-1))
	}
	return nil
}

// Live is how many places are taken.
func (l *Limits) Live() int { return int(l.live.Load()) }

// Leave gives back the place that Admit took.
func (l *Limits) Leave() { l.live.Add(-1) }
