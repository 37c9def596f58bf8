package media

import (
	"bytes"
	"testing"

	"dialtone/dtmf"
	"dialtone/media/g711"
)

// continuous fails unless sequence numbers go up by one and timestamps by n.
func continuous(t *testing.T, sent []sentPacket, n uint32) {
	t.Helper()
	for i := 1; i < len(sent); i++ {
		if sent[i].seq != sent[i-1].seq+1 {
			t.Fatalf("packet %d: sequence %d after %d", i, sent[i].seq, sent[i-1].seq)
		}
		if d := sent[i].timestamp - sent[i-1].timestamp; d != n {
			t.Fatalf("packet %d: timestamp goes on by %d, want %d", i, d, n)
		}
		if sent[i].ssrc != sent[0].ssrc {
			t.Fatalf("packet %d: SSRC changed", i)
		}
	}
}

func audioOf(sent []sentPacket) (b []byte) {
	for _, p := range sent {
		b = append(b, p.payload...)
	}
	return b
}

func TestPromptIsSentWholeWithSilenceAroundIt(t *testing.T) {
	l := newLab(t, Config{})
	p := muParams()
	st := l.stream(&p)
	l.step(100)
	prompt := counting(1000)
	done := st.Play(prompt)
	l.step(200)
	sent := l.take()
	if len(sent) != 15 {
		t.Fatalf("%d packets in 300 ms, want 15", len(sent))
	}
	continuous(t, sent, 160)
	want := append(bytes.Repeat([]byte{0xff}, 800), prompt...)
	want = append(want, bytes.Repeat([]byte{0xff}, 15*160-len(want))...)
	if got := audioOf(sent); !bytes.Equal(got, want) {
		t.Error("audio is not silence, prompt, silence")
	}
	if !sent[0].marker {
		t.Error("first packet has no marker")
	}
	for i, p := range sent[1:] {
		if p.marker {
			t.Errorf("packet %d has a marker though silence was sent before it", i+1)
		}
	}
	if !closedNow(done) {
		t.Error("done is not closed")
	}
}

func TestDoneClosesInTheSlotOfTheLastPacket(t *testing.T) {
	for _, length := range []int{160, 480, 481, 639, 640} {
		l := newLab(t, Config{})
		p := muParams()
		st := l.stream(&p)
		done := st.Play(counting(length))
		slots := (length + 159) / 160
		for l.step(1); ; l.step(1) {
			if n := len(l.sent); n < slots && closedNow(done) {
				t.Fatalf("length %d: done after %d packets, want %d", length, n, slots)
			} else if n == slots {
				break
			}
		}
		if !closedNow(done) {
			t.Errorf("length %d: done not closed with the last packet", length)
		}
	}
}

func TestPlayAfterDoneJoinsWithoutGap(t *testing.T) {
	l := newLab(t, Config{})
	p := muParams()
	st := l.stream(&p)
	first, second := counting(480), counting(320)
	done := st.Play(first)
	for !closedNow(done) {
		l.step(1)
	}
	l.step(19) // just before the next slot
	done = st.Play(second)
	for !closedNow(done) {
		l.step(1)
	}
	sent := l.take()
	continuous(t, sent, 160)
	if !bytes.Equal(audioOf(sent), append(append([]byte{}, first...), second...)) {
		t.Error("there is something between the prompts")
	}
}

func TestSourcesFollowEachOtherWithinAPacket(t *testing.T) {
	l := newLab(t, Config{})
	p := muParams()
	st := l.stream(&p)
	a, b, c := counting(100), counting(7), counting(500)
	done := st.Play(a, clip{}, b, clip{}, c)
	for !closedNow(done) {
		l.step(1)
	}
	want := append(append(append([]byte{}, a...), b...), c...)
	if got := audioOf(l.take()); !bytes.Equal(got[:len(want)], want) || len(got) != 640 {
		t.Error("sources are not joined without gap")
	}
	if !closedNow(st.Play()) || !closedNow(st.Play(clip{}, clip{})) {
		t.Error("playing nothing is not done at once")
	}
}

func TestStopAndReplacementEndWhatPlays(t *testing.T) {
	l := newLab(t, Config{})
	p := muParams()
	st := l.stream(&p)
	first := st.Play(counting(8000))
	l.step(40)
	second := st.Play(bytes8(0x11, 8000))
	if !closedNow(first) || closedNow(second) {
		t.Fatal("replacing does not end the first, or ends the second")
	}
	l.step(40)
	st.Stop()
	if !closedNow(second) {
		t.Error("Stop does not end it")
	}
	l.step(40)
	sent := l.take()
	continuous(t, sent, 160)
	for i, want := range []byte{0, 0, 0x11, 0x11, 0xff, 0xff} {
		if i >= 2 && sent[i].payload[0] != want {
			t.Errorf("packet %d begins with %#x, want %#x", i, sent[i].payload[0], want)
		}
	}
	third := st.Play(counting(8000))
	st.Close()
	if !closedNow(third) || !closedNow(st.Play(counting(8000))) {
		t.Error("Close does not end it, or a closed stream plays")
	}
	st.Close()
}

func bytes8(b byte, n int) clip { return bytes.Repeat([]byte{b}, n) }

func TestEachPtimeHasItsRhythm(t *testing.T) {
	for _, ptime := range []int{10, 20, 30, 40, 50, 60} {
		l := newLab(t, Config{})
		p := muParams()
		p.Ptime = ptime
		l.stream(&p)
		l.step(20) // until the first slot
		l.take()
		l.step(1200)
		sent := l.take()
		if len(sent) != 1200/ptime {
			t.Errorf("ptime %d: %d packets in 1.2 s", ptime, len(sent))
		}
		continuous(t, sent, uint32(ptime*8))
		for i := 1; i < len(sent); i++ {
			if d := sent[i].at - sent[i-1].at; d != int64(ptime) {
				t.Fatalf("ptime %d: %d ms between packets", ptime, d)
			}
		}
	}
}

func TestUpdateChangesLawAndPtimeInMidCall(t *testing.T) {
	l := newLab(t, Config{})
	p := muParams()
	st := l.stream(&p)
	st.Play(counting(16000))
	l.step(60)
	p.Law, p.PayloadType, p.Ptime = g711.A, 8, 30
	if err := st.Update(p); err != nil {
		t.Fatal(err)
	}
	l.step(120)
	st.Stop()
	l.step(60)
	sent := l.take()
	for i := 1; i < len(sent); i++ {
		if sent[i].seq != sent[i-1].seq+1 || sent[i].timestamp != sent[i-1].timestamp+uint32(len(sent[i-1].payload)) {
			t.Fatalf("packet %d does not follow", i)
		}
	}
	last := sent[len(sent)-1]
	if last.payloadType != 8 || len(last.payload) != 240 || last.payload[0] != 0xd5 {
		t.Errorf("type %d, %d bytes of %#x; want 8, 240, 0xd5", last.payloadType, len(last.payload), last.payload[0])
	}
	want := counting(16000)
	if got := audioOf(sent[:6]); !bytes.Equal(got, want[:len(got)]) {
		t.Error("the prompt is not continuous over the change")
	}
}

func TestNothingIsSentOnHoldButTimeGoesOn(t *testing.T) {
	l := newLab(t, Config{})
	p := muParams()
	st := l.stream(&p)
	done := st.Play(counting(1600))
	l.step(40)
	p.Send = false
	_ = st.Update(p)
	l.step(100)
	p.Send = true
	_ = st.Update(p)
	l.step(100)
	sent := l.take()
	if len(sent) != 7 || !closedNow(done) {
		t.Fatalf("%d packets, want 2 + 5; done %v", len(sent), closedNow(done))
	}
	if d := sent[2].timestamp - sent[1].timestamp; d != 6*160 {
		t.Errorf("timestamp over the hold goes on by %d, want %d", d, 6*160)
	}
	if sent[2].seq != sent[1].seq+1 || !sent[2].marker || sent[3].marker {
		t.Error("after the hold: sequence must go on, the first packet has the marker")
	}
	if want := counting(1600)[7*160:]; !bytes.Equal(sent[2].payload, want[:160]) {
		t.Error("the prompt did not pass during the hold")
	}
}

func TestPromptWaitsForTheRemoteAddress(t *testing.T) {
	l := newLab(t, Config{})
	st := l.stream(nil)
	prompt := counting(320)
	done := st.Play(prompt)
	l.step(500)
	if len(l.take()) != 0 || closedNow(done) {
		t.Fatal("something was sent, or done, without an address")
	}
	p := muParams()
	_ = st.Update(p)
	l.step(40)
	if got := audioOf(l.take()); !bytes.Equal(got, prompt) || !closedNow(done) {
		t.Error("the prompt does not come whole once there is an address")
	}
}

func TestOmittedSilenceBeginsTalkspurtsWithAMarker(t *testing.T) {
	l := newLab(t, Config{OmitSilence: true})
	p := muParams()
	st := l.stream(&p)
	st.Play(counting(320))
	l.step(200)
	st.Play(counting(320))
	l.step(200)
	sent := l.take()
	if len(sent) != 4 {
		t.Fatalf("%d packets, want 4", len(sent))
	}
	for i, want := range []bool{true, false, true, false} {
		if sent[i].marker != want {
			t.Errorf("packet %d: marker %v, want %v (RFC 3551 §4.1)", i, sent[i].marker, want)
		}
	}
	if d := sent[2].timestamp - sent[1].timestamp; d != 9*160 {
		t.Errorf("timestamp over the silence goes on by %d, want %d", d, 9*160)
	}
}

func TestSendDigitAsEvent(t *testing.T) {
	l := newLab(t, Config{})
	p := muParams()
	st := l.stream(&p)
	st.Play(counting(8000))
	l.step(40)
	before := l.take()
	if err := st.SendDigit('5', 100, dtmf.Event); err != nil {
		t.Fatal(err)
	}
	l.step(400)
	var events, audio []sentPacket
	for _, p := range l.take() {
		if p.payloadType == 101 {
			events = append(events, p)
		} else {
			audio = append(audio, p)
		}
	}
	if len(events) < 5 {
		t.Fatalf("%d event packets", len(events))
	}
	ends := 0
	for i, e := range events {
		if want := before[1].timestamp + 160; e.timestamp != want {
			t.Errorf("event packet %d: timestamp %d, want %d of the press", i, e.timestamp, want)
		}
		if e.marker != (i == 0) {
			t.Errorf("event packet %d: marker %v", i, e.marker)
		}
		if e.payload[1]&0x80 != 0 {
			ends++
		}
	}
	if ends != 3 {
		t.Errorf("%d packets say the end, want 3", ends)
	}
	n := uint32(len(events))
	if want := before[1].timestamp + 160 + n*160; audio[0].timestamp != want {
		t.Errorf("audio goes on at %d, want %d", audio[0].timestamp, want)
	}
	if at := int(2+n) * 160; !bytes.Equal(audio[0].payload, counting(8000)[at:at+160]) {
		t.Error("the prompt did not pass under the event")
	}
}

func TestSendDigitAsTone(t *testing.T) {
	l := newLab(t, Config{})
	p := muParams()
	p.EventType = -1
	st := l.stream(&p)
	_ = st.SendDigit('7', 90, dtmf.Event) // not negotiated: a tone
	l.step(200)
	sent := l.take()
	continuous(t, sent, 160)
	want := make([]int16, 720)
	dtmf.ToneSamples(want, '7', 0)
	got := make([]int16, 800)
	g711.Mu.DecodeTo(got, audioOf(sent)[:800])
	for i := range want {
		if got[i] != g711.Mu.Decode(g711.Mu.Encode(want[i])) {
			t.Fatalf("sample %d is %d, want %d", i, got[i], want[i])
		}
	}
	for i, s := range got[720:] {
		if s != 0 {
			t.Fatalf("sample %d after the tone is %d", i, s)
		}
	}
	if err := st.SendDigit('x', 90, dtmf.Tone); err == nil {
		t.Error("x is no key")
	}
}

func TestLateWakeUpIsNoBurst(t *testing.T) {
	l := newLab(t, Config{})
	p := muParams()
	st := l.stream(&p)
	prompt := counting(80000)
	st.Play(prompt)
	l.step(100)
	l.now += 44
	l.step(100)
	sent := l.take()
	continuous(t, sent, 160)
	for i := 1; i < len(sent); i++ {
		if d := sent[i].at - sent[i-1].at; d < 10 {
			t.Errorf("%d ms between packets after a late wake-up", d)
		}
	}
	if got := audioOf(sent); !bytes.Equal(got, prompt[:len(got)]) || len(sent) != 12 {
		t.Errorf("%d packets, want 12 with all of the prompt", len(sent))
	}
}

func TestVeryLateSlotsAreGivenUp(t *testing.T) {
	l := newLab(t, Config{})
	p := muParams()
	st := l.stream(&p)
	prompt := counting(80000)
	st.Play(prompt)
	l.step(100)
	at := len(l.sent)
	l.now += 1000
	l.step(100)
	sent := l.take()
	if n := len(sent); n < 9 || n > 11 {
		t.Errorf("%d packets around a pause of 1 s, want about 10", n)
	}
	if sent[at].seq != sent[at-1].seq+1 {
		t.Error("the sequence has a hole: what was not sent is not lost")
	}
	step := sent[at].timestamp - sent[at-1].timestamp
	if step < 1000*8 || step > 1060*8 || step%160 != 0 {
		t.Errorf("timestamp goes on by %d, want the pause in whole packets", step)
	}
	if off := 4*160 + int(step); !bytes.Equal(sent[at].payload, prompt[off:off+160]) {
		t.Error("the prompt did not pass meanwhile")
	}
	if s := l.streams.Stats(); s.Skipped == 0 || s.Delays.Beyond(60) != 1 {
		t.Errorf("%d slots skipped, %v delayed by 60 ms", s.Skipped, s.Delays)
	}
}

// A prompt that ended in slots which were given up is over like any other: whoever waits for it must hear of it.
func TestPromptThatEndsInGivenUpSlotsIsDone(t *testing.T) {
	l := newLab(t, Config{})
	p := muParams()
	st := l.stream(&p)
	done := st.Play(counting(1600))
	l.step(60)
	l.now += 1000
	l.step(40)
	if !closedNow(done) {
		t.Error("still playing, a second after the end")
	}
}

func TestProbeBoundsWhatAStrangerIsSent(t *testing.T) {
	l := newLab(t, Config{})
	p := muParams()
	p.Probe = 10
	st := l.stream(&p)
	l.step(1000)
	if n := len(l.take()); n != 10 {
		t.Fatalf("%d packets to an address that never sent, want 10", n)
	}
	l.hear(st, there, rtpPacket(header{ssrc: 7}, make([]byte, 160)))
	l.step(100)
	if n := len(l.take()); n != 5 {
		t.Errorf("%d packets in 100 ms after it has sent, want 5", n)
	}
}

func TestUnreachableRemoteIsGivenUp(t *testing.T) {
	l := newLab(t, Config{})
	p := muParams()
	st := l.stream(&p)
	done := st.Play(counting(8 * 8000))
	refuse := func(ms int64) { // for so long each packet is answered by ICMP
		for end := l.now + ms; l.now < end; l.step(20) {
			st.mu.Lock()
			st.absence.refused(l.now)
			st.mu.Unlock()
		}
	}
	l.step(20)
	refuse(500)
	l.step(4000)
	if n := len(l.take()); n < 225 {
		t.Errorf("%d packets in 4.5 s, though it was only unreachable at first", n)
	}
	refuse(4000)
	if n := len(l.take()); n < 99 || n > 103 {
		t.Errorf("%d packets, want those of 2 s", n)
	}
	if !closedNow(done) || !st.Stats().Unreachable {
		t.Error("time must go on, and Stats tell")
	}
	l.hear(st, there, rtpPacket(header{ssrc: 7}, make([]byte, 160)))
	l.step(100)
	if len(l.take()) != 5 {
		t.Error("who sends is there after all")
	}
}

func TestUpdateRefusesWhatCannotBe(t *testing.T) {
	l := newLab(t, Config{})
	st := l.stream(nil)
	for name, change := range map[string]func(*Params){
		"multicast":         func(p *Params) { p.Remote = addr("224.0.0.1:4000") },
		"broadcast":         func(p *Params) { p.Remote = addr("255.255.255.255:4000") },
		"IPv6 from IPv4":    func(p *Params) { p.Remote = addr("[2001:db8::1]:4000") },
		"own port":          func(p *Params) { p.Remote = addr("192.0.2.1:20000") },
		"law":               func(p *Params) { p.Law = 7 },
		"payload type":      func(p *Params) { p.PayloadType = 128 },
		"event type":        func(p *Params) { p.EventType = 128 },
		"event = audio":     func(p *Params) { p.EventType = 0 },
		"multicast of RTCP": func(p *Params) { p.RemoteRTCP = addr("239.0.0.1:4000") },
	} {
		p := muParams()
		change(&p)
		if err := st.Update(p); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
	p := muParams()
	p.Ptime = 1_000_000
	if err := st.Update(p); err != nil || st.State().Params.Ptime != 60 {
		t.Errorf("ptime %d, %v; want 60", st.State().Params.Ptime, err)
	}
}
