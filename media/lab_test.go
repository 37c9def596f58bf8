package media

import (
	"encoding/binary"
	"net/netip"
	"testing"
	"time"

	"dialtone/media/g711"
)

// lab is a Streams that is stepped by hand: no thread, no socket, no time but
// what step lets pass. What streams send is kept.
type lab struct {
	t       testing.TB
	streams *Streams
	now     int64 // ms
	sent    []sentPacket
	reports []sentPacket
}

// sentPacket is a packet with the phase in which it left.
type sentPacket struct {
	st   *Stream
	at   int64
	to   target
	data []byte
	header
	payload []byte
}

func newLab(t testing.TB, cfg Config) *lab {
	l := &lab{t: t}
	epoch := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	cfg.Shards = 1
	s, err := newStreams(cfg, clock{epoch, func() time.Duration { return time.Duration(l.now) * time.Millisecond }})
	if err != nil {
		t.Fatal(err)
	}
	l.streams = s
	s.shards[0].receive = func(*Scheduler, []*Stream) {} // hear gives what comes
	s.shards[0].send = func(st *Stream, packet []byte, to *target) {
		p := sentPacket{st: st, at: l.now, to: *to, data: append([]byte(nil), packet...)}
		var why Drop
		if p.header, p.payload, why = parseHeader(p.data); why != keep {
			t.Errorf("sent what is no RTP packet: %v", why)
		}
		l.sent = append(l.sent, p)
	}
	s.shards[0].report = func(st *Stream, packet []byte, to *target) {
		l.reports = append(l.reports, sentPacket{st: st, at: l.now, to: *to, data: append([]byte(nil), packet...)})
	}
	t.Cleanup(func() { s.shards[0].poller.close() })
	return l
}

var (
	here  = netip.MustParseAddr("192.0.2.1")
	there = netip.MustParseAddrPort("192.0.2.9:4000")
)

func muParams() Params {
	return Params{Remote: there, Law: g711.Mu, PayloadType: 0, EventType: 101, Ptime: 20, Send: true, Receive: true}
}

// stream adds a stream, with what was negotiated.
func (l *lab) stream(p *Params) *Stream {
	l.t.Helper()
	shard := l.streams.shards[0]
	st := newStream(l.streams, shard, noSockets, netip.AddrPortFrom(here, 20000))
	if p != nil {
		if err := st.Update(*p); err != nil {
			l.t.Fatal(err)
		}
	}
	shard.Add(st)
	return st
}

// step lets ms milliseconds pass, each with its tick.
func (l *lab) step(ms int64) {
	for range ms {
		l.now++
		l.streams.shards[0].Tick(l.now)
	}
}

// take gives what was sent since the last time.
func (l *lab) take() []sentPacket {
	p := l.sent
	l.sent = nil
	return p
}

// hear has a packet arrive.
func (l *lab) hear(st *Stream, from netip.AddrPort, packet []byte) {
	s := l.streams.shards[0]
	s.mu.Lock()
	defer s.mu.Unlock()
	st.mu.Lock()
	st.arrive(l.now*1e6, from, packet, &s.space)
	st.mu.Unlock()
	s.passOn()
}

// rtpPacket is a packet as the far end would send it.
func rtpPacket(h header, payload []byte) []byte {
	b := make([]byte, headerLen, headerLen+len(payload))
	h.put(b)
	return append(b, payload...)
}

func eventPayload(event byte, end bool, duration int) []byte {
	b := []byte{event, 10, 0, 0}
	if end {
		b[1] |= 0x80
	}
	binary.BigEndian.PutUint16(b[2:], uint16(duration))
	return b
}

// clip is a Source of the bytes themselves, in whatever law.
type clip []byte

func (c clip) At(_ g711.Law, offset, n int) []byte {
	if offset >= len(c) {
		return nil
	}
	return c[offset:min(offset+n, len(c))]
}

// counting is a clip of n samples in which each byte differs from its neighbours.
func counting(n int) clip {
	c := make(clip, n)
	for i := range c {
		c[i] = byte(i*7 + i/256)
	}
	return c
}

func closedNow(done <-chan struct{}) bool {
	select {
	case <-done:
		return true
	default:
		return false
	}
}

func addr(text string) netip.AddrPort { return netip.MustParseAddrPort(text) }
