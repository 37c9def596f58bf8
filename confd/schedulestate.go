package confd

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"dialtone/hours"
	"dialtone/ivr/schedule"
	"dialtone/store"
)

// scheduleRoutes are what dialtone has for schedules beside the contract, below /api.
func scheduleRoutes() []route {
	one := "/schedules/{schedule_id}"
	all := []route{
		{method: "GET", path: one + "/state", handle: showState},
		{method: "GET", path: one + "/switch", handle: showSwitch},
		{method: "PUT", path: one + "/switch", handle: turnSwitch},
		{method: "DELETE", path: one + "/switch", handle: releaseSwitch},
	}
	return append(append(all, exceptions().routes()...), calendarRoutes()...)
}

// scheduleState is what a schedule says about a moment.
type scheduleState struct {
	hours.Report
	Links []link `json:"links"`
}

// showState answers whether a schedule is open, why, and until when: now, or ?at= a moment.
func showState(r *request) (answer, error) {
	kept, err := scheduleOf(r)
	if err != nil {
		return answer{}, err
	}
	report, err := hours.Ask(r.tx, kept, withPlus(r.query().Get("at")), time.Now())
	if err != nil {
		return answer{}, inputError("at: ['%v']", err)
	}
	return shown(scheduleState{report, r.links("schedules", schedulePath(kept.ID))}), nil
}

// withPlus gives a time the + of its offset back, which is a blank in a query where it is not encoded: 2026-12-25T10:00:00 01:00.
func withPlus(at string) string {
	if blank := strings.LastIndexByte(at, ' '); blank > 0 && strings.Contains(at[:blank], ":") {
		return at[:blank] + "+" + at[blank+1:]
	}
	return at
}

// shownSwitch is the switch of a schedule.
type shownSwitch struct {
	State string `json:"state"` // open, closed or auto
	Until any    `json:"until"` // a time, or nil
	By    any    `json:"by"`    // a string, or nil
	Since any    `json:"since"` // a time, or nil
}

func showSwitch(r *request) (answer, error) {
	kept, err := scheduleOf(r)
	if err != nil {
		return answer{}, err
	}
	s, _ := hours.Of(r.tx, kept)
	now := shownSwitch{State: "auto", By: orNull(s.Hand.By), Since: timeOrNull(s.Local(s.Hand.Since))}
	if s.Hand.Holds(time.Now()) {
		now.State, now.Until = string(s.Hand.State), timeOrNull(s.Local(s.Hand.Until))
	}
	return shown(now), nil
}

// turnSwitch switches a schedule by hand.
func turnSwitch(r *request) (answer, error) {
	kept, err := scheduleOf(r)
	if err != nil {
		return answer{}, err
	}
	s, _ := hours.Of(r.tx, kept)
	turn, now := schedule.Turn{By: r.by()}, time.Now()
	err = r.readWhole(func(o *object) {
		var until string
		o.text("state", &turn.To, required, oneOf("open", "closed", "auto", "toggle"))
		o.text("until", &until, nullable)
		switch {
		case until == "next":
			turn.Next = true
		case until != "":
			if turn.Until, err = s.ParseEnd(until, now); err != nil {
				o.fault("until", fmt.Sprintf("%v, and not next", err))
			}
		}
	})
	if err != nil {
		return answer{}, err
	}
	return done(), turned(r.tx, kept, turn, now)
}

// releaseSwitch gives a schedule back to the clock.
func releaseSwitch(r *request) (answer, error) {
	kept, err := scheduleOf(r)
	if err != nil {
		return answer{}, err
	}
	return done(), turned(r.tx, kept, schedule.Turn{To: "auto", By: r.by()}, time.Now())
}

// by says who sent a request.
func (r *request) by() string { return "API key " + r.key }

func turned(tx *store.Tx, kept *store.Schedule, turn schedule.Turn, now time.Time) error {
	_, err := hours.Turn(tx, kept, turn, now)
	if errors.Is(err, schedule.ErrTurn) {
		return resourceError(capital(err.Error()), "id", kept.ID)
	}
	return err
}
