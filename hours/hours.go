// Package hours asks the schedules that are kept: what they are as values, which one a name means, how their switches are turned.
// Everything happens within a transaction of the store.
package hours

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"dialtone/ivr/schedule"
	"dialtone/store"
)

// Of gives a schedule as a value, with its exceptions, its calendars and its switch. What it holds that makes no sense (a time zone
// that is not known, a period that ends before it begins) is left out, and is the error.
func Of(tx *store.Tx, kept *store.Schedule) (schedule.Schedule, error) {
	s := schedule.Schedule{ID: kept.ID, Disabled: !kept.Enabled, Hand: handOf(tx, kept.ID), Dated: dated(tx, kept.ID)}
	var faults []error
	if kept.Timezone != "" {
		zone, err := time.LoadLocation(kept.Timezone)
		if err != nil {
			faults = append(faults, fmt.Errorf("the time zone %q is not known", kept.Timezone))
		} else {
			s.Zone = zone
		}
	}
	period := func(what string, index int, p store.Period) schedule.TimeSpec {
		spec, err := schedule.NewPeriod(p.HoursStart, p.HoursEnd, p.WeekDays, p.MonthDays, p.Months)
		if err != nil {
			faults = append(faults, fmt.Errorf("%s period %d: %w", what, index+1, err))
		}
		return spec // the zero value never holds, and keeps its place
	}
	for i, p := range kept.ExceptionalPeriods {
		s.Exceptional = append(s.Exceptional, period("exceptional", i, p.Period))
	}
	for i, p := range kept.OpenPeriods {
		s.Open = append(s.Open, period("open", i, p))
	}
	return s, errors.Join(faults...)
}

// handOf is the switch of a schedule.
func handOf(tx *store.Tx, id int) schedule.Hand {
	kept, _, ok := tx.Switches().Get(id)
	if !ok {
		return schedule.Hand{}
	}
	return schedule.Hand{State: schedule.State(kept.State), Until: kept.Until, By: kept.By, Since: kept.Since}
}

// dated are what a schedule does not do each year: its exceptions, the shortest first, then the events of its calendars.
func dated(tx *store.Tx, id int) []schedule.Dated {
	var all []schedule.Dated
	for e := range tx.ExceptionsOf(id) {
		d := schedule.Dated{Name: e.Name, From: e.From, Until: e.Until, Floating: true, Open: e.Open}
		if e.Destination != nil {
			d.Exit = ExceptionExit(e.ID)
		}
		all = append(all, d)
	}
	slices.SortStableFunc(all, func(a, b schedule.Dated) int {
		return cmp.Compare(a.Until.Sub(a.From), b.Until.Sub(b.From))
	})
	for c := range tx.CalendarsOf(id) {
		for _, e := range c.Events {
			d := schedule.Dated{Name: e.Name, From: e.From, Until: e.Until, Floating: e.Floating, Open: c.Open}
			if c.Destination != nil {
				d.Exit = CalendarExit(c.ID)
			}
			all = append(all, d)
		}
	}
	return all
}

// ExceptionExit is where a schedule leads callers during an exception that has a destination; see schedule.Answer.
func ExceptionExit(id int) string { return fmt.Sprintf("exception-%d", id) }

// CalendarExit is where a schedule leads callers during the events of a calendar that has a destination; see schedule.Answer.
func CalendarExit(id int) string { return fmt.Sprintf("calendar-%d", id) }

// Lamp begins the name of the Custom device that is INUSE while a schedule is switched by hand; the schedule's number follows.
const Lamp = "schedule-"

// Find gives the schedule of a tenant that has a number or a name; an empty tenant is any. Of several with the same name it is
// the oldest. There being none is store.ErrNotFound.
func Find(tx *store.Tx, tenant, name string) (*store.Schedule, error) {
	ours := func(s *store.Schedule) bool { return tenant == "" || s.Tenant == tenant }
	if id, err := strconv.Atoi(name); err == nil {
		if s, _, ok := tx.Schedules().Get(id); ok && ours(s) {
			return s, nil
		}
	}
	for s := range tx.SchedulesNamed(name) {
		if ours(s) {
			return s, nil
		}
	}
	return nil, fmt.Errorf("there is no schedule %q: %w", name, store.ErrNotFound)
}

// Turn switches a schedule by hand, or gives it back to the clock.
func Turn(tx *store.Tx, kept *store.Schedule, turn schedule.Turn, now time.Time) (schedule.Hand, error) {
	s, _ := Of(tx, kept) // what makes no sense is left out of the answers, too
	if s.Disabled {
		return schedule.Hand{}, fmt.Errorf("%w: it is disabled, which is always open", schedule.ErrTurn)
	}
	hand, err := s.Turned(turn, now.Truncate(time.Second))
	if err != nil {
		return schedule.Hand{}, err
	}
	_, err = tx.Switches().Put(store.Switch{ID: kept.ID, State: string(hand.State), Until: hand.Until, By: hand.By, Since: hand.Since})
	return hand, err
}
