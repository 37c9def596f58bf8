package store

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"iter"
	"math"
	"strings"
)

// Kind is all objects of a kind as a transaction sees them. What Get and the iterators give is nobody's to change: to change
// an object, put a changed copy (with slices of its own).
type Kind[T any] struct {
	tx   *Tx
	kind *kind[T]
}

// kind describes a kind of objects: where they lie and what names them. What must be true of an object are methods of it:
// checked, linked and referred.
type kind[T any] struct {
	table   tableID
	id      func(*T) *int    // where its number stands
	uuid    func(*T) *string // where its UUID stands; nil: it has none
	key     func(*T) string  // its key in the database; nil: its number
	tenant  func(*T) string  // UUID of the tenant that it is of; nil: it goes with another object
	indexes []index[T]
}

// checked is an object that is looked at before it is kept: by itself, and with what stands above it. It may complete itself.
type checked interface{ check(*Tx) error }

// linked is an object that refers to others, which must be there at the end of the transaction.
type linked interface{ links(*Tx) error }

// referred is an object that others refer to: after its deletion it drops their links.
type referred interface{ dropped(*Tx) error }

// index finds objects by a key of theirs.
type index[T any] struct {
	keys   func(v *T, add func(key string))
	unique func(v *T, key string) error // what is wrong when another object has the key; nil: any number may
}

// by is an index of one key each; the empty one is not in it.
func by[T any](key func(*T) string) index[T] {
	return index[T]{keys: func(v *T, add func(string)) {
		if k := key(v); k != "" {
			add(k)
		}
	}}
}

// only is by, of a key that is one object's alone; text says, with the key, that it is taken.
func only[T any](key func(*T) string, taken func(v *T, key string) error) index[T] {
	i := by(key)
	i.unique = taken
	return i
}

// Get gives an object by its number.
func (k Kind[T]) Get(id int) (v *T, rev Revision, ok bool) {
	row, ok := k.tx.state.shelves[k.kind.table].rows.get(id)
	if !ok {
		return nil, 0, false
	}
	return row.object.(*T), row.revision, true
}

// Len is the number of objects.
func (k Kind[T]) Len() int { return k.tx.state.shelves[k.kind.table].rows.size }

// Edited is the revision of the last change of any object of the kind: what is made of them holds as long as it stays.
func (k Kind[T]) Edited() Revision { return k.tx.state.shelves[k.kind.table].edited }

// All gives the objects in the order of their numbers. They may be changed meanwhile; what is given is as it was at the beginning.
func (k Kind[T]) All() iter.Seq[*T] {
	rows := k.tx.rows(k.kind.table)
	return func(yield func(*T) bool) {
		for _, row := range rows.all() {
			if !yield(row.object.(*T)) {
				return
			}
		}
	}
}

// having gives the objects that have a key in an index, in the order of their numbers.
func (k Kind[T]) having(index int, key string) iter.Seq[*T] {
	return k.from(index, key, func(other string) bool { return other == key })
}

// beginning gives the objects of which a key in an index begins with a text, in the order of the keys.
func (k Kind[T]) beginning(index int, text string) iter.Seq[*T] {
	return k.from(index, text, func(key string) bool { return strings.HasPrefix(key, text) })
}

// from gives the objects by the keys of an index, from a text on, as long as the keys are wanted.
func (k Kind[T]) from(index int, text string, wanted func(key string) bool) iter.Seq[*T] {
	k.tx.seal()
	shelf := k.tx.state.shelves[k.kind.table]
	entries, rows := shelf.indexes[index], shelf.rows
	return func(yield func(*T) bool) {
		for e := range entries.from(entry{text, math.MinInt}) {
			if !wanted(e.key) {
				return
			}
			row, _ := rows.get(e.id)
			if !yield(row.object.(*T)) {
				return
			}
		}
	}
}

// one gives the first object that has a key in an index.
func (k Kind[T]) one(index int, key string) (*T, bool) {
	shelf := k.tx.state.shelves[k.kind.table]
	for e := range shelf.indexes[index].from(entry{key, math.MinInt}) {
		if e.key != key {
			break
		}
		row, ok := shelf.rows.get(e.id)
		return row.object.(*T), ok
	}
	return nil, false
}

// Put keeps an object: a new one where its number is 0, which is then given one that no object of the kind ever had (and a UUID where it
// has none), else in the place of the one with its number, if there is one. It gives what is kept. What is not valid is a
// *FieldError.
func (k Kind[T]) Put(v T) (T, error) {
	tx, kind := k.tx, k.kind
	if tx.owner == nil {
		return v, errReadOnly
	}
	shelf := tx.shelf(kind.table)
	id := kind.id(&v)
	switch {
	case *id == 0:
		*id = shelf.lastID + 1
	case *id < 0 || *id > maxID:
		return v, invalid("%s: the number %d (1 to %d)", kind.table, *id, maxID)
	}
	if kind.uuid != nil && *kind.uuid(&v) == "" {
		*kind.uuid(&v) = NewUUID()
	}
	if c, ok := any(&v).(checked); ok {
		if err := c.check(tx); err != nil {
			return v, err
		}
	}
	record, err := json.Marshal(v)
	if err != nil {
		return v, fmt.Errorf("%s %d: %w", kind.table, *id, err)
	}
	kept := new(T) // what a restart would read, and nobody's to change
	if err := json.Unmarshal(record, kept); err != nil {
		return v, fmt.Errorf("%s %d: %w", kind.table, *id, err)
	}
	if before, _, ok := k.Get(*id); ok {
		tx.settleObject(before)
	}
	if err := k.place(kept, tx.state.revision+1); err != nil {
		return v, err
	}
	tx.settleObject(kept)
	tx.write(kind.table, kind.keyOf(kept), record)
	if l, ok := any(kept).(linked); ok {
		tx.checks = append(tx.checks, func() error {
			if now, _, ok := k.Get(*kind.id(kept)); ok && now == kept {
				return l.links(tx)
			}
			return nil // it was changed again
		})
	}
	return *kept, nil
}

// place puts an object into the state, in the place of the one with its number.
func (k Kind[T]) place(v *T, rev Revision) error {
	tx, kind := k.tx, k.kind
	shelf, id := tx.shelf(kind.table), *kind.id(v)
	var fault error
	for i, index := range kind.indexes {
		if index.unique == nil {
			continue
		}
		index.keys(v, func(key string) {
			if other, ok := k.one(i, key); ok && *kind.id(other) != id && fault == nil {
				fault = index.unique(v, key)
			}
		})
	}
	if fault != nil {
		return fault
	}
	before, _, replaces := k.Get(id)
	if replaces {
		k.unlist(before)
		if old := kind.keyOf(before); old != kind.keyOf(v) {
			tx.write(kind.table, old, nil)
			rev = tx.state.revision + 1
		}
	}
	for i, index := range kind.indexes {
		index.keys(v, func(key string) { shelf.indexes[i].put(tx.owner, entry{key, id}, struct{}{}) })
	}
	shelf.rows.put(tx.owner, id, row{v, rev})
	shelf.lastID = max(shelf.lastID, id)
	return nil
}

// unlist takes an object out of the indexes.
func (k Kind[T]) unlist(v *T) {
	shelf := k.tx.shelf(k.kind.table)
	for i, index := range k.kind.indexes {
		index.keys(v, func(key string) { shelf.indexes[i].delete(k.tx.owner, entry{key, *k.kind.id(v)}) })
	}
}

// Delete removes an object, and the links to it. A missing one is ErrNotFound.
func (k Kind[T]) Delete(id int) error {
	tx, kind := k.tx, k.kind
	if tx.owner == nil {
		return errReadOnly
	}
	v, _, ok := k.Get(id)
	if !ok {
		return fmt.Errorf("%s %d: %w", kind.table, id, ErrNotFound)
	}
	tx.settleObject(v)
	k.unlist(v)
	shelf := tx.shelf(kind.table)
	shelf.rows.delete(tx.owner, id)
	tx.write(kind.table, kind.keyOf(v), nil)
	if r, ok := any(v).(referred); ok {
		return r.dropped(tx)
	}
	return nil
}

// write notes a change of an object for the disk and for those who watch; nil deletes it.
func (tx *Tx) write(table tableID, key string, record json.RawMessage) {
	tx.state.revision++
	rev := tx.state.revision
	tx.shelf(table).edited = rev
	var value []byte
	if record != nil {
		value = seal(rev, record)
	}
	tx.writes = append(tx.writes, write{table, []byte(key), value})
	tx.told = append(tx.told, told{table, rawChange{key, record, rev}})
}

// maxID bounds the numbers of objects, as clients keep them in 32 bits.
const maxID = math.MaxInt32

// keyOf is the key of an object in the database. Numbers are written so that their order is that of the keys.
func (k *kind[T]) keyOf(v *T) string {
	if k.key != nil {
		return k.key(v)
	}
	return string(binary.BigEndian.AppendUint64(nil, uint64(*k.id(v))))
}
