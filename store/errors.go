package store

import (
	"errors"
	"fmt"
	"io/fs"
	"os/user"
	"path/filepath"
	"strings"
)

// Errors that callers branch on.
var (
	ErrNotFound = errors.New("not found")                      // Get and Delete of a key that has no record
	ErrConflict = errors.New("changed meanwhile")              // Put and Delete: the record has another revision than the named one
	ErrClosed   = errors.New("the store is closed")            // everything after Close
	ErrDisk     = errors.New("the database cannot be written") // a change that the disk did not take: everything is as it was before
)

// LockedError says that another process holds the data directory.
type LockedError struct {
	Dir string
	PID int // of that process; 0: not known
}

func (e *LockedError) Error() string {
	who := "another process"
	if e.PID > 0 {
		who = fmt.Sprintf("another dialtone (pid %d)", e.PID)
	}
	return fmt.Sprintf("data directory %s is in use by %s: stop it first, or use another directory with --data", e.Dir, who)
}

// DamagedError says that the database is not what was written.
type DamagedError struct {
	Path string
	Err  error // what is wrong with it
}

func (e *DamagedError) Error() string {
	return fmt.Sprintf("database %s is damaged (%v): put a backup in its place, or move it away (mv %[1]s %[1]s.damaged) to start with an empty one",
		e.Path, e.Err)
}

func (e *DamagedError) Unwrap() error { return e.Err }

// RecordError says that one record cannot be used; the others can.
type RecordError struct {
	Table, Key string
	Err        error
}

func (e *RecordError) Error() string { return fmt.Sprintf("%s %q: %v", e.Table, e.Key, e.Err) }

func (e *RecordError) Unwrap() error { return e.Err }

// FieldError says what is wrong with a record that was to be kept.
type FieldError struct{ Text string }

func (e *FieldError) Error() string { return e.Text }

func invalid(format string, args ...any) error {
	return &FieldError{fmt.Sprintf(format, args...)}
}

// unwritable explains why nothing can be written in the data directory.
func unwritable(dir string, err error) error {
	var path *fs.PathError
	if errors.As(err, &path) && !strings.HasPrefix(filepath.Clean(path.Path), filepath.Clean(dir)) {
		dir = path.Path // a parent is the fault
	}
	me := "this user"
	if u, e := user.Current(); e == nil {
		me = u.Username
	}
	if errors.Is(err, fs.ErrPermission) {
		return fmt.Errorf("data directory %s: %s may not write there: give it to %[2]s (chown %[2]s %[1]s), or use another directory with --data", dir, me)
	}
	return fmt.Errorf("data directory %s cannot be used: %w: use another directory with --data", dir, err)
}
