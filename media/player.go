package media

import "dialtone/media/g711"

// Source is audio to be sent.
type Source interface {
	// At gives 1 to n samples of the audio from offset on, a byte each, in law,
	// and none past its end; fewer than n where the source lies in pieces. The
	// bytes stay valid and unchanged. It is called on the shard's thread and
	// must not block.
	At(law g711.Law, offset, n int) []byte
}

// Growing is a Source whose audio may still be on its way: where At gives none
// and More was true before, silence is sent and the source asked again in the
// next slot.
type Growing interface {
	Source
	// More tells that there may come more than At gives now; once false it
	// stays so. The rules of At hold.
	More() bool
}

// player reads sources one after the other as if they were one.
type player struct {
	sources []Source // what is still to be read; the first is being read
	offset  int      // in the first
	law     g711.Law // the one asked for last
	done    chan struct{}
}

// start plays srcs; done is closed when they are over.
func (p *player) start(srcs []Source, law g711.Law, done chan struct{}) {
	*p = player{sources: append([]Source(nil), srcs...), law: law, done: done}
	p.finishIfOver()
}

// stop ends what plays.
func (p *player) stop() {
	p.sources = nil
	p.finish()
}

// finish tells who waits that all was sent.
func (p *player) finish() {
	if p.done != nil {
		close(p.done)
		p.done = nil
	}
}

// finishIfOver tells who waits, when what was read or skipped was the last of it.
func (p *player) finishIfOver() {
	if p.over() {
		p.finish()
	}
}

// over drops sources that are at their end, and says whether none is left.
func (p *player) over() bool {
	for len(p.sources) > 0 {
		growing, ok := p.sources[0].(Growing)
		more := ok && growing.More() // asked first: what ends meanwhile is not missed
		if more || len(p.sources[0].At(p.law, p.offset, 1)) > 0 {
			return false
		}
		p.sources[0] = nil
		p.sources, p.offset = p.sources[1:], 0
	}
	return true
}

// read fills dst with what comes next and says how much of it that was: less at
// the end, and where a growing source has no more yet.
func (p *player) read(dst []byte, law g711.Law) (n int) {
	p.law = law
	for n < len(dst) && !p.over() {
		got := copy(dst[n:], p.sources[0].At(law, p.offset, len(dst)-n))
		if got == 0 {
			break
		}
		n += got
		p.offset += got
	}
	p.finishIfOver()
	return n
}

// skip passes over n samples, as far as they are there.
func (p *player) skip(n int) {
	for n > 0 && !p.over() {
		got := len(p.sources[0].At(p.law, p.offset, n))
		if got == 0 {
			break
		}
		n -= got
		p.offset += got
	}
	p.finishIfOver()
}
