package call

import (
	"math"
	"time"

	"dialtone/ivr"
	"dialtone/media"
	"dialtone/media/g711"
)

// tones is a list of tones as a sound. It ends only if all of them are played once.
type tones struct {
	pieces []piece
	once   int // samples before the first piece that is repeated
	length int // of all pieces, samples; endless when the last one is
}

// piece is a tone for so long.
type piece struct {
	second *second
	from   int // sample of the list at which it begins
	length int
}

// second is a second of a tone in both laws: as frequencies are whole numbers of Hz it
// repeats without a click.
type second [2][8000]byte

var _ media.Source = (*tones)(nil)

const (
	toneLevel = 2500    // amplitude of each frequency, about -19 dBm0
	endless   = 1 << 60 // samples
)

// newTones makes the sound of a list of tones; nil when nothing of it takes time.
func newTones(list ivr.Tones) *tones {
	made := map[ivr.Tone]*second{}
	t := &tones{once: endless}
	for _, tone := range list {
		if !tone.Once {
			t.once = min(t.once, t.length)
		}
		p := piece{from: t.length, length: int(tone.For * 8 / time.Millisecond)}
		if tone.For == 0 {
			p.length = endless
		}
		sound := ivr.Tone{F1: tone.F1, F2: tone.F2, Modulate: tone.Modulate, Level: tone.Level}
		if p.second = made[sound]; p.second == nil {
			p.second = newSecond(sound)
			made[sound] = p.second
		}
		t.pieces = append(t.pieces, p)
		if t.length += p.length; t.length >= endless {
			t.length = endless
			break
		}
	}
	if t.length == 0 || t.once < endless && t.once == t.length {
		return nil
	}
	return t
}

// At gives the audio from offset on.
func (t *tones) At(law g711.Law, offset, n int) []byte {
	if offset >= t.length {
		if t.once >= t.length {
			return nil
		}
		offset = t.once + (offset-t.once)%(t.length-t.once)
	}
	for i := range t.pieces {
		if p := &t.pieces[i]; offset < p.from+p.length {
			at := (offset - p.from) % len(p.second[law])
			return p.second[law][at : at+min(n, p.from+p.length-offset, len(p.second[law])-at)]
		}
	}
	return nil
}

func newSecond(t ivr.Tone) *second {
	level := float64(t.Level)
	if level == 0 {
		level = toneLevel
	}
	var pcm [8000]int16
	for i := range pcm {
		at := 2 * math.Pi * float64(i) / 8000
		v := math.Sin(float64(t.F1) * at)
		switch {
		case t.Modulate:
			v *= (1 + 0.9*math.Sin(float64(t.F2)*at)) / 1.9
		case t.F2 != 0:
			v += math.Sin(float64(t.F2) * at)
		}
		pcm[i] = int16(level * v)
	}
	s := new(second)
	for _, law := range g711.Laws() {
		law.EncodeTo(s[law][:], pcm[:])
	}
	return s
}

// Indicate plays tones until something else is played; nil ends them.
func (ch *channel) Indicate(list ivr.Tones) error {
	if !ch.flowing.Load() {
		return nil
	}
	if t := newTones(list); t != nil {
		ch.call.stream.Play(t)
	} else {
		ch.call.stream.Stop()
	}
	return nil
}
