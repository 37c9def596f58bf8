package store

import (
	"errors"
	"testing"
)

// hand hands a change of objects to the writer, which has looked at it when hand returns.
func hand(t *testing.T, s *Store, aside bool, f func(*Tx) error) *change {
	t.Helper()
	c := &change{table: noTable, update: f, aside: aside, done: make(chan struct{})}
	s.requests <- c
	if err := s.Sync(); err != nil {
		t.Fatal(err)
	}
	return c
}

// waits tells that a change is not kept yet.
func (c *change) waits() bool {
	select {
	case <-c.done:
		return false
	default:
		return true
	}
}

// addContext is an update that makes a context.
func addContext(name string) func(*Tx) error {
	return func(tx *Tx) error {
		_, err := tx.Contexts().Put(Context{Tenant: tx.MasterTenant().UUID, Name: name, Label: name, Type: ContextInternal})
		return err
	}
}

// slow is an update that has made a context, and ends when it is let go.
func slow(name string) (f func(*Tx) error, letGo chan error) {
	letGo = make(chan error)
	return func(tx *Tx) error { return errors.Join(addContext(name)(tx), <-letGo) }, letGo
}

// contexts are the contexts of a store that tests made, in the order in which they were made.
func contexts(t *testing.T, s *Store) (names string) {
	t.Helper()
	view(t, s, func(tx *Tx) {
		for c := range tx.Contexts().All() {
			if len(c.Name) == 1 {
				names += c.Name
			}
		}
	})
	return names
}

func TestOnlyUpdatesWaitForOneAside(t *testing.T) {
	s := open(t, t.TempDir(), Options{})
	f, letGo := slow("a")
	long := hand(t, s, true, f)
	other := hand(t, s, false, addContext("b"))

	if _, err := s.Bindings().Put("1000", Binding(`{}`), Any); err != nil {
		t.Fatal(err)
	}
	if err := s.Database().Put("f", "k", "v"); err != nil {
		t.Fatal(err)
	}
	s.Journal("call", "run", struct{}{})
	if err := s.Sync(); err != nil {
		t.Fatal(err)
	}
	if found := contexts(t, s); found != "" || !long.waits() || !other.waits() {
		t.Fatalf("before it has ended there are the contexts %q; it waits %v, the next one %v", found, long.waits(), other.waits())
	}
	letGo <- nil
	<-long.done
	<-other.done
	if found := contexts(t, reopen(t, s, Options{})); found != "ab" || long.err != nil || other.err != nil {
		t.Errorf("contexts %q, %v, %v", found, long.err, other.err)
	}
}

func TestUpdatesKeepTheirOrderAroundThoseAside(t *testing.T) {
	s := open(t, t.TempDir(), Options{})
	first, letFirst := slow("a")
	second, letSecond := slow("d")
	var all []*change
	all = append(all, hand(t, s, true, first))
	for _, name := range []string{"b", "c"} {
		all = append(all, hand(t, s, false, addContext(name)))
	}
	all = append(all, hand(t, s, true, second))
	all = append(all, hand(t, s, false, addContext("e")))
	letFirst <- nil
	<-all[2].done
	if found := contexts(t, s); found != "abc" || !all[3].waits() || !all[4].waits() {
		t.Errorf("after the first one there are the contexts %q", found)
	}
	letSecond <- nil
	<-all[4].done
	if found := contexts(t, s); found != "abcde" {
		t.Errorf("contexts %q", found)
	}
}

func TestAnUpdateAsideThatFailsChangesNothing(t *testing.T) {
	s := open(t, t.TempDir(), Options{})
	f, letGo := slow("a")
	long, other, gone := hand(t, s, true, f), hand(t, s, false, addContext("b")), errors.New("gone")
	letGo <- gone
	<-other.done
	if found := contexts(t, s); found != "b" || !errors.Is(long.err, gone) || other.err != nil {
		t.Errorf("contexts %q, %v, %v", found, long.err, other.err)
	}
	if _, err := s.UpdateAside(func(*Tx) error { panic("broken") }); err == nil {
		t.Error("a panic is no error")
	}
}

func TestWhatWasHandedOverAsideIsKeptWhenTheStoreCloses(t *testing.T) {
	s := open(t, t.TempDir(), Options{})
	f, letGo := slow("a")
	hand(t, s, true, f)
	hand(t, s, false, addContext("b"))
	hand(t, s, true, addContext("c"))
	hand(t, s, false, addContext("d"))
	go func() {
		<-s.closing
		letGo <- nil
	}()
	if found := contexts(t, reopen(t, s, Options{})); found != "abcd" {
		t.Errorf("contexts %q", found)
	}
}

func TestUpdateAsideCountsWhatItChanged(t *testing.T) {
	s := open(t, t.TempDir(), Options{})
	update(t, s, addContext("a"))
	update(t, s, addContext("b"))
	changes, err := s.UpdateAside(func(tx *Tx) error {
		a, _ := tx.Context("a")
		b, _ := tx.Context("b")
		renamed := *b
		renamed.Label = "other"
		_, err := tx.Contexts().Put(renamed)
		return errors.Join(err, tx.Contexts().Delete(a.ID), addContext("c")(tx), addContext("d")(tx))
	})
	if want := (Changes{Added: 2, Changed: 1, Removed: 1}); err != nil || changes != want {
		t.Errorf("%+v, want %+v; %v", changes, want, err)
	}
}
