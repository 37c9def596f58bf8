package compile

import (
	"cmp"
	"fmt"

	"dialtone/hours"
	"dialtone/ivr/schedule"
	"dialtone/store"
)

// schedule asks a schedule, once, and leads who comes when it is closed to where it says. id 0 is none.
func (s *section) schedule(id int) {
	sched, _, ok := s.tx.Schedules().Get(id)
	if !ok {
		return
	}
	s.note("schedule %d%s: asked once", id, called(sched.Name))
	s.set(exitVariable, fmt.Sprintf("${SCHEDULE(%d,,exit)}", id))
	s.set(statusVariable, fmt.Sprintf(`${IF($["${%s}" = "%s"]?opened:closed)}`, exitVariable, schedule.OpenExit))
	s.line("GotoIf", fmt.Sprintf(`$["${%s}" = "closed"]?%s,${%s},1`, statusVariable, ScheduleContext(id), exitVariable))
}

// writeSchedule writes where callers go when a schedule is closed: an extension for each exit.
func writeSchedule(s *section, id int) bool {
	sched, _, ok := s.tx.Schedules().Get(id)
	if !ok {
		return false
	}
	s.note("schedule %d%s, in %s", id, called(sched.Name), cmp.Or(sched.Timezone, "the server's time zone"))
	if !sched.Enabled {
		s.note("it is disabled: always open")
	}
	for _, p := range sched.OpenPeriods {
		s.note("open %s", period(p))
	}
	s.at(schedule.ClosedExit)
	s.destination(sched.ClosedDestination)
	for i, p := range sched.ExceptionalPeriods {
		s.note("closed %s", period(p.Period))
		s.at(schedule.ExceptionalExit(i))
		s.destination(p.Destination)
	}
	for e := range s.tx.ExceptionsOf(id) {
		if e.Destination != nil {
			from, until := hours.SpanTexts(e.From, e.Until)
			s.note("exception %d%s: %s until %s", e.ID, called(e.Name), from, until)
			s.at(hours.ExceptionExit(e.ID))
			s.destination(*e.Destination)
		}
	}
	for c := range s.tx.CalendarsOf(id) {
		if c.Destination != nil {
			s.note("calendar %d%s", c.ID, called(c.Name))
			s.at(hours.CalendarExit(c.ID))
			s.destination(*c.Destination)
		}
	}
	return true
}

// period says when a period is, for a comment.
func period(p store.Period) string {
	spec, err := schedule.NewPeriod(p.HoursStart, p.HoursEnd, p.WeekDays, p.MonthDays, p.Months)
	if err != nil {
		return "never: " + err.Error()
	}
	return spec.String()
}

// called is a name behind a number, for a comment.
func called(name string) string {
	if name == "" {
		return ""
	}
	return " " + name
}
