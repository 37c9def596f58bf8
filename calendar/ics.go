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
	maxRules  = 200     // rules by which events recur
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
	text, odd, err := contentLines(file)
	if err != nil {
		return nil, nil, err
	}
	parsed, err := ics.ParseCalendarWithOptions(bytes.NewReader(text), ics.WithUnknownPropertyHandler(ics.AcceptUnknownPropertyHandler))
	if err != nil {
		return nil, nil, fmt.Errorf("this is no iCalendar file (RFC 5545): %w", err)
	}
	all := parsed.Events()
	if len(all) > maxRead {
		return nil, nil, fmt.Errorf("the calendar has %d events (at most %d)", len(all), maxRead)
	}
	r := newReader(parsed.Timezones(), all, now)
	for _, fault := range odd {
		r.note("%s", fault)
	}
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

// reader collects events.
type reader struct {
	clocks
	from, until time.Time // what is over before, or begins after, is left out
	replaced    map[string][]moment
	rules       int
	events      []store.CalendarEvent
	notes       []string
}

func newReader(zones []*ics.VTimezone, all []*ics.VEvent, now time.Time) *reader {
	r := &reader{from: now.UTC().Truncate(time.Minute)}
	r.until = r.from.AddDate(yearsKept, 0, 0)
	// More on both sides: an event that has begun may last, and its clock is not the one that from and until are told by.
	r.clocks = newClocks(zones, r.from.AddDate(-3, 0, 0), r.until.AddDate(3, 0, 0))
	r.replaced = r.replacements(all)
	return r
}

// replacements are the times, by the UID of an event that recurs, in whose place the file has an event of its own.
func (r *reader) replacements(all []*ics.VEvent) map[string][]moment {
	those := map[string][]moment{}
	for _, e := range all {
		p := e.GetProperty(ics.ComponentPropertyRecurrenceId)
		if p == nil {
			continue
		}
		if m, err := r.moment(p); err == nil {
			those[e.Id()] = append(those[e.Id()], m)
		}
		if len(p.ICalParameters["RANGE"]) > 0 {
			r.note("%s: of what changes all later times, too (RANGE), one was taken", nameOf(e))
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

var errNoBeginning = errors.New("it has no beginning (DTSTART)")

// event takes one event, with all the times that it recurs.
func (r *reader) event(e *ics.VEvent) error {
	if p := e.GetProperty(ics.ComponentPropertyStatus); p != nil && strings.EqualFold(p.Value, "CANCELLED") {
		return nil
	}
	p := e.GetProperty(ics.ComponentPropertyDtStart)
	if p == nil {
		return errNoBeginning
	}
	start, err := r.moment(p)
	if err != nil {
		return err
	}
	if start.unknown != "" {
		r.note("%s: the time zone %q is not known: the clock of the schedule counts", nameOf(e), start.unknown)
	}
	times, err := r.times(e, start)
	if err != nil {
		return err
	}
	for _, t := range times {
		at := start.at(t.wall)
		if until := t.lasts.after(start, t.wall); until.After(at) && until.After(r.from) && at.Before(r.until) {
			r.events = append(r.events, store.CalendarEvent{Name: nameOf(e), From: at, Until: until, Floating: start.zone == nil})
		}
	}
	return nil
}

// occurrence is one time of an event.
type occurrence struct {
	wall  time.Time // its beginning, by the event's clock
	lasts length
}

// times are those of an event, by its clock.
func (r *reader) times(e *ics.VEvent, start moment) ([]occurrence, error) {
	lasts, err := r.lengthOf(e, start)
	if err != nil {
		return nil, err
	}
	rules := e.GetProperties(ics.ComponentPropertyRrule)
	walls, err := r.recurrences(rules, start)
	if err != nil {
		return nil, err
	}
	if len(rules) == 0 {
		walls = []time.Time{start.wall}
	}
	times, err := r.periods(e.GetProperties(ics.ComponentPropertyRdate), start, lasts)
	if err != nil {
		return nil, err
	}
	for _, wall := range walls {
		times = append(times, occurrence{wall, lasts})
	}
	gone, err := r.gone(e, start)
	if err != nil {
		return nil, err
	}
	slices.SortStableFunc(times, func(a, b occurrence) int { return a.wall.Compare(b.wall) })
	times = slices.CompactFunc(times, func(a, b occurrence) bool { return a.wall.Equal(b.wall) })
	return slices.DeleteFunc(times, func(t occurrence) bool { return gone.has(t.wall) }), nil
}

// recurrences are when an event recurs by rules, by its clock.
func (r *reader) recurrences(rules []*ics.IANAProperty, start moment) (walls []time.Time, err error) {
	for _, rule := range rules {
		if r.rules++; r.rules > maxRules {
			return nil, fmt.Errorf("more than %d events recur", maxRules)
		}
		more, err := recur(rule.Value, start, r.from.Add(-maxLength), r.until.Add(oneDay))
		if err != nil {
			return nil, err
		}
		walls = append(walls, more...)
	}
	return walls, nil
}

// exclusions are times, and whole days, that an event does not have.
type exclusions struct{ times, days map[time.Time]bool }

func (x exclusions) has(wall time.Time) bool { return x.times[wall] || x.days[wall.Truncate(oneDay)] }

// gone are the times that an event does not have: those that it excludes, and those that another event stands in the place of.
func (r *reader) gone(e *ics.VEvent, start moment) (exclusions, error) {
	x := exclusions{map[time.Time]bool{}, map[time.Time]bool{}}
	those, err := r.moments(e.GetProperties(ics.ComponentPropertyExdate))
	if err != nil {
		return x, err
	}
	walls, err := r.recurrences(e.GetProperties(ics.ComponentPropertyExrule), start) // of RFC 2445, which programs still write
	if err != nil {
		return x, err
	}
	for _, wall := range walls {
		x.times[wall] = true
	}
	if e.GetProperty(ics.ComponentPropertyRecurrenceId) == nil {
		those = append(those, r.replaced[e.Id()]...)
	}
	for _, m := range those {
		if m.day {
			x.days[m.wall] = true
		} else {
			x.times[m.by(start)] = true
		}
	}
	return x, nil
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
