package store

import (
	"context"
	"encoding/json"
	"fmt"
)

// Revision tells states of a record apart: of two, the later one has the higher revision, also when the record was
// deleted in between. As an argument it names the state that is to be replaced.
type Revision uint64

// Revisions as arguments of Put and Delete.
const (
	Any Revision = 0    // whatever is there, or nothing
	New Revision = ^Any // nothing: there must be no record
)

// Entry is a record of a table.
type Entry[T any] struct {
	Key      string
	Value    T
	Revision Revision
}

// Table is one kind of records. T is what a record holds; it is kept as JSON.
type Table[T any] struct {
	store *Store
	id    tableID
	check func(key string, v T) error // before it is kept; may be nil
}

// maxKey bounds keys in bytes.
const maxKey = 512

// Get gives the record of a key and its revision, or ErrNotFound.
func (t *Table[T]) Get(key string) (v T, rev Revision, err error) {
	raw, err := t.store.engine.get(t.id, key)
	if err != nil {
		return v, 0, err
	}
	if raw == nil {
		return v, 0, fmt.Errorf("%s %q: %w", t.id, key, ErrNotFound)
	}
	return decode[T](t.id, key, raw)
}

// Put keeps a record and gives its revision once it is on disk. With rev New there must be none yet, with a revision
// of Get, List or Watch it must still be that one; otherwise nothing is kept and the error is ErrConflict. A record
// that is not valid is a *FieldError.
func (t *Table[T]) Put(key string, v T, rev Revision) (Revision, error) {
	if key == "" || len(key) > maxKey {
		return 0, invalid("%s: a key of %d bytes (1 to %d)", t.id, len(key), maxKey)
	}
	if t.check != nil {
		if err := t.check(key, v); err != nil {
			return 0, err
		}
	}
	record, err := json.Marshal(v)
	if err != nil {
		return 0, fmt.Errorf("%s %q: %w", t.id, key, err)
	}
	return t.store.ask(&change{table: t.id, key: key, record: record, rev: rev})
}

// Delete removes a record and returns once that is on disk; see Put for rev. A missing one is ErrNotFound.
func (t *Table[T]) Delete(key string, rev Revision) error {
	_, err := t.store.ask(&change{table: t.id, key: key, rev: rev})
	return err
}

// List gives all records in the order of their keys' bytes. A record that cannot be read is left out, and logged.
func (t *Table[T]) List() ([]Entry[T], error) {
	var list []Entry[T]
	err := t.store.engine.list(t.id, func(key string, raw []byte) bool {
		v, rev, err := decode[T](t.id, key, raw)
		if err != nil {
			t.store.log.Error("a record is left out", "why", err)
			return true
		}
		list = append(list, Entry[T]{key, v, rev})
		return true
	})
	return list, err
}

// Change is what happened to a record.
type Change[T any] struct {
	Entry[T]
	Deleted bool // Value is then empty, Revision that of the deletion
}

// Watch tells of every change of the table after it was called, until ctx ends or the store is closed; then the
// channel is closed. A reader that is slower than the changes gets the last one of each key. To have all records and
// miss nothing, call Watch first and then List.
func (t *Table[T]) Watch(ctx context.Context) <-chan Change[T] { return watch[T](ctx, t.store, t.id) }

func watch[T any](ctx context.Context, s *Store, table tableID) <-chan Change[T] {
	changes := make(chan Change[T])
	w := s.watchers.add(table)
	go func() {
		defer close(changes)
		defer s.watchers.remove(w)
		for {
			raw, ok := w.next(ctx)
			if !ok {
				return
			}
			c := Change[T]{Entry: Entry[T]{Key: raw.key, Revision: raw.rev}, Deleted: raw.record == nil}
			if !c.Deleted {
				if err := json.Unmarshal(raw.record, &c.Value); err != nil {
					s.log.Error("a change is left out", "why", &RecordError{table.String(), raw.key, err})
					continue
				}
			}
			select {
			case changes <- c:
			case <-ctx.Done():
				return
			case <-w.closed:
				return
			}
		}
	}()
	return changes
}

// decode opens an envelope.
func decode[T any](id tableID, key string, raw []byte) (v T, rev Revision, err error) {
	e, err := unseal(raw)
	if err != nil {
		return v, 0, &RecordError{id.String(), key, fmt.Errorf("damaged: %w", err)}
	}
	if e.Version > version {
		return v, 0, &RecordError{id.String(), key, errNewer}
	}
	if err := json.Unmarshal(e.Record, &v); err != nil {
		return v, 0, &RecordError{id.String(), key, fmt.Errorf("damaged: %w", err)}
	}
	return v, e.Revision, nil
}
