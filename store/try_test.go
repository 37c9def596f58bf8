package store

import (
	"errors"
	"testing"
)

func TestTryTakesBackOnlyWhatFailed(t *testing.T) {
	s := open(t, t.TempDir(), Options{})
	refused := errors.New("refused")
	put := func(tx *Tx, exten string, of Owner) error {
		_, err := tx.Extensions().Put(Extension{Exten: exten, Context: "default", Enabled: true, Of: of})
		return err
	}
	update(t, s, func(tx *Tx) error {
		if err := tx.Try(func() error { return put(tx, "1000", Owner{}) }); err != nil {
			t.Errorf("a change that works: %v", err)
		}
		err := tx.Try(func() error {
			if err := put(tx, "1001", Owner{}); err != nil {
				t.Error(err)
			}
			if first, ok := tx.Extension("default", "1000"); ok {
				return errors.Join(tx.Extensions().Delete(first.ID), refused)
			}
			return errors.New("the first change is not seen")
		})
		if !errors.Is(err, refused) {
			t.Errorf("a change that is refused: %v", err)
		}
		if err := tx.Try(func() error { return put(tx, "1002", Owner{OwnerIncall, 7}) }); err == nil {
			t.Error("an extension of an incall that is not there is kept")
		}
		return tx.Try(func() error { return put(tx, "1003", Owner{}) })
	})
	for range 2 { // in memory, and on the disk
		view(t, s, func(tx *Tx) {
			for exten, want := range map[string]bool{"1000": true, "1001": false, "1002": false, "1003": true} {
				if _, ok := tx.Extension("default", exten); ok != want {
					t.Errorf("extension %s is there: %v, want %v", exten, ok, want)
				}
			}
		})
		s = reopen(t, s, Options{})
	}
}
