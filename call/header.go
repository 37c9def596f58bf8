package call

import (
	"slices"
	"strings"

	"dialtone/ivr"
)

// Header gives the values of a header of the INVITE.
func (ch *channel) Header(name string) []string {
	var values []string
	for _, h := range ch.call.leg().Headers() {
		if strings.EqualFold(h.Name, name) {
			values = append(values, h.Value)
		}
	}
	return values
}

// HeaderNames are the names of the INVITE's headers.
func (ch *channel) HeaderNames() []string {
	var names []string
	for _, h := range ch.call.leg().Headers() {
		if !slices.Contains(names, h.Name) {
			names = append(names, h.Name)
		}
	}
	return names
}

var _ ivr.Headers = (*channel)(nil)
