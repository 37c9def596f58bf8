package media

import (
	"bytes"
	"testing"

	"dialtone/dtmf"
	"dialtone/media/g711"
)

func TestTapHearsAudioInOrderAndWhatIsMissing(t *testing.T) {
	l := newLab(t, Config{})
	p := muParams()
	st := l.stream(&p)
	var heard []byte
	missing, total := 0, 0
	st.Tap(func(pcm []int16, gone bool) {
		total += len(pcm)
		if gone {
			missing += len(pcm)
			return
		}
		at := len(heard)
		heard = append(heard, make([]byte, len(pcm))...)
		g711.Mu.EncodeTo(heard[at:], pcm)
	})
	prompt := counting(160 * 50)
	for i, at := range []int{1, 0, 2, 3, 5, 4, 6, 7, 8, 10, 9} {
		if i != 6 { // lost
			l.hear(st, there, rtpPacket(header{seq: uint16(at), timestamp: uint32(at * 160), ssrc: 3}, prompt[at*160:at*160+160]))
		}
		l.step(20)
	}
	l.step(200)
	st.Tap(nil)
	l.step(100)
	if total != (220+200)*8 {
		t.Errorf("%d samples tapped, want as many as time passed", total)
	}
	at := 0
	for i := range 11 {
		if i == 6 {
			continue
		}
		// After a hole the first 10 ms run over from what was made up for it.
		from := map[bool]int{true: seamFade}[i == 0 || i == 7]
		if got, want := heard[at+from:at+160], prompt[i*160+from:i*160+160]; string(got) != string(plain(want)) {
			t.Errorf("packet %d is not what was heard", i)
		}
		at += 160
	}
	if at != len(heard) {
		t.Errorf("heard %d samples, want %d", len(heard), at)
	}
	if s := st.Stats(); s.Lost != 1 {
		t.Errorf("%d lost, want 1", s.Lost)
	}
}

// plain is μ-law with one of its two zeros only, as an encoder gives it.
func plain(b []byte) []byte { return bytes.ReplaceAll(b, []byte{0x7f}, []byte{0xff}) }

func TestDigitsByEveryWay(t *testing.T) {
	l := newLab(t, Config{})
	p := muParams()
	a, b := l.stream(&p), l.stream(&p)
	// What a sends arrives at b.
	l.streams.shards[0].send = func(st *Stream, packet []byte, _ *target) {
		if st == a {
			b.mu.Lock()
			defer b.mu.Unlock()
			b.arrive(l.now*1e6, there, packet, new(workspace))
		}
	}
	for _, way := range []dtmf.Way{dtmf.Event, dtmf.Tone} {
		for _, key := range []byte("0123456789*#ABCD") {
			if err := a.SendDigit(key, 100, way); err != nil {
				t.Fatal(err)
			}
		}
		l.step(16 * 300)
		if got := digitsOf(b); got != "0123456789*#ABCD" {
			t.Errorf("way %v: heard %q", way, got)
		}
		l.step(1000)
	}
	b.Info('7')
	l.step(1000)
	if got := digitsOf(b); got != "7" {
		t.Errorf("by INFO: heard %q", got)
	}
}

// A re-INVITE gives events another number in the middle of a press: packets under way still have the old one.
func TestEventsByAnotherPayloadType(t *testing.T) {
	l := newLab(t, Config{})
	p := muParams()
	st := l.stream(&p)
	seq := uint16(0)
	hear := func(payloadType uint8, timestamp uint32, key byte, end bool, duration int) {
		l.hear(st, there, rtpPacket(header{payloadType: payloadType, seq: seq, timestamp: timestamp, ssrc: 3}, eventPayload(key, end, duration)))
		seq++
		l.step(20)
	}
	hear(101, 8000, 5, false, 160)
	p.EventType = 96
	if err := st.Update(p); err != nil {
		t.Fatal(err)
	}
	hear(101, 8000, 5, false, 320)
	hear(96, 8000, 5, false, 480)
	hear(96, 8000, 5, true, 640)
	hear(101, 9600, 6, true, 160)
	hear(97, 10400, 7, true, 160) // nobody named it
	if got := digitsOf(st); got != "56" {
		t.Errorf("heard %q, want 56", got)
	}
	p.EventsOffered = 97 // the far end answers our offer with a number of its own, and sends with ours
	_ = st.Update(p)
	hear(97, 16000, 8, true, 160)
	p.EventType = -1
	_ = st.Update(p)
	for _, payloadType := range []uint8{96, 97, 101} {
		hear(payloadType, uint32(20000+160*int(payloadType)), 9, true, 160)
	}
	if got := digitsOf(st); got != "8" {
		t.Errorf("heard %q, want 8", got)
	}
}

func TestDigitsNobodyTakesAreCounted(t *testing.T) {
	l := newLab(t, Config{})
	p := muParams()
	st := l.stream(&p)
	for range 40 {
		st.Info('5')
		l.step(1000)
	}
	if got := digitsOf(st); len(got) != 32 || st.Stats().DigitsLost != 8 {
		t.Errorf("%d taken, %d lost; want 32, 8", len(got), st.Stats().DigitsLost)
	}
}

func TestStrangeRTPOnALiveCall(t *testing.T) {
	l := newLab(t, Config{})
	p := muParams()
	st := l.stream(&p)
	good := func(i int) []byte {
		return rtpPacket(header{seq: uint16(i), timestamp: uint32(i * 160), ssrc: 3}, make([]byte, 160))
	}
	for i := range 50 {
		l.hear(st, there, good(i))
		l.step(20)
	}
	for range 2 { // old packets again, twice
		for i := range 50 {
			l.hear(st, there, good(i))
		}
	}
	if s := st.Stats(); s.Received != 50 || s.Dropped.Sum() != 100 {
		t.Errorf("%d received, %d dropped; want 50, 100", s.Received, s.Dropped.Sum())
	}
	for _, pt := range []uint8{8, 3, 96, 127} {
		l.hear(st, there, rtpPacket(header{payloadType: pt, seq: 50, timestamp: 50 * 160, ssrc: 3}, make([]byte, 160)))
	}
	l.hear(st, there, rtpPacket(header{payloadType: noisePayload, seq: 50, timestamp: 50 * 160, ssrc: 3}, []byte{40}))
	l.hear(st, there, rtpPacket(header{payloadType: 101, seq: 51, timestamp: 50 * 160, ssrc: 3}, []byte{1, 2}))
	if got := l.streams.Stats().Dropped; got["duplicate"] != 100 || got["payload type"] != 4 {
		t.Errorf("counted %v", got)
	}
	l.step(1000)
	if d := digitsOf(st); d != "" {
		t.Errorf("digits %q were invented", d)
	}
	p.Receive = false
	_ = st.Update(p)
	l.hear(st, there, rtpPacket(header{payloadType: 101, seq: 52, timestamp: 99 * 160, ssrc: 3}, eventPayload(4, false, 160)))
	l.step(500)
	if d := digitsOf(st); d != "" {
		t.Errorf("digits %q though we do not receive", d)
	}
}

func TestStateIsWhatTheJournalNeeds(t *testing.T) {
	l := newLab(t, Config{})
	p := muParams()
	st := l.stream(&p)
	l.step(100)
	last := l.sent[len(l.sent)-1]
	s := st.State()
	if s.SSRC != last.ssrc || s.Seq != last.seq+1 || s.Timestamp != last.timestamp+160 || s.Port != 20000 || s.Params.Remote != there {
		t.Errorf("%+v does not follow %+v", s, last.header)
	}
}

// A re-INVITE changes how audio is coded, in the middle of it: what is under way in the old law is still heard, the new
// one at once, and nothing of it twice or in the wrong law.
func TestAudioByAnotherPayloadType(t *testing.T) {
	for name, change := range map[string]func(p *Params){
		"the other law":           func(p *Params) { p.Law, p.PayloadType = g711.A, 8 },
		"the same law, by 96":     func(p *Params) { p.PayloadType = 96 },
		"the other law, by 0":     func(p *Params) { p.Law = g711.A },
		"the numbers change over": func(p *Params) { p.Law, p.PayloadType, p.EventType = g711.A, 101, 0 },
	} {
		t.Run(name, func(t *testing.T) {
			l := newLab(t, Config{})
			p := muParams()
			st := l.stream(&p)
			heard, missing, wrong := 0, 0, 0
			st.Tap(func(pcm []int16, gone bool) {
				switch {
				case gone && heard > 0:
					missing += len(pcm)
				case !gone:
					heard += len(pcm)
					for _, s := range pcm[len(pcm)/2:] {
						if s < 900 || s > 1100 { // in the wrong law it is far from 1000
							wrong++
						}
					}
				}
			})
			seq := uint16(0)
			send := func(n int, p Params) {
				audio := make([]byte, 160)
				for i := range audio {
					audio[i] = p.Law.Encode(1000)
				}
				for range n {
					l.hear(st, there, rtpPacket(header{payloadType: p.PayloadType, seq: seq, timestamp: uint32(seq) * 160, ssrc: 3}, audio))
					seq++
					l.step(20)
				}
			}
			send(25, p)
			was := p
			change(&p)
			if err := st.Update(p); err != nil {
				t.Fatal(err)
			}
			inFlight := 5
			if p.PayloadType == was.PayloadType || int(was.PayloadType) == p.EventType {
				inFlight = 0 // the old number means something else now
			}
			send(inFlight, was)
			send(25, p)
			if missing > 0 || wrong > 0 || heard < (45+inFlight)*160 {
				t.Errorf("%d samples heard, %d missing, %d in the wrong law", heard, missing, wrong)
			}
			dropped := func() uint64 { return st.Stats().Dropped[DropPayloadType.String()] }
			before := dropped()
			l.step(3000)
			send(5, was)
			if n := dropped() - before; inFlight > 0 && n != 5 {
				t.Errorf("%d of 5 packets dropped that came in the old format 3 s later", n)
			}
			if got := digitsOf(st); got != "" {
				t.Errorf("digits %q were invented", got)
			}
		})
	}
}

// The far end's source changes, as by a transfer behind it: the second packet in sequence of the new one is believed, and
// no packet of a third.
func TestAudioOfAnotherSource(t *testing.T) {
	l := newLab(t, Config{})
	p := muParams()
	st := l.stream(&p)
	heard := 0
	st.Tap(func(pcm []int16, gone bool) {
		if !gone {
			heard += len(pcm)
		}
	})
	send := func(ssrc uint32, seq uint16, timestamp uint32, n int) {
		for i := range n {
			l.hear(st, there, rtpPacket(header{seq: seq + uint16(i), timestamp: timestamp + uint32(i*160), ssrc: ssrc}, counting(160)))
			if i > 1 {
				l.hear(st, there, rtpPacket(header{seq: uint16(i * 7), timestamp: uint32(i), ssrc: uint32(1000 + i)}, counting(160)))
			}
			l.step(20)
		}
	}
	send(1, 65530, 1<<32-800, 50)
	send(2, 7, 1<<31, 50)
	l.step(200)
	if heard < 95*160 || heard > 99*160 {
		t.Errorf("%d samples heard of two sources, want all but the first packet of the second and what was still waiting", heard)
	}
	if n := st.Stats().Dropped[DropSSRC.String()]; n != 97 {
		t.Errorf("%d packets dropped, want 96 of others and one of the second", n)
	}
}
