package sip_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"dialtone/sip"
)

func TestTargetsHeaders(t *testing.T) {
	converse(t, sip.Config{}, func(r *room) {
		leg := r.dial(context.Background(), sip.Target{
			User: "1000", Password: "secret", MaxForwards: 12, Diversion: sip.Diversion{By: sip.CallerID{Name: "Anna", User: "10 00"}, Reason: "no-answer"},
			Headers: []sip.Header{{Name: "P-Asserted-Identity", Value: "<sip:1000@example.com>"}, {Name: "X-Two", Value: "a"}, {Name: "X-Two", Value: "b"}},
		})
		check := func(m []string) {
			r.Helper()
			for _, want := range []string{
				"Max-Forwards: 12", `Diversion: "Anna" <sip:10%2000@192.0.2.1>;reason=no-answer`, "P-Asserted-Identity: <sip:1000@example.com>", "X-Two: a", "X-Two: b",
			} {
				if !slices.Contains(m, want) {
					r.Errorf("no %q in\n%s", want, strings.Join(m, "\n"))
				}
			}
		}
		first := r.trunk.Want("called", "INVITE")
		check(first.Lines)
		r.trunk.Reply(first, "401 Unauthorized", `WWW-Authenticate: Digest realm="x", nonce="abc", algorithm=MD5, qop="auth"`)
		r.trunk.Want("acknowledged", "ACK")
		second := r.trunk.Want("with credentials", "INVITE")
		check(second.Lines)
		r.trunk.Reply(second, "480 Temporarily Unavailable", "Reason: SIP;cause=480", `Reason: Q.850;cause=20;text="absent"`)
		r.trunk.Want("acknowledged", "ACK")
		if e := r.ended(leg); e.Cause != 20 || e.Status != 480 {
			r.Errorf("RFC 6432: ended %+v, want the cause of Reason", e)
		}
		for _, bad := range []sip.Header{
			{Name: "X", Value: "a\r\nVia: x"}, {Name: "X\n", Value: ""}, {Name: "", Value: "x"}, {Name: "X: y", Value: "x"}, {Name: "cSeq", Value: "1 BYE"},
			{Name: "v", Value: "SIP/2.0/UDP x"}, {Name: "X", Value: strings.Repeat("x", 2001)}, {Name: "Authorization", Value: "Digest"},
		} {
			if _, err := r.server.Dial(context.Background(), sip.Target{URI: "sip:1@" + trunkAddr, Headers: []sip.Header{bad}}, r.media); err == nil {
				r.Errorf("%q was sent", bad)
			}
		}
		r.trunk.WantIdle("nothing of that", 0)
	})
}

func TestMaxForwardsOfAnIncomingCall(t *testing.T) {
	converse(t, sip.Config{}, func(r *room) {
		for header, want := range map[string]int{"Max-Forwards: 3": 3, "Max-Forwards: 0": 0, "Max-Forwards: 99999": 255, "X: y": 70} {
			call := r.trunk.NewCall("caller", "8899")
			call.Invite(sdp, header)
			r.trunk.Want("at once", "100")
			call.Answered(r.trunk.Want("answered", "200"))
			call.Ack()
			if got := r.leg().MaxForwards(); got != want {
				r.Errorf("%s: %d hops, want %d", header, got, want)
			}
			r.hangUp(call)
		}
	})
}

func TestRedirectionsComeByTheirQ(t *testing.T) {
	converse(t, sip.Config{}, func(r *room) {
		for status, test := range map[string]struct {
			contacts []string
			want     string
		}{
			"302 Moved Temporarily": {
				[]string{`Contact: <sip:c@example.com>;q=0.2, "A, B" <sip:a@example.com;transport=tcp>;q=0.9`, "Contact: sip:first@example.com", "Contact: <tel:+4930>;q=0.5;expires=60"},
				"sip:first@example.com sip:a@example.com;transport=tcp tel:+4930 sip:c@example.com",
			},
			"300 Multiple Choices":  {[]string{"Contact: <mailto:x@example.com>, <sip:b@example.com>;q=nan, <sip:@>"}, "sip:b@example.com"},
			"301 Moved Permanently": {nil, ""},
			"486 Busy Here":         {[]string{"Contact: <sip:x@example.com>"}, ""},
		} {
			leg := r.dial(context.Background(), sip.Target{User: "1000"})
			r.trunk.Reply(r.trunk.Want("called", "INVITE"), status, test.contacts...)
			r.trunk.Want("acknowledged", "ACK")
			if e := r.ended(leg); strings.Join(e.Contacts, " ") != test.want {
				r.Errorf("%s: %q, want %q", status, e.Contacts, test.want)
			}
		}
	})
}
