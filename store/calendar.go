package store

import (
	"context"
	"iter"
	"time"
)

// Calendar is days on which a schedule does not follow its periods, from an iCalendar file or a URL of one.
type Calendar struct {
	ID          int          `json:"id"`
	Schedule    int          `json:"schedule"`
	Name        string       `json:"name,omitempty"`
	URL         string       `json:"url,omitempty"`         // empty: its events came with a file
	Open        bool         `json:"open,omitempty"`        // its events open the schedule; else they close it
	Destination *Destination `json:"destination,omitempty"` // where calls go meanwhile; nil: where the schedule's closed ones go

	Events  []CalendarEvent `json:"events,omitempty"` // the last good ones, in the order of their beginnings
	Notes   []string        `json:"notes,omitempty"`  // what was not understood of them, in sentences
	Read    time.Time       `json:"read,omitzero"`    // when they were read
	Checked time.Time       `json:"checked,omitzero"` // when the URL was last asked; zero: it is to be asked now
	Fault   string          `json:"fault,omitempty"`  // why that gave nothing; empty: it did

	ETag     string `json:"etag,omitempty"` // what the URL's server calls this version of the file
	Modified string `json:"modified,omitempty"`
}

// CalendarEvent is one event of a calendar.
type CalendarEvent struct {
	Name     string    `json:"name"`
	From     time.Time `json:"from"`
	Until    time.Time `json:"until"`              // the first moment after it
	Floating bool      `json:"floating,omitempty"` // From and Until, in UTC, are what the schedule's clock shows
}

// MaxCalendars bounds the calendars of a schedule.
const MaxCalendars = 20

const (
	calendarSchedule = iota
	calendarTarget
)

var calendarKind = &kind[Calendar]{
	table: calendarTable,
	id:    func(c *Calendar) *int { return &c.ID },
	indexes: []index[Calendar]{
		calendarSchedule: by(func(c *Calendar) string { return number(c.Schedule) }),
		calendarTarget:   by(func(c *Calendar) string { return optionalTarget(c.Destination) }),
	},
}

func (c *Calendar) check(tx *Tx) error {
	if _, _, kept := tx.Calendars().Get(c.ID); !kept && count(tx.CalendarsOf(c.Schedule)) >= MaxCalendars {
		return invalid("calendar %q: the schedule has %d already", c.Name, MaxCalendars)
	}
	return nil
}

func (c *Calendar) links(tx *Tx) error {
	return checkOfSchedule(tx, c.Schedule, c.Destination, "calendar "+number(c.ID))
}

// Calendars are all calendars.
func (tx *Tx) Calendars() Kind[Calendar] { return Kind[Calendar]{tx, calendarKind} }

// CalendarsOf are the calendars of a schedule.
func (tx *Tx) CalendarsOf(schedule int) iter.Seq[*Calendar] {
	return tx.Calendars().having(calendarSchedule, number(schedule))
}

// CalendarsTo are the calendars that lead to an object; the type is that of the destination.
func (tx *Tx) CalendarsTo(destinationType string, id int) iter.Seq[*Calendar] {
	return tx.Calendars().having(calendarTarget, targetKey(destinationType, id))
}

// WatchCalendars tells of every change of a calendar after it was called, as Table's Watch does.
func (s *Store) WatchCalendars(ctx context.Context) <-chan Change[Calendar] {
	return watch[Calendar](ctx, s, calendarTable)
}
