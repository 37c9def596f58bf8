package store

import (
	"cmp"
	"context"
	"fmt"
	"slices"
)

// Named is the objects of a kind that are known by name, one at a time: phones by number, trunks by name. They are read from
// memory.
type Named[T any] struct {
	store *Store
	kind  *kind[T]
}

// byName is the index of a kind by its key in the database, for those that have one.
const byName = 0

// Get gives the object of a name and its revision, or ErrNotFound. What its slices hold is nobody's to change.
func (n *Named[T]) Get(name string) (v T, rev Revision, err error) {
	err = n.store.View(func(tx *Tx) error {
		v, rev, err = n.get(tx, name)
		return err
	})
	return v, rev, err
}

func (n *Named[T]) get(tx *Tx, name string) (v T, rev Revision, err error) {
	kind := Kind[T]{tx, n.kind}
	found, ok := kind.one(byName, name)
	if !ok {
		return v, 0, fmt.Errorf("%s %q: %w", n.kind.table, name, ErrNotFound)
	}
	_, rev, _ = kind.Get(*n.kind.id(found))
	return *found, rev, nil
}

// Put keeps an object and gives its revision once it is on disk. With rev New there must be none of its name yet, with a revision
// of Get, List or Watch it must still be that one; otherwise nothing is kept and the error is ErrConflict. One that
// is not valid is a *FieldError. Its number, if it has one already, is that of the object of its name.
func (n *Named[T]) Put(name string, v T, rev Revision) (now Revision, err error) {
	if found := n.kind.key(&v); name != found {
		return 0, invalid("%s: %q under the key %q", n.kind.table, found, name)
	}
	err = n.store.Update(func(tx *Tx) error {
		now, err = n.put(tx, name, v, rev)
		return err
	})
	return now, err
}

// put is Put within a transaction.
func (n *Named[T]) put(tx *Tx, name string, v T, rev Revision) (Revision, error) {
	kind := Kind[T]{tx, n.kind}
	before, found, err := n.get(tx, name)
	if err := guard(n.kind.table, name, rev, found, err == nil); err != nil {
		return 0, err
	}
	*n.kind.id(&v) = *n.kind.id(&before)
	if d, ok := any(&v).(describing); ok {
		if err := d.describe(tx); err != nil {
			return 0, err
		}
	}
	kept, err := kind.Put(v)
	if err != nil {
		return 0, err
	}
	_, now, _ := kind.Get(*n.kind.id(&kept))
	return now, nil
}

// Delete removes an object and returns once that is on disk; see Put for rev. A missing one is ErrNotFound.
func (n *Named[T]) Delete(name string, rev Revision) error {
	return n.store.Update(func(tx *Tx) error { return n.remove(tx, name, rev) })
}

// remove is Delete within a transaction.
func (n *Named[T]) remove(tx *Tx, name string, rev Revision) error {
	v, found, err := n.get(tx, name)
	if err != nil {
		return err
	}
	if err := guard(n.kind.table, name, rev, found, true); err != nil {
		return err
	}
	if err := (Kind[T]{tx, n.kind}).Delete(*n.kind.id(&v)); err != nil {
		return err
	}
	if d, ok := any(&v).(describing); ok {
		return d.undescribe(tx)
	}
	return nil
}

// guard is ErrConflict when a record is not in the state that is to be replaced.
func guard(table tableID, name string, want, found Revision, exists bool) error {
	if want == New && exists || want != Any && want != New && (!exists || want != found) {
		return fmt.Errorf("%s %q: %w", table, name, ErrConflict)
	}
	return nil
}

// List gives all objects in the order of their names' bytes.
func (n *Named[T]) List() ([]Entry[T], error) {
	var list []Entry[T]
	err := n.store.View(func(tx *Tx) error {
		for _, row := range tx.state.shelves[n.kind.table].rows.all() {
			v := row.object.(*T)
			list = append(list, Entry[T]{n.kind.key(v), *v, row.revision})
		}
		return nil
	})
	slices.SortFunc(list, func(a, b Entry[T]) int { return cmp.Compare(a.Key, b.Key) })
	return list, err
}

// Watch tells of every change after it was called, as that of a Table.
func (n *Named[T]) Watch(ctx context.Context) <-chan Change[T] {
	return watch[T](ctx, n.store, n.kind.table)
}
