package confd

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"syscall"
	"time"
)

// failure is an answer that is no success: sentences, which a mount shows in its dialect.
type failure struct {
	status int
	texts  []string
}

func (f *failure) Error() string { return strings.Join(f.texts, ". ") }

// sentences is the body of a failure in the dialect of wazo-confd.
func sentences(f *failure) any { return f.texts }

// reasons is the body of a failure in the dialect of wazo-auth, whose clients look for its reason or its message.
func reasons(f *failure) any {
	return struct {
		Reason    []string  `json:"reason"`
		Timestamp []float64 `json:"timestamp"` // seconds since 1970
		Status    int       `json:"status_code"`
		Message   string    `json:"message"`
	}{f.texts, []float64{float64(time.Now().UnixMilli()) / 1000}, f.status, f.Error()}
}

// pairs are what a sentence of an error is about: names and values by turns.
type pairs []any

// String writes pairs as Python writes a dictionary, in parentheses, after a blank: " ('id': 42, 'context': 'default')".
func (p pairs) String() string {
	if len(p) == 0 {
		return ""
	}
	var b strings.Builder
	b.WriteString(" (")
	for i := 0; i+1 < len(p); i += 2 {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(repr(p[i]))
		b.WriteString(": ")
		b.WriteString(repr(p[i+1]))
	}
	b.WriteByte(')')
	return b.String()
}

// notFound is the answer for an object that is not there, or that the caller may not see: notFound("Incall", "id", 42).
func notFound(what string, about ...any) error {
	return &failure{http.StatusNotFound, []string{"Resource Not Found - " + what + " was not found" + pairs(about).String()}}
}

// missing refuses a body that names an object that is not there:
// missing("context", "Context", "context", "nope") is "Input Error - field 'context': Context was not found ('context': 'nope')".
func missing(field, what string, about ...any) error {
	return inputError("field '%s': %s was not found%s", field, what, pairs(about))
}

// inputError refuses what was sent.
func inputError(format string, args ...any) error {
	return &failure{http.StatusBadRequest, []string{"Input Error - " + fmt.Sprintf(format, args...)}}
}

// resourceError refuses what the state of an object does not allow:
// resourceError("Extension already exists", "exten", "1000", "context", "default").
func resourceError(text string, about ...any) error {
	return &failure{http.StatusBadRequest, []string{"Resource Error - " + text + pairs(about).String()}}
}

// notImplemented says what dialtone has not: notImplemented("queues").
func notImplemented(what string) error {
	return &failure{http.StatusNotImplemented, []string{"Not implemented: dialtone has no " + what}}
}

// isFull tells that an error is for want of room on the disk.
func isFull(err error) bool {
	return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) || errors.Is(err, syscall.EFBIG)
}

// nothingChanged says that the server cannot do it now.
func nothingChanged(err error) error {
	return &failure{http.StatusServiceUnavailable, []string{"Nothing was changed: " + err.Error()}}
}
