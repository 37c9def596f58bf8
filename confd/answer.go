package confd

import (
	"fmt"
	"io"
	"net/http"
)

// answer is what a route says when it succeeds.
type answer struct {
	status   int
	body     any           // written as JSON; nil: none
	text     []byte        // body as JSON; of routes that are alone it is made when it is written
	location string        // of what was made, relative to the API: "/incalls/3"; its GET gives the body
	file     io.ReadCloser // written instead of body, and closed
	header   http.Header   // more of it; may be nil
	then     func() error  // what is left to do once the change is on disk; may be nil
}

// shown answers GET.
func shown(body any) answer { return answer{status: http.StatusOK, body: body} }

// created answers POST by what GET says at the place of what was made: created("/incalls/%d", id).
func created(location string, args ...any) answer {
	return answer{status: http.StatusCreated, location: fmt.Sprintf(location, args...)}
}

// done answers PUT, DELETE and associations.
func done() answer { return answer{status: http.StatusNoContent} }

// link is where something else is to be found.
type link struct {
	Rel  string `json:"rel"`
	Href string `json:"href"`
}
