package main

import (
	"cmp"
	"fmt"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"dialtone/ivr/dialplan"
	"dialtone/sip"
	"dialtone/store"
)

// phones is the table of phones, for list, put and remove.
func phones(s *store.Store) table[store.Phone] { return s.Phones() }

type phoneCommand struct {
	Add    phoneAdd    `cmd:"" help:"Add a phone, or give one a new password."`
	Set    phoneSet    `cmd:"" help:"Change a phone, but for its password."`
	List   phoneList   `cmd:"" help:"List the phones."`
	Show   phoneShow   `cmd:"" help:"Show a phone and where it is registered."`
	Reboot phoneReboot `cmd:"" help:"Have a phone fetch its settings and restart."`
	Remove phoneRemove `cmd:"" help:"Remove a phone and its registrations."`
}

// dataFlag is the flag of all commands that work on a data directory.
type dataFlag struct {
	Data string `default:"./data" placeholder:"DIR" env:"DIALTONE_DATA" help:"The server's data directory; works while the server runs, and while it does not (default: ${default})."`
}

// phoneFlags are what can be said of a phone, when it is added and later.
type phoneFlags struct {
	Context        string   `placeholder:"C" help:"The context of the dialplan where its calls begin (default: what the phone has, if it is there already, else \"default\")."`
	MaxCalls       *int     `placeholder:"N" help:"Calls that it may have at trunks at once; 0 for any number."`
	CallsPerMinute *int     `placeholder:"N" help:"Calls that it may begin at trunks in a minute; 0 for any number."`
	CallGroup      []string `placeholder:"GROUP" help:"Groups that its ringing belongs to, numbers or names, several after commas; \"\" for none."`
	PickupGroup    []string `placeholder:"GROUP" help:"Groups whose ringing it may answer, by Pickup() without an extension; \"\" for none."`
	Allow          []exten  `sep:"none" placeholder:"EXTEN" help:"A number that it may call at trunks, as an extension or a pattern of the dialplan; may be given several times. \"\" for all again."`
	legFlags
	contactFlags
}

// change makes a phone what the flags say.
func (f phoneFlags) change(p *store.Phone) {
	p.Context = cmp.Or(f.Context, p.Context, "default")
	if f.MaxCalls != nil {
		p.MaxCalls = *f.MaxCalls
	}
	if f.CallsPerMinute != nil {
		p.CallsPerMinute = *f.CallsPerMinute
	}
	f.legFlags.change(&p.LegRules)
	f.contactFlags.change(&p.Contacts)
	for groups, given := range map[*[]string][]string{&p.CallGroups: f.CallGroup, &p.PickupGroups: f.PickupGroup} {
		if given != nil {
			*groups = slices.DeleteFunc(given, func(group string) bool { return group == "" })
		}
	}
	if f.Allow != nil {
		p.Allow = nil
		for _, name := range f.Allow {
			if name != "" {
				p.Allow = append(p.Allow, string(name))
			}
		}
	}
}

// exten is an extension's name, a pattern or not.
type exten string

func (e *exten) UnmarshalText(text []byte) error {
	if _, err := dialplan.Fits(string(text), ""); err != nil {
		return fmt.Errorf("%q never fits a number: %w", text, err)
	}
	*e = exten(text)
	return nil
}

type phoneAdd struct {
	dataFlag
	Number   string `arg:"" help:"The phone's number, which is also its user name."`
	Password string `placeholder:"P" help:"Its password; without it, one is made and printed, once."`
	phoneFlags
}

func (phoneAdd) Help() string {
	return `Examples:
  dialtone phone add 1002                           makes a password and prints it
  dialtone phone add 1003 --context sales --password 'a long secret'
  dialtone phone add lobby --allow 112 --allow _0[1-7]XXXXXXXX --max-calls 1`
}

// Run adds the phone. The password itself does not leave this process: what verifies it is kept.
func (a phoneAdd) Run() error {
	c, err := openControl(a.Data)
	if err != nil {
		return err
	}
	defer c.Close()
	password := cmp.Or(a.Password, store.NewPassword())
	phone, there, err := findPhone(c, a.Number)
	if err != nil {
		return err
	}
	fresh := store.NewPhone(a.Number, password, "")
	if there {
		phone.OwnRealm, phone.HA1MD5, phone.HA1SHA256 = fresh.OwnRealm, fresh.HA1MD5, fresh.HA1SHA256
	} else {
		phone = fresh
	}
	a.change(&phone)
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

type phoneSet struct {
	dataFlag
	Number string `arg:"" help:"The phone's number."`
	phoneFlags
}

func (phoneSet) Help() string {
	return `Examples:
  dialtone phone set 1003 --context sales
  dialtone phone set 1003 --call-group sales --pickup-group sales,support
  dialtone phone set 1003 --contacts 1 --replace-contacts --codec alaw --keys info
  dialtone phone set lobby --max-calls 1 --allow 112 --allow _0[1-7]XXXXXXXX`
}

func (s phoneSet) Run() error {
	c, err := openControl(s.Data)
	if err != nil {
		return err
	}
	defer c.Close()
	phone, err := secretOf(c, s.Number)
	if err != nil {
		return err
	}
	s.change(&phone)
	if err := put(c, "phones", s.Number, phone, phones); err != nil {
		return err
	}
	fmt.Printf("phone %s  context %s\n", phone.Number, phone.Context)
	return nil
}

// listedPhone is a phone without what verifies its password, and where it is registered.
type listedPhone struct {
	Number         string    `json:"number"`
	Context        string    `json:"context"`
	Created        time.Time `json:"created"`
	MaxCalls       int       `json:"max_calls,omitempty"`
	CallsPerMinute int       `json:"calls_per_minute,omitempty"`
	Allow          []string  `json:"allow,omitempty"`
	CallGroups     []string  `json:"call_groups,omitempty"`
	PickupGroups   []string  `json:"pickup_groups,omitempty"`
	store.LegRules
	Rules    store.ContactRules `json:"registrations,omitzero"`
	Contacts []sip.Contact      `json:"contacts"`
}

// listed are all phones.
func (d dataFlag) listed() ([]listedPhone, error) {
	c, err := openControl(d.Data)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	all, err := list(c, "phones", phones)
	if err != nil {
		return nil, err
	}
	contacts, err := c.registrations()
	if err != nil {
		return nil, err
	}
	of := map[string][]sip.Contact{}
	for _, contact := range contacts {
		of[contact.Phone] = append(of[contact.Phone], contact)
	}
	listed := make([]listedPhone, 0, len(all))
	for _, p := range all {
		listed = append(listed, listedPhone{p.Number, p.Context, p.Created, p.MaxCalls, p.CallsPerMinute, p.Allow, p.CallGroups, p.PickupGroups, p.LegRules, p.Contacts, append([]sip.Contact{}, of[p.Number]...)})
	}
	return listed, nil
}

// status is how a phone fares, in a few words: by the contact that fares best.
func (p listedPhone) status() string {
	if len(p.Contacts) == 0 {
		return "-"
	}
	best := slices.MinFunc(p.Contacts, func(a, b sip.Contact) int {
		order := []sip.ContactStatus{sip.ContactReachable, sip.ContactRegistered, sip.ContactUnreachable, sip.ContactLost}
		return slices.Index(order, a.Status) - slices.Index(order, b.Status)
	})
	text := string(best.Status)
	if len(p.Contacts) > 1 {
		text += fmt.Sprintf(" (%d contacts)", len(p.Contacts))
	}
	return text
}

type phoneList struct {
	dataFlag
	JSON bool `help:"Print JSON."`
}

func (phoneList) Help() string {
	return `Lists the phones, and whether they are registered; dialtone registrations says where.

Example:
  dialtone phone list --json`
}

func (l phoneList) Run() error {
	listed, err := l.listed()
	if err != nil {
		return err
	}
	if l.JSON {
		return printJSON(listed)
	}
	table := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "NUMBER\tCONTEXT\tSTATUS\tSINCE")
	for _, p := range listed {
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\n", p.Number, p.Context, p.status(), p.Created.Local().Format(time.DateTime))
	}
	return table.Flush()
}

type phoneShow struct {
	dataFlag
	Number string `arg:"" help:"The phone's number."`
	JSON   bool   `help:"Print JSON."`
}

func (phoneShow) Help() string {
	return `Example:
  dialtone phone show 1002`
}

func (s phoneShow) Run() error {
	listed, err := s.listed()
	if err != nil {
		return err
	}
	i := slices.IndexFunc(listed, func(p listedPhone) bool { return p.Number == s.Number })
	if i < 0 {
		return noPhone(s.Number)
	}
	phone := listed[i]
	if s.JSON {
		return printJSON(phone)
	}
	table := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintf(table, "number\t%s\ncontext\t%s\nstatus\t%s\nsince\t%s\n", phone.Number, phone.Context, phone.status(), phone.Created.Local().Format(time.DateTime))
	fmt.Fprintf(table, "calls at trunks\t%s at once, %s a minute\n", numberOrAny(phone.MaxCalls), numberOrAny(phone.CallsPerMinute))
	fmt.Fprintf(table, "may call at trunks\t%s\n", cmp.Or(strings.Join(phone.Allow, " "), "any number"))
	fmt.Fprintf(table, "call groups\t%s\npickup groups\t%s\n", cmp.Or(strings.Join(phone.CallGroups, " "), "-"), cmp.Or(strings.Join(phone.PickupGroups, " "), "-"))
	for what, text := range pairs(append(legText(phone.LegRules), contactText(phone.Rules)...)...) {
		fmt.Fprintf(table, "%s\t%s\n", what, text)
	}
	if err := table.Flush(); err != nil || len(phone.Contacts) == 0 {
		return err
	}
	fmt.Println()
	return writeContacts(os.Stdout, phone.Contacts)
}

// numberOrAny is a limit, of which 0 is none.
func numberOrAny(n int) string {
	if n == 0 {
		return "any number"
	}
	return strconv.Itoa(n)
}

type phoneReboot struct {
	dataFlag
	Number string `arg:"" help:"The phone's number."`
	JSON   bool   `help:"Print JSON."`
}

func (phoneReboot) Help() string {
	return `Asks every telephone that is registered with the number, by a NOTIFY of check-sync. Most restart; some fetch their settings and restart only
when those have changed, and some must be told in their settings to listen to it.

Example:
  dialtone phone reboot 1002`
}

// Run asks the running server, as only that reaches telephones.
func (r phoneReboot) Run() error {
	server, err := dialControl(r.Data)
	if err != nil {
		return err
	}
	defer server.Close()
	if _, err := secretOf(server, r.Number); err != nil {
		return err
	}
	var answers []sip.CheckSync
	if err := server.ask("POST", "/phones/"+url.PathEscape(r.Number)+"/check-sync", nil, &answers); err != nil {
		return err
	}
	if r.JSON {
		return printJSON(answers)
	}
	if len(answers) == 0 {
		return fmt.Errorf("phone %s is not registered", r.Number)
	}
	for _, a := range answers {
		switch {
		case a.Error != "":
			fmt.Printf("%s does not answer: %s\n", printable(a.URI), printable(a.Error))
		case a.Status >= 300:
			fmt.Printf("%s refuses: %d\n", printable(a.URI), a.Status)
		default:
			fmt.Printf("%s restarts\n", printable(a.URI))
		}
	}
	return nil
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
		err = noPhone(number)
	}
	return phone, err
}

func noPhone(number string) error {
	return fmt.Errorf("there is no phone %s on this data directory (`dialtone phone list` lists them)", number)
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
