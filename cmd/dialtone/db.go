package main

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"text/tabwriter"

	"dialtone/store"
)

// database is the table of what dialplans keep, for list, put and remove.
func database(s *store.Store) table[store.DatabaseEntry] { return s.DatabaseEntries() }

type dbCommand struct {
	List   dbList   `cmd:"" help:"List the values, of all families or of one."`
	Get    dbGet    `cmd:"" help:"Print a value."`
	Put    dbPut    `cmd:"" help:"Keep a value."`
	Delete dbDelete `cmd:"" help:"Delete a value."`
}

type dbList struct {
	dataFlag
	JSON   bool   `help:"Print JSON."`
	Family string `arg:"" optional:"" help:"The family, what stands before the / in DB(family/key)."`
}

func (dbList) Help() string {
	return `Examples:
  dialtone db list
  dialtone db list holidays --json`
}

// Run prints the values.
func (l dbList) Run() error {
	c, err := openControl(l.Data)
	if err != nil {
		return err
	}
	defer c.Close()
	all, err := list(c, "db", database)
	if err != nil {
		return err
	}
	chosen := []store.DatabaseEntry{}
	for _, e := range all {
		if l.Family == "" || e.Family == l.Family {
			chosen = append(chosen, e)
		}
	}
	if l.JSON {
		return printJSON(chosen)
	}
	table := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	for _, e := range chosen {
		fmt.Fprintf(table, "%s\t%q\n", e.Path(), e.Text())
	}
	return table.Flush()
}

// dbName is family/key.
type dbName struct {
	dataFlag
	Name string `arg:"" name:"family/key" help:"Its name, as in DB(family/key)."`
}

func (n dbName) parts() (family, key string, err error) {
	family, key, ok := strings.Cut(n.Name, "/")
	if !ok || family == "" || key == "" {
		return "", "", fmt.Errorf("%q is not FAMILY/KEY", n.Name)
	}
	return family, key, nil
}

type dbGet struct{ dbName }

func (dbGet) Help() string {
	return `Example:
  dialtone db get office/open`
}

// Run prints the value.
func (g dbGet) Run() error {
	if _, _, err := g.parts(); err != nil {
		return err
	}
	c, err := openControl(g.Data)
	if err != nil {
		return err
	}
	defer c.Close()
	all, err := list(c, "db", database)
	if err != nil {
		return err
	}
	for _, e := range all {
		if e.Path() == g.Name {
			fmt.Println(e.Text())
			return nil
		}
	}
	return fmt.Errorf("database %q: %w", g.Name, store.ErrNotFound)
}

type dbPut struct {
	dbName
	Value string `arg:"" help:"The value."`
}

func (dbPut) Help() string {
	return `Example:
  dialtone db put office/open no`
}

// Run keeps the value.
func (p dbPut) Run() error {
	family, key, err := p.parts()
	if err != nil {
		return err
	}
	c, err := openControl(p.Data)
	if err != nil {
		return err
	}
	defer c.Close()
	return put(c, "db", p.Name, store.NewDatabaseEntry(family, key, p.Value), database)
}

type dbDelete struct{ dbName }

func (dbDelete) Help() string {
	return `Example:
  dialtone db delete office/open`
}

// Run deletes the value.
func (d dbDelete) Run() error {
	if _, _, err := d.parts(); err != nil {
		return err
	}
	c, err := openControl(d.Data)
	if err != nil {
		return err
	}
	defer c.Close()
	err = remove(c, "db", d.Name, database)
	if errors.Is(err, store.ErrNotFound) {
		return fmt.Errorf("database %q: there is no such value", d.Name)
	}
	return err
}
