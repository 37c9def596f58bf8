package media

import "math"

// concealer guesses audio that did not arrive, in the way of ITU-T G.711
// Appendix I: what was heard last is said again, pitch period for pitch period,
// ever quieter, and runs over smoothly into what comes after.
//
//	heard  ∿∿∿∿∿∿∿│                     │∿∿∿∿∿∿∿∿∿∿ heard
//	              │∿∿∿∿∿∿∿~~~~~~~~.......│
//	              │← repeated periods →  │← fade →│
//	              │  full 10 ms, then −20 % each 10 ms: silent after 60 ms
//
// Unlike the appendix it delays nothing: where it joins on to what was heard, the
// step between the two is levelled out over a quarter of a period. It is for
// ears; digits are never looked for in it. The zero value is ready.
type concealer struct {
	heard [concealPast]int16 // newest audio given to the listener, concealed or not
	past  [concealPast]int16 // the same when the loss began: what is repeated

	lost    int // samples concealed since the loss began; 0: there is none
	period  int // samples of a pitch period
	fade    int // samples over which one repetition runs over into the next: a quarter of a period
	at      int // in past, of the sample that is repeated next
	back    int // samples that the repetition under way goes back at its end
	step    int // from the last sample that was heard to the one before what is repeated
	joining int // samples left of the way back to what is heard
	join    int // samples of that way
}

const (
	pitchLeast  = 40  // samples: 200 Hz; higher voices are found by two periods
	pitchMost   = 120 // 67 Hz
	pitchWindow = 80  // samples that are compared to find the period; half of the appendix's, which measured nearer to what was said

	concealPast = 3*pitchMost + pitchMost/4
	concealFull = 10 * samplesPerMs // at full level
	concealEnd  = 60 * samplesPerMs // silent from then on
)

// hear takes audio that is to be heard, and has it begin where the concealed audio
// before it has led.
func (c *concealer) hear(pcm []int16) {
	if c.lost > 0 && c.joining == 0 {
		// Appendix I.2.6: a quarter of a period, and 4 ms for each 10 ms lost.
		c.join = min(c.fade+c.lost*4/10, concealFull)
		c.joining = c.join
	}
	for i := range min(len(pcm), c.joining) {
		pcm[i] = blend(c.next(), pcm[i], c.join-c.joining+1, c.join+1)
		c.joining--
	}
	if c.joining == 0 {
		c.lost = 0
	}
	c.keep(pcm)
}

// conceal guesses.
func (c *concealer) conceal(pcm []int16) {
	if c.joining > 0 || c.lost == 0 {
		c.begin()
	}
	if c.lost >= concealEnd {
		clear(pcm)
	} else {
		for i := range pcm {
			pcm[i] = c.next()
		}
	}
	c.keep(pcm)
}

// begin finds out what is to be repeated.
func (c *concealer) begin() {
	c.past = c.heard
	c.period = pitch(c.past[:])
	c.fade = c.period / 4
	c.at = concealPast - c.period
	c.step = int(c.past[concealPast-1]) - int(c.past[c.at-1])
	c.lost, c.joining = 0, 0
}

// next is the next sample of the repetition.
func (c *concealer) next() int16 {
	if c.lost >= concealEnd {
		return 0
	}
	s := c.past[c.at]
	if over := c.at - (concealPast - c.fade); over >= 0 {
		if over == 0 {
			c.back = min(1+c.lost/concealFull, 3) * c.period // more periods sound less like a buzzer
		}
		s = blend(s, c.past[c.at-c.back], over+1, c.fade+1)
	}
	if c.at++; c.at == concealPast {
		c.at -= c.back
	}
	v := int(s)
	if c.lost < c.fade {
		v = min(max(v+c.step*(c.fade-c.lost)/(c.fade+1), -1<<15), 1<<15-1)
	}
	if c.lost > concealFull {
		v = v * (concealEnd - c.lost) / (concealEnd - concealFull)
	}
	c.lost++
	return int16(v)
}

// keep adds to what the listener was given.
func (c *concealer) keep(pcm []int16) {
	if len(pcm) >= concealPast {
		copy(c.heard[:], pcm[len(pcm)-concealPast:])
		return
	}
	copy(c.heard[:], c.heard[len(pcm):])
	copy(c.heard[concealPast-len(pcm):], pcm)
}

// blend goes from one sample to another: at of so many steps.
func blend(from, to int16, at, steps int) int16 {
	return int16((int(from)*(steps-at) + int(to)*at) / steps)
}

// pitch is the period at the end of past, at least pitchMost+pitchWindow samples: the one by
// which its last samples are most like those before. It looks at every second
// sample first, and then around the best.
func pitch(past []int16) int {
	best, score := pitchLeast, float32(-1)
	for lag := pitchLeast; lag <= pitchMost; lag += 2 {
		if s := alike(past[len(past)-pitchWindow:], past[len(past)-pitchWindow-lag:], 2); s > score {
			best, score = lag, s
		}
	}
	found := best
	for lag := max(found-1, pitchLeast); lag <= min(found+1, pitchMost); lag++ {
		if s := alike(past[len(past)-pitchWindow:], past[len(past)-pitchWindow-lag:], 1); lag != found && s > score || lag == found-1 {
			best, score = lag, s
		}
	}
	return best
}

// alike is the correlation of a, of which every stride-th sample is looked at, with
// the beginning of b, from -1 to 1 (the same but for its loudness); 0 where one is
// silent.
func alike(a, b []int16, stride int) float32 {
	b = b[:len(a)]
	var ab, aa, bb float32
	for i := 0; i < len(a); i += stride {
		x, y := float32(a[i]), float32(b[i])
		ab += x * y
		aa += x * x
		bb += y * y
	}
	if aa == 0 || bb == 0 {
		return 0
	}
	return ab / float32(math.Sqrt(float64(aa)*float64(bb)))
}
