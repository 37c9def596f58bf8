package media

import (
	"testing"
	"unsafe"

	"dialtone/dtmf"
)

func TestNoAllocationPerPacket(t *testing.T) {
	l := newLab(t, Config{})
	l.streams.shards[0].send = func(*Stream, []byte, *target) {}
	l.streams.shards[0].report = func(*Stream, []byte, *target) {}
	p := muParams()
	st := l.stream(&p)
	st.Play(counting(1 << 22))
	st.Tap(func([]int16, bool) {})
	packet := rtpPacket(header{ssrc: 1}, make([]byte, 160))
	i := 0
	next := func() {
		h := header{seq: uint16(i), timestamp: uint32(i * 160), ssrc: 1}
		h.put(packet)
		i++
		l.hear(st, there, packet)
		l.now += 20
		l.streams.shards[0].Tick(l.now)
	}
	for range 1000 {
		next() // the wheel's buckets find their size
	}
	if n := testing.AllocsPerRun(2000, next); n != 0 {
		t.Errorf("%v allocations per packet in and out, want 0", n)
	}
	stranger := addr("203.0.113.5:1")
	if n := testing.AllocsPerRun(1000, func() { l.hear(st, stranger, packet) }); n != 0 {
		t.Errorf("%v allocations per packet of a stranger, want 0", n)
	}
	event := rtpPacket(header{payloadType: 101}, eventPayload(5, false, 160))
	if n := testing.AllocsPerRun(1000, func() {
		h := header{payloadType: 101, seq: uint16(i), timestamp: uint32(i * 160), ssrc: 1}
		h.put(event)
		i++
		l.hear(st, there, event)
	}); n != 0 {
		t.Errorf("%v allocations per event, want 0", n)
	}
}

func TestMemoryOfAStream(t *testing.T) {
	size := unsafe.Sizeof(Stream{}) + 32*unsafe.Sizeof(dtmf.Digit{})
	t.Logf("%d bytes, of which %d jitter buffer, %d detector", size, unsafe.Sizeof(JitterBuffer{}), unsafe.Sizeof(dtmf.Detector{}))
	if size > 32<<10 {
		t.Errorf("a stream holds %d bytes, want at most 32 kB", size)
	}
}
