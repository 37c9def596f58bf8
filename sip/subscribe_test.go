package sip_test

import (
	"context"
	"encoding/xml"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"dialtone/sip"
	"dialtone/sip/siptest"
)

// lamps is a sip.Lamps that a test sets.
type lamps struct {
	mu      sync.Mutex
	all     map[string]sip.Lamp
	watched map[*func()]string
}

func newLamps(extens ...string) *lamps {
	l := &lamps{all: map[string]sip.Lamp{}, watched: map[*func()]string{}}
	for _, exten := range extens {
		l.all[exten] = sip.Lamp{State: sip.LampIdle}
	}
	return l
}

func (l *lamps) Lamp(_, exten string) (sip.Lamp, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	lamp, ok := l.all[exten]
	return lamp, ok
}

func (l *lamps) Watch(_, exten string, changed func()) func() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.watched[&changed] = exten
	return func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		delete(l.watched, &changed)
	}
}

func (l *lamps) watches() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.watched)
}

// set changes what an extension is doing; a lamp without state takes it away.
func (l *lamps) set(exten string, lamp sip.Lamp) {
	l.mu.Lock()
	if l.all[exten] = lamp; lamp.State == "" {
		delete(l.all, exten)
	}
	var told []func()
	for changed, of := range l.watched {
		if of == exten {
			told = append(told, *changed)
		}
	}
	l.mu.Unlock()
	for _, changed := range told {
		changed()
	}
	synctest.Wait()
}

// subscribe sends a SUBSCRIBE to an extension in a dialog of its own; lines are more headers.
func (d *desk) subscribe(callID, exten, event string, lines ...string) *siptest.Message {
	d.t.Helper()
	lines = append(lines, "Call-ID: "+callID, "Event: "+event, "Contact: <sip:1000@10.0.0.9>")
	return d.ask("SUBSCRIBE", "sip:"+exten+"@192.0.2.1", append(lines, "To: <sip:"+exten+"@192.0.2.1>")...)
}

// again sends a SUBSCRIBE in the dialog that res has made.
func (d *desk) again(res *siptest.Message, event string, lines ...string) *siptest.Message {
	d.t.Helper()
	lines = append(lines, "Call-ID: "+res.Header("Call-ID"), "Event: "+event, "To: "+res.Header("To"), "Contact: <sip:1000@10.0.0.9>")
	return d.ask("SUBSCRIBE", res.URI("Contact"), lines...)
}

// notified is the next NOTIFY, answered.
func (d *desk) notified(why string) *siptest.Message {
	d.t.Helper()
	notify := d.Want(why, "NOTIFY")
	d.Reply(notify, "200 OK")
	return notify
}

// state is the first state in a dialog-info document, with who calls.
func state(t *testing.T, m *siptest.Message) string {
	t.Helper()
	var info struct {
		Version string `xml:"version,attr"`
		State   string `xml:"state,attr"`
		Entity  string `xml:"entity,attr"`
		Dialogs []struct {
			ID     string `xml:"id,attr"`
			State  string `xml:"state"`
			Remote struct {
				Identity struct {
					Display string `xml:"display,attr"`
					URI     string `xml:",chardata"`
				} `xml:"identity"`
			} `xml:"remote"`
			Local struct {
				Target struct {
					Param struct {
						Name  string `xml:"pname,attr"`
						Value string `xml:"pval,attr"`
					} `xml:"param"`
				} `xml:"target"`
			} `xml:"local"`
		} `xml:"dialog"`
	}
	if err := xml.Unmarshal([]byte(m.Body), &info); err != nil {
		t.Fatalf("%v in %q", err, m.Body)
	}
	if len(info.Dialogs) != 1 || info.State != "full" || m.Header("Content-Type") != "application/dialog-info+xml" {
		t.Fatalf("RFC 4235 §4.1: %+v", info)
	}
	d := info.Dialogs[0]
	text := info.Version + " " + d.State
	if d.Remote.Identity.URI != "" {
		text += " " + d.Remote.Identity.Display + " " + d.Remote.Identity.URI
	}
	if d.Local.Target.Param.Name == "+sip.rendering" && d.Local.Target.Param.Value == "no" {
		text += " held"
	}
	return text
}

func TestKeyShowsAnExtension(t *testing.T) {
	board := newLamps("1001")
	converse(t, sip.Config{Accounts: phones, Lamps: board, UserAgent: "dialtone/1"}, func(r *room) {
		phone := r.desk("192.0.2.30:40123")
		want := func(why, text string) {
			r.Helper()
			if got := state(r.T, phone.notified(why)); got != text {
				r.Errorf("%s: %q, want %q", why, got, text)
			}
		}
		res := phone.subscribe("s1", "1001", "dialog;id=7", "Expires: 600", "Accept: application/dialog-info+xml", "Record-Route: <sip:192.0.2.30:40123;lr>")
		if !res.Is("200") || res.Tag("To") == "" || res.URI("Contact") == "" || res.Header("Record-Route") != "<sip:192.0.2.30:40123;lr>" {
			r.Fatalf("%s %q", res.Start, res.Lines)
		}
		if granted := res.Header("Expires"); granted < "540" || granted > "600" {
			r.Errorf("granted %s", granted)
		}
		first := phone.Want("RFC 6665 §4.2.1.2: the state at once", "NOTIFY")
		if first.Tag("From") != res.Tag("To") || first.Tag("To") != "1000" || first.Header("Event") != "dialog;id=7" || first.Header("Call-ID") != "s1" ||
			!strings.HasPrefix(first.Start, "NOTIFY sip:1000@10.0.0.9 ") || first.Header("Route") != "<sip:192.0.2.30:40123;lr>" ||
			first.Header("Subscription-State") != "active;expires="+res.Header("Expires") || first.Header("CSeq") != "1 NOTIFY" {
			r.Errorf("the first NOTIFY: %s %q", first.Start, first.Lines)
		}
		if got := state(r.T, first); got != "0 terminated" {
			r.Errorf("nobody calls: %q", got)
		}
		// It is told of one after the other. What has passed by the time of an answer is left out.
		anna := sip.CallerID{Name: `Anna "& Co" <1>`, User: "10 05"}
		board.set("1001", sip.Lamp{State: sip.LampRinging, Caller: sip.CallerID{User: "1006"}})
		board.set("1001", sip.Lamp{State: sip.LampIdle})
		board.set("1001", sip.Lamp{State: sip.LampRinging, Caller: anna})
		phone.WantIdle("while the first is not answered", 400*time.Millisecond)
		phone.Reply(first, "200 OK")
		want("the state of then", `1 early Anna "& Co" <1> sip:10%2005@192.0.2.1`)
		board.set("1001", sip.Lamp{State: sip.LampBusy})
		want("answered", "2 confirmed")
		board.set("1001", sip.Lamp{State: sip.LampHeld})
		want("held", "3 confirmed held")
		board.set("1001", sip.Lamp{State: sip.LampHeld})
		phone.WantIdle("nothing is new", time.Minute)
		board.set("1001", sip.Lamp{State: sip.LampRinging, Dialog: sip.Replaces{CallID: "a&b", ToTag: "theirs", FromTag: "ours"}})
		told := phone.Want("another call", "NOTIFY")
		if !strings.Contains(told.Body, `<dialog id="1001" call-id="a&amp;b" local-tag="theirs" remote-tag="ours" direction="recipient">`) {
			r.Errorf("RFC 4235 §4.1.1: by which others pick it up; %s", told.Body)
		}
		phone.Reply(told, "200 OK")
		board.set("1001", sip.Lamp{State: sip.LampHeld})
		want("held again", "5 confirmed held")
		time.Sleep(time.Minute)
		if res := phone.again(res, "dialog;id=7", "Expires: 300"); !res.Is("200") || res.Header("Expires") != "300" {
			r.Errorf("refreshed: %s %q", res.Start, res.Lines)
		}
		want("RFC 6665 §4.2.1.2: the state after a refresh too", "6 confirmed held")
		board.set("1001", sip.Lamp{State: sip.LampAway})
		want("not registered", "7 terminated")
		if res := phone.again(res, "dialog;id=7", "Expires: 0"); !res.Is("200") || res.Header("Expires") != "0" {
			r.Errorf("ended: %s %q", res.Start, res.Lines)
		}
		last := phone.notified("the last one")
		if last.Header("Subscription-State") != "terminated;reason=timeout" {
			r.Errorf("RFC 6665 §4.2.1.4: %q", last.Lines)
		}
		board.set("1001", sip.Lamp{State: sip.LampBusy})
		phone.WantIdle("it has ended", time.Hour)
		if res := phone.again(res, "dialog;id=7", "Expires: 600"); !res.Is("481") {
			r.Errorf("refreshed after its end: %s", res.Start)
		}
		if n := r.server.Subscriptions(); n != 0 || board.watches() != 0 {
			r.Errorf("%d subscriptions, %d watches are left", n, board.watches())
		}
	})
}

func TestSUBSCRIBEThatIsRefused(t *testing.T) {
	board := newLamps("1001")
	converse(t, sip.Config{Accounts: phones, Lamps: board}, func(r *room) {
		phone := r.desk("192.0.2.30:5060")
		for _, tt := range []struct {
			why, exten, event string
			lines             []string
			want, header      string
		}{
			{"unknown event", "1001", "vehicle", nil, "489", "Allow-Events: dialog, presence, message-summary"},
			{"no event", "1001", "", nil, "489", "Allow-Events: dialog, presence, message-summary"},
			{"a minute is the least", "1001", "dialog", []string{"Expires: 59"}, "423", "Min-Expires: 60"},
			{"no hint", "1002", "dialog", nil, "404", ""},
			{"no hint", "1002", "presence", nil, "404", ""},
			{"another document", "1001", "dialog", []string{"Accept: application/pidf+xml"}, "406", "Accept: application/dialog-info+xml"},
			{"a long event", "1001", "dialog;id=" + strings.Repeat("7", 300), nil, "400", ""},
			{"an extension is required", "1001", "dialog", []string{"Require: eventlist"}, "420", "Unsupported: eventlist"},
		} {
			res := phone.subscribe("refused", tt.exten, tt.event, tt.lines...)
			name, value, _ := strings.Cut(tt.header, ": ")
			if !res.Is(tt.want) || tt.header != "" && res.Header(name) != value {
				r.Errorf("%s: %s %q, want %s %s", tt.why, res.Start, res.Lines, tt.want, tt.header)
			}
		}
		if res := phone.ask("SUBSCRIBE", "sip:1001@192.0.2.1", "Event: dialog", "To: <sip:1001@192.0.2.1>"); !res.Is("400") {
			r.Errorf("without a Contact: %s", res.Start)
		}
		phone.password = "guess"
		if res := phone.subscribe("wrong", "1001", "dialog"); !res.Is("401") {
			r.Errorf("a wrong password: %s", res.Start)
		}
		phone.password = "secret"
		kept := phone.subscribe("kept", "1001", "dialog")
		phone.notified("it is subscribed")
		other := r.desk("192.0.2.31:5060")
		other.user, other.password, other.seq = "1001", "other", 100
		if res := other.again(kept, "dialog", "Expires: 0", "From: <sip:1001@192.0.2.1>;tag=1000"); !res.Is("403") {
			r.Errorf("another phone, which knows the tags, ends it: %s", res.Start)
		}
		phone.seq = 0
		if res := phone.again(kept, "dialog", "Expires: 0"); !res.Is("500") {
			r.Errorf("RFC 3261 §12.2.2: an old CSeq: %s", res.Start)
		}
		if n := r.server.Subscriptions(); n != 1 {
			r.Errorf("%d subscriptions", n)
		}
		phone.WantIdle("nothing but answers", time.Minute)
	})
}

// Nothing is kept of who has not shown a password (attacks come with a Call-ID each).
func TestStrangersSUBSCRIBEIsForgotten(t *testing.T) {
	board := newLamps("1001")
	converse(t, sip.Config{Accounts: phones, Lamps: board}, func(r *room) {
		stranger := r.wire.Peer(r.T, "192.0.2.66:5060", serverAddr)
		for i := range 500 {
			stranger.Send(fmt.Sprintf("SUBSCRIBE sip:1001@192.0.2.1 SIP/2.0\nVia: SIP/2.0/UDP 192.0.2.66:5060;branch=z9hG4bK%d\nMax-Forwards: 70\nFrom: <sip:1000@192.0.2.1>;tag=1\n"+
				"To: <sip:1001@192.0.2.1>\nCall-ID: flood%d\nCSeq: 1 SUBSCRIBE\nEvent: dialog\nContact: <sip:x@192.0.2.66>\nContent-Length: 0\n\n", i, i))
			stranger.Want("a challenge", "401")
		}
		if n := r.server.Subscriptions() + board.watches(); n != 0 {
			r.Errorf("%d are kept", n)
		}
		stranger.WantIdle("no NOTIFY", time.Minute)
	})
}

func TestSubscriptionEnds(t *testing.T) {
	for _, tt := range []struct {
		why  string
		do   func(r *room, phone *desk, board *lamps)
		want string // Subscription-State of the last NOTIFY; empty: there is none
	}{
		{"its time is over", func(r *room, phone *desk, board *lamps) {}, "terminated;reason=timeout"},
		{"the hint is gone", func(r *room, phone *desk, board *lamps) { board.set("1001", sip.Lamp{}) }, "terminated;reason=noresource"},
		{"the server stops", func(r *room, phone *desk, board *lamps) { r.server.Shutdown(context.Background()) }, "terminated;reason=probation;retry-after=10"},
		{"the telephone knows nothing of it", func(r *room, phone *desk, board *lamps) {
			board.set("1001", sip.Lamp{State: sip.LampBusy})
			phone.Reply(phone.Want("the state", "NOTIFY"), "481 Subscription Does Not Exist")
		}, ""},
		{"the telephone is gone", func(r *room, phone *desk, board *lamps) {
			board.set("1001", sip.Lamp{State: sip.LampBusy})
			time.Sleep(33 * time.Second)
			phone.Drain()
		}, ""},
	} {
		t.Run(tt.why, func(t *testing.T) {
			board := newLamps("1001")
			converse(t, sip.Config{Accounts: phones, Lamps: board}, func(r *room) {
				phone := r.desk("192.0.2.30:5060")
				phone.subscribe("s1", "1001", "dialog", "Expires: 60")
				phone.notified("the state")
				synctest.Wait()
				tt.do(r, phone, board)
				if tt.want != "" {
					if last := phone.notified("the last one"); last.Header("Subscription-State") != tt.want {
						r.Errorf("%q, want %q", last.Header("Subscription-State"), tt.want)
					}
				}
				phone.WantIdle("it has ended", 2*time.Minute)
				if n := r.server.Subscriptions(); n != 0 || board.watches() != 0 {
					r.Errorf("%d subscriptions, %d watches are left", n, board.watches())
				}
			})
		})
	}
}

func TestFetchOfAState(t *testing.T) {
	board := newLamps("1001")
	board.all["1001"] = sip.Lamp{State: sip.LampBusy, Name: "Anna"}
	converse(t, sip.Config{Accounts: phones, Lamps: board}, func(r *room) {
		phone := r.desk("192.0.2.30:5060")
		for _, tt := range []struct {
			exten, event string
			body         []string
		}{
			{"1001", "dialog", []string{`entity="sip:1001@192.0.2.1"`, "<state>confirmed</state>", `<identity display="Anna">sip:1001@192.0.2.1</identity>`}},
			{"1001", "presence", []string{`entity="sip:1001@192.0.2.1"`, "<basic>open</basic>", "<rpid:on-the-phone/>", "<note>On the phone</note>"}},
			{"*98", "message-summary", []string{"Messages-Waiting: no\r\n", "Message-Account: sip:*98@192.0.2.1\r\n", "Voice-Message: 0/0 (0/0)\r\n"}},
		} {
			if res := phone.subscribe(tt.event, tt.exten, tt.event, "Expires: 0"); !res.Is("200") || res.Header("Expires") != "0" {
				r.Fatalf("%s: %s", tt.event, res.Start)
			}
			notify := phone.notified(tt.event)
			for _, part := range tt.body {
				if !strings.Contains(notify.Body, part) {
					r.Errorf("%s: no %q in\n%s", tt.event, part, notify.Body)
				}
			}
			if state := notify.Header("Subscription-State"); state != "terminated;reason=timeout" {
				r.Errorf("RFC 6665 §4.4.3: %s", state)
			}
			if tt.event != "message-summary" {
				var any struct{ XMLName xml.Name }
				if err := xml.Unmarshal([]byte(notify.Body), &any); err != nil {
					r.Errorf("%v in\n%s", err, notify.Body)
				}
			}
		}
		phone.WantIdle("nothing is kept", time.Hour)
		if n := r.server.Subscriptions() + board.watches(); n != 0 {
			r.Errorf("%d are kept", n)
		}
	})
}

func TestPhoneSubscribesAnewAfterAPowerCut(t *testing.T) {
	board := newLamps("1001")
	converse(t, sip.Config{Accounts: phones, Lamps: board}, func(r *room) {
		phone := r.desk("192.0.2.30:5060")
		phone.subscribe("before", "1001", "dialog")
		phone.notified("the state")
		phone.subscribe("after", "1001", "dialog")
		phone.notified("the state")
		if n := r.server.Subscriptions(); n != 1 || board.watches() != 1 {
			r.Errorf("%d subscriptions, %d watches", n, board.watches())
		}
		board.set("1001", sip.Lamp{State: sip.LampBusy})
		if m := phone.notified("one lamp"); m.Header("Call-ID") != "after" {
			r.Errorf("told in %s", m.Header("Call-ID"))
		}
		phone.WantIdle("once", 20*time.Second)
	})
}

func TestPhoneWithTooManySubscriptionsLosesItsOldest(t *testing.T) {
	var extens []string
	for i := range 201 {
		extens = append(extens, fmt.Sprint(2000+i))
	}
	board := newLamps(extens...)
	converse(t, sip.Config{Accounts: phones, Lamps: board}, func(r *room) {
		phone := r.desk("192.0.2.30:5060")
		for _, exten := range extens[:200] {
			phone.subscribe("s"+exten, exten, "dialog")
			phone.notified("the state of " + exten)
		}
		other := r.desk("192.0.2.31:5060") // another telephone of the phone
		other.subscribe("last", extens[200], "dialog")
		if m := other.notified("the last begins"); !strings.HasPrefix(m.Header("Subscription-State"), "active") {
			r.Errorf("%q", m.Lines)
		}
		if m := phone.notified("the first ends"); m.Header("Call-ID") != "s2000" || m.Header("Subscription-State") != "terminated;reason=rejected" {
			r.Errorf("%q", m.Lines)
		}
		if n := r.server.Subscriptions(); n != 200 || board.watches() != 200 {
			r.Errorf("%d subscriptions, %d watches", n, board.watches())
		}
	})
}

// A lamp that changes at the time of a refresh, of an end and of its answers leaves nothing behind, and its last state is told.
func TestLampsInDisorder(t *testing.T) {
	board := newLamps("1001")
	converse(t, sip.Config{Accounts: phones, Lamps: board}, func(r *room) {
		phone := r.desk("192.0.2.30:5060")
		res := phone.subscribe("s1", "1001", "dialog")
		phone.notified("the state")
		stop := make(chan struct{})
		go func() {
			for i := range 400 {
				board.set("1001", sip.Lamp{State: sip.LampRinging, Caller: sip.CallerID{User: fmt.Sprint(i)}})
				time.Sleep(7 * time.Millisecond)
			}
			board.set("1001", sip.Lamp{State: sip.LampBusy})
			close(stop)
		}()
		versions, last := 0, ""
		for m := phone.Next(time.Second); m != nil; m = phone.Next(time.Second) {
			time.Sleep(10 * time.Millisecond)
			phone.Reply(m, "200 OK")
			last = state(r.T, m)
			if versions++; !strings.HasPrefix(last, fmt.Sprint(versions)+" ") {
				r.Fatalf("RFC 4235 §3.10: version %d is %q", versions, last)
			}
		}
		<-stop
		if !strings.HasSuffix(last, " confirmed") {
			r.Errorf("the last state told is %q", last)
		}
		phone.again(res, "dialog", "Expires: 0")
		phone.notified("its end")
		if n := r.server.Subscriptions() + board.watches(); n != 0 {
			r.Errorf("%d are left", n)
		}
	})
}

func TestCheckSyncOfAllContacts(t *testing.T) {
	converse(t, sip.Config{Accounts: phones, Bindings: &bindings{}}, func(r *room) {
		if list := r.server.CheckSync(context.Background(), "1000"); len(list) != 0 {
			r.Errorf("not registered: %+v", list)
		}
		one, two := r.desk("192.0.2.30:5060"), r.desk("192.0.2.31:5060")
		one.register("<sip:1000@10.0.0.9>")
		two.register("<sip:1000@10.0.0.8>")
		done := make(chan []sip.CheckSync, 1)
		go func() {
			ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
			defer cancel()
			done <- r.server.CheckSync(ctx, "1000")
		}()
		notify := one.Want("it is asked to restart", "NOTIFY")
		if notify.Header("Event") != "check-sync;reboot=true" || notify.Header("Subscription-State") == "" || !strings.HasPrefix(notify.Start, "NOTIFY sip:1000@10.0.0.9 ") {
			r.Errorf("%s %q", notify.Start, notify.Lines)
		}
		one.Reply(notify, "200 OK")
		list := <-done
		if len(list) != 2 || list[1].Status != 200 || list[1].URI != "sip:1000@10.0.0.9" || list[0].Status != 0 || list[0].Error == "" {
			r.Errorf("%+v", list)
		}
	})
}

// A connection that takes nothing holds up neither other lamps nor the server's socket, and its end ends the subscription.
func TestSlowConnectionHoldsUpNobody(t *testing.T) {
	board := newLamps("1001")
	converse(t, sip.Config{Accounts: phones, Lamps: board}, func(r *room) {
		conn, err := r.wire.Host("192.0.2.40").Dial(context.Background(), netip.MustParseAddrPort(serverAddr))
		if err != nil {
			r.Fatal(err)
		}
		slow := &wiredDesk{desk: desk{t: r.T, user: "1000", password: "secret"}, conn: conn}
		to := slow.subscribe("slow", "1001")
		phone := r.desk("192.0.2.30:5060")
		phone.subscribe("quick", "1001", "dialog")
		phone.notified("the state")
		start := time.Now()
		board.set("1001", sip.Lamp{State: sip.LampBusy}) // the slow one reads no more
		if phone.notified("the change"); time.Since(start) != 0 {
			r.Errorf("it came after %v", time.Since(start))
		}
		phone.seq += 10
		if res := phone.ask("SUBSCRIBE", "sip:1001@192.0.2.1", "Call-ID: slow", to, "Event: dialog", "Contact: <sip:1000@10.0.0.9>"); !res.Is("200") || time.Since(start) != 0 {
			r.Errorf("refreshed by another way after %v: %s", time.Since(start), res.Start)
		}
		conn.Close()
		time.Sleep(time.Minute)
		board.set("1001", sip.Lamp{State: sip.LampIdle})
		phone.notified("another change")
		synctest.Wait()
		if n := r.server.Subscriptions(); n != 1 || board.watches() != 1 {
			r.Errorf("%d subscriptions, %d watches", n, board.watches())
		}
	})
}

// wiredDesk is a telephone by the letter on a connection.
type wiredDesk struct {
	desk
	conn net.Conn
}

// subscribe subscribes, reads up to the 200, and gives its To.
func (d *wiredDesk) subscribe(callID, exten string) (to string) {
	d.t.Helper()
	authorization := ""
	for seq := 1; seq <= 2; seq++ {
		text := fmt.Sprintf("SUBSCRIBE sip:%s@192.0.2.1 SIP/2.0\r\nVia: SIP/2.0/TCP 10.0.0.9:5060;branch=z9hG4bK%d\r\nMax-Forwards: 70\r\nFrom: <sip:1000@192.0.2.1>;tag=1000\r\n"+
			"To: <sip:%s@192.0.2.1>\r\nCall-ID: %s\r\nCSeq: %d SUBSCRIBE\r\nContact: <sip:1000@10.0.0.9;transport=tcp>\r\nEvent: dialog\r\n%sContent-Length: 0\r\n\r\n", exten, seq, exten, callID, seq, authorization)
		if _, err := d.conn.Write([]byte(text)); err != nil {
			d.t.Fatal(err)
		}
		buf := make([]byte, 4096)
		n, err := d.conn.Read(buf)
		if err != nil {
			d.t.Fatal(err)
		}
		head := string(buf[:n])
		if _, value, ok := strings.Cut(head, "WWW-Authenticate: "); ok {
			value, _, _ = strings.Cut(value, "\r\n")
			authorization = "Authorization: " + d.credentials("SUBSCRIBE", "sip:"+exten+"@192.0.2.1", value) + "\r\n"
		} else if !strings.HasPrefix(head, "SIP/2.0 200 ") {
			d.t.Fatalf("%q", head)
		}
		_, to, _ = strings.Cut(head, "To: ")
		to, _, _ = strings.Cut(to, "\r\n")
	}
	return "To: " + to
}
