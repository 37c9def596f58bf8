package media

import (
	"net/netip"
	"testing"
)

// receiving gives the streams of a phase a packet each, from the RTCP socket of the same stream, and takes it in.
func receiving(t testing.TB, ring bool) (streams []*Stream, slot func()) {
	s := newStill(t, ring)
	lo := netip.MustParseAddr("127.0.0.1")
	var own []target
	for range 50 {
		st, err := s.New(lo)
		if err != nil {
			t.Fatal(err)
		}
		p := muParams()
		p.Remote = netip.AddrPortFrom(lo, uint16(st.LocalPort())+1)
		if err := st.Update(p); err != nil {
			t.Fatal(err)
		}
		streams = append(streams, st)
		own = append(own, makeTarget(lo, netip.AddrPortFrom(lo, uint16(st.LocalPort()))))
	}
	packet, i := rtpPacket(header{}, make([]byte, 160)), 0
	return streams, func() {
		h := header{seq: uint16(i), timestamp: uint32(i * 160), ssrc: 1}
		h.put(packet)
		i++
		for n, st := range streams {
			sendTo(st.sockets.rtcp, packet, &own[n])
		}
		s.look(streams)
	}
}

func TestReceivingAllocatesNothing(t *testing.T) {
	for name, ring := range map[string]bool{"ring": true, "plain": false} {
		t.Run(name, func(t *testing.T) {
			streams, slot := receiving(t, ring)
			for range 25 {
				slot() // nobody takes what comes: until the jitter buffers are as long as they may get
			}
			if n := testing.AllocsPerRun(100, slot); n != 0 {
				t.Errorf("%v allocations for 50 packets, want 0", n)
			}
			for i, st := range streams {
				if n := st.Stats().Received; n != 126 { // once more than was counted: AllocsPerRun warms up
					t.Errorf("stream %d got %d packets of 126", i, n)
				}
			}
		})
	}
}

// BenchmarkReceive is 50 packets from one socket to another and into their streams: the kernel's part is most of it.
func BenchmarkReceive(b *testing.B) {
	for name, ring := range map[string]bool{"ring": true, "plain": false} {
		b.Run(name, func(b *testing.B) {
			_, slot := receiving(b, ring)
			b.ReportAllocs()
			for b.Loop() {
				slot()
			}
		})
	}
}
