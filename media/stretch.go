package media

// Audio is made shorter or longer by a few milliseconds where that is not heard:
// in a quiet place by whatever is wished, in speech by some pitch periods.
//
//	shorter  heard ───────╲ fade
//	                 ···left out···╲───────── goes on
//
//	longer   heard ───────╲ fade
//	          ╲─────────────────────────────── goes on: what was heard last is heard again
const (
	seamFade  = 10 * samplesPerMs
	seamQuiet = 158 * 158           // mean square below which it is quiet: -40 dBm0
	seamAlike = 0.75                // correlation of what fades into what, from which on it is not heard in speech
	seamEager = 300 * samplesPerMs  // so long a place is looked for in each piece, then in one of eight
	seamWait  = 1000 * samplesPerMs // after so long the best place there is will do
	seamLeast = pitchLeast          // the smallest step in speech
)

// seam finds how far audio that has been heard up to pcm[at] can go on at
// pcm[at+by] without anybody noticing: by about wish samples, and of its sign. It is
// never more than wish when that is above 0, as what has not come cannot be heard,
// but may be a period more when it is below. pcm has maxPiece samples before at, and
// after it seamFade and as much as wish when it is above 0. With anywhere it takes the
// best there is, unless that would be less than a period of the deepest voice and can
// wait. 0 says that there is no such place here.
func seam(pcm []int16, at, wish int, anywhere bool) (by int) {
	if quiet(pcm[min(at, at+wish):]) {
		return wish
	}
	wished, sign := wish, 1
	most := wished
	if wish < 0 {
		wished, sign = -wish, -1
		most = max(wished, min(pitchMost, len(pcm)-at))
	}
	if wish > 0 && wish < pitchMost {
		anywhere = false
	}
	score := float32(-1)
	for n := seamLeast; n <= most; n++ {
		s := alike(pcm[at:at+seamFade], pcm[at+sign*n:], 2)
		if s < seamAlike && !anywhere {
			continue
		}
		if s -= 0.1 * float32(max(wished-n, n-wished)) / maxPiece; s > score { // rather what is wished than several steps
			by, score = sign*n, s
		}
	}
	return by
}

// quiet says whether nothing is to be heard in pcm.
func quiet(pcm []int16) bool {
	sum := 0
	for _, s := range pcm {
		sum += int(s) * int(s)
	}
	return sum <= seamQuiet*len(pcm)
}

// splice gives the audio that goes on from pcm[at] at pcm[at+by].
func splice(dst, pcm []int16, at, by int) {
	copy(dst, pcm[at+by:])
	for i := range min(seamFade, len(dst)) {
		dst[i] = blend(pcm[at+i], dst[i], i+1, seamFade+1)
	}
}
