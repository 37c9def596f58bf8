package sip

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	gosip "github.com/emiago/sipgo/sip"
)

// calling is our INVITE until it is answered for good (RFC 3261 §13.2), and after that what copies of its answers need.
//
//	INVITE ──► 18x… ──► 2xx ──► ACK, for each copy of the 2xx again; for a 2xx of another branch ACK and BYE
//	   │         └────► 3xx-6xx, which the transaction acknowledges
//	   └─401,407─► INVITE with credentials
type calling struct {
	target    Target
	offer     []byte // nil: the far side is to make one
	req       *gosip.Request
	rang      bool        // a provisional answer came: CANCEL may be sent (RFC 3261 §9.1)
	sent      *sending    // of req
	cancel    *EndedEvent // the caller has hung up
	cancelled bool        // CANCEL was sent
	timer     *time.Timer // no final answer after CANCEL
	tries     int         // with credentials
	longer    int         // with a longer session, as a 422 wanted
	forks     []*fork
	heard     *fork       // the one whose SDP is in force; nil: none yet
	watch     func() bool // stops watching the context
}

// maxLonger is how often a called side may want a longer session.
const maxLonger = 3

// Dial sends an INVITE with the negotiator's offer and returns at once; the leg's events tell the rest. Challenges are
// answered with the target's account. When ctx ends before the call is answered, the call is cancelled.
func (s *Server) Dial(ctx context.Context, target Target, n Negotiator) (*Leg, error) {
	var uri gosip.Uri
	if err := gosip.ParseUri(target.URI, &uri); err != nil {
		return nil, fmt.Errorf("%q is no URI that can be called: %w", target.URI, err)
	}
	if err := target.check(); err != nil {
		return nil, err
	}
	f, err := s.flowFor(ctx, &target, &uri)
	if err != nil {
		return nil, err
	}
	at := s.reachedAt(f)
	caller := cmp.Or(target.Caller, target.User)
	from := cmp.Or(target.From, UserURI(caller, at.String()))
	l := newLeg(s, newTag()+"@"+hostOf(at.Addr()), newTag())
	l.login = Login{target.User, target.Password, target.Secret, target.Realm}
	l.caller, l.negotiator, l.flow, l.local = true, n, *f, at.Addr()
	l.called = unescapeUser(uri.User)
	l.trunk = target.Trunk
	l.from = CallerID{Name: target.Name, User: caller, Host: hostOf(at.Addr())}
	l.dialog = Dialog{
		CallID: l.callID, LocalTag: l.tag, LocalURI: "<" + from + ">", RemoteURI: "<" + target.URI + ">",
		LocalTarget: f.uri(uri.Scheme, caller, at), RemoteTarget: target.URI,
		Transport: lower(f.transport()), Local: f.local, Remote: f.remote, Caller: true,
	}
	for _, hop := range target.Path {
		l.dialog.RouteSet = append(l.dialog.RouteSet, uriOf(hop))
	}
	if target.Name != "" {
		l.dialog.LocalURI = `"` + quote(target.Name) + `" <` + from + ">"
	}
	l.show()
	if n, ok := n.(Placed); ok {
		n.Placed(l.local, f.remote.Addr(), l.Secure())
	}
	offer, err := n.Offer()
	if err != nil {
		return nil, err
	}
	l.calling = &calling{target: target, offer: offer}
	if l.calling.req, err = l.invitation(); err != nil {
		return nil, err
	}
	if wide := s.wider(ctx, f, l.calling.req, &target, &uri); wide != nil {
		l.flow = *wide
		l.dialog.Transport, l.dialog.Local, l.dialog.Remote = lower(wide.transport()), wide.local, wide.remote
		l.dialog.LocalTarget = wide.uri(uri.Scheme, caller, s.reachedAt(wide))
		l.dialog.LocalSeq--
		if l.calling.req, err = l.invitation(); err != nil {
			return nil, err
		}
	}
	l.target = l.calling.req.Recipient.String()
	if err := s.begin(l); err != nil {
		return nil, err
	}
	l.calling.watch = context.AfterFunc(ctx, func() { l.tell(func() { l.abandon() }) })
	l.tell(l.call)
	return l, nil
}

// invitation is the INVITE of an outgoing call, without Via and credentials; each time with the next number.
func (l *Leg) invitation() (*gosip.Request, error) {
	c := l.calling
	req, err := l.dialog.Request(gosip.INVITE)
	if err != nil {
		return nil, err
	}
	if n := c.target.MaxForwards; n > 0 {
		*req.MaxForwards() = gosip.MaxForwardsHeader(n)
	}
	req.AppendHeader(l.contact())
	req.AppendHeader(gosip.NewHeader("Allow", allow))
	req.AppendHeader(gosip.NewHeader("Supported", supported))
	for _, h := range l.dialog.Session.wish(l.server.sessionWanted(), true) {
		req.AppendHeader(h)
	}
	l.name(req)
	if c.target.Diversion.By.User != "" {
		h := c.target.Diversion.header(hostOf(l.local))
		req.AppendHeader(gosip.NewHeader(h.Name, h.Value))
	}
	for _, h := range c.target.Headers {
		req.AppendHeader(gosip.NewHeader(h.Name, h.Value))
	}
	setSDP(req, c.offer)
	return req, nil
}

// Reached tells that the far side of an outgoing call has its INVITE: an answer has come, if only a provisional one.
func (l *Leg) Reached() bool { return l.reached.Load() }

// abandon cancels a call that is not answered yet.
func (l *Leg) abandon() {
	if l.state < answered {
		l.hangup(BYE{Cause: causeNormal})
	}
}

// call sends the INVITE, also when it is sent again with credentials.
func (l *Leg) call() {
	c := l.calling
	c.rang = false
	var err error
	if c.sent, err = l.sendBy(&l.flow, c.req, l.invited); err != nil {
		l.failed(EndedEvent{By: ByNetwork, Cause: causeTemporary, Status: 503, Reason: err.Error()})
	}
}

// settle stops what waits for the INVITE's answer.
func (c *calling) settle() {
	c.watch()
	if c.timer != nil {
		c.timer.Stop()
	}
}

// failed ends a call that was not answered.
func (l *Leg) failed(e EndedEvent) {
	c := l.calling
	c.settle()
	if c.cancel != nil {
		status := e.Status
		e = *c.cancel
		e.Status = status
	}
	l.end(e)
}

// cancelCall gives up a call that is not answered: by CANCEL as soon as the far side has shown that it has the INVITE.
func (l *Leg) cancelCall(e EndedEvent) {
	c := l.calling
	if c.cancel == nil {
		c.cancel = &e
	}
	if !c.rang || c.cancelled {
		return
	}
	c.cancelled = true
	l.pending++
	cancel := cancelOf(c.req)
	for _, text := range reasons(BYE{Cause: c.cancel.Cause, Text: c.cancel.Reason}) {
		cancel.AppendHeader(gosip.NewHeader("Reason", text))
	}
	_, err := l.server.send(cancel, &l.flow, func(res *gosip.Response, err error) {
		l.tell(func() {
			if err != nil || !res.IsProvisional() {
				l.pending--
			}
		})
	})
	if err != nil {
		l.pending--
	}
	// RFC 3261 §9.1: if nothing comes in 64·T1, the INVITE counts as cancelled.
	c.timer = l.after(64*gosip.T1, func() {
		if l.state < answered {
			c.sent.abandon()
			l.forsake()
			l.failed(EndedEvent{By: ByNetwork, Cause: causeTimer, Status: 408, Reason: "no answer to CANCEL"})
		}
	})
}

// invited takes an answer to the INVITE.
func (l *Leg) invited(res *gosip.Response, err error) {
	c := l.calling
	switch {
	case err != nil:
		if l.state < answered {
			l.failed(EndedEvent{By: ByNetwork, Cause: causeTimer, Status: 408, Reason: err.Error()})
		}
	case l.state != trying && l.state != early && !res.IsSuccess():
	case res.IsProvisional():
		l.provisionally(res)
	case res.IsSuccess():
		l.accepted(res)
	case (res.StatusCode == 401 || res.StatusCode == 407) && c.cancel == nil && l.login.User != "" && c.tries < 2 && l.credentials(res):
		c.tries++
		l.call()
	case c.cancel == nil && c.longer < maxLonger && l.dialog.Session.tooSmall(res):
		c.longer++
		next, err := l.invitation()
		if err != nil {
			l.failed(EndedEvent{By: ByServer, Cause: causeTemporary, Reason: err.Error()})
			return
		}
		c.req = next
		l.call()
	default:
		cause, _ := reasonOf(res, CauseOf(res.StatusCode))
		l.failed(EndedEvent{By: ByCallee, Cause: cause, Status: res.StatusCode, Reason: res.Reason, Contacts: redirections(res), RetryAfter: retryAfter(res)})
	}
}

// credentials makes the INVITE that answers a challenge; false when it cannot be answered.
func (l *Leg) credentials(res *gosip.Response) bool {
	c := l.calling
	next, err := l.invitation()
	if err != nil {
		return false
	}
	if err := l.login.Answer(next, res); err != nil {
		l.logger().Debug("a challenge cannot be answered", "error", err)
		return false
	}
	c.req = next
	return true
}

// provisionally takes a 1xx.
func (l *Leg) provisionally(res *gosip.Response) {
	c := l.calling
	c.rang = true
	l.reached.Store(true)
	if c.cancel != nil {
		l.cancelCall(*c.cancel)
		return
	}
	if res.StatusCode == 100 {
		return
	}
	l.state = early
	f := l.forkOf(res)
	l.show() // whoever hears of it may ask which dialog it is
	rseq := rseqOf(res)
	if rseq != 0 && !f.follows(rseq) {
		return
	}
	answer, err := l.agree(f, res, rseq != 0)
	if rseq != 0 {
		l.sendPRACK(f, res, answer)
		if l.calling.offer == nil && err != nil && err != errNoSDP {
			l.logger().Warn("the offer of the called side cannot be met", "error", err)
			l.cancelCall(EndedEvent{By: ByServer, Cause: CauseOf(AsRefusal(err).Status), Reason: err.Error()})
			return
		}
	}
	l.introduced(res)
	if res.StatusCode == 180 {
		l.happen(RingingEvent{})
	}
	if res.StatusCode != 180 || err == nil {
		l.happen(ProgressEvent{Status: res.StatusCode, Media: err == nil})
	}
}

// accepted takes a 2xx to an INVITE of ours: the first, a copy of it, or one of another branch of a fork (RFC 3261
// §13.2.2.4).
func (l *Leg) accepted(res *gosip.Response) {
	if ack := l.acks.find(res); ack != nil {
		l.sendACK(ack)
		return
	}
	c := l.calling
	if c == nil || res.CSeq().SeqNo != c.req.CSeq().SeqNo {
		return
	}
	f := l.forkOf(res)
	if l.state != trying && l.state != early {
		// Another branch has answered too; only the first is a call.
		l.acknowledge(c.req, res, &f.dialog, nil)
		l.hangUpFork(&f.dialog)
		return
	}
	c.settle()
	l.dialog, l.allows = f.dialog, f.allows
	l.state = up
	if c.cancel != nil {
		// RFC 3261 §9.1: the 2xx crossed our CANCEL.
		l.acknowledge(c.req, res, &l.dialog, nil)
		l.sendBYE(BYE{Cause: c.cancel.Cause}, *c.cancel)
		return
	}
	l.keepSession(l.dialog.Session.granted(askingOf(res), l.server.sessionWanted(), time.Now()))
	answer, err := l.agree(f, res, true)
	l.acknowledge(c.req, res, &l.dialog, answer)
	c.forks = slices.DeleteFunc(c.forks, func(other *fork) bool { return other == f })
	if o := l.offering; o != nil && o.fork != f {
		l.offering = nil
		o.finish(errors.New("another telephone has answered"))
	} else if o != nil {
		o.fork = nil
	}
	if err != nil {
		l.logger().Warn("the answer to the call cannot be used", "error", err)
		l.sendBYE(BYE{Cause: causeProtocol, Text: "no usable answer"}, EndedEvent{By: ByServer, Cause: causeProtocol, Reason: err.Error()})
		return
	}
	l.introduced(res)
	l.happen(AnsweredEvent{})
}
