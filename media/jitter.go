package media

import "math/bits"

// JitterBuffer puts received audio in order and hands it out by a clock of its
// own: each Take is as long as its slot, whatever came. It holds bytes of
// G.711 by their RTP timestamp, so packets may have any length, come twice,
// out of order or not at all, and a source that is silent (timestamps that
// jump, comfort noise) leaves a hole of the right length.
//
//	            play          delay               newest
//	── taken ────┤ next Take ─ ─ ─ ─ ─ ─ ─ ─ ─ ─ ─ ─┤
//	               └────────── at most 512 ms ───────┘
//
// The delay follows the line. Packets that come too late push play back, at
// once but only when it is not a single one; when all packets of some seconds
// came with time to spare, play skips ahead, if possible where nothing is
// heard. Both keep up with a far end whose clock runs faster or slower.
// A timestamp out of all reach is believed when a second packet confirms it, or
// a talkspurt begins with it.
//
// It is a value without pointers; the zero value is ready.
type JitterBuffer struct {
	started bool
	ssrc    uint32
	play    uint32 // timestamp of the next sample to be handed out
	end     uint32 // timestamp after the newest sample put
	held    int    // samples present
	idle    int    // samples handed out since the last that was present

	packets   int // in the present window
	slack     int // least samples in the window between a packet's coming and its being due
	skip      int // samples to be skipped ahead when nothing is heard
	skipForce int // samples until it is done in any case
	lateBy    int // of the last late packet of the window; 0: there was none
	lateRun   int // late packets in a row, all further back than the delay may grow

	jumped bool
	jumpTo uint32 // timestamp that would confirm a jump

	fixed bool // the delay is not adapted: the packets are those of a recording

	late    uint64 // packets that came too late, wholly or in part
	present [jitterSpan / 64]uint64
	ring    [jitterSpan]byte
}

const (
	jitterSpan    = 4096 // samples held at most: 512 ms
	jitterStart   = 320  // delay at the start: 40 ms
	jitterMax     = 1600 // a packet later than this, 200 ms, does not make the delay longer
	jitterLimit   = 3200 // nothing makes it longer than this: 400 ms
	jitterReserve = 80   // samples to spare that are kept: 10 ms
	jitterStep    = 160  // smallest skip ahead: 20 ms
	jitterWindow  = 256  // packets after which the delay is looked at
	jitterIdle    = 8000 // samples of nothing after which the next packet is a new start
)

// Put takes in the audio of a packet.
func (j *JitterBuffer) Put(ssrc, timestamp uint32, marker bool, payload []byte) {
	n := len(payload)
	if n == 0 || n > jitterSpan/2 {
		return
	}
	if !j.started || ssrc != j.ssrc {
		j.sync(ssrc, timestamp)
	}
	ahead := int(int32(timestamp - j.play))
	if ahead > jitterSpan-n || ahead < -jitterSpan {
		if !marker && (!j.jumped || timestamp-j.jumpTo > jitterSpan) {
			j.jumped, j.jumpTo = true, timestamp
			return
		}
		j.sync(ssrc, timestamp)
		ahead = jitterStart
	}
	j.jumped = false
	if ahead < 0 {
		ahead = j.tooLate(ahead, timestamp, marker)
	} else {
		j.lateRun = 0
	}
	j.measure(ahead)
	if ahead < 0 {
		if ahead <= -n {
			return
		}
		payload, timestamp = payload[-ahead:], j.play
	}
	j.store(timestamp, payload)
}

// sync starts anew: timestamp will be due after the initial delay.
func (j *JitterBuffer) sync(ssrc, timestamp uint32) {
	late := j.late
	clear(j.present[:])
	j.started, j.ssrc, j.play = true, ssrc, timestamp-jitterStart
	j.end = timestamp
	j.held, j.idle = 0, 0
	j.packets, j.slack, j.skip, j.lateBy, j.lateRun = 0, 0, 0, 0, 0
	j.jumped, j.late = false, late
}

// tooLate decides what a packet means that comes -ahead samples after it was
// due, and gives its distance anew.
func (j *JitterBuffer) tooLate(ahead int, timestamp uint32, marker bool) int {
	j.late++
	if j.fixed {
		return ahead
	}
	if -ahead > jitterMax {
		// Further back than the delay may grow: a far end that does not count
		// the time it was silent (its next talkspurt says so), or a line that
		// has become that slow.
		if j.lateRun++; marker || j.lateRun >= 3 {
			j.sync(j.ssrc, timestamp)
			return jitterStart
		}
		return ahead
	}
	by := -ahead + jitterReserve
	if j.lateBy == 0 {
		j.lateBy = by // once is bad luck
		return ahead
	}
	j.back(min(by, j.lateBy, jitterMax))
	j.lateBy = 0
	return int(int32(timestamp - j.play))
}

// back makes the delay longer by n samples, which will be missing.
func (j *JitterBuffer) back(n int) {
	ahead := max(int(int32(j.end-j.play)), 0)
	if n = min(n, jitterLimit-ahead); n > 0 {
		j.play -= uint32(n)
	}
	j.packets, j.slack, j.skip = 0, 0, 0
}

// measure notes how early a packet was and at the end of a window shortens the
// delay when all of it was early.
func (j *JitterBuffer) measure(ahead int) {
	if j.packets == 0 || ahead < j.slack {
		j.slack = ahead
	}
	if j.packets++; j.packets < jitterWindow || j.fixed {
		return
	}
	switch spare := j.slack - jitterReserve; {
	case spare >= jitterMax:
		j.skip, j.skipForce = spare, 0
	case spare >= jitterStep:
		j.skip, j.skipForce = jitterStep, jitterIdle
	}
	j.packets, j.lateBy = 0, 0
}

// store writes samples that are neither past nor too far ahead.
func (j *JitterBuffer) store(timestamp uint32, payload []byte) {
	if end := timestamp + uint32(len(payload)); int32(end-j.end) > 0 {
		j.end = end
	}
	at := int(timestamp % jitterSpan)
	first := copy(j.ring[at:], payload)
	copy(j.ring[:], payload[first:])
	for n := len(payload); n > 0; {
		word, bit := at/64, at%64
		m := min(64-bit, n)
		mask := ^uint64(0) >> (64 - m) << bit
		j.held += bits.OnesCount64(mask &^ j.present[word])
		j.present[word] |= mask
		at, n = (at+m)%jitterSpan, n-m
	}
}

// Take hands out what is due: n ≤ len(dst) samples that either were all heard,
// or are all missing (dst is then not written). It is called until the slot is
// full.
func (j *JitterBuffer) Take(dst []byte) (n int, heard bool) {
	if !j.started {
		return len(dst), false
	}
	at := int(j.play % jitterSpan)
	n, heard = j.run(at, len(dst))
	if j.skip > 0 && (!heard || j.skipForce <= 0) {
		skip := j.skip
		if !heard {
			skip = min(skip, n)
		}
		j.drop(skip)
		j.skip -= skip
		at = int(j.play % jitterSpan)
		n, heard = j.run(at, len(dst))
	}
	j.skipForce -= n
	if heard {
		first := copy(dst[:n], j.ring[at:])
		copy(dst[first:n], j.ring[:])
		j.idle = 0
	} else if j.idle += n; j.idle >= jitterIdle && j.held == 0 {
		j.started = false
	}
	j.drop(n)
	return n, heard
}

// Position is the timestamp of the next sample to be taken, if there is one.
func (j *JitterBuffer) Position() (timestamp uint32, ok bool) { return j.play, j.started }

// run is how many samples from at on, up to limit, are alike: present or not.
func (j *JitterBuffer) run(at, limit int) (n int, present bool) {
	present = j.present[at/64]>>(at%64)&1 == 1
	for n < limit {
		bit := at % 64
		word := j.present[at/64] >> bit
		if present {
			word = ^word
		}
		if bit > 0 {
			word |= 1 << (64 - bit) // an end of the word is an end of the look
		}
		m := bits.TrailingZeros64(word)
		if m < 64-bit {
			return min(n+m, limit), present
		}
		n, at = n+64-bit, (at+64-bit)%jitterSpan
	}
	return limit, present
}

// drop forgets n samples from play on.
func (j *JitterBuffer) drop(n int) {
	at := int(j.play % jitterSpan)
	j.play += uint32(n)
	n = min(n, jitterSpan)
	for n > 0 {
		word, bit := at/64, at%64
		m := min(64-bit, n)
		mask := ^uint64(0) >> (64 - m) << bit
		j.held -= bits.OnesCount64(mask & j.present[word])
		j.present[word] &^= mask
		at, n = (at+m)%jitterSpan, n-m
	}
}
