package sip

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	gosip "github.com/emiago/sipgo/sip"
)

// referring is a REFER of ours, until it is known how it went (RFC 3515).
//
//	REFER ──► 202 ──► NOTIFY 100, 180 … ──► NOTIFY 200 or 4xx…, terminated
//	  └──► 4xx            └──► BYE: the far side has gone where it was sent
type referring struct {
	accepted bool
	done     func(error)
}

// ended is told how the leg ended.
func (r *referring) ended(e EndedEvent, far string) {
	if r.accepted && e.By == far {
		r.done(nil)
		return
	}
	r.done(ErrEnded)
}

// Refer asks the far side of an answered call to call a target instead (RFC 3515), and returns when it tells how that
// went: nil when it got there or hung up after it had agreed, ErrNotAllowed when it cannot be asked, a *StatusError
// when it refused or failed. The call itself goes on. The target is a URI, or a user at the far side's domain.
func (l *Leg) Refer(ctx context.Context, target string) error {
	err := l.inquire(ctx, func(done func(error)) error { return l.refer(target, done) })
	if ctx.Err() != nil {
		l.tell(func() { l.referring = nil })
	}
	return err
}

func (l *Leg) refer(target string, done func(error)) error {
	if err := l.mayAsk(gosip.REFER); err != nil {
		return err
	}
	if l.referring != nil {
		return fmt.Errorf("the far side is being sent elsewhere already")
	}
	uri, err := l.elsewhere(target)
	if err != nil {
		return err
	}
	req, err := l.dialog.Request(gosip.REFER)
	if err != nil {
		return err
	}
	req.AppendHeader(l.contact())
	l.name(req)
	req.AppendHeader(gosip.NewHeader("Refer-To", "<"+uri+">"))
	req.AppendHeader(gosip.NewHeader("Referred-By", l.dialog.LocalURI)) // RFC 3892
	req.SetBody(nil)
	r := &referring{done: done}
	l.referring = r
	err = l.send(req, func(res *gosip.Response, err error) {
		if err == nil && res.IsProvisional() || l.referring != r {
			return
		}
		if err := finally(res, err); err != nil {
			l.referring = nil
			done(err)
			return
		}
		r.accepted = true
	})
	if err != nil {
		l.referring = nil
	}
	return err
}

// notified takes a NOTIFY of what became of our REFER. It may come before the REFER's own answer.
func (l *Leg) notified(req *gosip.Request, t *transaction) {
	r := l.referring
	if r == nil || !strings.EqualFold(eventOf(req), "refer") {
		l.respond(req, t, 481, "Subscription Does Not Exist")
		return
	}
	l.respond(req, t, 200, "OK")
	r.accepted = true
	status, reason := fragment(req.Body())
	state, _, _ := strings.Cut(headerText(req, "Subscription-State", ""), ";")
	terminated := strings.EqualFold(strings.TrimSpace(state), "terminated")
	switch {
	case status >= 200 && status < 300:
		l.referring = nil
		r.done(nil)
	case status >= 300:
		l.referring = nil
		r.done(&StatusError{Status: status, Reason: reason})
	case terminated: // it will not tell how it went
		l.referring = nil
		r.done(nil)
	}
}

// eventOf is the package of an Event header.
func eventOf(req *gosip.Request) string {
	event, _, _ := strings.Cut(headerText(req, "Event", "o"), ";")
	return strings.TrimSpace(event)
}

// fragment reads the status line of a message/sipfrag body (RFC 3420); 0 when there is none.
func fragment(body []byte) (status int, reason string) {
	line, _, _ := strings.Cut(string(body[:min(len(body), 200)]), "\n")
	rest, ok := strings.CutPrefix(strings.TrimSpace(line), "SIP/2.0 ")
	if !ok {
		return 0, ""
	}
	code, reason, _ := strings.Cut(rest, " ")
	status, err := strconv.Atoi(code)
	if err != nil || status < 100 || status > 699 {
		return 0, ""
	}
	return status, clip(reason, 60)
}

// elsewhere is the URI of a target: itself, or a user at the domain by which the far side called us.
func (l *Leg) elsewhere(target string) (string, error) {
	if target == "" {
		return "", fmt.Errorf("no target to send the call to")
	}
	lower := strings.ToLower(target)
	if !strings.HasPrefix(lower, "sip:") && !strings.HasPrefix(lower, "sips:") && !strings.HasPrefix(lower, "tel:") {
		user, host, given := strings.Cut(target, "@")
		if !given {
			var ours gosip.Uri
			if err := gosip.ParseUri(bareURI(l.dialog.LocalURI), &ours); err != nil || ours.Host == "" {
				return "", fmt.Errorf("the call's own address %q has no domain", clip(l.dialog.LocalURI, 60))
			}
			host = ours.Host
			if ours.Port > 0 {
				host += ":" + strconv.Itoa(ours.Port)
			}
		}
		target = "sip:" + escapeUser(user) + "@" + host
	}
	var uri gosip.Uri
	if strings.ContainsAny(target, "<>\"\r\n\t ") || gosip.ParseUri(target, &uri) != nil || uri.Host == "" && uri.Scheme != "tel" {
		return "", fmt.Errorf("%q is no address to send a call to: use a number, user@host or a sip: URI", clip(target, 60))
	}
	return target, nil
}

// bareURI is the URI of a name-addr.
func bareURI(nameAddr string) string {
	if _, rest, ok := strings.Cut(nameAddr, "<"); ok {
		uri, _, _ := strings.Cut(rest, ">")
		return uri
	}
	return nameAddr
}
