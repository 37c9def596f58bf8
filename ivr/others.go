package ivr

import (
	"time"

	"dialtone/ivr/dialplan"
)

// Others is a channel from which the other calls of its switch can be reached.
type Others interface {
	// Other is the live call with a channel of that name; false: there is none.
	Other(channel string) (Other, bool)
	// Contacts are the URIs at which a phone has registered, the best first.
	Contacts(phone string) []string
	// Pickup takes a call that rings elsewhere: the channel is answered, and held by whoever called there. It gives that
	// caller, who is joined to the channel when its run has seen to it; false: none rings that fits.
	Pickup(which Ringing, notice Notice) (caller Called, ok bool)
}

// Other is another live call.
type Other interface {
	Hangup(cause int)
	// Redirect sends it to a place of the dialplan, away from whom it is joined to; false: it is over.
	Redirect(place dialplan.Place) bool
	// SendDigit presses a key towards its far side; it returns at once.
	SendDigit(key byte, d time.Duration) error
	// Seize takes it out of the Dial that has made it, or out of the talk that it is in, to be joined to the channel that asks. A run
	// of its own waits meanwhile, and goes on when it is let go. false: it is over, not answered, or the channel's own.
	Seize(notice Notice) (Called, bool)
}

// Ringing tells which of the calls that ring is meant, by one of its fields.
type Ringing struct {
	Place   dialplan.Place // of the Dial that made it, or its number in the context of the phone; the priority is no matter
	Mark    string         // PICKUPMARK that its caller's run leaves to it
	Groups  bool           // it rings at a phone of the groups whose calls this phone may pick up
	Channel string         // its channel's name, or the name up to the number behind it: PJSIP/1001
}

// Others are the calls that a run can reach beside its own; false: none.
func (r *Run) Others() (Others, bool) {
	o, ok := r.Origin().(Others)
	return o, ok
}

// Origin is the channel whose call the run belongs to in the end: its own, or that of who has made a Local call.
func (r *Run) Origin() Channel { return origin(r.ch) }
