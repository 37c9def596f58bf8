package store

import (
	"errors"
	"iter"
	"slices"
)

// Schedule says when somebody is there, and where calls go when nobody is.
type Schedule struct {
	ID       int    `json:"id"`
	Tenant   string `json:"tenant"` // UUID
	Name     string `json:"name,omitempty"`
	Timezone string `json:"timezone,omitempty"` // of the tz database; empty: the machine's
	Enabled  bool   `json:"enabled"`            // false: always open

	ClosedDestination  Destination         `json:"closed_destination"`
	OpenPeriods        []Period            `json:"open_periods,omitempty"`
	ExceptionalPeriods []ExceptionalPeriod `json:"exceptional_periods,omitempty"`

	Blanks Blanks `json:"blanks,omitempty"`
}

// Period holds a moment when its hours, weekday, day of the month and month all do. Hours are HH:MM of the schedule's
// time zone; the end's whole minute belongs to it.
type Period struct {
	HoursStart string `json:"hours_start"`
	HoursEnd   string `json:"hours_end"`
	WeekDays   []int  `json:"week_days"`  // 1 (Monday) to 7; empty: all, as of the others
	MonthDays  []int  `json:"month_days"` // 1 to 31
	Months     []int  `json:"months"`     // 1 to 12
}

// Whole is the same period with all days and months where it names none.
func (p Period) Whole() Period {
	for list, last := range map[*[]int]int{&p.WeekDays: 7, &p.MonthDays: 31, &p.Months: 12} {
		if len(*list) > 0 {
			continue
		}
		*list = make([]int, last)
		for i := range last {
			(*list)[i] = i + 1
		}
	}
	return p
}

// ExceptionalPeriod is a period in which it is closed, with a destination of its own.
type ExceptionalPeriod struct {
	Period
	Destination Destination `json:"destination"`
}

const (
	scheduleTarget = iota
	scheduleName
)

var scheduleKind = &kind[Schedule]{
	table:  scheduleTable,
	id:     func(s *Schedule) *int { return &s.ID },
	tenant: func(s *Schedule) string { return s.Tenant },
	indexes: []index[Schedule]{
		scheduleTarget: {keys: func(s *Schedule, add func(string)) { addTargets(s.destinations(), add) }},
		scheduleName:   by(func(s *Schedule) string { return s.Name }),
	},
}

func (s *Schedule) check(tx *Tx) error {
	return checkOwner(tx, s.Tenant, "schedule", number(s.ID))
}

func (s *Schedule) links(tx *Tx) error { return checkTargets(tx, s.destinations(), s.Tenant) }

// destinations are all that a schedule can lead to.
func (s *Schedule) destinations() []Destination {
	all := []Destination{s.ClosedDestination}
	for _, p := range s.ExceptionalPeriods {
		all = append(all, p.Destination)
	}
	return all
}

// addTargets gives the keys of what destinations lead to.
func addTargets(destinations []Destination, add func(string)) {
	for _, d := range destinations {
		if key := d.target(); key != "" {
			add(key)
		}
	}
}

// checkSchedule says that the schedule of an object is missing, or another tenant's. 0 is none.
func checkSchedule(tx *Tx, id int, tenant, what, name string) error {
	if s, _, ok := tx.Schedules().Get(id); id != 0 && (!ok || s.Tenant != tenant) {
		return invalid("%s %s: there is no schedule %d in its tenant", what, name, id)
	}
	return nil
}

// leaveOut lets what leads to an object that is no more lead nowhere.
func (s *Schedule) leaveOut(target string) {
	s.ClosedDestination = s.ClosedDestination.without(target)
	s.ExceptionalPeriods = slices.Clone(s.ExceptionalPeriods)
	for i, p := range s.ExceptionalPeriods {
		s.ExceptionalPeriods[i].Destination = p.Destination.without(target)
	}
}

// dropped takes a schedule away from what has it, and removes what belongs to it.
func (gone *Schedule) dropped(tx *Tx) error {
	if _, _, ok := tx.Switches().Get(gone.ID); ok {
		if err := tx.Switches().Delete(gone.ID); err != nil {
			return err
		}
	}
	return errors.Join(
		deleteAll(tx.Exceptions(), tx.ExceptionsOf(gone.ID)),
		deleteAll(tx.Calendars(), tx.CalendarsOf(gone.ID)),
		alterAll(tx.Incalls(), tx.IncallsOf(gone.ID), func(i *Incall) { i.Schedule = 0 }),
		alterAll(tx.Users(), tx.UsersOf(gone.ID), func(u *User) { u.Schedule = 0 }),
		alterAll(tx.Groups(), tx.GroupsOf(gone.ID), func(g *Group) { g.Schedule = 0 }),
		alterAll(tx.Outcalls(), tx.OutcallsOf(gone.ID), func(o *Outcall) { o.Schedule = 0 }),
	)
}

// Schedules are all schedules.
func (tx *Tx) Schedules() Kind[Schedule] { return Kind[Schedule]{tx, scheduleKind} }

// SchedulesTo are the schedules that can lead to an object; the type is that of the destination.
func (tx *Tx) SchedulesTo(destinationType string, id int) iter.Seq[*Schedule] {
	return tx.Schedules().having(scheduleTarget, targetKey(destinationType, id))
}

// SchedulesNamed are the schedules of a name, of all tenants.
func (tx *Tx) SchedulesNamed(name string) iter.Seq[*Schedule] {
	return tx.Schedules().having(scheduleName, name)
}
