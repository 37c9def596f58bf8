//go:build linux

package store

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// limitFiles makes files of this process at most so large, as a full disk would; 0: as large as may be.
func limitFiles(t *testing.T, size int64) {
	t.Helper()
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
		t.Fatal(err)
	}
	if limit.Cur = limit.Max; size > 0 {
		limit.Cur = uint64(size)
	}
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
		t.Fatal(err)
	}
}

// Limits are a process's, so the test runs itself in one of its own.
func TestFullDiskIsAnErrorAndNoLoss(t *testing.T) {
	if os.Getenv("STORE_FULL") == "" {
		child := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$", "-test.v")
		child.Env = append(os.Environ(), "STORE_FULL=1")
		if out, err := child.CombinedOutput(); err != nil || !strings.Contains(string(out), "--- PASS: "+t.Name()) {
			t.Errorf("%v\n%s", err, out)
		}
		return
	}
	signal.Ignore(syscall.SIGXFSZ)
	s := open(t, t.TempDir(), Options{})
	add := func(n int) error {
		return s.Update(func(tx *Tx) error {
			number := fmt.Sprintf("+%d", n)
			if err := tx.PutDID(DID{Number: number, Context: "default", Exten: "8899"}); err != nil {
				return err
			}
			e, _ := tx.Extension(numbersContext, number)
			return alter(tx.Incalls(), e.Of.ID, func(i *Incall) { i.Description = strings.Repeat("x", 30_000) })
		})
	}
	kept := map[int]bool{}                                         // what became of each number
	for round, more := range []int64{-growBy / 2, 0, growBy / 2} { // in what the file has grown already; when it grows
		info, err := os.Stat(filepath.Join(s.Dir(), DatabaseFile))
		if err != nil {
			t.Fatal(err)
		}
		limitFiles(t, info.Size()+more)
		n := round * 1_000_000
		for refused := 0; refused < 4; n++ { // a page that came free may take one more
			err := add(n)
			if err != nil && !errors.Is(err, ErrDisk) {
				t.Fatalf("on a full disk: %v", err)
			}
			if kept[n] = err == nil; err != nil {
				refused++
			}
			if len(kept) > 10_000 {
				t.Fatal("the disk is never full")
			}
		}
		there := func() {
			t.Helper()
			view(t, s, func(tx *Tx) {
				for i, want := range kept {
					if _, ok := tx.Extension(numbersContext, fmt.Sprintf("+%d", i)); ok != want {
						t.Errorf("number %d is there: %v; it was kept: %v", i, ok, want)
					}
				}
			})
		}
		there()
		s.JournalEnd("call", CallRecord{ID: fmt.Sprint("call", round)}) // waits for room
		limitFiles(t, 0)
		if err := add(n); err != nil {
			t.Fatalf("with room again: %v", err)
		}
		kept[n] = true
		if err := s.Sync(); err != nil {
			t.Fatal(err)
		}
		s = reopen(t, s, Options{})
		there()
		if records, err := s.Records(0, 10); err != nil || len(records) != round+1 {
			t.Errorf("%d records of calls, %v", len(records), err)
		}
	}
}
