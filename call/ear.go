package call

import (
	"sync"
	"time"

	"dialtone/ivr"
)

// ear tells speech from silence in what is received, by its energy. Its shard hears, the run asks.
type ear struct {
	users int // how many listen; guarded by senses.mu
	tap   *listener

	mu    sync.Mutex
	talk  ivr.Talk
	began time.Time     // of the speech under way
	quiet time.Duration // so long there was no sound in it
}

const (
	soundLevel = 256                    // mean amplitude of a piece of audio that is sound, about -42 dBm0
	breath     = 200 * time.Millisecond // a pause in speech that does not end it
)

// start begins in silence.
func (e *ear) start(now time.Time) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.talk, e.quiet = ivr.Talk{Since: now}, 0
}

// hear takes a piece of audio that ends now.
func (e *ear) hear(pcm []int16, missing bool, now func() time.Time) {
	length := time.Duration(len(pcm)) * time.Second / 8000
	loud := !missing && loudness(pcm) >= soundLevel
	e.mu.Lock()
	defer e.mu.Unlock()
	switch {
	case loud && !e.talk.Talking:
		e.began = now().Add(-length)
		e.talk, e.quiet = ivr.Talk{Talking: true, Since: e.began}, 0
	case loud:
		e.quiet = 0
	case e.talk.Talking:
		if e.quiet += length; e.quiet >= breath {
			since := now().Add(-e.quiet)
			e.talk = ivr.Talk{Since: since, Last: since.Sub(e.began)}
		}
	}
}

// loudness is the mean amplitude.
func loudness(pcm []int16) int {
	sum := 0
	for _, s := range pcm {
		sum += max(int(s), -int(s))
	}
	return sum / max(len(pcm), 1)
}

// Listen begins, and ends, to pay attention to whether the caller speaks.
func (ch *channel) Listen(on bool) {
	s, e := &ch.senses, &ch.senses.ear
	s.mu.Lock()
	if on {
		e.users++
	} else {
		e.users--
	}
	begin, end := on && e.users == 1, !on && e.users == 0
	s.mu.Unlock()
	switch {
	case begin:
		e.start(time.Now())
		e.tap = &listener{heard: func(pcm []int16, missing bool) { e.hear(pcm, missing, time.Now) }}
		s.listen(ch.call.stream, e.tap)
	case end:
		s.ignore(ch.call.stream, e.tap)
	}
}

// Talk is whether the caller speaks.
func (ch *channel) Talk() ivr.Talk {
	e := &ch.senses.ear
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.talk
}
