package sounds

import (
	"sync"
	"sync/atomic"
)

// turns lets so many decoders work ahead at a time. The next turn is that of the
// prompt whose listener is nearest to the end of what is there: so whatever is
// decoded beside it, music say, a prompt that is heard does not run dry before
// all decoders together are slower than what is heard.
type turns struct {
	mu      sync.Mutex
	free    int
	waiting []waiter
}

type waiter struct {
	length int           // samples that are there
	heard  *atomic.Int64 // how far the prompt was asked for
	turn   chan struct{} // closed when it is its turn
}

// slack is how far the listener is from the end; a prompt that nobody has heard is heard soon.
func (w waiter) slack() int { return w.length - int(w.heard.Load()) }

// take waits for a turn.
func (t *turns) take(length int, heard *atomic.Int64) {
	t.mu.Lock()
	if t.free > 0 {
		t.free--
		t.mu.Unlock()
		return
	}
	w := waiter{length, heard, make(chan struct{})}
	t.waiting = append(t.waiting, w)
	t.mu.Unlock()
	<-w.turn
}

// give ends a turn.
func (t *turns) give() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.waiting) == 0 {
		t.free++
		return
	}
	next := 0
	for i, w := range t.waiting {
		if w.slack() < t.waiting[next].slack() {
			next = i
		}
	}
	close(t.waiting[next].turn)
	t.waiting = append(t.waiting[:next], t.waiting[next+1:]...)
}
