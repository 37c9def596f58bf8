// Package calendar reads iCalendar files (RFC 5545) for the days on which a schedule does not follow its periods, such as public
// holidays, and keeps those that are at a URL fresh.
//
// [Read] makes of a file what the store keeps: the events of the next years, recurring ones expanded, each from a moment until
// another. [Refresher] fetches the calendars of all schedules in the background; what cannot be had leaves the last good events in
// force. Everything that comes from outside is bounded: bytes, events, rules, redirects, time.
package calendar

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	ics "github.com/arran4/golang-ical"

	"dialtone/store"
)

// Limits of one calendar.
const (
	MaxBytes  = 1 << 20 // of the file
	maxDepth  = 4       // components within each other
	maxRead   = 5000    // events in the file
	maxRules  = 200     // events that recur
	maxKept   = 1000    // events that are kept: the first ones
	maxName   = 128     // bytes of an event's name
	yearsKept = 5       // how far ahead events are kept
	maxLength = 366 * 24 * time.Hour
)

// Read gives the events that are not over at a moment, of the five years that follow, in the order of their beginnings: at most
// 1000. notes name, in sentences, what is in the file and was not taken. The error tells that it is no calendar, or too large a one.
func Read(file []byte, now time.Time) (events []store.CalendarEvent, notes []string, err error) {
	defer func() { // of the libraries, which read what strangers wrote
		if r := recover(); r != nil {
			events, notes, err = nil, nil, fmt.Errorf("the calendar cannot be read: %v", r)
		}
	}()
	if len(file) > MaxBytes {
		return nil, nil, fmt.Errorf("the calendar has more than %d bytes", MaxBytes)
	}
	file = bytes.TrimPrefix(file, []byte("\xef\xbb\xbf"))
	if last := []byte("END:VCALENDAR"); !bytes.HasSuffix(bytes.ToUpper(bytes.TrimSpace(file)), last) {
		return nil, nil, fmt.Errorf("this is no iCalendar file (RFC 5545), or not all of it: it does not end with %s", last)
	}
	if err := checkDepth(file); err != nil {
		return nil, nil, err
	}
	parsed, err := ics.ParseCalendarWithOptions(bytes.NewReader(file), ics.WithUnknownPropertyHandler(ics.AcceptUnknownPropertyHandler))
	if err != nil {
		return nil, nil, fmt.Errorf("this is no iCalendar file (RFC 5545): %w", err)
	}
	all := parsed.Events()
	if len(all) > maxRead {
		return nil, nil, fmt.Errorf("the calendar has %d events (at most %d)", len(all), maxRead)
	}
	r := reader{from: now.UTC().Truncate(time.Minute), replaced: replaced(all)}
	r.until = r.from.AddDate(yearsKept, 0, 0)
	for _, e := range all {
		if err := r.event(e); err != nil {
			r.note("%s: %v", nameOf(e), err)
		}
	}
	slices.SortStableFunc(r.events, func(a, b store.CalendarEvent) int {
		return cmp.Or(a.From.Compare(b.From), strings.Compare(a.Name, b.Name))
	})
	if len(r.events) > maxKept {
		r.note("there are %d events until %s: those from %s on were left out", len(r.events), r.until.Format(time.DateOnly), r.events[maxKept].From.Format(time.DateOnly))
		r.events = slices.Clip(r.events[:maxKept])
	}
	return r.events, r.notes, nil
}

// checkDepth refuses components within each other that no calendar has, which the parser would follow however deep.
func checkDepth(file []byte) error {
	depth := 0
	for line := range bytes.Lines(file) {
		switch word, _, _ := bytes.Cut(line, []byte(":")); {
		case bytes.EqualFold(word, []byte("BEGIN")):
			if depth++; depth > maxDepth {
				return fmt.Errorf("this is no iCalendar file: components are within each other more than %d deep", maxDepth)
			}
		case bytes.EqualFold(word, []byte("END")):
			depth--
		}
	}
	return nil
}

// reader collects events.
type reader struct {
	from, until time.Time // what is over before, or begins after, is left out
	replaced    map[occurrence]bool
	rules       int
	events      []store.CalendarEvent
	notes       []string
}

// occurrence names one time of an event that recurs.
type occurrence struct {
	uid  string
	wall time.Time
}

// replaced are the occurrences in whose place the file has an event of its own.
func replaced(all []*ics.VEvent) map[occurrence]bool {
	those := map[occurrence]bool{}
	for _, e := range all {
		if p := e.GetProperty(ics.ComponentPropertyRecurrenceId); p != nil {
			if m, err := momentOf(p); err == nil {
				those[occurrence{e.Id(), m.wall}] = true
			}
		}
	}
	return those
}

const maxNotes = 20

func (r *reader) note(format string, args ...any) {
	switch n := len(r.notes); {
	case n < maxNotes:
		r.notes = append(r.notes, fmt.Sprintf(format, args...))
	case n == maxNotes:
		r.notes = append(r.notes, "and more")
	}
}

// event takes one event, with all the times that it recurs.
func (r *reader) event(e *ics.VEvent) error {
	if p := e.GetProperty(ics.ComponentPropertyStatus); p != nil && strings.EqualFold(p.Value, "CANCELLED") {
		return nil
	}
	p := e.GetProperty(ics.ComponentPropertyDtStart)
	if p == nil {
		return errors.New("it has no beginning (DTSTART)")
	}
	start, err := momentOf(p)
	if err != nil {
		return err
	}
	if start.unknown != "" {
		r.note("%s: the time zone %q is not known: the clock of the schedule counts", nameOf(e), start.unknown)
	}
	length, err := lengthOf(e, start)
	if err != nil {
		return err
	}
	walls, err := r.times(e, start)
	if err != nil {
		return err
	}
	for _, wall := range walls {
		at := start.at(wall)
		if until := start.at(wall.Add(length)); until.After(r.from) && at.Before(r.until) {
			r.events = append(r.events, store.CalendarEvent{Name: nameOf(e), From: at, Until: until, Floating: start.zone == nil})
		}
	}
	return nil
}

// times are the beginnings of an event, by its clock.
func (r *reader) times(e *ics.VEvent, start moment) ([]time.Time, error) {
	walls := []time.Time{start.wall}
	if p := e.GetProperty(ics.ComponentPropertyRrule); p != nil {
		if r.rules++; r.rules > maxRules {
			return nil, fmt.Errorf("more than %d events recur", maxRules)
		}
		var err error
		// A day more on both sides: an event's clock is not the one that from and until are told by.
		if walls, err = recur(p.Value, start, r.from.Add(-maxLength), r.until.AddDate(0, 0, 1)); err != nil {
			return nil, err
		}
	}
	more, err := momentsOf(e.GetProperties(ics.ComponentPropertyRdate))
	if err != nil {
		return nil, err
	}
	gone, err := momentsOf(e.GetProperties(ics.ComponentPropertyExdate))
	if err != nil {
		return nil, err
	}
	times, days := map[time.Time]bool{}, map[time.Time]bool{} // that are excluded
	for _, m := range gone {
		if times[m.by(start)] = true; m.day {
			days[m.wall] = true
		}
	}
	own := e.GetProperty(ics.ComponentPropertyRecurrenceId) != nil
	for _, m := range more {
		walls = append(walls, m.by(start))
	}
	slices.SortFunc(walls, time.Time.Compare)
	walls = slices.CompactFunc(walls, time.Time.Equal)
	return slices.DeleteFunc(walls, func(wall time.Time) bool {
		return times[wall] || days[wall.Truncate(24*time.Hour)] || !own && r.replaced[occurrence{e.Id(), wall}]
	}), nil
}

// nameOf is what an event is called.
func nameOf(e *ics.VEvent) string {
	p := e.GetProperty(ics.ComponentPropertySummary)
	if p == nil || strings.TrimSpace(p.Value) == "" {
		return "event without a name"
	}
	name := strings.Join(strings.Fields(strings.ToValidUTF8(p.Value, "?")), " ")
	if len(name) > maxName {
		name = strings.ToValidUTF8(name[:maxName], "") + "…"
	}
	return name
}
