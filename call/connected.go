package call

import (
	"cmp"

	"dialtone/ivr"
	"dialtone/sip"
)

// acquaint tells the far side of a call with whom it is joined, where it does not know that: the INVITE that it was called by has said
// it, or it is who it has called. A trunk is told nothing: its record says what it may know, when it is called. joins is held.
func (c *Call) acquaint(other *Call) {
	leg := c.leg()
	if c.knows == other || other.out != nil && other.out.unnamed || c.door.Trunk != "" || leg == nil {
		return
	}
	first := c.knows == nil
	c.knows = other
	party := other.party()
	if first && c.out == nil && party == (sip.CallerID{User: leg.Called()}) {
		return
	}
	go leg.Connected(party) // which may do what waits for joins
}

// party is who the far side of a call is to the one it is joined to: who was called, or who calls as the dialplan has it. joins is held.
func (c *Call) party() sip.CallerID {
	if c.out != nil {
		return sip.CallerID{Name: c.identity.Name, User: cmp.Or(c.identity.Number, c.out.number)}
	}
	if c.presented == nil {
		s := c.Snapshot()
		return sip.CallerID{Name: s.Name, User: s.From}
	}
	if withheld(*c.presented) || c.presented.Number == "" {
		return sip.CallerID{Private: true}
	}
	return sip.CallerID{Name: c.presented.Name, User: c.presented.Number}
}

// Present tells the caller who has answered, before the call is answered itself (ivr.Presenter).
func (ch *channel) Present(answered ivr.Called) {
	h, ok := answered.(*called)
	if !ok {
		return
	}
	ch.call.sw.joins.Lock()
	defer ch.call.sw.joins.Unlock()
	ch.call.acquaint(h.call)
}

var _ ivr.Presenter = (*channel)(nil)
