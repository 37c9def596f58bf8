package schedule

import (
	"fmt"
	"time"
)

// Forms of what a clock shows, of a day and of a day that is understood.
var (
	dayForms   = []string{"2006-01-02T15:04", "2006-01-02 15:04", "2006-01-02T15:04:05", "2006-01-02 15:04:05", "2006-01-02"}
	clockForms = []string{"15:04", "15:04:05"}
)

// ParseTime reads a moment as people write it: what the schedule's clock shows (2026-12-25 10:00, 2026-12-25, 10:00 of today), or
// with the offset from UTC (2026-12-25T10:00:00+01:00).
func (s *Schedule) ParseTime(text string, now time.Time) (time.Time, error) {
	if at, err := time.Parse(time.RFC3339, text); err == nil {
		return at, nil
	}
	now = s.Local(now)
	for _, form := range dayForms {
		if at, err := time.ParseInLocation(form, text, now.Location()); err == nil {
			return at, nil
		}
	}
	for _, form := range clockForms {
		if at, err := time.Parse(form, text); err == nil {
			return time.Date(now.Year(), now.Month(), now.Day(), at.Hour(), at.Minute(), at.Second(), 0, now.Location()), nil
		}
	}
	return time.Time{}, fmt.Errorf("%q is no time as 2026-12-25T10:00, 2026-12-25T10:00:00+01:00 or 10:00", text)
}
