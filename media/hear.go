package media

import (
	"cmp"
	"iter"
	"slices"

	"dialtone/dtmf"
)

// Heard is what a recording, or one direction of a captured call, has of keys. Times are in 1/8000 s from the beginning of
// the recording or the capture.
type Heard struct {
	Digits  []HeardDigit
	Refused []dtmf.Refusal // tones that were no key, in the order of time; the first 65536
}

// HeardDigit is one press, with what was found of it in each way.
type HeardDigit struct {
	dtmf.Digit
	Tone  *HeardTone  // nil: it has none
	Event *HeardEvent // nil: it has none
}

// HeardTone is the tone of a press.
type HeardTone struct {
	Start, Length int64
	dtmf.Measure
}

// HearSamples finds the tones of keys in audio of 8 kHz that comes in pieces.
func HearSamples(pieces iter.Seq[[]int16]) Heard {
	var e ear
	for pcm := range pieces {
		for len(pcm) > 0 {
			n := min(len(pcm), maxPiece)
			e.samples(pcm[:n])
			pcm = pcm[n:]
		}
	}
	e.flush()
	return e.heard(nil)
}

const maxRefused = 1 << 16

// ear listens for tones in audio that need not be heard in time.
type ear struct {
	detector dtmf.Detector // its zero value is ready
	begun    bool
	at       int64 // of the next sample
	digits   []dtmf.Digit
	tones    []HeardDigit
	refused  []dtmf.Refusal
}

func (e *ear) samples(pcm []int16) {
	e.begin()
	e.take(e.detector.Samples(e.digits[:0], e.at, pcm))
	e.at += int64(len(pcm))
}

func (e *ear) missing(n int) {
	e.begin()
	e.take(e.detector.Missing(e.digits[:0], e.at, n))
	e.at += int64(n)
}

func (e *ear) begin() {
	if !e.begun {
		e.begun = true
		e.detector.Explain(func(r dtmf.Refusal) {
			if len(e.refused) < maxRefused {
				e.refused = append(e.refused, r)
			}
		})
	}
}

// take keeps digits, and what is known of the newest by now.
func (e *ear) take(digits []dtmf.Digit) {
	for _, d := range digits {
		e.tones = append(e.tones, HeardDigit{Digit: d, Tone: &HeardTone{Start: d.Start}})
	}
	e.digits = digits
	if len(e.tones) == 0 {
		return
	}
	newest := &e.tones[len(e.tones)-1]
	if d, _ := e.detector.Press(); d.Start == newest.Start {
		newest.Length, newest.Tone.Length = d.Length, d.Length
		newest.Tone.Measure = e.detector.Measured()
	}
}

// flush lets some silence follow, in which the last tone ends.
func (e *ear) flush() {
	var quiet [maxPiece]int16
	for range 10 {
		e.samples(quiet[:])
	}
}

// heard gives what the ear found, together with events.
func (e *ear) heard(events []HeardDigit) Heard {
	return Heard{Digits: merge(e.tones, events), Refused: e.strange()}
}

// strange gives the refusals that are not a part of a tone that was taken: its beginning and its end fill a window only in
// part.
func (e *ear) strange() (refused []dtmf.Refusal) {
	const window = 68 * samplesPerMs
	for _, r := range e.refused {
		if !slices.ContainsFunc(e.tones, func(t HeardDigit) bool {
			return t.Key == r.Key && r.At > t.Start && r.At-window < t.Start+t.Length
		}) {
			refused = append(refused, r)
		}
	}
	return refused
}

// merge gives the presses of both ways, each once, in the order of their beginnings.
func merge(tones, events []HeardDigit) (digits []HeardDigit) {
	all := append(slices.Clone(tones), events...)
	slices.SortStableFunc(all, byStart)
	window := int64(0)
	if len(events) > 0 {
		window = dtmf.MergeWindow
	}
	m := dtmf.NewMerger(window)
	for _, d := range all {
		m.Tick(nil, d.Start)
		m.Add(nil, d.Digit)
		press, ok := m.Joined()
		i := -1
		if ok {
			i = slices.IndexFunc(digits, func(known HeardDigit) bool { return known.Digit == press })
		}
		if i < 0 {
			digits = append(digits, d)
			continue
		}
		digits[i].join(d)
	}
	slices.SortStableFunc(digits, byStart)
	return digits
}

func byStart(a, b HeardDigit) int { return cmp.Compare(a.Start, b.Start) }

// join takes in another way of the press, or a piece of its tone.
func (d *HeardDigit) join(other HeardDigit) {
	switch {
	case other.Event != nil:
		d.Event = other.Event
		if d.Way == dtmf.Tone {
			d.Digit = other.Digit
		}
	case d.Tone == nil:
		d.Tone = other.Tone
	default:
		d.Tone.Length = max(d.Tone.Length, other.Start+other.Length-d.Tone.Start)
	}
}
