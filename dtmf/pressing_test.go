package dtmf

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
)

// eventPhone sends presses the way one of the many makes of telephone does. Times are in samples.
type eventPhone struct {
	ptime     int
	markers   bool
	ends      int // packets with the end bit
	timestamp func(began, at uint32) uint32
	duration  func(passed int) int // what a packet tells of it
	audio     bool                 // between presses, under the same SSRC
}

// sentEvent is a packet under way.
type sentEvent struct {
	event
	press   int // which it is of; -1: audio
	at      int64
	payload []byte
}

// onePress is a key, its length and the pause behind it.
type onePress struct {
	key             byte
	samples, behind int
}

// send gives the packets of presses.
func (p eventPhone) send(presses []onePress, seq uint16, ts, ssrc uint32) (packets []sentEvent) {
	at := int64(0)
	slot := func() { at += int64(p.ptime); ts += uint32(p.ptime) }
	pause := func(samples int) {
		for ; samples > 0; samples -= p.ptime {
			if p.audio {
				packets = append(packets, sentEvent{event: event{seq: seq}, press: -1, at: at})
				seq++
			}
			slot()
		}
	}
	for i, press := range presses {
		code, _ := eventCode(press.key)
		began, segment, ends := ts, 0, 0
		for passed, first := p.ptime, true; ends < p.ends; passed, first = passed+p.ptime, false {
			e := event{seq: seq, code: code, marker: first && p.markers, ssrc: ssrc, end: passed >= press.samples}
			length := p.duration(min(passed, press.samples)) - segment
			e.ts = p.timestamp(began, ts) + uint32(segment)
			if length > maxSegment {
				e.last, segment = maxSegment, segment+maxSegment
			} else {
				e.last = uint16(length)
			}
			if e.end = e.end && length <= maxSegment; e.end {
				ends++
			}
			packets = append(packets, sentEvent{event: e, press: i, at: at, payload: e.payload()})
			seq++
			slot()
		}
		pause(press.behind)
	}
	return packets
}

var (
	asIs     = func(passed int) int { return passed }
	begins   = func(began, _ uint32) uint32 { return began }
	moves    = func(_, at uint32) uint32 { return at }
	noLength = func(int) int { return 0 }
)

// phones are the makes. losing says how many packets in a row a press of theirs survives; 0: all but one of it, in any
// order.
var phones = []struct {
	name   string
	phone  func(ptime int) eventPhone
	losing int
}{
	{"as RFC 4733 has it", func(ptime int) eventPhone { return eventPhone{ptime, true, 3, begins, asIs, true} }, 0},
	{"without markers", func(ptime int) eventPhone { return eventPhone{ptime, false, 3, begins, asIs, true} }, 0},
	{"without audio", func(ptime int) eventPhone { return eventPhone{ptime, true, 3, begins, asIs, false} }, 0},
	{"one end", func(ptime int) eventPhone { return eventPhone{ptime, true, 1, begins, asIs, true} }, 0},
	{"no durations", func(ptime int) eventPhone { return eventPhone{ptime, true, 3, begins, noLength, true} }, 0},
	{"no durations nor markers", func(ptime int) eventPhone { return eventPhone{ptime, false, 3, begins, noLength, true} }, 1},
	{"moving timestamps", func(ptime int) eventPhone { return eventPhone{ptime, true, 3, moves, asIs, true} }, 2},
	{"moving timestamps, no markers", func(ptime int) eventPhone { return eventPhone{ptime, false, 3, moves, asIs, true} }, 2},
	{"moving timestamps, a packet's length", func(ptime int) eventPhone {
		return eventPhone{ptime, true, 3, moves, func(int) int { return ptime }, true}
	}, 1},
	{"moving timestamps, no durations", func(ptime int) eventPhone { return eventPhone{ptime, true, 3, moves, noLength, true} }, 1},
}

// line loses, delays and repeats packets; what arrives is in the order of arrival.
type line struct {
	lose, repeat float64
	delay        int64 // at most, for each packet by itself
	burst        int   // packets lost in a row, at most
}

// carry never loses all of a press. A burst that is longer than the pause between two presses takes neither the end
// of one nor the beginning of the next with it where nothing else would tell them apart.
func (l line) carry(rng *rand.Rand, packets []sentEvent, presses int) (arrived []sentEvent) {
	kept := make([]bool, presses)
	lost := make([][]sentEvent, presses)
	burst := -1 // packets still to be lost; after them one comes through
	for _, p := range packets {
		if burst < 0 && rng.Float64() < l.lose {
			burst = 1 + rng.IntN(l.burst)
		}
		if burst--; burst >= 0 {
			if p.press >= 0 {
				lost[p.press] = append(lost[p.press], p)
			}
			continue
		}
		if p.press >= 0 {
			kept[p.press] = true
		}
		for again := true; again; again = rng.Float64() < l.repeat {
			p := p
			p.at += rng.Int64N(l.delay + 1)
			arrived = append(arrived, p)
		}
	}
	for i := range kept {
		if !kept[i] {
			arrived = append(arrived, lost[i][rng.IntN(len(lost[i]))])
		}
	}
	slices.SortStableFunc(arrived, func(a, b sentEvent) int { return int(a.at - b.at) })
	return arrived
}

// Whatever a line does to the packets: as long as one of a press arrives, that is one digit.
func TestEventsOfRandomPresses(t *testing.T) {
	const seeds = 1000
	for _, maker := range phones {
		failed := 0
		for seed := uint64(0); seed < seeds && failed < 3; seed++ {
			rng := rand.New(rand.NewPCG(seed, 4733))
			phone := maker.phone([]int{80, 160, 160, 240, 480}[rng.IntN(5)])
			var presses []onePress
			for range 1 + rng.IntN(8) {
				p := onePress{keys[rng.IntN(len(keys))], 320 + rng.IntN(2000), 320 + rng.IntN(3000)}
				if rng.IntN(3) == 0 && len(presses) > 0 {
					p.key = presses[len(presses)-1].key
				}
				if rng.IntN(20) == 0 && maker.losing == 0 {
					p.samples += 60000 + rng.IntN(100000)
				}
				presses = append(presses, p)
			}
			l := line{lose: 0.3 * rng.Float64(), repeat: 0.2 * rng.Float64(), burst: 12, delay: int64(rng.IntN(400))}
			if maker.losing > 0 {
				l.burst, l.lose, l.delay = maker.losing, l.lose/4, int64(rng.IntN(phone.ptime))
				if rng.IntN(2) == 0 {
					l.burst, l.delay = 1, l.delay+int64(phone.ptime/2) // some change places
				}
			}
			packets := phone.send(presses, uint16(rng.Uint32()), rng.Uint32(), rng.Uint32())
			arrived := l.carry(rng, packets, len(presses))
			want, seen := "", map[int]bool{}
			var r EventReceiver
			var digits []Digit
			now := int64(0)
			for _, p := range arrived {
				for ; now < p.at; now += 160 {
					r.Tick(now)
				}
				if p.press < 0 {
					continue
				}
				if !seen[p.press] {
					seen[p.press] = true
					want += string(presses[p.press].key)
				}
				digits = r.Packet(digits, p.at, p.ssrc, p.seq, p.ts, p.marker, p.payload)
			}
			if got := keysOf(digits); got != want {
				failed++
				t.Errorf("%s, seed %d, ptime %d ms: heard %q, want %q%s", maker.name, seed, phone.ptime/8, got, want, story(arrived))
			}
			r.Tick(now + 8000)
			if _, down := r.Press(); down {
				t.Errorf("%s, seed %d: a key is still down", maker.name, seed)
			}
		}
	}
}

// story lists the packets about the beginning and the end of each press.
func story(packets []sentEvent) (lines string) {
	for i, p := range packets {
		near := packets[max(i-3, 0):min(i+4, len(packets))]
		if p.press < 0 || !slices.ContainsFunc(near, func(n sentEvent) bool { return n.press != p.press || n.ts != p.ts }) {
			continue
		}
		lines += fmt.Sprintf("\n  %d ms: press %d, seq %d, ts %d, marker %v, end %v, duration %d", p.at/8, p.press, p.seq, p.ts, p.marker, p.end, p.last)
	}
	return lines
}
