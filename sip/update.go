package sip

import (
	"math/rand/v2"

	gosip "github.com/emiago/sipgo/sip"
)

// update takes an UPDATE (RFC 3311): a new Contact, and new media when it has an offer. Before the call is answered it
// can have none, as the INVITE's offer has no answer that counts.
func (l *Leg) update(req *gosip.Request, t *transaction) {
	offer, refusal := SDPBody(req)
	if refusal != nil {
		l.sent(t.respond(refusal.Response(req, l.tag)))
		return
	}
	var answer []byte
	if offer != nil {
		if l.mustWait(req, t) {
			return
		}
		if l.negotiator == nil {
			l.refuse(req, t, 500, "No Media", 1+rand.IntN(10))
			return
		}
		var err error
		if answer, err = l.negotiator.Offered(offer); err != nil {
			l.sent(t.respond(AsRefusal(err).Response(req, l.tag)))
			return
		}
	}
	l.dialog.refresh(req, &t.flow)
	l.flow = t.flow
	res := response(req, 200, "OK", l.tag)
	res.AppendHeader(l.contact())
	res.AppendHeader(gosip.NewHeader("Allow", allow))
	l.sign(res)
	if answer != nil {
		res.AppendHeader(gosip.NewHeader("Content-Type", "application/sdp"))
		res.SetBody(answer)
	} else {
		res.SetBody(nil)
	}
	l.sent(t.respond(res))
	if answer != nil {
		l.happen(MediaEvent{})
	}
}
