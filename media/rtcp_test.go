package media

import (
	"encoding/binary"
	"math"
	"testing"
	"time"
)

// hearReport has an RTCP packet arrive.
func (l *lab) hearReport(st *Stream, from string, packet []byte) {
	s := l.streams.shards[0]
	s.mu.Lock()
	defer s.mu.Unlock()
	st.mu.Lock()
	defer st.mu.Unlock()
	st.arriveReport(l.now*1e6, addr(from), packet, &s.space)
}

func receiverReport(about uint32, lost int32, jitter, lsr, dlsr uint32) []byte {
	b := []byte{2<<6 | 1, rtcpReceiver, 0, 7, 0, 0, 0, 9}
	for _, v := range []uint32{about, uint32(lost) & 0xffffff, 0, jitter, lsr, dlsr} {
		b = binary.BigEndian.AppendUint32(b, v)
	}
	return b
}

func TestReportsAreSentEveryFiveSeconds(t *testing.T) {
	l := newLab(t, Config{})
	p := muParams()
	st := l.stream(&p)
	for i := range 3000 { // a minute, every tenth packet lost
		if i%10 != 9 {
			l.hear(st, there, rtpPacket(header{seq: uint16(i), timestamp: uint32(i * 160), ssrc: 77}, make([]byte, 160)))
		}
		l.step(20)
	}
	if n := len(l.reports); n < 8 || n > 25 {
		t.Errorf("%d reports in a minute, want about 12", n)
	}
	gaps := map[int64]bool{}
	for i, r := range l.reports {
		if r.to != makeTarget(here, addr("192.0.2.9:4001")) {
			t.Fatal("a report does not go to RTP's port + 1")
		}
		if i > 0 {
			d := r.at - l.reports[i-1].at
			gaps[d] = true
			if d < 2500 || d > 7520 {
				t.Errorf("%d ms between reports", d)
			}
		}
	}
	if len(gaps) < 4 {
		t.Error("the intervals are not random (RFC 3550 §6.2)")
	}
	last := l.reports[len(l.reports)-1].data
	if last[1] != rtcpSender || last[0]&0x1f != 1 || len(last)%4 != 0 {
		t.Fatalf("no sender report with one block: % x", last[:4])
	}
	if got := binary.BigEndian.Uint32(last[28:]); got != 77 {
		t.Errorf("block is about %d, want 77", got)
	}
	if fraction := last[32]; fraction < 20 || fraction > 30 {
		t.Errorf("fraction lost %d/256, want about 25", fraction)
	}
	if got := binary.BigEndian.Uint32(last[20:]); got < 2000 {
		t.Errorf("%d packets sent by the report", got)
	}
	if s := st.Stats(); s.Lost < 290 || s.Lost > 300 || s.Received != 2700 {
		t.Errorf("%d lost, %d received; want 299, 2700", s.Lost, s.Received)
	}
	if !new(reporter).parse(last, 0, 0, l.streams.clock) {
		t.Error("our own report does not parse")
	}
}

func TestReportOfTheFarEndGivesLossAndRoundTrip(t *testing.T) {
	l := newLab(t, Config{})
	p := muParams()
	st := l.stream(&p)
	l.step(10_000)
	sent := ntp(l.streams.clock.wall(l.now*1e6 - 1_500_000_000))
	l.hearReport(st, "192.0.2.9:4001", receiverReport(st.SSRC(), -3, 40, uint32(sent>>16), 65536))
	s := st.Stats()
	if !s.Told || s.ToldOf != s.Sent || s.RemoteLost != -3 || s.RemoteJitter != 5*time.Millisecond {
		t.Errorf("lost %d, jitter %v; want -3, 5ms", s.RemoteLost, s.RemoteJitter)
	}
	if d := s.RoundTrip - 500*time.Millisecond; d.Abs() > time.Millisecond {
		t.Errorf("round trip %v, want 500ms", s.RoundTrip)
	}
}

func TestMalformedAndForgedReports(t *testing.T) {
	l := newLab(t, Config{})
	p := muParams()
	st := l.stream(&p)
	l.step(1000)
	good := receiverReport(st.SSRC(), 5, 8, 0, 0)
	for name, c := range map[string]struct {
		from   string
		packet []byte
		lost   int64
		drop   bool
	}{
		"empty":                     {"192.0.2.9:4001", nil, 0, true},
		"one byte":                  {"192.0.2.9:4001", []byte{0x80}, 0, true},
		"length beyond the packet":  {"192.0.2.9:4001", []byte{0x81, rtcpReceiver, 0xff, 0xff, 0, 0, 0, 1}, 0, true},
		"31 blocks announced":       {"192.0.2.9:4001", []byte{0x9f, rtcpReceiver, 0, 1, 0, 0, 0, 1}, 0, false},
		"SDES first":                {"192.0.2.9:4001", []byte{0x81, rtcpSource, 0, 1, 0, 0, 0, 1}, 0, true},
		"about somebody else":       {"192.0.2.9:4001", receiverReport(1, 99, 0, 0, 0), 0, false},
		"from a stranger":           {"203.0.113.5:4001", good, 0, true},
		"with BYE":                  {"192.0.2.9:4001", append(append([]byte{}, good...), 0x81, rtcpBye, 0, 1, 0, 0, 0, 9), 5, false},
		"round trip of half a day":  {"192.0.2.9:4001", receiverReport(st.SSRC(), 5, 8, 1, 1), 5, false},
		"jitter of half a day":      {"192.0.2.9:4001", receiverReport(st.SSRC(), 5, math.MaxUint32, 0, 0), 5, false},
		"with an extended report":   {"192.0.2.9:4001", append(append([]byte{}, good...), 0x80, 207, 0, 2, 0, 0, 0, 9, 4, 0, 0, 0), 5, false},
		"a thousand parts":          {"192.0.2.9:4001", append(append([]byte{}, good...), make([]byte, 4000)...), 5, true},
		"version 1 in second place": {"192.0.2.9:4001", append(append([]byte{}, good...), 0x40, 200, 0, 0), 5, true},
	} {
		before := st.Stats()
		st.mu.Lock()
		st.report.remoteLost = 0
		st.mu.Unlock()
		l.hearReport(st, c.from, c.packet)
		s := st.Stats()
		if s.RemoteLost != c.lost || s.RoundTrip != 0 || s.RemoteJitter > time.Minute {
			t.Errorf("%s: %+v", name, s)
		}
		if dropped := s.Dropped.Sum() > before.Dropped.Sum(); dropped != c.drop {
			t.Errorf("%s: counted as dropped %v, want %v", name, dropped, c.drop)
		}
	}
	l.step(40)
	if len(l.take()) == 0 {
		t.Error("the stream has stopped")
	}
}

func TestReportsShareThePortWhenMuxed(t *testing.T) {
	l := newLab(t, Config{})
	p := muParams()
	p.RTCPMux = true
	st := l.stream(&p)
	l.step(10_000)
	if len(l.reports) == 0 || l.reports[0].to != makeTarget(here, there) {
		t.Fatal("reports do not go to the RTP port")
	}
	l.hear(st, there, receiverReport(st.SSRC(), 12, 0, 0, 0))
	if st.Stats().RemoteLost != 12 {
		t.Error("a report on the RTP port is not read")
	}
}

// What a block says of the last sender report is about the source of the block, not about another one of the far end's.
func TestDelaySinceTheReportOfAnotherSource(t *testing.T) {
	l := newLab(t, Config{})
	p := muParams()
	st := l.stream(&p)
	for i := range 10 {
		l.hear(st, there, rtpPacket(header{seq: uint16(i), timestamp: uint32(i * 160), ssrc: 77}, make([]byte, 160)))
		l.step(20)
	}
	report := func(ssrc uint32) []byte {
		b := binary.BigEndian.AppendUint32([]byte{2 << 6, rtcpSender, 0, 6}, ssrc)
		b = binary.BigEndian.AppendUint64(b, 0x11112222_33334444)
		return append(b, make([]byte, 12)...)
	}
	for _, c := range []struct {
		of, last uint32
	}{{88, 0}, {77, 0x22223333}} {
		l.hearReport(st, "192.0.2.9:4001", report(c.of))
		block := st.report.appendBlock(nil, &st.receiver.sources.newest, l.now*1e6)
		if last := binary.BigEndian.Uint32(block[16:]); last != c.last {
			t.Errorf("after a report of %d the block about 77 has LSR %#x, want %#x", c.of, last, c.last)
		}
	}
}

func TestNoReportBeforeThereIsSomethingToTell(t *testing.T) {
	l := newLab(t, Config{})
	p := muParams()
	l.stream(&p)
	l.step(1200)
	if len(l.reports) != 0 {
		t.Errorf("%d reports in the first 1.2 s", len(l.reports))
	}
}

func TestByeAtTheEnd(t *testing.T) {
	l := newLab(t, Config{})
	p := muParams()
	st := l.stream(&p)
	l.step(100)
	l.reports = nil
	st.Close()
	if len(l.reports) != 1 {
		t.Fatalf("%d reports at the end, want 1", len(l.reports))
	}
	b := l.reports[0].data
	if tail := b[len(b)-8:]; tail[1] != rtcpBye || binary.BigEndian.Uint32(tail[4:]) != st.SSRC() {
		t.Errorf("ends with % x, want BYE", tail)
	}
}

func FuzzRTCP(f *testing.F) {
	f.Add(receiverReport(1, 5, 6, 7, 8))
	f.Add(append(receiverReport(1, 5, 6, 7, 8), 0x81, rtcpBye, 0, 1, 0, 0, 0, 9))
	f.Add([]byte{0x81, rtcpSender, 0, 12})
	l := newLab(f, Config{})
	p := muParams()
	st := l.stream(&p)
	l.step(100)
	f.Add(st.appendReport(nil))
	f.Fuzz(func(t *testing.T, b []byte) {
		var r reporter
		r.parse(b, 1, 5e9, l.streams.clock)
		if r.roundTrip < 0 || r.roundTrip > 10*time.Second {
			t.Errorf("round trip %v", r.roundTrip)
		}
	})
}
