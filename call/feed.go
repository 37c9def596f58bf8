package call

import (
	"context"
	"sync"
)

// Feed hands what happens to those who follow it. The zero value has no followers. Safe for concurrent use.
type Feed[T any] struct {
	mu        sync.Mutex
	followers map[chan T]struct{}
}

// followBuffer is how many changes a follower may be behind before it loses some.
const followBuffer = 256

// Follow gives what is published until ctx ends, and closes the channel then. A reader that is slower than what happens loses what
// it has no room for.
func (f *Feed[T]) Follow(ctx context.Context) <-chan T {
	changes := make(chan T, followBuffer)
	f.mu.Lock()
	if f.followers == nil {
		f.followers = map[chan T]struct{}{}
	}
	f.followers[changes] = struct{}{}
	f.mu.Unlock()
	context.AfterFunc(ctx, func() {
		f.mu.Lock()
		delete(f.followers, changes)
		close(changes)
		f.mu.Unlock()
	})
	return changes
}

// Publish tells the followers, and never waits.
func (f *Feed[T]) Publish(change T) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for changes := range f.followers {
		select {
		case changes <- change:
		default:
		}
	}
}
