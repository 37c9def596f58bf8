package store

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// update changes objects, which has to work.
func update(t *testing.T, s *Store, f func(*Tx) error) {
	t.Helper()
	if err := s.Update(f); err != nil {
		t.Fatal(err)
	}
}

// view looks at objects.
func view(t *testing.T, s *Store, f func(*Tx)) {
	t.Helper()
	s.View(func(tx *Tx) error { f(tx); return nil })
}

func TestSeedsObjectsAreThereAfterReopening(t *testing.T) {
	s := open(t, t.TempDir(), Options{})
	var extension Extension
	var incall Incall
	update(t, s, func(tx *Tx) (err error) {
		extension, err = tx.Extensions().Put(Extension{Exten: "+33123456789", Context: "from-extern", Enabled: true})
		return err
	})
	update(t, s, func(tx *Tx) (err error) {
		incall, err = tx.Incalls().Put(Incall{Tenant: tx.MasterTenant().UUID, Destination: Destination{Type: DestinationCustom, Command: "Goto(dp-ivr-example,s,1)"}})
		return err
	})
	update(t, s, func(tx *Tx) error {
		extension.Of = Owner{OwnerIncall, incall.ID}
		_, err := tx.Extensions().Put(extension)
		return err
	})
	s = reopen(t, s, Options{})
	view(t, s, func(tx *Tx) {
		found, ok := tx.Extension("from-extern", "+33123456789")
		if !ok || !cmp.Equal(*found, extension) {
			t.Errorf("%+v, put was %+v", found, extension)
		}
		of := slices.Collect(tx.ExtensionsOf(OwnerIncall, incall.ID))
		if len(of) != 1 || of[0].ID != extension.ID {
			t.Errorf("of the incall: %v", of)
		}
		if got, _, ok := tx.Incalls().Get(incall.ID); !ok || got.Destination.Command != incall.Destination.Command {
			t.Errorf("%+v", got)
		}
	})
}

func TestFailedUpdateChangesNothing(t *testing.T) {
	s := open(t, t.TempDir(), Options{})
	refused := errors.New("refused")
	var before Revision
	view(t, s, func(tx *Tx) { before = tx.Revision() })
	for name, f := range map[string]func(*Tx) error{
		"error": func(*Tx) error { return refused },
		"panic": func(*Tx) error { panic("a fault") },
		"dangling link": func(tx *Tx) error {
			_, err := tx.Incalls().Put(Incall{Tenant: tx.MasterTenant().UUID, Schedule: 7})
			return err
		},
	} {
		err := s.Update(func(tx *Tx) error {
			if _, err := tx.Schedules().Put(Schedule{Tenant: tx.MasterTenant().UUID}); err != nil {
				return err
			}
			return f(tx)
		})
		if err == nil {
			t.Errorf("%s: no error", name)
		}
		view(t, s, func(tx *Tx) {
			if tx.Schedules().Len() != 0 || tx.Incalls().Len() != 0 || tx.Revision() != before {
				t.Errorf("%s: %d schedules, %d incalls at revision %d, before %d", name, tx.Schedules().Len(), tx.Incalls().Len(), tx.Revision(), before)
			}
		})
	}
	err := s.View(func(tx *Tx) error { _, err := tx.Schedules().Put(Schedule{}); return err })
	if err == nil {
		t.Error("a View could change something")
	}
}

// Each update adds a number and its incall and, now and then, takes one away; whoever looks sees both or neither.
func TestReadersSeeWholeTransactions(t *testing.T) {
	s := open(t, t.TempDir(), Options{})
	done := make(chan struct{})
	var writers, readers sync.WaitGroup
	for w := range 4 {
		writers.Go(func() {
			for i := range 50 {
				number := fmt.Sprintf("+%d%03d", w+1, i)
				err := s.Update(func(tx *Tx) error { return tx.PutDID(DID{Number: number, Context: "default", Exten: "1"}) })
				if err == nil && i%5 == 0 {
					err = s.Update(func(tx *Tx) error { return tx.DeleteDID(numbersContext, number) })
				}
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	for range 2 {
		readers.Go(func() {
			last := Revision(0)
			for {
				s.View(func(tx *Tx) error {
					if tx.Extensions().Len() != tx.Incalls().Len() || tx.Revision() < last {
						t.Errorf("%d extensions, %d incalls at revision %d after %d", tx.Extensions().Len(), tx.Incalls().Len(), tx.Revision(), last)
					}
					last = tx.Revision()
					return nil
				})
				select {
				case <-done:
					return
				default:
				}
			}
		})
	}
	writers.Wait()
	close(done)
	readers.Wait()
	view(t, s, func(tx *Tx) {
		if n := len(didsOf(tx)); n != 160 || tx.Incalls().Len() != n {
			t.Errorf("%d numbers", n)
		}
	})
}

func TestOpeningAgainWritesNothing(t *testing.T) {
	s := open(t, t.TempDir(), Options{})
	before := lastTransaction(t, s)
	if s = reopen(t, s, Options{}); lastTransaction(t, s) != before {
		t.Error("an opening changed the database")
	}
}

func TestUniqueKeysAreOneObjectsAlone(t *testing.T) {
	s := open(t, t.TempDir(), Options{})
	for name, f := range map[string]func(*Tx) error{
		"a context's name": func(tx *Tx) error {
			_, err := tx.Contexts().Put(Context{Tenant: tx.MasterTenant().UUID, Name: "default"})
			return err
		},
		"a second master": func(tx *Tx) error { _, err := tx.Tenants().Put(Tenant{Name: "other"}); return err },
		"an extension in its context": func(tx *Tx) error {
			for range 2 {
				if _, err := tx.Extensions().Put(Extension{Exten: "1", Context: "default"}); err != nil {
					return err
				}
			}
			return nil
		},
		"a template called as an endpoint": func(tx *Tx) error {
			if _, err := tx.Endpoints().Put(Endpoint{Tenant: tx.MasterTenant().UUID, Name: "desk"}); err != nil {
				return err
			}
			_, err := tx.Templates().Put(Endpoint{Tenant: tx.MasterTenant().UUID, Name: "desk"})
			return err
		},
		"another tenant's schedule": func(tx *Tx) error {
			other, err := tx.Tenants().Put(Tenant{Name: "acme", Parent: tx.MasterTenant().UUID})
			if err != nil {
				return err
			}
			schedule, err := tx.Schedules().Put(Schedule{Tenant: other.UUID, ClosedDestination: Nowhere})
			if err != nil {
				return err
			}
			_, err = tx.Incalls().Put(Incall{Tenant: tx.MasterTenant().UUID, Destination: Nowhere, Schedule: schedule.ID})
			return err
		},
		"a context with an extension is deleted": func(tx *Tx) error {
			if _, err := tx.Extensions().Put(Extension{Exten: "1", Context: "default"}); err != nil {
				return err
			}
			c, _ := tx.Context("default")
			return tx.Contexts().Delete(c.ID)
		},
		"a tenant is deleted": func(tx *Tx) error { return tx.Tenants().Delete(tx.MasterTenant().ID) },
	} {
		var field *FieldError
		if err := s.Update(f); !errors.As(err, &field) {
			t.Errorf("%s: %v", name, err)
		}
	}
	update(t, s, func(tx *Tx) error { // a number is free for another once it is given up
		e, err := tx.Extensions().Put(Extension{Exten: "1", Context: "default"})
		if err != nil {
			return err
		}
		e.Exten = "2"
		if _, err := tx.Extensions().Put(e); err != nil {
			return err
		}
		_, err = tx.Extensions().Put(Extension{Exten: "1", Context: "default"})
		return err
	})
}
