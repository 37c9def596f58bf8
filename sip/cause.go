package sip

import (
	"fmt"
	"strconv"

	gosip "github.com/emiago/sipgo/sip"
)

// CauseOf is the Q.850 cause of a final answer to an INVITE (RFC 3398 §7.2.4.1), 1..127. What the RFC leaves out is added by
// what the status says.
func CauseOf(status int) int {
	if cause, ok := causes[status]; ok {
		return cause
	}
	switch status / 100 {
	case 2:
		return 16 // normal call clearing
	case 3:
		return 23 // redirection to new destination, which nobody followed
	case 4:
		return 127 // interworking
	case 5:
		return 41 // temporary failure
	}
	return 31 // normal, unspecified
}

var causes = map[int]int{
	400: 41, 401: 21, 402: 21, 403: 21, 404: 1, 405: 63, 406: 79, 407: 21, 408: 102, 410: 22, 413: 127, 414: 127, 415: 79,
	416: 127, 420: 127, 421: 127, 422: 127, 423: 127,
	433: 24, // the caller hides who they are (RFC 5079): call rejected due to ACR
	480: 18, 481: 41, 482: 25, 483: 25, 484: 28, 485: 1, 486: 17, 487: 16,
	488: 58, // the RFC goes by the Warning header; no such bearer is what it says
	491: 41, 493: 127,
	500: 41, 501: 79, 502: 38, 503: 41, 504: 102, 505: 127, 513: 127,
	580: 47, // a precondition (RFC 3312): resource unavailable
	600: 17, 603: 21, 604: 1, 606: 58,
	607: 21, 608: 21, // unwanted, rejected on the way (RFC 8197, RFC 8688)
}

// StatusOf is the status by which a call that is not answered ends for a Q.850 cause (RFC 3398 §8.2.6.1). A cause
// without a mapping has that of its class (Q.850 §2.1), and 0, or what is none, 480.
func StatusOf(cause int) int {
	if status, ok := statuses[cause]; ok {
		return status
	}
	if cause < 0 || cause > 127 {
		return 480
	}
	return [8]int{480, 480, 503, 403, 501, 400, 500, 500}[cause>>4]
}

// statuses are those that are not their class's: 0 and 1 normal events, 2 no resource, 3 service not available, 4 service not
// implemented, 5 invalid message, 6 protocol error, 7 interworking.
var statuses = map[int]int{
	1: 404, 2: 404, 3: 404, 16: 603, 17: 486, 18: 408, 21: 403, 22: 410, 23: 410, 26: 404, 27: 502, 28: 484, 29: 501,
	58: 488, 63: 503, 65: 488, 70: 488,
	87: 403, 88: 503, 102: 504,
}

// RefusalOf refuses a call for a Q.850 cause, which goes along in a Reason header (RFC 3326).
func RefusalOf(cause int) *Refusal {
	r := Refuse(StatusOf(cause), fmt.Sprintf("cause %d", cause))
	if 0 < cause && cause < 128 {
		r.Headers = []gosip.Header{gosip.NewHeader("Reason", "Q.850;cause="+strconv.Itoa(cause))}
	}
	return r
}
