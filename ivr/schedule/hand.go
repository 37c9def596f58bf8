package schedule

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// Hand is a schedule's switch. The zero value leaves it to the clock.
type Hand struct {
	State State     `json:"state,omitempty"` // Open or Closed; empty: by the clock
	Until time.Time `json:"until,omitzero"`  // when the clock takes over again; zero: when somebody says so
	By    string    `json:"by,omitempty"`    // who switched, for people
	Since time.Time `json:"since,omitzero"`  // when
}

// Holds tells whether h decides at a moment.
func (h Hand) Holds(at time.Time) bool {
	return h.State != "" && (h.Until.IsZero() || at.Before(h.Until))
}

// Turn is how somebody wants to switch a schedule.
type Turn struct {
	To    string    // open, closed, auto (by the clock again) or toggle: what it is not now, or back to the clock; in any case
	Until time.Time // when the clock takes over again; zero: when somebody says so
	Next  bool      // in the place of Until: when the schedule changes by itself the next time
	By    string    // who, for people
}

// ErrTurn is in the errors of a Turn that cannot be.
var ErrTurn = errors.New("the schedule cannot be switched")

// Turned is the switch of s after t.
func (s *Schedule) Turned(t Turn, now time.Time) (Hand, error) {
	byClock := *s
	byClock.Hand = Hand{}
	h := Hand{By: t.By, Since: now, Until: t.Until}
	switch to := strings.ToLower(strings.TrimSpace(t.To)); {
	case to == "auto", to == "toggle" && s.Hand.Holds(now):
		return Hand{By: t.By, Since: now}, nil
	case to == string(Open), to == string(Closed):
		h.State = State(to)
	case to == "toggle":
		h.State = Open
		if byClock.decide(now).State == Open {
			h.State = Closed
		}
	default:
		return Hand{}, fmt.Errorf("%w to %q: open, closed, auto and toggle are known", ErrTurn, t.To)
	}
	if t.Next {
		h.Until, _ = byClock.Next(now)
	}
	if !h.Until.IsZero() && !h.Until.After(now) {
		return Hand{}, fmt.Errorf("%w until %s: that is over", ErrTurn, minuteText(s.Local(h.Until)))
	}
	return h, nil
}
