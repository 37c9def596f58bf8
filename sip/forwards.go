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

func maxForwards() *gosip.MaxForwardsHeader {
	n := gosip.MaxForwardsHeader(hops)
	return &n
}
