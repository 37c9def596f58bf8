package sip_test

import (
	"fmt"
	"regexp"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/icholy/digest"

	"dialtone/sip"
	"dialtone/sip/siptest"
)

// What is known to be tried against SIP servers, as conversations. Floods, and what takes real time, are tried on the built server,
// in interop.

// shape is what an answer shows, without what differs in each: values become their length.
func shape(m *siptest.Message) string {
	shown := m.Start
	for _, line := range m.Lines {
		name, value, _ := strings.Cut(line, ":")
		shown += fmt.Sprintf("|%s %d", name, len(value))
	}
	return shown + "|" + m.Body
}

// Whether a name is a phone's does not show, whatever is asked and however the password is.
func TestEnumeration(t *testing.T) {
	converse(t, sip.Config{Accounts: phones, Bindings: &bindings{}}, func(r *room) {
		names, strangers := []string{"1000", "1001", "4711", "anne"}, []*siptest.Peer{}
		for i := range names {
			strangers = append(strangers, r.wire.Peer(t, fmt.Sprintf("192.0.2.%d:5060", 60+i), serverAddr))
		}
		for _, method := range []string{"REGISTER", "INVITE", "OPTIONS", "SUBSCRIBE", "PUBLISH", "MESSAGE", "REFER", "NOTIFY"} {
			for _, credentials := range []bool{false, true} {
				shapes := map[string][]string{}
				for i, name := range names {
					stranger := strangers[i]
					call := stranger.NewCall(name, name)
					lines := []string{"Event: dialog"}
					if credentials && method != "OPTIONS" {
						call.Send(method, "", lines...)
						first := stranger.Next(time.Second)
						if !first.Is("401") {
							continue // nobody is asked who he is
						}
						challenge, err := digest.ParseChallenge(first.Header("WWW-Authenticate"))
						if err != nil {
							t.Fatal(err)
						}
						answer, err := digest.Digest(challenge, digest.Options{Method: method, URI: call.Target, Username: name, Password: "wrong"})
						if err != nil {
							t.Fatal(err)
						}
						lines = append(lines, "Authorization: "+answer.String())
					}
					call.Send(method, "", lines...)
					got := shape(stranger.Want("an answer to anybody", "SIP/2.0"))
					shapes[got] = append(shapes[got], name)
				}
				if len(shapes) > 1 {
					r.Errorf("%s, with a password %v: names are told apart: %v", method, credentials, shapes)
				}
			}
		}
	})
}

// A REGISTER that was overheard changes nothing when it is sent again: neither as it was, nor from elsewhere, nor with another contact.
func TestReplayedRegistration(t *testing.T) {
	kept := &bindings{}
	converse(t, sip.Config{Accounts: phones, Bindings: kept}, func(r *room) {
		phone := r.desk("192.0.2.30:5060")
		const uri = "sip:192.0.2.1"
		text := func(seq int, contact string, authorization ...string) string {
			return fmt.Sprintf("REGISTER %s SIP/2.0\nVia: SIP/2.0/UDP 192.0.2.30:5060;rport;branch=z9hG4bKreplay%d\nFrom: <sip:1000@192.0.2.1>;tag=1\nTo: <sip:1000@192.0.2.1>\n"+
				"Call-ID: replay\nCSeq: %d REGISTER\nContact: %s\n%s\n\n", uri, seq, seq, contact, strings.Join(authorization, "\n"))
		}
		phone.Send(text(1, "<sip:1000@192.0.2.30>", "Expires: 600"))
		challenge, err := digest.ParseChallenge(phone.Want("who are you?", "401").Header("WWW-Authenticate"))
		if err != nil {
			t.Fatal(err)
		}
		answer, err := digest.Digest(challenge, digest.Options{Method: "REGISTER", URI: uri, Username: "1000", Password: "secret"})
		if err != nil {
			t.Fatal(err)
		}
		good := "Authorization: " + answer.String()
		phone.Send(text(2, "<sip:1000@192.0.2.30>", good, "Expires: 600"))
		phone.Want("registered", "200")
		time.Sleep(40 * time.Second) // its transaction is over
		saved := kept.saved

		thief := r.wire.Peer(t, "192.0.2.66:5060", serverAddr)
		sameHost := r.wire.Peer(t, "192.0.2.30:6666", serverAddr)
		for i, from := range []*siptest.Peer{phone.Peer, thief, sameHost} {
			from.Send(text(2, "<sip:1000@192.0.2.30>", good))
			from.Want("as it was", "401")
			from.Send(text(10+i, "<sip:thief@192.0.2.66>", good))
			from.Want("with another contact", "401")
			from.Send(strings.ReplaceAll(text(20+i, "<sip:1000@192.0.2.30>", good), "REGISTER", "INVITE"))
			from.Want("as another method", "401")
			from.Send(text(30+i, "*", good, "Expires: 0"))
			from.Want("to remove all", "401")
		}
		if kept.saved != saved || len(kept.all["1000"]) != 1 || !strings.HasPrefix(kept.all["1000"][0].Contact, "sip:1000@192.0.2.30") {
			r.Errorf("the bindings changed: %+v", kept.all["1000"])
		}
	})
}

// Thousands of subscriptions, calls, registrations and messages of a stranger leave nothing.
func TestStrangersLeaveNothing(t *testing.T) {
	for _, method := range []string{"SUBSCRIBE", "INVITE", "REGISTER", "MESSAGE", "BYE", "CANCEL", "ACK"} {
		t.Run(method, func(t *testing.T) {
			converse(t, sip.Config{Accounts: phones, Bindings: &bindings{}}, func(r *room) {
				stranger := r.wire.Peer(t, "192.0.2.66:5060", serverAddr)
				send := func(n int) {
					for range n {
						call := stranger.NewCall("anybody", "8899")
						call.Send(method, "", "Event: presence", "Expires: 3600")
						synctest.Wait()
						stranger.Drain()
					}
				}
				send(50)
				before, routines := heap(), runtime.NumGoroutine()
				send(500)
				if grown := heap() - before; grown > 512<<10 {
					r.Errorf("the heap grew by %d kB", grown>>10)
				}
				if n := runtime.NumGoroutine(); n > routines {
					r.Errorf("%d goroutines became %d", routines, n)
				}
				if n := r.server.Legs(); n != 0 || r.calls() != 0 {
					r.Errorf("%d legs", n)
				}
			})
		})
	}
}

// heap is what is in use.
func heap() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// A stranger is no trunk for calling himself one.
func TestTrunkImpersonation(t *testing.T) {
	converse(t, sip.Config{Accounts: phones}, func(r *room) {
		stranger := r.wire.Peer(t, "192.0.2.66:5060", serverAddr)
		for _, lines := range [][]string{
			{"From: <sip:0301234@192.0.2.10>;tag=a"}, {"From: <sip:carrier@192.0.2.10>;tag=a", "P-Asserted-Identity: <sip:carrier@192.0.2.10>"},
			{"Via: SIP/2.0/UDP 192.0.2.10:5060;branch=z9hG4bKforged;received=192.0.2.10;rport=5060"}, {"Record-Route: <sip:192.0.2.10;lr>"},
		} {
			call := stranger.NewCall("0301234", "00899123456")
			call.Invite(sdp, lines...)
			res := stranger.Want("a challenge for "+lines[0], "401")
			call.AckRefusal(res)
		}
		if r.calls() != 0 {
			r.Error("a stranger's call came in")
		}
		r.trunk.WantIdle("the trunk is not answered what it did not ask", time.Second)
	})
}

// Answers go where their request came from, whatever it claims, and what a stranger names gets nothing from us; an answer is
// at most twice as long as what was asked.
func TestReflection(t *testing.T) {
	config := sip.Config{Accounts: phones, Bindings: &bindings{}, UserAgent: "dialtone/1.2.3"}
	converse(t, config, func(r *room) {
		victim := r.wire.Peer(t, "192.0.2.50:5060", serverAddr)
		stranger := r.wire.Peer(t, "192.0.2.66:5060", serverAddr)
		many := "Via: SIP/2.0/UDP 192.0.2.50;branch=z9hG4bKx" + strings.Repeat(",SIP/2.0/UDP 192.0.2.50;branch=z9hG4bKy", 199)
		answered := 0
		for n, method := range []string{"INVITE", "REGISTER", "OPTIONS", "SUBSCRIBE", "MESSAGE", "NOTIFY", "REFER", "PUBLISH", "BYE", "CANCEL", "UPDATE", "BREW", "garbage \x01"} {
			for i, lines := range [][]string{
				{"Via: SIP/2.0/UDP 192.0.2.50:5060;branch=z9hG4bK%d"},
				{"Via: SIP/2.0/UDP 192.0.2.66;branch=z9hG4bK%d;maddr=192.0.2.50;received=192.0.2.50;rport=5060"},
				{"Via: SIP/2.0/UDP 192.0.2.66;branch=z9hG4bK%d", "Route: <sip:192.0.2.50;lr>", "Record-Route: <sip:192.0.2.50;lr>", "Contact: <sip:x@192.0.2.50>", "Reply-To: <sip:x@192.0.2.50>"},
				{many},
				{"v: SIP/2.0/UDP a;branch=z9hG4bK%d"}, // as short as can be
			} {
				text := method + " sip:a@b SIP/2.0\n" + strings.Join(lines, "\n")
				text = strings.ReplaceAll(text, "%d", fmt.Sprint(100*n+i))
				text += fmt.Sprintf("\nf: <sip:a@b>;tag=1\nt: <sip:a@b>\ni: %d-%d\nCSeq: 1 %s\n\n", n, i, method)
				stranger.Send(text)
				res := stranger.Next(100 * time.Millisecond)
				if res == nil {
					continue
				}
				answered++
				asked := len(strings.ReplaceAll(text, "\n", "\r\n"))
				if got := len(res.Start) + len(strings.Join(res.Lines, "\r\n")) + len(res.Body) + 6; got > 2*asked {
					r.Errorf("%s %d: %d bytes were answered by %d:\n%s\n%s", method, i, asked, got, res.Start, strings.Join(res.Lines, "\n"))
				}
			}
		}
		victim.WantIdle("nobody is sent what another asked for", time.Minute)
		if answered < 40 {
			r.Errorf("only %d of 65 requests were answered", answered)
		}
	})
}

// lines are n headers.
func lines(n int, value string) (all []string) {
	for i := range n {
		all = append(all, fmt.Sprintf("X%d: %s", i, value))
	}
	return all
}

// What is too much is refused by its length or its lines, and at a rate that helps nobody.
func TestHugeHeads(t *testing.T) {
	converse(t, sip.Config{Accounts: phones}, func(r *room) {
		stranger := r.wire.Peer(t, "192.0.2.66:5060", serverAddr)
		call := stranger.NewCall("1000", "8899")
		call.Invite(sdp, lines(2900, strings.Repeat("x", 12))...)
		stranger.Want("3000 header lines", "513")
		call.Invite(sdp, "X: "+strings.Repeat("x", 60_000))
		if res := stranger.Want("one line of 60 kB is no harm", "401"); len(res.Start)+len(strings.Join(res.Lines, "")) > 2000 {
			r.Error("it is echoed")
		}
		start := runtime.NumGoroutine()
		call.Invite(sdp, lines(2900, "")...)
		for range 400 {
			call.Again()
		}
		synctest.Wait()
		answers := 0
		for stranger.Next(time.Millisecond) != nil {
			answers++
		}
		if answers > 200 || runtime.NumGoroutine() > start {
			r.Errorf("%d answers, %d goroutines more", answers, runtime.NumGoroutine()-start)
		}
	})
}

// Nothing of a request's own text is in an answer but what a protocol has to repeat, and that without what would be read as
// another line.
func TestHeadersAreNotInjected(t *testing.T) {
	converse(t, sip.Config{Accounts: phones}, func(r *room) {
		stranger := r.wire.Peer(t, "192.0.2.66:5060", serverAddr)
		injected := regexp.MustCompile(`(?mi)^x-injected`)
		for _, lines := range []string{
			"From: \"a\rX-Injected: 1\" <sip:a@b>;tag=1", "From: <sip:a%0d%0aX-Injected:1@b>;tag=1", "Call-ID: a\rX-Injected: 1", "To: <sip:a@b>;x=\"\rX-Injected: 1\"",
			"Via: SIP/2.0/UDP a;branch=z9hG4bK\rX-Injected: 1", "Subject: \x00\rX-Injected: 1",
		} {
			call := stranger.NewCall("1000", "8899")
			call.Invite(sdp, lines)
			res := stranger.Next(time.Second)
			if res == nil {
				continue
			}
			text := strings.ReplaceAll(strings.Join(append([]string{res.Start}, res.Lines...), "\n"), "\r", "\n")
			if injected.MatchString(text) {
				r.Errorf("%q is answered by\n%s", lines, text)
			}
		}
	})
}
