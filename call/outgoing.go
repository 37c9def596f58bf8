package call

import (
	"context"
	"errors"
	"net/netip"
	"slices"
	"time"

	"dialtone/ivr"
	"dialtone/ivr/dialplan"
	"dialtone/media"
	"dialtone/sip"
)

// outgoing is what a call that we make has besides: the ways to whom it calls, tried one after the other until one of
// them leads to somebody.
//
//	Begin ──► INVITE by the first way ──► 18x ──► 200
//	              │ 408, 5xx, network         │
//	              └──► by the next one        └──► 3xx-6xx, CANCEL, BYE: over
type outgoing struct {
	number  string // that was called, as the dialplan has it
	ways    []sip.Target
	place   dialplan.Place // of the Dial that has made it; by that or the mark others pick it up
	mark    string
	unnamed bool                                      // who calls is not told who has answered
	headers []sip.Header                              // that the dialplan adds; before the call begins
	release func()                                    // gives back its place at the trunk; may be nil
	noEarly bool                                      // what is to be heard before the answer is not passed on
	follow  func(number string) ([]sip.Target, error) // the ways to where a 302 sends the call; nil: none, or it was asked already
	changed func()                                    // told of each change of reached
	cancel  context.CancelFunc

	// Guarded by the call's mu.
	begun   bool
	reached ivr.CalledState
	asked   int // Q.850 cause of who hung up before there was a leg; 0: nobody
	moved   []string
}

// newOutgoing makes a call to a device, on account of another, that begin places. The stream has its ports from here on.
func (s *Switch) newOutgoing(door, account Door, caller ivr.CallerID, o *outgoing) (*Call, error) {
	stream, err := s.outgoingStream(o.ways)
	if err != nil {
		return nil, err
	}
	c := s.makeCall(door, stream)
	c.out, c.account, c.forwards = o, account, o.ways[0].MaxForwards
	c.media = newMedia(stream, s.config, c.rules)
	c.media.started = true // what the far side agrees on is to be heard at once
	c.snapshot.From, c.snapshot.Name, c.snapshot.To, c.snapshot.Outgoing = caller.Number, caller.Name, o.number, true
	if !s.enter() {
		stream.Close()
		return nil, errors.New("the server is stopping")
	}
	s.add(c)
	return c, nil
}

// outgoingStream binds ports for a call by one of the ways: for both versions of IP, as far as the machine has them, unless all
// ways are known to be of IPv4.
func (s *Switch) outgoingStream(ways []sip.Target) (*media.Stream, error) {
	for _, way := range ways {
		addr := way.Flow.Addr.Addr()
		if way.Hop != nil {
			addr = way.Hop.Addr.Addr()
		}
		if addr.Unmap().Is4() {
			continue
		}
		stream, err := s.config.Streams.New(netip.IPv6Unspecified())
		if err == nil || errors.Is(err, media.ErrNoPorts) {
			return stream, err
		}
		break
	}
	return s.config.Streams.New(netip.IPv4Unspecified())
}

// begin places the call.
func (c *Call) begin() {
	c.mu.Lock()
	begun, ended := c.out.begun, c.out.asked != 0
	c.out.begun = true
	c.mu.Unlock()
	if begun || ended {
		return
	}
	c.reach(ivr.CalledTrying)
	go c.try()
}

// try places the call by the next way, or by those after it where it fails at once.
func (c *Call) try() {
	for {
		c.mu.Lock()
		way := c.out.ways[0]
		c.out.ways = c.out.ways[1:]
		ctx, cancel := context.WithCancel(context.Background())
		c.out.cancel = cancel
		c.side.Store(nil)
		asked := c.out.asked
		c.mu.Unlock()
		if asked != 0 {
			cancel()
			c.ended(sip.EndedEvent{By: sip.ByServer, Cause: asked})
			return
		}
		to := way
		to.Headers = append(slices.Clone(way.Headers), c.out.headers...)
		c.media.restart()
		leg, err := c.sw.config.Dial(ctx, to, c.media)
		if err == nil {
			c.placed(leg, way, cancel)
			return
		}
		cancel()
		c.log.Warn("a call cannot be placed", "to", way.URI, "why", err)
		if !c.more() {
			c.ended(sip.EndedEvent{By: sip.ByNetwork, Cause: causeOutOfOrder, Status: 503, Reason: err.Error()})
			return
		}
	}
}

// more tells whether another way is to be tried.
func (c *Call) more() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.out.ways) > 0 && c.out.asked == 0
}

// attempt is a leg by one of the ways. The call's mu guards it.
type attempt struct {
	call  *Call
	leg   *sip.Leg
	way   sip.Target
	ended bool
	left  bool // another way is tried: what becomes of this one is no matter
}

// wayPatience is how long a way may show nothing at all, when there is another one.
const wayPatience = 4 * time.Second

// placed follows a leg whose INVITE is on its way.
func (c *Call) placed(leg *sip.Leg, way sip.Target, cancel context.CancelFunc) {
	a := &attempt{call: c, leg: leg, way: way}
	c.mu.Lock()
	c.side.Store(leg)
	c.snapshot.CallID, c.snapshot.Remote = leg.CallID(), leg.Remote().String()
	asked := c.out.asked
	c.mu.Unlock()
	c.publish()
	c.log.Info("calling", "to", c.out.number, "at", c.door.String(), "remote", leg.Remote(), "dialog", leg.CallID())
	leg.Heed(func(event sip.Event) {
		if _, last := event.(sip.EndedEvent); last {
			cancel()
		}
		if a.heed(event) {
			c.heed(event)
		}
	})
	if asked != 0 {
		leg.Hangup(asked)
	} else if c.more() {
		time.AfterFunc(wayPatience, a.giveUp)
	}
}

// giveUp goes on by the next way when the far side has shown nothing. Should it take the call after all, it is cancelled.
func (a *attempt) giveUp() {
	c := a.call
	c.mu.Lock()
	gone := !a.ended && !a.leg.Reached() && c.out.asked == 0
	a.left = gone
	c.mu.Unlock()
	if !gone {
		return
	}
	silent := sip.EndedEvent{By: sip.ByNetwork, Cause: causeTimer, Status: 408, Reason: "no answer"}
	c.sw.config.Trunks.follow(a.way, silent)
	a.fails(silent)
	a.leg.Hangup(causeTimer)
	c.try()
}

// heed takes an event of the leg, and tells whether it is one of the call: not when another way is tried.
func (a *attempt) heed(event sip.Event) bool {
	c := a.call
	c.mu.Lock()
	e, last := event.(sip.EndedEvent)
	a.ended = last
	left := a.left
	c.mu.Unlock()
	if left {
		return false
	}
	c.sw.config.Trunks.follow(a.way, event)
	if last && (a.insists(e) || c.failsOver(e) || c.redirected(e)) {
		a.fails(e)
		go c.try()
		return false
	}
	return true
}

// fails tells of a way that leads to nobody.
func (a *attempt) fails(e sip.EndedEvent) {
	a.call.log.Info("a way of a call fails", "to", a.call.out.number, "at", a.call.door.String(), "remote", a.leg.Remote(), "status", e.Status, "reason", e.Reason)
}

// insists tells whether the way is tried once more, with nothing but encrypted audio: some telephones refuse an offer of audio
// that need not be.
func (a *attempt) insists(e sip.EndedEvent) bool {
	c := a.call
	if e.Status != 488 && e.Status != 606 || !c.media.insist() {
		return false
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.out.ways = append([]sip.Target{a.way}, c.out.ways...)
	return c.out.asked == 0
}

// failsOver tells whether an end is that of a way and not of the call: nobody was reached by it, and there is another.
func (c *Call) failsOver(e sip.EndedEvent) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	o := c.out
	return o.reached < ivr.CalledUp && o.asked == 0 && len(o.ways) > 0 &&
		(e.By == sip.ByNetwork || worthAnother(e.Status))
}

// redirected tells whether a trunk sends the call to another number, once, and it may go there.
func (c *Call) redirected(e sip.EndedEvent) bool {
	c.mu.Lock()
	follow := c.out.follow
	c.out.follow = nil
	c.mu.Unlock()
	if follow == nil || len(e.Contacts) == 0 {
		return false
	}
	number := sip.UserOf(e.Contacts[0])
	ways, err := follow(number)
	if err != nil {
		c.log.Warn("a trunk's redirection is not followed", "at", c.door.String(), "to", number, "why", err)
		return false
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.out.ways = ways
	return c.out.asked == 0
}

// reach notes how far the call is and tells who makes it.
func (c *Call) reach(state ivr.CalledState) {
	c.mu.Lock()
	further := c.out.reached < state
	if further {
		c.out.reached = state
	}
	c.mu.Unlock()
	if further {
		c.out.changed()
	}
}

// alerting takes what the far side tells before it answers.
func (c *Call) alerting(event sip.Event) {
	switch e := event.(type) {
	case sip.RingingEvent:
		c.ring()
	case sip.ProgressEvent:
		if !e.Media || c.out.noEarly { // a provider that says 183 and lets nothing be heard: the caller hears that it rings
			c.ring()
			return
		}
		c.setState(StateRinging)
		c.reach(ivr.CalledProgress)
	case sip.AnsweredEvent:
		c.channel.answered.Store(true)
		c.channel.flowing.Store(true)
		c.setState(StateUp)
		c.sw.config.Devices.Up(c.device(), c.id)
		c.journalMedia()
		c.reach(ivr.CalledUp)
	}
}

// ring notes that the far side is alerted.
func (c *Call) ring() {
	c.setState(StateRinging)
	c.sw.config.Devices.Ringing(c.device(), c.id, sip.CallerID{Name: c.snapshot.Name, User: c.snapshot.From})
	c.reach(ivr.CalledRinging)
}

// give gives up a call: no further way is tried. never tells that there was none yet, cancel ends the try under way. The
// call's mu is held; o may be nil.
func (o *outgoing) give(cause int) (never bool, cancel context.CancelFunc) {
	if o == nil {
		return false, nil
	}
	never = !o.begun
	o.begun = true
	if o.asked == 0 {
		o.asked = cause
	}
	return never, o.cancel
}

// finish gives back the place at the trunk.
func (o *outgoing) finish() {
	if o.release != nil {
		o.release()
	}
}

// movedTo is where the telephone that was called sends the caller (3xx): the first number that it names, in its own
// context.
func (c *Call) movedTo() (dialplan.Place, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.out == nil || c.door.Phone == "" {
		return dialplan.Place{}, false
	}
	for _, contact := range c.out.moved {
		if number := sip.UserOf(contact); number != "" {
			return dialplan.Place{Context: c.door.Context, Exten: number, Priority: 1}, true
		}
	}
	return dialplan.Place{}, false
}
