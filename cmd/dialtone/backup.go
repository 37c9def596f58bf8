package main

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"

	"dialtone/store"
)

type backupCommand struct {
	dataFlag
	File string `arg:"" help:"The file to write."`
}

func (backupCommand) Help() string {
	return `Saves the whole database as it is at one moment, while the server runs or not: objects with their secrets, registrations, what dialplans keep by DB(),
bans and call records. Calls go on meanwhile. Sounds, recordings and dialplan files are files of their own beside it: copy them as such.

Example:
  dialtone backup /var/backups/dialtone-$(date +%F).db`
}

// serveBackup lets commands have a copy of the database.
func serveBackup(mux *http.ServeMux, s *store.Store) {
	mux.HandleFunc("GET /backup", func(w http.ResponseWriter, r *http.Request) {
		if err := s.Backup(w); err != nil {
			panic(http.ErrAbortHandler) // the answer has begun: its reader is to see that it is cut off
		}
	})
}

func (b backupCommand) Run() error {
	c, err := openControl(b.Data)
	if err != nil {
		return err
	}
	defer c.Close()
	if err := writeWhole(b.File, c.backup); err != nil {
		return fmt.Errorf("the backup is not made: %w", err)
	}
	info, err := os.Stat(b.File)
	if err != nil {
		return err
	}
	fmt.Printf("backup written to %s, %d bytes\n", b.File, info.Size())
	return nil
}

// writeWhole writes a file of its owner's alone, on disk as a whole or not at all: one that is there stays until then.
func writeWhole(path string, write func(io.Writer) error) error {
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	if err := errors.Join(write(f), f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}

type restoreCommand struct {
	dataFlag
	File string `arg:"" type:"existingfile" help:"A file of dialtone backup."`
}

func (restoreCommand) Help() string {
	return `Puts a backup in the place of the database, while no server runs. The database of before stays beside it until the next restore. Calls that
were in progress when the backup was made are not taken up again.

Example:
  dialtone restore /var/backups/dialtone-2026-11-27.db`
}

func (r restoreCommand) Run() error {
	former, err := store.Restore(r.Data, r.File)
	if err != nil {
		return err
	}
	fmt.Printf("restored %s", r.File)
	if former != "" {
		fmt.Printf("; the database of before is %s", former)
	}
	fmt.Println()
	return nil
}
