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

func headersOf(req *gosip.Request) []Header {
	var list []Header
	for _, h := range req.Headers() {
		if !strings.HasSuffix(strings.ToLower(h.Name()), "authorization") {
			list = append(list, Header{h.Name(), h.Value()})
		}
	}
	return list
}
