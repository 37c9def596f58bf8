package store

import (
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
)

// Tx is one consistent state of all objects (View), or a change of it (Update). It is valid only during the call that it
// was given to, and belongs to that goroutine.
type Tx struct {
	state  *state
	before *state         // what it changes; nil: nothing may be changed
	owner  *owner         // nil, too, then
	writes []write        // for the disk, in order
	told   []told         // for those who watch
	checks []func() error // of what was put, at the end

	unsettled map[string]bool // UUIDs of endpoints whose phone or trunk may have to be made anew
}

// write is a value for a bucket; nil deletes the key.
type write struct {
	table tableID
	key   []byte
	value []byte
}

// told is a change that those who watch a table hear of once it is on disk.
type told struct {
	table  tableID
	change rawChange
}

var errReadOnly = errors.New("a View changes nothing: use Update")

// View calls f with the present state of all objects. It waits for nobody, and what it sees stays as it is however long it
// takes. Its error is f's.
func (s *Store) View(f func(*Tx) error) error {
	select {
	case <-s.closing:
		return ErrClosed
	default:
		return f(&Tx{state: s.objects.Load()})
	}
}

// Update calls f with the present state of all objects and keeps what it changes, as a whole or not at all; it returns once
// that is on disk. Updates come one after the other. When f gives an error, nothing is changed and the error is Update's; an
// error of the disk (ErrDisk) leaves everything as it was, too. f runs on the writer's goroutine: it must neither wait for anything nor call
// the Store.
func (s *Store) Update(f func(*Tx) error) error {
	_, err := s.ask(&change{table: noTable, update: f})
	return err
}

// UpdateAside is Update with an f that takes long, as one does that makes very many objects. It runs on a goroutine of its own; other
// Updates wait until it is on disk, and nothing else does. changes counts the objects that it changed.
func (s *Store) UpdateAside(f func(*Tx) error) (changes Changes, err error) {
	c := &change{table: noTable, update: f, aside: true}
	if _, err := s.ask(c); err != nil {
		return changes, err
	}
	return c.ready.changes(nil)
}

// newTx begins a change of a state.
func newTx(from *state) *Tx {
	next := *from
	return &Tx{state: &next, before: from, owner: new(owner)}
}

// run calls f. What it panics with is an error, so that the writer lives.
func (tx *Tx) run(f func(*Tx) error) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("a change of objects failed: %v\n%s", r, debug.Stack())
		}
	}()
	if err := f(tx); err != nil {
		return err
	}
	if err := tx.settle(); err != nil {
		return err
	}
	for _, check := range tx.checks {
		if err := check(); err != nil {
			return err
		}
	}
	return nil
}

// Revision is that of the last change of any object.
func (tx *Tx) Revision() Revision { return tx.state.revision }

// shelf gives the shelf of a kind, to be changed by this transaction.
func (tx *Tx) shelf(table tableID) *shelf {
	s := tx.state.shelves[table]
	if s.owner == tx.owner {
		return s
	}
	own := *s
	own.owner, own.indexes = tx.owner, slices.Clone(s.indexes)
	tx.state.shelves[table] = &own
	return &own
}

// Kept tells that what the transaction sees is on disk, so that its Revision names it: it changes nothing.
func (tx *Tx) Kept() bool { return tx.before == nil }

// rows are the objects of a kind as they are now, whatever is changed meanwhile.
func (tx *Tx) rows(table tableID) tree[int, row] {
	tx.seal()
	return tx.state.shelves[table].rows
}

// seal lets nothing change any more what the transaction made so far: somebody goes through it.
func (tx *Tx) seal() {
	if tx.owner != nil {
		tx.owner = new(owner)
	}
}
