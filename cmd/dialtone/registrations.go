package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"dialtone/call"
	"dialtone/ivr"
	"dialtone/sip"
	"dialtone/store"
)

type registrationsCommand struct {
	dataFlag
	JSON bool `help:"Print JSON."`
}

func (registrationsCommand) Help() string {
	return `Shows where the phones are registered: the telephone's own name, the address it comes from, how long it takes to answer, and when
the registration ends. A contact is reachable when it answers OPTIONS (serve --qualify), registered when it was not asked or
never answers, unreachable when it does no longer, and lost when its connection is gone. Without a running server it shows what was registered
when that stopped.

Examples:
  dialtone registrations
  dialtone registrations --json | jq -r '.[] | select(.status == "unreachable") | .phone'`
}

func (r registrationsCommand) Run() error {
	c, err := openControl(r.Data)
	if err != nil {
		return err
	}
	defer c.Close()
	contacts, err := c.registrations()
	if err != nil {
		return err
	}
	if r.JSON {
		return printJSON(contacts)
	}
	return writeContacts(os.Stdout, contacts)
}

// writeContacts writes contacts for people.
func writeContacts(out io.Writer, contacts []sip.Contact) error {
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "PHONE\tSTATUS\tANSWERS IN\tADDRESS\tENDS IN\tDEVICE\tCONTACT")
	for _, c := range contacts {
		fmt.Fprintf(table, "%s\t%s\t%s\t%s %s\t%s\t%s\t%s\n", c.Phone, c.Status, answersIn(c), c.Transport, c.Address,
			time.Until(c.Expires).Round(time.Second), cmp.Or(printable(c.Device), "-"), printable(c.URI))
	}
	return table.Flush()
}

// answersIn is how long a contact took to answer.
func answersIn(c sip.Contact) string {
	if c.RoundTrip == 0 {
		return "-"
	}
	return fmt.Sprintf("%.1f ms", c.RoundTrip)
}

// registrations are the contacts of all phones.
func (c *control) registrations() ([]sip.Contact, error) {
	if c.store != nil {
		return bindings{c.store}.contacts(time.Now())
	}
	var contacts []sip.Contact
	return contacts, c.ask("GET", "/registrations", nil, &contacts)
}

// contacts are the registrations that are kept, sorted by phone; how they fare only a running server knows.
func (b bindings) contacts(now time.Time) ([]sip.Contact, error) {
	contacts := []sip.Contact{}
	err := b.Each(func(number string, list []sip.Binding) {
		for _, binding := range sip.Alive(list, now) {
			contacts = append(contacts, binding.Of(number))
		}
	})
	slices.SortStableFunc(contacts, func(a, b sip.Contact) int { return strings.Compare(a.Phone, b.Phone) })
	return contacts, err
}

// checkSyncWait is how long telephones have to answer that they restart.
const checkSyncWait = 5 * time.Second

// servePhones answers what only the running server knows of phones.
func servePhones(mux *http.ServeMux, p parts) {
	mux.HandleFunc("GET /registrations", func(w http.ResponseWriter, r *http.Request) {
		reply(w, p.signalling.Registrations(""), nil)
	})
	mux.HandleFunc("POST /phones/{number}/check-sync", func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), checkSyncWait)
		defer cancel()
		reply(w, p.signalling.CheckSync(ctx, r.PathValue("number")), nil)
	})
}

// newDevices are the devices of the phones and trunks that are kept. present tells whether a phone can be called.
func newDevices(stored *store.Store, present func(number string) bool) *call.Devices {
	return call.NewDevices(call.DevicesConfig{
		Named: names{stored}.of,
		Phone: func(number string) (known, registered bool) {
			_, _, err := stored.Phones().Get(number)
			return err == nil, present(number)
		},
		Trunk: func(name string) bool {
			_, _, err := stored.Trunks().Get(name)
			return err == nil
		},
		BusyAt: func(device string) int {
			name := strings.TrimPrefix(device, "PJSIP/")
			rules := legs{stored}
			return cmp.Or(rules.of(call.Door{Trunk: name}).BusyAt, rules.of(call.Door{Phone: name}).BusyAt)
		},
		Database: stored.Database(),
	})
}

// followPhones tells signalling and lamps of the phones that are added and removed, and of Custom devices that are set by hand,
// until stopped.
func (p parts) followPhones(stopped <-chan struct{}) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	phones, entries := p.store.Phones().Watch(ctx), p.store.DatabaseEntries().Watch(ctx)
	for {
		select {
		case change, open := <-phones:
			if !open {
				return
			}
			if change.Deleted {
				p.signalling.Forget(change.Key)
			}
			p.devices.Changed("PJSIP/" + change.Key)
		case change, open := <-entries:
			if !open {
				return
			}
			if name, ok := strings.CutPrefix(change.Key, ivr.CustomDevices+"/"); ok {
				p.devices.Changed(ivr.CustomDevice + name)
			}
		case <-stopped:
			return
		}
	}
}
