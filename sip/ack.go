package sip

import gosip "github.com/emiago/sipgo/sip"

// acks are the ACKs that were sent for 2xx, as each copy of a 2xx gets its ACK again.
type acks []sentACK

type sentACK struct {
	seq uint32
	tag string
	req *gosip.Request
	to  flow
}

func (a acks) find(res *gosip.Response) *sentACK {
	tag := tagOf(res.To().Params)
	for i := range a {
		if a[i].seq == res.CSeq().SeqNo && a[i].tag == tag {
			return &a[i]
		}
	}
	return nil
}

// acknowledge sends the ACK of a 2xx (RFC 3261 §13.2.2.4), with the credentials of its INVITE (§22.1), and with the
// answer when the 2xx had the offer.
func (l *Leg) acknowledge(invite *gosip.Request, res *gosip.Response, d *Dialog, answer []byte) {
	req, err := d.Request(gosip.ACK)
	if err != nil {
		l.sent(err)
		return
	}
	req.CSeq().SeqNo = invite.CSeq().SeqNo
	for _, h := range invite.Headers() {
		if name := h.Name(); name == "Authorization" || name == "Proxy-Authorization" {
			req.AppendHeader(h)
		}
	}
	setSDP(req, answer)
	f, err := l.server.flowOf(d, &l.flow, l.trunk != "")
	if err != nil {
		l.sent(err)
		return
	}
	req.PrependHeader(l.server.newVia(f))
	if len(l.acks) >= 8 {
		l.acks = l.acks[1:]
	}
	l.acks = append(l.acks, sentACK{seq: invite.CSeq().SeqNo, tag: tagOf(res.To().Params), req: req, to: *f})
	l.sendACK(&l.acks[len(l.acks)-1])
}

func (l *Leg) sendACK(ack *sentACK) { l.sent(ack.to.WriteMsg(ack.req)) }
