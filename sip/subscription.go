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
	last    string // the body that was sent last
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
	defer u.mu.Unlock()
	if u.told {
		return
	}
	u.due, u.forced = true, u.forced || forced
	if !u.sending {
		u.send()
	}
}

// send sends the NOTIFY that is due, if there is something to tell. u.mu is held.
func (u *subscription) send() {
	s := u.table.server
	lamp, there := Lamp{State: LampIdle}, true
	if u.kind.ofExtension {
		lamp, there = s.config.Lamps.Lamp(u.phone, u.exten)
	}
	if !there && u.reason == "" {
		u.reason = "noresource"
		s.spawn(func() { u.table.remove(u) })
	}
	// What is compared leaves out the version, which counts the bodies.
	state := fmt.Sprint(lamp)
	if state == u.last && !u.forced && u.reason == "" {
		u.due = false
		return
	}
	u.due, u.forced, u.last, u.told = false, false, state, u.reason != ""
	req, err := u.notification(lamp, there)
	if err != nil {
		u.lost(err.Error())
		return
	}
	f, err := s.flowOf(&u.dialog, &u.flow, false)
	if err != nil {
		u.lost(err.Error())
		return
	}
	req.PrependHeader(s.newVia(f))
	u.sending = true
	if _, err := s.send(req, f, u.answered); err != nil {
		u.sending = false
		u.lost(err.Error())
	}
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
	u.mu.Lock()
	defer u.mu.Unlock()
	switch {
	case err != nil:
		u.lost(err.Error())
	case res.IsProvisional():
		return
	case res.StatusCode >= 300 && headerValue(res, "Retry-After") == "":
		u.lost(fmt.Sprintf("%d %s", res.StatusCode, clip(printable(res.Reason), 60)))
	}
	u.sending = false
	if u.due && !u.told {
		u.send()
	}
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
