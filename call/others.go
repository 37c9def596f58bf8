package call

import (
	"strings"
	"time"

	"dialtone/ivr"
	"dialtone/ivr/dialplan"
)

// other is a live call as the run of another one sees it (ivr.Other).
type other struct {
	call *Call
	by   *channel
}

// Other is the call with a channel of that name.
func (ch *channel) Other(name string) (ivr.Other, bool) {
	c := ch.call.sw.first(func(c *Call) bool { return c.channel.name == name })
	return other{c, ch}, c != nil
}

// Contacts are the URIs at which a phone has registered.
func (ch *channel) Contacts(phone string) (uris []string) {
	if ch.call.sw.config.Contacts == nil {
		return nil
	}
	for _, target := range ch.call.sw.config.Contacts(ch.call.sw.phoneDoor(phone).Phone) {
		uris = append(uris, target.URI)
	}
	return uris
}

// first is the oldest live call that fits; nil when there is none.
func (s *Switch) first(fits func(*Call) bool) (found *Call) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.calls {
		if fits(c) && (found == nil || c.snapshot.Started.Before(found.snapshot.Started)) {
			found = c
		}
	}
	return found
}

// Hangup ends it.
func (o other) Hangup(cause int) { o.call.hangup(cause, byDialplan) }

// Redirect sends it elsewhere.
func (o other) Redirect(place dialplan.Place) bool { return o.call.send(place, o.call) }

// SendDigit presses a key towards its far side.
func (o other) SendDigit(key byte, d time.Duration) error { return o.call.channel.SendDigit(key, d) }

// Seize takes it for the run that asks. One that has called somebody keeps its Dial, which holds who asks in that one's place.
func (o other) Seize(notice ivr.Notice) (ivr.Called, bool) {
	c, sw := o.call, o.call.sw
	sw.joins.Lock()
	if c.ending || c == o.by.call || !c.channel.answered.Load() {
		sw.joins.Unlock()
		return nil, false
	}
	if c.owned && c.bridge != nil {
		party := c.bridge.other(c)
		sw.joins.Unlock()
		return o.by.call.takeOver(party, notice)
	}
	defer sw.joins.Unlock()
	if c.owned {
		c.channel.seize()
	}
	c.part()
	h := &called{by: o.by, notice: notice, call: c}
	if c.hand != nil {
		c.hand.lose(causeNormal)
	}
	c.hand = h
	return h, true
}

// Pickup takes a call that rings.
func (ch *channel) Pickup(which ivr.Ringing, notice ivr.Notice) (ivr.Called, bool) {
	rings := ch.call.sw.first(func(c *Call) bool { return c != ch.call && c.rings() && c.meant(which, ch.call) })
	if rings == nil || ch.Answer() != nil {
		return nil, false
	}
	mine, ok := ch.call.takeOver(rings, notice)
	if !ok {
		return nil, false
	}
	return mine, true
}

// rings tells whether it is a call of Dial that nobody has answered yet.
func (c *Call) rings() bool {
	if c.out == nil {
		return false
	}
	state, _ := c.state()
	return state == ivr.CalledTrying || state == ivr.CalledRinging || state == ivr.CalledProgress
}

// meant tells whether it is the call that another one wants to pick up.
func (c *Call) meant(which ivr.Ringing, by *Call) bool {
	place, o := which.Place, c.out
	switch {
	case which.Groups:
		return by.identity.mayPickUp(c.identity)
	case which.Mark != "":
		return o.mark == which.Mark
	case which.Channel != "":
		name := c.channel.name
		return name == which.Channel || name[:strings.LastIndexByte(name, '-')] == c.sw.config.Named.device(which.Channel)
	}
	return o.place.Exten == place.Exten && o.place.Context == place.Context || o.number == place.Exten && c.door.Context == place.Context
}

var _ ivr.Others = (*channel)(nil)
