package sip

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	gosip "github.com/emiago/sipgo/sip"
)

// Refusal is a negative answer to a request: a value that can be returned as an error, sent as a response and logged once.
type Refusal struct {
	Status  int            // 300..699
	Reason  string         // the reason phrase; never a stranger's bytes
	Headers []gosip.Header // added to the response
	Log     string         // why, for the operator; not sent
	Guess   bool           // there was a password, and it was wrong
}

// Error says status, reason and why, unless the reason does.
func (r *Refusal) Error() string {
	text := strconv.Itoa(r.Status) + " " + r.Reason
	if !strings.HasSuffix(r.Reason, r.Log) {
		text += ": " + r.Log
	}
	return text
}

// Response is the refusal as the answer to a request. tag goes to To, if that has none.
func (r *Refusal) Response(req *gosip.Request, tag string) *gosip.Response {
	res := response(req, r.Status, r.Reason, tag)
	for _, h := range r.Headers {
		res.AppendHeader(h)
	}
	res.SetBody(nil)
	return res
}

// Refuse makes a Refusal with the status's own reason phrase. why is for the log.
func Refuse(status int, why string, headers ...gosip.Header) *Refusal {
	return &Refusal{Status: status, Reason: reasonPhrase(status), Headers: headers, Log: why}
}

// AsRefusal gives the Refusal in err's chain, or a 500 that logs err.
func AsRefusal(err error) *Refusal {
	if r, ok := errors.AsType[*Refusal](err); ok {
		return r
	}
	return Refuse(500, err.Error())
}

// BadRequest is 400. The problem is also told to the sender, in the reason phrase (RFC 3261 §21.4.1): it names the
// header and the fault, and nothing that the request held.
func BadRequest(problem string) *Refusal {
	return &Refusal{Status: 400, Reason: "Bad Request - " + problem, Log: problem}
}

// badRequest is 400 with more for the log than for the sender.
func badRequest(problem, format string, args ...any) *Refusal {
	r := BadRequest(problem)
	r.Log = fmt.Sprintf(format, args...)
	return r
}

// Forbidden is 403: who asks is known, and may not.
func Forbidden(why string) *Refusal { return Refuse(403, why) }

// NotFound is 404: nobody has that number.
func NotFound(why string) *Refusal { return Refuse(404, why) }

// MethodNotAllowed is 405, for a method that exists and is not served; methods is the Allow header.
func MethodNotAllowed(methods string) *Refusal {
	return Refuse(405, "", gosip.NewHeader("Allow", methods))
}

// UnsupportedMediaType is 415; types is the Accept header (RFC 3261 §8.2.3).
func UnsupportedMediaType(types, why string) *Refusal {
	return Refuse(415, why, gosip.NewHeader("Accept", types))
}

// UnsupportedScheme is 416: a Request-URI that is neither sip nor tel.
func UnsupportedScheme(why string) *Refusal { return Refuse(416, why) }

// BadExtension is 420: the request requires what is not served; tags are the Unsupported header (RFC 3261 §8.2.2.3).
func BadExtension(tags []string) *Refusal {
	list := strings.Join(tags, ", ")
	return Refuse(420, "requires "+list, gosip.NewHeader("Unsupported", list))
}

// IntervalTooBrief is 423: a registration for less than least, which Min-Expires tells (RFC 3261 §10.3).
func IntervalTooBrief(least time.Duration) *Refusal {
	return Refuse(423, "", gosip.NewHeader("Min-Expires", seconds(least)))
}

// NoDialog is 481: the request belongs to no call of ours.
func NoDialog(why string) *Refusal { return Refuse(481, why) }

// LoopDetected is 482: the same request came by another way (RFC 3261 §8.2.2.2).
func LoopDetected(why string) *Refusal { return Refuse(482, why) }

// TooManyHops is 483: a request that would have to be passed on with Max-Forwards used up.
func TooManyHops(why string) *Refusal { return Refuse(483, why) }

// NotAcceptableHere is 488: there is no media that both sides can do.
func NotAcceptableHere(why string) *Refusal { return Refuse(488, why) }

// ServerError is 500.
func ServerError(why string) *Refusal { return Refuse(500, why) }

// NotImplemented is 501, for a method that is not known at all; methods is the Allow header.
func NotImplemented(methods string) *Refusal {
	return Refuse(501, "", gosip.NewHeader("Allow", methods))
}

// Unavailable is 503: nothing is free now; after says when to try again, in whole seconds.
func Unavailable(after time.Duration, why string) *Refusal {
	return Refuse(503, why, gosip.NewHeader("Retry-After", seconds(after)))
}

// BadVersion is 505: not SIP/2.0.
func BadVersion(why string) *Refusal { return Refuse(505, why) }

// TooLarge is 513: a message longer than is read.
func TooLarge(why string) *Refusal { return Refuse(513, why) }

// seconds writes a duration in whole seconds, rounded up.
func seconds(d time.Duration) string {
	return strconv.FormatInt(int64((d+time.Second-1)/time.Second), 10)
}

// reasonPhrase is the phrase of a status (RFC 3261 §21); for one without a name of its own, that of its class.
func reasonPhrase(status int) string {
	if text, ok := reasonPhrases[status]; ok {
		return text
	}
	return reasonPhrases[status/100*100]
}

var reasonPhrases = map[int]string{
	100: "Trying", 180: "Ringing", 181: "Call Is Being Forwarded", 182: "Queued", 183: "Session Progress", 200: "OK", 202: "Accepted",
	300: "Multiple Choices", 301: "Moved Permanently", 302: "Moved Temporarily", 305: "Use Proxy", 380: "Alternative Service",
	400: "Bad Request", 401: "Unauthorized", 403: "Forbidden", 404: "Not Found", 405: "Method Not Allowed",
	406: "Not Acceptable", 407: "Proxy Authentication Required", 408: "Request Timeout", 410: "Gone",
	413: "Request Entity Too Large", 414: "Request-URI Too Long", 415: "Unsupported Media Type",
	416: "Unsupported URI Scheme", 420: "Bad Extension", 421: "Extension Required", 422: "Session Interval Too Small", 423: "Interval Too Brief",
	480: "Temporarily Unavailable", 481: "Call/Transaction Does Not Exist", 482: "Loop Detected", 483: "Too Many Hops",
	484: "Address Incomplete", 485: "Ambiguous", 486: "Busy Here", 487: "Request Terminated", 488: "Not Acceptable Here",
	489: "Bad Event", 491: "Request Pending", 493: "Undecipherable",
	500: "Server Internal Error", 501: "Not Implemented", 502: "Bad Gateway", 503: "Service Unavailable",
	504: "Server Time-out", 505: "Version Not Supported", 513: "Message Too Large",
	600: "Busy Everywhere", 603: "Decline", 604: "Does Not Exist Anywhere", 606: "Not Acceptable",
}
