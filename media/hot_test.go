package media

import (
	"testing"

	"dialtone/dtmf"
	"dialtone/media/g711"
)

// hotPaths is what happens for each packet or slot, piece by piece: what the pieces cost is a benchmark, that they
// allocate nothing is a test. What they are together is BenchmarkPacketOutAndIn, the detector's part is in package
// dtmf, recordings, rooms and concealment have benchmarks of their own.
func hotPaths(t testing.TB) map[string]func() {
	audio := counting(160)
	packet := rtpPacket(header{ssrc: 1}, audio)
	var i int // counts packets, of all paths
	next := func() header {
		i++
		h := header{seq: uint16(i), timestamp: uint32(i * 160), ssrc: 1}
		h.put(packet)
		return h
	}

	var latch Latch
	latch.Update(0, there, there.Addr())
	var from sources
	jitter := newJitterBuffer(defaultJitter)
	var slot [160]byte
	playing := player{}
	playing.start([]Source{endless(counting(8000))}, muParams().Law, make(chan struct{}))

	l := newLab(t, Config{})
	shard := l.streams.shards[0]
	shard.send, shard.report = func(*Stream, []byte, *target) {}, func(*Stream, []byte, *target) {}
	p := muParams()
	st := l.stream(&p)
	for range 99 {
		l.stream(&p)
	}
	st.Play(endless(counting(8000)))
	for range 2000 {
		next()
		l.hear(st, there, packet)
		l.step(20)
	}
	report := append(receiverReport(st.SSRC(), 5, 6, 0, 0), 0x81, rtcpBye, 0, 1, 0, 0, 0, 9)
	var ours [maxReport]byte
	var heard [4]dtmf.Digit
	event := eventPayload(5, false, 160)
	var slots delays

	return map[string]func(){
		"header": func() {
			next()
			if _, _, why := parseHeader(packet); why != keep {
				t.Fatal(why)
			}
		},
		"latch": func() {
			h := next()
			if ok, _ := latch.Believe(int64(i)*20, there, h.ssrc, h.seq); !ok {
				t.Fatal("not believed")
			}
		},
		"reception": func() {
			h := next()
			source, why := from.accept(h.ssrc, h.seq)
			if why != keep && why != DropSequence { // the first after another path's packets
				t.Fatal(why)
			}
			if source != nil {
				source.arrived(int64(i)*160+7, h.timestamp)
			}
		},
		"jitter buffer": func() {
			h := next()
			at := int64(i) * 160
			jitter.Put(at, h.ssrc, h.timestamp, false, audio)
			jitter.Slot(at, len(slot))
			for n := 0; n < len(slot); {
				got, _ := jitter.Take(slot[n:])
				n += got
			}
		},
		"player": func() { playing.read(slot[:], p.Law) },
		"slots of 100 streams": func() {
			l.now += 20
			shard.Tick(l.now)
		},
		"event": func() {
			h := next()
			st.receiver.find(&st.params).events.Packet(heard[:0], int64(i)*160, h.ssrc, h.seq, h.timestamp, false, event)
		},
		"report read": func() {
			if !st.report.parse(report, st.ssrc, l.now*1e6, l.streams.clock) {
				t.Fatal("not read")
			}
		},
		"report made": func() { st.appendReport(ours[:0]) },
		"delay":       func() { slots.add(int64(i % 30)) },
	}
}

// endless is a Source of the bytes again and again.
type endless []byte

func (e endless) At(_ g711.Law, offset, n int) []byte {
	offset %= len(e)
	return e[offset:min(offset+n, len(e))]
}

func BenchmarkHotPath(b *testing.B) {
	for name, path := range hotPaths(b) {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				path()
			}
		})
	}
}

func TestHotPathsAllocateNothing(t *testing.T) {
	for name, path := range hotPaths(t) {
		if n := testing.AllocsPerRun(500, path); n != 0 {
			t.Errorf("%s: %v allocations, want 0", name, n)
		}
	}
}
