package store

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.etcd.io/bbolt"
)

// sample is the file of a database with enough in it to have branches and long values.
func sample(t testing.TB, records int) []byte {
	t.Helper()
	s, err := Open(t.TempDir(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	for i := range records {
		s.JournalEnd(fmt.Sprint(i), CallRecord{ID: fmt.Sprint(i), Name: strings.Repeat("n", i*20)})
		s.Journal(fmt.Sprint("live", i), "run", i)
	}
	s.Phones().Put("1000", NewPhone("1000", "p", "default"), Any)
	s.Phones().Put("1001", NewPhone("1001", "p", "default"), Any)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(filepath.Join(s.Dir(), DatabaseFile))
	if err != nil {
		t.Fatal(err)
	}
	page, used := int(binary.NativeEndian.Uint32(b[pageHeader+8:])), uint64(0)
	for _, meta := range [][]byte{b[pageHeader:], b[page+pageHeader:]} {
		used = max(used, binary.NativeEndian.Uint64(meta[40:]))
	}
	return b[:int(used)*page] // the file grows ahead of its pages
}

func TestDamagedFilesAreRefusedOrRead(t *testing.T) {
	whole := sample(t, 300)
	page := int(binary.NativeEndian.Uint32(whole[pageHeader+8:]))
	older, newer := 0, page
	if binary.NativeEndian.Uint64(whole[pageHeader+48:]) > binary.NativeEndian.Uint64(whole[page+pageHeader+48:]) {
		older, newer = page, 0
	}
	flip := func(at ...int) func([]byte) []byte {
		return func(b []byte) []byte {
			for _, i := range at {
				b[i] ^= 0x40
			}
			return b
		}
	}
	cut := func(n int) func([]byte) []byte { return func(b []byte) []byte { return b[:n] } }
	tests := []struct {
		name   string
		damage func([]byte) []byte
		want   string // empty: it opens
	}{
		{"whole", func(b []byte) []byte { return b }, ""},
		{"empty", cut(0), "empty"},
		{"text", func([]byte) []byte { return []byte("hello\n") }, "no database"},
		{"zeros", func(b []byte) []byte { return make([]byte, len(b)) }, "no database"},
		{"noise", func(b []byte) []byte {
			noise := rand.NewChaCha8([32]byte{1})
			noise.Read(b)
			return b
		}, "no database"},
		{"cut in the first page", cut(100), "damaged"},
		{"cut after the heads", cut(2 * page), "should have"},
		{"cut in half", cut(len(whole) / 2 / page * page), ""},
		{"the older head's magic", flip(older + pageHeader), ""},
		{"the newer head's root", flip(newer + pageHeader + 16), ""},
		{"the newer head's page size", flip(newer + pageHeader + 9), ""},
		{"both heads", flip(pageHeader+20, page+pageHeader+20), "no database"},
		{"more behind the end", func(b []byte) []byte { return append(b, make([]byte, 12345)...) }, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			dir := t.TempDir()
			path := filepath.Join(dir, DatabaseFile)
			b := test.damage(bytes.Clone(whole))
			os.WriteFile(path, b, 0o600)
			s, err := Open(dir, Options{})
			if err == nil {
				if _, _, err := s.Phones().Get("1000"); err != nil && test.name == "whole" {
					t.Error(err)
				}
				s.Close()
			}
			var damaged *DamagedError
			switch {
			case test.want == "" && err != nil && test.name != "cut in half":
				t.Errorf("not opened: %v", err)
			case test.want != "" && (!errors.As(err, &damaged) || !strings.Contains(err.Error(), test.want) || !strings.Contains(err.Error(), "mv "+path)):
				t.Errorf("%v does not say %q and what to do", err, test.want)
			}
			if err != nil {
				if after, _ := os.ReadFile(path); !bytes.Equal(after, b) {
					t.Error("the damaged file was changed")
				}
				if _, again := Open(dir, Options{}); again == nil || again.Error() != err.Error() {
					t.Errorf("the second time: %v", again)
				}
			}
		})
	}
}

// Whatever byte is wrong: the file is refused, or used without a panic.
func TestAnyWrongByteIsHarmless(t *testing.T) {
	whole := sample(t, 40)
	random := rand.New(rand.NewPCG(1, 2))
	var at []int
	for range 100 {
		at = append(at, random.IntN(len(whole)/4096)*4096+random.IntN(200)) // headers and elements
	}
	opened := 0
	for _, i := range at {
		b := bytes.Clone(whole)
		b[i] ^= 1 << random.IntN(8)
		if err := verify(bytes.NewReader(b), int64(len(b)), slog.New(slog.DiscardHandler)); err != nil {
			continue
		}
		opened++
		dir := t.TempDir()
		os.WriteFile(filepath.Join(dir, DatabaseFile), b, 0o600)
		s, err := Open(dir, Options{})
		if err != nil {
			continue
		}
		s.Phones().List()
		s.LiveCalls()
		s.Records(0, 1000)
		s.JournalEnd("live3", CallRecord{ID: "x"})
		s.Phones().Put("1002", NewPhone("1002", "p", "x"), Any)
		s.Close()
	}
	if opened == 0 {
		t.Error("every wrong byte was found: then not the right ones were tried")
	}
}

// A file that is cut off while it is open is an error, not the end of the process.
func TestFileCutOffWhileOpenIsAnError(t *testing.T) {
	s := open(t, t.TempDir(), Options{})
	s.Bindings().Put("1000", Binding("1"), Any)
	os.Truncate(filepath.Join(s.Dir(), DatabaseFile), 8192)
	_, _, err := s.Bindings().Get("1000")
	var damaged *DamagedError
	if !errors.As(err, &damaged) {
		t.Errorf("%v", err)
	}
}

// small is a database of few and short pages: what a fuzzer changes then means something.
func small(t testing.TB) []byte {
	path := filepath.Join(t.TempDir(), "small")
	db, err := bbolt.Open(path, 0o600, &bbolt.Options{PageSize: 1024, NoFreelistSync: true})
	if err != nil {
		t.Fatal(err)
	}
	err = db.Update(func(tx *bbolt.Tx) error {
		for i, name := range []string{"short", "long"} {
			bucket, err := tx.CreateBucket([]byte(name))
			if err != nil {
				return err
			}
			for key := range 1 + 5*i {
				if err := bucket.Put([]byte{byte(key)}, bytes.Repeat([]byte("v"), 1+300*i)); err != nil {
					return err
				}
			}
		}
		return nil
	})
	if err := errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b[:min(len(b), 12<<10)]
}

func FuzzVerify(f *testing.F) {
	whole := small(f)
	if err := verify(bytes.NewReader(whole), int64(len(whole)), slog.New(slog.DiscardHandler)); err != nil {
		f.Fatal(err)
	}
	f.Add(whole)
	f.Add(whole[:2048])
	f.Add([]byte("hello"))
	f.Fuzz(func(t *testing.T, b []byte) {
		verify(bytes.NewReader(b), int64(len(b)), slog.New(slog.DiscardHandler))
	})
}
