package confd

import (
	"net/url"
	"time"

	"dialtone/calendar"
	"dialtone/hours"
	"dialtone/store"
)

// calendars are iCalendar files, and URLs of them, whose events a schedule follows.
func calendars() belonging[store.Calendar] {
	return belonging[store.Calendar]{
		path: "calendars", name: "Calendar",
		kind:     (*store.Tx).Calendars,
		of:       (*store.Tx).CalendarsOf,
		id:       func(c *store.Calendar) int { return c.ID },
		schedule: func(c *store.Calendar) *int { return &c.Schedule },
		columns: []column[store.Calendar]{
			everything("id", func(c *store.Calendar) any { return c.ID }),
			everything("name", func(c *store.Calendar) any { return orNull(c.Name) }),
		},
		fields: readCalendar,
		show:   func(r *request, c *store.Calendar) any { return showCalendar(r, c) },
		before: readFile,
	}
}

func calendarRoutes() []route {
	one := "/schedules/{schedule_id}/calendars/{id}"
	return append(calendars().routes(),
		route{method: "GET", path: one + "/events", handle: listEvents},
		route{method: "POST", path: one + "/refresh", handle: refreshCalendar},
	)
}

// shownCalendar is a calendar as GET shows it.
type shownCalendar struct {
	ID          int      `json:"id"`
	Name        any      `json:"name"` // a string, or nil
	URL         any      `json:"url"`  // the same
	Open        bool     `json:"open"`
	Destination any      `json:"destination"` // an object, or nil
	Events      int      `json:"events"`
	Notes       []string `json:"notes"`
	Read        any      `json:"read"`    // a time, or nil
	Checked     any      `json:"checked"` // the same
	Fault       any      `json:"fault"`   // a string, or nil
	Links       []link   `json:"links"`
}

func showCalendar(r *request, c *store.Calendar) shownCalendar {
	address := c.URL
	if u, err := url.Parse(address); err == nil && r.token.ReadOnly {
		address = u.Redacted()
	}
	return shownCalendar{
		ID: c.ID, Name: orNull(c.Name), URL: orNull(address), Open: c.Open, Destination: showDestinationOrNull(r.tx, c.Destination),
		Events: len(c.Events), Notes: append([]string{}, c.Notes...), Read: timeOrNull(c.Read), Checked: timeOrNull(c.Checked), Fault: orNull(c.Fault),
		Links: r.links("calendars", calendars().place(c)),
	}
}

// timeOrNull is how a moment is shown that is null where there is none.
func timeOrNull(at time.Time) any {
	if at.IsZero() {
		return nil
	}
	return at
}

// calendarFile is what the file of a body was read as.
type calendarFile struct {
	events []store.CalendarEvent
	notes  []string
	fault  error
	at     time.Time
}

// readFile reads the file in a body, which may take a second.
func readFile(r *request) error {
	values, err := decode(r.body)
	if err != nil {
		return err
	}
	if text, ok := values["ics"].(string); ok {
		file := calendarFile{at: time.Now()}
		file.events, file.notes, file.fault = calendar.Read([]byte(text), file.at)
		r.made = file
	}
	return nil
}

// readCalendar reads a calendar's fields.
func readCalendar(r *request, o *object, c *store.Calendar) {
	address, text := c.URL, ""
	o.text("name", &c.Name, nullable, length(0, 128))
	o.text("url", &address, nullable, length(0, 2048), r.isCalendarURL())
	o.text("ics", &text, nullable, length(0, calendar.MaxBytes))
	r.readInstead(o, &c.Open, &c.Destination)
	file, given := r.made.(calendarFile)
	switch {
	case !o.sound():
	case given && text != "" && o.has("url") && address != "":
		o.fault("ics", "url and ics exclude each other")
	case given && file.fault != nil:
		o.fault("ics", file.fault.Error())
	case given && text != "":
		*c = store.Calendar{
			ID: c.ID, Schedule: c.Schedule, Name: c.Name, Open: c.Open, Destination: c.Destination,
			Events: file.events, Notes: file.notes, Read: file.at,
		}
	case address != c.URL && address != "":
		*c = store.Calendar{ID: c.ID, Schedule: c.Schedule, Name: c.Name, Open: c.Open, Destination: c.Destination, URL: address}
	case c.ID == 0 || address != c.URL:
		o.fault("url", "Missing data for required field: a calendar has a url or a file (ics).")
	}
}

// isCalendarURL asks a text to be a URL that the server may ask.
func (r *request) isCalendarURL() rule {
	return rule{check: func(v any) string {
		text, _ := v.(string)
		if text == "" {
			return ""
		}
		if r.api.config.Calendars == nil {
			return "The server asks nobody for calendars."
		}
		if _, err := calendar.ParseURL(text, r.api.config.Calendars); err != nil {
			return err.Error()
		}
		return ""
	}}
}

// refreshCalendar has the server ask a calendar's URL now.
func refreshCalendar(r *request) (answer, error) {
	_, c, err := calendars().find(r)
	if err != nil {
		return answer{}, err
	}
	if c.URL == "" {
		return answer{}, resourceError("Calendar has no URL: its events came with a file", "id", c.ID)
	}
	return done(), calendar.AskNow(r.tx, c.ID)
}

// shownEvent is an event of a calendar as a list shows it.
type shownEvent struct {
	Name  string `json:"name"`
	From  string `json:"from"`
	Until string `json:"until"`
}

// listEvents answers the events of a calendar.
func listEvents(r *request) (answer, error) {
	_, c, err := calendars().find(r)
	if err != nil {
		return answer{}, err
	}
	return list(r, eachEvent(c.Events), listing[store.CalendarEvent]{
		columns: []column[store.CalendarEvent]{
			everything("name", func(e *store.CalendarEvent) any { return e.Name }),
			everything("from", func(e *store.CalendarEvent) any { return showEvent(e).From }),
		},
		order: "from", show: func(e *store.CalendarEvent) any { return showEvent(e) },
	})
}

// eachEvent gives events one by one.
func eachEvent(events []store.CalendarEvent) func(yield func(*store.CalendarEvent) bool) {
	return func(yield func(*store.CalendarEvent) bool) {
		for i := range events {
			if !yield(&events[i]) {
				return
			}
		}
	}
}

func showEvent(e *store.CalendarEvent) shownEvent {
	if !e.Floating {
		return shownEvent{e.Name, e.From.Format(time.RFC3339), e.Until.Format(time.RFC3339)}
	}
	from, until := hours.SpanTexts(e.From, e.Until)
	return shownEvent{e.Name, from, until}
}
