package dtmf

import (
	"fmt"
	"testing"
)

func TestMergerMakesOneDigitOfAPress(t *testing.T) {
	const ms = samplesPerMs
	// A step gives the merger a digit, extends one, or lets the time pass.
	type step struct {
		add    Digit
		extend Digit
		up     bool
		tick   int64
	}
	digit := func(key byte, way Way, start int64) step {
		return step{add: Digit{Key: key, Way: way, Start: start * ms}}
	}
	long := func(key byte, way Way, start, length int64) step {
		return step{add: Digit{Key: key, Way: way, Start: start * ms, Length: length * ms}}
	}
	lasts := func(key byte, way Way, start, length int64) step {
		return step{extend: Digit{Key: key, Way: way, Start: start * ms, Length: length * ms}}
	}
	lasted := func(key byte, way Way, start, length int64) step {
		s := lasts(key, way, start, length)
		s.up = true
		return s
	}
	tick := func(at int64) step { return step{tick: at * ms} }
	for _, c := range []struct {
		why    string
		events bool
		steps  []step
		want   string // digits with their ways; | ends a step
	}{
		{"events at once", true, []step{digit('1', Event, 0), tick(500)}, "1event| |"},
		{"tones at once without events", false, []step{digit('1', Tone, 0), tick(500)}, "1tone| |"},
		{"event, then its tone", true, []step{digit('1', Event, 0), digit('1', Tone, 30), tick(500)}, "1event| | |"},
		{"tone, then its event", true, []step{digit('1', Tone, 30), tick(100), digit('1', Event, 100), tick(500)}, "| |1event| |"},
		{"a tone without an event waits for the window", true, []step{digit('1', Tone, 1000), tick(1149), tick(1150), tick(1500)}, "| |1tone| |"},
		{"a long tone whose event comes late", true, []step{digit('1', Tone, 0), tick(150), digit('1', Event, 250), tick(1000)}, "|1tone| | |"},
		{"a long tone, known to last, whose event comes very late", true, []step{digit('1', Tone, 0), tick(150), lasts('1', Tone, 0, 900), digit('1', Event, 800), tick(2000)}, "|1tone| | | |"},
		{"an event within a tone of known length", true, []step{long('1', Tone, 0, 1000), tick(150), digit('1', Event, 700), tick(2000)}, "|1tone| | |"},
		{"a tone within an event of known length", true, []step{long('1', Event, 0, 1000), digit('1', Tone, 700), tick(2000)}, "1event| | |"},
		{"a tone heard in pieces within one event", true, []step{digit('1', Event, 0), digit('1', Tone, 20), lasts('1', Event, 0, 600), digit('1', Tone, 400), tick(2000)}, "1event| | | | |"},
		{"a tone long after an event is another press", true, []step{long('1', Event, 0, 100), digit('1', Tone, 400), tick(2000)}, "1event| |1tone|"},
		{"an event after a tone has ended is another press", true, []step{long('1', Tone, 0, 100), tick(150), digit('1', Event, 400), tick(2000)}, "|1tone|1event| |"},
		{"two events are never one", true, []step{digit('1', Event, 0), digit('1', Event, 20), tick(500)}, "1event|1event| |"},
		{"two tones are never one", false, []step{digit('1', Tone, 0), digit('1', Tone, 80), tick(500)}, "1tone|1tone| |"},
		{"a key twice, by both ways", true, []step{digit('1', Event, 0), digit('1', Tone, 0), digit('1', Tone, 120), digit('1', Event, 120), tick(500)}, "1event| | |1event| |"},
		{"a key twice, all tones first", true, []step{digit('1', Tone, 0), digit('1', Tone, 100), digit('1', Event, 10), digit('1', Event, 110), tick(500)}, "| |1event|1event| |"},
		{"another key is another press", true, []step{digit('1', Event, 0), digit('2', Tone, 0), tick(500)}, "1event| |2tone|"},
		{"tones in their order before a later event", true, []step{digit('1', Tone, 0), digit('2', Event, 100), tick(500)}, "|1tone2event| |"},
		{"tones come out in order", true, []step{digit('1', Tone, 0), digit('2', Tone, 90), tick(500)}, "| |1tone2tone|"},
		{"INFO after its event", true, []step{digit('1', Event, 0), digit('1', Info, 299), tick(900)}, "1event| | |"},
		{"INFO before its event", true, []step{digit('1', Info, 0), digit('1', Event, 200), tick(900)}, "1info| | |"},
		{"INFO long after an event", true, []step{long('1', Event, 0, 90), digit('1', Info, 400), tick(900)}, "1event|1info| |"},
		{"INFO when an event ends", true, []step{digit('1', Event, 0), lasted('1', Event, 0, 2000), digit('1', Info, 2250), tick(2900)}, "1event| | | |"},
		{"INFO while an event goes on", true, []step{digit('1', Event, 0), lasts('1', Event, 0, 500), digit('1', Info, 900), tick(2900)}, "1event| | | |"},
		{"INFO of three quick presses, each late", true, []step{
			long('1', Event, 0, 80), long('1', Event, 160, 80), long('1', Event, 320, 80),
			digit('1', Info, 300), digit('1', Info, 460), digit('1', Info, 620), tick(2900)}, "1event|1event|1event| | | | |"},
		{"an event as its tone ends, long after it began", true, []step{digit('1', Tone, 0), tick(150), lasted('1', Tone, 0, 260), digit('1', Event, 290), tick(900)}, "|1tone| | | |"},
		{"an event while its tone sounds, as far as is known", true, []step{digit('1', Tone, 0), tick(150), lasts('1', Tone, 0, 200), digit('1', Event, 400), tick(900)}, "|1tone| | | |"},
		{"a tone in pieces, the first before its event", true, []step{digit('1', Tone, 0), tick(150), digit('1', Event, 100), lasts('1', Event, 100, 400), digit('1', Tone, 300), tick(900)}, "|1tone| | | | |"},
		{"a tone of another key within an event", true, []step{digit('1', Event, 0), lasts('1', Event, 0, 400), digit('2', Tone, 300), tick(900)}, "1event| | |2tone|"},
		{"INFO after a tone", false, []step{digit('1', Tone, 0), digit('1', Info, 200), tick(900)}, "1tone| | |"},
		{"two INFO are two presses", true, []step{digit('1', Info, 0), digit('1', Info, 100), tick(900)}, "1info|1info| |"},
		{"INFO, event and tone", true, []step{digit('1', Event, 0), digit('1', Tone, 10), digit('1', Info, 100), tick(900)}, "1event| | | |"},
		{"INFO while its tone waits", true, []step{digit('1', Tone, 0), digit('1', Info, 100), tick(900)}, "| |1tone|"},
		{"more than it remembers", true, []step{
			digit('1', Tone, 0), digit('2', Tone, 1), digit('3', Tone, 2), digit('4', Tone, 3), digit('5', Tone, 4),
			digit('6', Tone, 5), digit('7', Tone, 6), digit('8', Tone, 7), digit('9', Tone, 8), tick(900)}, "| | | | | | | |1tone|2tone3tone4tone5tone6tone7tone8tone9tone|"},
	} {
		m := Merger{}
		if c.events {
			m = NewMerger(MergeWindow)
		}
		got := ""
		for i, s := range c.steps {
			var digits []Digit
			switch {
			case s.tick != 0:
				digits = m.Tick(nil, s.tick)
			case s.extend.Key != 0:
				m.Extend(s.extend, !s.up)
			default:
				digits = m.Add(nil, s.add)
			}
			for _, d := range digits {
				got += fmt.Sprintf("%c%v", d.Key, d.Way)
			}
			if len(digits) == 0 && i > 0 {
				got += " "
			}
			got += "|"
		}
		if got != c.want {
			t.Errorf("%s: got %q, want %q", c.why, got, c.want)
		}
	}
}

func TestParseInfo(t *testing.T) {
	const relay, bare = "application/dtmf-relay", "application/dtmf"
	for _, c := range []struct {
		kind, body string
		key        byte
		ms         int
	}{
		{relay, "Signal=5\r\nDuration=160\r\n", '5', 160},
		{relay, "Signal= 5\r\nDuration= 160", '5', 160},
		{relay, "signal =\t*\nDURATION = 90", '*', 90},
		{relay, "Duration=250\rSignal=#\r", '#', 250},
		{relay, "Signal=10\r\n", '*', 0},
		{relay, "Signal=11\r\n", '#', 0},
		{relay, "Signal=12\r\n", 'A', 0},
		{relay, "Signal=d\r\nDuration=never\r\n", 'D', 0},
		{relay, "Signal=0\r\nDuration=-5\r\n", '0', 0},
		{relay, "Signal=0\r\nDuration=99999999\r\n", '0', maxInfoMs},
		{relay, "Signal=1\r\nSignal=2\r\n", '1', 0},
		{"Application/DTMF-Relay; charset=utf-8", "Signal=7\r\nDuration=100\r\n", '7', 100},
		{bare, "5", '5', 0},
		{bare, " # \r\n", '#', 0},
		{bare, "11", '#', 0},
		{bare, "b", 'B', 0},
		{bare, "Signal=3\r\nDuration=80\r\n", '3', 80},
		{relay, "", 0, 0},
		{relay, "5", 0, 0},
		{relay, "Signal=\r\n", 0, 0},
		{relay, "Signal=16\r\n", 0, 0},
		{relay, "Signal=05\r\n", 0, 0},
		{relay, "Signal=+5\r\n", 0, 0},
		{relay, "Signal=!\r\n", 0, 0},
		{relay, "Signal=é\r\n", 0, 0},
		{bare, "55", 0, 0},
		{"application/sdp", "5", 0, 0},
		{"", "5", 0, 0},
	} {
		key, ms, err := ParseInfo(c.kind, []byte(c.body))
		if key != c.key || ms != c.ms || (err != nil) != (c.key == 0) {
			t.Errorf("%s %q: %q, %d, %v; want %q, %d", c.kind, c.body, key, ms, err, c.key, c.ms)
		}
	}
}

func FuzzParseInfo(f *testing.F) {
	f.Add("application/dtmf-relay", []byte("Signal=5\r\nDuration=160\r\n"))
	f.Add("application/dtmf", []byte("#"))
	f.Fuzz(func(t *testing.T, kind string, body []byte) {
		key, ms, err := ParseInfo(kind, body)
		if (err == nil) != Valid(key) || ms < 0 || ms > maxInfoMs {
			t.Errorf("%q, %d, %v", key, ms, err)
		}
	})
}

// Whatever comes in which order: what comes out came in, an event that joins nothing comes out at once, nothing is lost, and
// of each key there are at least as many digits as the way has that reported it most often.
func FuzzMerger(f *testing.F) {
	f.Add([]byte{0, 1, 0, 10, 1, 5, 3, 200})
	f.Add([]byte{1, 0, 0, 100, 3, 160, 2, 0, 9, 255})
	f.Fuzz(func(t *testing.T, b []byte) {
		m := NewMerger(MergeWindow)
		now := int64(0)
		came, out := map[Digit]int{}, map[byte]int{}
		times := map[byte]*[3]int{}
		var newest [3]Digit
		take := func(digits []Digit) {
			for _, d := range digits {
				if came[d]--; came[d] < 0 {
					t.Fatalf("%+v came out more often than in", d)
				}
				out[d.Key]++
			}
		}
		for ; len(b) >= 2; b = b[2:] {
			now += int64(b[1]) * samplesPerMs
			way := Way(b[0] % 4)
			if way == 3 {
				way = Way(b[0] >> 2 % 3)
				d := newest[way]
				d.Length = max(now-d.Start, 0)
				m.Extend(d, b[0] >= 128)
				take(m.Tick(nil, now))
				continue
			}
			d := Digit{Key: keys[b[0]>>2%3], Way: way, Start: now - int64(b[0]>>4)*samplesPerMs, Length: int64(b[0]>>5) * 160}
			newest[way] = d
			came[d]++
			if times[d.Key] == nil {
				times[d.Key] = &[3]int{}
			}
			times[d.Key][way]++
			before := out[d.Key]
			take(m.Add(nil, d))
			if _, joined := m.Joined(); way != Tone && !joined && out[d.Key] == before {
				t.Fatalf("%+v is new and does not come out", d)
			}
		}
		take(m.Tick(nil, now+10*MergeWindow))
		for key, ways := range times {
			if out[key] < max(ways[Event], ways[Info]) {
				t.Fatalf("%c: %d digits of %v", key, out[key], ways)
			}
		}
	})
}
