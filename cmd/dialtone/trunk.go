package main

import (
	"fmt"
	"os"
	"text/tabwriter"

	"dialtone/store"
)

// trunks is the table of trunks, for list, put and remove.
func trunks(s *store.Store) *store.Table[store.Trunk] { return s.Trunks() }

type trunkCommand struct {
	Add    trunkAdd    `cmd:"" help:"Add a trunk, or change one."`
	List   trunkList   `cmd:"" help:"List the trunks."`
	Remove trunkRemove `cmd:"" help:"Remove a trunk."`
}

type trunkAdd struct {
	dataFlag
	Name    string `arg:"" help:"The trunk's name."`
	Address string `required:"" placeholder:"CIDR" help:"Where its calls come from; they need no password."`
	Context string `required:"" placeholder:"C" help:"The context of the dialplan where its calls begin, at the number that was called."`
}

func (trunkAdd) Help() string {
	return `Examples:
  dialtone trunk add carrier --address 203.0.113.0/28 --context from-extern
  dialtone trunk add gateway --address 192.0.2.7 --context from-extern`
}

func (a trunkAdd) Run() error {
	address, err := store.ParseSource(a.Address)
	if err != nil {
		return err
	}
	c, err := openControl(a.Data)
	if err != nil {
		return err
	}
	defer c.Close()
	if err := put(c, "trunks", a.Name, store.NewTrunk(a.Name, a.Context, address), trunks); err != nil {
		return err
	}
	fmt.Printf("trunk %s  address %s  context %s\n", a.Name, address, a.Context)
	return nil
}

type trunkList struct {
	dataFlag
	JSON bool `help:"Print JSON."`
}

func (trunkList) Help() string {
	return `Example:
  dialtone trunk list --json`
}

func (l trunkList) Run() error {
	c, err := openControl(l.Data)
	if err != nil {
		return err
	}
	defer c.Close()
	all, err := list(c, "trunks", trunks)
	if err != nil {
		return err
	}
	if l.JSON {
		return printJSON(all)
	}
	table := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "NAME\tADDRESS\tCONTEXT")
	for _, t := range all {
		fmt.Fprintf(table, "%s\t%s\t%s\n", t.Name, t.Addresses, t.Context)
	}
	return table.Flush()
}

type trunkRemove struct {
	dataFlag
	Name string `arg:"" help:"The trunk's name."`
}

func (trunkRemove) Help() string {
	return `Example:
  dialtone trunk remove carrier`
}

func (r trunkRemove) Run() error {
	c, err := openControl(r.Data)
	if err != nil {
		return err
	}
	defer c.Close()
	return removed("trunk", r.Name, remove(c, "trunks", r.Name, trunks))
}
