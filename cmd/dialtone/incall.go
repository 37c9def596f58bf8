package main

import (
	"fmt"
	"os"
	"text/tabwriter"

	"dialtone/ivr/dialplan"
	"dialtone/store"
)

// incalls is the numbers that lead to an extension of the dialplan, for list, put and remove.
func incalls(s *store.Store) table[store.DID] { return dids{s} }

// dids is the numbers of a store as a table.
type dids struct{ store *store.Store }

func (d dids) List() (list []store.Entry[store.DID], err error) {
	for _, did := range d.store.DIDs() {
		list = append(list, store.Entry[store.DID]{Key: did.Number, Value: did})
	}
	return list, nil
}

func (d dids) Put(_ string, did store.DID, _ store.Revision) (store.Revision, error) {
	return 0, d.store.Update(func(tx *store.Tx) error { return tx.PutDID(did) })
}

func (d dids) Delete(number string, _ store.Revision) error {
	return d.store.Update(func(tx *store.Tx) error { return tx.DeleteDID(number) })
}

type incallCommand struct {
	Add    incallAdd    `cmd:"" help:"Say where the calls of a number begin."`
	List   incallList   `cmd:"" help:"List the numbers that lead somewhere of their own."`
	Remove incallRemove `cmd:"" help:"Remove a number."`
}

type incallAdd struct {
	dataFlag
	Number  string `arg:"" help:"The number with + and country code, or as a pattern of the dialplan."`
	Context string `required:"" placeholder:"C" help:"The context of the dialplan."`
	Exten   string `required:"" placeholder:"E" help:"The extension in it."`
}

func (incallAdd) Help() string {
	return `Calls of a number begin at its extension, by whatever trunk they come and however the carrier writes the number; the trunk's
country says which forms are the same. A number that is not listed is an extension of the trunk's context.

Examples:
  dialtone incall add +33123456789 --context default --exten 8899
  dialtone incall add _+331234567XX --context default --exten s`
}

func (a incallAdd) Run() error {
	if _, err := dialplan.Fits(a.Number, ""); err != nil {
		return fmt.Errorf("incall %q: %w", a.Number, err)
	}
	c, err := openControl(a.Data)
	if err != nil {
		return err
	}
	defer c.Close()
	if err := put(c, "incalls", a.Number, store.DID{Number: a.Number, Context: a.Context, Exten: a.Exten}, incalls); err != nil {
		return err
	}
	fmt.Printf("incall %s  context %s  exten %s\n", a.Number, a.Context, a.Exten)
	return nil
}

type incallList struct {
	dataFlag
	JSON bool `help:"Print JSON."`
}

func (incallList) Help() string {
	return `Example:
  dialtone incall list --json`
}

func (l incallList) Run() error {
	c, err := openControl(l.Data)
	if err != nil {
		return err
	}
	defer c.Close()
	all, err := list(c, "incalls", incalls)
	if err != nil {
		return err
	}
	if l.JSON {
		return printJSON(all)
	}
	table := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "NUMBER\tCONTEXT\tEXTEN")
	for _, i := range all {
		fmt.Fprintf(table, "%s\t%s\t%s\n", i.Number, i.Context, i.Exten)
	}
	return table.Flush()
}

type incallRemove struct {
	dataFlag
	Number string `arg:"" help:"The number."`
}

func (incallRemove) Help() string {
	return `Example:
  dialtone incall remove +33123456789`
}

func (r incallRemove) Run() error {
	c, err := openControl(r.Data)
	if err != nil {
		return err
	}
	defer c.Close()
	return removed("incall", r.Number, remove(c, "incalls", r.Number, incalls))
}
