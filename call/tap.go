package call

import (
	"slices"
	"sync"

	"dialtone/media"
)

// senses are what a call has for those who listen to it: recordings, detectors, the echo. The run's goroutine changes
// them, and another one when the call is joined to a second run.
type senses struct {
	mu      sync.Mutex
	listens []*listener
	ear     ear
	echo    *listener // while Echo runs
	takes   []*take   // under way
	joined  int       // to so many other calls
	closed  bool      // the call is over: nothing begins any more
}

// listener hears a stream. Its functions run on the stream's shard; each may be nil. See media.Stream.Tap and TapSent.
type listener struct {
	heard func(pcm []int16, missing bool)
	sent  func(pcm []int16)
}

// listen has one more listener hear the stream.
func (s *senses) listen(stream *media.Stream, l *listener) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if slices.Contains(s.listens, l) {
		return
	}
	s.listens = append(s.listens, l)
	s.install(stream)
}

// ignore takes a listener away. It hears nothing more once ignore has returned.
func (s *senses) ignore(stream *media.Stream, l *listener) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.listens = slices.DeleteFunc(s.listens, func(other *listener) bool { return other == l })
	s.install(stream)
}

// install gives the stream functions that pass on what it tells; none while nobody listens. s.mu is held.
func (s *senses) install(stream *media.Stream) {
	var heard []func([]int16, bool)
	var sent []func([]int16)
	for _, l := range s.listens {
		if l.heard != nil {
			heard = append(heard, l.heard)
		}
		if l.sent != nil {
			sent = append(sent, l.sent)
		}
	}
	if heard == nil {
		stream.Tap(nil)
	} else {
		stream.Tap(func(pcm []int16, missing bool) {
			for _, f := range heard {
				f(pcm, missing)
			}
		})
	}
	if sent == nil {
		stream.TapSent(nil)
	} else {
		stream.TapSent(func(pcm []int16) {
			for _, f := range sent {
				f(pcm)
			}
		})
	}
}
