package call

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"dialtone/ivr/dialplan"
	"dialtone/sip"
	"dialtone/store"
)

// Door is where a call came in: through a phone of ours or through a trunk.
type Door struct {
	Phone   string // the phone's number; empty for a trunk's call
	Trunk   string // the trunk's name; empty for a phone's call
	Context string // the context of the dialplan that belongs to it
}

// Route finds the place in the dialplan where a call begins. numbers are what may have been called, the likeliest first:
// the first of them that is an extension of the door's context, as it was written, is it; of a trunk's calls the first
// that an incall has, however it was written, goes before that: incall finds it by its forms; nil: there are none. rules is how a
// trunk writes numbers.
//
// A number that leads nowhere is refused with 404, and a context that the dialplan does not have with 404 too, since the
// caller can do nothing about it; the refusal's log text tells the operator which of the two it was.
func Route(door Door, numbers []string, rules store.TrunkNumbers, incall func(forms []string) (dialplan.Place, bool), caller string, plan *dialplan.Plan, at time.Time) (dialplan.Place, *sip.Refusal) {
	if incall != nil {
		for _, number := range numbers {
			if place, ok := incall(formsOf(rules, number)); ok {
				return place, nil
			}
		}
	}
	if !plan.Has(door.Context) {
		return dialplan.Place{}, sip.NotFound(fmt.Sprintf("context %q of %s is not in the dialplan", door.Context, door))
	}
	for _, number := range numbers {
		place := dialplan.Place{Context: door.Context, Exten: number, Priority: 1}
		if number == "" {
			place.Exten = "s"
		}
		if _, ok := plan.Find(place, caller, at); ok {
			return place, nil
		}
	}
	return dialplan.Place{}, sip.NotFound(fmt.Sprintf("no extension %s in context %q (%s)", quotedList(numbers), door.Context, door))
}

// quotedList writes "a" or "b", each once.
func quotedList(texts []string) string {
	var list []string
	for _, text := range texts {
		if quoted := fmt.Sprintf("%q", text); !slices.Contains(list, quoted) {
			list = append(list, quoted)
		}
	}
	return strings.Join(list, " or ")
}

// numbersOf are the numbers that a call of a trunk may be for, the likeliest first: what the trunk's record says, or the URI
// that is called unless that is our own line, then To and P-Called-Party-ID (RFC 7315 §4.2). The URI is always among them.
func numbersOf(r store.Trunk, leg *sip.Leg) []string {
	uri := leg.Called()
	var numbers []string
	add := func(number string) {
		if number != "" && !slices.Contains(numbers, number) {
			numbers = append(numbers, number)
		}
	}
	switch r.Numbers.DIDFrom {
	case "to":
		add(leg.NumberIn("To"))
	case "pcpid":
		add(leg.NumberIn("P-Called-Party-ID"))
	case "diversion":
		add(leg.Diverted().User)
	case "ruri":
	default:
		if uri != lineUser(&r) {
			add(uri)
		}
		add(leg.NumberIn("To"))
		add(leg.NumberIn("P-Called-Party-ID"))
	}
	if add(uri); len(numbers) == 0 {
		return []string{uri}
	}
	return numbers
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

// strangers are the numbers that trunks have called in vain, so that each is told of once.
type strangers struct {
	mu   sync.Mutex
	seen map[[2]string]bool // trunk and number
}

// maxStrangers bounds them; when there are more, they are told of again.
const maxStrangers = 4096

// first tells whether a number was not called before by a trunk.
func (s *strangers) first(trunk, number string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	key := [2]string{trunk, number}
	if s.seen[key] {
		return false
	}
	if s.seen == nil || len(s.seen) >= maxStrangers {
		s.seen = map[[2]string]bool{}
	}
	s.seen[key] = true
	return true
}
