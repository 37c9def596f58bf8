package schedule

import (
	"fmt"
	"strings"
	"time"
)

// Forms of moments: with the offset from UTC, of a day, and of what a clock shows.
var (
	offsetForms = []string{time.RFC3339, "2006-01-02T15:04Z07:00", "2006-01-02 15:04:05Z07:00", "2006-01-02 15:04Z07:00"}
	clockForms  = []string{"15:04", "15:04:05"}
)

// ParseTime reads a moment as people write it: what the schedule's clock shows (2026-12-25 10:00, 2026-12-25, 10:00 of today, tomorrow 10:00,
// monday 10:00, which is the first to come), or with the offset from UTC (2026-12-25T10:00:00+01:00), or now.
func (s *Schedule) ParseTime(text string, now time.Time) (time.Time, error) {
	for _, form := range offsetForms {
		if at, err := time.Parse(form, text); err == nil {
			return at, nil
		}
	}
	at, ok := parseLocal(strings.Fields(text), s.Local(now))
	if !ok {
		return time.Time{}, fmt.Errorf("%q is no time as 2026-12-25T10:00, 2026-12-25T10:00:00+01:00, 10:00, tomorrow 10:00 or monday 10:00", text)
	}
	return at, nil
}

// ParseEnd reads the end of something that begins now, as ParseTime does; what the clock has shown today already, it shows tomorrow.
func (s *Schedule) ParseEnd(text string, now time.Time) (time.Time, error) {
	at, err := s.ParseTime(text, now)
	if _, isClock := parseClock(strings.TrimSpace(text)); err == nil && isClock && !at.After(now) {
		return s.ParseTime("tomorrow "+text, now)
	}
	return at, err
}

// parseLocal reads a day, a time, or both, by the clock that shows now.
func parseLocal(words []string, now time.Time) (at time.Time, ok bool) {
	if len(words) == 1 {
		if day, clock, ok := strings.Cut(words[0], "T"); ok && day != "" {
			words = []string{day, clock}
		}
	}
	year, month, today := now.Date()
	on := func(day int, clock time.Duration) time.Time {
		return time.Date(year, month, day, 0, int(clock.Minutes()), int(clock.Seconds())%60, 0, now.Location())
	}
	var clock time.Duration
	switch len(words) {
	case 1:
		if strings.EqualFold(words[0], "now") {
			return now, true
		}
		if clock, ok = parseClock(words[0]); ok {
			return on(today, clock), true
		}
	case 2:
		if clock, ok = parseClock(words[1]); !ok {
			return at, false
		}
	default:
		return at, false
	}
	if day, err := time.Parse(time.DateOnly, words[0]); err == nil {
		year, month, today = day.Date()
		return on(today, clock), true
	}
	switch day := strings.ToLower(words[0]); day {
	case "today":
		return on(today, clock), true
	case "tomorrow":
		return on(today+1, clock), true
	default:
		return parseWeekday(day, now, func(ahead int) time.Time { return on(today+ahead, clock) })
	}
}

// parseWeekday reads the name of a day of the week, whole or its first three letters: the first of the moments on days ahead, as on gives
// them, that is such a day and is to come.
func parseWeekday(name string, now time.Time, on func(ahead int) time.Time) (at time.Time, ok bool) {
	for ahead := range 8 {
		at = on(ahead)
		day := strings.ToLower(at.Weekday().String())
		if (name == day || name == day[:3]) && at.After(now) {
			return at, true
		}
	}
	return time.Time{}, false
}

// parseClock reads 10:00 or 10:00:30 as the time since midnight.
func parseClock(text string) (time.Duration, bool) {
	for _, form := range clockForms {
		if at, err := time.Parse(form, text); err == nil {
			return at.Sub(time.Date(0, 1, 1, 0, 0, 0, 0, time.UTC)), true
		}
	}
	return 0, false
}
