//go:build linux

package store

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// A file system that is really full: one in memory of 4 MB, which the test mounts for a process of its own. There a file may have a size
// before it has room.
func TestFullFileSystemIsAnErrorAndNoLoss(t *testing.T) {
	if os.Getenv("STORE_SMALL") == "" {
		child := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$", "-test.v")
		child.Env = append(os.Environ(), "STORE_SMALL=1")
		child.SysProcAttr = &syscall.SysProcAttr{
			Cloneflags:  syscall.CLONE_NEWUSER | syscall.CLONE_NEWNS,
			UidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}},
			GidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}},
		}
		var out bytes.Buffer
		child.Stdout, child.Stderr = &out, &out
		if err := child.Start(); err != nil {
			t.Skip("this system lets nobody have a file system of his own:", err)
		}
		err := child.Wait()
		if strings.Contains(out.String(), "--- SKIP: "+t.Name()) {
			t.Skip(out.String())
		}
		if err != nil || !strings.Contains(out.String(), "--- PASS: "+t.Name()) {
			t.Errorf("%v\n%s", err, &out)
		}
		return
	}
	dir := t.TempDir()
	if err := syscall.Mount("none", dir, "tmpfs", 0, "size=4m"); err != nil {
		t.Skip("this system mounts nothing for us:", err)
	}
	t.Cleanup(func() { syscall.Unmount(dir, syscall.MNT_DETACH) })
	filler := filepath.Join(dir, "filler")
	if err := os.WriteFile(filler, make([]byte, 1<<20), 0o600); err != nil {
		t.Fatal(err)
	}
	s := open(t, dir, Options{})
	kept := 0
	add := func() error {
		return s.Update(func(tx *Tx) error {
			_, err := tx.Incalls().Put(Incall{Tenant: tx.MasterTenant().UUID, Destination: Nowhere, Description: strings.Repeat("x", 30_000)})
			return err
		})
	}
	err := add()
	for ; err == nil && kept < 1000; err = add() {
		kept++
	}
	if !errors.Is(err, ErrDisk) || kept == 0 {
		t.Fatalf("after %d: %v", kept, err)
	}
	err = nil
	for n := 0; err == nil && n < 1000; n++ { // a value is smaller, and may still find room
		err = s.Database().Put("family", fmt.Sprint(n), strings.Repeat("y", maxDatabaseValue))
	}
	if !errors.Is(err, ErrDisk) {
		t.Errorf("a value: %v", err)
	}
	count := func() (n int) {
		view(t, s, func(tx *Tx) { n = tx.Incalls().Len() })
		return n
	}
	if n := count(); n != kept {
		t.Errorf("on the full disk there are %d of %d", n, kept)
	}
	if err := os.Remove(filler); err != nil {
		t.Fatal(err)
	}
	if err := add(); err != nil {
		t.Fatalf("with room again: %v", err)
	}
	kept++
	s = reopen(t, s, Options{})
	if n := count(); n != kept {
		t.Errorf("after it was opened again there are %d of %d", n, kept)
	}
}
