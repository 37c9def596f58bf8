package store

import (
	"cmp"
	"strings"
)

// state is all objects at one moment, with their indexes. It is never changed: a transaction makes the next one, which shares with
// it what stayed as it was.
type state struct {
	revision Revision // of the last change of any object
	shelves  [tableCount]*shelf
}

// shelf is all objects of a kind.
type shelf struct {
	owner   *owner // who may change it
	rows    tree[int, row]
	indexes []tree[entry, struct{}] // as the kind lists them
	lastID  int                     // the highest that was ever given
	edited  Revision                // of the last change
}

// row is an object as a state has it.
type row struct {
	object   any // a *T, never changed
	revision Revision
}

// entry says that an object has a key in an index.
type entry struct {
	key string
	id  int
}

func compareEntries(a, b entry) int {
	return cmp.Or(strings.Compare(a.key, b.key), cmp.Compare(a.id, b.id))
}

// newShelf makes the empty shelf of a kind with so many indexes.
func newShelf(o *owner, indexes int) *shelf {
	s := &shelf{owner: o, rows: tree[int, row]{compare: cmp.Compare[int]}}
	for range indexes {
		s.indexes = append(s.indexes, tree[entry, struct{}]{compare: compareEntries})
	}
	return s
}
