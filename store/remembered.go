package store

import "sync"

// maxRemembered bounds the records of a table that are remembered.
const maxRemembered = 20_000

// remembered are records of a table as they were read, as of a number of edits: for tables that are read at each request
// and seldom edited.
type remembered[T any] struct {
	mu    sync.Mutex
	edits uint64
	read  map[string]Entry[T]
}

// get gives a record that was read since the last edit.
func (r *remembered[T]) get(key string, edits uint64) (Entry[T], bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.edits != edits {
		return Entry[T]{}, false
	}
	e, ok := r.read[key]
	return e, ok
}

// put keeps a record that was read when there had been so many edits, or before.
func (r *remembered[T]) put(e Entry[T], edits uint64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if edits > r.edits || r.read == nil || len(r.read) >= maxRemembered {
		r.edits, r.read = max(edits, r.edits), make(map[string]Entry[T])
	}
	if edits == r.edits {
		r.read[e.Key] = e
	}
}
