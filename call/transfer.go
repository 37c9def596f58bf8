package call

import (
	"time"

	"dialtone/ivr"
	"dialtone/ivr/dialplan"
	"dialtone/sip"
)

// transfer does what the far side of a call wants by REFER: that the other party be sent elsewhere.
//
//	blind      whom the call is joined to goes to an extension, in the context of who sends it there
//	attended   whom the call is joined to talks with whom the other call of the same telephone is joined to, or calls there
//
// Who wanted it is told how it goes: of one that goes somewhere that there is ringing, and then that somebody or something has answered or
// why nobody has. After that it is hung up.
func (c *Call) transfer(e sip.TransferEvent) {
	log := c.log.With("to", e.To, "by", c.channel.name)
	c.sw.joins.Lock()
	var other *Call
	if c.bridge != nil {
		other = c.bridge.other(c)
	}
	c.sw.joins.Unlock()
	if other == nil {
		log.Warn("a transfer is declined: the call is joined to nobody who could be sent elsewhere")
		e.Answer(false)
		return
	}
	if e.Replaces != nil {
		c.transferAttended(other, e)
		return
	}
	place := dialplan.Place{Context: c.transferContext(), Exten: e.Called, Priority: 1}
	if !c.sw.exists(place) {
		log.Warn("a transfer fails: there is no such extension", "context", place.Context, "extension", place.Exten)
		e.Answer(true).Tell(404, "Not Found")
		return
	}
	c.transferBlind(other, place, e)
}

// transferBlind has the other party of this call go to a place of the dialplan.
func (c *Call) transferBlind(other *Call, place dialplan.Place, e sip.TransferEvent) {
	progress := e.Answer(true)
	c.log.Info("transfer", "of", other.channel.name, "to", e.To, "context", place.Context, "extension", place.Exten)
	other.referrer.Swap(progress).Tell(200, "") // where another one sent it, it has been
	if !other.send(place, c) {
		progress.Tell(480, "")
		return
	}
	c.hangup(causeNormal, byTransfer)
}

// byTransfer is who ended a call whose party was transferred.
const byTransfer = "transfer"

// transferContext is where the numbers lie that the call's far side may send others to: the context of its phone or trunk.
func (c *Call) transferContext() string { return c.door.Context }

// exists tells whether the dialplan has a place.
func (s *Switch) exists(p dialplan.Place) bool {
	_, ok := s.config.Plan().Find(p, "", time.Now())
	return ok
}

// send has a call go on at a place of the dialplan, away from the one it is joined to; by is who sends it there, and answers for
// what it costs. false: it is over, or nobody has answered it.
func (c *Call) send(place dialplan.Place, by *Call) bool {
	sw := c.sw
	if c.out != nil && !c.channel.answered.Load() {
		return false
	}
	sw.joins.Lock()
	c.part()
	if c.hand != nil {
		c.hand.lose(causeNormal)
	}
	had := c.owned
	alive := c.own()
	c.account = by.payer()
	sw.joins.Unlock()
	switch {
	case !alive:
		return false
	case had:
		c.channel.redirect(place)
	default:
		c.live(place, nil)
	}
	return true
}

// payer is who answers for what it costs where the call's far side sends somebody: the phone itself, and of a trunk that was
// called whoever called it. joins is held.
func (c *Call) payer() Door {
	if c.out != nil && c.door.Phone != "" {
		return c.door
	}
	return c.account
}

// Charge has the far side of a call that a run has made answer for what this one costs from here on (ivr.Charged).
func (ch *channel) Charge(by ivr.Called) {
	h, ok := by.(*called)
	if !ok {
		return
	}
	sw := ch.call.sw
	sw.joins.Lock()
	defer sw.joins.Unlock()
	ch.call.account = h.call.payer()
}

// transferAttended has the other party of this call talk with whom another call of the same telephone is joined to. Where nobody
// has answered that one yet, it is withdrawn, and the other party calls there itself.
func (c *Call) transferAttended(other *Call, e sip.TransferEvent) {
	second := c.sw.find(e.Replaces)
	if second == nil || second == c {
		c.log.Warn("a transfer fails: the second call is none of this server's, or is over", "to", e.To)
		e.Answer(true).Tell(481, "Call/Transaction Does Not Exist")
		return
	}
	if second.out == nil && !second.channel.answered.Load() {
		second.withdraw()
		c.transferBlind(other, second.place, e)
		return
	}
	progress := e.Answer(true)
	if !c.sw.unite(c, second) {
		c.log.Warn("a transfer fails: the second call is joined to nobody", "to", e.To, "second", second.channel.name)
		progress.Tell(480, "Temporarily Unavailable")
		return
	}
	c.log.Info("attended transfer", "of", other.channel.name, "second", second.channel.name)
	progress.Tell(200, "OK")
	c.hangup(causeNormal, byTransfer)
	second.hangup(causeNormal, byTransfer)
}

// withdraw ends a call that came in and is not answered, as if its caller had cancelled it.
func (c *Call) withdraw() {
	c.mu.Lock()
	if c.snapshot.EndedBy == "" {
		c.snapshot.EndedBy, c.snapshot.Cause = byTransfer, causeNormal
	}
	c.mu.Unlock()
	c.leg().Reject(sip.Refuse(487, "its caller is transferred there"))
}

// find is the call of a dialog that a Replaces names: as we see its tags, or as the telephone at its other end does, of which a
// lamp has told.
func (s *Switch) find(r *sip.Replaces) *Call {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.calls {
		if leg := c.leg(); leg != nil && leg.CallID() == r.CallID {
			ours, theirs := leg.Dialog().LocalTag, leg.Dialog().RemoteTag
			if ours == r.ToTag && theirs == r.FromTag || ours == r.FromTag && theirs == r.ToTag {
				return c
			}
		}
	}
	return nil
}

// unite has the two parties talk with each other that two calls are joined to. Whoever held one of the two in a hand holds
// the new party from there on.
func (s *Switch) unite(a, b *Call) bool {
	s.joins.Lock()
	defer s.joins.Unlock()
	if a.bridge == nil || b.bridge == nil || a.bridge == b.bridge {
		return false
	}
	x, y := a.bridge.other(a), b.bridge.other(b)
	// A party keeps the run that it has; what that run holds is the other party now.
	for _, side := range []struct{ left, party, next *Call }{{a, x, y}, {b, y, x}} {
		if side.party.hand != nil && side.party.hand.by.call == side.left {
			side.party.hand.lose(causeNormal)
		}
		if hand := side.left.hand; hand != nil {
			hand.swap(side.next)
		}
	}
	join(x, y)
	return x.bridge != nil
}
