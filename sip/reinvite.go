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
	if l.mustWait(req, t) {
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
	a := &answering{req: req, t: t}
	sdp, ok := l.negotiate(a)
	if !ok {
		return
	}
	l.dialog.refresh(req, &t.flow)
	l.flow = t.flow
	l.answering = a
	l.send200(a, sdp)
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
// none (RFC 3261 §14.2, RFC 3311 §5.2), or as one of a storm.
func (l *Leg) mustWait(req *gosip.Request, t *transaction) bool {
	a := l.answering
	switch {
	case l.storm.over(time.Now(), reoffersPerTime):
		l.refuse(req, t, 500, "Too Many Changes", 1)
	case l.state < answered:
		l.refuse(req, t, 500, "Offer Not Yet Answered", 1+rand.IntN(10))
	case l.offering != nil && l.offering.sent, a != nil && a.offered:
		l.refuse(req, t, 491, "Request Pending", 0)
	default:
		return false
	}
	return true
}

// offering is a re-INVITE of ours (RFC 3261 §14.1), until it is answered for good.
type offering struct {
	sent  bool // it is under way; between two tries it is not
	tries int
	timer *time.Timer
	done  func(error)
}

// maxTries is how often a re-INVITE is sent that always crosses one of the far side.
const maxTries = 6

func (o *offering) finish(err error) {
	if o.timer != nil {
		o.timer.Stop()
	}
	o.done(err)
}

// Renegotiate sends a re-INVITE with the negotiator's offer, and returns when it was answered. One that crosses the far
// side's is tried again. When it is refused, what was agreed before stays in force.
func (l *Leg) Renegotiate(ctx context.Context) error {
	return l.inquire(ctx, l.renegotiate)
}

func (l *Leg) renegotiate(done func(error)) error {
	switch {
	case l.state == ended:
		return ErrEnded
	case l.state != up && l.state != answered:
		return errors.New("a call that is not answered has no media to change")
	case l.offering != nil:
		return errors.New("the media are being changed already")
	}
	l.offering = &offering{done: done}
	l.tryOffer()
	return nil
}

// tryOffer sends the re-INVITE, if the far side's are done.
func (l *Leg) tryOffer() {
	o := l.offering
	if o == nil {
		return
	}
	if l.answering != nil {
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
	req, err := l.dialog.Request(gosip.INVITE)
	if err != nil {
		return err
	}
	req.AppendHeader(l.contact())
	req.AppendHeader(gosip.NewHeader("Allow", allow))
	l.name(req)
	req.AppendHeader(gosip.NewHeader("Content-Type", "application/sdp"))
	req.SetBody(offer)
	o.sent = true
	return l.send(req, func(res *gosip.Response, err error) {
		if res != nil && res.IsProvisional() {
			return
		}
		if err == nil && res.IsSuccess() {
			l.acknowledge(req, res, &l.dialog)
		}
		if l.offering == o {
			l.offerAnswered(o, res, err)
		}
	})
}

// offerAnswered takes the final answer to our re-INVITE.
func (l *Leg) offerAnswered(o *offering, res *gosip.Response, err error) {
	o.sent = false
	switch {
	case err != nil:
		// RFC 3261 §14.1: no answer at all ends the call.
		l.sendBYE(BYE{Cause: causeTimer, Text: "no answer to re-INVITE"}, EndedEvent{By: ByNetwork, Cause: causeTimer, Reason: err.Error()})
		return
	case res.IsSuccess():
		if contact := res.Contact(); contact != nil && !contact.Address.Wildcard {
			l.dialog.RemoteTarget = contact.Address.String()
		}
		err = l.answered(res)
		if err == nil {
			l.happen(MediaEvent{})
		}
	case res.StatusCode == 491 && o.tries < maxTries:
		o.timer = l.after(backOff(l.dialog.Caller), l.tryOffer)
		return
	case res.StatusCode == 481 || res.StatusCode == 408:
		l.sendBYE(BYE{Cause: causeNormal}, EndedEvent{By: ByNetwork, Cause: causeTemporary, Status: res.StatusCode, Reason: "the far side does not know the call any more"})
		return
	default:
		err = &StatusError{Status: res.StatusCode, Reason: res.Reason}
	}
	l.offering = nil
	o.finish(err)
}

// backOff is how long to wait after 491 (RFC 3261 §14.1): the owner of the Call-ID 2.1 to 4 s, the other side up to 2 s.
func backOff(owner bool) time.Duration {
	if owner {
		return time.Duration(210+rand.IntN(191)) * 10 * time.Millisecond
	}
	return time.Duration(1+rand.IntN(200)) * 10 * time.Millisecond
}
