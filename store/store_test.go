package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	if os.Getenv("STORE_CRASH_DIR") != "" {
		crashChild()
	}
	goleak.VerifyTestMain(m)
}

func open(t *testing.T, dir string, o Options) *Store {
	t.Helper()
	s, err := Open(dir, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func reopen(t *testing.T, s *Store, o Options) *Store {
	t.Helper()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	return open(t, s.Dir(), o)
}

// ownEndpoint leaves the endpoint out, which each phone is given.
var ownEndpoint = cmpopts.IgnoreFields(Phone{}, "Endpoint")

func TestRecordsAreThereAfterReopening(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "a", "data"), Options{})
	phone := NewPhone("1000", "secret", "default")
	rev, err := s.Phones().Put("1000", phone, New)
	if err != nil {
		t.Fatal(err)
	}
	s = reopen(t, s, Options{})
	phone.ID = 1
	got, gotRev, err := s.Phones().Get("1000")
	if err != nil || gotRev != rev {
		t.Fatalf("revision %d, %v; put gave %d", gotRev, err, rev)
	}
	if diff := cmp.Diff(phone, got, ownEndpoint); diff != "" || got.Endpoint == "" {
		t.Error(diff)
	}
	info, err := os.Stat(s.Dir())
	if err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("the directory's mode is %v, others may look in (%v)", info.Mode(), err)
	}
}

func TestRevisionsGuardARecord(t *testing.T) {
	s := open(t, t.TempDir(), Options{})
	put := func(context string, rev Revision) (Revision, error) {
		return s.Phones().Put("1000", NewPhone("1000", "p", context), rev)
	}
	first, err := put("a", New)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := put("b", New); !errors.Is(err, ErrConflict) {
		t.Errorf("New over a record: %v", err)
	}
	second, err := put("b", first)
	if err != nil || second <= first {
		t.Fatalf("revision %d after %d: %v", second, first, err)
	}
	if _, err := put("c", first); !errors.Is(err, ErrConflict) {
		t.Errorf("an old revision: %v", err)
	}
	if err := s.Phones().Delete("1000", first); !errors.Is(err, ErrConflict) {
		t.Errorf("deleting an old revision: %v", err)
	}
	if err := s.Phones().Delete("1000", second); err != nil {
		t.Fatal(err)
	}
	if err := s.Phones().Delete("1000", Any); !errors.Is(err, ErrNotFound) {
		t.Errorf("deleting nothing: %v", err)
	}
	if _, _, err := s.Phones().Get("1000"); !errors.Is(err, ErrNotFound) {
		t.Errorf("getting nothing: %v", err)
	}
	if _, err := put("d", second); !errors.Is(err, ErrConflict) {
		t.Errorf("the revision of what was deleted: %v", err)
	}
	if again, err := put("d", New); err != nil || again <= second {
		t.Errorf("revision %d after a deletion of %d: %v", again, second, err)
	}
}

func TestRegistrationsGoWithTheirPhone(t *testing.T) {
	s := open(t, t.TempDir(), Options{})
	for _, number := range []string{"1000", "1001"} {
		s.Phones().Put(number, NewPhone(number, "p", "default"), Any)
		s.Bindings().Put(number, Binding("[]"), Any)
	}
	if err := s.Phones().Delete("1000", Any); err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.Bindings().Get("1000"); !errors.Is(err, ErrNotFound) {
		t.Errorf("of the deleted phone: %v", err)
	}
	if _, _, err := s.Bindings().Get("1001"); err != nil {
		t.Errorf("of the other phone: %v", err)
	}
}

func TestListIsInOrderOfKeys(t *testing.T) {
	s := open(t, t.TempDir(), Options{})
	for _, number := range []string{"20", "1", "100", "*9"} {
		if _, err := s.Phones().Put(number, NewPhone(number, "p", "default"), Any); err != nil {
			t.Fatal(err)
		}
	}
	list, err := s.Phones().List()
	if err != nil {
		t.Fatal(err)
	}
	var keys []string
	for _, e := range list {
		keys = append(keys, e.Key)
	}
	if diff := cmp.Diff([]string{"*9", "1", "100", "20"}, keys); diff != "" {
		t.Error(diff)
	}
}

func TestManyPutsShareCommits(t *testing.T) {
	s := open(t, t.TempDir(), Options{})
	const writers, each = 50, 20
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			for i := range each {
				number := fmt.Sprint(10000 + w*each + i)
				if _, err := s.Bindings().Put(number, Binding(`["`+number+`"]`), New); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	list, err := s.Bindings().List()
	if err != nil || len(list) != writers*each {
		t.Fatalf("%d records, %v", len(list), err)
	}
	revisions := map[Revision]bool{}
	for _, e := range list {
		revisions[e.Revision] = true
	}
	if len(revisions) != writers*each {
		t.Errorf("%d revisions for %d records", len(revisions), writers*each)
	}
	commits := lastTransaction(t, s)
	if commits > writers*each/2 {
		t.Errorf("%d transactions for %d puts: they do not share", commits, writers*each)
	}
}

// A change that is refused leaves those in its transaction alone.
func TestConflictInAGroupIsItsOwn(t *testing.T) {
	s := open(t, t.TempDir(), Options{})
	if _, err := s.Bindings().Put("taken", Binding("1"), New); err != nil {
		t.Fatal(err)
	}
	good := &change{table: bindingTable, key: "good", record: []byte("2"), rev: New, done: make(chan struct{})}
	bad := &change{table: bindingTable, key: "taken", record: []byte("3"), rev: New, done: make(chan struct{})}
	if _, err := s.engine.apply([]*change{bad, good}, journalEntries{}, s.objects.Load()); err != nil || good.err != nil || !errors.Is(bad.err, ErrConflict) {
		t.Errorf("%v, good %v, bad %v", err, good.err, bad.err)
	}
	if v, _, err := s.Bindings().Get("good"); err != nil || string(v) != "2" {
		t.Errorf("%s, %v", v, err)
	}
}

func TestWatchTellsOfChanges(t *testing.T) {
	s := open(t, t.TempDir(), Options{})
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	changes := s.Phones().Watch(ctx)
	s.Trunks().Put("other", NewTrunk("other", "x", Source{Prefix: netip.MustParsePrefix("192.0.2.0/24")}), Any) // another table
	phone := NewPhone("1000", "p", "default")
	rev, _ := s.Phones().Put("1000", phone, Any)
	phone.ID = 1
	if diff := cmp.Diff(Change[Phone]{Entry[Phone]{"1000", phone, rev}, false}, <-changes, ownEndpoint); diff != "" {
		t.Error(diff)
	}
	s.Phones().Delete("1000", Any)
	if c := <-changes; !c.Deleted || c.Key != "1000" || c.Revision <= rev {
		t.Errorf("%+v", c)
	}
	cancel()
	for range changes { // ends
	}
	closed := s.Phones().Watch(t.Context())
	s.Close()
	if _, ok := <-closed; ok {
		t.Error("a watch of a closed store goes on")
	}
}

// A reader that is slow gets the last state of each key.
func TestSlowWatcherGetsTheLastState(t *testing.T) {
	s := open(t, t.TempDir(), Options{})
	changes := s.Bindings().Watch(t.Context())
	var last Revision
	for i := range 100 {
		last, _ = s.Bindings().Put("a", Binding(fmt.Sprint(i)), Any)
	}
	n := 0
	for c := range changes {
		if n++; c.Revision == last {
			if string(c.Value) != "99" {
				t.Errorf("%s", c.Value)
			}
			break
		}
	}
	if n > 3 {
		t.Errorf("%d changes waited for a reader that came late", n)
	}
}

func TestSecondOpenSaysWhoHoldsTheDirectory(t *testing.T) {
	s := open(t, t.TempDir(), Options{})
	_, err := Open(s.Dir(), Options{LockWait: time.Millisecond})
	var locked *LockedError
	if !errors.As(err, &locked) || locked.PID != os.Getpid() {
		t.Fatalf("%v", err)
	}
	if text := err.Error(); !strings.Contains(text, fmt.Sprintf("pid %d", os.Getpid())) || !strings.Contains(text, s.Dir()) {
		t.Error(text)
	}
	if _, err := s.Phones().Put("1", NewPhone("1", "p", "x"), Any); err != nil {
		t.Errorf("the holder is disturbed: %v", err)
	}
}

func TestUnwritableDirectoryIsASentence(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	os.WriteFile(file, nil, 0o600)
	closed := t.TempDir()
	os.Chmod(closed, 0o500)
	dirs := map[string]string{"below a file": filepath.Join(file, "data"), "a file": file}
	if os.Getuid() != 0 {
		dirs["not writable"] = closed
		dirs["below one that is not writable"] = filepath.Join(closed, "data")
	}
	for name, dir := range dirs {
		_, err := Open(dir, Options{})
		if err == nil || !strings.Contains(err.Error(), "data directory") || !strings.Contains(err.Error(), "--data") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestClosedStoreSaysSo(t *testing.T) {
	s := open(t, t.TempDir(), Options{})
	s.Close()
	if err := s.Close(); err != nil {
		t.Errorf("closing twice: %v", err)
	}
	if _, err := s.Phones().Put("1", NewPhone("1", "p", "x"), Any); !errors.Is(err, ErrClosed) {
		t.Errorf("Put: %v", err)
	}
	if _, _, err := s.Phones().Get("1"); !errors.Is(err, ErrClosed) {
		t.Errorf("Get: %v", err)
	}
	if err := s.Sync(); !errors.Is(err, ErrClosed) {
		t.Errorf("Sync: %v", err)
	}
	s.Journal("c", "run", 1) // no harm
	if _, err := os.Stat(filepath.Join(s.Dir(), pidFile)); err == nil {
		t.Error("the pid file is left behind")
	}
}

func TestBackupOpens(t *testing.T) {
	s := open(t, t.TempDir(), Options{})
	s.Phones().Put("1000", NewPhone("1000", "p", "default"), Any)
	s.Journal("call", "run", "here")
	var copied bytes.Buffer
	if err := s.Backup(&copied); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	os.WriteFile(filepath.Join(dir, DatabaseFile), copied.Bytes(), 0o600)
	restored := open(t, dir, Options{})
	if _, _, err := restored.Phones().Get("1000"); err != nil {
		t.Error(err)
	}
	if calls, err := restored.LiveCalls(); err != nil || string(calls["call"]["run"]) != `"here"` {
		t.Errorf("%s, %v", calls, err)
	}
}

func TestNewerRecordsAreNotTouched(t *testing.T) {
	s := open(t, t.TempDir(), Options{})
	s.Phones().Put("1000", NewPhone("1000", "p", "default"), Any)
	writeRaw(t, s, phoneTable, "2000", `{"v":2,"rev":9,"record":{"id":2,"number":"2000"}}`)
	writeRaw(t, s, bindingTable, "2000", `{"v":2,"rev":9,"record":[]}`)
	if _, _, err := s.Bindings().Get("2000"); err == nil || !strings.Contains(err.Error(), "newer dialtone") {
		t.Errorf("%v", err)
	}
	s = reopen(t, s, Options{})
	if list, err := s.Phones().List(); err != nil || len(list) != 1 {
		t.Errorf("%v, %v", list, err)
	}
	writeRaw(t, s, noTable, string(formatKey), "3")
	s.Close()
	if _, err := Open(s.Dir(), Options{}); err == nil || !strings.Contains(err.Error(), "newer dialtone") {
		t.Errorf("%v", err)
	}
}
