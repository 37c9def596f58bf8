package confd

import (
	"time"

	"dialtone/store"
)

// exceptions are the times with a date in which a schedule does not follow its periods.
func exceptions() belonging[store.Exception] {
	return belonging[store.Exception]{
		path: "exceptions", name: "Exception",
		kind:     (*store.Tx).Exceptions,
		of:       (*store.Tx).ExceptionsOf,
		id:       func(e *store.Exception) int { return e.ID },
		schedule: func(e *store.Exception) *int { return &e.Schedule },
		columns: []column[store.Exception]{
			everything("id", func(e *store.Exception) any { return e.ID }),
			everything("name", func(e *store.Exception) any { return orNull(e.Name) }),
			everything("from", func(e *store.Exception) any { from, _ := wallTexts(e.From, e.Until); return from }),
		},
		fields: readException,
		show:   func(r *request, e *store.Exception) any { return showException(r, e) },
	}
}

// datedException is an exception as GET shows it.
type datedException struct {
	ID          int    `json:"id"`
	Name        any    `json:"name"` // a string, or nil
	From        string `json:"from"`
	Until       string `json:"until"`
	Open        bool   `json:"open"`
	Destination any    `json:"destination"` // an object, or nil
	Links       []link `json:"links"`
}

func showException(r *request, e *store.Exception) datedException {
	from, until := wallTexts(e.From, e.Until)
	return datedException{
		ID: e.ID, Name: orNull(e.Name), From: from, Until: until, Open: e.Open, Destination: showDestinationOrNull(r.tx, e.Destination),
		Links: r.links("exceptions", exceptions().place(e)),
	}
}

// readException reads an exception's fields.
func readException(r *request, o *object, e *store.Exception) {
	var from, until string
	if !e.From.IsZero() {
		from, until = wallTexts(e.From, e.Until)
	}
	if o.has("from") {
		until = "" // that of before is not meant with another beginning
	}
	o.text("name", &e.Name, nullable, length(0, 128))
	o.text("from", &from, required, isWall)
	o.text("until", &until, nullable, isWall)
	o.truth("open", &e.Open, strict)
	r.destinationOrNull(o, "destination", "destination", &e.Destination)
	if !o.sound() {
		return
	}
	begins, isDay := parseWall(from)
	switch {
	case until == "" && !isDay:
		o.fault("until", "Missing data for required field: only a day ends by itself.")
		return
	case until == "":
		until = from
	}
	ends, isDay := parseWall(until)
	if isDay {
		ends = ends.AddDate(0, 0, 1)
	}
	if !begins.Before(ends) {
		o.fault("until", "until is before from")
		return
	}
	e.From, e.Until = begins, ends
}

// Forms of what a clock shows.
const (
	dayForm    = time.DateOnly
	minuteForm = "2006-01-02T15:04"
)

// wallTexts writes what a clock shows at the beginning and at the end of something, in UTC: as days, of which the last belongs to it,
// or as minutes.
func wallTexts(from, until time.Time) (string, string) {
	from, until = from.UTC(), until.UTC()
	const day = 24 * time.Hour
	if from.Truncate(day).Equal(from) && until.Truncate(day).Equal(until) {
		return from.Format(dayForm), until.AddDate(0, 0, -1).Format(dayForm)
	}
	return from.Format(minuteForm), until.Format(minuteForm)
}

// parseWall reads a day or a minute that isWall has taken.
func parseWall(text string) (wall time.Time, isDay bool) {
	if wall, err := time.Parse(dayForm, text); err == nil {
		return wall, true
	}
	wall, _ = time.Parse(minuteForm, text)
	return wall, false
}

// isWall asks a text to be a day or a minute, of years that calendars have.
var isWall = rule{check: func(v any) string {
	text, _ := v.(string)
	if wall, _ := parseWall(text); wall.Year() < 1900 || wall.Year() > 2399 {
		return "Not a day (2026-12-25) and not a minute (2026-12-25T10:00) of 1900 to 2399."
	}
	return ""
}}
