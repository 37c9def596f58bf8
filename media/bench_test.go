package media

import (
	"testing"

	"dialtone/media/g711"
)

// These are the package's own cost, without the system calls that
// BenchmarkCallSecond adds.

func BenchmarkPacketOutAndIn(b *testing.B) {
	silent := make([]byte, 160)
	fillSilence(silent, g711.Mu)
	for name, audio := range map[string][]byte{"silence": silent, "noise": counting(160)} {
		b.Run(name, func(b *testing.B) {
			l := newLab(b, Config{})
			l.streams.shards[0].send = func(*Stream, []byte, *target) {}
			p := muParams()
			st := l.stream(&p)
			st.Play(counting(1 << 26))
			packet := rtpPacket(header{ssrc: 1}, audio)
			i := 0
			for b.Loop() {
				h := header{seq: uint16(i), timestamp: uint32(i * 160), ssrc: 1}
				h.put(packet)
				i++
				l.hear(st, there, packet)
				l.now += 20
				l.streams.shards[0].Tick(l.now)
			}
		})
	}
}

func BenchmarkPacketOfAStranger(b *testing.B) {
	l := newLab(b, Config{})
	p := muParams()
	st := l.stream(&p)
	l.hear(st, there, rtpPacket(header{ssrc: 1}, make([]byte, 160)))
	packet := rtpPacket(header{seq: 1, ssrc: 1}, make([]byte, 160))
	from := addr("203.0.113.5:1")
	for b.Loop() {
		l.hear(st, from, packet)
	}
}

func BenchmarkOpenAndClose(b *testing.B) {
	l := newLab(b, Config{})
	p := muParams()
	for b.Loop() {
		st := l.stream(&p)
		st.shard.Remove(st)
	}
}
