package media

import "math/bits"

// beat knows in which ms of a stream's slots its packets come, so that a bridged
// stream can be read just after: what it hears leaves then, and waits for nothing else.
//
//	ms of the slot   0 1 2 3 4 5 6 7 8 9 ...            19
//	packets          . . . # # # . # . . ...             .
//	                                   └ read here: where the longest pause begins
//
// Packets that come in every ms have no best place.
type beat struct {
	seen  uint64 // a bit for each ms
	count int
}

const (
	beatKnown   = 64 // packets after which the place is known; then it is looked for anew
	beatPause   = 4  // ms of the shortest pause that is one
	beatSlack   = 5  // ms by which the place may be missed
	beatLongest = 40 // ms of the longest slots that are moved
)

// add notes a packet that came at ms.
func (b *beat) add(ms int64, ptime int) {
	b.seen |= 1 << (ms % int64(ptime))
	b.count++
}

// place gives the ms, of a slot of ptime, in which to read, once enough is known.
func (b *beat) place(ptime int) (ms int64, ok bool) {
	if b.count < beatKnown {
		return 0, false
	}
	all, longest := uint64(1)<<ptime-1, 0
	free := all &^ b.seen
	for at := range ptime {
		if b.seen>>at&1 == 0 {
			continue
		}
		next := (at + 1) % ptime
		around := (free>>next | free<<(ptime-next)) & all // what follows, once around
		if pause := bits.TrailingZeros64(^around); pause > longest {
			longest, ms = pause, int64(next)
		}
	}
	*b = beat{}
	return ms, longest >= beatPause
}

// align moves the slots of a bridged stream to where its packets come, a few at a time: into a phase that is in use, if there
// is one near. now is the phase in which it was served; its next slot is in due. st.mu is held.
func (s *Scheduler) align(st *Stream, now int64) {
	if st.onward == nil || st.ptime > beatLongest {
		return
	}
	ms, ok := st.beat.place(st.ptime)
	if !ok {
		return
	}
	ptime := int64(st.ptime)
	waits := ((st.due-ms)%ptime + ptime) % ptime
	if waits <= beatSlack {
		return
	}
	st.due -= waits
	for st.due < now+ptime/2 {
		st.due += ptime
	}
	for ahead := range int64(beatSlack) {
		if n := len(s.wheel[(st.due+ahead)%wheelSize]); n > 0 && n < crowd {
			st.due += ahead
			return
		}
	}
}
