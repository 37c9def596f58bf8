package media

import "dialtone/media/g711"

// overheard has the tap hear in its slots what is relayed between them.
type overheard struct {
	jitter   JitterBuffer
	restorer restorer
	law      g711.Law // of what is in the buffer
}

// overhear takes in a packet that is relayed; at is when it came, by the receive clock.
func (s *sender) overhear(at int64, ssrc, timestamp uint32, audio []byte, law g711.Law) {
	o := s.overheard
	if o == nil {
		o = new(overheard)
		s.overheard = o
	}
	if law != o.law {
		o.jitter.Rest()
		o.law = law
	}
	o.jitter.Put(at, ssrc, timestamp, false, audio)
}

// tellRelayed has the tap hear n samples of what was relayed.
func (s *sender) tellRelayed(st *Stream, n int, w *workspace) {
	if s.tap == nil || s.overheard == nil {
		s.tell(nil, st.params.Law, n, w)
		return
	}
	o, pcm := s.overheard, w.pcm[:n]
	o.jitter.Slot(st.streams.clock.samples(), n)
	for rest := pcm; len(rest) > 0; {
		piece := rest[:min(len(rest), maxPiece)]
		what := missing
		got, ok := o.jitter.Take(w.audio[:len(piece)])
		piece = piece[:got]
		if ok {
			what = heard
			o.law.DecodeTo(piece, w.audio[:got])
		}
		o.restorer.restore(piece, what)
		rest = rest[got:]
	}
	s.tap(pcm)
}
