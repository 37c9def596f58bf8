package store

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// backup writes a backup into a file and gives its path.
func backup(t *testing.T, s *Store) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "backup")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(s.Backup(f), f.Close()); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestRestoreBringsABackupBack(t *testing.T) {
	s := open(t, t.TempDir(), Options{})
	office(t, s)
	s.Journal("call", "run", "here")
	saved, text := backup(t, s), exportOf(t, s, true)
	if err := s.Phones().Delete("1001", Any); err != nil {
		t.Fatal(err)
	}
	var locked *LockedError
	if _, err := Restore(s.Dir(), saved); !errors.As(err, &locked) || locked.PID != os.Getpid() {
		t.Errorf("while it is open: %v", err)
	}
	s.Close()
	former, err := Restore(s.Dir(), saved)
	if err != nil {
		t.Fatal(err)
	}
	s = open(t, s.Dir(), Options{})
	if now := exportOf(t, s, true); now != text {
		t.Errorf("now there is\n%s", now)
	}
	if calls, err := s.LiveCalls(); err != nil || len(calls) != 0 {
		t.Errorf("calls of the backup live again: %v, %v", calls, err)
	}
	if _, err := Restore(s.Dir(), former); !errors.As(err, &locked) {
		t.Fatalf("%v", err)
	}
	s.Close()
	if _, err := Restore(s.Dir(), former); err != nil { // even the file that it makes room in
		t.Fatal(err)
	}
	s = open(t, s.Dir(), Options{})
	if _, _, err := s.Phones().Get("1001"); !errors.Is(err, ErrNotFound) {
		t.Errorf("of before: %v", err)
	}
	empty := t.TempDir() + "/new"
	if former, err := Restore(empty, saved); err != nil || former != "" {
		t.Errorf("into a new directory: %q, %v", former, err)
	}
	if fresh := open(t, empty, Options{}); exportOf(t, fresh, true) != text {
		t.Error("in a new directory there is something else")
	}
}

func TestRestoreRefusesWhatIsNoBackup(t *testing.T) {
	s := open(t, t.TempDir(), Options{})
	office(t, s)
	saved, text := backup(t, s), exportOf(t, s, true)
	s.Close()
	whole, err := os.ReadFile(saved)
	if err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string][]byte{
		"empty": {}, "text": []byte("format = 2\n"), "cut off": whole[:len(whole)/2], "zeroes": append(make([]byte, 20_000), whole[20_000:]...),
	} {
		bad := filepath.Join(t.TempDir(), "bad")
		if err := os.WriteFile(bad, content, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := Restore(s.Dir(), bad); err == nil || !strings.Contains(err.Error(), "no backup that can be restored") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := Restore(s.Dir(), filepath.Join(t.TempDir(), "nowhere")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a file that is not there: %v", err)
	}
	if s = open(t, s.Dir(), Options{}); exportOf(t, s, true) != text {
		t.Error("what was there is another one")
	}
	files, err := filepath.Glob(filepath.Join(s.Dir(), "*.restored"))
	if err != nil || len(files) != 0 {
		t.Errorf("left behind: %q, %v", files, err)
	}
}
