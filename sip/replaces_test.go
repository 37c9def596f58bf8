package sip_test

import (
	"testing"
	"testing/synctest"

	"dialtone/sip"
)

func TestINVITEThatReplacesACall(t *testing.T) {
	converse(t, sip.Config{}, func(r *room) {
		call, leg := r.up()
		d := leg.Dialog()
		replaces := "Replaces: " + d.CallID + ";from-tag=" + d.RemoteTag + " ; To-Tag=" + d.LocalTag + ";early-only"
		second := r.trunk.NewCall("caller", "8899")
		second.Invite(sdp, replaces, "Require: replaces")
		r.trunk.Want("at once", "100")
		second.Answered(r.trunk.Want("answered", "200"))
		second.Ack()
		synctest.Wait()
		other := r.leg()
		got := other.Replaces()
		if got == nil || *got != (sip.Replaces{CallID: d.CallID, ToTag: d.LocalTag, FromTag: d.RemoteTag, EarlyOnly: true}) {
			r.Fatalf("replaces %+v", got)
		}
		if r.server.Find(got.CallID, got.ToTag, got.FromTag) != leg {
			r.Error("the call that is replaced is not found")
		}
		if r.server.Find(got.CallID, got.FromTag, got.ToTag) != nil || r.server.Find(got.CallID, got.ToTag, "x") != nil || leg.Replaces() != nil {
			r.Error("found by the wrong tags")
		}
		for _, bad := range []string{"", "x", "x;to-tag=1", "x;from-tag=1", ";to-tag=1;from-tag=2", "x;to-tag=1;to-tag=2;from-tag=3"} {
			third := r.trunk.NewCall("caller", "8899")
			third.Invite(sdp, "Replaces: "+bad)
			r.trunk.Want("RFC 3891 §3: "+bad, "400")
		}
		r.hangUp(call)
		r.hangUp(second)
		synctest.Wait()
		if r.server.Find(d.CallID, d.LocalTag, d.RemoteTag) != nil {
			r.Error("a call that is over is found")
		}
	})
}

func TestReplacesInAURI(t *testing.T) {
	r := sip.Replaces{CallID: "a+b@c", ToTag: "1", FromTag: "2", EarlyOnly: true}
	if got, want := r.In("sip:x@example.com"), "sip:x@example.com?Replaces=a%2Bb%40c%3Bto-tag%3D1%3Bfrom-tag%3D2%3Bearly-only"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	converse(t, sip.Config{}, func(room *room) {
		call, leg := room.up()
		e := room.wished(call, leg, "<"+r.In("sip:x@example.com?X=y")+">")
		if e.Replaces == nil || *e.Replaces != r {
			room.Errorf("read back as %+v", e.Replaces)
		}
		e.Answer(false)
		room.trunk.Want("declined", "603")
		room.hangUp(call)
	})
}
