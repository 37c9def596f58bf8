package media

import "dialtone/media/g711"

// restorer makes of what came a sound that somebody can listen to: without
// holes, with the far end's comfort noise, and as long as the time that passed,
// although the far end's clock or the line's delay is of another opinion. Its zero
// value is ready.
type restorer struct {
	concealer concealer
	noise     comfortNoise
	waited    int             // samples for which the delay has been another than the one wanted
	shifted   [maxPiece]int16 // what shift gives
}

// sound is what a piece of time brought.
type sound uint8

const (
	missing sound = iota
	heard
	silent // the far end says that it is
)

// restore makes pcm, which holds what was heard, if anything was, fit to be
// listened to.
func (r *restorer) restore(pcm []int16, what sound) {
	switch what {
	case missing:
		r.concealer.conceal(pcm)
		return
	case silent:
		r.noise.fill(pcm)
	}
	r.concealer.hear(pcm)
}

// shift looks whether a piece of n samples, at most maxPiece, can be made of more or
// fewer that are due without anybody noticing, so that the delay comes nearer to the
// one wanted. It gives the piece, and how many more are to be taken for it; 0 if
// there is none.
func (r *restorer) shift(n int, j *JitterBuffer, law g711.Law) (piece []int16, by int) {
	wish := min(max(j.Wish(), -n), maxPiece)
	if wish == 0 {
		r.waited = 0
		return nil, 0
	}
	r.waited += n
	if r.waited > seamEager && r.waited/n%8 != 0 {
		return nil, 0 // hiss or music, as it seems: it is looked at now and then
	}
	const past = maxPiece
	var b [2 * maxPiece]byte
	var pcm [past + len(b)]int16
	more := n + max(wish, 0)
	if n < seamFade || j.Peek(b[:more]) < more {
		return nil, 0
	}
	copy(pcm[:past], r.concealer.heard[concealPast-past:])
	law.DecodeTo(pcm[past:], b[:more])
	by = seam(pcm[:past+more], past, wish, r.waited >= seamWait)
	if by == 0 {
		return nil, 0
	}
	r.waited = 0
	piece = r.shifted[:n]
	splice(piece, pcm[:past+more], past, by)
	return piece, by
}
