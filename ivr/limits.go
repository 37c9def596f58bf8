package ivr

import (
	"fmt"
	"runtime"
	"time"
)

// Limits bound what a dialplan may cost the machine that runs it. Zero fields
// take the value of DefaultLimits.
type Limits struct {
	Steps     int // steps in a row that neither play nor wait; more end the call
	Rate      int // steps that each second of playing or waiting allows anew
	Repeats   int // how often a line may be executed with the same arguments while nothing is played, no key comes, and all others stay the same
	Turns     int // how often a line may be executed at all while nothing is played and no key comes
	Variables int // variables of a call
	Value     int // bytes of one value; longer ones are cut
	Memory    int // bytes of all variables of a call, names included
	Depth     int // Gosub calls within each other
	Digits    int // digits of one collected extension
}

// DefaultLimits are far above what a sound dialplan needs.
var DefaultLimits = Limits{
	Steps:     10_000,
	Rate:      2_000,
	Repeats:   300,
	Turns:     5_000,
	Variables: 2_000,
	Value:     16 << 10,
	Memory:    1 << 20,
	Depth:     250,
	Digits:    255,
}

func (l Limits) withDefaults() Limits {
	set := func(v *int, d int) {
		if *v <= 0 {
			*v = d
		}
	}
	set(&l.Steps, DefaultLimits.Steps)
	set(&l.Rate, DefaultLimits.Rate)
	set(&l.Repeats, DefaultLimits.Repeats)
	set(&l.Turns, DefaultLimits.Turns)
	set(&l.Variables, DefaultLimits.Variables)
	set(&l.Value, DefaultLimits.Value)
	set(&l.Memory, DefaultLimits.Memory)
	set(&l.Depth, DefaultLimits.Depth)
	set(&l.Digits, DefaultLimits.Digits)
	return l
}

// LimitError ends a call whose dialplan passed one of its Limits.
type LimitError struct {
	What  string // what was counted, e.g. "steps without playing or waiting"
	Limit int
}

// Error names the limit.
func (e *LimitError) Error() string {
	return fmt.Sprintf("more than %d %s: a loop in the dialplan?", e.Limit, e.What)
}

// idleStep counts a step that so far neither plays nor waits. Now and then it lets
// others run: those who send audio are due every few milliseconds.
func (r *Run) idleStep() error {
	r.idle++
	switch {
	case r.idle > r.limits.Steps:
		return &LimitError{"steps without playing or waiting", r.limits.Steps}
	case r.idle%fairSteps == 0:
		runtime.Gosched()
	}
	return nil
}

// fairSteps is how many steps a run executes in a row while others may have to wait;
// they take less than a tenth of a millisecond.
const fairSteps = 16

// waited tells the step budget that the call has let time pass since start: its
// loop, if it is one, costs no more than the callers' own pace.
func (r *Run) waited(start time.Time) {
	if d := r.ch.Now().Sub(start); d >= time.Millisecond {
		r.idle = max(0, r.idle-int(min(d, time.Hour).Seconds()*float64(r.limits.Rate)))
	}
}
