package media

import (
	"context"
	"slices"
	"testing"

	"dialtone/dtmf"
	"dialtone/media/g711"
)

// TestMixHoldsBothSidesSampleBySample has the far end send a ramp while a prompt
// plays: the sum must be the two, with one offset between them from slot to slot.
func TestMixHoldsBothSidesSampleBySample(t *testing.T) {
	l := newLab(t, Config{})
	p := muParams()
	st := l.stream(&p)
	var sent, heard, sum []int16
	m := &Mix{To: func(pcm []int16, _ bool) { sum = append(sum, pcm...) }}
	st.TapSent(func(pcm []int16) { sent = append(sent, pcm...); m.Sent(pcm) })
	st.Tap(func(pcm []int16, missing bool) { heard = append(heard, pcm...); m.Heard(pcm, missing) })
	st.Play(counting(8000))
	packet := rtpPacket(header{ssrc: 1}, make([]byte, 160))
	for i := range 100 {
		h := header{seq: uint16(i), timestamp: uint32(i * 160), ssrc: 1}
		h.put(packet)
		for j := range packet[headerLen:] {
			packet[headerLen+j] = byte(i + j)
		}
		l.hear(st, there, packet)
		l.step(20)
	}
	if len(sent) != 16000 || len(heard) != len(sent) || len(sum) != len(sent) {
		t.Fatalf("%d samples sent, %d heard, %d in the sum", len(sent), len(heard), len(sum))
	}
	if slices.Max(heard) == 0 || slices.Max(sent) == 0 {
		t.Fatal("one side is silent")
	}
	for i := range sum {
		if want := min(max(int(sent[i])+int(heard[i]), -32768), 32767); int(sum[i]) != want {
			t.Fatalf("sample %d is %d, want %d", i, sum[i], want)
		}
	}
	var left []int16
	for _, packet := range l.take() {
		pcm := make([]int16, len(packet.payload))
		g711.Mu.DecodeTo(pcm, packet.payload)
		left = append(left, pcm...)
	}
	if !slices.Equal(left, sent) {
		t.Error("what the tap heard is not what was sent")
	}
}

func TestSentTapIsSilentWhereNothingLeaves(t *testing.T) {
	for name, have := range map[string]func(l *lab) *Stream{
		"no address yet": func(l *lab) *Stream { return l.stream(nil) },
		"silence unsent": func(l *lab) *Stream { p := muParams(); return l.stream(&p) },
		"a key as an event": func(l *lab) *Stream {
			p := muParams()
			st := l.stream(&p)
			st.Play(counting(8000))
			if err := st.SendDigit('5', 100, dtmf.Event); err != nil {
				t.Fatal(err)
			}
			return st
		},
	} {
		t.Run(name, func(t *testing.T) {
			l := newLab(t, Config{OmitSilence: true})
			st := have(l)
			var pcm []int16
			st.TapSent(func(p []int16) { pcm = append(pcm, p...) })
			l.step(100)
			if len(pcm) != 800 || slices.Max(pcm) > 8 || slices.Min(pcm) < -8 {
				t.Errorf("%d samples, peak %d", len(pcm), slices.Max(pcm))
			}
		})
	}
}

func TestMixAllocatesNothing(t *testing.T) {
	l := newLab(t, Config{})
	l.streams.shards[0].send = func(*Stream, []byte, *target) {}
	l.streams.shards[0].report = func(*Stream, []byte, *target) {}
	p := muParams()
	st := l.stream(&p)
	m := &Mix{To: func([]int16, bool) {}}
	st.TapSent(m.Sent)
	st.Tap(m.Heard)
	l.step(30000)
	if n := testing.AllocsPerRun(1000, func() { l.step(20) }); n != 0 {
		t.Errorf("%v allocations per slot", n)
	}
}

func TestRecordingFormats(t *testing.T) {
	pcm := []int16{0, 1000, -1000, 8031, -8031, 30000, -30000, 0}
	for extension, size := range map[string]int{"wav": 44 + 16, "sln": 16, "raw": 16, "ulaw": 8, "ul": 8, "mu": 8, "pcm": 8, "alaw": 8, "al": 8} {
		format, ok := FormatOf(extension)
		if !ok {
			t.Fatalf("%s is not written", extension)
		}
		var f memoryFile
		r := StartRecording(&f, RecordingOptions{Format: format})
		r.Tap(pcm, false)
		if err := r.Close(context.Background()); err != nil || len(f.b) != size || r.Size() != int64(size) || r.Samples() != 8 {
			t.Errorf("%s: %d bytes (%d, %d samples), %v; want %d", extension, len(f.b), r.Size(), r.Samples(), err, size)
		}
		data, ours := format.Data(f.b[:min(len(f.b), 44)], int64(len(f.b)))
		if !ours || data != int64(size)-format.header() {
			t.Errorf("%s: %d bytes of samples, %v", extension, data, ours)
		}
		more := StartRecording(&f, RecordingOptions{Format: format, From: data, Max: 6})
		more.Tap(pcm, false)
		<-more.Done()
		more.Tap(pcm, false)
		if want := int64(size) + data*6/8; more.Size() != want || int64(len(f.b)) != want || more.Samples() != 6 {
			t.Errorf("%s: appended to %d bytes (%d, %d samples), want %d", extension, len(f.b), more.Size(), more.Samples(), want)
		}
		var cut memoryFile
		r = StartRecording(&cut, RecordingOptions{Format: format})
		r.Tap(pcm, false)
		r.Cut(5)
		if err := r.Close(context.Background()); err != nil || r.Samples() != 3 {
			t.Errorf("%s: %d samples after a cut, %v", extension, r.Samples(), err)
		}
	}
	for _, extension := range []string{"gsm", "wav49", "WAV", "g722", ""} {
		if _, ok := FormatOf(extension); ok {
			t.Errorf("%q is written", extension)
		}
	}
	if _, ours := WAV.Data(make([]byte, 44), 1000); ours {
		t.Error("a file of zeros is a WAV file")
	}
}
