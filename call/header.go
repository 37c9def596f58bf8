package call

import (
	"errors"
	"slices"
	"strings"

	"dialtone/ivr"
	"dialtone/sip"
)

// Header gives the values of a header of the INVITE.
func (ch *channel) Header(name string) []string {
	var values []string
	for _, h := range ch.headers() {
		if strings.EqualFold(h.Name, name) {
			values = append(values, h.Value)
		}
	}
	return values
}

// HeaderNames are the names of the INVITE's headers.
func (ch *channel) HeaderNames() []string {
	var names []string
	for _, h := range ch.headers() {
		if !slices.Contains(names, h.Name) {
			names = append(names, h.Name)
		}
	}
	return names
}

// headers are those of the INVITE that came, or those that are added to ours.
func (ch *channel) headers() []sip.Header {
	if out := ch.call.out; out != nil {
		return out.headers
	}
	return ch.call.leg().Headers()
}

// maxHeaders bounds the headers that a dialplan adds to an INVITE.
const maxHeaders = 50

// AddHeader gives the INVITE that is still to be sent a header.
func (ch *channel) AddHeader(name, value string, replaces bool) error {
	out := ch.call.out
	if out == nil {
		return errors.New("headers are added to calls that Dial makes, in its option b")
	}
	ch.call.mu.Lock()
	defer ch.call.mu.Unlock()
	h := sip.Header{Name: name, Value: value}
	switch {
	case out.begun:
		return errors.New("the INVITE has been sent")
	case value != "" && h.Check() != nil:
		return h.Check()
	case replaces:
		out.headers = slices.DeleteFunc(out.headers, func(h sip.Header) bool { return strings.EqualFold(h.Name, name) })
	}
	if value != "" && len(out.headers) < maxHeaders {
		out.headers = append(out.headers, h)
	}
	return nil
}

var (
	_ ivr.Headers      = (*channel)(nil)
	_ ivr.HeaderWriter = (*channel)(nil)
)
