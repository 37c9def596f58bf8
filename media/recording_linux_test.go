package media

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// BenchmarkRecording is a second of a call that is recorded, among 200 of them that write WAV files
// to a real disk: the processor time of all threads, the kernel's part included, and what the
// shard has of it. It goes at the pace of the writers, so that nothing is lost.
func BenchmarkRecording(b *testing.B) {
	for name, o := range map[string]RecordingOptions{
		"heard":  {},
		"mixed":  {Sides: BothSides},
		"stereo": {Format: Format{Stereo: true}},
		"mu-law": {Sides: BothSides, Format: Format{Coding: MuLaw}},
	} {
		b.Run(name, func(b *testing.B) {
			recorder := NewRecorder(0)
			var all []*Recording
			for i := range 200 {
				file, err := os.Create(filepath.Join(b.TempDir(), fmt.Sprint(i)))
				if err != nil {
					b.Fatal(err)
				}
				defer file.Close()
				all = append(all, recorder.Start(file, o))
			}
			heard, sent := ramp(0, 160), ramp(7, 160)
			for i, r := range all { // so that they do not fill their chunks in the same slot
				for range i % 13 {
					sides(r, heard, sent)
				}
			}
			memory, slots, began, shard := 0, 0, ownCPU(), time.Duration(0)
			for b.Loop() {
				at := time.Now()
				for _, r := range all {
					sides(r, heard, sent)
				}
				shard += time.Since(at)
				slots += len(all)
				for time.Sleep(time.Millisecond); recorder.Stats().Waiting > 0; {
					time.Sleep(time.Millisecond)
				}
				memory = max(memory, recorder.Stats().Memory)
			}
			for _, r := range all {
				closeNow(b, r)
			}
			seconds := float64(slots) / 50
			b.ReportMetric(float64((ownCPU()-began).Microseconds())/seconds, "cpu-µs/call-s")
			b.ReportMetric(float64(shard.Microseconds())/seconds, "shard-µs/call-s")
			b.ReportMetric(float64(memory)/float64(len(all)), "bytes/recording")
			b.ReportMetric(float64(recorder.Stats().Lost)/seconds, "lost/call-s")
		})
	}
}

// BenchmarkRecordedCallSecond is the CPU of a call that is recorded on both sides to a real disk, beside that of
// BenchmarkCallSecond, which is the same call without. It shows too that no packet is late for it.
func BenchmarkRecordedCallSecond(b *testing.B) {
	for _, n := range []int{100, 400} {
		b.Run(fmt.Sprintf("calls=%d", n), func(b *testing.B) {
			recorder, prompt := NewRecorder(0), counting(60*8000)
			var all []*Recording
			callSecond(b, n, false, func(_ *Streams, st *Stream) {
				file, err := os.Create(filepath.Join(b.TempDir(), "recording.wav"))
				if err != nil {
					b.Fatal(err)
				}
				b.Cleanup(func() { file.Close() })
				r := recorder.Start(file, RecordingOptions{Sides: BothSides})
				all = append(all, r)
				st.TapSent(r.Sent)
				st.Tap(r.Heard)
				st.Play(prompt)
			})
			for _, r := range all {
				closeNow(b, r)
			}
		})
	}
}
