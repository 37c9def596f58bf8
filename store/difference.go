package store

import "strings"

// Changes counts objects that a transaction changed.
type Changes struct{ Added, Changed, Removed int }

// Rehearsal is what an Update would change.
type Rehearsal struct {
	Changes
	// Difference is what changes of Export's text: lines that go have a - before them, those that come a +. Secrets are
	// compared, and not told.
	Difference string
}

// Rehearse tells what an Update with f would change, and changes nothing. f's error is its error.
func (s *Store) Rehearse(f func(*Tx) error) (r Rehearsal, err error) {
	err = s.View(func(now *Tx) error {
		after := newTx(now.state)
		if err := after.run(f); err != nil {
			return err
		}
		var text strings.Builder
		r.Changes, err = after.changes(&text)
		r.Difference = text.String()
		return err
	})
	return r, err
}

// changes compares the objects with those of before, as Export's text has them. What differs is written to text, unless that is nil.
func (tx *Tx) changes(text *strings.Builder) (c Changes, err error) {
	was := &Tx{state: tx.before}
	for _, kind := range kinds {
		table := kind.bucket()
		old, now := was.state.shelves[table], tx.state.shelves[table]
		if old == now || exported[table].left {
			continue
		}
		for id, row := range now.rows.all() {
			former, there := old.rows.get(id)
			differs := false
			if !there {
				c.Added++
				err = tx.writeObject(text, "+", table, row.object)
			} else if former.object != row.object {
				differs, err = writeChange(text, was, tx, table, former.object, row.object)
			}
			if err != nil {
				return c, err
			}
			if differs {
				c.Changed++
			}
		}
		for id, row := range old.rows.all() {
			if _, stays := now.rows.get(id); stays {
				continue
			}
			c.Removed++
			if err := was.writeObject(text, "-", table, row.object); err != nil {
				return c, err
			}
		}
	}
	return c, nil
}

// writeObject writes an object that comes or goes; nowhere when text is nil.
func (tx *Tx) writeObject(text *strings.Builder, sign string, table tableID, object any) error {
	if text == nil {
		return nil
	}
	b, err := tx.block(table, object)
	if err == nil {
		writeLines(text, sign, b.hide().String())
	}
	return err
}

func writeLines(text *strings.Builder, sign, lines string) {
	for line := range strings.Lines(lines) {
		text.WriteString(sign + line)
	}
}

// writeChange writes the fields of an object that differ, below what it is; nowhere when text is nil. differs: some do.
func writeChange(text *strings.Builder, before, after *Tx, table tableID, former, object any) (differs bool, err error) {
	old, err := before.block(table, former)
	if err != nil {
		return false, err
	}
	now, err := after.block(table, object)
	if err != nil || old.String() == now.String() {
		return false, err
	}
	if text != nil {
		writeFields(text, old, now)
	}
	return true, nil
}

// writeFields writes the fields of an object that differ.
func writeFields(text *strings.Builder, old, now block) {
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
