package media

import (
	"bytes"
	"errors"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"runtime"
	"testing"
	"time"
	"weak"

	"dialtone/dtmf"
	"dialtone/media/g711"
)

// These tests use real sockets and the real clock, and wait for what comes, as
// long as it takes.

func openStreams(t *testing.T, cfg Config) *Streams {
	t.Helper()
	s, err := Open(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// pair gives two streams that talk to each other over loopback.
func pair(t *testing.T, s *Streams, ip string, change func(*Params)) (a, b *Stream) {
	t.Helper()
	local := netip.MustParseAddr(ip)
	var ends [2]*Stream
	for i := range ends {
		st, err := s.New(local)
		if err != nil {
			t.Skipf("no streams at %s: %v", ip, err)
		}
		t.Cleanup(st.Close)
		ends[i] = st
	}
	for i, st := range ends {
		p := muParams()
		p.Remote = netip.AddrPortFrom(local, uint16(ends[1-i].LocalPort()))
		if change != nil {
			change(&p)
		}
		if err := st.Update(p); err != nil {
			t.Fatal(err)
		}
	}
	return ends[0], ends[1]
}

func TestPacketsOverLoopback(t *testing.T) {
	for name, c := range map[string]struct {
		ip     string
		noRing bool
		change func(*Params)
	}{
		"IPv4":               {"127.0.0.1", false, nil},
		"IPv4, one by one":   {"127.0.0.1", true, nil},
		"IPv6":               {"::1", false, nil},
		"IPv6, one by one":   {"::1", true, nil},
		"A-law, 30 ms":       {"127.0.0.1", false, func(p *Params) { p.Law, p.PayloadType, p.Ptime = g711.A, 8, 30 }},
		"RTCP on RTP's port": {"127.0.0.1", false, func(p *Params) { p.RTCPMux = true }},
	} {
		t.Run(name, func(t *testing.T) {
			s := openStreams(t, Config{Ports: PortRange{30000, 30999}, NoRing: c.noRing})
			a, b := pair(t, s, c.ip, c.change)
			law := a.State().Params.Law
			prompt := counting(4000)
			heard := make(chan byte, 1<<16)
			b.Tap(func(pcm []int16, missing bool) {
				for _, x := range pcm {
					if !missing {
						select {
						case heard <- law.Encode(x):
						default:
						}
					}
				}
			})
			<-a.Play(prompt)
			want := make([]byte, len(prompt))
			for i, x := range prompt {
				want[i] = law.Encode(law.Decode(x)) // μ-law has two zeros
			}
			var got []byte
			for tries := 1; !bytes.Contains(got, want); {
				if got = append(got, <-heard); len(got) < 3*len(want) {
					continue
				}
				// A busy machine gives slots up, and the prompt has a gap.
				if tries++; tries > 20 {
					t.Fatal("the prompt never comes whole")
				}
				got = got[:0]
				a.Play(prompt)
			}
			if err := a.SendDigit('6', 60, dtmf.Event); err != nil {
				t.Fatal(err)
			}
			if d := <-b.Digits(); d.Key != '6' {
				t.Errorf("heard %c", d.Key)
			}
			if st := b.Stats(); st.Received == 0 || st.LastReceived.IsZero() || st.Latched.Port() != uint16(a.LocalPort()) {
				t.Errorf("%+v", st)
			}
		})
	}
}

func TestDualStackSocketReachesIPv4(t *testing.T) {
	s := openStreams(t, Config{Ports: PortRange{30000, 30999}})
	st, err := s.New(netip.IPv6Unspecified())
	if err != nil {
		t.Skip(err)
	}
	far, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	defer far.Close()
	p := muParams()
	p.Remote = far.LocalAddr().(*net.UDPAddr).AddrPort()
	if err := st.Update(p); err != nil {
		t.Fatal(err)
	}
	var b [500]byte
	_, from, err := far.ReadFromUDPAddrPort(b[:])
	if err != nil || int(from.Port()) != st.LocalPort() {
		t.Fatalf("from %v, %v", from, err)
	}
	if _, err := far.WriteToUDPAddrPort(rtpPacket(header{payloadType: 101, ssrc: 1}, eventPayload(3, false, 160)), from); err != nil {
		t.Fatal(err)
	}
	if d := <-st.Digits(); d.Key != '3' || st.Stats().Latched != p.Remote {
		t.Errorf("%c from %v", d.Key, st.Stats().Latched)
	}
}

func TestPortInUseIsSkippedAndShortageSaid(t *testing.T) {
	held, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 31003})
	if err != nil {
		t.Skip(err)
	}
	defer held.Close()
	s := openStreams(t, Config{Ports: PortRange{31000, 31005}, Log: slog.New(slog.DiscardHandler)})
	lo := netip.MustParseAddr("127.0.0.1")
	ports := map[int]bool{}
	for range 2 {
		st, err := s.New(lo)
		if err != nil {
			t.Fatal(err)
		}
		ports[st.LocalPort()] = true
	}
	if !ports[31000] || !ports[31004] {
		t.Errorf("ports %v, want 31000 and 31004", ports)
	}
	if _, err := s.New(lo); !errors.Is(err, ErrNoPorts) {
		t.Errorf("%v, want ErrNoPorts", err)
	}
}

func TestNothingIsLeftAfterAThousandCalls(t *testing.T) {
	if _, err := RaiseFileLimit(); err != nil {
		t.Log(err)
	}
	s := openStreams(t, Config{Ports: PortRange{32000, 34999}, Rest: time.Nanosecond})
	lo := netip.MustParseAddr("127.0.0.1")
	files, goroutines := openFiles(t), runtime.NumGoroutine()
	for range 50 {
		var streams []*Stream
		for range 20 {
			st, err := s.New(lo)
			if err != nil {
				t.Fatal(err)
			}
			p := muParams()
			p.Remote = netip.AddrPortFrom(lo, 9)
			if err := st.Update(p); err != nil {
				t.Fatal(err)
			}
			st.Play(counting(160))
			streams = append(streams, st)
		}
		for _, st := range streams {
			st.Close()
		}
	}
	if st := s.Stats(); st.Open != 0 || st.PortsUsed != 0 {
		t.Errorf("%d streams open, %d pairs used", st.Open, st.PortsUsed)
	}
	if n := openFiles(t); n != files {
		t.Errorf("%d files open, %d before", n, files)
	}
	if n := runtime.NumGoroutine(); n > goroutines {
		t.Errorf("%d goroutines, %d before", n, goroutines)
	}
	shard := s.shards[0]
	shard.mu.Lock()
	defer shard.mu.Unlock()
	for _, b := range shard.wheel {
		if len(b) > 0 {
			t.Error("a stream is left in the wheel")
		}
	}
}

func openFiles(t *testing.T) int {
	t.Helper()
	files, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		return 0 // not Linux
	}
	return len(files)
}

func TestCloseEndsAllStreams(t *testing.T) {
	s, err := Open(Config{Ports: PortRange{30000, 30999}, Shards: 3, Fill: 1})
	if err != nil {
		t.Fatal(err)
	}
	var done []<-chan struct{}
	var streams []*Stream
	for range 9 {
		st, err := s.New(netip.Addr{})
		if err != nil {
			t.Fatal(err)
		}
		p := muParams()
		p.Remote = netip.MustParseAddrPort("127.0.0.1:9")
		if err := st.Update(p); err != nil {
			t.Fatal(err)
		}
		streams, done = append(streams, st), append(done, st.Play(counting(800000)))
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	for _, d := range done {
		<-d
	}
	if _, err := s.New(netip.Addr{}); !errors.Is(err, ErrClosed) {
		t.Errorf("%v, want ErrClosed", err)
	}
	if err := streams[0].Update(muParams()); !errors.Is(err, ErrClosed) {
		t.Errorf("%v, want ErrClosed", err)
	}
	s.Close()
}

// toNobody is a stream whose far end is a port of this machine that nobody holds.
func toNobody(t *testing.T, s *Streams) *Stream {
	t.Helper()
	st, err := s.New(netip.MustParseAddr("127.0.0.1"))
	if err != nil {
		t.Fatal(err)
	}
	p := muParams()
	p.Remote = netip.MustParseAddrPort("127.0.0.1:9")
	if err := st.Update(p); err != nil {
		t.Fatal(err)
	}
	return st
}

func TestUnreachableRemoteIsNoticed(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("only Linux tells")
	}
	s := openStreams(t, Config{Ports: PortRange{30000, 30999}})
	st := toNobody(t, s)
	for {
		st.mu.Lock()
		noticed := st.absence.last.Load() != 0
		st.mu.Unlock()
		if noticed {
			return
		}
		runtime.Gosched()
	}
}

func TestOpenRefusesARangeWithoutPairs(t *testing.T) {
	if _, err := Open(Config{Ports: PortRange{20001, 20002}}); err == nil {
		t.Error("taken")
	}
}

func TestClosedStreamsAreNotHeld(t *testing.T) {
	for _, noRing := range []bool{false, true} {
		s := openStreams(t, Config{Ports: PortRange{30000, 30999}, NoRing: noRing})
		var held []weak.Pointer[Stream]
		for range 16 {
			st := toNobody(t, s)
			st.Play(counting(8000))
			held = append(held, weak.Make(st))
		}
		for s.Stats().Sent+s.Stats().Unsent < uint64(3*len(held)) {
			runtime.Gosched()
		}
		for _, w := range held {
			if st := w.Value(); st != nil {
				st.Close()
			}
		}
		for deadline := time.Now().Add(10 * time.Second); ; runtime.GC() {
			left := 0
			for _, w := range held {
				if w.Value() != nil {
					left++
				}
			}
			if left == 0 {
				break
			}
			if time.Now().After(deadline) {
				t.Fatalf("%d of %d closed streams are held, without a ring: %v", left, len(held), noRing)
			}
		}
	}
}

func TestShardsAreFilledOneAfterAnother(t *testing.T) {
	s := openStreams(t, Config{Ports: PortRange{30000, 30999}, Shards: 3, Fill: 2})
	var streams []*Stream
	join := func() {
		t.Helper()
		st, err := s.New(netip.MustParseAddr("127.0.0.1"))
		if err != nil {
			t.Fatal(err)
		}
		streams = append(streams, st)
	}
	holds := func(want ...int32) {
		t.Helper()
		for i, shard := range s.shards {
			if n := shard.count.Load(); n != want[i] {
				t.Errorf("shard %d has %d streams, want %d", i, n, want[i])
			}
		}
	}
	for range 3 {
		join()
	}
	holds(2, 1, 0)
	for range 5 {
		join()
	}
	holds(3, 3, 2) // all are full, so they grow alike
	streams[0].Close()
	streams[1].Close()
	holds(1, 3, 2)
	join()
	holds(2, 3, 2) // where there is room
}
