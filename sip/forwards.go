package sip

import gosip "github.com/emiago/sipgo/sip"

// hops is the Max-Forwards of requests that begin something, and of those that came without one (RFC 3261 §16.3).
const hops = 70

// MaxForwards is how often a call that came may still be passed on: 0..255, as its INVITE says. A call that is passed on goes
// out with one less (Target.MaxForwards), so that one that comes back again and again comes to an end.
func (l *Leg) MaxForwards() int { return l.forwards }

func forwardsOf(req *gosip.Request) int {
	if h := req.MaxForwards(); h != nil {
		return int(min(*h, 255))
	}
	return hops
}

// returns tells whether an INVITE is one of ours that has come back as it was, or straight from us to us (RFC 3261 §16.3,
// step 4). One that others have given another target is no loop, but a spiral: Max-Forwards ends it should it go on.
func (s *Server) returns(req *gosip.Request) bool {
	l := s.leg(req.CallID().Value(), tagOf(req.From().Params))
	return l != nil && l.caller && (len(req.GetHeaders("Via")) == 1 || req.Recipient.String() == l.target)
}

func maxForwards() *gosip.MaxForwardsHeader {
	n := gosip.MaxForwardsHeader(hops)
	return &n
}
