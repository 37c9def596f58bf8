package sip

import (
	"errors"
	"fmt"
	"time"

	gosip "github.com/emiago/sipgo/sip"
)

// answering is an INVITE of the far side, the first or a re-INVITE, from its arrival until its ACK (RFC 3261 §13.3,
// §14.2).
//
//	INVITE ──► 100, 18x… ──► 200, again after T1, 2·T1 … T2, T2 … ──► ACK
//	                │                        └── none in 64·T1 ──► BYE
//	                └──► 3xx-6xx, which the transaction repeats
type answering struct {
	req     *gosip.Request
	t       *transaction
	first   bool            // it made the leg
	ok      *gosip.Response // the 200, once sent
	offered bool            // our 200 or reliable 18x has an offer: the answer comes in the ACK or PRACK
	agreed  bool            // a reliable 18x had its share: offer and answer are exchanged before the 200
	// reliable waits for its PRACK, nil: none does; rseq is the number of the next.
	reliable *reliable
	rseq     uint32
	timer    *time.Timer // sends the last answer again
	repeat   repetition  // of the 200
	acked    func(error) // told that the ACK came, with its answer if one was due, or that it never will; may be nil
}

// stop ends the repetition, whoever waits is told why.
func (a *answering) stop(err error) {
	if a.timer != nil {
		a.timer.Stop()
	}
	a.unreliable(err)
	if a.acked != nil {
		a.acked(err)
		a.acked = nil
	}
}

// Ring tells the caller that the called side rings (180). It does nothing when the call is answered.
func (l *Leg) Ring() error {
	return l.ask(func() error { return l.provisional(180, "Ringing", false) })
}

// Progress gives the caller early media (183). An INVITE without an offer gets it without SDP. An offer that cannot be
// met is answered, and the leg is over.
func (l *Leg) Progress() error {
	return l.ask(func() error { return l.provisional(183, "Session Progress", true) })
}

// Answer picks up. With an offer in the INVITE it returns when the 200 is sent, without one when the ACK has brought
// the answer. An offer that cannot be met is refused, and the leg is over.
func (l *Leg) Answer() error {
	acked := make(chan error, 1)
	if err := l.ask(func() error { return l.accept(func(err error) { acked <- err }) }); err != nil {
		return err
	}
	select {
	case err := <-acked:
		return err
	case <-l.gone:
	}
	select {
	case err := <-acked: // it was answered, and hung up at once
		return err
	default:
		return ErrEnded
	}
}

// Reject refuses the call; after its answer, it hangs up.
func (l *Leg) Reject(r *Refusal) {
	l.tell(func() { l.reject(r, ByServer) })
}

// Hangup ends the call: with a refusal before the answer, with BYE after it, with CANCEL when the far side has not yet
// answered our INVITE. cause is a Q.850 one.
func (l *Leg) Hangup(cause int) {
	l.tell(func() { l.hangup(BYE{Cause: cause}) })
}

// takes checks that the leg is an INVITE of the far side without a final answer.
func (l *Leg) takes() error {
	switch {
	case l.state == ended:
		return ErrEnded
	case l.caller:
		return errors.New("only a call that came in can be answered")
	}
	return nil
}

// provisional sends an 18x, and again every minute, so that no proxy gives the call up (RFC 3261 §13.3.1.1). To a caller who
// requires it, or serves it where Config.Reliable says so, it goes reliably, when the one before has its PRACK.
func (l *Leg) provisional(status int, reason string, media bool) error {
	if err := l.takes(); err != nil || l.state > early {
		return err
	}
	a := l.answering
	reliably := requires(a.req, "100rel") || l.server.config.Reliable && supports(a.req, "100rel")
	if r := a.reliable; r != nil {
		if len(r.then) < maxWaiting {
			r.then = append(r.then, func(err error) {
				if err == nil {
					_ = l.provisional(status, reason, media) // said in the log
				}
			})
		}
		return nil
	}
	if (media || reliably && l.offer == nil) && l.answer == nil {
		if err := l.describe(reliably); err != nil {
			return err
		}
	}
	media = media && !a.agreed || reliably && a.offered && !a.agreed
	var send func() error
	send = func() error {
		res := response(a.req, status, reason, l.tag)
		res.AppendHeader(l.contact())
		res.AppendHeader(gosip.NewHeader("Allow", allow))
		l.introduce(res)
		l.sign(res)
		if media {
			setSDP(res, l.answer)
		} else {
			res.SetBody(nil)
		}
		if a.timer != nil {
			a.timer.Stop()
		}
		a.timer = l.after(time.Minute, func() {
			if l.answering == a && l.state == early && a.reliable == nil {
				_ = send() // said in the log
			}
		})
		var err error
		if reliably {
			a.agreed = a.agreed || media && !a.offered
			media = false
			err = l.sendReliably(a, res)
		} else {
			err = a.t.respond(res)
		}
		l.sent(err)
		return err
	}
	l.state = early
	return send()
}

// describe makes the SDP of our side: the answer to the INVITE's offer, or, where that had none and the next answer is a
// reliable one, our offer. When the offer cannot be met, the call is refused.
func (l *Leg) describe(reliably bool) error {
	switch {
	case l.offer == nil && !reliably:
		return nil
	case l.negotiator == nil:
		return errors.New("a call is answered before it has a negotiator")
	}
	var err error
	if l.offer != nil {
		l.answer, err = l.negotiator.Offered(l.offer)
	} else {
		l.answer, err = l.negotiator.Offer()
		l.answering.offered = err == nil
	}
	if err != nil {
		l.answer = nil
		l.reject(AsRefusal(err), ByServer)
	}
	return err
}

// accept sends the 200 and keeps sending it until the ACK comes. acked is told then, or at once when the ACK brings
// nothing that is waited for.
func (l *Leg) accept(acked func(error)) error {
	if err := l.takes(); err != nil {
		return err
	}
	if l.state > early {
		acked(nil)
		return nil
	}
	a := l.answering
	if r := a.reliable; r != nil {
		// RFC 3262 §3: not before the PRACK, as the 18x may have SDP.
		r.then = append(r.then, func(err error) {
			if err == nil {
				err = l.accept(acked)
			}
			if err != nil {
				acked(err)
			}
		})
		return nil
	}
	if l.answer == nil {
		if err := l.describe(true); err != nil {
			return err
		}
	}
	if a.offered && !a.agreed {
		a.acked = acked
	} else {
		acked(nil)
	}
	l.state = answered
	l.dialog.Confirmed = true
	l.show() // before the far side can know
	sdp := l.answer
	if a.agreed {
		sdp = nil // RFC 3261 §13.2.1: it has been exchanged
	}
	session, headers, _ := l.sessionFor(a.req) // what can be refused of it was refused when it came
	l.keepSession(session)
	l.send200(a, sdp, headers)
	return nil
}

// send200 accepts an INVITE with our SDP and the headers of its session, and repeats that until its ACK (RFC 3261 §13.3.1.4), on TCP too, as a proxy
// may have lost it.
func (l *Leg) send200(a *answering, sdp []byte, headers []gosip.Header) {
	res := response(a.req, 200, "OK", l.tag)
	res.AppendHeader(l.contact())
	res.AppendHeader(gosip.NewHeader("Allow", allow))
	res.AppendHeader(gosip.NewHeader("Supported", supported))
	l.introduce(res)
	for _, h := range headers {
		res.AppendHeader(h)
	}
	l.sign(res)
	setSDP(res, sdp)
	if a.timer != nil {
		a.timer.Stop()
	}
	now := time.Now()
	a.ok, a.repeat = res, repeated(now, false, gosip.T2)
	l.sent(a.t.respond(res))
	wait, _ := a.repeat.next(now)
	a.timer = l.after(wait, func() { l.repeat200(a) })
}

// repeat200 is the timer of send200.
func (l *Leg) repeat200(a *answering) {
	if l.answering != a {
		return // acknowledged meanwhile
	}
	wait, more := a.repeat.next(time.Now())
	if !more {
		l.logger().Info("no ACK: the call is taken down", "remote", l.dialog.Remote)
		l.sendBYE(BYE{Cause: causeTimer, Text: "no ACK"}, EndedEvent{By: ByNetwork, Cause: causeTimer, Reason: "no ACK came"})
		return
	}
	l.sent(a.t.respond(a.ok))
	a.timer = l.after(wait, func() { l.repeat200(a) })
}

// ack takes the ACK of a 200 of ours.
func (l *Leg) ack(req *gosip.Request) {
	a := l.answering
	if a == nil || a.ok == nil || req.CSeq().SeqNo != a.req.CSeq().SeqNo {
		return // of a 200 that came twice
	}
	a.timer.Stop()
	l.answering = nil
	if l.state == answered {
		l.state = up
	}
	var err error
	expected := a.offered && !a.agreed
	if expected {
		err = l.answered(req)
	}
	if a.acked != nil {
		a.acked(err)
		a.acked = nil
	}
	switch {
	case err != nil:
		l.logger().Warn("the ACK has no answer that can be used", "error", err)
		l.sendBYE(BYE{Cause: causeProtocol, Text: "no usable answer in the ACK"},
			EndedEvent{By: ByServer, Cause: causeProtocol, Reason: err.Error()})
	case l.byeOnAck != nil:
		l.hangup(*l.byeOnAck)
	case expected:
		l.happen(MediaEvent{})
	}
}

// answered gives the answer in a message to the negotiator.
func (l *Leg) answered(msg gosip.Message) error {
	answer, refusal := SDPBody(msg)
	switch {
	case refusal != nil:
		return refusal
	case answer == nil:
		return errors.New("our offer was not answered")
	}
	return l.negotiator.Answered(answer)
}

// reject refuses an INVITE that waits for its answer; by is who ends the call.
func (l *Leg) reject(r *Refusal, by string) {
	if l.state == ended {
		return
	}
	if l.caller || l.state > early {
		l.hangup(BYE{Cause: CauseOf(r.Status), Text: r.Reason})
		return
	}
	a := l.answering
	a.unreliable(ErrEnded)
	res := r.Response(a.req, l.tag)
	l.sign(res)
	l.sent(a.t.respond(res))
	cause, _ := reasonOf(res, CauseOf(r.Status))
	l.end(EndedEvent{By: by, Cause: cause, Status: r.Status, Reason: r.Reason})
}

// cancel is the caller's CANCEL, which the server has answered (RFC 3261 §9.2). It has no effect on a call that is
// answered.
func (l *Leg) cancel(req *gosip.Request) {
	if l.caller || l.state > early {
		return
	}
	res := response(l.answering.req, 487, "Request Terminated", l.tag)
	l.sign(res)
	res.SetBody(nil)
	l.sent(l.answering.t.respond(res))
	cause, text := reasonOf(req, causeNormal)
	if text == "" {
		text = "cancelled"
	}
	l.end(EndedEvent{By: ByCaller, Cause: cause, Status: 487, Reason: text})
}

// incoming makes the leg of an INVITE that was let in, and says 100.
func (s *Server) incoming(req *gosip.Request, f *flow, t *transaction, phone string, trunk Trunk) *Leg {
	l := newLeg(s, req.CallID().Value(), newTag())
	l.header = headersOf(req)
	l.forwards = forwardsOf(req)
	l.phone, l.trunk, l.login, l.flow = phone, trunk.Name, trunk.Login, *f
	l.from, l.called = CallerOf(req), CalledOf(req)
	if trunk.Name != "" && !trunk.Untrusted {
		l.from = TrunkCallerOf(req)
	}
	l.seq = req.CSeq().SeqNo
	at := s.reachedAt(f)
	l.local = at.Addr()
	l.dialog = accept(req, f, l.tag, f.uri(req.Recipient.Scheme, l.called, at))
	l.allows = allowed(req)
	l.answering = &answering{req: req, t: t, first: true}
	l.show()
	trying := response(req, 100, "Trying", "")
	trying.SetBody(nil)
	l.sent(t.respond(trying))
	return l
}

// String gives the leg for logs.
func (l *Leg) String() string { return fmt.Sprintf("%s → %s (%s)", l.from.User, l.called, l.callID) }
