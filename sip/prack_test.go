package sip_test

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"dialtone/sip"
	"dialtone/sip/siptest"
)

// prack acknowledges a reliable 18x of the server.
func prack(call *siptest.Call, res *siptest.Message, body string) {
	call.Send("PRACK", body, "RAck: "+res.Header("RSeq")+" "+res.Header("CSeq"))
}

// early takes the tag of an 18x, and gives the dialog with the INVITE as it was, for its ACK.
func early(call *siptest.Call, res *siptest.Message) (invite *siptest.Call) {
	call.Answered(res)
	first := *call
	return &first
}

func TestProvisionalAnswersAreReliableWhereRequired(t *testing.T) {
	converse(t, sip.Config{Incoming: func(*sip.Leg) {}}, func(r *room) {
		call := r.trunk.NewCall("caller", "8899")
		start := time.Now()
		call.Invite(sdp, "Require: 100rel")
		r.trunk.Want("at once", "100")
		leg := r.leg()
		leg.Ring()
		ringing := r.trunk.Want("it rings", "180")
		invite := early(call, ringing)
		rseq, err := strconv.Atoi(ringing.Header("RSeq"))
		if err != nil || rseq < 1 || ringing.Header("Require") != "100rel" || ringing.Body != "" {
			r.Fatalf("180 with RSeq %q, Require %q, body %q", ringing.Header("RSeq"), ringing.Header("Require"), ringing.Body)
		}
		// RFC 3262 §3: T1, doubled each time.
		for _, at := range []time.Duration{500, 1500, 3500} {
			r.trunk.WantAt("no PRACK yet", "180", start, at*time.Millisecond)
		}
		leg.Progress()
		answered := asked(func(context.Context) error { return leg.Answer() })
		r.trunk.WantIdle("RFC 3262 §3: one at a time", 3*time.Second)
		for _, wrong := range []string{fmt.Sprintf("%d 1 INVITE", rseq+1), fmt.Sprintf("%d 2 INVITE", rseq), fmt.Sprintf("%d 1 BYE", rseq), "", "x"} {
			call.Send("PRACK", "", "RAck: "+wrong)
			r.trunk.Want("RAck "+wrong, "481")
		}
		prack(call, ringing, "")
		r.trunk.Want("PRACK", "200")
		progress := r.trunk.Want("then the next", "183")
		if progress.Header("RSeq") != fmt.Sprint(rseq+1) || progress.Body != "v=0\r\ns=answer\r\n" {
			r.Errorf("183 with RSeq %q, body %q", progress.Header("RSeq"), progress.Body)
		}
		r.still(answered)
		call.Send("UPDATE", held)
		if ok := r.trunk.Want("RFC 3311 §5.2: the first offer was answered", "200"); ok.Body != "v=0\r\ns=answer\r\n" {
			r.Errorf("UPDATE answered %q", ok.Body)
		}
		prack(call, progress, held)
		if ok := r.trunk.Want("RFC 3262 §5: an offer in the PRACK", "200"); ok.Body != "v=0\r\ns=answer\r\n" {
			r.Errorf("PRACK answered %q", ok.Body)
		}
		ok := r.trunk.Want("now", "200")
		if ok.Body != "" {
			r.Errorf("RFC 3261 §13.2.1: SDP in the 200 after a reliable one: %q", ok.Body)
		}
		r.outcome(answered, "")
		prack(call, progress, "")
		r.trunk.Want("that one was acknowledged", "481")
		invite.Ack()
		r.trunk.WantIdle("acknowledged", time.Minute)
		r.hangUp(call)
	})
}

// By a setting also who only can is told reliably.
func TestProvisionalAnswersAreReliableWhereServed(t *testing.T) {
	converse(t, sip.Config{Reliable: true, Incoming: func(*sip.Leg) {}}, func(r *room) {
		for headers, require := range map[string]string{"Supported: timer, 100rel": "100rel", "Supported: timer": ""} {
			call := r.trunk.NewCall("caller", "8899")
			call.Invite(sdp, headers)
			r.trunk.Want("at once", "100")
			leg := r.leg()
			leg.Ring()
			ringing := r.trunk.Want("it rings", "180")
			invite := early(call, ringing)
			if ringing.Header("Require") != require {
				r.Errorf("%s: 180 with Require %q, want %q", headers, ringing.Header("Require"), require)
			}
			if require != "" {
				prack(call, ringing, "")
				r.trunk.Want("PRACK", "200")
			}
			leg.Hangup(17)
			r.trunk.Want("refused", "486")
			invite.Ack()
			r.ended(leg)
		}
	})
}

func TestReliableAnswerWithoutPRACKEndsTheCall(t *testing.T) {
	converse(t, sip.Config{Incoming: func(*sip.Leg) {}}, func(r *room) {
		start := time.Now()
		call := r.trunk.NewCall("caller", "8899")
		call.Invite(sdp, "Require: 100rel")
		r.trunk.Want("at once", "100")
		leg := r.leg()
		leg.Ring()
		answered := asked(func(context.Context) error { return leg.Answer() })
		for _, at := range []time.Duration{0, 500, 1500, 3500, 7500, 15500, 31500} {
			r.trunk.WantAt("no PRACK", "180", start, at*time.Millisecond)
		}
		call.AckRefusal(r.trunk.WantAt("64·T1", "504", start, 32*time.Second))
		r.outcome(answered, "the caller requires 100rel and sends no PRACK")
		if e := r.ended(leg); e.By != sip.ByNetwork || e.Status != 504 || e.Cause != 102 {
			r.Errorf("ended %+v", e)
		}
		r.trunk.WantIdle("it is over", time.Minute)
	})
}

func TestDelayedOfferInAReliableAnswer(t *testing.T) {
	for _, good := range []bool{true, false} {
		t.Run(fmt.Sprint(good), func(t *testing.T) {
			converse(t, sip.Config{Incoming: func(*sip.Leg) {}}, func(r *room) {
				call := r.trunk.NewCall("caller", "8899")
				call.Invite("", "Require: 100rel")
				r.trunk.Want("at once", "100")
				leg := r.leg()
				leg.Ring()
				answered := asked(func(context.Context) error { return leg.Answer() })
				ringing := r.trunk.Want("RFC 3262 §5: the first reliable answer has the offer", "180")
				if ringing.Body != "v=0\r\ns=offer\r\n" {
					r.Errorf("180 with %q", ringing.Body)
				}
				invite := early(call, ringing)
				if !good {
					prack(call, ringing, "")
					r.trunk.Want("no answer", "400")
					call.AckRefusal(r.trunk.Want("there are no media", "488"))
					r.outcome(answered, "400 Bad Request - no answer to the offer")
					return
				}
				prack(call, ringing, sdp)
				r.trunk.Want("PRACK", "200")
				if ok := r.trunk.Want("answered", "200"); ok.Body != "" {
					r.Errorf("the 200 offers again: %q", ok.Body)
				}
				r.outcome(answered, "")
				invite.Ack()
				if n := r.media.noted(); len(n) != 2 || n[1] != "answered "+sdp {
					r.Errorf("the negotiator saw %q", n)
				}
				r.hangUp(call)
			})
		})
	}
}

func TestCancelWhileAReliableAnswerWaits(t *testing.T) {
	converse(t, sip.Config{Incoming: func(*sip.Leg) {}}, func(r *room) {
		call := r.trunk.NewCall("caller", "8899")
		call.Invite(sdp, "Require: 100rel")
		r.trunk.Want("at once", "100")
		leg := r.leg()
		leg.Ring()
		answered := asked(func(context.Context) error { return leg.Answer() })
		r.trunk.Want("it rings", "180")
		call.Cancel()
		r.trunk.Want("CANCEL", "200")
		call.AckRefusal(r.trunk.Want("INVITE", "487"))
		r.outcome(answered, sip.ErrEnded.Error())
		r.trunk.WantIdle("the 180 is not sent again", time.Minute)
	})
}

// branch is an INVITE as another telephone answers it: with another tag.
func branch(invite *siptest.Message, tag string) *siptest.Message {
	other := *invite
	other.Lines = nil
	for _, line := range invite.Lines {
		if strings.HasPrefix(line, "To:") {
			line += ";tag=" + tag
		}
		other.Lines = append(other.Lines, line)
	}
	return &other
}

func reliably(rseq int) []string {
	return []string{"Require: 100rel", fmt.Sprintf("RSeq: %d", rseq), contact, "Allow: INVITE, ACK, BYE, CANCEL, PRACK, UPDATE"}
}

func TestReliableAnswersOfTheCalledSide(t *testing.T) {
	converse(t, sip.Config{}, func(r *room) {
		leg := r.dial(context.Background(), sip.Target{User: "1000"})
		invite := r.trunk.Want("called", "INVITE")
		if h := invite.Header("Supported"); !strings.Contains(h, "100rel") {
			r.Errorf("Supported: %q", h)
		}
		r.trunk.Reply(invite, "180 Ringing", reliably(7)...)
		p := r.trunk.Want("acknowledged", "PRACK")
		if p.Header("RAck") != "7 1 INVITE" || p.Header("CSeq") != "2 PRACK" || p.Tag("To") != "peer" || !strings.HasPrefix(p.Start, "PRACK sip:100@192.0.2.10:5060 ") {
			r.Errorf("%s: RAck %q, CSeq %q", p.Start, p.Header("RAck"), p.Header("CSeq"))
		}
		r.trunk.Reply(p, "200 OK")
		if _, ok := r.event(leg).(sip.RingingEvent); !ok {
			r.Error("no RingingEvent")
		}
		r.trunk.Reply(invite, "180 Ringing", reliably(7)...)
		r.trunk.WantIdle("a copy was acknowledged", time.Second)
		r.trunk.Reply(invite, "183 Session Progress", append(reliably(9), sdp)...)
		r.trunk.WantIdle("RFC 3262 §4: the one before is missing", time.Second)
		r.trunk.Reply(invite, "183 Session Progress", append(reliably(8), sdp)...)
		r.trunk.Reply(r.trunk.Want("in order", "PRACK"), "200 OK")
		if e, ok := r.event(leg).(sip.ProgressEvent); !ok || !e.Media {
			r.Errorf("got %+v, want early media", e)
		}
		r.trunk.Reply(invite, "200 OK", contact)
		if ack := r.trunk.Want("the reliable SDP was the answer", "ACK"); ack.Header("CSeq") != "1 ACK" {
			r.Errorf("ACK with CSeq %q", ack.Header("CSeq"))
		}
		if _, ok := r.event(leg).(sip.AnsweredEvent); !ok {
			r.Error("no AnsweredEvent")
		}
		if n := r.media.noted(); len(n) != 2 {
			r.Errorf("the negotiator saw %q", n)
		}
		leg.Hangup(16)
		bye := r.trunk.Want("hung up", "BYE")
		if bye.Header("CSeq") != "4 BYE" {
			r.Errorf("the PRACKs were requests of the dialog: BYE with CSeq %q", bye.Header("CSeq"))
		}
		r.trunk.Reply(bye, "200 OK")
		r.ended(leg)
	})
}

func TestSeveralEarlyDialogs(t *testing.T) {
	converse(t, sip.Config{}, func(r *room) {
		leg := r.dial(context.Background(), sip.Target{User: "1000"})
		invite := r.trunk.Want("called", "INVITE")
		one, two := branch(invite, "one"), branch(invite, "two")
		const other = "v=0\r\ns=other\r\n"
		for i, b := range []*siptest.Message{one, two} {
			headers := reliably(1)
			if i == 1 {
				headers = append(headers, other)
			} else {
				headers = append(headers, sdp)
			}
			r.trunk.Reply(b, "183 Session Progress", headers...)
			p := r.trunk.Want("each dialog counts for itself", "PRACK")
			if p.Header("RAck") != "1 1 INVITE" || p.Header("CSeq") != "2 PRACK" || p.Tag("To") != []string{"one", "two"}[i] {
				r.Errorf("RAck %q, CSeq %q, tag %q", p.Header("RAck"), p.Header("CSeq"), p.Tag("To"))
			}
			r.trunk.Reply(p, "200 OK")
		}
		// Requests within one of the early dialogs.
		update := func(tag, offer string) *siptest.Message {
			c := r.trunk.NewCall("x", "x")
			c.ID, c.From, c.To, c.Target, c.Seq = invite.Header("Call-ID"), strings.Split(one.Header("To"), ";tag=")[0]+";tag="+tag, invite.Header("From"), invite.URI("Contact"), 4
			c.Send("UPDATE", offer)
			return r.trunk.Next(time.Second)
		}
		if m := update("one", held); !m.Is("200") || m.Body != "v=0\r\ns=answer\r\n" {
			r.Errorf("UPDATE in an early dialog: %q", m.Start)
		}
		if m := update("three", held); !m.Is("481") {
			r.Errorf("UPDATE in no dialog: %q", m.Start)
		}
		three := branch(invite, "three")
		r.trunk.Reply(three, "180 Ringing", contact)
		synctest.Wait()
		if m := update("three", held); !m.Is("491") {
			r.Errorf("RFC 3311 §5.2: UPDATE where our offer has no answer: %q", m.Start)
		}
		if d := leg.Dialog(); d.RemoteTag != "three" || d.Confirmed || r.server.Find(d.CallID, d.LocalTag, "three") != leg {
			r.Errorf("the early dialog is %+v", d)
		}
		// Ours, to the telephone that was heard last.
		done := asked(leg.Renegotiate)
		u := r.trunk.Want("our offer", "UPDATE")
		if u.Tag("To") != "one" || u.Body != "v=0\r\ns=offer\r\n" || u.Header("CSeq") != "3 UPDATE" {
			r.Errorf("UPDATE to %q with %q, CSeq %q", u.Tag("To"), u.Body, u.Header("CSeq"))
		}
		r.trunk.Reply(u, "491 Request Pending")
		r.still(done)
		start := time.Now()
		u = r.trunk.Want("again", "UPDATE")
		if d := u.At.Sub(start); d < 2100*time.Millisecond || d > 4*time.Second {
			r.Errorf("RFC 3261 §14.1: the owner of the Call-ID tried again after %v", d)
		}
		r.trunk.Reply(u, "200 OK", contact, sdp)
		r.outcome(done, "")
		// Another offer of the first is heard from then on; that of the second again when that answers.
		if m := update("one", held); !m.Is("200") {
			r.Errorf("UPDATE in an early dialog: %q", m.Start)
		}
		r.trunk.Reply(two, "183 Session Progress", append(reliably(2), other)...)
		r.trunk.Reply(r.trunk.Want("acknowledged", "PRACK"), "200 OK")
		synctest.Wait()
		if n := r.media.noted(); n[len(n)-1] != "answered "+other {
			r.Errorf("the negotiator saw %q", n)
		}
		// The first answers without SDP: what it sent reliably counts.
		r.trunk.Reply(one, "200 OK", contact)
		if ack := r.trunk.Want("acknowledged", "ACK"); ack.Tag("To") != "one" {
			r.Errorf("ACK to %q", ack.Tag("To"))
		}
		if n := r.media.noted(); n[len(n)-1] != "answered "+sdp {
			r.Errorf("the negotiator saw %q", n)
		}
		r.trunk.Reply(two, "200 OK", contact)
		r.trunk.Want("the second is acknowledged", "ACK")
		bye := r.trunk.Want("and hung up", "BYE")
		if bye.Tag("To") != "two" || bye.Header("CSeq") != "4 BYE" {
			r.Errorf("BYE to %q with CSeq %q", bye.Tag("To"), bye.Header("CSeq"))
		}
		r.trunk.Reply(bye, "200 OK")
		leg.Hangup(16)
		r.trunk.Reply(r.trunk.Want("hung up", "BYE"), "200 OK")
		r.ended(leg)
	})
}

func TestManyEarlyDialogsAreBounded(t *testing.T) {
	converse(t, sip.Config{}, func(r *room) {
		leg := r.dial(context.Background(), sip.Target{User: "1000"})
		invite := r.trunk.Want("called", "INVITE")
		for i := range 200 {
			r.trunk.Reply(branch(invite, fmt.Sprint("t", i)), "180 Ringing", contact)
			synctest.Wait()
		}
		r.trunk.Reply(branch(invite, "t199"), "200 OK", contact, sdp)
		if ack := r.trunk.Want("whoever answers", "ACK"); ack.Tag("To") != "t199" {
			r.Errorf("ACK to %q", ack.Tag("To"))
		}
		leg.Hangup(16)
		r.trunk.Reply(r.trunk.Want("hung up", "BYE"), "200 OK")
		r.ended(leg)
	})
}

// late is a negotiator that makes no offer: the called side is to make it.
type late struct{ *media }

func (late) Offer() ([]byte, error) { return nil, nil }

func TestCallWithoutAnOffer(t *testing.T) {
	for name, rings := range map[string]bool{"the 200 has it": false, "a reliable 183 has it": true} {
		t.Run(name, func(t *testing.T) {
			converse(t, sip.Config{}, func(r *room) {
				leg, err := r.server.Dial(context.Background(), sip.Target{URI: "sip:100@" + trunkAddr, User: "1000"}, late{r.media})
				if err != nil {
					r.Fatal(err)
				}
				invite := r.trunk.Want("called", "INVITE")
				if invite.Body != "" || invite.Header("Content-Type") != "" {
					r.Errorf("an offer: %q", invite.Body)
				}
				want := "v=0\r\ns=answer\r\n"
				if rings {
					r.trunk.Reply(invite, "183 Session Progress", append(reliably(1), sdp)...)
					p := r.trunk.Want("acknowledged", "PRACK")
					if p.Body != want {
						r.Errorf("RFC 3262 §5: PRACK with %q", p.Body)
					}
					r.trunk.Reply(p, "200 OK")
					r.trunk.Reply(invite, "200 OK", contact)
					want = ""
				} else {
					r.trunk.Reply(invite, "183 Session Progress", contact, sdp)
					r.trunk.Reply(invite, "200 OK", contact, sdp)
				}
				if ack := r.trunk.Want("answered", "ACK"); ack.Body != want {
					r.Errorf("RFC 3261 §13.2.2.4: ACK with %q", ack.Body)
				}
				if n := r.media.noted(); len(n) != 1 || n[0] != "offered "+sdp {
					r.Errorf("the negotiator saw %q", n)
				}
				leg.Hangup(16)
				r.trunk.Reply(r.trunk.Want("hung up", "BYE"), "200 OK")
				r.ended(leg)
			})
		})
	}
	t.Run("it cannot be met", func(t *testing.T) {
		converse(t, sip.Config{}, func(r *room) {
			r.media.refuse = sip.NotAcceptableHere("no codec in common")
			leg, err := r.server.Dial(context.Background(), sip.Target{URI: "sip:100@" + trunkAddr, User: "1000"}, late{r.media})
			if err != nil {
				r.Fatal(err)
			}
			invite := r.trunk.Want("called", "INVITE")
			r.trunk.Reply(invite, "183 Session Progress", append(reliably(1), sdp)...)
			r.trunk.Reply(r.trunk.Want("acknowledged", "PRACK"), "200 OK")
			r.trunk.Reply(r.trunk.Want("given up", "CANCEL"), "200 OK")
			r.trunk.Reply(invite, "487 Request Terminated")
			r.trunk.Want("acknowledged", "ACK")
			if e := r.ended(leg); e.By != sip.ByServer || e.Cause != 58 {
				r.Errorf("ended %+v", e)
			}
		})
	})
}

func TestUpdateBeforeTheAnswerNeedsAReliableOne(t *testing.T) {
	converse(t, sip.Config{}, func(r *room) {
		leg := r.dial(context.Background(), sip.Target{User: "1000"})
		invite := r.trunk.Want("called", "INVITE")
		r.outcome(asked(leg.Renegotiate), sip.ErrNotAllowed.Error())
		r.trunk.Reply(invite, "183 Session Progress", contact, sdp)
		synctest.Wait()
		r.outcome(asked(leg.Renegotiate), sip.ErrNotAllowed.Error())
		leg.Hangup(16)
		r.trunk.Reply(r.trunk.Want("given up", "CANCEL"), "200 OK")
		r.trunk.Reply(invite, "487 Request Terminated")
		r.trunk.Want("acknowledged", "ACK")
		r.ended(leg)
	})
	converse(t, sip.Config{Incoming: func(l *sip.Leg) { l.Progress() }}, func(r *room) {
		call := r.trunk.NewCall("caller", "8899")
		call.Invite(sdp, "Require: 100rel", "Allow: INVITE, ACK, BYE, UPDATE")
		r.trunk.Want("at once", "100")
		progress := r.trunk.Want("early media", "183")
		invite := early(call, progress)
		leg := r.leg()
		r.outcome(asked(leg.Renegotiate), sip.ErrNotAllowed.Error())
		prack(call, progress, "")
		r.trunk.Want("PRACK", "200")
		done := asked(leg.Renegotiate)
		u := r.trunk.Want("our offer", "UPDATE")
		call.Send("UPDATE", held)
		r.trunk.Want("it crosses ours", "491")
		r.trunk.Reply(u, "500 Server Internal Error", "Retry-After: 3")
		start := time.Now()
		u = r.trunk.WantAt("RFC 3311 §5.2", "UPDATE", start, 3*time.Second)
		r.trunk.Reply(u, "200 OK", "Contact: <sip:peer@192.0.2.10>", sdp)
		r.outcome(done, "")
		leg.Answer()
		r.trunk.Want("answered", "200")
		invite.Ack()
		r.hangUp(call)
	})
}

func TestChallengesWithinACallOfOurs(t *testing.T) {
	converse(t, sip.Config{}, func(r *room) {
		const challenge = `Proxy-Authenticate: Digest realm="x", nonce="abc", algorithm=MD5, qop="auth"`
		leg := r.dial(context.Background(), sip.Target{User: "1000", Password: "secret", Realm: "x"})
		r.trunk.Reply(r.trunk.Want("called", "INVITE"), "200 OK", contact, sdp)
		r.trunk.Want("acknowledged", "ACK")
		done := asked(leg.Renegotiate)
		r.trunk.Reply(r.trunk.Want("re-INVITE", "INVITE"), "407 Proxy Authentication Required", challenge)
		r.trunk.Want("acknowledged", "ACK")
		again := r.trunk.Want("with credentials", "INVITE")
		if again.Header("CSeq") != "3 INVITE" || again.Header("Proxy-Authorization") == "" || again.Body == "" || len(again.Headers("Contact")) != 1 {
			r.Errorf("again:\n%s", strings.Join(again.Lines, "\n"))
		}
		r.trunk.Reply(again, "200 OK", contact, sdp)
		if ack := r.trunk.Want("RFC 3261 §22.1", "ACK"); ack.Header("CSeq") != "3 ACK" || ack.Header("Proxy-Authorization") == "" {
			r.Errorf("ACK:\n%s", strings.Join(ack.Lines, "\n"))
		}
		r.outcome(done, "")
		leg.Hangup(16)
		r.trunk.Reply(r.trunk.Want("hung up", "BYE"), "407 Proxy Authentication Required", challenge)
		bye := r.trunk.Want("with credentials", "BYE")
		r.trunk.Reply(bye, "407 Proxy Authentication Required", challenge)
		r.ended(leg)
		r.trunk.WantIdle("once", time.Minute)
	})
}
