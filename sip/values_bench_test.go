package sip

import (
	"testing"
	"time"

	gosip "github.com/emiago/sipgo/sip"
)

// What the values cost beside the parser, which is the floor: a request cannot be had for less.

func BenchmarkParse(b *testing.B) {
	raw := []byte(requestText("INVITE"))
	for b.Loop() {
		if _, err := gosip.ParseMessage(raw); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkValidate(b *testing.B) {
	msg, err := gosip.ParseMessage([]byte(requestText("INVITE")))
	if err != nil {
		b.Fatal(err)
	}
	req := msg.(*gosip.Request)
	for b.Loop() {
		if refusal := Validate(req); refusal != nil {
			b.Fatal(refusal)
		}
	}
}

func BenchmarkNegotiate(b *testing.B) {
	offer := offerOf("m=audio 4000 RTP/AVP 0 8 101", "a=rtpmap:0 PCMU/8000", "a=rtpmap:8 PCMA/8000", "a=rtpmap:101 telephone-event/8000", "a=fmtp:101 0-16", "a=ptime:20")
	for b.Loop() {
		if _, _, err := Negotiate(offer, here); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkVerify(b *testing.B) {
	d := newDigest(b)
	msg, err := gosip.ParseMessage([]byte(requestText("REGISTER", "Authorization: "+credentialsOf(d.nonces.make(sender, noon), "REGISTER", "sip:1000@192.0.2.1", "1000", "secret", "00000001"))))
	if err != nil {
		b.Fatal(err)
	}
	req := msg.(*gosip.Request)
	for b.Loop() {
		clear(d.nonces.used)
		if _, refusal := d.Verify(req, account1000, noon); refusal != nil {
			b.Fatal(refusal)
		}
	}
}

func BenchmarkRegister(b *testing.B) {
	msg, err := gosip.ParseMessage([]byte(requestText("REGISTER", "Expires: 300")))
	if err != nil {
		b.Fatal(err)
	}
	req := msg.(*gosip.Request)
	r := Registrar{Bindings: make(memory)}
	for b.Loop() {
		req.CSeq().SeqNo++
		if _, refusal := r.Register(req, "1000", phoneSource, time.Now()); refusal != nil {
			b.Fatal(refusal)
		}
	}
}
