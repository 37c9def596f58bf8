package sip

import (
	"net/netip"
	"runtime"
	"strconv"
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
		if _, refusal := r.Register(req, Account{User: "1000"}, phoneSource, time.Now()); refusal != nil {
			b.Fatal(refusal)
		}
	}
}

// A refresh among 50,000 phones that are registered and asked by OPTIONS, and what each of them takes in memory beside the store.
func BenchmarkPresence(b *testing.B) {
	const phones = 50_000
	s, err := New(Config{Bindings: make(memory), Qualify: time.Minute})
	if err != nil {
		b.Fatal(err)
	}
	binding := func(i int, now time.Time) []Binding {
		number := strconv.Itoa(100_000 + i)
		return []Binding{{
			Contact: "sip:" + number + "@10.0.0.9:5060;transport=udp", UserAgent: "Desk 1.0", Source: phoneSource, Expires: now.Add(time.Hour),
		}}
	}
	now := time.Now()
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	for i := range phones {
		s.presences.saved(strconv.Itoa(100_000+i), binding(i, now))
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	i := 0
	for b.Loop() {
		s.presences.replace(strconv.Itoa(100_000+i%phones), binding(i%phones, now.Add(time.Duration(i)*time.Millisecond)), now)
		i++
	}
	b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/phones, "B/phone")
	if n := len(s.presences.phones); n != phones {
		b.Fatalf("%d phones", n)
	}
}

// What each message costs before it is looked at.
func BenchmarkAdmits(b *testing.B) {
	g, err := newGuard(Config{Realm: Realm, StrangerRate: 1 << 30, Bans: NewBans(nil, nil)})
	if err != nil {
		b.Fatal(err)
	}
	g.bans.make(netip.MustParseAddr("192.0.2.99"), "a benchmark", noon)
	known := netip.MustParseAddrPort("192.0.2.30:5060")
	g.met(known.Addr(), noon)
	for name, from := range map[string]netip.AddrPort{
		"known": known, "stranger": netip.MustParseAddrPort("192.0.2.66:5060"), "banned": netip.MustParseAddrPort("192.0.2.99:5060"),
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				g.admits(from, noon)
			}
		})
	}
}
