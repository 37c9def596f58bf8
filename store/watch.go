package store

import (
	"context"
	"slices"
	"sync"
)

// rawChange is a change of a record as the writer knows it.
type rawChange struct {
	key    string
	record []byte // JSON; nil: deleted
	rev    Revision
}

// watchers are those who follow tables. The writer hands changes over and never waits for a reader.
type watchers struct {
	mu   sync.Mutex
	list []*watcher
}

// watcher holds the last change of each key until its reader takes it.
type watcher struct {
	table  tableID
	wake   chan struct{} // something is pending
	closed chan struct{} // closed when the store is

	mu      sync.Mutex
	pending map[string]rawChange
	order   []string // keys of pending, by their first change
}

func (ws *watchers) add(table tableID) *watcher {
	w := &watcher{table: table, wake: make(chan struct{}, 1), closed: make(chan struct{}), pending: map[string]rawChange{}}
	ws.mu.Lock()
	ws.list = append(ws.list, w)
	ws.mu.Unlock()
	return w
}

func (ws *watchers) remove(w *watcher) {
	ws.mu.Lock()
	ws.list = slices.DeleteFunc(ws.list, func(other *watcher) bool { return other == w })
	ws.mu.Unlock()
}

func (ws *watchers) close() {
	ws.mu.Lock()
	for _, w := range ws.list {
		close(w.closed)
	}
	ws.list = nil
	ws.mu.Unlock()
}

// tell hands a change to those who follow its table.
func (ws *watchers) tell(table tableID, c rawChange) {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	for _, w := range ws.list {
		if w.table != table {
			continue
		}
		w.mu.Lock()
		if _, waiting := w.pending[c.key]; !waiting {
			w.order = append(w.order, c.key)
		}
		w.pending[c.key] = c
		w.mu.Unlock()
		select {
		case w.wake <- struct{}{}:
		default:
		}
	}
}

// next waits for a change; false when ctx or the store has ended.
func (w *watcher) next(ctx context.Context) (rawChange, bool) {
	for {
		w.mu.Lock()
		if len(w.order) > 0 {
			key := w.order[0]
			w.order = w.order[1:]
			c := w.pending[key]
			delete(w.pending, key)
			w.mu.Unlock()
			return c, true
		}
		w.mu.Unlock()
		select {
		case <-w.wake:
		case <-ctx.Done():
			return rawChange{}, false
		case <-w.closed:
			return rawChange{}, false
		}
	}
}
