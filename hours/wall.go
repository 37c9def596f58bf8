package hours

import (
	"errors"
	"fmt"
	"time"
)

// Forms of what a clock shows.
const (
	dayForm    = time.DateOnly
	minuteForm = "2006-01-02T15:04"
)

// Years of which something may have a date.
const firstYear, lastYear = 1900, 2399

// ParseWall reads what a schedule's clock shows, in UTC: a day (2026-12-25) or a minute of it (2026-12-25T10:00, or with a blank).
func ParseWall(text string) (wall time.Time, isDay bool, err error) {
	if wall, err = time.Parse(dayForm, text); err == nil {
		isDay = true
	} else if wall, err = time.Parse(minuteForm, text); err != nil {
		wall, err = time.Parse("2006-01-02 15:04", text)
	}
	if err != nil || wall.Year() < firstYear || wall.Year() > lastYear {
		return time.Time{}, false, fmt.Errorf("%q is no day (2026-12-25) and no minute (2026-12-25T10:00) of %d to %d", text, firstYear, lastYear)
	}
	return wall, isDay, nil
}

// Errors of ParseSpan about the end.
var (
	errNoEnd    = errors.New("only a day ends by itself: until when is it?")
	errEndFirst = errors.New("until is before from")
)

// ParseSpan reads from when until when something is, both as ParseWall reads them. A day as the end belongs to it; without an end it
// is the day of from.
func ParseSpan(from, until string) (begins, ends time.Time, err error) {
	begins, isDay, err := ParseWall(from)
	if err != nil {
		return time.Time{}, time.Time{}, err
	}
	switch {
	case until == "" && !isDay:
		return time.Time{}, time.Time{}, errNoEnd
	case until == "":
		until = from
	}
	ends, isDay, err = ParseWall(until)
	if err != nil {
		return time.Time{}, time.Time{}, err
	}
	if isDay {
		ends = ends.AddDate(0, 0, 1)
	}
	if !begins.Before(ends) {
		return time.Time{}, time.Time{}, errEndFirst
	}
	return begins, ends, nil
}

// SpanTexts writes what a clock shows when something begins and ends, as ParseSpan reads it: as days or as minutes.
func SpanTexts(begins, ends time.Time) (from, until string) {
	begins, ends = begins.UTC(), ends.UTC()
	const day = 24 * time.Hour
	if begins.Truncate(day).Equal(begins) && ends.Truncate(day).Equal(ends) {
		return begins.Format(dayForm), ends.AddDate(0, 0, -1).Format(dayForm)
	}
	return begins.Format(minuteForm), ends.Format(minuteForm)
}
