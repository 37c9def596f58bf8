package dtmf

import "fmt"

// Refusal is a pair of tones that stood out of the audio for 36 ms and was not
// taken for a key. Its figures are what the rules look at.
type Refusal struct {
	Key byte   // whose tones are nearest
	At  int64  // receive clock at the end of the audio that was judged
	Why string // the rule that refused it
	Measure
}

// String is a line for people.
func (r Refusal) String() string {
	return fmt.Sprintf("no %c: %s (tones %.1f and %.1f %% off, %.0f and %.0f dBm0, %.0f %% of the sound)",
		r.Key, r.Why, 100*r.Off[0], 100*r.Off[1], r.Level[0], r.Level[1], 100*r.Share)
}

// Explain has f hear of each pair of tones that the detector refuses, once for as
// long as the reason stays the same. nil ends it, and so does Reset.
func (d *Detector) Explain(f func(Refusal)) { d.explain = f }

// verdict is what the rules make of a pair.
type verdict uint8

const (
	isKey verdict = iota
	notAlone
	tooQuiet
	tooTwisted
	offFrequency
	swelling
	gliding
	tooMuch
	voiced
	chord
)

// String says what is wrong.
func (v verdict) String() string {
	switch v {
	case notAlone:
		return "too short, or other sound with it"
	case tooQuiet:
		return "too quiet"
	case tooTwisted:
		return "one tone much louder than the other"
	case offFrequency:
		return "off frequency"
	case swelling:
		return "not steady in level"
	case gliding:
		return "not steady in frequency"
	case tooMuch:
		return "a bit off and not steady"
	case voiced:
		return "part of a voice"
	case chord:
		return "part of a chord"
	}
	return "a key"
}

// refuse tells whoever listens of a pair that is not taken.
func (d *Detector) refuse(label uint8, end int64, p *pair, why verdict) {
	if d.explain == nil || d.refused == why && d.refusedLabel == label {
		return
	}
	d.refused, d.refusedLabel = why, label
	var r rest
	d.rest(&r, p)
	d.explain(Refusal{Key: keypad[label-1], At: end, Why: why.String(), Measure: p.measure(r.power)})
}
