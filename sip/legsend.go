package sip

import (
	"fmt"

	gosip "github.com/emiago/sipgo/sip"
)

// What a leg sends: answers to requests in its dialog, and requests of its own.

// respond answers a request in the dialog, without a body.
func (l *Leg) respond(req *gosip.Request, t *transaction, status int, reason string, headers ...gosip.Header) {
	res := response(req, status, reason, l.tag)
	for _, h := range headers {
		res.AppendHeader(h)
	}
	l.sign(res)
	res.SetBody(nil)
	l.sent(t.respond(res))
}

// respondSDP accepts a request in the dialog, with an answer to its offer; nil: it had none.
func (l *Leg) respondSDP(req *gosip.Request, t *transaction, answer []byte, headers ...gosip.Header) {
	res := response(req, 200, "OK", l.tag)
	res.AppendHeader(l.contact())
	res.AppendHeader(gosip.NewHeader("Allow", allow))
	for _, h := range headers {
		res.AppendHeader(h)
	}
	l.sign(res)
	setSDP(res, answer)
	l.sent(t.respond(res))
}

// setSDP gives a message a body of SDP; nil: none.
func setSDP(msg gosip.Message, sdp []byte) {
	if sdp != nil {
		msg.AppendHeader(gosip.NewHeader("Content-Type", "application/sdp"))
	}
	msg.SetBody(sdp)
}

// refuse answers with an error; retryAfter, in seconds, when it is worth trying again.
func (l *Leg) refuse(req *gosip.Request, t *transaction, status int, reason string, retryAfter int) {
	if retryAfter > 0 {
		l.respond(req, t, status, reason, gosip.NewHeader("Retry-After", fmt.Sprint(retryAfter)))
		return
	}
	l.respond(req, t, status, reason)
}

// sign names the software.
func (l *Leg) sign(res *gosip.Response) {
	if name := l.server.config.UserAgent; name != "" {
		res.AppendHeader(gosip.NewHeader("Server", name))
	}
}

func (l *Leg) sent(err error) {
	if err != nil {
		l.logger().Warn("cannot send", "to", l.dialog.Remote, "error", err)
	}
}

// contact is our Contact for the far side.
func (l *Leg) contact() gosip.Header {
	return gosip.NewHeader("Contact", "<"+l.dialog.LocalTarget+">")
}

// send sends a request in the dialog. told is called out of the mailbox with each answer, or with the error why
// none came; until the final one the leg does not go. A challenge is answered where there is an account for it.
func (l *Leg) send(req *gosip.Request, told func(*gosip.Response, error)) error {
	return l.sendIn(&l.dialog, req, told)
}

// sendIn is send in a dialog that may be an early one.
func (l *Leg) sendIn(d *Dialog, req *gosip.Request, told func(*gosip.Response, error)) error {
	f, err := l.server.flowOf(d, &l.flow, l.trunk != "")
	if err != nil {
		return err
	}
	_, err = l.sendBy(f, req, func(res *gosip.Response, err error) {
		if err == nil && l.challenged(d, req, res, told) {
			return
		}
		told(res, err)
	})
	return err
}

// sendBy gives a request a Via and sends it by a flow.
func (l *Leg) sendBy(f *flow, req *gosip.Request, told func(*gosip.Response, error)) (*sending, error) {
	req.PrependHeader(l.server.newVia(f))
	invite := req.Method == gosip.INVITE
	l.pending++
	t, err := l.server.send(req, f, func(res *gosip.Response, err error) {
		took := l.tell(func() {
			if err != nil || !res.IsProvisional() {
				l.pending--
			}
			told(res, err)
		})
		if !took && invite && err == nil && res.IsSuccess() {
			l.server.late(res, f)
		}
	})
	if err != nil {
		l.pending--
	}
	return t, err
}
