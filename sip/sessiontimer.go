package sip

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	gosip "github.com/emiago/sipgo/sip"
)

// Session is until when an answered call lives without a sign of the far side (RFC 4028): one side refreshes it, by UPDATE or
// re-INVITE, at half of its interval, and without that it is hung up. It is a value that is told the time; all that passes
// between two sides is in the words of asking and granting.
//
//	INVITE ──► 200 ──────── interval/2 ──► UPDATE ──► 200 ──── …
//	  └──► 422: once more, with the interval that it asks for
//	                             └── none until interval − min(32 s, interval/3) ──► BYE
type Session struct {
	Interval int       `json:"interval,omitempty"` // s; 0: the call lives as long as it does
	Ours     bool      `json:"ours,omitempty"`     // we refresh it
	Since    time.Time `json:"since,omitzero"`     // when it began or was refreshed last
	Least    int       `json:"least,omitempty"`    // s: the longest Min-SE of a 422 or a request of the far side
	Loose    bool      `json:"loose,omitempty"`    // the far side knows nothing of it: any answer of its is a sign of life
}

const (
	// DefaultSession is how long a session is without a refresh, as long as nobody wants it otherwise.
	DefaultSession = 30 * time.Minute
	// leastSession is the shortest interval, in seconds (RFC 4028 §4).
	leastSession = 90
	// longestSession is the longest Min-SE that is believed.
	longestSession = 24 * 60 * 60
)

// expires is when the call is hung up (RFC 4028 §10).
func (s *Session) expires() time.Time {
	return s.Since.Add(time.Duration(s.Interval)*time.Second - min(32*time.Second, time.Duration(s.Interval)*time.Second/3))
}

// refreshes is when the side that refreshes does it first.
func (s *Session) refreshes() time.Time {
	return s.Since.Add(time.Duration(s.Interval) * time.Second / 2)
}

// asking is what a request wants of the session, or an answer grants.
type asking struct {
	interval  int // s; 0: no Session-Expires
	least     int // s: Min-SE; 0: none
	refresher string
	supported bool
}

// askingOf reads Session-Expires (compact: x) and Min-SE. What is no number counts as not there.
func askingOf(msg gosip.Message) asking {
	value, params, _ := strings.Cut(headerText(msg, "Session-Expires", "x"), ";")
	a := asking{interval: deltaSeconds(value), supported: supports(msg, "timer")}
	least, _, _ := strings.Cut(headerText(msg, "Min-SE", "Min-SE"), ";")
	a.least = deltaSeconds(least)
	for param := range strings.SplitSeq(params, ";") {
		name, value, _ := strings.Cut(param, "=")
		if strings.EqualFold(strings.TrimSpace(name), "refresher") {
			a.refresher = strings.ToLower(strings.TrimSpace(value))
		}
	}
	return a
}

// deltaSeconds reads a number of seconds, of which more than a day is a day; 0: it is none.
func deltaSeconds(text string) int {
	n, err := strconv.ParseUint(strings.TrimSpace(text), 10, 32)
	if err != nil {
		return 0
	}
	return int(min(n, longestSession))
}

// grant is what the called side of a request makes of it (RFC 4028 §9): the session from now on, and how the answer says so.
// ours is the interval that we would like, in seconds. A Refusal is 422: the interval is too short.
func (s Session) grant(a asking, ours int, now time.Time) (Session, []gosip.Header, *Refusal) {
	if a.interval > 0 && a.interval < leastSession {
		if a.supported {
			return s, nil, Refuse(422, fmt.Sprintf("a session of %d s", a.interval), gosip.NewHeader("Min-SE", strconv.Itoa(leastSession)))
		}
		a.interval = leastSession // put in on the way, by somebody who will not hear a refusal
	}
	next := Session{Since: now, Least: max(s.Least, a.least), Loose: !a.supported}
	switch {
	case ours == 0 && a.interval == 0:
		return next, nil, nil
	case a.interval > 0 && (ours == 0 || a.interval < ours):
		next.Interval = a.interval
	default:
		next.Interval = ours
	}
	next.Interval = max(next.Interval, a.least, leastSession)
	next.Ours = !a.supported || a.refresher == "uas" || a.refresher == "" && a.interval == 0
	headers := []gosip.Header{gosip.NewHeader("Session-Expires", fmt.Sprintf("%d;refresher=%s", next.Interval, refresher(!next.Ours)))}
	if !next.Ours {
		headers = append(headers, gosip.NewHeader("Require", "timer"))
	}
	return next, headers, nil
}

// granted is what a 2xx to a request of ours makes of the session (RFC 4028 §7.2). ours is the interval that we asked for.
func (s Session) granted(a asking, ours int, now time.Time) Session {
	next := Session{Interval: a.interval, Since: now, Least: s.Least, Ours: a.refresher != "uas"}
	if a.interval == 0 {
		// The far side has no such timer. We still ask whether it is there.
		next.Interval, next.Ours, next.Loose = ours, true, true
	}
	if next.Interval > 0 {
		next.Interval = max(next.Interval, leastSession)
	}
	return next
}

// wish is what a request of ours asks of the session: nothing where ours is 0 and there is none. In the first request the far
// side may choose who refreshes.
func (s Session) wish(ours int, first bool) []gosip.Header {
	interval := ours
	if s.Interval > 0 {
		interval = s.Interval
	}
	if interval == 0 {
		return nil
	}
	value := strconv.Itoa(max(interval, s.Least))
	if !first {
		value += ";refresher=" + refresher(s.Ours)
	}
	headers := []gosip.Header{gosip.NewHeader("Session-Expires", value)}
	if s.Least > leastSession {
		headers = append(headers, gosip.NewHeader("Min-SE", strconv.Itoa(s.Least)))
	}
	return headers
}

// tooSmall takes a 422 to a request of ours: false when it asks for nothing new.
func (s *Session) tooSmall(res *gosip.Response) bool {
	least := askingOf(res).least
	if res.StatusCode != 422 || least <= max(s.Least, leastSession) {
		return false
	}
	s.Least = least
	if s.Interval > 0 {
		s.Interval = max(s.Interval, least)
	}
	return true
}

// refresher names a side of a transaction: who sent the request, or who answers it.
func refresher(sender bool) string {
	if sender {
		return "uac"
	}
	return "uas"
}

// sessionWanted is the interval that we ask for, in seconds; 0: none.
func (s *Server) sessionWanted() int {
	switch d := s.config.Session; {
	case d < 0:
		return 0
	case d == 0:
		return int(DefaultSession / time.Second)
	default:
		return max(int(d/time.Second), leastSession)
	}
}

// sessionFor is what a request of the far side makes of the session, see grant.
func (l *Leg) sessionFor(req *gosip.Request) (Session, []gosip.Header, *Refusal) {
	return l.dialog.Session.grant(askingOf(req), l.server.sessionWanted(), time.Now())
}

// keepSession goes on with a session that has begun or was refreshed.
func (l *Leg) keepSession(s Session) {
	l.dialog.Session = s
	l.watchSession()
}

// watchSession sets the clock to what is due next.
func (l *Leg) watchSession() {
	if l.clock != nil {
		l.clock.Stop()
		l.clock = nil
	}
	s := &l.dialog.Session
	if s.Interval == 0 || l.state == ended {
		return
	}
	due := s.expires()
	if at := s.refreshes(); s.Ours && time.Now().Before(at) {
		due = at
	}
	l.clock = l.after(time.Until(due), l.sessionDue)
}

// sessionDue refreshes the session, or ends the call.
func (l *Leg) sessionDue() {
	s := &l.dialog.Session
	now := time.Now()
	switch {
	case s.Interval == 0 || l.state == ended:
	case !now.Before(s.expires()):
		l.logger().Info("the session is not refreshed: the call is taken down", "remote", l.dialog.Remote, "interval", s.Interval)
		l.takeDown(BYE{Cause: causeTimer, Text: "session expired"}, EndedEvent{By: ByNetwork, Cause: causeTimer, Reason: "the session was not refreshed"})
	case s.Ours && !now.Before(s.refreshes()):
		l.watchSession()
		l.refreshSession()
	default: // it was refreshed meanwhile
		l.watchSession()
	}
}

// refreshSession sends an UPDATE, where the far side serves it, or a re-INVITE (RFC 4028 §7.4). What it is that brings a
// sign of life does not matter to a far side without such a timer, but that there is one.
func (l *Leg) refreshSession() {
	var err error
	switch {
	case l.state != up:
		return // its ACK is waited for
	case slices.Contains(l.allows, string(gosip.UPDATE)):
		err = l.sendRefresh()
	case l.offering != nil:
		l.refreshLater() // what is under way may be refused
	default:
		err = l.renegotiate(func(err error) {
			if err != nil {
				l.refreshFailed()
			}
		})
	}
	l.sent(err)
}

func (l *Leg) sendRefresh() error {
	req, err := l.dialog.Request(gosip.UPDATE)
	if err != nil {
		return err
	}
	req.AppendHeader(l.contact())
	req.AppendHeader(gosip.NewHeader("Supported", supported))
	l.introduce(req)
	for _, h := range l.dialog.Session.wish(l.server.sessionWanted(), false) {
		req.AppendHeader(h)
	}
	l.name(req)
	req.SetBody(nil)
	return l.send(req, func(res *gosip.Response, err error) {
		if l.state == ended || err == nil && res.IsProvisional() {
			return
		}
		l.refreshed(res, err)
	})
}

// refreshed takes the final answer to a request of ours that refreshes the session, an UPDATE or a re-INVITE.
func (l *Leg) refreshed(res *gosip.Response, err error) {
	s := &l.dialog.Session
	switch {
	case err != nil || res.StatusCode == 408 || res.StatusCode == 481:
		// RFC 4028 §10: nobody is there, or nobody who knows the call.
		reason := "nobody answers"
		if err == nil {
			reason = "the far side does not know the call any more"
		}
		l.takeDown(BYE{Cause: causeTimer, Text: "session expired"}, EndedEvent{By: ByNetwork, Cause: causeTimer, Reason: reason})
	case res.IsSuccess():
		l.keepSession(s.granted(askingOf(res), l.server.sessionWanted(), time.Now()))
	case s.tooSmall(res):
		l.refreshSession()
	case res.StatusCode == 405 || res.StatusCode == 501: // in spite of its Allow
		l.allows = slices.DeleteFunc(slices.Clone(l.allows), func(method string) bool { return method == string(gosip.UPDATE) })
		l.refreshSession()
	default:
		l.refreshFailed()
	}
}

// refreshFailed tries again after a while. A far side without such a timer has shown that it is there, whatever it said.
func (l *Leg) refreshFailed() {
	if s := l.dialog.Session; s.Loose {
		s.Since = time.Now()
		l.keepSession(s)
		return
	}
	l.refreshLater()
}

// refreshLater tries again after a while, until the session expires.
func (l *Leg) refreshLater() {
	s := &l.dialog.Session
	if l.state == ended || s.Interval == 0 {
		return
	}
	if l.clock != nil {
		l.clock.Stop()
	}
	wait := max(backOff(l.dialog.Caller), time.Duration(s.Interval)*time.Second/16)
	l.clock = l.after(min(wait, time.Until(s.expires())), l.sessionDue)
}
