package sounds

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
)

// Level is how loud speech is: its active speech level by ITU-T P.56, in dBov,
// decibels against the power of a square wave of full scale (a full sine has
// -3). It is the telephone's own measure: the mean power while somebody speaks,
// whatever the pauses, so that a short prompt and a long one with pauses are as
// loud to the ear. (ITU-R BS.1770 is made for programmes: it weights a band that
// the telephone does not have, and gates by blocks of 400 ms, which is half a
// short prompt.) The zero value stands for a sound that stays as it is.
type Level float64

// SpeechLevel is what telephone speech is recorded at (ITU-T P.830, G.191): loud, with room for its peaks.
const SpeechLevel Level = -26

// AsItIs is the level of what is not to be changed.
const AsItIs Level = 0

func (l Level) String() string { return strconv.FormatFloat(float64(l), 'f', 1, 64) + " dBov" }

// The measure of P.56, method B.
const (
	p56Smoothing = 0.03 // s, of the envelope
	p56Hangover  = 0.2  // s, for which speech goes on below the threshold
	p56Margin    = 15.9 // dB, of the threshold below the active level
	p56Steps     = 15   // thresholds, from 2^-15 to 2^-1 of full scale
)

// ErrSilent tells of a sound in which nobody speaks.
var ErrSilent = errors.New("nothing in it is loud enough to be measured")

// Measure gives the active speech level of samples, or ErrSilent.
func Measure(pcm []int16) (Level, error) {
	const hangover = p56Hangover * Rate
	keep := math.Exp(-1.0 / (Rate * p56Smoothing))
	var active, hung [p56Steps]int // samples; by threshold
	for j := range hung {
		hung[j] = hangover
	}
	energy, smooth, envelope := 0.0, 0.0, 0.0
	for _, s := range pcm {
		x := float64(s) / (1 << 15)
		energy += x * x
		smooth = keep*smooth + (1-keep)*math.Abs(x)
		envelope = keep*envelope + (1-keep)*smooth
		for j := range active {
			switch {
			case envelope >= threshold(j):
				hung[j] = 0
			case hung[j] < hangover:
				hung[j]++
			default:
				continue
			}
			active[j]++
		}
	}
	// The higher the threshold, the higher the level of what is above it, and the
	// smaller its distance to the threshold: the level is where that is the margin.
	// (It is negative where so little is above the threshold that it counts for nothing.)
	var level, distance float64 // at the threshold before
	for j := range active {
		if active[j] == 0 {
			break
		}
		l := 10 * math.Log10(energy/float64(active[j]))
		d := l - 20*math.Log10(threshold(j))
		if d <= p56Margin {
			if j == 0 {
				break
			}
			part := (distance - p56Margin) / (distance - d)
			return Level(level + part*(l-level)), nil
		}
		level, distance = l, d
	}
	return 0, ErrSilent
}

// threshold j of P.56, of full scale.
func threshold(j int) float64 { return math.Ldexp(1, j-p56Steps) }

const (
	maxGain   = 40.0     // dB, either way: more is made of noise
	peakLimit = 0.891251 // of full scale, -1 dB: what peaks are limited to
	tolerance = 0.05     // dB
	lookAhead = Rate / 200
	release   = Rate / 20 // samples, in which two thirds of a limitation go away
)

// Normalise gives samples the level. Peaks that would be clipped are limited
// without a step in the gain; as that makes speech a little quieter, the gain is
// corrected for it. The level is missed when that takes more than 40 dB.
func Normalise(pcm []int16, level Level) ([]int16, error) {
	if level > -6 || level < -60 || level != level {
		return nil, fmt.Errorf("a level of %v: speech has -60 to -6", level)
	}
	now, err := Measure(pcm)
	if err != nil {
		return nil, err
	}
	gain := float64(level - now)
	var out []int16
	for range 4 {
		gain = max(-maxGain, min(gain, maxGain))
		out = amplify(pcm, math.Pow(10, gain/20))
		if now, err = Measure(out); err != nil {
			return nil, err
		}
		if math.Abs(float64(level-now)) < tolerance {
			break
		}
		gain += float64(level - now)
	}
	return out, nil
}

// amplify multiplies samples by a factor and limits their peaks. The gain of a
// sample is the mean of what lookAhead samples before it and itself allow, each
// of which looks as far ahead: it goes down before a peak and never passes it.
func amplify(pcm []int16, factor float64) []int16 {
	allowed := make([]float64, len(pcm)) // gain beside the factor
	for i := range allowed {
		allowed[i] = 1
	}
	for i, s := range pcm {
		if peak := math.Abs(float64(s)) / (1 << 15) * factor; peak > peakLimit {
			for j := max(0, i-lookAhead); j <= i; j++ {
				allowed[j] = min(allowed[j], peakLimit/peak)
			}
		}
	}
	for i := 1; i < len(allowed); i++ { // back to 1 slowly
		allowed[i] = min(allowed[i], allowed[i-1]+(1-allowed[i-1])/release)
	}
	out := make([]int16, len(pcm))
	for i, s := range pcm {
		sum := 0.0
		for j := i - lookAhead; j <= i; j++ {
			sum += allowed[max(j, 0)]
		}
		out[i] = clip(float32(float64(s) / (1 << 15) * factor * sum / (lookAhead + 1)))
	}
	return out
}

// Trim takes away the silence at both ends, but for some ms.
func Trim(pcm []int16) []int16 {
	const (
		quiet  = 1 << 15 / 200 // half a percent of full scale
		margin = Rate / 50
	)
	loud := func(s int16) bool { return s > quiet || s < -quiet }
	first := slices.IndexFunc(pcm, loud)
	if first < 0 {
		return nil
	}
	last := len(pcm) - 1
	for !loud(pcm[last]) {
		last--
	}
	return pcm[max(0, first-margin):min(len(pcm), last+1+margin)]
}
