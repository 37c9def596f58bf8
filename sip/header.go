package sip

import (
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
			var uri gosip.Uri
			name, err := gosip.ParseAddressValue(value, &uri, nil)
			if err == nil && !uri.Wildcard {
				return callerID(name, &uri)
			}
		}
	}
	return CallerID{}
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
