package sip

import (
	"strconv"
	"strings"

	gosip "github.com/emiago/sipgo/sip"
)

// hangup ends the leg from our side.
func (l *Leg) hangup(b BYE) { l.takeDown(b, EndedEvent{By: ByServer, Cause: b.Cause, Reason: b.Text}) }

// takeDown ends the leg in the way that its state asks for. e is what is told.
func (l *Leg) takeDown(b BYE, e EndedEvent) {
	switch {
	case l.state == ended:
		if l.transfer != nil && l.server.draining.Load() {
			l.transfer.finish("noresource")
		}
	case l.caller && l.state < answered:
		l.cancelCall(e)
	case l.state < answered:
		if l.server.draining.Load() {
			l.reject(Unavailable(stoppingTime, "the server is stopping"), e.By) // another one may take the call
			return
		}
		l.reject(RefusalOf(b.Cause), e.By)
	case l.state == answered && !l.server.draining.Load():
		// RFC 3261 §15: the called side sends no BYE before the ACK or its timeout.
		if l.byeOnAck == nil {
			l.byeOnAck = &b
		}
	default:
		l.sendBYE(b, e)
	}
}

// sendBYE ends the leg at once; the leg stays until the BYE is answered, whatever the answer is (RFC 3261
// §15.1.1). To one who is told of its transfer the call is over when that is (RFC 5589 §6.1): its BYE follows the last NOTIFY.
func (l *Leg) sendBYE(b BYE, e EndedEvent) {
	if l.state == ended {
		return
	}
	if l.byeOnAck != nil && e.By == ByNetwork {
		b, e = *l.byeOnAck, EndedEvent{By: ByServer, Cause: l.byeOnAck.Cause, Reason: l.byeOnAck.Text}
	}
	if p := l.transfer; p != nil {
		if e.By == ByServer && p.accepted && !l.server.draining.Load() {
			p.bye = &b
			l.end(e)
			return
		}
		p.finish("noresource")
	}
	l.goodbye(b)
	l.end(e)
}

// goodbye sends the BYE.
func (l *Leg) goodbye(b BYE) {
	req, err := l.dialog.Request(gosip.BYE)
	if err == nil {
		for _, text := range reasons(b) {
			req.AppendHeader(gosip.NewHeader("Reason", text))
		}
		l.name(req)
		req.SetBody(nil)
		err = l.send(req, func(res *gosip.Response, err error) {
			if err != nil {
				l.logger().Debug("no answer to BYE", "remote", l.dialog.Remote)
			}
		})
	}
	l.sent(err)
}

// name puts the software's name into a request.
func (l *Leg) name(req *gosip.Request) {
	if name := l.server.config.UserAgent; name != "" {
		req.AppendHeader(gosip.NewHeader("User-Agent", name))
	}
}

// bye is the far side's BYE. It ends the call in any state; an INVITE without a final answer gets 487 (RFC 3261
// §15.1.2).
func (l *Leg) bye(req *gosip.Request, t *transaction) {
	l.respond(req, t, 200, "OK")
	if l.state == ended { // ours crossed it, or is not needed any more
		if l.transfer != nil {
			l.transfer.bye = nil
		}
		return
	}
	if l.caller && l.state < answered {
		// RFC 3261 §15: the called side sends no BYE before it answers. One that does has had enough.
		cause, text := reasonOf(req, causeNormal)
		l.cancelCall(EndedEvent{By: ByCallee, Cause: cause, Reason: text})
		return
	}
	if a := l.answering; a != nil && a.ok == nil {
		l.respond(a.req, a.t, 487, "Request Terminated")
	}
	cause, text := reasonOf(req, causeNormal)
	if text == "" {
		text = "hung up"
	}
	l.end(EndedEvent{By: l.far(), Cause: cause, Reason: text})
}

// reasons are the Reason headers for the end of a call. To a call that was answered elsewhere they say so in SIP's terms as well,
// so that the telephones that rang in vain show no missed call (RFC 3326 §2).
func reasons(b BYE) []string {
	if b.Cause == causeElsewhere {
		return []string{`SIP;cause=200;text="Call completed elsewhere"`, reasonHeader(b)}
	}
	return []string{reasonHeader(b)}
}

// reasonHeader writes a Q.850 cause as a Reason header (RFC 3326).
func reasonHeader(b BYE) string {
	text := "Q.850;cause=" + strconv.Itoa(b.Cause)
	if b.Text != "" {
		text += `;text="` + strings.Map(func(r rune) rune {
			if r == '"' || r == '\\' || r < ' ' {
				return -1
			}
			return r
		}, b.Text) + `"`
	}
	return text
}

// reasonOf reads the Q.850 cause of a Reason header; otherwise is given when there is none. That a call was answered elsewhere
// may be said in SIP's terms.
func reasonOf(msg gosip.Message, otherwise int) (cause int, text string) {
	cause = otherwise
	for _, h := range msg.GetHeaders("Reason") {
		protocol, rest, _ := strings.Cut(h.Value(), ";")
		protocol = strings.ToUpper(strings.TrimSpace(protocol))
		if protocol != "Q.850" && protocol != "SIP" {
			continue
		}
		for param := range strings.SplitSeq(rest, ";") {
			name, value, _ := strings.Cut(strings.TrimSpace(param), "=")
			switch strings.ToLower(strings.TrimSpace(name)) {
			case "cause":
				n, err := strconv.Atoi(strings.TrimSpace(value))
				switch {
				case err != nil:
				case protocol == "SIP" && n == 200 && cause == otherwise:
					cause = causeElsewhere
				case protocol == "Q.850" && 0 < n && n < 128:
					cause = n
				}
			case "text":
				text = strings.Trim(strings.TrimSpace(value), `"`)
			}
		}
	}
	return cause, text
}
