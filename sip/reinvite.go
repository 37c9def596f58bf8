package sip

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	gosip "github.com/emiago/sipgo/sip"
)

// reinvite takes an INVITE in the dialog (RFC 3261 §14.2): hold, another port or codec, a sign of life. What was agreed
// before stays in force when it is refused.
func (l *Leg) reinvite(req *gosip.Request, t *transaction) {
	if l.mustWait(req, t, nil) {
		return
	}
	if a := l.answering; a != nil {
		// The far side goes on without its ACK, which was lost or overtaken: it has our 200.
		a.stop(nil)
		l.answering, l.state = nil, up
	}
	if l.byeOnAck != nil {
		l.refuse(req, t, 481, "Call/Transaction Does Not Exist", 0)
		l.hangup(*l.byeOnAck)
		return
	}
	session, headers, refusal := l.sessionFor(req)
	if refusal != nil {
		l.sent(t.respond(refusal.Response(req, l.tag)))
		return
	}
	a := &answering{req: req, t: t}
	sdp, ok := l.negotiate(a)
	if !ok {
		return
	}
	l.dialog.refresh(req, &t.flow)
	l.flow = t.flow
	l.answering = a
	l.keepSession(session)
	l.introduced(req)
	l.send200(a, sdp, headers)
	if !a.offered {
		l.happen(MediaEvent{})
	}
}

// negotiate answers the offer of a re-INVITE, or makes one if it has none; false when the request was refused.
func (l *Leg) negotiate(a *answering) ([]byte, bool) {
	offer, refusal := SDPBody(a.req)
	if refusal == nil && l.negotiator == nil {
		refusal = AsRefusal(errors.New("there is nobody who negotiates"))
	}
	var sdp []byte
	var err error
	switch {
	case refusal != nil:
	case offer != nil:
		sdp, err = l.negotiator.Offered(offer)
	default:
		a.offered = true
		sdp, err = l.negotiator.Offer()
	}
	if err != nil {
		refusal = AsRefusal(err)
	}
	if refusal != nil {
		l.logger().Info("an offer in the call is refused", "status", refusal.Status, "reason", refusal.Reason)
		l.sent(a.t.respond(refusal.Response(a.req, l.tag)))
		return nil, false
	}
	return sdp, true
}

// mustWait answers a request with an offer that comes at a bad time: while the first offer has no answer, while ours has
// none (RFC 3261 §14.2, RFC 3311 §5.2), or as one of a storm. early is the early dialog of our INVITE that it is in; nil: it
// is in the dialog.
func (l *Leg) mustWait(req *gosip.Request, t *transaction, early *fork) bool {
	a := l.answering
	update := req.Method == gosip.UPDATE
	switch {
	case l.storm.over(time.Now(), reoffersPerTime):
		l.refuse(req, t, 500, "Too Many Changes", 1)
	case l.caller && l.state < answered && !(update && early != nil && early.agreed):
		l.refuse(req, t, 491, "Request Pending", 0) // our INVITE's offer is not answered
	case !l.caller && l.state < answered && !(update && a.agreed):
		l.refuse(req, t, 500, "Offer Not Yet Answered", 1+rand.IntN(10))
	case l.offering != nil && l.offering.sent, a != nil && a.offered && !a.agreed:
		l.refuse(req, t, 491, "Request Pending", 0)
	default:
		return false
	}
	return true
}

// offering is an offer of ours within a call, by re-INVITE (RFC 3261 §14.1), or by UPDATE before the call is answered
// (RFC 3311 §5.1), until it is answered for good.
type offering struct {
	fork  *fork // the early dialog of our INVITE that it is for; nil: the dialog
	sent  bool  // it is under way; between two tries it is not
	tries int
	timer *time.Timer
	done  func(error)
}

// maxTries is how often an offer is sent that always crosses one of the far side.
const maxTries = 6

func (o *offering) finish(err error) {
	if o.timer != nil {
		o.timer.Stop()
	}
	o.done(err)
}

// Renegotiate sends the negotiator's offer, by re-INVITE, and returns when it was answered; before the call is answered
// by UPDATE, where offer and answer were exchanged reliably and the far side serves it, ErrNotAllowed otherwise. One that
// crosses the far side's is tried again. When it is refused, what was agreed before stays in force.
func (l *Leg) Renegotiate(ctx context.Context) error {
	return l.inquire(ctx, l.renegotiate)
}

func (l *Leg) renegotiate(done func(error)) error {
	o := &offering{done: done}
	if l.state < answered {
		var ok bool
		if o.fork, ok = l.mayUpdate(); !ok {
			return ErrNotAllowed
		}
	}
	switch {
	case l.state == ended:
		return ErrEnded
	case l.offering != nil:
		return errors.New("the media are being changed already")
	}
	l.offering = o
	l.tryOffer()
	return nil
}

// tryOffer sends the offer, if the far side's are done.
func (l *Leg) tryOffer() {
	o := l.offering
	if o == nil {
		return
	}
	if l.answering != nil && l.state >= answered {
		o.timer = l.after(gosip.T1, l.tryOffer)
		return
	}
	o.tries++
	err := l.sendOffer(o)
	if err != nil {
		l.offering = nil
		o.finish(err)
	}
}

func (l *Leg) sendOffer(o *offering) error {
	offer, err := l.negotiator.Offer()
	if err != nil {
		return err
	}
	d, method := &l.dialog, gosip.INVITE
	if l.state < answered {
		method = gosip.UPDATE
	}
	if o.fork != nil {
		d = &o.fork.dialog
	}
	req, err := d.Request(method)
	if err != nil {
		return err
	}
	req.AppendHeader(l.contact())
	req.AppendHeader(gosip.NewHeader("Allow", allow))
	req.AppendHeader(gosip.NewHeader("Supported", supported))
	l.introduce(req)
	if method == gosip.INVITE {
		for _, h := range l.dialog.Session.wish(l.server.sessionWanted(), false) {
			req.AppendHeader(h)
		}
	}
	l.name(req)
	setSDP(req, offer)
	o.sent = true
	return l.sendIn(d, req, func(res *gosip.Response, err error) {
		if res != nil && res.IsProvisional() {
			return
		}
		if err == nil && res.IsSuccess() && method == gosip.INVITE {
			l.acknowledge(req, res, &l.dialog, nil)
		}
		if l.offering == o {
			l.offerAnswered(o, res, err)
		}
	})
}

// offerAnswered takes the final answer to our offer.
func (l *Leg) offerAnswered(o *offering, res *gosip.Response, err error) {
	o.sent = false
	switch {
	case err != nil:
		// RFC 3261 §14.1: no answer at all ends the call.
		l.takeDown(BYE{Cause: causeTimer, Text: "no answer to an offer"}, EndedEvent{By: ByNetwork, Cause: causeTimer, Reason: err.Error()})
		return
	case res.IsSuccess():
		if contact := res.Contact(); contact != nil && !contact.Address.Wildcard && o.fork == nil {
			l.dialog.RemoteTarget = contact.Address.String()
		}
		if l.state == up {
			l.keepSession(l.dialog.Session.granted(askingOf(res), l.server.sessionWanted(), time.Now()))
		}
		err = l.answered(res)
		if err == nil {
			l.happen(MediaEvent{})
		}
	case o.tries < maxTries && l.dialog.Session.tooSmall(res):
		l.tryOffer()
		return
	case res.StatusCode == 491 && o.tries < maxTries:
		o.timer = l.after(backOff(l.dialog.Caller), l.tryOffer)
		return
	case res.StatusCode == 500 && o.tries < maxTries && 0 < retryAfter(res) && retryAfter(res) <= longestRetry:
		o.timer = l.after(retryAfter(res), l.tryOffer) // RFC 3311 §5.2: theirs is not done
		return
	case res.StatusCode == 481 || res.StatusCode == 408:
		l.takeDown(BYE{Cause: causeNormal}, EndedEvent{By: ByNetwork, Cause: causeTemporary, Status: res.StatusCode, Reason: "the far side does not know the call any more"})
		return
	default:
		err = &StatusError{Status: res.StatusCode, Reason: res.Reason}
	}
	l.offering = nil
	o.finish(err)
}

// longestRetry is the most that a refused offer waits before it is made again.
const longestRetry = 10 * time.Second

// backOff is how long to wait after 491 (RFC 3261 §14.1): the owner of the Call-ID 2.1 to 4 s, the other side up to 2 s.
func backOff(owner bool) time.Duration {
	if owner {
		return time.Duration(210+rand.IntN(191)) * 10 * time.Millisecond
	}
	return time.Duration(1+rand.IntN(200)) * 10 * time.Millisecond
}
