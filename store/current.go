package store

import "sync/atomic"

// current is the list of a table's records as of a number of edits: for what is asked at each request that comes in.
type current[T any] struct {
	table *Table[T]
	last  atomic.Pointer[currentList[T]]
}

type currentList[T any] struct {
	edits  uint64
	values []T
}

// list gives all records in the order of their keys. It reads the disk's state once after a change. The list is nobody's
// to change.
func (c *current[T]) list() []T {
	edits := c.table.store.edits[c.table.id].Load()
	list := c.last.Load()
	if list == nil || list.edits != edits {
		entries, err := c.table.List()
		if err != nil {
			c.table.store.log.Error("a table cannot be read", "table", c.table.id.String(), "why", err)
			return nil
		}
		list = &currentList[T]{edits: edits}
		for _, e := range entries {
			list.values = append(list.values, e.Value)
		}
		c.last.Store(list)
	}
	return list.values
}

// TrunksNow are the trunks as they are now.
func (s *Store) TrunksNow() []Trunk { return s.trunksNow.list() }

// IncallsNow are the incalls as they are now.
func (s *Store) IncallsNow() []Incall { return s.incallsNow.list() }
