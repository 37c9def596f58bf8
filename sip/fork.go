package sip

import (
	"bytes"
	"errors"
	"slices"

	gosip "github.com/emiago/sipgo/sip"
)

// fork is an early dialog of our INVITE: there is one for each To tag that its answers have (RFC 3261 §12.1.2), as a
// proxy may ring several telephones at once or one after the other.
type fork struct {
	dialog Dialog
	allows []string // what it says it serves; nil: it does not say
	rseq   uint32   // of its last reliable 1xx; 0: none came yet
	sdp    []byte   // what it sent last
	agreed bool     // an offer was answered for good: the next one may go either way by UPDATE
}

// maxForks is how many early dialogs of a call are kept. Answers of others count, but their media and reliability do not.
const maxForks = 16

// forkOf is the early dialog of a provisional or final answer, made when there is none.
func (l *Leg) forkOf(res *gosip.Response) *fork {
	c := l.calling
	tag := tagOf(res.To().Params)
	f := c.fork(tag)
	if f == nil {
		f = &fork{dialog: l.dialog}
		f.dialog.LocalSeq = c.req.CSeq().SeqNo
		if len(c.forks) < maxForks {
			c.forks = append(c.forks, f)
		}
	}
	f.dialog.establish(res)
	if list := allowed(res); list != nil {
		f.allows = list
	}
	return f
}

// fork finds the early dialog of a To tag; nil when there is none.
func (c *calling) fork(tag string) *fork {
	for _, f := range c.forks {
		if f.dialog.RemoteTag == tag {
			return f
		}
	}
	return nil
}

// agree does with the SDP of an answer to our INVITE what has to be done. A reliable answer is a 2xx or a 1xx with PRACK. When it
// is the far side that offers, our answer is given, to go into the ACK or PRACK.
func (l *Leg) agree(f *fork, res *gosip.Response, reliable bool) (answer []byte, err error) {
	sdp, refusal := SDPBody(res)
	switch {
	case refusal != nil:
		return nil, refusal
	case sdp == nil && res.IsProvisional():
		return nil, errNoSDP
	case f.agreed || sdp == nil:
		// RFC 3261 §13.2.1: what follows the answer is no other one.
		if f.sdp == nil {
			return nil, errNoSDP
		}
		sdp = f.sdp
	}
	switch c := l.calling; {
	case c.offer == nil && f.agreed:
	case c.offer == nil && !reliable:
		return nil, errNoSDP // RFC 3261 §13.2.1: an offer comes in a reliable answer
	case c.offer == nil:
		answer, err = l.negotiator.Offered(sdp)
	case c.heard != f || !bytes.Equal(sdp, f.sdp):
		err = l.negotiator.Answered(sdp)
	}
	if err == nil {
		f.sdp, f.agreed, l.calling.heard = bytes.Clone(sdp), f.agreed || reliable, f
	}
	return answer, err
}

var errNoSDP = errors.New("an answer without SDP")

// serves tells whether the far side of a fork has said that it serves a method.
func (f *fork) serves(method gosip.RequestMethod) bool {
	return slices.Contains(f.allows, string(method))
}

// hangUp ends the dialog of a branch that answered too late (RFC 3261 §13.2.2.4).
func (l *Leg) hangUpFork(d *Dialog) {
	l.logger().Debug("another telephone has answered, too: it is hung up", "tag", d.RemoteTag)
	req, err := d.Request(gosip.BYE)
	if err == nil {
		l.name(req)
		req.SetBody(nil)
		err = l.sendIn(d, req, func(*gosip.Response, error) {})
	}
	l.sent(err)
}
