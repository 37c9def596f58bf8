package sip

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"time"

	gosip "github.com/emiago/sipgo/sip"
)

// reliable is an 18x of ours that is repeated until its PRACK comes (RFC 3262 §3). We send them to callers who require it.
//
//	18x with RSeq, again after T1, 2·T1, 4·T1 … ──► PRACK with that number ──► 200; the next 18x or the 200 may follow
//	                                 └── none in 64·T1 ──► 504
type reliable struct {
	rseq   uint32
	res    *gosip.Response
	repeat repetition
	timer  *time.Timer
	then   []func(error) // what waits for the PRACK: the next 18x, the 200; each is given why none came, or nil
}

// maxWaiting is how many 18x wait for a PRACK.
const maxWaiting = 8

// sendReliably sends an 18x until its PRACK comes.
func (l *Leg) sendReliably(a *answering, res *gosip.Response) error {
	if a.rseq == 0 {
		a.rseq = 1 + rand.Uint32N(1<<30) // RFC 3262 §3: 1..2³¹-1
	}
	res.AppendHeader(gosip.NewHeader("Require", "100rel"))
	res.AppendHeader(gosip.NewHeader("RSeq", strconv.FormatUint(uint64(a.rseq), 10)))
	now := time.Now()
	r := &reliable{rseq: a.rseq, res: res, repeat: repeated(now, false, 64*gosip.T1)}
	a.rseq++
	a.reliable = r
	wait, _ := r.repeat.next(now)
	r.timer = l.after(wait, func() { l.repeatReliable(a, r) })
	return a.t.respond(res)
}

// repeatReliable is the timer of sendReliably.
func (l *Leg) repeatReliable(a *answering, r *reliable) {
	if a.reliable != r || l.answering != a {
		return
	}
	wait, more := r.repeat.next(time.Now())
	if !more {
		l.logger().Info("no PRACK: the call is refused", "remote", l.dialog.Remote)
		a.unreliable(errNoPRACK)
		l.reject(Refuse(504, "no PRACK came"), ByNetwork)
		return
	}
	l.sent(a.t.respond(r.res))
	r.timer = l.after(wait, func() { l.repeatReliable(a, r) })
}

var errNoPRACK = errors.New("the caller requires 100rel and sends no PRACK")

// unreliable ends the wait for a PRACK, and tells what waits for it.
func (a *answering) unreliable(err error) {
	r := a.reliable
	if r == nil {
		return
	}
	r.timer.Stop()
	a.reliable = nil
	for _, next := range r.then {
		next(err)
	}
}

// prack takes the PRACK of an 18x of ours; it may have the answer to our offer, or another offer (RFC 3262 §5).
func (l *Leg) prack(req *gosip.Request, t *transaction) {
	a := l.answering
	rseq, seq, ok := rackOf(req)
	if a == nil || a.reliable == nil || !ok || rseq != a.reliable.rseq || seq != a.req.CSeq().SeqNo {
		l.respond(req, t, 481, "No Such Provisional Response") // RFC 3262 §3
		return
	}
	sdp, refusal := SDPBody(req)
	var answer []byte
	var err error
	switch {
	case refusal != nil:
		err = refusal
	case a.offered && !a.agreed:
		if sdp == nil {
			err = BadRequest("no answer to the offer")
		} else if err = l.negotiator.Answered(sdp); err == nil {
			a.agreed = true
			l.happen(MediaEvent{})
		}
	case sdp != nil && a.agreed:
		if answer, err = l.negotiator.Offered(sdp); err == nil {
			l.answer = answer
			l.happen(MediaEvent{})
		}
	}
	if err != nil {
		l.sent(t.respond(AsRefusal(err).Response(req, l.tag)))
		if a.offered && !a.agreed {
			a.unreliable(err)
			l.reject(Refuse(488, "the PRACK has no answer that can be used: "+err.Error()), ByServer)
		}
		return
	}
	l.respondSDP(req, t, answer)
	a.unreliable(nil)
}

// rackOf reads an RAck header (RFC 3262 §7.2): the number of the 18x, and CSeq and method of its INVITE.
func rackOf(req *gosip.Request) (rseq, seq uint32, ok bool) {
	fields := strings.Fields(headerText(req, "RAck", "RAck"))
	if len(fields) != 3 || !strings.EqualFold(fields[2], "INVITE") {
		return 0, 0, false
	}
	r, err1 := strconv.ParseUint(fields[0], 10, 32)
	c, err2 := strconv.ParseUint(fields[1], 10, 32)
	return uint32(r), uint32(c), err1 == nil && err2 == nil
}

// rseqOf is the number of a reliable 1xx; 0: it is not reliable.
func rseqOf(res *gosip.Response) uint32 {
	if !requires(res, "100rel") {
		return 0
	}
	n, err := strconv.ParseUint(headerText(res, "RSeq", "RSeq"), 10, 31)
	if err != nil {
		return 0
	}
	return uint32(n)
}

// follows tells whether a reliable 1xx is the next of its dialog (RFC 3262 §4): one that came before, and one before
// which another is missing, are left alone; the far side sends it again.
func (f *fork) follows(rseq uint32) bool {
	if f.rseq != 0 && rseq != f.rseq+1 {
		return false
	}
	f.rseq = rseq
	return true
}

// sendPRACK acknowledges a reliable 1xx, with the answer to its offer if it had one.
func (l *Leg) sendPRACK(f *fork, res *gosip.Response, answer []byte) {
	req, err := f.dialog.Request(gosip.PRACK)
	if err == nil {
		req.AppendHeader(gosip.NewHeader("RAck", fmt.Sprintf("%d %d INVITE", f.rseq, res.CSeq().SeqNo)))
		l.name(req)
		setSDP(req, answer)
		err = l.sendIn(&f.dialog, req, func(res *gosip.Response, err error) {
			if err == nil && res.StatusCode >= 300 {
				l.logger().Debug("a PRACK was refused", "status", res.StatusCode)
			}
		})
	}
	l.sent(err)
}
