package store

import "time"

// CalendarEvent is one event of a calendar.
type CalendarEvent struct {
	Name     string    `json:"name"`
	From     time.Time `json:"from"`
	Until    time.Time `json:"until"`              // the first moment after it
	Floating bool      `json:"floating,omitempty"` // From and Until, in UTC, are what the schedule's clock shows
}
