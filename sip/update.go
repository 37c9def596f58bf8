package sip

import (
	"math/rand/v2"
	"slices"

	gosip "github.com/emiago/sipgo/sip"
)

// update takes an UPDATE (RFC 3311): a new Contact, and new media when it has an offer. Before the call is answered it
// can have one only when the INVITE's offer was answered reliably. early is the early dialog of our INVITE that it is in;
// nil: it is in the dialog.
func (l *Leg) update(req *gosip.Request, t *transaction, early *fork) {
	offer, refusal := SDPBody(req)
	if refusal != nil {
		l.sent(t.respond(refusal.Response(req, l.tag)))
		return
	}
	session, headers, refusal := l.sessionFor(req)
	if refusal != nil {
		l.sent(t.respond(refusal.Response(req, l.tag)))
		return
	}
	var answer []byte
	if offer != nil {
		if l.mustWait(req, t, early) {
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
	if early != nil {
		early.dialog.refresh(req, &t.flow)
		if answer != nil {
			l.calling.heard = early
		}
	} else {
		l.dialog.refresh(req, &t.flow)
		l.flow = t.flow
	}
	if l.state < answered {
		headers = nil // RFC 4028 §3: there is no session yet
	} else {
		l.keepSession(session)
	}
	l.introduced(req)
	l.respondSDP(req, t, answer, headers...)
	if answer != nil {
		l.happen(MediaEvent{})
	}
}

// mayUpdate tells whether an offer of ours can go by UPDATE before the call is answered, and in which early dialog of our
// INVITE; nil: in the dialog of a call that came.
func (l *Leg) mayUpdate() (in *fork, ok bool) {
	if l.caller {
		f := l.calling.heard
		return f, f != nil && f.agreed && f.serves(gosip.UPDATE)
	}
	return nil, l.answering != nil && l.answering.agreed && l.answering.reliable == nil && slices.Contains(l.allows, string(gosip.UPDATE))
}
