package sip

import (
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	gosip "github.com/emiago/sipgo/sip"
)

// TransferEvent tells that the far side of an answered call wants the other party sent elsewhere (REFER, RFC 3515).
// Answer must be called within 10 s, by anybody and once: true accepts with 202, and what it gives then tells the far side how
// it went; false refuses with 603 and gives nil. Whoever accepts ends the call itself, if the far side does not.
type TransferEvent struct {
	To         string    // the URI to call, without headers: sip:2000@example.com
	Called     string    // its user part or number, without escapes: 2000
	Replaces   *Replaces // the call in whose place the new one comes (attended); nil: blind
	ReferredBy string    // who sends it there, as the far side says it (RFC 3892): "Anna" <sip:1000@example.com>; may be empty
	Answer     func(accept bool) *Progress
}

// Progress tells the far side how a transfer of its goes on (RFC 3515 §2.4.5): by NOTIFY, from 100 to the final answer,
// also when the far side has hung up meanwhile.
//
//	202 ──► NOTIFY 100 ──► Tell(180)… ──► Tell(200 or 3xx-6xx), which is the last
//	                              └── nothing final in 5 min ──► the last NOTIFY says what was known
//
// When our side hangs up meanwhile, the leg has ended for everybody here, and the far side's BYE comes after the last NOTIFY.
type Progress struct {
	leg    *Leg
	event  string // value of the Event header
	silent bool   // norefersub: the far side wants to hear nothing (RFC 4488)

	// From here on only what comes out of the leg's mailbox reads and writes.
	accepted bool
	over     bool
	status   int
	reason   string
	timer    *time.Timer
	bye      *BYE // is to follow the last NOTIFY; nil: none
}

const (
	transferPatience = 10 * time.Second // for the TransferEvent's answer
	transferWatched  = 5 * time.Minute  // how long the far side is told
)

// Tell tells a status of the call that the transfer has led to, 100..699; from 200 on it is the last. An empty reason
// is the status's own. It never waits; on nil, or after the last, it does nothing.
func (p *Progress) Tell(status int, reason string) {
	if p == nil || status < 100 || status > 699 {
		return
	}
	if reason == "" {
		reason = reasonPhrase(status)
	}
	p.leg.tell(func() { p.told(status, reason) })
}

func (p *Progress) told(status int, reason string) {
	if p.over || status == p.status && status < 200 {
		return
	}
	p.status, p.reason = status, clip(printable(reason), 60)
	if status >= 200 {
		p.finish("noresource")
		return
	}
	p.notify("active;expires=" + seconds(transferWatched))
}

// finish sends the last NOTIFY.
func (p *Progress) finish(why string) {
	if p.over {
		return
	}
	p.notify("terminated;reason=" + why)
	p.abandon()
}

// notify sends a NOTIFY with what is known.
func (p *Progress) notify(state string) {
	if p.silent {
		return
	}
	l := p.leg
	req, err := l.dialog.Request(gosip.NOTIFY)
	if err == nil {
		req.AppendHeader(l.contact())
		l.name(req)
		req.AppendHeader(gosip.NewHeader("Event", p.event))
		req.AppendHeader(gosip.NewHeader("Subscription-State", state))
		req.AppendHeader(gosip.NewHeader("Content-Type", "message/sipfrag;version=2.0"))
		req.SetBody(fmt.Appendf(nil, "SIP/2.0 %d %s\r\n", p.status, p.reason))
		err = l.send(req, func(res *gosip.Response, err error) {
			if err != nil || res.StatusCode/100 == 4 && res.StatusCode != 491 {
				p.abandon() // RFC 6665 §4.2.2: nobody listens any more
			}
		})
	}
	l.sent(err)
}

// abandon ends the telling without a word.
func (p *Progress) abandon() {
	if p.over {
		return
	}
	p.over = true
	p.timer.Stop()
	p.leg.transfer = nil
	if p.bye != nil {
		p.leg.goodbye(*p.bye)
	}
	p.leg.pending--
}

// referred takes a REFER of the far side: it becomes a TransferEvent.
func (l *Leg) referred(req *gosip.Request, t *transaction) {
	to, replaces, refusal := referTo(req)
	switch {
	case refusal != nil:
		l.sent(t.respond(refusal.Response(req, l.tag)))
		return
	case l.state != up && l.state != answered:
		l.refuse(req, t, 403, "Forbidden", 0) // a call that is not answered is refused or redirected
		return
	case l.transfer != nil:
		l.refuse(req, t, 491, "Request Pending", 0)
		return
	}
	p := &Progress{leg: l, event: "refer", silent: strings.EqualFold(headerText(req, "Refer-Sub", ""), "false"), status: 100, reason: "Trying"}
	if l.transfers > 0 {
		p.event += ";id=" + strconv.FormatUint(uint64(req.CSeq().SeqNo), 10) // RFC 3515 §2.4.6
	}
	l.transfers++
	l.transfer = p
	l.pending++ // the leg stays until the far side knows how it went
	var answered atomic.Bool
	answer := func(accept bool) *Progress {
		if !answered.CompareAndSwap(false, true) {
			return nil
		}
		l.tell(func() { p.answer(req, t, accept) })
		if !accept {
			return nil
		}
		return p
	}
	p.timer = l.after(transferPatience, func() {
		if answered.CompareAndSwap(false, true) {
			l.logger().Warn("nobody answers the wish for a transfer: it is declined", "to", to)
			p.answer(req, t, false)
		}
	})
	l.happen(TransferEvent{To: to, Called: UserOf(to), Replaces: replaces, ReferredBy: referredBy(req), Answer: answer})
}

// answer accepts or refuses the REFER, and says 100 (RFC 3515 §2.4.4: a NOTIFY follows at once).
func (p *Progress) answer(req *gosip.Request, t *transaction, accept bool) {
	l := p.leg
	if !accept {
		l.respond(req, t, 603, "Decline")
		p.abandon()
		return
	}
	headers := []gosip.Header{l.contact()}
	if p.silent {
		headers = append(headers, gosip.NewHeader("Refer-Sub", "false"))
	}
	l.respond(req, t, 202, "Accepted", headers...)
	if p.silent {
		p.abandon()
		return
	}
	p.accepted = true
	p.timer.Stop()
	p.timer = l.after(transferWatched, func() { p.finish("timeout") })
	p.notify("active;expires=" + seconds(transferWatched))
}

// watched takes a SUBSCRIBE of the far side to its transfer, which it refreshes or gives up (RFC 3515 §2.4.4).
func (l *Leg) watched(req *gosip.Request, t *transaction) {
	p := l.transfer
	if p == nil || p.silent || !strings.EqualFold(eventOf(req), "refer") {
		l.respond(req, t, 481, "Subscription Does Not Exist")
		return
	}
	expires := strings.TrimSpace(headerText(req, "Expires", ""))
	given := transferWatched
	if expires == "0" {
		given = 0
	}
	l.respond(req, t, 200, "OK", l.contact(), gosip.NewHeader("Expires", seconds(given)))
	if given == 0 {
		p.finish("timeout")
		return
	}
	p.notify("active;expires=" + seconds(transferWatched))
}

// referTo reads where a REFER sends the call. There must be one Refer-To (RFC 3515 §2.4.2), with a URI that can be called
// by INVITE; of the headers in it only Replaces is taken: the others are the far side's wishes, and go nowhere.
func referTo(req *gosip.Request) (to string, replaces *Replaces, refusal *Refusal) {
	values := append(req.GetHeaders("Refer-To"), req.GetHeaders("r")...)
	if len(values) != 1 {
		return "", nil, BadRequest("a REFER needs one Refer-To")
	}
	var uri gosip.Uri
	if _, err := gosip.ParseAddressValue(values[0].Value(), &uri, nil); err != nil || uri.Wildcard || !cleanURI(&uri) {
		return "", nil, BadRequest("the Refer-To is no address")
	}
	if !callable(&uri) {
		return "", nil, UnsupportedScheme("Refer-To with scheme " + clip(uri.Scheme, 20))
	}
	if method, ok := paramOf(uri.UriParams, "method"); ok && !strings.EqualFold(method, "INVITE") {
		return "", nil, Refuse(403, "a REFER to send a "+clip(printable(method), 20))
	}
	for _, h := range uri.Headers {
		if !strings.EqualFold(h.K, "Replaces") {
			continue
		}
		text, err := url.PathUnescape(h.V)
		if err != nil || replaces != nil {
			return "", nil, BadRequest("a Replaces in Refer-To that names no call")
		}
		var ok bool
		if replaces, ok = parseReplaces(text); !ok {
			return "", nil, BadRequest("a Replaces in Refer-To that names no call")
		}
	}
	uri.Headers = nil
	return clip(uri.String(), 600), replaces, nil
}

// UserOf is the user part of a URI, or its number, without escapes.
func UserOf(text string) string {
	var uri gosip.Uri
	if gosip.ParseUri(text, &uri) != nil {
		return ""
	}
	return numberOf(&uri)
}

// referredBy is the Referred-By of a request, without what could not stand in a header or a log.
func referredBy(req *gosip.Request) string {
	return clip(strings.TrimSpace(printable(headerText(req, "Referred-By", "b"))), 300)
}
