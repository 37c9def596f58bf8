package media

import (
	"net/netip"
	"testing"
)

func TestLatch(t *testing.T) {
	const (
		phone    = "192.0.2.9:4000" // advertised
		nat      = "192.0.2.9:61000"
		gateway  = "198.51.100.5:7000" // signalling's host
		stranger = "203.0.113.66:9999"
		other    = "203.0.113.67:9999"
	)
	type event struct {
		at     int64  // ms
		from   string // a packet; "" for an Update
		update string // what it advertises
		skip   uint16 // sequence numbers left out before it
		want   bool   // is the packet believed?
		why    string
	}
	run := func(from string, at int64, n int, want bool, why string) (e []event) {
		for i := range n {
			e = append(e, event{at: at + int64(i)*20, from: from, want: want, why: why})
		}
		return e
	}
	join := func(parts ...[]event) (all []event) {
		for _, p := range parts {
			all = append(all, p...)
		}
		return all
	}
	for name, c := range map[string]struct {
		signalling string
		events     []event
		remote     string
	}{
		"the advertised address is believed at once": {
			events: run(phone, 10, 2, true, "it was negotiated"), remote: phone},
		"another port of the advertised host is plausible at once": {
			events: run(nat, 10, 2, true, "a NAT rewrites ports"), remote: nat},
		"the host of the signalling is plausible at once": {
			signalling: "198.51.100.5", events: run(gateway, 10, 2, true, "NAT with private SDP"), remote: gateway},
		"a stranger is not believed before the advertised address had its time": {
			events: run(stranger, 10, 14, false, "patience"), remote: phone},
		"a stranger in sequence is believed after that, if nobody else came": {
			events: join(run(stranger, 310, 3, false, "not yet enough"), run(stranger, 370, 2, true, "four in sequence")), remote: stranger},
		"a stranger's packets must be in sequence": {
			events: join(run(stranger, 310, 3, false, ""), []event{{at: 370, from: stranger, skip: 1, why: "a number is missing"}},
				run(stranger, 390, 2, false, "counted anew"), run(stranger, 430, 1, true, "")), remote: stranger},
		"and follow each other": {
			events: join(run(stranger, 310, 3, false, ""), run(stranger, 760, 3, false, "a gap of 410 ms"), run(stranger, 820, 1, true, "")), remote: stranger},
		"single packets of many strangers are never enough": {
			events: join(run(stranger, 400, 1, false, ""), run(other, 401, 1, false, ""), run(stranger, 402, 1, false, ""), run(other, 403, 1, false, "")), remote: phone},
		"once locked, others are dropped": {
			events: join(run(phone, 10, 1, true, ""), run(stranger, 1000, 20, false, "RTP bleed"), run(nat, 1500, 20, false, "same host, but the source sends")), remote: phone},
		"the advertised address wins even after a stranger": {
			events: join(run(stranger, 310, 3, false, ""), run(stranger, 370, 1, true, ""), run(phone, 500, 3, true, "it was negotiated"), run(stranger, 600, 9, false, "back to nobody")), remote: phone},
		"the advertised address comes too late to win": {
			events: join(run(stranger, 310, 3, false, ""), run(stranger, 370, 1, true, ""), run(stranger, 9900, 1, true, ""), run(phone, 10010, 9, false, "10 s are over, the source sends"),
				run(phone, 11900, 3, true, "the source is silent")), remote: phone},
		"after silence the host of the signalling may": {
			signalling: "198.51.100.5", events: join(run(phone, 10, 1, true, ""), run(gateway, 2100, 2, false, ""), run(gateway, 2140, 1, true, "")), remote: gateway},
		"after silence the same host may come from another port": {
			events: join(run(phone, 10, 1, true, ""), run(nat, 2100, 2, false, "three in sequence"), run(nat, 2140, 2, true, "")), remote: nat},
		"after silence a stranger may not": {
			events: join(run(phone, 10, 1, true, ""), run(stranger, 5000, 50, false, "no signalling said so")), remote: phone},
		"an Update with a new address forgets the old source": {
			events: join(run(phone, 10, 1, true, ""), []event{{at: 500, update: "192.0.2.44:5000"}},
				run("192.0.2.44:5000", 520, 2, true, ""), run(phone, 600, 9, false, "locked to the new one")), remote: "192.0.2.44:5000"},
		"an Update with the same address keeps the source, and allows one more": {
			events: join(run(nat, 10, 1, true, ""), []event{{at: 500, update: phone}}, run(nat, 520, 1, true, "still believed"),
				run("192.0.2.9:62000", 540, 2, false, ""), run("192.0.2.9:62000", 580, 1, true, "near, three in sequence"),
				run("192.0.2.9:63000", 600, 20, false, "only once")), remote: "192.0.2.9:62000"},
		"an Update allows a stranger, too, but not at once": {
			events: join(run(nat, 10, 1, true, ""), []event{{at: 500, update: phone}}, run(stranger, 600, 10, false, "patience"),
				run(stranger, 800, 3, false, ""), run(stranger, 860, 2, true, "the far end has moved")), remote: stranger},
		"an Update's permission ends": {
			events: join(run(nat, 10, 1, true, ""), []event{{at: 500, update: phone}}, run(nat, 10400, 10, true, ""), run("192.0.2.9:62000", 10600, 9, false, "10 s are over")), remote: nat},
		"held by c=0.0.0.0 nobody is expected": {
			events: join(run(phone, 10, 1, true, ""), []event{{at: 500, update: ""}}, run(phone, 520, 3, false, "")), remote: ""},
	} {
		t.Run(name, func(t *testing.T) {
			var l Latch
			var signalling netip.Addr
			if c.signalling != "" {
				signalling = netip.MustParseAddr(c.signalling)
			}
			l.Update(0, addr(phone), signalling)
			seq := map[string]uint16{}
			for _, e := range c.events {
				if e.from == "" {
					a := netip.AddrPort{}
					if e.update != "" {
						a = addr(e.update)
					}
					l.Update(e.at, a, signalling)
					continue
				}
				seq[e.from] += 1 + e.skip
				if ok, _ := l.Believe(e.at, addr(e.from), 1, seq[e.from]); ok != e.want {
					t.Errorf("%d ms, %s: believed %v, want %v (%s)", e.at, e.from, ok, e.want, e.why)
				}
			}
			want := netip.AddrPort{}
			if c.remote != "" {
				want = addr(c.remote)
			}
			if got := l.Remote(); got != want {
				t.Errorf("sends to %v, want %v", got, want)
			}
		})
	}
}

func TestAttackersPacketsMoveNeitherAudioNorDigits(t *testing.T) {
	l := newLab(t, Config{})
	p := muParams()
	st := l.stream(&p)
	attacker := addr("127.0.0.66:6666")
	for i := range 2000 { // the attacker comes first and is faster
		l.hear(st, attacker, rtpPacket(header{payloadType: 101, seq: uint16(i), ssrc: 66}, eventPayload(9, false, 160)))
		if i%20 == 10 {
			h := header{payloadType: 0, seq: uint16(i / 20), timestamp: uint32(i * 8), ssrc: 1}
			if i == 1010 {
				l.hear(st, there, rtpPacket(header{payloadType: 101, seq: h.seq, timestamp: h.timestamp, ssrc: 1, marker: true}, eventPayload(5, false, 160)))
			} else {
				l.hear(st, there, rtpPacket(h, make([]byte, 160)))
			}
		}
		l.step(1)
	}
	l.step(500)
	for _, p := range l.take() {
		if p.to != makeTarget(here, there) {
			t.Fatal("a packet went to the attacker")
		}
	}
	if d := digitsOf(st); d != "5" {
		t.Errorf("digits %q, want the caller's 5 alone", d)
	}
}

func digitsOf(st *Stream) (keys string) {
	for {
		select {
		case d := <-st.Digits():
			keys += string(d.Key)
		default:
			return keys
		}
	}
}
