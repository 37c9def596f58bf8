package sip_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"dialtone/sip"
)

var anna = sip.CallerID{Name: `Anna "A"`, User: "10 05"}

const (
	asserted = `"Anna \"A\"" <sip:10%2005@192.0.2.1>`
	remoteID = asserted + ";party=called;screen=yes;privacy=off"
)

// The far side is told with whom it is connected: in the answers to its INVITE, and later by UPDATE, or re-INVITE.
func TestConnectedPartyIsTold(t *testing.T) {
	for method, headers := range map[string][]string{"UPDATE": {updating}, "INVITE": nil} {
		t.Run(method, func(t *testing.T) {
			incoming := func(l *sip.Leg) {
				l.Connected(anna)
				_ = l.Ring()
				_ = l.Answer()
			}
			converse(t, sip.Config{Incoming: incoming}, func(r *room) {
				call := r.trunk.NewCall("caller", "8899")
				call.Invite(sdp, headers...)
				r.trunk.Want("at once", "100")
				for _, status := range []string{"180", "200"} {
					m := r.trunk.Want("it rings, and is answered", status)
					call.Answered(m)
					if m.Header("P-Asserted-Identity") != asserted || m.Header("Remote-Party-ID") != remoteID {
						r.Errorf("%s: %q", m.Start, m.Lines)
					}
				}
				leg := r.leg()
				leg.Connected(sip.CallerID{User: "1006", Private: true})
				synctest.Wait()
				call.Ack()
				m := r.trunk.Want("who is on the line has changed, and the 200 is acknowledged", method)
				if m.Header("P-Asserted-Identity") != `"Anonymous" <sip:anonymous@anonymous.invalid>` || m.Header("Privacy") != "id" || strings.Contains(strings.Join(m.Lines, "\n"), "1006") {
					r.Errorf("%s: %q", m.Start, m.Lines)
				}
				r.trunk.Reply(m, "200 OK", "Contact: <sip:peer@192.0.2.10>", sdp)
				if method == "INVITE" {
					r.trunk.Want("acknowledged", "ACK")
				}
				r.hangUp(call)
				r.ended(leg)
				leg.Connected(anna)
				r.trunk.WantIdle("nobody is there to be told", time.Minute)
			})
		})
	}
}

// What the far side says of whom we are connected with is told once.
func TestConnectedPartyIsHeard(t *testing.T) {
	converse(t, sip.Config{}, func(r *room) {
		call, leg := r.up()
		for _, headers := range [][]string{
			{"P-Asserted-Identity: \"Anna\" <sip:1005@example.com>", "Remote-Party-ID: <sip:9@x>"},
			{"P-Asserted-Identity: \"Anna\" <sip:1005@example.com>"},
			{"Remote-Party-ID: <sip:1006@example.com>;privacy=full"},
			{"P-Asserted-Identity: <sip:{>, <tel:+1-555>", "Privacy: id"},
			nil,
		} {
			call.Send("UPDATE", "", headers...)
			r.trunk.Want("an UPDATE is accepted", "200")
		}
		for _, want := range []sip.CallerID{{Name: "Anna", User: "1005", Host: "example.com"}, {User: "1006", Host: "example.com", Private: true}, {User: "+1555", Private: true}} {
			if e := r.event(leg); e != (sip.ConnectedEvent{Party: want}) {
				r.Errorf("heard %+v, want %+v", e, want)
			}
		}
		r.hangUp(call)
		if e, ok := r.event(leg).(sip.EndedEvent); !ok {
			r.Errorf("heard %+v besides", e)
		}
	})
}
