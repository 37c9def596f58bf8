package media

import (
	"cmp"
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"dialtone/dtmf"
	"dialtone/media/g711"
)

// caller is a far end that presses keys: what it sends, packet by packet, and when each packet arrives. Times are in ms.
type caller struct {
	presses []keyPress
	until   int                // when it hangs up
	delay   func(slot int) int // of the packets of a slot of 20 ms; nil: none
	lost    func(slot int) bool
}

// keyPress is one press of a key and the ways in which it is sent.
type keyPress struct {
	key       byte
	at, until int
	tone      interval // when the tone is in the audio; empty: never
	event     interval // when event packets are sent, in place of audio unless beside
	since     int      // the beginning that the event tells of, by timestamp and duration
	beside    bool     // audio is sent all the while
	endless   bool     // none of the end packets is sent
	info      int      // when INFO arrives; 0: none
}

type interval struct{ from, to int }

func (i interval) has(at int) bool { return i.from <= at && at < i.to }

// heardKey is a digit that came out of the stream, with the time.
type heardKey struct {
	digit dtmf.Digit
	at    int
}

const callerStarts = 100_000 // RTP timestamp at 0 ms

// packets gives what the caller sends, in the order of arrival.
func (c *caller) packets() (packets []timedPacket, info map[int]byte) {
	info = map[int]byte{}
	seq := uint16(65000)
	send := func(slot int, h header, payload []byte) {
		h.seq, h.ssrc = seq, 3
		seq++
		if c.lost != nil && c.lost(slot) {
			return
		}
		at := slot*20 + 20 // a packet leaves when its audio has been heard
		if c.delay != nil {
			at += c.delay(slot)
		}
		packets = append(packets, timedPacket{millis(at), rtpPacket(h, payload)})
	}
	for _, p := range c.presses {
		if p.info > 0 {
			info[p.info] = p.key
		}
	}
	pcm, frame := make([]int16, 160), make([]byte, 160)
	ends := map[int]int{}
	for slot := range c.until / 20 {
		began := slot * 20
		var tone [160]int16
		clear(pcm)
		audio := true
		for i, p := range c.presses {
			dtmf.ToneSamples(tone[:], p.key, (began-p.at)*samplesPerMs)
			for n := range pcm {
				if p.tone.has(began + n/samplesPerMs) {
					pcm[n] = tone[n]
				}
			}
			over := began+20 > p.event.to
			if p.event.from >= p.event.to || began+20 <= p.event.from || over && (p.endless || ends[i] == 3) {
				continue
			}
			if over {
				ends[i]++
			}
			duration := min(began+20, p.event.to) - p.since
			h := header{payloadType: 101, timestamp: uint32(callerStarts + p.since*samplesPerMs), marker: began < p.event.from+20 && began+20 > p.event.from}
			send(slot, h, eventPayload(byte(strings.IndexByte("0123456789*#ABCD", p.key)), over, duration*samplesPerMs))
			audio = audio && p.beside
		}
		if audio {
			g711.Mu.EncodeTo(frame, pcm)
			send(slot, header{timestamp: uint32(callerStarts + began*samplesPerMs)}, slices.Clone(frame))
		}
	}
	slices.SortStableFunc(packets, func(a, b timedPacket) int { return cmp.Compare(a.at, b.at) })
	return packets, info
}

// call has a stream hear the caller.
func (c *caller) call(t testing.TB, window int64) (heard []heardKey) {
	l := newLab(t, Config{})
	p := muParams()
	st := l.stream(&p)
	st.receiver.find(&st.params).merger = dtmf.NewMerger(window)
	packets, info := c.packets()
	for now := range c.until + 1000 {
		for len(packets) > 0 && packets[0].at <= millis(now) {
			l.hear(st, there, packets[0].b)
			packets = packets[1:]
		}
		if key, ok := info[now]; ok {
			st.Info(key)
		}
		l.step(1)
		for len(st.Digits()) > 0 {
			heard = append(heard, heardKey{<-st.Digits(), now})
		}
	}
	return heard
}

// onePress is a press of 120 ms, 1 s after the call begins, when the jitter buffer has settled.
func onePress(key byte) keyPress { return keyPress{key: key, at: 1000, until: 1120} }

func TestOnePressIsOneDigit(t *testing.T) {
	with := func(p keyPress, change func(*keyPress)) keyPress { change(&p); return p }
	event := func(p keyPress) keyPress {
		p.event, p.since = interval{p.at, p.until}, p.at
		return p
	}
	tone := func(p keyPress) keyPress {
		p.tone = interval{p.at, p.until}
		return p
	}
	// leak is a gateway that hears the tone itself, takes so long for it, and sends audio until then.
	leak := func(p keyPress, ms int) keyPress {
		p.tone = interval{p.at, p.at + ms}
		p.event, p.since = interval{p.at + ms, p.until + ms}, p.at+ms
		return p
	}
	later := func(p keyPress, ms int) keyPress { p.at, p.until = p.at+ms, p.until+ms; return p }
	long := func(p keyPress) keyPress { p.until = p.at + 5000; return p }
	spike := func(from, to, ms int) func(int) int {
		return func(slot int) int {
			if at := slot * 20; at >= from && at < to {
				return max(ms-(at-from), 0)
			}
			return 0
		}
	}
	for _, c := range []struct {
		why     string
		want    string // keys with their ways
		within  int    // ms from the press until the first digit
		presses []keyPress
		delay   func(slot int) int
	}{
		{"an event", "1event", 40, []keyPress{event(onePress('1'))}, nil},
		{"a tone, though events were negotiated", "1tone", 210, []keyPress{tone(onePress('1'))}, nil},
		{"both at once", "1event", 40, []keyPress{tone(event(onePress('1')))}, nil},
		{"both at once, with audio beside", "1event", 40, []keyPress{with(tone(event(onePress('1'))), func(p *keyPress) { p.beside = true })}, nil},
		{"a leak of 20 ms", "1event", 60, []keyPress{leak(onePress('1'), 20)}, nil},
		{"a leak of 60 ms", "1event", 100, []keyPress{leak(onePress('1'), 60)}, nil},
		{"a leak of 100 ms", "1event", 150, []keyPress{leak(onePress('1'), 100)}, nil},
		{"a leak of 130 ms", "1event", 180, []keyPress{leak(onePress('1'), 130)}, nil},
		{"a leak of 200 ms", "1tone", 210, []keyPress{leak(onePress('1'), 200)}, nil},
		{"a leak that the event dates back", "1event", 100, []keyPress{with(leak(onePress('1'), 60), func(p *keyPress) { p.since = p.at })}, nil},
		{"a leak that goes on beside the event, and after it", "1event", 100, []keyPress{with(leak(onePress('1'), 60), func(p *keyPress) { p.tone.to, p.beside = p.until+100, true })}, nil},
		{"the tone comes 100 ms after the event", "1event", 40, []keyPress{with(event(onePress('1')), func(p *keyPress) { p.tone, p.beside = interval{p.at + 100, p.until + 100}, true })}, nil},
		{"the audio is 200 ms late", "1event", 250, []keyPress{tone(event(onePress('1')))}, spike(980, 1300, 200)},
		{"a jitter buffer of 200 ms", "1event", 250, []keyPress{with(tone(event(onePress('1'))), func(p *keyPress) { p.beside = true })},
			func(slot int) int { return slot % 7 * 28 }},
		{"the event is 70 ms late, the leak is not", "1event", 200, []keyPress{leak(onePress('1'), 60)}, spike(1060, 1200, 70)},
		{"the event is 160 ms late, after the tone has come out", "1tone", 210, []keyPress{leak(onePress('1'), 60)}, spike(1060, 1200, 160)},
		{"the same key twice, fast, both ways", "1event1event", 40, []keyPress{
			with(tone(event(onePress('1'))), func(p *keyPress) { p.until, p.event.to, p.tone.to, p.beside = 1050, 1050, 1050, true }),
			with(tone(event(later(onePress('1'), 100))), func(p *keyPress) { p.until, p.event.to, p.tone.to, p.beside = 1150, 1150, 1150, true })}, nil},
		{"the same key four times, leaking", "2event2event2event2event", 100, []keyPress{
			leak(onePress('2'), 60), leak(later(onePress('2'), 220), 60), leak(later(onePress('2'), 440), 60), leak(later(onePress('2'), 660), 60)}, nil},
		{"the same key twice, fast, tones alone", "1tone1tone", 210, []keyPress{
			with(tone(onePress('1')), func(p *keyPress) { p.tone.to = 1050 }), with(tone(later(onePress('1'), 100)), func(p *keyPress) { p.tone.to = 1150 })}, nil},
		{"an event, then the tone of another key", "1event2tone", 40, []keyPress{event(onePress('1')), tone(later(onePress('2'), 200))}, nil},
		{"a tone, then the event of another key at once", "1tone2event", 210, []keyPress{tone(onePress('1')), event(later(onePress('2'), 130))}, nil},
		{"5 s, both ways", "1event", 40, []keyPress{with(tone(event(long(onePress('1')))), func(p *keyPress) { p.beside = true })}, nil},
		{"5 s, the tone alone", "1tone", 210, []keyPress{tone(long(onePress('1')))}, nil},
		{"10 s, an event of two segments beside its tone", "1event", 40, []keyPress{
			with(tone(event(with(onePress('1'), func(p *keyPress) { p.until = 9000 }))), func(p *keyPress) { p.beside = true })}, nil},
		{"the ends are lost and the tone goes on", "1event", 40, []keyPress{with(event(onePress('1')), func(p *keyPress) {
			p.tone, p.beside, p.endless = interval{p.at, p.at + 900}, true, true
		})}, nil},
		{"INFO beside an event", "1event", 40, []keyPress{with(event(onePress('1')), func(p *keyPress) { p.info = 1100 })}, nil},
		{"INFO 300 ms after the end of an event", "1event", 40, []keyPress{with(event(onePress('1')), func(p *keyPress) { p.info = 1410 })}, nil},
		{"INFO before an event", "1info", 40, []keyPress{with(event(later(onePress('1'), 200)), func(p *keyPress) { p.info = 1010 })}, nil},
		{"INFO beside a tone", "1info", 110, []keyPress{with(tone(onePress('1')), func(p *keyPress) { p.info = 1030 })}, nil},
		{"INFO 300 ms after the end of a tone", "1tone", 210, []keyPress{with(tone(onePress('1')), func(p *keyPress) { p.info = 1400 })}, nil},
		{"all three", "1event", 40, []keyPress{with(tone(event(onePress('1'))), func(p *keyPress) { p.info, p.beside = 1150, true })}, nil},
		{"INFO alone, twice", "1info1info", 40, []keyPress{with(onePress('1'), func(p *keyPress) { p.info = 1010 }), with(onePress('1'), func(p *keyPress) { p.info = 1200 })}, nil},
	} {
		last := 0
		for _, p := range c.presses {
			last = max(last, p.until)
		}
		caller := caller{presses: c.presses, until: last + 2000, delay: c.delay}
		heard := caller.call(t, dtmf.MergeWindow)
		got := ""
		for _, h := range heard {
			got += fmt.Sprintf("%c%v", h.digit.Key, h.digit.Way)
		}
		if got != c.want {
			t.Errorf("%s: heard %q, want %q", c.why, got, c.want)
			continue
		}
		if delay := heard[0].at - c.presses[0].at; delay > c.within {
			t.Errorf("%s: heard after %d ms, want within %d", c.why, delay, c.within)
		}
	}
}

func millis(ms int) time.Duration { return time.Duration(ms) * time.Millisecond }

// A line that stands still in the middle of a tone makes no second press of it: the rest of the tone comes late, and after it
// the audio goes on where it was.
func TestStandstillsOfTheLineDoNotSplitTones(t *testing.T) {
	pressed, heard := 0, 0
	for call := range uint64(30) {
		rng := rand.New(rand.NewPCG(call, 77))
		over := 0
		c := caller{delay: func(slot int) int {
			if slot*20 >= over && rng.IntN(40) == 0 {
				over = slot*20 + 60 + rng.IntN(140)
			}
			return max(over-slot*20, 0)
		}}
		at := 400
		for range 10 {
			c.presses = append(c.presses, keyPress{key: '5', at: at, until: at + 120, tone: interval{at, at + 120}})
			at += 220
		}
		c.until = at + 500
		pressed += len(c.presses)
		heard += len(c.call(t, 0))
	}
	if heard != pressed {
		t.Errorf("%d presses, %d digits", pressed, heard)
	}
}

// How a press can come, for the measurement of the window.
var makes = []struct {
	name  string
	press func(rng *rand.Rand, p keyPress) keyPress
}{
	{"event alone", func(_ *rand.Rand, p keyPress) keyPress {
		p.event, p.since = interval{p.at, p.until}, p.at
		return p
	}},
	{"tone alone", func(_ *rand.Rand, p keyPress) keyPress {
		p.tone = interval{p.at, p.until}
		return p
	}},
	{"leak until a gateway hears it, 20 to 60 ms", func(rng *rand.Rand, p keyPress) keyPress { return leaking(rng, p, 20+rng.IntN(41)) }},
	{"leak until a slow one does, 60 to 130 ms", func(rng *rand.Rand, p keyPress) keyPress { return leaking(rng, p, 60+rng.IntN(71)) }},
	{"all of the tone, the event beside it from 20 to 130 ms on", func(rng *rand.Rand, p keyPress) keyPress {
		from, to := p.at, p.until
		p = leaking(rng, p, 20+rng.IntN(111))
		p.tone, p.beside = interval{from, to}, true
		return p
	}},
	{"the tone 0 to 150 ms after the event", func(rng *rand.Rand, p keyPress) keyPress {
		p.event, p.since = interval{p.at, p.until}, p.at
		by := rng.IntN(151)
		p.tone, p.beside = interval{p.at + by, p.until + by}, true
		return p
	}},
}

// leaking is a gateway that takes ms to hear the tone, sends audio until then, and then events: as long as the press, from
// then on or dated back.
func leaking(rng *rand.Rand, p keyPress, ms int) keyPress {
	p.tone = interval{p.at, min(p.at+ms, p.until)}
	p.event, p.since = interval{p.at + ms, max(p.until, p.at+ms+40)}, p.at+ms
	if rng.IntN(2) == 0 {
		p.since = p.at
	}
	return p
}

// lines delay the packets of a slot, in ms.
var lines = []struct {
	name  string
	delay func(rng *rand.Rand) func(slot int) int
}{
	{"even", func(*rand.Rand) func(int) int { return nil }},
	{"jitter to 40 ms", func(rng *rand.Rand) func(int) int { return func(int) int { return rng.IntN(41) } }},
	{"now and then 60 to 200 ms, after which all comes at once", func(rng *rand.Rand) func(int) int {
		over, late := 0, 0
		return func(slot int) int {
			if slot*20 >= over && rng.IntN(15) == 0 {
				late = 60 + rng.IntN(141)
				over = slot*20 + late
			}
			return max(over-slot*20, 0)
		}
	}},
}

var calls = flag.Int("calls", 1, "calls of each make over each line by which the merge window is measured")

// TestMergeWindow is the measurement that docs/dtmf.md shows: what the window costs and saves. Keys are pressed fast, half of
// them the one before again, over lines that delay.
//
//	go test ./media -run TestMergeWindow -v -calls 12
func TestMergeWindow(t *testing.T) {
	const keysACall, ours = 8, dtmf.MergeWindow / samplesPerMs
	type score struct{ pressed, twice, lost int }
	windows := []int{ours}
	if *calls > 1 {
		windows = []int{50, 100, ours, 200, 300}
	}
	scores := map[int]map[string]*score{}
	waits := map[int][]int{}
	for _, window := range windows {
		scores[window] = map[string]*score{}
		for _, how := range append(makes[:len(makes):len(makes)], struct {
			name  string
			press func(rng *rand.Rand, p keyPress) keyPress
		}{"now this way, now that", nil}) {
			s := &score{}
			scores[window][how.name] = s
			for _, line := range lines {
				for call := range uint64(*calls) {
					rng := rand.New(rand.NewPCG(call, 7))
					c := caller{delay: line.delay(rng)}
					keys, at := "", 1000
					for range keysACall {
						p := keyPress{key: "0123456789*#"[rng.IntN(12)], at: at, until: at + 50 + rng.IntN(100)}
						if keys != "" && rng.IntN(2) == 0 {
							p.key = keys[len(keys)-1]
						}
						keys += string(p.key)
						press := how.press
						if press == nil {
							press = makes[rng.IntN(len(makes))].press
						}
						p = press(rng, p)
						c.presses = append(c.presses, p)
						at = max(p.until, p.event.to, p.tone.to) + 60 + rng.IntN(200)
					}
					c.until = at + 1000
					got := ""
					for _, h := range c.call(t, int64(window*samplesPerMs)) {
						got += string(h.digit.Key)
						if line.name == "even" && how.name == "tone alone" && len(got) <= len(c.presses) {
							waits[window] = append(waits[window], h.at-c.presses[len(got)-1].at)
						}
					}
					same := common(keys, got)
					s.pressed += len(keys)
					s.twice += len(got) - same
					s.lost += len(keys) - same
				}
			}
		}
	}
	table := fmt.Sprintf("\n%-60s", "of the presses, twice / lost, by window in ms")
	for _, window := range windows {
		table += fmt.Sprintf("%14d", window)
	}
	for _, how := range slices.Sorted(maps.Keys(scores[windows[0]])) {
		table += fmt.Sprintf("\n%-60s", how)
		for _, window := range windows {
			s := scores[window][how]
			table += fmt.Sprintf("%6.1f%% %4.1f%%", 100*float64(s.twice)/float64(s.pressed), 100*float64(s.lost)/float64(s.pressed))
		}
	}
	table += fmt.Sprintf("\n%-60s", "ms until a tone alone comes out, mean")
	for _, window := range windows {
		sum := 0
		for _, ms := range waits[window] {
			sum += ms
		}
		table += fmt.Sprintf("%14d", sum/max(len(waits[window]), 1))
	}
	t.Log(table)
	for how, s := range scores[ours] {
		if s.twice+s.lost > s.pressed/20 {
			t.Errorf("%s: %d of %d presses twice, %d lost", how, s.twice, s.pressed, s.lost)
		}
	}
}

// common is the length of the longest sequence that is in both.
func common(a, b string) int {
	row := make([]int, len(b)+1)
	for i := range a {
		diagonal := 0
		for j := range b {
			above := row[j+1]
			if row[j+1] = max(above, row[j]); a[i] == b[j] {
				row[j+1] = diagonal + 1
			}
			diagonal = above
		}
	}
	return row[len(b)]
}
