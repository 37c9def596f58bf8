package confd

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"iter"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// column is what a list can be ordered by, searched in and compared with.
type column[T any] struct {
	name  string
	value func(*T) any // a string, an int, a bool, several strings ([]string), or nil for null

	order, search, match bool // what it is good for
}

// everything is a column that is good for ordering, searching and matching.
func everything[T any](name string, value func(*T) any) column[T] {
	return column[T]{name, value, true, true, true}
}

// listing is how the objects of a resource are listed.
type listing[T any] struct {
	path    string        // of the list, by which its rows are remembered; empty: they are not
	columns []column[T]   // without one for searching, search is for visible to see to
	order   string        // the column, when the request names none
	visible func(*T) bool // the caller may see an object; nil: all
	show    func(*T) any  // as GET shows it

	// filtered counts as wazo-auth does: total are all that are visible, filtered those of them that match.
	filtered bool
}

// page is the envelope of a list.
type page struct {
	Total    int   `json:"total"` // of all that match
	Filtered *int  `json:"filtered,omitempty"`
	Items    []any `json:"items"`
}

// json is the page as a body. What is rendered already is taken as it is.
func (p page) json() ([]byte, error) {
	items := p.Items
	p.Items = []any{}
	head, err := marshal(struct{ page }{p}) // {…,"items":[]}
	if err != nil {
		return nil, err
	}
	const tail = "]}\n"
	var text bytes.Buffer
	size := len(head)
	for _, item := range items {
		done, _ := item.(rendered)
		size += len(done) + 1
	}
	text.Grow(size)
	text.Write(bytes.TrimSuffix(head, []byte(tail)))
	for i, item := range items {
		if i > 0 {
			text.WriteByte(',')
		}
		if done, ok := item.(rendered); ok {
			text.WriteString(string(done))
			continue
		}
		one, err := marshal(item)
		if err != nil {
			return nil, err
		}
		text.Write(bytes.TrimSuffix(one, []byte("\n")))
	}
	text.WriteString(tail)
	return text.Bytes(), nil
}

// list answers GET of a list by what the query asks for: the tenant and those below, search, columns, order, limit and offset.
// all comes in the order of ids, which breaks ties.
func list[T any](r *request, all iter.Seq[*T], l listing[T]) (answer, error) {
	q, err := l.query(r)
	if err != nil {
		return answer{}, err
	}
	rows := l.rows(r, all)
	p, visible := page{Items: []any{}}, 0
	for _, row := range rows.ordered(q) {
		if l.visible != nil && !l.visible(row.item) {
			continue
		}
		if visible++; !q.wants(row) {
			continue
		}
		if p.Total++; p.Total > q.offset && (q.limit == 0 || p.Total-q.offset <= q.limit) {
			item, err := rows.render(row, l.show)
			if err != nil {
				return answer{}, err
			}
			p.Items = append(p.Items, item)
		}
	}
	if l.filtered {
		matching := p.Total
		p.Total, p.Filtered = visible, &matching
	}
	return shown(p), nil
}

// query is what a request asks of a list.
type query[T any] struct {
	by            string       // the column that it is ordered by
	order         func(*T) any // its value; nil: by id
	descending    bool
	limit, offset int // limit 0: all
	filters       []func(*row[T]) bool
}

func (q query[T]) wants(r *row[T]) bool {
	for _, f := range q.filters {
		if !f(r) {
			return false
		}
	}
	return true
}

// query reads the query of a request.
func (l listing[T]) query(r *request) (q query[T], err error) {
	given := r.query()
	if q.limit, err = count(given, "limit", 1); err != nil {
		return q, err
	}
	if q.offset, err = count(given, "offset", 0); err != nil {
		return q, err
	}
	if _, ok := truth(given.Get("recurse")); given.Has("recurse") && !ok {
		return q, inputError("recurse: ['Not a valid boolean.']")
	}
	direction := given.Get("direction")
	if given.Has("direction") && direction != "asc" && direction != "desc" {
		return q, inputError("direction: must be 'asc' or 'desc'")
	}
	q.descending = direction == "desc"
	order := l.order
	if given.Has("order") {
		order = given.Get("order")
	}
	at := slices.IndexFunc(l.columns, func(c column[T]) bool { return c.order && c.name == order })
	switch {
	case at < 0 && given.Has("order"):
		return q, inputError("order: column '%s' was not found (there are %s)", order, l.names())
	case at >= 0 && (order != "id" || q.descending):
		q.by, q.order = order, l.columns[at].value
	}
	if text := fold(given.Get("search")); text != "" && slices.ContainsFunc(l.columns, func(c column[T]) bool { return c.search }) {
		q.filters = append(q.filters, l.searched(text))
	}
	for _, c := range l.columns {
		if given.Has(c.name) && c.match {
			wanted := given.Get(c.name)
			q.filters = append(q.filters, func(r *row[T]) bool { return equals(c.value(r.item), wanted) })
		}
	}
	return q, nil
}

// names are the columns to order by, for people.
func (l listing[T]) names() string {
	var names []string
	for _, c := range l.columns {
		if c.order {
			names = append(names, c.name)
		}
	}
	return strings.Join(names, ", ")
}

// searched finds folded text in the columns for searching.
func (l listing[T]) searched(text string) func(*row[T]) bool {
	return func(r *row[T]) bool {
		return slices.ContainsFunc(l.searchable(r), func(folded string) bool { return strings.Contains(folded, text) })
	}
}

// foldedTexts are the texts of a column's value, folded.
func foldedTexts(value any) []string {
	switch v := value.(type) {
	case nil:
		return nil
	case string:
		return []string{fold(v)}
	case []string:
		folded := make([]string, len(v))
		for i, text := range v {
			folded[i] = fold(text)
		}
		return folded
	}
	return []string{fmt.Sprint(value)}
}

// equals compares the value of a column with what a query says.
func equals(value any, wanted string) bool {
	switch v := value.(type) {
	case nil:
		return false
	case string:
		return v == wanted
	case []string:
		return slices.Contains(v, wanted)
	case int:
		n, err := strconv.Atoi(wanted)
		return err == nil && n == v
	case bool:
		b, ok := truth(wanted)
		return ok && b == v
	}
	return false
}

// compare orders values of a column as single gives them; null comes after all others.
func compare(a, b any) int {
	switch a := a.(type) {
	case string:
		if b, ok := b.(string); ok {
			return strings.Compare(a, b)
		}
	case int:
		if b, ok := b.(int); ok {
			return cmp.Compare(a, b)
		}
	case bool:
		if b, ok := b.(bool); ok && a != b {
			return map[bool]int{true: 1, false: -1}[a]
		}
	}
	switch {
	case a == nil && b != nil:
		return 1
	case a != nil && b == nil:
		return -1
	}
	return 0
}

// single is a value that compare can order: of several texts the first one counts.
func single(value any) any {
	if texts, ok := value.([]string); ok {
		if len(texts) == 0 {
			return nil
		}
		return texts[0]
	}
	return value
}

// count reads a whole number of a query; 0: it is not there. One that is larger than any list is the largest int.
func count(given url.Values, name string, least int) (int, error) {
	if !given.Has(name) {
		return 0, nil
	}
	n, err := strconv.Atoi(strings.TrimSpace(given.Get(name)))
	if err != nil && !errors.Is(err, strconv.ErrRange) || n < least {
		return 0, inputError("field '%s': wrong type. Should be a positive number", name)
	}
	return n, nil
}
