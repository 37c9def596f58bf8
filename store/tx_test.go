package store

import (
	"errors"
	"slices"
	"testing"
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
		if !ok || *found != extension {
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
