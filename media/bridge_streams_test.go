package media

import (
	"net/netip"
	"runtime"
	"sync"
	"testing"
	"time"

	"dialtone/dtmf"
	"dialtone/media/g711"
)

// These tests use real sockets and the real clock, as those of streams_test.go.

// telephones gives two legs on different shards, and for each a stream that is its telephone.
func telephones(t *testing.T, s *Streams, a, b string, change func(leg, telephone *Params, i int)) (legs, phones [2]*Stream) {
	t.Helper()
	for i, ip := range []string{a, b} {
		local := netip.MustParseAddr(ip)
		for _, to := range []*[2]*Stream{&legs, &phones} {
			st, err := s.New(local)
			if err != nil {
				t.Skipf("no streams at %s: %v", ip, err)
			}
			to[i] = st
		}
		leg, phone := muParams(), muParams()
		leg.Remote = netip.AddrPortFrom(local, uint16(phones[i].LocalPort()))
		phone.Remote = netip.AddrPortFrom(local, uint16(legs[i].LocalPort()))
		if change != nil {
			change(&leg, &phone, i)
		}
		for st, p := range map[*Stream]Params{legs[i]: leg, phones[i]: phone} {
			if err := st.Update(p); err != nil {
				t.Fatal(err)
			}
		}
	}
	return legs, phones
}

// hears waits until a stream hears a tone of a frequency, or fails.
func hears(t *testing.T, st *Stream, level int16) {
	t.Helper()
	heard := make(chan struct{})
	var once sync.Once
	st.Tap(func(pcm []int16, missing bool) {
		for _, x := range pcm {
			if !missing && x == level {
				once.Do(func() { close(heard) })
			}
		}
	})
	select {
	case <-heard:
	case <-time.After(20 * time.Second):
		t.Error("what one says does not reach the other")
	}
	st.Tap(nil)
}

// Two telephones hear each other, whatever each speaks: on streams of several shards, by IPv4 and IPv6, encrypted and in clear.
func TestBridgeOverLoopback(t *testing.T) {
	for _, tt := range []struct {
		name   string
		a, b   string
		noRing bool
		change func(leg, telephone *Params, i int)
	}{
		{"IPv4", "127.0.0.1", "127.0.0.1", false, nil},
		{"one by one", "127.0.0.1", "127.0.0.1", true, nil},
		{"IPv4 and IPv6", "127.0.0.1", "::1", false, nil},
		{"two laws and packet times", "127.0.0.1", "127.0.0.1", false, func(leg, telephone *Params, i int) {
			for _, p := range []*Params{leg, telephone} {
				if i == 1 {
					p.Law, p.PayloadType, p.Ptime = g711.A, 8, 30
				}
			}
		}},
		{"encrypted and in clear", "127.0.0.1", "127.0.0.1", false, func(leg, telephone *Params, i int) {
			if i == 0 {
				leg.SRTP, telephone.SRTP = secret(suite80, 1, 50), secret(suite80, 50, 1)
			}
		}},
		{"reports on the port of the audio, encrypted", "127.0.0.1", "127.0.0.1", false, func(leg, telephone *Params, i int) {
			leg.RTCPMux, telephone.RTCPMux = true, true
			leg.SRTP, telephone.SRTP = secret(suite32, 1, 50), secret(suite32, 50, 1)
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := openStreams(t, Config{Ports: PortRange{30000, 30999}, Shards: 3, Fill: 1, NoRing: tt.noRing})
			legs, phones := telephones(t, s, tt.a, tt.b, tt.change)
			b, err := NewBridge(legs[0], legs[1])
			if err != nil {
				t.Fatal(err)
			}
			if legs[0].shard != legs[1].shard {
				t.Error("the sides are on two shards")
			}
			said := int16(5000)
			for i, phone := range phones {
				law := phone.State().Params.Law
				tone := make(clip, 8000)
				for i := range tone {
					tone[i] = law.Encode(said)
				}
				other := phones[1-i].State().Params.Law
				b := law.Encode(said)
				if law != other {
					one := []byte{b}
					law.Transcode(one)
					b = one[0]
				}
				phone.Play(tone)
				hears(t, phones[1-i], other.Decode(b))
				phone.Stop()
			}
			if err := phones[0].SendDigit('7', 80, dtmf.Event); err != nil {
				t.Fatal(err)
			}
			for _, st := range []*Stream{phones[1], legs[0]} {
				select {
				case d := <-st.Digits():
					if d.Key != '7' {
						t.Errorf("heard %c", d.Key)
					}
				case <-time.After(20 * time.Second):
					t.Fatal("the key does not come through")
				}
			}
			b.End()
			for _, st := range legs {
				st.Close()
			}
		})
	}
}

// Bridges are made and ended, and streams closed, by many at once while audio flows.
func TestBridgesInAHurry(t *testing.T) {
	s := openStreams(t, Config{Ports: PortRange{30000, 30999}, Shards: 3, Fill: 1})
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for range 10 {
				legs, phones := telephones(t, s, "127.0.0.1", "127.0.0.1", nil)
				for _, phone := range phones {
					phone.Play(counting(8000))
				}
				for range 5 {
					all.Go(func() { legs[0].Info('5') })
					b, err := NewBridge(legs[0], legs[1])
					if err != nil {
						t.Error(err)
						return
					}
					all.Go(func() { b.Withhold(legs[1], true); b.End() })
					all.Go(func() { legs[1].SendDigit('5', 40, dtmf.Event) })
					runtime.Gosched()
				}
				for _, st := range append(legs[:], phones[:]...) {
					all.Go(st.Close)
				}
			}
		})
	}
	all.Wait()
	if st := s.Stats(); st.Open != 0 || st.PortsUsed != 0 {
		t.Errorf("%d streams, %d ports are left", st.Open, st.PortsUsed)
	}
	for i, shard := range s.shards {
		shard.mu.Lock()
		if n := shard.count.Load(); n != 0 {
			t.Errorf("shard %d has %d streams", i, n)
		}
		shard.mu.Unlock()
	}
}
