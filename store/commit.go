package store

import (
	"fmt"
	"time"
)

const (
	journalDelay = 40 * time.Millisecond // from the first change of the journal to its commit
	retryDelay   = time.Second           // after a commit that failed
	maxGroup     = 1024                  // changes that share a commit
	// pace is how far apart commits are, from one's begin to the next one's, while changes come so fast that they share them: a
	// commit costs the same for one change as for many. Who is alone never waits.
	pace = 5 * time.Millisecond
)

// change is what is asked of the writer: a record of a table, or an update of objects. A change of noTable without an
// update changes nothing and waits for what is before it.
type change struct {
	update func(*Tx) error // nil: the record below
	aside  bool            // update takes long: it runs beside the writer, which makes other updates wait for it
	ready  *Tx             // update has run aside: this is what it changed

	table  tableID
	key    string
	record []byte // JSON; nil: delete
	rev    Revision

	// Written by the writer; readable once done is closed.
	result Revision
	err    error
	told   []told // what an update changed
	done   chan struct{}
}

// ask hands a change to the writer and waits until it is on disk.
func (s *Store) ask(c *change) (Revision, error) {
	c.done = make(chan struct{})
	select {
	case <-s.closing:
		return 0, ErrClosed
	default:
	}
	select {
	case s.requests <- c:
	case <-s.closing:
		return 0, ErrClosed
	}
	select {
	case <-c.done:
	case <-s.stopped:
		select {
		case <-c.done: // the last group took it in
		default:
			return 0, ErrClosed
		}
	}
	return c.result, c.err
}

// write is the writer: the only goroutine that changes the database. What waits when it comes back from the disk
// goes into the next transaction together.
func (s *Store) write() {
	defer close(s.stopped)
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	var due <-chan time.Time // when the journal has to be written; nil: nothing is in it
	var rest time.Time       // no commit before, but for the journal's
	var beside aside
	for {
		var group []*change
		select {
		case c := <-s.requests:
			time.Sleep(time.Until(rest))
			group = s.gather(c)
			rest = time.Time{}
			if len(group) > 1 {
				rest = time.Now().Add(pace)
			}
			group = beside.holdBack(group)
		case c := <-beside.prepared:
			group = beside.release(c)
		case <-s.journal.dirty:
			if due == nil {
				timer.Reset(journalDelay)
				due = timer.C
			}
			continue
		case <-due:
		case <-s.closing:
			s.finish(&beside)
			return
		}
		due = nil
		if !s.commit(group) {
			timer.Reset(retryDelay)
			due = timer.C
		}
		beside.begin(s.objects.Load())
	}
}

// finish writes what was handed over before the store was closed.
func (s *Store) finish(beside *aside) {
	for {
		group := beside.holdBack(s.gather(nil))
		s.commit(group)
		beside.begin(s.objects.Load())
		switch {
		case beside.prepared != nil:
			s.commit(beside.release(<-beside.prepared))
			beside.begin(s.objects.Load())
		case len(group) == 0:
			return
		}
	}
}

// gather takes what is waiting into a group.
func (s *Store) gather(first *change) (group []*change) {
	if first != nil {
		group = append(group, first)
	}
	for len(group) < maxGroup {
		select {
		case c := <-s.requests:
			group = append(group, c)
		default:
			return group
		}
	}
	return group
}

// commit brings a group and all of the journal to disk in one transaction; false when that failed. The group's
// changes then fail, the journal is tried again.
func (s *Store) commit(group []*change) bool {
	entries := s.journal.take()
	entries.encode(s.log)
	objects, err := s.objects.Load(), error(nil)
	if len(group) > 0 || !entries.empty() {
		objects, err = s.engine.apply(group, entries, objects)
	}
	if err != nil {
		err = fmt.Errorf("%w: %w", ErrDisk, err)
		s.log.Error("the database cannot be written", "why", err, "changes", len(group), "calls", len(entries.parts)+len(entries.ended))
		if dropped := s.journal.giveBack(entries); dropped > 0 {
			s.log.Error("call records are lost: the database cannot be written", "records", dropped)
		}
	} else {
		s.objects.Store(objects)
	}
	for _, c := range group {
		switch {
		case c.err == nil && err != nil:
			c.err = err
		case c.err == nil && c.table != noTable:
			s.watchers.tell(c.table, rawChange{c.key, c.record, c.result})
		case c.err == nil:
			for _, t := range c.told {
				s.watchers.tell(t.table, t.change)
			}
		}
		close(c.done)
	}
	return err == nil
}
