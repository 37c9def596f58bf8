package media

import (
	"bufio"
	"cmp"
	"flag"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// recordedPacket is one packet of a recorded line: packet i of its source, which sends every 20 ms, and when it came.
type recordedPacket struct {
	at        int64 // ms after packet 0 was sent
	index     int
	seq       uint16
	timestamp uint32
	marker    bool
}

// testdata/arrivals holds what came over lines of different kinds, 30 s each: a line for each packet in the order of
// coming, "ms index seq timestamp", with an m at its end for the marker bit. They were made by the kinds below:
// go test -run TestArrivals -make-arrivals writes them anew.
var makeArrivals = flag.Bool("make-arrivals", false, "write testdata/arrivals anew")

// kindsOfLine says for each kind how long a packet was under way in ms, or that it was lost, not sent or came twice.
var kindsOfLine = map[string]func(r *rand.Rand) func(i int) (delay float64, lost, twice bool){
	"even": func(r *rand.Rand) func(int) (float64, bool, bool) {
		return func(int) (float64, bool, bool) { return 20 + 2*r.Float64(), false, false }
	},
	"loss": func(r *rand.Rand) func(int) (float64, bool, bool) {
		return func(int) (float64, bool, bool) { return 20 + 4*r.Float64(), r.Float64() < 0.05, false }
	},
	"loss-in-bursts": func(r *rand.Rand) func(int) (float64, bool, bool) { // Gilbert's model: 4 packets on average
		bad := false
		return func(int) (float64, bool, bool) {
			bad = r.Float64() < map[bool]float64{true: 0.75, false: 0.01}[bad]
			return 20 + 4*r.Float64(), bad, false
		}
	},
	"reordering": func(r *rand.Rand) func(int) (float64, bool, bool) { // one in 20 goes a longer way
		return func(int) (float64, bool, bool) {
			return 20 + 3*r.Float64() + map[bool]float64{true: 25}[r.Float64() < 0.05], false, false
		}
	},
	"duplication": func(r *rand.Rand) func(int) (float64, bool, bool) {
		return func(int) (float64, bool, bool) { return 20 + 3*r.Float64(), false, r.Float64() < 0.1 }
	},
	"jitter": func(r *rand.Rand) func(int) (float64, bool, bool) { // exponential, 15 ms on average
		return func(int) (float64, bool, bool) { return 20 + 15*r.ExpFloat64(), false, false }
	},
	"wi-fi":     spikes(250, 60, 150),
	"bad-wi-fi": spikes(50, 40, 120),
	"full-uplink": func(r *rand.Rand) func(int) (float64, bool, bool) { // a queue that fills up and is emptied
		return func(i int) (float64, bool, bool) { return 20 + float64(i%200)*0.6 + 4*r.Float64(), false, false }
	},
	"another-route": func(r *rand.Rand) func(int) (float64, bool, bool) { // 80 ms longer, then shorter again
		return func(i int) (float64, bool, bool) {
			return 20 + 3*r.Float64() + map[bool]float64{true: 80}[i > 500 && i < 1000], false, false
		}
	},
	"silence-suppression": func(r *rand.Rand) func(int) (float64, bool, bool) { // talks for 1 to 3 s, is silent for 0.2 to 2
		talking, until := true, 0
		return func(i int) (float64, bool, bool) {
			if i == until {
				talking = i == 0 || !talking
				until += map[bool]int{true: 50, false: 10}[talking] + r.IntN(100)
			}
			return 20 + 8*r.Float64(), !talking, false
		}
	},
}

// spikes is radio: about once in every packets nothing comes through for a while, and then all at once.
func spikes(every, shortest, longest float64) func(r *rand.Rand) func(int) (float64, bool, bool) {
	return func(r *rand.Rand) func(int) (float64, bool, bool) {
		free := 0.0
		return func(i int) (float64, bool, bool) {
			sent := float64(i * 20)
			if r.Float64() < 1/every {
				free = max(free, sent+shortest+(longest-shortest)*r.Float64())
			}
			return max(20+3*r.ExpFloat64(), free-sent+r.Float64()), false, false
		}
	}
}

// arrivalsOf has n packets pass a line; sequence numbers and timestamps wrap on the way.
func arrivalsOf(name string, n int) []recordedPacket {
	seed := uint64(0)
	for _, b := range []byte(name) {
		seed = seed*31 + uint64(b)
	}
	r := rand.New(rand.NewPCG(seed, 1))
	under := kindsOfLine[name](r)
	silent := name == "silence-suppression"
	var all []recordedPacket
	seq, marker := uint16(65000), true
	for i := range n {
		delay, lost, twice := under(i)
		if silent && lost {
			marker = true
			continue
		}
		a := recordedPacket{int64(math.Ceil(float64(i*20) + delay)), i, seq, uint32(i*160 - 100000), marker}
		seq, marker = seq+1, false
		for k := range map[bool]int{false: 1, true: 2}[twice] {
			if !lost {
				a.at += int64(k * r.IntN(30))
				all = append(all, a)
			}
		}
	}
	slices.SortStableFunc(all, func(a, b recordedPacket) int { return cmp.Compare(a.at, b.at) })
	return all
}

func readArrivals(t *testing.T, name string) (all []recordedPacket) {
	t.Helper()
	path := filepath.Join("testdata", "arrivals", name)
	if *makeArrivals {
		var text []byte
		for _, a := range arrivalsOf(name, 1500) {
			text = fmt.Appendf(text, "%d %d %d %d%s\n", a.at, a.index, a.seq, a.timestamp, map[bool]string{true: " m"}[a.marker])
		}
		if err := os.WriteFile(path, text, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		var a recordedPacket
		var m string
		if n, err := fmt.Sscan(lines.Text(), &a.at, &a.index, &a.seq, &a.timestamp, &m); n < 4 {
			t.Fatalf("%s: %q: %v", path, lines.Text(), err)
		}
		a.marker = m == "m"
		all = append(all, a)
	}
	return all
}

// fate is what a jitter buffer made of a line.
type fate struct {
	delay   float64 // ms from when the fastest packet would have come until it is played, on average over the audio
	longest int64   // ms that a packet waited
	missing float64 // % of the time for which nothing was there
	unheard float64 // % of the packets that came and were never heard
	shifts  int     // times that play went ahead or back for the delay's sake
}

// replay plays what came with slots of n samples, and holds the buffer to its promises: what is handed out is what
// was put at its place, each sample once and in order; slots are full; no packet waits longer than it may.
func replay(t testing.TB, all []recordedPacket, j *JitterBuffer, n int) (f fate) {
	t.Helper()
	content := func(timestamp uint32) byte { return byte(timestamp*2654435761>>24) | 1 }
	var sources sources
	came := map[uint32]int64{} // by timestamp, ms
	fastest := int64(math.MaxInt64)
	for _, a := range all {
		fastest = min(fastest, a.at-int64(a.index)*20)
	}
	_, high := j.bounds()
	heardOnce := map[uint32]bool{}
	indexOf := map[uint32]int{}
	var begins [jitterSpan]bool // where packets in the buffer may begin
	var last uint32
	begun := false
	played, gone, total := 0, 0, 0
	next := 0
	for now := int64(13); next < len(all) || now < all[len(all)-1].at+500; now += int64(n / samplesPerMs) {
		for ; next < len(all) && all[next].at <= now; next++ {
			a := all[next]
			if _, why := sources.accept(7, a.seq); why != keep {
				continue
			}
			payload := make([]byte, 160)
			for i := range payload {
				payload[i] = content(a.timestamp + uint32(i))
			}
			j.Put(a.at*samplesPerMs, 7, a.timestamp, a.marker, payload)
			came[a.timestamp], indexOf[a.timestamp], begins[a.timestamp%jitterSpan] = a.at, a.index, true
		}
		j.Slot(now*samplesPerMs, n)
		by := min(max(j.Wish(), -n), n)
		j.Shifted(by)
		if by != 0 {
			f.shifts++
		}
		for left := n + by; left > 0; {
			var b [160]byte
			got, heard := j.Take(b[:min(left, len(b))])
			if got <= 0 || got > left {
				t.Fatalf("%d ms: took %d of %d", now, got, left)
			}
			left -= got
			if heard {
				at := j.play - uint32(got)
				if back := int32(last - at); begun && back > 0 && back < jitterSpan { // further back the source has begun anew
					t.Fatalf("%d ms: sample %d after %d", now, at, last)
				}
				begun, last = true, at+uint32(got)
				for i := range got {
					if b[i] != content(at+uint32(i)) {
						t.Fatalf("%d ms: sample %d is not what was put there", now, at+uint32(i))
					}
				}
				for s := at; s != at+uint32(got); s++ {
					if !begins[s%jitterSpan] {
						continue
					}
					if c, ok := came[s]; ok {
						heardOnce[s] = true
						played++
						f.delay += float64(now - int64(indexOf[s])*20 - fastest)
						f.longest = max(f.longest, now-c)
					}
				}
			}
			if begun && next < len(all) {
				total += got
				if !heard {
					gone += got
				}
			}
		}
	}
	if limit := int64((2*high + n + 160) / samplesPerMs); f.longest > limit { // as long again when one before it comes late
		t.Errorf("a packet waited for %d ms, at most %d are allowed", f.longest, limit)
	}
	f.delay /= float64(played)
	f.missing = 100 * float64(gone) / float64(total)
	f.unheard = 100 * float64(len(came)-len(heardOnce)) / float64(len(came))
	return f
}

// What the buffer makes of each line; the bounds are just above it. Where packets are lost or silence is not sent, what is
// missing is that. Nothing that came is ever dropped here.
func TestArrivals(t *testing.T) {
	files, err := os.ReadDir(filepath.Join("testdata", "arrivals"))
	if err != nil || len(files) != len(kindsOfLine) && !*makeArrivals {
		t.Fatalf("%d recorded lines, want %d (%v)", len(files), len(kindsOfLine), err)
	}
	for name, most := range map[string]fate{
		"even":                {delay: 13, missing: 0, shifts: 2},
		"loss":                {delay: 13, missing: 5.4, shifts: 2},
		"loss-in-bursts":      {delay: 13, missing: 6.1, shifts: 2},
		"reordering":          {delay: 53, missing: 0.1, shifts: 5},
		"duplication":         {delay: 13, missing: 0, shifts: 2},
		"jitter":              {delay: 91, missing: 0.21, shifts: 6},
		"wi-fi":               {delay: 65, missing: 0.6, shifts: 12},
		"bad-wi-fi":           {delay: 88, missing: 0.4, shifts: 4},
		"full-uplink":         {delay: 125, missing: 0.4, shifts: 2},
		"another-route":       {delay: 66, missing: 0.4, shifts: 3},
		"silence-suppression": {delay: 33, missing: 36.3, shifts: 5},
	} {
		t.Run(name, func(t *testing.T) {
			var j JitterBuffer
			got := replay(t, readArrivals(t, name), &j, 160)
			t.Logf("%+v", got)
			if got.delay > most.delay || got.missing > most.missing || got.unheard > most.unheard || got.shifts > most.shifts {
				t.Errorf("%+v, want at most %+v", got, most)
			}
		})
	}
}

// A far end whose clock runs faster or slower than ours, for half an hour: nothing is dropped or missing, the
// delay stays, and play shifts as often as the 360 ms between the clocks have slots.
func TestJitterBufferKeepsUpWithDrift(t *testing.T) {
	for _, ppm := range []float64{-200, 200} {
		for name, jitter := range map[string]float64{"even": 2, "uneven": 15} {
			r := rand.New(rand.NewPCG(1, 2))
			all := make([]recordedPacket, 90_000)
			for i := range all {
				sent := float64(i) * 20 * (1 + ppm/1e6)
				all[i] = recordedPacket{at: int64(math.Ceil(sent + 20 + jitter*r.Float64())), index: i, seq: uint16(i), timestamp: uint32(i * 160)}
			}
			var j JitterBuffer
			f := replay(t, all, &j, 160)
			if f.missing > 0.002 || f.unheard > 0 || f.longest > 70 || f.shifts < 15 || f.shifts > 60 { // one packet in half an hour, before the line is known
				t.Errorf("%+.0f ppm, %s: %+v", ppm, name, f)
			}
		}
	}
}

// Lines of every kind of badness at once, with slots, packets and bounds of any length.
func TestJitterBufferKeepsItsPromises(t *testing.T) {
	for seed := range uint64(300) {
		r := rand.New(rand.NewPCG(seed, 3))
		var all []recordedPacket
		loss, jitter, spike := r.Float64()*r.Float64(), 60*r.Float64()*r.Float64(), 400*r.Float64()
		seq, timestamp, free := uint16(r.Uint32()), r.Uint32(), 0.0
		for i := range 1000 {
			sent := float64(i * 20)
			if r.IntN(100) == 0 {
				free = sent + spike
			}
			switch r.IntN(400) {
			case 0:
				timestamp += uint32(r.IntN(100000)) // silence, or a source that begins anew
			case 1:
				timestamp = r.Uint32()
			}
			a := recordedPacket{int64(max(sent+jitter*r.ExpFloat64(), free)), i, seq, timestamp, r.IntN(50) == 0}
			seq, timestamp = seq+1, timestamp+160
			if r.Float64() >= loss {
				all = append(all, a)
			}
			if r.IntN(30) == 0 {
				a.at += int64(r.IntN(200))
				all = append(all, a)
			}
		}
		slices.SortStableFunc(all, func(a, b recordedPacket) int { return cmp.Compare(a.at, b.at) })
		low := r.IntN(200)
		j := JitterBuffer{low: low * samplesPerMs, high: max(low, 20+r.IntN(280)) * samplesPerMs}
		replay(t, all, &j, []int{80, 160, 240, 320, 480}[r.IntN(5)])
		if t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
}

// FuzzJitterBuffer does what the bytes say: packets with any timestamps, slots of any length.
func FuzzJitterBuffer(f *testing.F) {
	f.Add([]byte{0, 160, 0, 0, 0, 1, 2, 160, 0, 160, 0, 0, 0, 2, 160})
	f.Add([]byte{1, 255, 255, 255, 255, 255, 2, 80, 3, 9, 9, 2, 240})
	f.Fuzz(func(t *testing.T, ops []byte) {
		var j JitterBuffer
		now, timestamp := int64(0), uint32(0)
		for len(ops) >= 3 {
			kind, a, b := ops[0], uint32(ops[1]), uint32(ops[2])
			ops = ops[3:]
			switch kind % 8 {
			case 0, 1, 2:
				timestamp += 160
				j.Put(now, uint32(kind/64), timestamp+(a-128)*160*uint32(kind%2), b > 250, make([]byte, 160))
			case 3:
				timestamp = a<<24 | b<<8
				j.Put(now-int64(a), 1, timestamp, b&1 == 1, make([]byte, a*8))
			case 4:
				j.Noise(timestamp + a)
			default:
				n := []int{80, 160, 480}[a%3]
				now += int64(n)
				j.Slot(now, n)
				by := min(max(j.Wish(), -n), n)
				j.Shifted(by)
				for left := n + by; left > 0; {
					var dst [160]byte
					got, _ := j.Take(dst[:min(left, 160)])
					if got <= 0 || got > left {
						t.Fatalf("took %d of %d", got, left)
					}
					left -= got
				}
			}
			if n := countPresent(&j); n != j.held {
				t.Fatalf("%d samples present, %d counted", n, j.held)
			}
			if j.started && int(int32(j.end-j.play)) > jitterSpan {
				t.Fatalf("%d samples ahead", int32(j.end-j.play))
			}
		}
	})
}

func BenchmarkJitterBuffer(b *testing.B) {
	var j JitterBuffer
	payload, dst := make([]byte, 160), make([]byte, 160)
	r := rand.New(rand.NewPCG(1, 2))
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		at := int64(i * 160)
		j.Put(at+int64(r.IntN(400)), 1, uint32(i*160), false, payload)
		j.Slot(at+160, 160)
		j.Shifted(j.Wish())
		j.Take(dst)
	}
}
