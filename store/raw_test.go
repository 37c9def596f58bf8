package store

import (
	"testing"

	"go.etcd.io/bbolt"
)

// writeRaw puts bytes past all checks; noTable is the database's own.
func writeRaw(t *testing.T, s *Store, id tableID, key, value string) {
	t.Helper()
	err := s.engine.db.Update(func(tx *bbolt.Tx) error {
		bucket := tx.Bucket(metaBucket)
		if id != noTable {
			bucket = tx.Bucket(id.bucket())
		}
		return bucket.Put([]byte(key), []byte(value))
	})
	if err != nil {
		t.Fatal(err)
	}
}

// lastTransaction is the number of the last transaction that wrote.
func lastTransaction(t *testing.T, s *Store) (id int) {
	t.Helper()
	if err := s.engine.db.View(func(tx *bbolt.Tx) error { id = tx.ID(); return nil }); err != nil {
		t.Fatal(err)
	}
	return id
}
