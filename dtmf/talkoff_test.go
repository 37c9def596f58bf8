package dtmf

import (
	"errors"
	"flag"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"dialtone/media/g711"
	"dialtone/sounds"
)

// Talk-off: audio in which nobody presses a key, heard for hours. `make talkoff`
// installs the recordings and listens to all of them; `make test` to half an hour
// of those that it has.
var (
	hours  = flag.Float64("hours", 0.5, "of talk-off of each kind to hear; each seed hears the whole corpus three times, then the next begins")
	corpus = flag.String("corpus", "prompts", "kinds of talk-off, with commas between: prompts, music, espeak, flite, instruments, synthetic")
	keep   = flag.String("keep", "", "folder in which what programs speak and play is kept for the next run")
)

// A pass is one way to hear a recording; each seed has all three.
const (
	asRecorded = iota
	pitched    // faster or slower by up to a fifth
	noisy      // pitched, with noise 20 dB under it
	passes
)

// synthetic is what the lab makes anew for each seed and pass.
var synthetic = map[string]func(*rand.Rand, float64, float64) sound{
	"voice": voice, "music": music, "whistle": whistle, "murmur": murmur,
	"organ": organ, "bells": bells, "screech": screech, "buzzes": buzzes,
}

const syntheticLength = 20_000 // ms

// chance is how many digits an hour the corpora may have in which random notes are
// a key's two tones now and then, to all that can be measured; the others, none.
var chance = map[string]float64{"instruments": 2, "synthetic": 2}

// talkoff is a corpus in memory.
type talkoff struct {
	names []string
	audio [][]int16 // none where it is synthetic
}

// load reads, or has spoken and played, all of a kind.
func load(t *testing.T, kind string) (c talkoff) {
	if kind == "synthetic" {
		for name := range synthetic {
			for i := range 100 {
				c.names, c.audio = append(c.names, fmt.Sprintf("%s-%d", name, i)), append(c.audio, nil)
			}
		}
		slices.Sort(c.names)
		return c
	}
	all, err := recordings(kind)
	if err != nil {
		t.Fatalf("no recordings of kind %s: %v", kind, err)
	}
	c.names, c.audio = make([]string, len(all)), make([][]int16, len(all))
	side(len(all), func(i int) {
		pcm, err := all[i].kept()
		if err != nil {
			t.Errorf("%s: %v", all[i].name, err)
		}
		c.names[i], c.audio[i] = all[i].name, pcm
	})
	if t.Failed() {
		t.FailNow()
	}
	return c
}

// kept makes a recording, or reads it from where an earlier run kept it.
func (r recording) kept() ([]int16, error) {
	if *keep == "" || filepath.IsAbs(r.name) {
		return r.make()
	}
	path := filepath.Join(*keep, r.name+".wav")
	if pcm, err := readWAV(os.ReadFile(path)); err == nil {
		return pcm, nil
	}
	pcm, err := r.make()
	if err != nil {
		return nil, err
	}
	file, err := os.Create(path)
	if err != nil {
		return nil, err
	}
	return pcm, errors.Join(sounds.WriteWAV(file, pcm), file.Close())
}

// side does n things, two at a time.
func side(n int, do func(i int)) {
	var wait sync.WaitGroup
	next := make(chan int)
	for range 2 {
		wait.Go(func() {
			for i := range next {
				do(i)
			}
		})
	}
	for i := range n {
		next <- i
	}
	close(next)
	wait.Wait()
}

// heardIn gives the digits heard in a recording, and its length in samples.
func (c *talkoff) heardIn(j job, seed uint64) ([]Digit, int) {
	name := c.names[j.recording]
	rng := rngOf(seed, fmt.Sprintf("%s/%d", name, j.pass))
	kind, _, _ := strings.Cut(name, "-")
	var s sound
	make, isSynthetic := synthetic[kind]
	if isSynthetic {
		s = make(rng, syntheticLength, -12)
	}
	for _, x := range c.audio[j.recording] {
		s = append(s, float64(x))
	}
	if j.pass != asRecorded && !isSynthetic {
		s = s.pitched(math.Exp2(0.6*rng.Float64() - 0.3))
	}
	level := dB(4 - 20*rng.Float64())
	for k := range s {
		s[k] *= level
	}
	if j.pass == noisy {
		s.noise(rng, s.level()-20)
	}
	var d Detector
	var digits []Digit
	pcm := s.through(g711.Law(rng.IntN(2)))
	for at := 0; at < len(pcm); at += 160 {
		digits = d.Samples(digits, int64(at), pcm[at:min(at+160, len(pcm))])
	}
	return digits, len(pcm)
}

func TestTalkOff(t *testing.T) {
	for _, kind := range strings.Split(*corpus, ",") {
		c := load(t, kind)
		var heard float64
		falses := 0
		for s := *seed; heard < *hours; s++ {
			jobs := c.jobs(s, *hours-heard)
			found := make([][]Digit, len(jobs))
			lengths := make([]int, len(jobs))
			side(len(jobs), func(i int) { found[i], lengths[i] = c.heardIn(jobs[i], s) })
			samples, digits := 0, 0
			for i, digitsOf := range found {
				samples += lengths[i]
				digits += len(digitsOf)
				for _, digit := range digitsOf {
					t.Logf("seed %d, pass %d, %s: %c at %.3f s", s, jobs[i].pass, c.names[jobs[i].recording], digit.Key, float64(digit.Start)/8000)
				}
			}
			t.Logf("%s, seed %d: %d false digits in %.2f h", kind, s, digits, float64(samples)/hour)
			heard += float64(samples) / hour
			falses += digits
		}
		t.Logf("%s: %d false digits in %.1f h, %.2f an hour", kind, falses, heard, float64(falses)/heard)
		if float64(falses) > chance[kind]*heard {
			t.Errorf("%s: more than %.0f digits an hour", kind, chance[kind])
		}
	}
}

const hour = 3600 * 8000 // samples

// job is a pass over a recording.
type job struct{ recording, pass int }

// jobs gives a seed's, in an order of its own, of so many hours at most.
func (c *talkoff) jobs(seed uint64, most float64) (jobs []job) {
	for i := range c.names {
		for pass := range passes {
			jobs = append(jobs, job{i, pass})
		}
	}
	rand.New(rand.NewPCG(seed, 0)).Shuffle(len(jobs), func(i, k int) { jobs[i], jobs[k] = jobs[k], jobs[i] })
	for i, j := range jobs {
		samples := len(c.audio[j.recording])
		if samples == 0 {
			samples = syntheticLength * samplesPerMs
		}
		if most -= float64(samples) / hour; most < 0 {
			return jobs[:i+1]
		}
	}
	return jobs
}

// That the way of the test above hears digits at all.
func TestDigitOverTalkIsHeard(t *testing.T) {
	rng := rand.New(rand.NewPCG(*seed, 78))
	s := voice(rng, 20_000, -30)
	for i, key := range []byte(keys) {
		s.add(8000*(i+1), pairOf(rng, key, 100, 0, 0, -10, -9), 1)
	}
	c := talkoff{names: []string{"keys"}, audio: [][]int16{s.through(g711.A)}}
	if digits, _ := c.heardIn(job{0, asRecorded}, *seed); keysOf(digits) != keys {
		t.Errorf("heard %q", keysOf(digits))
	}
}
