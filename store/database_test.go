package store

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
)

func TestValuesOfTheDatabaseLast(t *testing.T) {
	s := open(t, t.TempDir(), Options{})
	d := s.Database()
	for _, put := range [][3]string{{"f", "b", "2"}, {"f", "a", "1"}, {"f", "a/b", "x"}, {"f2", "c", "3"}, {"e", "z", "0"}, {"f", "raw", "\xff\x00"}} {
		if err := d.Put(put[0], put[1], put[2]); err != nil {
			t.Fatal(err)
		}
	}
	if err := d.Delete("f", "b"); err != nil {
		t.Fatal(err)
	}
	if err := d.Delete("f", "nobody"); err != nil {
		t.Errorf("deleting what is not there: %v", err)
	}
	s = reopen(t, s, Options{})
	d = s.Database()
	if keys := d.Keys("f"); !slices.Equal(keys, []string{"a", "a/b", "raw"}) {
		t.Errorf("keys of f: %q", keys)
	}
	if v, ok := d.Get("f", "raw"); !ok || v != "\xff\x00" {
		t.Errorf("bytes that are not UTF-8 became %q, %v", v, ok)
	}
	if v, ok := d.Get("f", "b"); ok {
		t.Errorf("a deleted value is still there: %q", v)
	}
	if keys := d.Keys("nofamily"); len(keys) != 0 {
		t.Errorf("keys of a family that does not exist: %q", keys)
	}
}

func TestValuesOfTheDatabaseAreBounded(t *testing.T) {
	s := open(t, t.TempDir(), Options{})
	d := s.Database()
	for _, test := range []struct{ family, key, value, want string }{
		{"f", strings.Repeat("k", 300), "v", "at most 256"},
		{"f", "k", strings.Repeat("v", maxDatabaseValue+1), "at most 16384"},
		{"", "k", "v", "not family/key"},
		{"f", "", "v", "not family/key"},
	} {
		if err := d.Put(test.family, test.key, test.value); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("Put(%.10q, %.10q, %.10q): %v, want %q", test.family, test.key, test.value, err, test.want)
		}
	}
	full := size{records: maxDatabaseRecords, bytes: 100, known: true}
	if err := full.room(databaseTable, -1, 10); err == nil || !strings.Contains(err.Error(), "delete some") {
		t.Errorf("one more than the bound: %v", err)
	}
	if err := full.room(databaseTable, 20, 10); err != nil {
		t.Errorf("a value that gets shorter in a full database: %v", err)
	}
}

func TestTheSizeOfTheDatabaseIsCounted(t *testing.T) {
	s := open(t, t.TempDir(), Options{})
	d := s.Database()
	var wg sync.WaitGroup
	for i := range 20 {
		wg.Go(func() {
			d.Put("f", fmt.Sprint(i%10), strings.Repeat("x", i))
			if i%2 == 0 {
				d.Delete("f", fmt.Sprint(i%10))
			}
		})
	}
	wg.Wait()
	d.Put("f", "last", "1")
	counted := s.engine.database
	s = reopen(t, s, Options{})
	s.Database().Put("f", "last", "1")
	fresh := s.engine.database
	if counted.records != fresh.records || counted.records != len(s.Database().Keys("f")) {
		t.Errorf("counted %+v, there is %+v", counted, fresh)
	}
}
