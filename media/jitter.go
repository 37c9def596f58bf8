package media

import "dialtone/media/g711"

// JitterBuffer puts received audio in order and hands it out by a clock of its
// own: each Take is as long as its slot, whatever came. It holds bytes of
// G.711 by their RTP timestamp, so packets may have any length, come twice,
// out of order or not at all, and a source that is silent (timestamps that
// jump, comfort noise) leaves a hole of the right length.
//
//	            play           wait               newest
//	── past ─────┤ next Take ─ ─ ─ ─ ─ ─ ─ ─ ─ ─ ─ ─┤
//	               └── at most the range's Max ───┘
//
// The delay is what all packets but one in 200 need, of those of the last quarter
// of a minute ([lateness]), in steps of a slot, as play goes by slots. It changes in
// three ways:
//
//   - At once, when audio comes too late but nothing after it was handed out: play
//     goes back to it, by Max at most. So a spike is a pause, and no audio is lost.
//   - In silence, by what is wanted.
//   - By Shifted, where its caller finds a place for what Wish says.
//
// That keeps up with a far end whose clock runs faster or slower, too. A
// timestamp out of all reach is believed when a second packet confirms it, or a
// talkspurt begins with it.
//
// The zero value is ready.
type JitterBuffer struct {
	started bool
	fixed   bool // the delay is not adapted: the packets are those of a recording
	ssrc    uint32
	play    uint32 // timestamp of the next sample to be handed out
	end     uint32 // timestamp after the newest sample put
	past    uint32 // timestamp after the newest sample handed out
	held    int    // samples present
	idle    int    // samples handed out since the last that was present

	low, high int   // bounds of the delay in samples; high 0: those of defaultJitter
	slot      int   // samples of a slot
	next      int64 // receive clock of the next slot

	lateness lateness
	target   int // delay that is wanted
	packets  int // in the present window
	room     int // least samples in the window by which play may go ahead; below 0: it has to go back
	surplus  int // the same, and something to spare
	wish     int // samples by which play ought to go ahead

	lateRun int // late packets in a row, all further back than the delay may grow
	jumped  bool
	jumpTo  uint32 // timestamp that would confirm a jump

	noise   bool
	noiseAt uint32 // timestamp from which on there is comfort noise

	late  uint64 // packets that came too late, wholly or in part
	audio shelf
}

const (
	jitterSpan    = 4096 // samples held at most: 512 ms
	jitterStart   = 320  // delay at the start: 40 ms
	jitterKnown   = 100  // packets after which the delay that the line needs is known
	jitterBut     = 200  // one packet in so many may be later than the delay
	jitterReserve = 40   // samples to spare that are kept: 5 ms
	jitterSurplus = 40   // further samples to spare without which the delay does not shrink, and what it shrinks by at least
	jitterWindow  = 16   // packets after which the delay is looked at
	jitterHushed  = 480  // samples of nothing after which nothing is heard any more: 60 ms
	jitterIdle    = 8000 // samples of nothing after which the next packet is a new start
)

func newJitterBuffer(r JitterRange) JitterBuffer {
	return JitterBuffer{low: int(r.Min.Milliseconds()) * samplesPerMs, high: int(r.Max.Milliseconds()) * samplesPerMs}
}

func (j *JitterBuffer) bounds() (low, high int) {
	if j.high == 0 {
		return int(defaultJitter.Min.Milliseconds()) * samplesPerMs, int(defaultJitter.Max.Milliseconds()) * samplesPerMs
	}
	return j.low, j.high
}

// Slot says that a slot of n samples is taken now, by the receive clock, and
// the next after as much time.
func (j *JitterBuffer) Slot(now int64, n int) { j.next, j.slot = now+int64(n), n }

// Put takes in the audio of a packet that came at, by the receive clock. One that came
// before the last slot, and was not read for it, is as good as one that came after.
func (j *JitterBuffer) Put(at int64, ssrc, timestamp uint32, marker bool, payload []byte) {
	n := len(payload)
	if n == 0 || n > jitterSpan/2 {
		return
	}
	at = max(at, j.next-int64(j.step()))
	if !j.started || ssrc != j.ssrc {
		j.sync(at, ssrc, timestamp)
	}
	if ahead := int(int32(timestamp - j.play)); ahead > jitterSpan-n || ahead < -jitterSpan {
		if !marker && (!j.jumped || timestamp-j.jumpTo > jitterSpan) {
			j.jumped, j.jumpTo = true, timestamp
			return
		}
		j.sync(at, ssrc, timestamp)
	}
	j.jumped = false
	if !j.fixed {
		j.adapt(at, timestamp, marker)
	}
	if ahead := int(int32(timestamp - j.play)); ahead < 0 {
		j.late++
		if ahead <= -n {
			return
		}
		payload, timestamp = payload[-ahead:], j.play
	}
	j.store(timestamp, payload)
}

// Noise says that from timestamp on there is comfort noise (RFC 3389), until
// audio follows: what is missing there is silence.
func (j *JitterBuffer) Noise(timestamp uint32) {
	if j.started && j.Silent() && j.held == 0 {
		timestamp = j.play // it is news of a silence that lasts already
	}
	j.noise, j.noiseAt = true, timestamp
}

// Silent says whether what comes next, if it is missing, is so because the far
// end said that it is silent.
func (j *JitterBuffer) Silent() bool {
	return j.noise && (!j.started || int32(j.play-j.noiseAt) >= 0)
}

// Transcode turns what is held from the law it has into the other one.
func (j *JitterBuffer) Transcode(law g711.Law) { law.Transcode(j.audio.samples) }

// sync starts anew: timestamp will be due after the delay that the line needs,
// the initial one while that is not known.
func (j *JitterBuffer) sync(at int64, ssrc, timestamp uint32) {
	delay := jitterStart
	if !j.fixed {
		low, high := j.bounds()
		if j.lateness.total >= jitterKnown*lateWeight {
			delay = j.target
		}
		delay = min(max(delay, low), high)
		delay = max(-roundDown(j.untilNext(at)-delay, j.step()), 0)
	}
	j.lateness.restart(uint32(at) - timestamp)
	j.audio.clear()
	j.started, j.ssrc, j.play = true, ssrc, timestamp-uint32(delay)
	j.end, j.past = timestamp, j.play
	j.held, j.idle = 0, 0
	j.packets, j.wish, j.lateRun, j.jumped = 0, 0, 0, false
	j.noise = j.noise && int32(j.noiseAt-j.play) <= jitterSpan
}

// Rest says that nobody listens for now: what is held is let go, and what comes next is a new start.
func (j *JitterBuffer) Rest() {
	if j.started {
		j.started, j.held = false, 0
	}
}

// untilNext is the time from at until the next slot, in samples.
func (j *JitterBuffer) untilNext(at int64) int { return int(max(j.next-at, 0)) }

// step is the length of a slot.
func (j *JitterBuffer) step() int {
	if j.slot == 0 {
		return 20 * samplesPerMs
	}
	return j.slot
}

// adapt has play follow what a packet's coming tells of the line.
func (j *JitterBuffer) adapt(at int64, timestamp uint32, marker bool) {
	_, high := j.bounds()
	ahead := int(int32(timestamp - j.play))
	base := j.lateness.base
	late := j.lateness.add(uint32(at) - timestamp)
	if int32(j.lateness.base-base) < 0 {
		j.packets = 0 // so far it was compared with slower ones
	}
	switch {
	case ahead >= 0:
		j.lateRun = 0
	case int32(timestamp-j.past) < 0:
		return // what follows it has been heard
	case -ahead <= high:
		if j.held > 0 && int(int32(j.end-timestamp)) > high {
			return // what waits already would wait for too long
		}
		if j.held > 0 {
			j.audio.reach(j.play, int(int32(j.end-timestamp))) // what waits is further from the new place than from the old
		}
		j.play, ahead = timestamp, 0
		j.aim()
	default:
		// Further back than the delay may grow: a far end that does not count
		// the time it was silent (its next talkspurt says so), or a line that
		// has become that slow.
		if j.lateRun++; marker || j.lateRun >= 3 {
			j.sync(at, j.ssrc, timestamp)
		}
		return
	}
	slots := roundDown(ahead, j.step())
	within := ahead - slots // of its slot: play may go on by so much without its being late
	wait := j.untilNext(at) + slots
	if wait > high {
		over := -roundDown(high-wait, j.step())
		j.drop(over)
		wait -= over
		j.Shifted(over)
	}
	j.measure(within, wait+late)
}

// measure notes how far within its slot a packet begins, and the delay that this
// gives to the fastest; at the end of a window it says what is to change.
func (j *JitterBuffer) measure(within, delay int) {
	spare := delay - j.target
	room := within + roundDown(spare, j.step())
	surplus := room
	if spare-(room-within) < jitterSurplus {
		surplus -= j.step()
	}
	if j.packets == 0 {
		j.room, j.surplus = room, surplus
	}
	j.room, j.surplus = min(j.room, room), min(j.surplus, surplus)
	if j.packets++; j.packets < jitterWindow {
		return
	}
	j.aim()
	switch {
	case j.room < 0:
		j.wish = j.room
	case j.surplus >= jitterSurplus:
		j.wish = j.surplus
	}
}

// aim says what delay the line needs, and begins a window in which to see
// whether it has it.
func (j *JitterBuffer) aim() {
	low, high := j.bounds()
	j.target = min(max(j.lateness.most(jitterBut)+jitterReserve, low), high)
	j.packets, j.wish = 0, 0
}

// roundDown is the greatest multiple of step that is not above n.
func roundDown(n, step int) int {
	if n < 0 {
		n -= step - 1
	}
	return n / step * step
}

// store writes samples that are neither past nor too far ahead.
func (j *JitterBuffer) store(timestamp uint32, payload []byte) {
	if end := timestamp + uint32(len(payload)); int32(end-j.end) > 0 {
		j.end = end
	}
	j.held += j.audio.put(j.play, timestamp, payload)
}

// Wish is by how many samples play ought to go ahead, or back when below 0, for
// the delay to be the one wanted.
func (j *JitterBuffer) Wish() int { return j.wish }

// Shifted says that the slots at hand take n samples more than they last, or
// fewer when below 0: play goes so much further ahead.
func (j *JitterBuffer) Shifted(n int) {
	j.room -= n
	j.surplus -= n
	switch before := j.wish; {
	case before < 0:
		j.wish = min(before-n, 0)
	case before-n >= jitterSurplus:
		j.wish = before - n
	default:
		j.wish = 0
	}
}

// Peek gives what the next Takes will: up to len(dst) samples, as far as all
// are heard.
func (j *JitterBuffer) Peek(dst []byte) (n int) {
	if !j.started {
		return 0
	}
	n, heard := j.audio.alike(j.play, len(dst))
	if !heard {
		return 0
	}
	j.audio.copy(dst[:n], j.play)
	return n
}

// Take hands out what is due: n ≤ len(dst) samples that either were all heard,
// or are all missing (dst is then not written). It is called until the slot is
// full.
func (j *JitterBuffer) Take(dst []byte) (n int, heard bool) {
	if !j.started {
		return len(dst), false
	}
	n, heard = j.audio.alike(j.play, len(dst))
	if !heard && j.wish != 0 && (j.idle >= jitterHushed || j.Silent()) {
		if j.wish < 0 {
			n = min(n, -j.wish)
			j.Shifted(-n)
			j.idle += n
			return n, false // play waits
		}
		n = min(n, j.wish)
		j.Shifted(n)
		j.drop(n)
		n, heard = j.audio.alike(j.play, len(dst))
	}
	if heard {
		j.Peek(dst[:n])
		j.idle, j.past = 0, j.play+uint32(n)
		j.noise = j.noise && !j.Silent()
	} else if j.idle += n; j.idle >= jitterIdle && j.held == 0 {
		j.started = false
	}
	j.drop(n)
	return n, heard
}

// Position is the timestamp of the next sample to be taken, if there is one.
func (j *JitterBuffer) Position() (timestamp uint32, ok bool) { return j.play, j.started }

// drop forgets n samples from play on.
func (j *JitterBuffer) drop(n int) {
	j.held -= j.audio.forget(j.play, n)
	j.play += uint32(n)
}
