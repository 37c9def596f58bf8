package schedule

import "time"

const (
	farAhead = 10      // years in which Next looks for a change
	maxLooks = 2 << 20 // at periods, in one Next: 20 ms
)

// Next is when a schedule's state or exit changes after a moment. Without a change in the next ten years, or as far as many
// periods let it look, found is false and change is the moment until which nothing changes.
func (s *Schedule) Next(at time.Time) (change time.Time, found bool) {
	was := s.decide(at)
	changed := func(at time.Time) bool {
		now := s.decide(at)
		return now.State != was.State || now.Exit != was.Exit
	}
	switch {
	case was.Rule == Disabled, was.Rule == ByHand && s.Hand.Until.IsZero():
		return at.AddDate(farAhead, 0, 0), false
	case was.Rule == ByHand: // nothing happens before
		if at = s.Local(s.Hand.Until); changed(at) {
			return at, true
		}
	}
	end := at.AddDate(farAhead, 0, 0)
	for looks := maxLooks; looks > 0 && at.Before(end); looks -= 2*len(s.Dated) + 2*len(s.Exceptional) + 2*len(s.Open) + 2 {
		if at = s.boundary(at); changed(at) {
			return at, true
		}
	}
	return at, false
}

// boundary is the first moment after another at which something of a schedule may begin or end. The day ends there at the
// latest, and the time for which its clock does not jump.
func (s *Schedule) boundary(after time.Time) time.Time {
	after = s.Local(after)
	hour, minute, second := after.Clock()
	midnight := after.Add(-time.Duration(hour)*time.Hour - time.Duration(minute)*time.Minute -
		time.Duration(second)*time.Second - time.Duration(after.Nanosecond()))
	first := midnight.Add(24 * time.Hour)
	consider := func(at time.Time) {
		if at.After(after) && at.Before(first) {
			first = at
		}
	}
	if _, jump := after.ZoneBounds(); !jump.IsZero() {
		consider(jump)
	}
	consider(s.Hand.Until)
	for i := range s.Dated {
		from, until := s.Dated[i].bounds(after)
		consider(from)
		consider(until)
	}
	for _, periods := range [][]TimeSpec{s.Exceptional, s.Open} {
		for i := range periods {
			if !periods[i].onDay(after) {
				continue
			}
			for _, m := range periods[i].minutes {
				consider(midnight.Add(time.Duration(m.from) * time.Minute))
				consider(midnight.Add(time.Duration(m.to+1) * time.Minute))
			}
		}
	}
	return s.Local(first)
}
