package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"

	"dialtone/compile"
	"dialtone/hours"
	"dialtone/ivr/check"
	"dialtone/ivr/dialplan"
	"dialtone/store"
)

// kept is a copy of the objects of a data directory, whether a server runs there or not: what commands do with it changes nothing. The
// zero value is none.
type kept struct {
	store *store.Store
	dir   string // of the copy
}

// openKept copies the objects of a data directory that has a database; one that has none has no objects.
func openKept(data string) (k kept, err error) {
	if _, err := os.Stat(filepath.Join(data, store.DatabaseFile)); err != nil {
		return k, nil
	}
	dir, err := os.MkdirTemp("", "dialtone-")
	if err != nil {
		return k, err
	}
	k.dir = dir
	if err = copyDatabase(data, filepath.Join(dir, store.DatabaseFile)); err == nil {
		k.store, err = store.Open(dir, store.Options{Log: slog.New(slog.DiscardHandler)})
	}
	if err != nil {
		return kept{}, errors.Join(fmt.Errorf("the objects of %s: %w", data, err), k.Close())
	}
	return k, nil
}

// copyDatabase writes a copy of the database as it is at one moment.
func copyDatabase(data, file string) error {
	c, err := openControl(data)
	if err != nil {
		return err
	}
	defer c.Close()
	return writeWhole(file, c.backup)
}

// backup writes the database.
func (c *control) backup(w io.Writer) error {
	if c.store != nil {
		return c.store.Backup(w)
	}
	response, err := c.send(context.Background(), "GET", "/backup", nil)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	_, err = io.Copy(w, response.Body)
	return err
}

// beside is how the files of a dialplan are loaded with the objects beside them.
func (k kept) beside() (with dialplan.LoadOptions) {
	if k.store != nil {
		with.Switch = compile.NewSwitch(k.store.View)
	}
	return with
}

// schedules are the schedules among them, to be asked at the moments of calls in virtual time.
func (k kept) schedules() hours.Kept {
	return hours.Kept{Store: k.store, Log: slog.New(slog.DiscardHandler)}
}

// check finds what is wrong with the objects beside a dialplan.
func (k kept) check(plan *dialplan.Plan, known check.Known) (findings []check.Finding) {
	if k.store == nil || plan == nil {
		return nil
	}
	k.store.View(func(tx *store.Tx) error {
		findings = compile.Check(tx, plan, known)
		return nil
	})
	return findings
}

// Close removes the copy.
func (k kept) Close() error {
	var err error
	if k.store != nil {
		err = k.store.Close()
	}
	if k.dir != "" {
		err = errors.Join(err, os.RemoveAll(k.dir))
	}
	return err
}
