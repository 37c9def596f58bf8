package sip

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	gosip "github.com/emiago/sipgo/sip"
)

// StatusError is a request of ours that was refused.
type StatusError struct {
	Status     int
	Reason     string
	RetryAfter time.Duration // what the answer asks for; 0: nothing
}

func statusError(res *gosip.Response) *StatusError {
	return &StatusError{res.StatusCode, res.Reason, retryAfter(res)}
}

// retryAfter is what an answer asks to wait (RFC 3261 §20.33); 0: it says nothing, or nothing that can be read.
func retryAfter(res *gosip.Response) time.Duration {
	text, _, _ := strings.Cut(headerValue(res, "Retry-After"), ";")
	text, _, _ = strings.Cut(text, "(")
	seconds, err := strconv.ParseUint(strings.TrimSpace(text), 10, 31)
	if err != nil {
		return 0
	}
	return time.Duration(seconds) * time.Second
}

func (e *StatusError) Error() string { return fmt.Sprintf("refused: %d %s", e.Status, e.Reason) }
