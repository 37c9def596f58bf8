package main

import (
	"cmp"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"text/tabwriter"

	"dialtone/ivr/dialplan"
	"dialtone/store"
)

type incallCommand struct {
	Add    incallAdd    `cmd:"" help:"Say where the calls of a number begin."`
	List   incallList   `cmd:"" help:"List the numbers that lead somewhere of their own."`
	Remove incallRemove `cmd:"" help:"Remove a number."`
}

// listedIncall is a number with where its calls go. Context and Exten are empty where that is not an extension.
type listedIncall struct {
	store.DID
	ID          int               `json:"id"` // of the incall
	Destination store.Destination `json:"destination"`
	Schedule    string            `json:"schedule,omitempty"` // its name, or number
	Enabled     bool              `json:"enabled"`
}

// serveIncalls lets commands list, put and delete numbers.
func serveIncalls(mux *http.ServeMux, s *store.Store) {
	mux.HandleFunc("GET /incalls", func(w http.ResponseWriter, r *http.Request) { reply(w, incallsOf(s), nil) })
	mux.HandleFunc("PUT /incalls", func(w http.ResponseWriter, r *http.Request) {
		var did store.DID
		if err := decode(w, r, &did); err != nil {
			reply(w, nil, err)
			return
		}
		reply(w, did, putDID(s, did))
	})
	mux.HandleFunc("DELETE /incalls/{in}/{number}", func(w http.ResponseWriter, r *http.Request) {
		reply(w, nil, deleteDID(s, r.PathValue("in"), r.PathValue("number")))
	})
}

func putDID(s *store.Store, did store.DID) error {
	return s.Update(func(tx *store.Tx) error { return tx.PutDID(did) })
}

func deleteDID(s *store.Store, in, number string) error {
	return s.Update(func(tx *store.Tx) error { return tx.DeleteDID(in, number) })
}

// incallsOf are all numbers that belong to an incall, whoever made them.
func incallsOf(s *store.Store) []listedIncall {
	all := []listedIncall{}
	s.View(func(tx *store.Tx) error {
		for e := range tx.Extensions().All() {
			i, _, ok := tx.Incalls().Get(e.Of.ID)
			if e.Of.Kind != store.OwnerIncall || !ok {
				continue
			}
			one := listedIncall{DID: store.DID{Number: e.Exten, In: e.Context}, ID: i.ID, Destination: i.Destination, Enabled: e.Enabled}
			if i.Destination.Type == store.DestinationExtension {
				one.Context, one.Exten = i.Destination.Context, i.Destination.Exten
			}
			if schedule, _, ok := tx.Schedules().Get(i.Schedule); ok {
				one.Schedule = cmp.Or(schedule.Name, fmt.Sprint(schedule.ID))
			}
			all = append(all, one)
		}
		return nil
	})
	return all
}

// inFlag is the flag of the context of a number.
type inFlag struct {
	In string `default:"from-extern" placeholder:"C" help:"The context of the number itself (default: ${default})."`
}

type incallAdd struct {
	dataFlag
	inFlag
	Number  string `arg:"" help:"The number with + and country code, or as a pattern of the dialplan."`
	Context string `required:"" placeholder:"C" help:"The context of the dialplan."`
	Exten   string `required:"" placeholder:"E" help:"The extension in it."`
}

func (incallAdd) Help() string {
	return `Calls of a number begin at its extension, by whatever trunk they come and however the carrier writes the number; the trunk's
country says which forms are the same. A number that is not listed is an extension of the trunk's context. The REST API shows the same as an
extension and an incall, and can give them a schedule, a greeting or another destination.

Examples:
  dialtone incall add +33123456789 --context default --exten 8899
  dialtone incall add _+331234567XX --context default --exten s`
}

func (a incallAdd) Run() error {
	if _, err := dialplan.Fits(a.Number, ""); err != nil {
		return fmt.Errorf("incall %q: %w", a.Number, err)
	}
	did := store.DID{Number: a.Number, In: a.In, Context: a.Context, Exten: a.Exten}
	if err := carriedOut(a.Data, "PUT", "/incalls", did, func(s *store.Store) error { return putDID(s, did) }); err != nil {
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
	return `Also the numbers that were made by REST, whatever they lead to.

Example:
  dialtone incall list --json`
}

func (l incallList) Run() error {
	all, err := answered(l.Data, "GET", "/incalls", nil, func(s *store.Store) ([]listedIncall, error) { return incallsOf(s), nil })
	if err != nil {
		return err
	}
	if l.JSON {
		return printJSON(all)
	}
	table := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "NUMBER\tCONTEXT\tEXTEN\tDESTINATION\tSCHEDULE\tIN")
	for _, i := range all {
		in := i.In
		if !i.Enabled {
			in += " (disabled)"
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\n", i.Number, cmp.Or(i.Context, "-"), cmp.Or(i.Exten, "-"), i.Destination, cmp.Or(i.Schedule, "-"), in)
	}
	return table.Flush()
}

type incallRemove struct {
	dataFlag
	inFlag
	Number string `arg:"" help:"The number."`
}

func (incallRemove) Help() string {
	return `Example:
  dialtone incall remove +33123456789`
}

func (r incallRemove) Run() error {
	path := "/incalls/" + url.PathEscape(r.In) + "/" + url.PathEscape(r.Number)
	return removed("incall", r.Number, carriedOut(r.Data, "DELETE", path, nil, func(s *store.Store) error { return deleteDID(s, r.In, r.Number) }))
}
