package media

import (
	"cmp"
	"slices"

	"dialtone/dtmf"
)

// HearSamples gives the digits whose tones are in audio of 8 kHz; Start and
// Length are in samples from its beginning.
func HearSamples(pcm []int16) []dtmf.Digit {
	var e ear
	for len(pcm) > 0 {
		n := min(len(pcm), maxPiece)
		e.samples(pcm[:n])
		pcm = pcm[n:]
	}
	e.flush()
	return e.tones
}

// ear listens for tones in audio that need not be heard in time.
type ear struct {
	detector dtmf.Detector // its zero value is ready
	at       int64         // of the next sample
	tones    []dtmf.Digit
}

func (e *ear) samples(pcm []int16) {
	e.tones = e.detector.Samples(e.tones, e.at, pcm)
	e.at += int64(len(pcm))
	extend(e.tones, e.detector.Press)
}

func (e *ear) missing(n int) {
	e.tones = e.detector.Missing(e.tones, e.at, n)
	e.at += int64(n)
}

// extend brings the length of the newest digit up to date.
func extend(digits []dtmf.Digit, press func() (dtmf.Digit, bool)) {
	if len(digits) == 0 {
		return
	}
	last := &digits[len(digits)-1]
	if d, _ := press(); d.Key == last.Key && d.Start == last.Start {
		last.Length = d.Length
	}
}

// flush lets some silence follow, in which the last tone ends.
func (e *ear) flush() {
	var quiet [maxPiece]int16
	for range 10 {
		e.samples(quiet[:])
	}
}

// merge gives the digits of both ways, each press once, in order.
func merge(tones, events []dtmf.Digit) (digits []dtmf.Digit) {
	all := append(slices.Clone(tones), events...)
	slices.SortStableFunc(all, func(a, b dtmf.Digit) int { return cmp.Compare(a.Start, b.Start) })
	window := int64(0)
	if len(events) > 0 {
		window = dtmf.MergeWindow
	}
	m := dtmf.NewMerger(window)
	last := int64(0)
	for _, d := range all {
		digits = m.Tick(digits, d.Start)
		digits = m.Add(digits, d)
		last = d.Start
	}
	return m.Tick(digits, last+8000)
}
