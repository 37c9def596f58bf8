package call

import (
	"time"

	"dialtone/ivr"
	"dialtone/ivr/dialplan"
	"dialtone/sip"
)

// replaceable looks up the call in whose place another one comes (RFC 3891 §3), and tells who may not: only phones replace calls,
// a ringing one of a phone in the same context or of their pickup groups, and an answered one of their own.
func (s *Switch) replaceable(leg *sip.Leg, door Door) *sip.Refusal {
	r := leg.Replaces()
	old := s.find(r)
	switch {
	case old == nil || old.isOver():
		return sip.Refuse(481, "a Replaces that names no call of this server")
	case door.Phone == "" || old.rings() && old.door.Context != door.Context && !s.identity(door).mayPickUp(old.identity) || !old.rings() && old.door.Phone != door.Phone:
		return sip.Forbidden("a Replaces of a call that is not theirs")
	case r.EarlyOnly && !old.rings():
		return sip.Refuse(486, "a Replaces of a call that is answered by now")
	}
	return nil
}

// replace is the life of a call that came in the place of another one: it is answered, has the other one's party, and ends with
// the talk.
func (c *Call) replace() {
	c.leg().Heed(c.heed)
	run := c.newRun(dialplan.Place{Context: c.door.Context})
	c.execute(run, func() ivr.Outcome {
		cause := causeNormal
		defer func() { c.hangup(cause, byDialplan) }()
		notice := ivr.NewNotice()
		old := c.sw.find(c.leg().Replaces())
		if old == nil || run.Answer() != nil {
			cause = causeTemporary
			return ivr.Outcome{By: ivr.ByDialplan}
		}
		c.log.Info("call replaces another", "channel", old.channel.name)
		party, ok := c.takeOver(old, notice)
		for ok {
			state, why := party.State()
			if state == ivr.CalledOver {
				cause = why
				break
			}
			ivr.RealTime.Wait(time.Time{}, notice, c.over)
			if c.isOver() {
				party.Hangup(causeNormal)
				break
			}
		}
		return ivr.Outcome{By: ivr.ByDialplan, Cause: cause}
	})
}

// takeOver has this call, which is answered, take the place of another one: whoever called that holds this one, or whom it talks
// with is held here. false: there is nobody behind it.
func (c *Call) takeOver(old *Call, notice ivr.Notice) (party *called, ok bool) {
	sw := c.sw
	sw.joins.Lock()
	if c.ending || c.hand != nil || old.ending {
		sw.joins.Unlock()
		return nil, false
	}
	party = &called{by: c.channel, notice: notice}
	switch hand := old.hand; {
	case hand != nil: // a run has called it, and holds this call from here on
		party.call = hand.by.call
		talks := old.bridge != nil && old.channel.answered.Load()
		hand.swap(c)
		if talks {
			hand.rejoin()
		}
	case old.bridge != nil && old.bridge.other(old).hand != nil: // it has called somebody
		party.call = old.bridge.other(old)
		party.peer = c.channel
		join(c, party.call)
	default:
		sw.joins.Unlock()
		return nil, false
	}
	if party.call.hand != nil {
		party.call.hand.lose(causeNormal)
	}
	party.call.hand = party
	sw.joins.Unlock()
	c.log.Info("call taken over", "from", old.channel.name, "party", party.call.channel.name)
	old.hangup(causeElsewhere, byDialplan)
	return party, true
}
