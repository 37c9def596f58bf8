package main

import (
	"cmp"
	"fmt"
	"os"
	"slices"
	"text/tabwriter"
	"time"

	"dialtone/store"
)

// phones is the table of phones, for list, put and remove.
func phones(s *store.Store) *store.Table[store.Phone] { return s.Phones() }

type phoneCommand struct {
	Add    phoneAdd    `cmd:"" help:"Add a phone, or give one a new password or context."`
	List   phoneList   `cmd:"" help:"List the phones."`
	Remove phoneRemove `cmd:"" help:"Remove a phone and its registrations."`
}

// dataFlag is the flag of all commands that work on a data directory.
type dataFlag struct {
	Data string `default:"./data" placeholder:"DIR" env:"DIALTONE_DATA" help:"The server's data directory; works while the server runs, and while it does not (default: ${default})."`
}

type phoneAdd struct {
	dataFlag
	Number   string `arg:"" help:"The phone's number, which is also its user name."`
	Password string `placeholder:"P" help:"Its password; without it, one is made and printed, once."`
	Context  string `placeholder:"C" help:"The context of the dialplan where its calls begin (default: what the phone has, if it is there already, else \"default\")."`
}

func (phoneAdd) Help() string {
	return `Examples:
  dialtone phone add 1002                           makes a password and prints it
  dialtone phone add 1003 --context sales --password 'a long secret'`
}

// Run adds the phone. The password itself does not leave this process: what verifies it is kept.
func (a phoneAdd) Run() error {
	c, err := openControl(a.Data)
	if err != nil {
		return err
	}
	defer c.Close()
	password := a.Password
	if password == "" {
		password = store.NewPassword()
	}
	phone := store.NewPhone(a.Number, password, a.Context)
	before, there, err := findPhone(c, a.Number)
	if err != nil {
		return err
	}
	if there {
		phone.Created = before.Created
	}
	if phone.Context == "" {
		phone.Context = cmp.Or(before.Context, "default")
	}
	if err := put(c, "phones", a.Number, phone, phones); err != nil {
		return err
	}
	if a.Password != "" {
		fmt.Printf("phone %s  context %s\n", phone.Number, phone.Context)
		return nil
	}
	fmt.Printf("phone %s  context %s  password %s\n", phone.Number, phone.Context, password)
	return nil
}

type phoneList struct {
	dataFlag
	JSON bool `help:"Print JSON."`
}

func (phoneList) Help() string {
	return `Example:
  dialtone phone list --json`
}

// listedPhone is a phone without what verifies its password.
type listedPhone struct {
	Number  string    `json:"number"`
	Context string    `json:"context"`
	Created time.Time `json:"created"`
}

func (l phoneList) Run() error {
	c, err := openControl(l.Data)
	if err != nil {
		return err
	}
	defer c.Close()
	all, err := list(c, "phones", phones)
	if err != nil {
		return err
	}
	listed := make([]listedPhone, 0, len(all))
	for _, p := range all {
		listed = append(listed, listedPhone{p.Number, p.Context, p.Created})
	}
	if l.JSON {
		return printJSON(listed)
	}
	table := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "NUMBER\tCONTEXT\tSINCE")
	for _, p := range listed {
		fmt.Fprintf(table, "%s\t%s\t%s\n", p.Number, p.Context, p.Created.Local().Format(time.DateTime))
	}
	return table.Flush()
}

type phoneRemove struct {
	dataFlag
	Number string `arg:"" help:"The phone's number."`
}

func (phoneRemove) Help() string {
	return `Example:
  dialtone phone remove 1002`
}

func (r phoneRemove) Run() error {
	c, err := openControl(r.Data)
	if err != nil {
		return err
	}
	defer c.Close()
	return removed("phone", r.Number, remove(c, "phones", r.Number, phones))
}

// removed says that something is gone, or why it is not.
func removed(what, name string, err error) error {
	if err != nil {
		return fmt.Errorf("%s %s is not removed: %w", what, name, err)
	}
	fmt.Printf("%s %s removed\n", what, name)
	return nil
}

// secretOf gives what verifies a phone's password.
func secretOf(c *control, number string) (store.Phone, error) {
	phone, there, err := findPhone(c, number)
	if err == nil && !there {
		err = fmt.Errorf("there is no phone %s on this data directory (`dialtone phone list` lists them)", number)
	}
	return phone, err
}

// findPhone gives the phone of a number, if it is there.
func findPhone(c *control, number string) (phone store.Phone, there bool, err error) {
	all, err := list(c, "phones", phones)
	if err != nil {
		return store.Phone{}, false, err
	}
	i := slices.IndexFunc(all, func(p store.Phone) bool { return p.Number == number })
	if i < 0 {
		return store.Phone{}, false, nil
	}
	return all[i], true, nil
}
