package ivr

import (
	"cmp"

	"dialtone/ivr/dialplan"
)

// Called is a call that a run makes: to an extension of the dialplan ([Local]), or to a telephone or a trunk (by the
// ability [Dialer] of a channel). Its methods may be called by any goroutine.
//
//	CalledNew ──Begin──► CalledTrying ──► CalledRinging ──► CalledProgress ──► CalledUp ──► CalledOver
//	    └─────────────────────┴─────────────────┴──────────────────┴──────────────┴────────────▲
type Called interface {
	// Name is its channel's name.
	Name() string
	// Side is the channel of the called party, for what is executed on it (Run.Party).
	Side() Channel
	// Begin makes the call. The notice with which it was made is rung at each change of its state from there on.
	Begin() error
	// State is how far it is, and with which Q.850 cause it ended.
	State() (CalledState, int)
	// Attend lets the call go on behind the change of state that its caller has seen to.
	Attend()
	// Join gives the call the sound of a channel; nil takes it away.
	Join(peer Channel)
	// Intercept says whose keys are not to reach the other side by themselves: the caller's, which Press passes on where it
	// is wanted, and the called one's, which Key gives.
	Intercept(caller, called bool)
	// Press passes on a key of the caller, unless it has reached the called one by itself.
	Press(key byte)
	// Send presses a key towards the called one, whoever hears it.
	Send(key byte)
	// Key is the next key that the called one has pressed and nobody has taken; false: there is none. The notice is rung
	// when one comes, from the first time on that this is asked, until Intercept leaves them to the called one's channel.
	Key() (key byte, ok bool)
	// Moved is where the called one says that the call shall go instead, once it is over: an extension of the
	// dialplan; false: nowhere.
	Moved() (to dialplan.Place, ok bool)
	// Live lets the called one go on alone, at a place of the dialplan with what the run lets it inherit; the run has
	// no more to do with it. It ends when that run does, and the other way round.
	Live(from *Run, place dialplan.Place)
	// Hangup ends the call, from either side; the first one gives the Q.850 cause, 0 is a normal clearing.
	Hangup(cause int)
}

// CalledState is how far a call is that a run makes.
type CalledState uint8

// The states of such a call, in the order in which they come.
const (
	CalledNew      CalledState = iota
	CalledTrying               // it is being made
	CalledRinging              // the called one is alerted
	CalledProgress             // there is something to be heard before the answer
	CalledUp                   // answered
	CalledOver                 // hung up, or at its end
)

// Dialer is a channel that can call telephones and trunks.
type Dialer interface {
	// Call makes the calls that a destination asks for, ready to begin: one for each contact of a telephone. The error
	// is a *NoWayError when there is nobody to be called.
	Call(o CallOrder, notice Notice) ([]Called, error)
}

// CallOrder is whom a run calls, and as whom.
type CallOrder struct {
	Technology string // SIP or PJSIP
	Resource   string // 1001, 0612345678@carrier
	Caller     CallerID
	Place      dialplan.Place // where the run stands: by its extension somebody else can pick the call up
	Mark       string         // PICKUPMARK, by which somebody can as well
	Unnamed    bool           // whoever calls is not to be told who has answered
}

// NoWayError tells that a destination cannot be called.
type NoWayError struct {
	Cause int // Q.850: 20 for a telephone that is not registered, 3 for no such destination, 21 for one that is not allowed
	Why   string
}

// Error says why.
func (e *NoWayError) Error() string { return e.Why }

// Call makes the calls that an order asks for, by the channel of the run or that whose call it is in the end. Place and mark are the run's.
func (r *Run) Call(o CallOrder, notice Notice) ([]Called, error) {
	d, ok := r.Origin().(Dialer)
	if !ok {
		return nil, &NoWayError{Why: "only Local/EXTENSION@CONTEXT can be called here"}
	}
	inherited := r.Inherited()
	o.Place, o.Mark = r.place, cmp.Or(inherited["PICKUPMARK"], inherited["__PICKUPMARK"])
	return d.Call(o, notice)
}

// Join gives a call that the run has made the sound of the run's channel.
func (r *Run) Join(c Called) {
	if l, ok := r.ch.(*Local); ok {
		l.passOn(c)
	}
	c.Join(r.ch)
}

// Part takes the sound away again.
func (r *Run) Part(c Called) {
	if l, ok := r.ch.(*Local); ok {
		l.passOn(nil)
	}
	c.Join(nil)
}

// Party makes a run on the called party's channel, where what Dial's options U and b name is executed.
func (r *Run) Party(c Called, place dialplan.Place) *Run { return r.beside(c.Side(), place) }

// Notice is rung when a call that was made changes.
type Notice bell

// NewNotice makes one.
func NewNotice() Notice { return Notice(newBell()) }

// Ring wakes who waits for the notice.
func (n Notice) Ring() { bell(n).ring() }

// RedirectedError is returned by a Channel's waiting methods when somebody else has sent the call to another place of the
// dialplan: the run goes on there.
type RedirectedError struct{ Place dialplan.Place }

// Error says where the call goes.
func (e *RedirectedError) Error() string { return "the call was sent to " + placeText(e.Place) }
