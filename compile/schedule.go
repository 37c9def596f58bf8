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
	s.note("schedule %d %s: asked once", id, sched.Name)
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
	s.note("schedule %d %s, in %s", id, sched.Name, cmp.Or(sched.Timezone, "the server's time zone"))
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
			s.note("exception %d %s: %s to %s", e.ID, e.Name, e.From.Format(day), e.Until.Format(day))
			s.at(hours.ExceptionExit(e.ID))
			s.destination(*e.Destination)
		}
	}
	for c := range s.tx.CalendarsOf(id) {
		if c.Destination != nil {
			s.note("calendar %d %s", c.ID, c.Name)
			s.at(hours.CalendarExit(c.ID))
			s.destination(*c.Destination)
		}
	}
	return true
}

// day is how a moment of a schedule's clock is written.
const day = "2006-01-02 15:04"

// period says when a period is, for a comment.
func period(p store.Period) string {
	text := p.HoursStart + "–" + p.HoursEnd
	for _, part := range []struct {
		what string
		list []int
		all  int
	}{{"week days", p.WeekDays, 7}, {"days", p.MonthDays, 31}, {"months", p.Months, 12}} {
		if len(part.list) > 0 && len(part.list) < part.all {
			text += fmt.Sprintf(", %s %v", part.what, part.list)
		}
	}
	return text
}
