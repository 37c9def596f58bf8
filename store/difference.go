package store

import "strings"

// Rehearsal is what an Update would change.
type Rehearsal struct {
	Added, Changed, Removed int // objects
	// Difference is what changes of Export's text: lines that go have a - before them, those that come a +. Secrets are
	// compared, and not told.
	Difference string
}

// Rehearse tells what an Update with f would change, and changes nothing. f's error is its error.
func (s *Store) Rehearse(f func(*Tx) error) (r Rehearsal, err error) {
	err = s.View(func(before *Tx) error {
		after := newTx(before.state)
		if err := after.run(f); err != nil {
			return err
		}
		r, err = difference(before, after)
		return err
	})
	return r, err
}

// difference compares the objects of two states.
func difference(before, after *Tx) (r Rehearsal, err error) {
	var text strings.Builder
	for _, kind := range kinds {
		table := kind.bucket()
		old, now := before.state.shelves[table], after.state.shelves[table]
		if old == now || exported[table].left {
			continue
		}
		for id, row := range now.rows.all() {
			was, there := old.rows.get(id)
			if there && was.object == row.object {
				continue
			}
			b, err := after.block(table, row.object)
			if err != nil {
				return r, err
			}
			if !there {
				r.Added++
				writeLines(&text, "+", b.hide().String())
				continue
			}
			a, err := before.block(table, was.object)
			if err != nil {
				return r, err
			}
			if a.String() != b.String() {
				r.Changed++
				writeChange(&text, a, b)
			}
		}
		for id, row := range old.rows.all() {
			if _, stays := now.rows.get(id); stays {
				continue
			}
			b, err := before.block(table, row.object)
			if err != nil {
				return r, err
			}
			r.Removed++
			writeLines(&text, "-", b.hide().String())
		}
	}
	r.Difference = text.String()
	return r, nil
}

func writeLines(text *strings.Builder, sign, lines string) {
	for line := range strings.Lines(lines) {
		text.WriteString(sign + line)
	}
}

// writeChange writes the fields of an object that differ, below what it is.
func writeChange(text *strings.Builder, old, now block) {
	was := map[string]member{}
	for _, f := range old.fields {
		was[f.name] = f
	}
	writeLines(text, " ", block{now.table, now.fields[:1]}.String()) // the first one is its number
	for _, f := range now.fields {
		before, there := was[f.name]
		delete(was, f.name)
		if there && before.String() == f.String() {
			continue
		}
		if there {
			writeLines(text, "-", before.hide(now.table).String())
		}
		writeLines(text, "+", f.hide(now.table).String())
	}
	for _, f := range old.fields {
		if _, gone := was[f.name]; gone {
			writeLines(text, "-", f.hide(now.table).String())
		}
	}
}
