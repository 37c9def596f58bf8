package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"

	"dialtone/confd"
	"dialtone/store"
)

type importFile struct {
	dataFlag
	File   string `arg:"" type:"existingfile" help:"A text of dialtone export."`
	Delete bool   `help:"Objects that the text does not have are deleted; without it they stay."`
	DryRun bool   `help:"Print what would change, as a diff, and change nothing."`
}

func (importFile) Help() string {
	return `Makes the objects what the text says, all of them or, when one cannot be, none. Objects are told apart by kind and id. Where the text has
"(secret)" for a password, the one that is there stays; a phone or trunk that is not there yet gets one that nobody knows, and its line says so.

Examples:
  dialtone import file objects.toml --dry-run
  dialtone import file objects.toml --delete`
}

// imported is what came of an import.
type imported struct {
	store.Rehearsal
	Notes []string `json:",omitempty"`
}

// serveImport lets commands have objects made what a text says.
func serveImport(mux *http.ServeMux, s *store.Store, rest *confd.API) {
	mux.HandleFunc("POST /import", func(w http.ResponseWriter, r *http.Request) {
		text, err := io.ReadAll(http.MaxBytesReader(w, r.Body, store.MaxText+1))
		if err != nil {
			reply(w, nil, err)
			return
		}
		q := r.URL.Query()
		done, err := importText(s, rest, text, q.Get("delete") == "true", q.Get("dry") == "true")
		reply(w, done, err)
	})
}

// importText makes the objects of a store what a text says, unless REST would refuse one of them; or, dry, it only tells what would change.
func importText(s *store.Store, rest *confd.API, text []byte, exact, dry bool) (done imported, err error) {
	parsed, err := store.ParseText(text)
	if err != nil {
		return done, err
	}
	change := func(tx *store.Tx) (err error) {
		done.Notes, err = tx.Import(parsed, exact, func(object any) error { return rest.Check(tx, object) })
		return err
	}
	if dry {
		done.Rehearsal, err = s.Rehearse(change)
	} else {
		done.Changes, err = s.UpdateAside(change)
	}
	return done, err
}

func (i importFile) Run() error {
	text, err := os.ReadFile(i.File)
	if err != nil {
		return err
	}
	c, err := openControl(i.Data)
	if err != nil {
		return err
	}
	defer c.Close()
	done, err := i.do(c, text)
	if err != nil {
		return fmt.Errorf("%s: %w; nothing is changed", i.File, err)
	}
	for _, note := range done.Notes {
		fmt.Fprintln(os.Stderr, note)
	}
	if i.DryRun {
		fmt.Print(done.Difference)
	}
	fmt.Printf("%d objects added, %d changed, %d deleted", done.Added, done.Changed, done.Removed)
	if i.DryRun {
		fmt.Print(": not yet (--dry-run)")
	}
	fmt.Println()
	return nil
}

func (i importFile) do(c *control, text []byte) (done imported, err error) {
	if c.store != nil {
		return importText(c.store, localREST(c.store, i.Data), text, i.Delete, i.DryRun)
	}
	response, err := c.send(context.Background(), "POST", fmt.Sprintf("/import?delete=%v&dry=%v", i.Delete, i.DryRun), bytes.NewReader(text))
	if err != nil {
		return done, err
	}
	defer response.Body.Close()
	return done, json.NewDecoder(response.Body).Decode(&done)
}
