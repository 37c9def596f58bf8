package dtmf

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"syscall"
	"testing"
	"time"

	"dialtone/media/g711"
)

// BenchmarkBesideSpandsp hears the same recordings with the detector and with
// spandsp's, turn about, and reports the median ratio of their CPU times: `make
// bench-dtmf` installs what it needs.
func BenchmarkBesideSpandsp(b *testing.B) {
	program := filepath.Join(b.TempDir(), "spandsp")
	if out, err := exec.Command("gcc", "-O2", "-o", program, "../tools/spandsp/dtmf.c", "-lspandsp").CombinedOutput(); err != nil {
		b.Skipf("spandsp is not to be had (make bench-dtmf installs it): %v\n%s", err, out)
	}
	rng := rand.New(rand.NewPCG(1, 6))
	made := func(s sound) []int16 { return s.scaled(-16).through(g711.Mu) }
	for _, c := range []struct {
		name string
		pcm  []int16
	}{
		{"prompts", allOf(b, soundFolder, "en", "fr")},
		{"music", allOf(b, musicFolder, "")},
		{"voice", made(voice(rng, 300_000, -16))},
		{"noise", made(murmur(rng, 300_000, -16))},
		{"presses", made(presses(rng, 300_000))},
		{"silence", make([]int16, 300*8000)},
	} {
		b.Run(c.name, func(b *testing.B) {
			path := filepath.Join(b.TempDir(), "recording.raw")
			raw, _ := binary.Append(nil, binary.LittleEndian, c.pcm)
			if err := os.WriteFile(path, raw, 0o600); err != nil {
				b.Fatal(err)
			}
			var ours, theirs, ratios []float64
			for b.Loop() {
				for range 5 {
					var digits int
					var their float64
					out, err := exec.Command(program, path).Output()
					if _, scanned := fmt.Sscan(string(out), &their, &digits); err != nil || scanned != nil {
						b.Fatal(err, scanned)
					}
					our := cost(c.pcm)
					ours, theirs, ratios = append(ours, our), append(theirs, their), append(ratios, our/their)
				}
			}
			b.ReportMetric(median(ours), "µs/s")
			b.ReportMetric(median(theirs), "spandsp-µs/s")
			b.ReportMetric(median(ratios), "ratio")
			b.ReportMetric(0, "ns/op")
		})
	}
}

// cost is the CPU time in µs that a second of pcm takes, heard in packets.
func cost(pcm []int16) float64 {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var d Detector
	digits := make([]Digit, 0, 16)
	begin := threadCPU()
	for at := 0; at+160 <= len(pcm); at += 160 {
		digits = d.Samples(digits[:0], int64(at), pcm[at:at+160])
	}
	return float64(threadCPU()-begin) / 1e3 / (float64(len(pcm)) / 8000)
}

func threadCPU() time.Duration {
	var usage syscall.Rusage
	const thread = 1 // RUSAGE_THREAD
	if err := syscall.Getrusage(thread, &usage); err != nil {
		panic(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

func median(all []float64) float64 {
	all = slices.Sorted(slices.Values(all))
	return all[len(all)/2]
}

// presses gives keys pressed for 100 ms, two a second.
func presses(rng *rand.Rand, ms float64) sound {
	s := silence(ms)
	s.noise(rng, -50)
	for at := 0; at+800 < len(s); at += 4000 {
		s.add(at, pairOf(rng, keys[rng.IntN(len(keys))], 100, 0, 0, -10, -10), 1)
	}
	return s
}

// allOf gives a folder's recordings one after the other.
func allOf(b *testing.B, root string, folders ...string) (all []int16) {
	found, err := files(root, folders...)
	if err != nil {
		b.Skip(err)
	}
	for _, r := range found {
		pcm, err := r.make()
		if err != nil {
			b.Fatal(err)
		}
		all = append(all, pcm...)
	}
	return all
}
