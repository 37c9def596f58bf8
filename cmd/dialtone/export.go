package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"

	"dialtone/store"
)

type exportCommand struct {
	dataFlag
	File    string `arg:"" optional:"" help:"The file to write (default: standard output)."`
	Secrets bool   `help:"With passwords, and what verifies them."`
}

func (exportCommand) Help() string {
	return `Writes contexts, extensions, incalls, schedules, phones, trunks and all other objects as one text (TOML) that a team can keep in git: always in the same
order, an object a block, a field a line. It has no secrets but with --secrets. API keys, night switches, call records, what dialplans
keep by DB(), sounds and dialplan files are not in it: ` + "`dialtone backup`" + ` saves the former.

Examples:
  dialtone export objects.toml
  dialtone export | git diff --no-index objects.toml -`
}

// serveExport lets commands have the objects as text.
func serveExport(mux *http.ServeMux, s *store.Store) {
	mux.HandleFunc("GET /export", func(w http.ResponseWriter, r *http.Request) {
		text, err := exportText(s, r.URL.Query().Get("secrets") == "true")
		if err != nil {
			reply(w, nil, err)
			return
		}
		w.Write(text)
	})
}

func exportText(s *store.Store, secrets bool) ([]byte, error) {
	var text bytes.Buffer
	err := s.View(func(tx *store.Tx) error { return tx.Export(&text, secrets) })
	return text.Bytes(), err
}

func (e exportCommand) Run() error {
	c, err := openControl(e.Data)
	if err != nil {
		return err
	}
	defer c.Close()
	text, err := e.text(c)
	if err != nil {
		return err
	}
	if e.File == "" {
		_, err := os.Stdout.Write(text)
		return err
	}
	if err := writeWhole(e.File, func(w io.Writer) error { _, err := w.Write(text); return err }); err != nil {
		return err
	}
	fmt.Printf("objects written to %s\n", e.File)
	return nil
}

func (e exportCommand) text(c *control) ([]byte, error) {
	if c.store != nil {
		return exportText(c.store, e.Secrets)
	}
	response, err := c.send(context.Background(), "GET", fmt.Sprintf("/export?secrets=%v", e.Secrets), nil)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	return io.ReadAll(response.Body)
}
