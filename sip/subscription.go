package sip

import (
	"fmt"
	"sync"
	"time"

	gosip "github.com/emiago/sipgo/sip"
)

// subscription is what a phone has subscribed to (RFC 6665, the notifier's side): a dialog of its own.
//
//	SUBSCRIBE ──► 200, NOTIFY active … one at a time, each with the whole state as it is then
//	    ├─ refresh ──► 200, NOTIFY
//	    └─ Expires 0, or its time is over, or the extension is gone ──► NOTIFY terminated
//
// It outlives no restart: what a phone refreshes then is not known (481), and it subscribes anew.
type subscription struct {
	table        *subscriptions
	key          legKey
	phone, exten string
	event        string // as in Event: dialog;id=7
	kind         *eventPackage
	entity       string // the URI of what is watched
	telephone    string // where its SUBSCRIBE came from, and its contact

	mu      sync.Mutex
	dialog  Dialog
	flow    flow
	expires time.Time
	timer   *time.Timer // at expires
	stop    func()      // watching
	version int
	last    Lamp   // that was told last
	sending bool   // a NOTIFY waits for its answer
	due     bool   // another NOTIFY is to follow
	forced  bool   // also when nothing has changed
	reason  string // why it has ended; empty: it lives
	told    bool   // the phone of its end
}

// receive takes a request in the dialog; false: a later one came before.
func (u *subscription) receive(req *gosip.Request, f *flow) bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	if !u.dialog.Receive(req.CSeq().SeqNo) {
		return false
	}
	u.dialog.refresh(req, f)
	u.flow = *f
	return true
}

// grant answers a SUBSCRIBE and tells the state, as it must after each of them.
func (u *subscription) grant(req *gosip.Request, t *transaction, lasts time.Duration) {
	s := u.table.server
	u.mu.Lock()
	ended := u.reason != ""
	if !ended {
		u.expires = time.Now().Add(lasts)
		if u.timer != nil {
			u.timer.Stop()
		}
		if lasts == 0 {
			u.reason = "timeout" // RFC 6665 §4.2.1.4
		} else {
			u.timer = time.AfterFunc(lasts, func() { u.end("timeout") })
		}
	}
	target := u.dialog.LocalTarget
	tag := u.dialog.LocalTag
	u.mu.Unlock()
	if ended { // while it was on its way
		s.transactions.abandon(t)
		s.reply(req, &t.flow, 481, "Call/Transaction Does Not Exist")
		return
	}
	res := response(req, 200, "OK", tag)
	res.AppendHeader(gosip.NewHeader("Contact", "<"+target+">"))
	res.AppendHeader(gosip.NewHeader("Expires", seconds(lasts)))
	if s.config.UserAgent != "" {
		res.AppendHeader(gosip.NewHeader("Server", s.config.UserAgent))
	}
	res.SetBody(nil)
	if err := t.respond(res); err != nil {
		s.log.Debug("cannot send", "to", t.flow.remote, "error", err)
	}
	if lasts == 0 {
		u.table.remove(u)
	}
	s.spawn(func() { u.notify(true) })
}

// end ends a subscription and tells the phone why (RFC 6665 §4.1.3).
func (u *subscription) end(reason string) {
	u.mu.Lock()
	if u.reason == "" {
		u.reason = reason
	}
	u.mu.Unlock()
	u.table.remove(u)
	u.table.server.spawn(func() { u.notify(true) })
}

// notify tells the state of now, when it is another one than was told last, or always when it is forced. While a NOTIFY waits for
// its answer, the next waits too, so that they arrive in their order.
func (u *subscription) notify(forced bool) {
	u.mu.Lock()
	u.due, u.forced = true, u.forced || forced
	u.mu.Unlock()
	u.tell()
}

// tell sends the NOTIFY that is due, if there is something to tell. A connection may be slow to take it: u.mu is not held then.
func (u *subscription) tell() {
	u.mu.Lock()
	req, err := u.next()
	d, last := u.dialog, u.flow
	u.mu.Unlock()
	if req == nil && err == nil {
		return
	}
	if err == nil {
		err = u.send(req, &d, &last)
	}
	if err != nil {
		u.answered(nil, err)
	}
}

// next makes the NOTIFY that is to be sent now; nil: none is. u.mu is held.
func (u *subscription) next() (*gosip.Request, error) {
	if u.told || u.sending || !u.due {
		return nil, nil
	}
	lamp, there := Lamp{State: LampIdle}, true
	if u.kind.ofExtension {
		lamp, there = u.table.server.config.Lamps.Lamp(u.phone, u.exten)
	}
	if !there && u.reason == "" {
		u.reason = "noresource"
		u.table.server.spawn(func() { u.table.remove(u) })
	}
	u.due = false
	if lamp == u.last && !u.forced && u.reason == "" {
		return nil, nil
	}
	u.sending, u.forced, u.last, u.told = true, false, lamp, u.reason != ""
	return u.notification(lamp, there)
}

// send sends a NOTIFY where the phone's last request came from. Over a connection that is gone it is not reached any more: it
// subscribes anew when it comes back.
func (u *subscription) send(req *gosip.Request, d *Dialog, last *flow) error {
	s := u.table.server
	if last.stream != nil && !s.streams.open(last.stream) {
		return ErrFlowGone
	}
	f, err := s.flowOf(d, last, false)
	if err != nil {
		return err
	}
	req.PrependHeader(s.newVia(f))
	_, err = s.send(req, f, u.answered)
	return err
}

// notification makes a NOTIFY, but for its Via.
func (u *subscription) notification(lamp Lamp, there bool) (*gosip.Request, error) {
	req, err := u.dialog.Request(gosip.NOTIFY)
	if err != nil {
		return nil, err
	}
	req.AppendHeader(gosip.NewHeader("Contact", "<"+u.dialog.LocalTarget+">"))
	req.AppendHeader(gosip.NewHeader("Event", u.event))
	req.AppendHeader(gosip.NewHeader("Subscription-State", u.state()))
	if name := u.table.server.config.UserAgent; name != "" {
		req.AppendHeader(gosip.NewHeader("User-Agent", name))
	}
	if !there {
		req.SetBody(nil)
		return req, nil
	}
	req.AppendHeader(gosip.NewHeader("Content-Type", u.kind.media))
	req.SetBody([]byte(u.kind.body(u.entity, lamp, u.version)))
	u.version++
	return req, nil
}

// state is the Subscription-State header.
func (u *subscription) state() string {
	if u.reason != "" {
		return "terminated;reason=" + u.reason
	}
	return "active;expires=" + seconds(max(time.Until(u.expires), 0))
}

// answered takes the answer to a NOTIFY. One that refuses it, or none at all, ends the subscription (RFC 6665 §4.2.2).
func (u *subscription) answered(res *gosip.Response, err error) {
	if err == nil && res.IsProvisional() {
		return
	}
	defer u.tell()
	u.mu.Lock()
	defer u.mu.Unlock()
	switch {
	case err != nil:
		u.lost(err.Error())
	case res.StatusCode >= 300 && headerValue(res, "Retry-After") == "":
		u.lost(fmt.Sprintf("%d %s", res.StatusCode, clip(printable(res.Reason), 60)))
	}
	u.sending = false
}

// lost ends a subscription without a word. u.mu is held.
func (u *subscription) lost(why string) {
	if u.told && u.reason != "" {
		return
	}
	u.reason, u.told = "lost", true
	u.table.server.log.Debug("a subscription is lost", "phone", u.phone, "extension", u.exten, "event", u.kind.name, "why", why)
	u.table.server.spawn(func() { u.table.remove(u) })
}
