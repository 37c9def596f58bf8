package media

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"testing/synctest"

	"pgregory.net/rapid"

	"dialtone/dtmf"
	"dialtone/media/g711"
)

// memoryFile is an io.WriterAt in memory.
type memoryFile struct {
	mu   sync.Mutex
	b    []byte
	room int           // bytes it can hold; 0: any number
	gate chan struct{} // if set, writing waits for it
}

var errFull = errors.New("no space left on device")

func (f *memoryFile) WriteAt(b []byte, at int64) (int, error) {
	if f.gate != nil {
		<-f.gate
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	end := int(at) + len(b)
	if f.room > 0 && end > f.room {
		return 0, errFull
	}
	if end > len(f.b) {
		f.b = append(f.b, make([]byte, end-len(f.b))...)
	}
	return copy(f.b[at:], b), nil
}

func (f *memoryFile) samples(header int) []int16 {
	pcm := make([]int16, (len(f.b)-header)/2)
	for i := range pcm {
		pcm[i] = int16(binary.LittleEndian.Uint16(f.b[header+2*i:]))
	}
	return pcm
}

// stated is how many bytes of samples a WAV header states.
func (f *memoryFile) stated() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.b) < wavHeaderLen {
		return -1
	}
	return int(binary.LittleEndian.Uint32(f.b[40:]))
}

func closeNow(t testing.TB, r *Recording) {
	t.Helper()
	if err := r.Close(context.Background()); err != nil {
		t.Fatal(err)
	}
}

// ramp is n samples that count up from first, from -100 to 99 and around.
func ramp(first, n int) []int16 {
	pcm := make([]int16, n)
	for i := range pcm {
		pcm[i] = int16((first+i)%200 - 100)
	}
	return pcm
}

func TestRecordingIsAWAVFileOfAllThatWasHeard(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var f memoryFile
		r := NewRecording(&f)
		for i := range 1000 {
			r.Heard(ramp(i*160, 160), false)
			synctest.Wait() // a real line takes its time
		}
		closeNow(t, r)
		if r.Lost() != 0 || len(f.b) != 44+2*160000 {
			t.Fatalf("%d bytes, %d lost", len(f.b), r.Lost())
		}
		if string(f.b[:4]) != "RIFF" || binary.LittleEndian.Uint32(f.b[4:]) != uint32(len(f.b)-8) || f.stated() != 320000 {
			t.Errorf("header % x", f.b[:44])
		}
		if !slices.Equal(f.samples(44), ramp(0, 160000)) {
			t.Error("it holds other samples")
		}
	})
}

// sides feeds both sides of a slot.
func sides(r *Recording, heard, sent []int16) {
	r.Sent(sent)
	r.Heard(heard, false)
}

func TestRecordingOfSides(t *testing.T) {
	heard, sent := []int16{100, -200, 30000, -32768}, []int16{1, -3, 30000, -32768}
	for name, test := range map[string]struct {
		o    RecordingOptions
		want []int16
	}{
		"heard":         {RecordingOptions{}, heard},
		"heard, softer": {RecordingOptions{HeardGain: -1, SentGain: 4}, []int16{50, -100, 15000, -16384}},
		"sent, louder":  {RecordingOptions{Sides: SentSide, SentGain: 2}, []int16{4, -12, 32767, -32768}},
		"mixed":         {RecordingOptions{Sides: BothSides}, []int16{101, -203, 32767, -32768}},
		"mixed, gains":  {RecordingOptions{Sides: BothSides, HeardGain: -2, SentGain: 1}, []int16{27, -56, 32767, -32768}},
		"side by side":  {RecordingOptions{Format: Format{Stereo: true}}, []int16{100, 1, -200, -3, 30000, 30000, -32768, -32768}},
		"gain of a side": {RecordingOptions{Format: Format{Stereo: true}, SentGain: 1},
			[]int16{100, 2, -200, -6, 30000, 32767, -32768, -32768}},
	} {
		t.Run(name, func(t *testing.T) {
			var f memoryFile
			r := NewRecorder(0).Start(&f, test.o)
			sides(r, heard, sent)
			closeNow(t, r)
			if got := f.samples(44); !slices.Equal(got, test.want) {
				t.Errorf("%v, want %v", got, test.want)
			}
			if channels := f.b[22]; channels != byte(test.o.Format.channels()) || f.b[32] != 2*channels || int(f.b[28])|int(f.b[29])<<8 != 16000*int(channels) {
				t.Errorf("header % x", f.b[:44])
			}
			if r.Moments() != 4 {
				t.Errorf("%d moments", r.Moments())
			}
		})
	}
}

// TestRecordingHoldsBothSidesSampleBySample has the far end send a ramp while a prompt
// plays: the sum must be the two, with one offset between them from slot to slot.
func TestRecordingHoldsBothSidesSampleBySample(t *testing.T) {
	synctest.Test(t, recordBothSides)
}

func recordBothSides(t *testing.T) {
	l := newLab(t, Config{})
	p := muParams()
	st := l.stream(&p)
	var sent, heard []int16
	var f memoryFile
	r := NewRecorder(0).Start(&f, RecordingOptions{Sides: BothSides})
	st.TapSent(func(pcm []int16) { sent = append(sent, pcm...); r.Sent(pcm) })
	st.Tap(func(pcm []int16, missing bool) { heard = append(heard, pcm...); r.Heard(pcm, missing) })
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
		synctest.Wait()
	}
	closeNow(t, r)
	sum := f.samples(44)
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

func TestRecordingFormats(t *testing.T) {
	pcm := []int16{0, 1000, -1000, 8031, -8031, 30000, -30000, 0}
	for extension, size := range map[string]int{"wav": 44 + 16, "sln": 16, "raw": 16, "ulaw": 8, "ul": 8, "mu": 8, "pcm": 8, "alaw": 8, "al": 8} {
		for _, stereo := range []bool{false, true} {
			format, ok := FormatOf(extension)
			if !ok {
				t.Fatalf("%s is not written", extension)
			}
			format.Stereo = stereo
			size, recorder := size, NewRecorder(0)
			if stereo {
				size = 2*size - int(format.header())
			}
			var f memoryFile
			r := recorder.Start(&f, RecordingOptions{Format: format})
			sides(r, pcm, pcm)
			if err := r.Close(context.Background()); err != nil || len(f.b) != size || r.Size() != int64(size) || r.Moments() != 8 {
				t.Errorf("%s: %d bytes (%d, %d moments), %v; want %d", extension, len(f.b), r.Size(), r.Moments(), err, size)
			}
			data, ours := format.Data(f.b[:min(len(f.b), 44)], int64(len(f.b)))
			if !ours || data != int64(size)-format.header() {
				t.Errorf("%s: %d bytes of samples, %v", extension, data, ours)
			}
			more := recorder.Start(&f, RecordingOptions{Format: format, From: data, Max: 6})
			sides(more, pcm, pcm)
			<-more.Done()
			sides(more, pcm, pcm)
			if want := int64(size) + data*6/8; more.Size() != want || int64(len(f.b)) != want || more.Moments() != 6 {
				t.Errorf("%s: appended to %d bytes (%d, %d moments), want %d", extension, len(f.b), more.Size(), more.Moments(), want)
			}
			var cut memoryFile
			r = recorder.Start(&cut, RecordingOptions{Format: format})
			sides(r, pcm, pcm)
			r.Cut(5)
			if err := r.Close(context.Background()); err != nil || r.Moments() != 3 {
				t.Errorf("%s: %d moments after a cut, %v", extension, r.Moments(), err)
			}
		}
	}
	for _, extension := range []string{"gsm", "wav49", "WAV", "g722", ""} {
		if _, ok := FormatOf(extension); ok {
			t.Errorf("%q is written", extension)
		}
	}
	if _, ours := (Format{}).Data(make([]byte, 44), 1000); ours {
		t.Error("a file of zeros is a WAV file")
	}
	if _, ours := (Format{Stereo: true}).Data(wavHeader(Format{}, 0), 1000); ours {
		t.Error("two channels are put behind one")
	}
}

// TestSlowDiskLosesSoundAndKeepsTheTime has the disk stand still for six of eight
// seconds: what finds no room is silence where it was, and what follows stands at its time.
func TestSlowDiskLosesSoundAndKeepsTheTime(t *testing.T) {
	for _, o := range []RecordingOptions{{}, {Format: Format{Coding: MuLaw}}, {Format: Format{Stereo: true}}, {Sides: BothSides}} {
		t.Run(fmt.Sprintf("%+v", o.Format), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := memoryFile{gate: make(chan struct{})}
				recorder := NewRecorder(0)
				r := recorder.Start(&f, o)
				loud := slices.Repeat([]int16{5000}, 160)
				for i := range 400 {
					if i == 300 {
						close(f.gate)
					}
					sides(r, loud, loud)
					synctest.Wait()
				}
				closeNow(t, r)
				width := int(o.Format.width())
				if moments := (len(f.b) - int(o.Format.header())) / width; moments != 64000 || r.Moments() != 64000 {
					t.Fatalf("%d moments in the file, %d said, want 64000", moments, r.Moments())
				}
				lost := 0
				for at := range 64000 {
					b := f.b[int(o.Format.header())+at*width:]
					if o.Format.Coding == MuLaw && b[0] == g711.Mu.Silence() || o.Format.Coding == WAV && b[0] == 0 && b[1] == 0 {
						lost++
						if at < 30000 || at > 48160 {
							t.Fatalf("silence at %d", at)
						}
					}
				}
				if lost != r.Lost() || lost < 14000 || recorder.Stats().Lost != int64(lost) {
					t.Errorf("%d moments silent, %d said to be lost, %+v", lost, r.Lost(), recorder.Stats())
				}
			})
		})
	}
}

func TestRecordingsTogetherAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		gate := make(chan struct{})
		recorder := NewRecorder(40 * chunkSize)
		var all []*Recording
		for range 30 {
			all = append(all, recorder.Start(&memoryFile{gate: gate}, RecordingOptions{}))
		}
		for range 150 {
			for _, r := range all {
				r.Heard(ramp(0, 160), false)
			}
			synctest.Wait()
		}
		if s := recorder.Stats(); s.Memory > 40*chunkSize || s.Lost == 0 || s.Open != 30 {
			t.Errorf("%+v, want at most %d bytes and something lost", s, 40*chunkSize)
		}
		close(gate)
		for _, r := range all {
			closeNow(t, r)
			if r.Moments() != 24000 {
				t.Errorf("%d moments of 24000", r.Moments())
			}
		}
		if s := recorder.Stats(); s.Memory != 0 || s.Open != 0 {
			t.Errorf("%+v when all are over", s)
		}
	})
}

// TestRecordingNeverBlocksNorAllocates measures the shard's side, onto disks that write and
// onto one that stands still.
func TestRecordingNeverBlocksNorAllocates(t *testing.T) {
	for name, gate := range map[string]chan struct{}{"writes": nil, "stands still": make(chan struct{})} {
		t.Run(name, func(t *testing.T) {
			recorder := NewRecorder(0)
			r := recorder.Start(discard{gate}, RecordingOptions{Sides: BothSides})
			heard, sent := ramp(0, 160), ramp(7, 160)
			// A run is 200 ms, in which the recorder has made what it needs: the time between taps is the test's.
			if n := testing.AllocsPerRun(1, func() {
				for range 200 {
					sides(r, heard, sent)
				}
			}); n > 40 { // chunks, which the supplying goroutine makes
				t.Errorf("%v allocations", n)
			}
			if n := testing.AllocsPerRun(500, func() { sides(r, heard, sent) }); n != 0 {
				t.Errorf("%v allocations per slot", n)
			}
			ctx, cancel := context.WithCancel(context.Background())
			if gate != nil {
				cancel()
				if err := r.Close(ctx); !errors.Is(err, context.Canceled) {
					t.Errorf("%v, want that it is not finished", err)
				}
				close(gate)
			}
			cancel()
			closeNow(t, r)
			sides(r, heard, sent) // too late, harmless
		})
	}
}

// discard is a disk that keeps nothing.
type discard struct{ gate chan struct{} }

func (d discard) WriteAt(b []byte, _ int64) (int, error) {
	if d.gate != nil {
		<-d.gate
	}
	return len(b), nil
}

// TestFullDiskEndsTheRecordingAlone: the others go on, and what was written can be played.
func TestFullDiskEndsTheRecordingAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		recorder := NewRecorder(0)
		full, roomy := memoryFile{room: 44 + 20000}, memoryFile{}
		var told error
		a := recorder.Start(&full, RecordingOptions{Ended: func(err error) { told = err }})
		b := recorder.Start(&roomy, RecordingOptions{})
		for i := range 150 {
			a.Heard(ramp(i*160, 160), false)
			b.Heard(ramp(i*160, 160), false)
			synctest.Wait()
		}
		if !closedNow(a.Done()) || closedNow(b.Done()) {
			t.Fatal("the wrong recording goes on")
		}
		if err := a.Close(context.Background()); !errors.Is(err, errFull) || !errors.Is(told, errFull) {
			t.Errorf("%v, told %v, want %v", err, told, errFull)
		}
		closeNow(t, b)
		if b.Moments() != 24000 {
			t.Errorf("the other one has %d moments", b.Moments())
		}
		if got := full.samples(44); len(got) != a.Moments() || full.stated() != 2*len(got) || len(got) < 8000 || !slices.Equal(got, ramp(0, len(got))) {
			t.Errorf("%d samples, %d said, the header states %d bytes", len(got), a.Moments(), full.stated())
		}
		if s := recorder.Stats(); s.Failed != 1 || s.Memory != 0 {
			t.Errorf("%+v", s)
		}
	})
}

// TestFileThatWasNeverClosedCanBePlayed reads what stands in a file while the recording goes on,
// as after the process was killed: with sox too, where it is installed.
func TestFileThatWasNeverClosedCanBePlayed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var f memoryFile
		r := NewRecorder(0).Start(&f, RecordingOptions{Format: Format{Stereo: true}})
		synctest.Wait()
		if f.stated() != 0 {
			t.Fatalf("the header of a new file states %d bytes", f.stated())
		}
		for i := range 500 {
			sides(r, ramp(i*160, 160), ramp(i*160+5, 160))
			synctest.Wait()
			f.mu.Lock()
			there := len(f.b) - 44
			f.mu.Unlock()
			if said := f.stated(); said > there || there-said > 4*8000+chunkSize || (i+1)*640-there > chunkSize {
				t.Fatalf("%d bytes stated, %d in the file, %d recorded", said, there, (i+1)*640)
			}
		}
		f.mu.Lock()
		killed := bytes.Clone(f.b)
		f.mu.Unlock()
		closeNow(t, r)
		stated := int(binary.LittleEndian.Uint32(killed[40:]))
		if stated < 9*32000 {
			t.Fatalf("only %d bytes can be played of 10 s", stated)
		}
		if data, ok := (Format{Stereo: true}).Data(killed[:44], int64(len(killed))); !ok || data != int64(len(killed)-44)&^3 {
			t.Errorf("more is put behind %d bytes of %d", data, len(killed)-44)
		}
		playsInSox(t, killed, stated/4)
	})
}

func playsInSox(t *testing.T, wav []byte, moments int) {
	t.Helper()
	sox, err := exec.LookPath("soxi")
	if err != nil {
		t.Log("sox is not installed")
		return
	}
	file := filepath.Join(t.TempDir(), "killed.wav")
	if err := os.WriteFile(file, wav, 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(sox, "-s", file).Output()
	if got := string(bytes.TrimSpace(out)); err != nil || got != fmt.Sprint(moments) {
		t.Errorf("sox finds %q samples (%v), want %d", got, err, moments)
	}
}

// TestRecordingIsWhatWasFed feeds pieces of any length, with disks that stop and go: the file
// is always as long as the call was, and each moment is right or silent.
func TestRecordingIsWhatWasFed(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		stereo := rapid.Bool().Draw(t, "stereo")
		f := &memoryFile{gate: make(chan struct{}, 1000)}
		r := NewRecorder(rapid.IntRange(1, 64).Draw(t, "chunks")*chunkSize).Start(f, RecordingOptions{Format: Format{Stereo: stereo}})
		total := 0
		for _, n := range rapid.SliceOfN(rapid.IntRange(0, 480), 1, 300).Draw(t, "pieces") {
			heard := make([]int16, n)
			for i := range heard {
				heard[i] = int16(1 + (total+i)%30000)
			}
			sides(r, heard, heard)
			total += n
			if n%3 == 0 {
				f.gate <- struct{}{}
			}
		}
		close(f.gate)
		if err := r.Close(context.Background()); err != nil || r.Moments() != total {
			t.Fatalf("%d moments of %d: %v", r.Moments(), total, err)
		}
		silent, pcm, channels := 0, f.samples(44), r.o.Format.channels()
		for i, s := range pcm {
			if s == 0 {
				silent++
			} else if want := int16(1 + i/channels%30000); s != want {
				t.Fatalf("sample %d is %d, want %d", i, s, want)
			}
		}
		if silent != channels*r.Lost() {
			t.Fatalf("%d samples silent, %d moments said to be lost", silent, r.Lost())
		}
	})
}
