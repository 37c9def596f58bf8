package media

import "math/bits"

// shelf is where a jitter buffer keeps audio: bytes by their timestamp, each there or
// not. It is as long as what has ever waited in it, so that a steady line costs little
// memory. The zero value is empty; it is used after clear.
type shelf struct {
	samples []byte   // at timestamp modulo its length, a power of two
	present []uint64 // a bit for each sample
}

const shelfStart = 1024 // samples: 128 ms, more than a steady line's delay and the longest slot

// clear takes everything off.
func (s *shelf) clear() {
	if s.samples == nil {
		s.samples, s.present = make([]byte, shelfStart), make([]uint64, shelfStart/64)
	}
	clear(s.present)
}

// place is where the sample of a timestamp lies.
func (s *shelf) place(timestamp uint32) int { return int(timestamp) & (len(s.samples) - 1) }

// put lays audio down, and says how many of its samples were not there before. Nothing
// that is there is older than from.
func (s *shelf) put(from, timestamp uint32, audio []byte) (added int) {
	s.reach(from, int(timestamp-from)+len(audio))
	at := s.place(timestamp)
	first := copy(s.samples[at:], audio)
	copy(s.samples, audio[first:])
	s.each(at, len(audio), func(word int, mask uint64) {
		added += bits.OnesCount64(mask &^ s.present[word])
		s.present[word] |= mask
	})
	return added
}

// reach makes room for n samples from the oldest that there may be on; what lies there, from a timestamp on, stays.
func (s *shelf) reach(from uint32, n int) {
	for n > len(s.samples) {
		s.lengthen(from)
	}
}

// forget takes n samples from a timestamp on away, and says how many were there.
func (s *shelf) forget(timestamp uint32, n int) (gone int) {
	s.each(s.place(timestamp), min(n, len(s.samples)), func(word int, mask uint64) {
		gone += bits.OnesCount64(mask & s.present[word])
		s.present[word] &^= mask
	})
	return gone
}

// copy fills dst with what lies from a timestamp on.
func (s *shelf) copy(dst []byte, timestamp uint32) {
	first := copy(dst, s.samples[s.place(timestamp):])
	copy(dst[first:], s.samples)
}

// each goes through the n bits from one place on, word by word.
func (s *shelf) each(at, n int, do func(word int, mask uint64)) {
	for n > 0 {
		bit := at % 64
		m := min(64-bit, n)
		do(at/64, ^uint64(0)>>(64-m)<<bit)
		at, n = (at+m)&(len(s.samples)-1), n-m
	}
}

// alike is how many samples from a timestamp on, up to limit, are alike: there or not.
func (s *shelf) alike(timestamp uint32, limit int) (n int, present bool) {
	at := s.place(timestamp)
	present = s.present[at/64]>>(at%64)&1 == 1
	for n < limit {
		bit := at % 64
		word := s.present[at/64] >> bit
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
		n, at = n+64-bit, (at+64-bit)&(len(s.samples)-1)
	}
	return limit, present
}

// lengthen doubles the room; what lies there, from a timestamp on, stays.
func (s *shelf) lengthen(from uint32) {
	longer := shelf{make([]byte, 2*len(s.samples)), make([]uint64, 2*len(s.present))}
	for timestamp, left := from, len(s.samples); left > 0; {
		n, present := s.alike(timestamp, left)
		if present {
			audio := make([]byte, n)
			s.copy(audio, timestamp)
			longer.put(from, timestamp, audio)
		}
		timestamp, left = timestamp+uint32(n), left-n
	}
	*s = longer
}
