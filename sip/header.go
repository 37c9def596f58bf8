package sip

import (
	"fmt"
	"slices"
	"strings"

	gosip "github.com/emiago/sipgo/sip"
)

// Header is a header of a request.
type Header struct{ Name, Value string }

// Headers are those of the INVITE that made a leg, in their order, without what
// authenticates it; nil when we sent it.
func (l *Leg) Headers() []Header { return l.header }

// Diverted is who diverted the call here last (RFC 5806: the topmost Diversion); empty when nobody says so.
func (l *Leg) Diverted() CallerID {
	for _, h := range l.header {
		if !strings.EqualFold(h.Name, "Diversion") {
			continue
		}
		for _, value := range splitList(h.Value) {
			if id, _, ok := identityIn(value); ok {
				return id
			}
		}
	}
	return CallerID{}
}

// Diversion is who diverted a call, for a Target (RFC 5806).
type Diversion struct {
	By     CallerID
	Reason string // unconditional, user-busy, no-answer …; empty: unknown
}

// header is the Diversion header; host is the domain where By has none.
func (d *Diversion) header(host string) Header {
	if d.By.Host != "" {
		host = d.By.Host
	}
	value := "<sip:" + escapeUser(d.By.User) + "@" + host + ">"
	if d.By.Name != "" {
		value = `"` + quote(d.By.Name) + `" ` + value
	}
	reason := d.Reason
	if !tokenText(reason) {
		reason = "unknown"
	}
	return Header{"Diversion", value + ";reason=" + reason}
}

// Check tells what is wrong with a header that is to be sent: a name that is none, one that signalling itself writes, or a value
// that would begin another line.
func (h Header) Check() error {
	switch {
	case !tokenText(h.Name):
		return fmt.Errorf("%q is no name of a header", clip(printable(h.Name), 60))
	case slices.Contains(ownHeaders, strings.ToLower(h.Name)):
		return fmt.Errorf("the header %s is written by the server itself", h.Name)
	case controls(h.Value) || len(h.Value) > maxHeader:
		return fmt.Errorf("the value of the header %s has control characters or is longer than %d bytes", h.Name, maxHeader)
	}
	return nil
}

// maxHeader is how long the value of a header that others set may be, in bytes.
const maxHeader = 2000

// ownHeaders are those that make the dialog, the transaction, the body or a proof of identity, in both forms.
var ownHeaders = []string{
	"via", "v", "from", "f", "to", "t", "call-id", "i", "cseq", "contact", "m", "max-forwards", "route", "record-route", "content-length", "l",
	"content-type", "c", "content-encoding", "e", "allow", "supported", "k", "require", "proxy-require", "authorization", "proxy-authorization",
	"session-expires", "x", "min-se", "rseq", "rack", "user-agent",
}

// tokenText tells whether text is a token (RFC 3261 §25.1).
func tokenText(text string) bool {
	for i := 0; i < len(text); i++ {
		if !isToken(text[i]) {
			return false
		}
	}
	return text != ""
}

func headersOf(req *gosip.Request) []Header {
	var list []Header
	for _, h := range req.Headers() {
		if !strings.HasSuffix(strings.ToLower(h.Name()), "authorization") {
			list = append(list, Header{h.Name(), h.Value()})
		}
	}
	return list
}
