package call

import (
	"fmt"
	"strings"
	"time"

	"dialtone/ivr/dialplan"
	"dialtone/sip"
)

// Door is where a call came in: through a phone of ours or through a trunk.
type Door struct {
	Phone   string // the phone's number; empty for a trunk's call
	Trunk   string // the trunk's name; empty for a phone's call
	Context string // the context of the dialplan that belongs to it
}

// Route finds the place in the dialplan where a call begins: what was dialled, as written, is an
// extension of the door's context. A number that leads nowhere is refused with 404, and a context
// that the dialplan does not have with 404 too, since the caller can do nothing about it; the
// refusal's log text tells the operator which of the two it was.
func Route(door Door, dialled, caller string, plan *dialplan.Plan, at time.Time) (dialplan.Place, *sip.Refusal) {
	place := dialplan.Place{Context: door.Context, Exten: dialled, Priority: 1}
	if dialled == "" {
		place.Exten = "s"
	}
	if _, ok := plan.Context(door.Context); !ok {
		return place, sip.NotFound(fmt.Sprintf("context %q of %s is not in the dialplan", door.Context, door))
	}
	if _, ok := plan.Find(place, caller, at); !ok {
		return place, sip.NotFound(fmt.Sprintf("no extension %q in context %q (%s)", place.Exten, door.Context, door))
	}
	return place, nil
}

// String names the door for people.
func (d Door) String() string {
	var b strings.Builder
	if d.Trunk != "" {
		fmt.Fprintf(&b, "trunk %s", d.Trunk)
	} else {
		fmt.Fprintf(&b, "phone %s", d.Phone)
	}
	return b.String()
}
