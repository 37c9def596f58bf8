package confd

import (
	"dialtone/hours"
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
			everything("from", func(e *store.Exception) any { from, _ := hours.SpanTexts(e.From, e.Until); return from }),
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
	from, until := hours.SpanTexts(e.From, e.Until)
	return datedException{
		ID: e.ID, Name: orNull(e.Name), From: from, Until: until, Open: e.Open, Destination: showDestinationOrNull(r.tx, e.Destination),
		Links: r.links("exceptions", exceptions().place(e)),
	}
}

// readException reads an exception's fields.
func readException(r *request, o *object, e *store.Exception) {
	var from, until string
	if !e.From.IsZero() {
		from, until = hours.SpanTexts(e.From, e.Until)
	}
	if o.has("from") {
		until = "" // that of before is not meant with another beginning
	}
	o.text("name", &e.Name, nullable, length(0, 128))
	o.text("from", &from, required, isWall)
	o.text("until", &until, nullable, isWall)
	r.readInstead(o, &e.Open, &e.Destination)
	if !o.sound() {
		return
	}
	begins, ends, err := hours.ParseSpan(from, until)
	if err != nil {
		o.fault("until", err.Error()) // from is one, or it were not sound
		return
	}
	e.From, e.Until = begins, ends
}

// readInstead reads what a schedule does that does not follow its periods: it opens, or closes with a destination or without.
func (r *request) readInstead(o *object, open *bool, to **store.Destination) {
	o.truth("open", open, strict)
	r.destinationOrNull(o, "destination", "destination", to)
	if o.sound() && *open && *to != nil {
		o.fault("destination", "what opens a schedule has no destination: calls go where they do when it is open")
	}
}

// isWall asks a text to be a day or a minute, of years that calendars have.
var isWall = rule{check: func(v any) string {
	text, _ := v.(string)
	if _, _, err := hours.ParseWall(text); err != nil {
		return err.Error()
	}
	return ""
}}
