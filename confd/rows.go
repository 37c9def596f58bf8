package confd

import (
	"iter"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"dialtone/store"
)

// row is an object of a list, with what a list makes of it when it is first wanted: any number of requests may want it at once.
type row[T any] struct {
	item   *T
	folded atomic.Pointer[[]string] // what it is searched in
	shown  atomic.Pointer[rendered]
}

// rendered is an item as it is written in a list.
type rendered string

// MarshalJSON implements json.Marshaler.
func (r rendered) MarshalJSON() ([]byte, error) { return []byte(r), nil }

// rows are the objects of a list, in the order of ids and in those that were asked for.
type rows[T any] struct {
	byID []*row[T]
	room *atomic.Int64 // for what is rendered, in bytes

	mu     sync.Mutex
	orders map[orderOf][]*row[T]
}

// orderOf names an order.
type orderOf struct {
	column     string
	descending bool
}

// rows gives the rows of a list. They are remembered until any object changes, as the same list is asked for again and again, by pages, by
// searches; not those within a change, which may be taken back.
func (l listing[T]) rows(r *request, all iter.Seq[*T]) *rows[T] {
	if l.path == "" || !r.tx.Kept() {
		return newRows(all, new(atomic.Int64))
	}
	asked, at := r.listName(l.path), r.tx.Revision()
	if found, ok := r.api.lists.get(asked, at); ok {
		return found.(*rows[T])
	}
	made := newRows(all, r.api.lists.roomAt(at))
	r.api.lists.put(asked, at, made)
	return made
}

func newRows[T any](all iter.Seq[*T], room *atomic.Int64) *rows[T] {
	made := &rows[T]{room: room, orders: map[orderOf][]*row[T]{}}
	for item := range all {
		made.byID = append(made.byID, &row[T]{item: item})
	}
	return made
}

// ordered are the rows in the order that a query asks for; those that have the same value stay in the order of ids.
func (rs *rows[T]) ordered(q query[T]) []*row[T] {
	if q.order == nil {
		return rs.byID
	}
	asked := orderOf{q.by, q.descending}
	rs.mu.Lock()
	defer rs.mu.Unlock()
	sorted, ok := rs.orders[asked]
	if !ok {
		sorted = sortedBy(q, rs.byID)
		rs.orders[asked] = sorted
	}
	return sorted
}

func sortedBy[T any](q query[T], byID []*row[T]) []*row[T] {
	type keyed struct {
		key any
		row *row[T]
	}
	list := make([]keyed, len(byID))
	for i, r := range byID {
		list[i] = keyed{single(q.order(r.item)), r}
	}
	slices.SortStableFunc(list, func(a, b keyed) int {
		if q.descending {
			return compare(b.key, a.key)
		}
		return compare(a.key, b.key)
	})
	sorted := make([]*row[T], len(list))
	for i, k := range list {
		sorted[i] = k.row
	}
	return sorted
}

// render gives a row as it is written in the list.
func (rs *rows[T]) render(r *row[T], show func(*T) any) (rendered, error) {
	if shown := r.shown.Load(); shown != nil {
		return *shown, nil
	}
	text, err := marshal(show(r.item))
	if err != nil {
		return "", err
	}
	shown := rendered(strings.TrimSuffix(string(text), "\n"))
	if rs.room.Add(-int64(len(shown))) >= 0 {
		r.shown.Store(&shown)
	}
	return shown, nil
}

// searchable are the texts in which a row is searched, folded.
func (l listing[T]) searchable(r *row[T]) []string {
	if folded := r.folded.Load(); folded != nil {
		return *folded
	}
	var folded []string
	for _, c := range l.columns {
		if c.search {
			folded = append(folded, foldedTexts(c.value(r.item))...)
		}
	}
	r.folded.Store(&folded)
	return folded
}

// remembered are the rows of lists as they were at one revision of the objects.
type remembered struct {
	mu   sync.Mutex
	at   store.Revision
	kept map[listName]any // *rows[T]
	room *atomic.Int64    // for what is rendered of them, in bytes
}

// listName tells lists apart that show the same objects.
type listName struct {
	path, base, tenant, view string
}

func (r *request) listName(path string) listName {
	return listName{path, r.url(""), r.tenant, r.query().Get("view")}
}

// Bounds of the memory of lists. With 100,000 objects in each one that is kept takes 4 MB and as much for each order, and what is searched 10 MB.
const (
	maxLists    = 16
	maxRendered = 64 << 20 // bytes, of all lists together
)

// get finds a list as it was at a revision.
func (l *remembered) get(asked listName, at store.Revision) (rows any, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	rows, ok = l.kept[asked]
	return rows, ok && l.at == at
}

// roomAt is the room for what is rendered of the lists of a revision; of a revision that has passed there is none.
func (l *remembered) roomAt(at store.Revision) *atomic.Int64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.turn(at); at < l.at {
		return new(atomic.Int64)
	}
	return l.room
}

// turn forgets the lists of before when there is a later revision.
func (l *remembered) turn(at store.Revision) {
	if at > l.at || l.kept == nil {
		l.at, l.kept, l.room = at, map[listName]any{}, new(atomic.Int64)
		l.room.Store(maxRendered)
	}
}

// put remembers a list as it was at a revision, unless a later one is known.
func (l *remembered) put(asked listName, at store.Revision, rows any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.turn(at); at < l.at {
		return
	}
	for other := range maps.Keys(l.kept) {
		if len(l.kept) < maxLists {
			break
		}
		delete(l.kept, other)
	}
	l.kept[asked] = rows
}
