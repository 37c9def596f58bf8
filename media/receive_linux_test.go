package media

import (
	"net"
	"net/netip"
	"testing"
)

// newStill is a Streams with sockets whose shard is stepped by hand.
func newStill(t testing.TB, ring bool) *Streams {
	t.Helper()
	s, err := newStreams(Config{Ports: PortRange{35000, 35999}, Shards: 1}, newClock())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	if ring {
		if err := s.shards[0].poller.useRing(); err != nil {
			t.Skip(err)
		}
	}
	return s
}

func (s *Streams) look(streams []*Stream) {
	shard := s.shards[0]
	shard.mu.Lock()
	defer shard.mu.Unlock()
	shard.poller.receive(shard, streams)
}

func TestFloodOnOnePortLeavesTheOthersTheirTurn(t *testing.T) {
	for name, ring := range map[string]bool{"ring": true, "plain": false} {
		t.Run(name, func(t *testing.T) {
			s := newStill(t, ring)
			lo := netip.MustParseAddr("127.0.0.1")
			far, err := net.ListenUDP("udp4", net.UDPAddrFromAddrPort(netip.AddrPortFrom(lo, 0)))
			if err != nil {
				t.Fatal(err)
			}
			defer far.Close()
			from := far.LocalAddr().(*net.UDPAddr).AddrPort()
			var streams []*Stream
			seq := uint16(0)
			send := func(st *Stream) {
				to := netip.AddrPortFrom(lo, uint16(st.LocalPort()))
				if _, err := far.WriteToUDPAddrPort(rtpPacket(header{seq: seq, ssrc: 1}, make([]byte, 160)), to); err != nil {
					t.Fatal(err)
				}
				seq++
			}
			for range 8 {
				st, err := s.New(lo)
				if err != nil {
					t.Fatal(err)
				}
				p := muParams()
				p.Remote = from
				if err := st.Update(p); err != nil {
					t.Fatal(err)
				}
				streams = append(streams, st)
			}
			for range 100 {
				send(streams[0])
			}
			for _, st := range streams[1:] {
				send(st)
			}
			s.look(streams)
			if n := streams[0].Stats().Received; n < batch || n > 2*batch {
				t.Errorf("%d packets of the flood taken in one look, want about %d", n, batch)
			}
			for i, st := range streams[1:] {
				if n := st.Stats().Received; n != 1 {
					t.Errorf("stream %d got %d packets, want its own", i+1, n)
				}
			}
			for range 4 {
				s.look(streams)
			}
			if n := streams[0].Stats().Received; n > 100 {
				t.Errorf("%d packets received of 100", n)
			}
		})
	}
}

// A stranger's packet is believed and his port then closed, so that each packet sent brings an error: the far end, from
// the address it advertised, is heard all the same.
func TestErrorsOfOneSourceDoNotHideAnother(t *testing.T) {
	for name, ring := range map[string]bool{"ring": true, "plain": false} {
		t.Run(name, func(t *testing.T) {
			s := newStill(t, ring)
			lo := netip.MustParseAddr("127.0.0.1")
			listen := func() *net.UDPConn {
				conn, err := net.ListenUDP("udp4", net.UDPAddrFromAddrPort(netip.AddrPortFrom(lo, 0)))
				if err != nil {
					t.Fatal(err)
				}
				t.Cleanup(func() { conn.Close() })
				return conn
			}
			far, stranger := listen(), listen()
			var streams []*Stream
			for range ringWorth {
				st, err := s.New(lo)
				if err != nil {
					t.Fatal(err)
				}
				p := muParams()
				p.Remote = far.LocalAddr().(*net.UDPAddr).AddrPort()
				if err := st.Update(p); err != nil {
					t.Fatal(err)
				}
				streams = append(streams, st)
			}
			send := func(from *net.UDPConn, ssrc uint32, seq uint16) {
				for _, st := range streams {
					to := netip.AddrPortFrom(lo, uint16(st.LocalPort()))
					if _, err := from.WriteToUDPAddrPort(rtpPacket(header{seq: seq, timestamp: uint32(seq) * 160, ssrc: ssrc}, make([]byte, 160)), to); err != nil {
						t.Fatal(err)
					}
				}
			}
			send(stranger, 1, 0)
			s.look(streams)
			stranger.Close()
			for seq := range uint16(10) {
				for _, st := range streams {
					st.mu.Lock()
					sendTo(st.sockets.rtp, rtpPacket(header{}, make([]byte, 160)), &st.remote)
					st.mu.Unlock()
				}
				send(far, 2, seq)
				s.look(streams)
			}
			for i, st := range streams {
				if n := st.Stats().Received; n < 9 { // 1 of the stranger, 10 of the far end, whose SSRC has to prove itself
					t.Errorf("stream %d got %d packets", i, n)
				}
			}
		})
	}
}

func TestOversizedPacketIsDropped(t *testing.T) {
	for name, ring := range map[string]bool{"ring": true, "plain": false} {
		t.Run(name, func(t *testing.T) {
			s := newStill(t, ring)
			lo := netip.MustParseAddr("127.0.0.1")
			var streams []*Stream
			for range ringWorth {
				st, err := s.New(lo)
				if err != nil {
					t.Fatal(err)
				}
				p := muParams()
				p.Remote = netip.AddrPortFrom(lo, uint16(st.LocalPort())+1) // its own RTCP socket
				if err := st.Update(p); err != nil {
					t.Fatal(err)
				}
				to := makeTarget(lo, netip.AddrPortFrom(lo, uint16(st.LocalPort())))
				sendTo(st.sockets.rtcp, rtpPacket(header{ssrc: 1}, make([]byte, 5000)), &to)
				streams = append(streams, st)
			}
			s.look(streams)
			for _, st := range streams {
				if n := st.Stats().Dropped.Sum(); n != 1 {
					t.Errorf("%d dropped, want 1", n)
				}
			}
			if n := s.Stats().Dropped["long"]; n != ringWorth {
				t.Errorf("%d counted as too long, want %d", n, ringWorth)
			}
		})
	}
}
