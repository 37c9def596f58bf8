package store

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// Bounds of what a dialplan may keep. Values have the bound of a call's variables.
const (
	maxDatabaseKey     = 256              // bytes of family and key
	maxDatabaseValue   = 16 << 10         // bytes
	maxDatabaseRecords = 100_000          // values
	maxDatabaseBytes   = int64(256 << 20) // of all values, as kept
)

// DatabaseEntry is a value that a dialplan keeps by DB(family/key).
type DatabaseEntry struct {
	Family string `json:"family"`
	Key    string `json:"key"`
	Value  string `json:"value"`
	Bytes  []byte `json:"bytes,omitempty"` // the value, where it is not UTF-8
}

// Path is family/key.
func (e DatabaseEntry) Path() string { return e.Family + "/" + e.Key }

// Text is the value, whatever its bytes are.
func (e DatabaseEntry) Text() string {
	if len(e.Bytes) > 0 {
		return string(e.Bytes)
	}
	return e.Value
}

// NewDatabaseEntry makes the entry of a value.
func NewDatabaseEntry(family, key, value string) DatabaseEntry {
	if utf8.ValidString(value) {
		return DatabaseEntry{Family: family, Key: key, Value: value}
	}
	return DatabaseEntry{Family: family, Key: key, Bytes: []byte(value)}
}

func checkDatabaseEntry(path string, e DatabaseEntry) error {
	switch {
	case e.Family == "" || e.Key == "" || strings.Contains(e.Family, "/"):
		return invalid("database: %q is not family/key", path)
	case path != e.Path():
		return invalid("database: %q under the key %q", e.Path(), path)
	case len(path) > maxDatabaseKey:
		return invalid("database: the name %q… has %d bytes (at most %d)", path[:40], len(path), maxDatabaseKey)
	case len(e.Text()) > maxDatabaseValue:
		return invalid("database: the value of %q has %d bytes (at most %d)", path, len(e.Text()), maxDatabaseValue)
	}
	return nil
}

// Database keeps the values of the function DB. What Put and Delete have returned from is on disk.
type Database struct{ table *Table[DatabaseEntry] }

// Database is the values that dialplans keep.
func (s *Store) Database() *Database { return &Database{s.database} }

// DatabaseEntries are the same as a table, by family/key.
func (s *Store) DatabaseEntries() *Table[DatabaseEntry] { return s.database }

// Get gives a value. One that cannot be read counts as absent, and is logged.
func (d *Database) Get(family, key string) (string, bool) {
	e, _, err := d.table.Get(family + "/" + key)
	if err != nil {
		if !errors.Is(err, ErrNotFound) {
			d.table.store.log.Error("a value of the database cannot be read", "why", err)
		}
		return "", false
	}
	return e.Text(), true
}

// Put keeps a value.
func (d *Database) Put(family, key, value string) error {
	_, err := d.table.Put(family+"/"+key, NewDatabaseEntry(family, key, value), Any)
	return err
}

// Delete removes a value, if there is one.
func (d *Database) Delete(family, key string) error {
	if err := d.table.Delete(family+"/"+key, Any); !errors.Is(err, ErrNotFound) {
		return err
	}
	return nil
}

// Keys gives the keys of a family, sorted.
func (d *Database) Keys(family string) []string {
	var keys []string
	prefix := family + "/"
	err := d.table.store.engine.listFrom(databaseTable, prefix, func(path string, _ []byte) bool {
		key, ok := strings.CutPrefix(path, prefix)
		if ok {
			keys = append(keys, key)
		}
		return ok
	})
	if err != nil {
		d.table.store.log.Error("the keys of the database cannot be read", "family", family, "why", err)
	}
	slices.Sort(keys)
	return keys
}

// size counts what a table holds, so that its bounds can be asked of each change. The writer's alone.
type size struct {
	records int
	bytes   int64
	known   bool
}

// room tells whether a record of so many bytes may take the place of another one (-1: of none).
func (s *size) room(table tableID, before, after int) error {
	records, bytes := s.records, s.bytes+int64(after-max(before, 0))
	if before < 0 {
		records++
	}
	if after <= before {
		return nil
	}
	if records > maxDatabaseRecords || bytes > maxDatabaseBytes {
		return fmt.Errorf("%s: full, with %d values of %d bytes (at most %d values, %d bytes): delete some", table, s.records, s.bytes, maxDatabaseRecords, maxDatabaseBytes)
	}
	return nil
}

// replace counts that a record took the place of another one; -1: there was, or is, none.
func (s *size) replace(before, after int) {
	if before >= 0 {
		s.records--
		s.bytes -= int64(before)
	}
	if after >= 0 {
		s.records++
		s.bytes += int64(after)
	}
}
