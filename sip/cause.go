package sip

import (
	"fmt"
	"strconv"

	gosip "github.com/emiago/sipgo/sip"
)

// CauseOf is the Q.850 cause of a final answer to an INVITE (RFC 3398 §7.2.4.1), 1..127.
func CauseOf(status int) int {
	if cause, ok := causes[status]; ok {
		return cause
	}
	switch status / 100 {
	case 2:
		return 16 // normal call clearing
	case 4:
		return 127 // interworking
	case 5:
		return 41 // temporary failure
	}
	return 31 // normal, unspecified
}

var causes = map[int]int{
	400: 41, 401: 21, 402: 21, 403: 21, 404: 1, 405: 63, 406: 79, 407: 21, 408: 102, 410: 22, 413: 127, 414: 127, 415: 79,
	416: 127, 420: 127, 421: 127, 423: 127, 480: 18, 481: 41, 482: 25, 483: 25, 484: 28, 485: 1, 486: 17, 487: 16,
	488: 58, // the RFC goes by the Warning header; no such bearer is what it says
	500: 41, 501: 79, 502: 38, 503: 41, 504: 102, 505: 127, 513: 127,
	600: 17, 603: 21, 604: 1, 606: 58,
}

// StatusOf is the status by which a call that is not answered ends for a Q.850 cause (RFC 3398 §8.2.6.1). Causes
// without a mapping give 480.
func StatusOf(cause int) int {
	if status, ok := statuses[cause]; ok {
		return status
	}
	return 480
}

var statuses = map[int]int{
	1: 404, 2: 404, 3: 404, 16: 603, 17: 486, 18: 408, 19: 480, 20: 480, 21: 403, 22: 410, 23: 410, 26: 404, 27: 502, 28: 484,
	29: 501, 31: 480, 34: 503, 38: 503, 41: 503, 42: 503, 47: 503, 55: 403, 57: 403, 58: 488, 65: 488, 70: 488, 79: 501,
	87: 403, 88: 503, 102: 504, 111: 500, 127: 500,
}

// RefusalOf refuses a call for a Q.850 cause, which goes along in a Reason header (RFC 3326).
func RefusalOf(cause int) *Refusal {
	r := Refuse(StatusOf(cause), fmt.Sprintf("cause %d", cause))
	if 0 < cause && cause < 128 {
		r.Headers = []gosip.Header{gosip.NewHeader("Reason", "Q.850;cause="+strconv.Itoa(cause))}
	}
	return r
}
