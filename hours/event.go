package hours

import (
	"time"

	"dialtone/store"
)

// NextEvent is the first event of a calendar of a schedule that is not over, by the schedule's clock.
func NextEvent(tx *store.Tx, kept *store.Schedule, c *store.Calendar, now time.Time) (store.CalendarEvent, bool) {
	s, _ := Of(tx, kept)
	_, ahead := s.Local(now).Zone()
	wall := now.Add(time.Duration(ahead) * time.Second)
	for _, e := range c.Events {
		at := now
		if e.Floating {
			at = wall
		}
		if at.Before(e.Until) {
			return e, true
		}
	}
	return store.CalendarEvent{}, false
}
