package interop

import (
	"fmt"
	"math"
	"os"
	"regexp"
	"strconv"
	"testing"
	"time"
)

// TestSoak has callers of all kinds come and go (soakers_test.go), looks at what the server holds all the while, and
// fails if anything of it grows: by the slope of a line through the second half of the time, and by what is left when
// all have gone. SOAK says how long it lasts.
func TestSoak(t *testing.T) {
	length, every, times := 12*time.Second, 500*time.Millisecond, 1
	if text := os.Getenv("SOAK"); text != "" {
		var err error
		if length, err = time.ParseDuration(text); err != nil {
			t.Fatalf("SOAK: %v (a time such as 30m)", err)
		}
		every, times = min(length/20, 10*time.Second), 4
	}
	s := startMeasured(t, soakDialplan, "--rtp-ports", fmt.Sprintf("%d-%d", soakPorts, soakPorts+799))
	crowd := newCrowd(t, s)
	crowd.visit() // one of each kind: what is made once is there
	idle := s.rested(t, crowd, 0)

	began, cpu, first := time.Now(), s.cpu(t), s.soaked(t)
	crowd.start(times)
	var samples []soakSample
	t.Logf("%8s %7s %5s  %s", "", "calls", "live", soakNames())
	for end := began.Add(length); time.Now().Before(end); {
		time.Sleep(every)
		sample := s.soaked(t)
		sample.at = time.Since(began)
		samples = append(samples, sample)
		t.Logf("%8s %7d %5.0f  %s", sample.at.Round(time.Second), crowd.made.Load(), sample.live, sample)
	}
	used := (s.cpu(t) - cpu).Seconds() / time.Since(began).Seconds()
	crowd.stop()
	lingers := time.Duration(0)
	if times > 1 {
		lingers = 40 * time.Second // SIP's transactions do for 32 s (RFC 3261, 64·T1)
	}
	left := s.rested(t, crowd, lingers)

	t.Logf("%d calls in %v, %.2f cores; by kind: %s", crowd.made.Load(), length, used, crowd.kinds())
	t.Logf("%-12s %9s %9s %9s %12s", "", "idle", "loaded", "left", "growth")
	second := samples[len(samples)/2:]
	for i, m := range soakMeasures {
		mean, growth := trend(second, i)
		allowed := m.some + m.share*mean
		if m.name == "memory kB" && second[len(second)-1].cycles-second[0].cycles < 2 {
			allowed += soakGarbage // what the line then follows is how garbage comes, not what stays
		}
		verdict := ""
		if growth > allowed {
			verdict = fmt.Sprintf("  more than %.0f in the second half", allowed)
			t.Errorf("%s grows", m.name)
		}
		if over := left.of[i] - idle.of[i]; over > m.some+m.share*idle.of[i]+m.kept {
			verdict += fmt.Sprintf("  %.0f more than before is left", over)
			t.Errorf("%s is not given back", m.name)
		}
		t.Logf("%-12s %9.0f %9.0f %9.0f %+12.1f%s", m.name, idle.of[i], mean, left.of[i], growth, verdict)
	}
	seen := scrape(t, s.http)
	for _, reason := range []string{"version", "source"} {
		if name := fmt.Sprintf("dialtone_rtp_dropped_total{reason=%q}", reason); seen[name] == 0 {
			t.Errorf("%s is 0: the garbage did not reach the calls", name)
		}
	}
	if seen[`dialtone_sip_dropped_total{reason="garbage"}`] == 0 {
		t.Error("the garbage did not reach SIP")
	}
	if each := (left.stored - first.stored) / float64(crowd.made.Load()); each > soakRecord {
		t.Errorf("the database grows by %.0f bytes a call: more than its record takes", each)
	}
}

// soakRecord is what the database may grow by for each call, in bytes: its record, on pages that are not all full.
const soakRecord = 24 << 10

// soakGarbage is what garbage may come to between two collections, in kB.
const soakGarbage = 16 << 10

// soakMeasure is something that must not grow: by more than some, and a share of its mean, over half the time. Of what a
// process keeps once it has been busy, kept may be left.
type soakMeasure struct {
	name              string
	some, share, kept float64
}

var soakMeasures = []soakMeasure{
	{"memory kB", 4096, 0.05, 24 << 10}, // anonymous; Go keeps what it may need again
	{"heap kB", 2048, 0.1, 3072},        // in use at the last garbage collection
	{"goroutines", 20, 0.2, 0},
	{"threads", 3, 0.1, 8},
	{"files", 10, 0.2, 0},
	{"ports", 10, 0.2, 0}, // pairs in use
}

// soakSample is what the server holds at a time.
type soakSample struct {
	at     time.Duration
	of     [6]float64 // soakMeasures
	live   float64
	stored float64 // bytes of the database
	cycles float64 // of garbage collection so far
}

func (s *measured) soaked(t *testing.T) soakSample {
	m := scrape(t, s.http)
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.pid))
	if err != nil {
		t.Fatal(err)
	}
	anonymous := regexp.MustCompile(`(?m)^RssAnon:\s+(\d+)`).FindSubmatch(text) // without the database, which is mapped
	if anonymous == nil {
		t.Fatal("no RssAnon in /proc/PID/status")
	}
	memory, _ := strconv.ParseFloat(string(anonymous[1]), 64)
	return soakSample{
		of: [6]float64{memory, m["go_gc_heap_live_bytes"] / 1024, m["go_goroutines"], float64(s.status(t).threads), m["process_open_fds"],
			m[`dialtone_rtp_ports{state="used"}`]},
		live: m["dialtone_calls"], stored: m["dialtone_store_bytes"], cycles: m["go_gc_duration_seconds"],
	}
}

func soakNames() (text string) {
	for _, m := range soakMeasures {
		text += fmt.Sprintf("%11s", m.name)
	}
	return text
}

func (s soakSample) String() (text string) {
	for _, v := range s.of {
		text += fmt.Sprintf("%11.0f", v)
	}
	return text
}

// rested waits until no call is left and what they held has been given back, for so long at least, and says what is held
// then.
func (s *measured) rested(t *testing.T, c *crowd, lingers time.Duration) (sample soakSample) {
	c.wait()
	time.Sleep(lingers)
	eventually(t, "all calls are over", 10*time.Second, func() bool {
		sample = s.soaked(t)
		return sample.live == 0 && sample.of[5] == 0
	})
	goroutines := math.Inf(1)
	for range 8 { // the last ones are ending
		time.Sleep(time.Second)
		if sample = s.soaked(t); sample.of[2] >= goroutines {
			break
		}
		goroutines = sample.of[2]
	}
	for cycles := sample.cycles + 1; sample.cycles <= cycles; { // looking makes garbage, which has the rest collected
		sample = s.soaked(t)
	}
	return sample
}

// trend fits a line through a measure's samples: its mean, and how much it rises over their time.
func trend(samples []soakSample, measure int) (mean, growth float64) {
	n := float64(len(samples))
	var at, sum float64
	for _, s := range samples {
		at += s.at.Seconds() / n
		mean += s.of[measure] / n
	}
	for _, s := range samples {
		d := s.at.Seconds() - at
		growth += d * (s.of[measure] - mean)
		sum += d * d
	}
	if sum == 0 {
		return mean, 0
	}
	return mean, growth / sum * (samples[len(samples)-1].at - samples[0].at).Seconds()
}

func TestTrend(t *testing.T) {
	var flat, rising []soakSample
	for i := range 50 {
		noise := float64(i % 7)
		at := time.Duration(i) * time.Second
		flat = append(flat, soakSample{at: at, of: [6]float64{100 + noise}})
		rising = append(rising, soakSample{at: at, of: [6]float64{100 + noise + 2*float64(i)}})
	}
	if mean, growth := trend(flat, 0); math.Abs(mean-103) > 1 || math.Abs(growth) > 1 {
		t.Errorf("what is flat has the mean %.1f and grows by %.1f", mean, growth)
	}
	if _, growth := trend(rising, 0); math.Abs(growth-98) > 2 {
		t.Errorf("what grows by 98 grows by %.1f", growth)
	}
}
