package confd

import (
	"iter"
	"maps"
	"slices"
	"sync"

	"dialtone/store"
)

// sorted gives all objects of a list in the order that a query asks for. It is remembered until any object changes, as the pages of a list
// are asked for one after the other.
func (l listing[T]) sorted(r *request, q query[T], all iter.Seq[*T]) []*T {
	if l.path == "" {
		return sortedBy(q, all)
	}
	asked := orderOf{l.path, q.by, q.descending}
	if items, ok := r.api.orders.get(asked, r.tx.Revision()); ok {
		return items.([]*T)
	}
	items := sortedBy(q, all)
	r.api.orders.put(asked, r.tx.Revision(), items)
	return items
}

// sortedBy sorts objects by a column; those that have the same value stay in their order.
func sortedBy[T any](q query[T], all iter.Seq[*T]) []*T {
	type row struct {
		key  any
		item *T
	}
	var rows []row
	for item := range all {
		rows = append(rows, row{single(q.order(item)), item})
	}
	slices.SortStableFunc(rows, func(a, b row) int {
		if q.descending {
			return compare(b.key, a.key)
		}
		return compare(a.key, b.key)
	})
	items := make([]*T, len(rows))
	for i, at := range rows {
		items[i] = at.item
	}
	return items
}

// orders are lists in their order, as they were at one revision of the objects.
type orders struct {
	mu   sync.Mutex
	at   store.Revision
	kept map[orderOf]any // []*T
}

// orderOf names a list in an order.
type orderOf struct {
	path, column string
	descending   bool
}

// maxOrders bounds the memory of orders: with 100,000 objects in each list, 13 MB.
const maxOrders = 16

// get finds a list as it was at a revision.
func (o *orders) get(asked orderOf, at store.Revision) (items any, ok bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	items, ok = o.kept[asked]
	return items, ok && o.at == at
}

// put remembers a list as it was at a revision, unless a later one is known.
func (o *orders) put(asked orderOf, at store.Revision, items any) {
	o.mu.Lock()
	defer o.mu.Unlock()
	switch {
	case at < o.at:
		return
	case at > o.at || o.kept == nil:
		o.at, o.kept = at, map[orderOf]any{}
	}
	for other := range maps.Keys(o.kept) {
		if len(o.kept) < maxOrders {
			break
		}
		delete(o.kept, other)
	}
	o.kept[asked] = items
}
