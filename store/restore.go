package store

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"go.etcd.io/bbolt"
)

// formerFile is the database that Restore took out of use.
const formerFile = DatabaseFile + ".before"

// Restore puts the database that Backup wrote into a file in the place of a data directory's, which nobody may have open, and
// gives the path of the one of before (empty: there was none), which stays until the next Restore. What the backup knows of calls in
// progress is left out: they ended long ago. On an error the directory is as it was.
func Restore(dir, file string) (former string, err error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", unwritable(dir, err)
	}
	present := filepath.Join(dir, DatabaseFile)
	held, err := os.OpenFile(present, os.O_RDWR, 0)
	switch {
	case err == nil:
		defer held.Close()
		if err := lock(held, time.Second); err != nil {
			var locked *LockedError
			if errors.As(err, &locked) {
				locked.Dir, locked.PID = dir, readPID(dir)
			}
			return "", err
		}
		former = filepath.Join(dir, formerFile)
	case !errors.Is(err, fs.ErrNotExist):
		return "", unwritable(dir, err)
	}
	restored := present + ".restored"
	defer os.Remove(restored) // where it was not put in place
	if err := copyFile(restored, file); err != nil {
		return "", fmt.Errorf("restoring %s: %w", file, err)
	}
	if err := checkRestored(restored); err != nil {
		return "", fmt.Errorf("%s is no backup that can be restored: %w", file, err)
	}
	if former != "" {
		if err := os.Rename(present, former); err != nil {
			return "", unwritable(dir, err)
		}
	}
	if err := os.Rename(restored, present); err != nil {
		return "", errors.Join(unwritable(dir, err), os.Rename(former, present))
	}
	return former, syncDir(dir)
}

// checkRestored reads all that is in a database, and takes the calls in progress out.
func checkRestored(path string) error {
	e, err := openEngine(path, Options{}.withDefaults())
	var damaged *DamagedError
	if errors.As(err, &damaged) {
		return damaged.Err
	}
	if err != nil {
		return err
	}
	_, err = e.load()
	if err == nil {
		err = e.update(func(tx *bbolt.Tx) error {
			if err := tx.DeleteBucket(journalTable.bucket()); err != nil {
				return err
			}
			_, err := tx.CreateBucket(journalTable.bucket())
			return err
		})
	}
	return errors.Join(err, e.close())
}

// copyFile makes a file of its owner's alone with the contents of another one, on disk.
func copyFile(to, from string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Sync(), out.Close())
}

// syncDir brings the names of a directory's files to disk.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
