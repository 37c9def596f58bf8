package schedule_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"dialtone/ivr/schedule"
)

func TestTurnsOfTheSwitch(t *testing.T) {
	zone := paris(t)
	monday := func(hour, minute int) time.Time { return time.Date(2026, 11, 23, hour, minute, 0, 0, zone) }
	closed, over := schedule.Hand{State: schedule.Closed}, schedule.Hand{State: schedule.Closed, Until: monday(8, 30)}
	for _, c := range []struct {
		why   string
		hand  schedule.Hand // before, at 9:00 when the office is open
		turn  schedule.Turn
		state schedule.State // of the switch
		until time.Time
		fault string
	}{
		{why: "until somebody says so", turn: schedule.Turn{To: "closed"}, state: schedule.Closed},
		{why: "in any case", turn: schedule.Turn{To: " OPEN "}, state: schedule.Open},
		{why: "until a time", turn: schedule.Turn{To: "closed", Until: monday(10, 0)}, state: schedule.Closed, until: monday(10, 0)},
		{why: "until the clock changes: the end of the morning", turn: schedule.Turn{To: "closed", Next: true}, state: schedule.Closed, until: monday(12, 1)},
		{why: "what the switch was does not change when the clock does", hand: closed, turn: schedule.Turn{To: "open", Next: true}, state: schedule.Open, until: monday(12, 1)},
		{why: "back to the clock", hand: closed, turn: schedule.Turn{To: "auto"}},
		{why: "toggled by hand to what it is not", turn: schedule.Turn{To: "toggle"}, state: schedule.Closed},
		{why: "toggled back", hand: closed, turn: schedule.Turn{To: "toggle"}},
		{why: "a switch whose time is over is none", hand: over, turn: schedule.Turn{To: "toggle"}, state: schedule.Closed},
		{why: "no such state", turn: schedule.Turn{To: "exceptional"}, fault: `cannot be switched to "exceptional"`},
		{why: "a time that is over", turn: schedule.Turn{To: "open", Until: monday(8, 59)}, fault: "until 2026-11-23 08:59: that is over"},
	} {
		s := office(t)
		s.Hand = c.hand
		c.turn.By = "1001"
		h, err := s.Turned(c.turn, monday(9, 0))
		if c.fault != "" {
			if !errors.Is(err, schedule.ErrTurn) || !strings.Contains(err.Error(), c.fault) {
				t.Errorf("%s: error %v, want %q", c.why, err, c.fault)
			}
			continue
		}
		if err != nil || h.State != c.state || !h.Until.Equal(c.until) {
			t.Errorf("%s: %+v (%v), want %q until %s", c.why, h, err, c.state, c.until)
		}
		if err == nil && (h.By != "1001" || !h.Since.Equal(monday(9, 0))) {
			t.Errorf("%s: by %q since %s", c.why, h.By, h.Since)
		}
	}
}
