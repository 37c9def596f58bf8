package confd

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strconv"
	"time"

	"dialtone/store"
)

// message is the body of an answer that no route gives.
type message struct {
	Message string `json:"message"`
}

// write sends what a route gave, and says which status that was.
func (a *API) write(q *request, made answer, err error) int {
	w := q.writer
	if err != nil {
		f := a.failureOf(err)
		if f.status == http.StatusServiceUnavailable {
			w.Header().Set("Retry-After", "1")
		}
		if f.status == http.StatusRequestEntityTooLarge {
			swallow(w, q.http)
		}
		writeJSON(w, f.status, q.mount.refusal(f))
		return f.status
	}
	for name, values := range made.header {
		w.Header()[name] = values
	}
	if made.location != "" {
		w.Header().Set("Location", q.url(made.location))
	}
	if made.file != nil {
		defer made.file.Close()
		w.WriteHeader(made.status)
		if q.http.Method != http.MethodHead {
			_, _ = io.Copy(patient(w), made.file) // it went away
		}
		return made.status
	}
	if made.body == nil {
		w.WriteHeader(made.status)
		return made.status
	}
	if made.text == nil {
		if made.text, err = marshal(made.body); err != nil {
			return a.write(q, answer{}, err)
		}
	}
	if q.route.reads() {
		mark := etag(made.text)
		w.Header().Set("ETag", mark)
		if known := q.http.Header.Get("If-None-Match"); known != "" && lists(known, mark) {
			w.WriteHeader(http.StatusNotModified)
			return http.StatusNotModified
		}
	}
	if len(made.text) > smallBody {
		leave, err := a.large.enter(q.http.Context())
		if err != nil {
			return a.write(q, answer{}, err)
		}
		defer leave()
	}
	writeBody(w, made.status, made.text)
	return made.status
}

// maxSwallow is how much of a refused body is taken all the same, in bytes.
const maxSwallow = 64 << 20

// swallow takes what is left of a body that is too large, within the time that a body has: most clients read the answer only when they
// have sent everything, and would find the connection broken in its place.
func swallow(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("Expect") == "" { // who asks before it sends gets the answer at once
		hurry(w, r)
		_, _ = io.CopyN(io.Discard, r.Body, maxSwallow)
	}
}

// failureOf makes an answer of an error.
func (a *API) failureOf(err error) *failure {
	if f, ok := errors.AsType[*failure](err); ok {
		return f
	}
	if f, ok := errors.AsType[*store.FieldError](err); ok {
		return &failure{http.StatusBadRequest, []string{"Input Error - " + f.Text}}
	}
	switch {
	case errors.Is(err, store.ErrNotFound):
		return &failure{http.StatusNotFound, []string{"Resource Not Found - " + err.Error()}}
	case errors.Is(err, context.Canceled):
		return &failure{http.StatusServiceUnavailable, []string{"You went away"}}
	case errors.Is(err, store.ErrClosed):
		return &failure{http.StatusServiceUnavailable, []string{"The server is stopping"}}
	case errors.Is(err, store.ErrDisk):
		return &failure{http.StatusServiceUnavailable, []string{"Nothing was changed: " + err.Error()}}
	}
	return &failure{http.StatusInternalServerError, []string{"Unexpected error: the server's log says what it was"}}
}

// marshal writes JSON as a body.
func marshal(v any) ([]byte, error) {
	if p, ok := v.(page); ok {
		return p.json()
	}
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	err := encoder.Encode(v)
	return b.Bytes(), err
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	text, _ := marshal(v) // sentences can always be written
	writeBody(w, status, text)
}

// writeBody sends a body of JSON to a client that may be slow, or gone.
func writeBody(w http.ResponseWriter, status int, text []byte) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Length", strconv.Itoa(len(text)))
	w.WriteHeader(status)
	_, _ = io.Copy(patient(w), bytes.NewReader(text)) // it went away
}

// writeTime is how long a client may take for each piece (smallBody) of what it is sent.
const writeTime = 10 * time.Second

// patience writes to a client piece by piece, each within writeTime.
type patience struct {
	to  io.Writer
	out *http.ResponseController
}

func patient(w http.ResponseWriter) patience { return patience{w, http.NewResponseController(w)} }

func (p patience) Write(text []byte) (n int, err error) {
	for n < len(text) && err == nil {
		_ = p.out.SetWriteDeadline(time.Now().Add(writeTime)) // a recorder of tests has none
		var wrote int
		wrote, err = p.to.Write(text[n:min(n+smallBody, len(text))])
		n += wrote
	}
	_ = p.out.SetWriteDeadline(time.Time{})
	return n, err
}
