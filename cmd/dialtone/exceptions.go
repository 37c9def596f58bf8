package main

import (
	"cmp"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"

	"dialtone/hours"
	"dialtone/store"
)

type exceptCommand struct {
	Add    exceptAdd    `cmd:"" default:"withargs" help:"Close a schedule, or open it, at a time with a date."`
	List   exceptList   `cmd:"" help:"List the exceptions of schedules."`
	Remove exceptRemove `cmd:"" help:"Remove an exception."`
}

// insteadFlags say what a schedule does while it does not follow its periods.
type insteadFlags struct {
	Name    string `placeholder:"NAME" help:"What it is called."`
	Open    bool   `xor:"instead" help:"It is open then (default: it is closed)."`
	Sound   string `xor:"instead,place" placeholder:"NAME" help:"Callers hear this sound (default: they go where the schedule sends them when it is closed)."`
	Context string `xor:"instead" and:"place" placeholder:"C" help:"Callers go to an extension of this context."`
	Exten   string `xor:"place" and:"place" placeholder:"E" help:"The extension."`
}

// destination is where callers go; nil: where the schedule says.
func (f insteadFlags) destination() *store.Destination {
	switch {
	case f.Sound != "":
		return &store.Destination{Type: store.DestinationSound, Filename: f.Sound}
	case f.Context != "":
		return &store.Destination{Type: store.DestinationExtension, Context: f.Context, Exten: f.Exten}
	}
	return nil
}

// exceptionWanted is an exception that is to be made.
type exceptionWanted struct {
	Schedule    string             `json:"schedule"` // its number or name
	Name        string             `json:"name"`
	From        string             `json:"from"` // see hours.ParseSpan
	Until       string             `json:"until"`
	Open        bool               `json:"open"`
	Destination *store.Destination `json:"destination"`
}

// listedException is an exception as commands show it.
type listedException struct {
	ID           int                `json:"id"`
	Schedule     int                `json:"schedule"`
	ScheduleName string             `json:"schedule_name"`
	Name         string             `json:"name"`
	From         string             `json:"from"`
	Until        string             `json:"until"`
	Open         bool               `json:"open"`
	Destination  *store.Destination `json:"destination"`
}

// makeException makes one.
func makeException(s *store.Store, wanted exceptionWanted) (made listedException, err error) {
	e := store.Exception{Name: wanted.Name, Open: wanted.Open, Destination: wanted.Destination}
	if e.From, e.Until, err = hours.ParseSpan(wanted.From, wanted.Until); err != nil {
		return made, err
	}
	err = s.Update(func(tx *store.Tx) error {
		kept, err := hours.Find(tx, "", wanted.Schedule)
		if err != nil {
			return err
		}
		e.Schedule = kept.ID
		if e, err = tx.Exceptions().Put(e); err != nil {
			return err
		}
		made = showException(kept, &e)
		return nil
	})
	return made, err
}

func showException(kept *store.Schedule, e *store.Exception) listedException {
	from, until := hours.SpanTexts(e.From, e.Until)
	return listedException{e.ID, kept.ID, kept.Name, e.Name, from, until, e.Open, e.Destination}
}

// exceptionsOf lists the exceptions of a schedule, or of all, in the order of their beginnings.
func exceptionsOf(s *store.Store, name string) ([]listedException, error) {
	all := []listedException{}
	err := eachSchedule(s, name, func(tx *store.Tx, kept *store.Schedule) {
		for e := range tx.ExceptionsOf(kept.ID) {
			all = append(all, showException(kept, e))
		}
	})
	slices.SortStableFunc(all, func(a, b listedException) int { return strings.Compare(a.From, b.From) })
	return all, err
}

// eachSchedule looks at the schedule of a name or number, or at all where that is empty.
func eachSchedule(s *store.Store, name string, look func(*store.Tx, *store.Schedule)) error {
	return s.View(func(tx *store.Tx) error {
		if name != "" {
			kept, err := hours.Find(tx, "", name)
			if err == nil {
				look(tx, kept)
			}
			return err
		}
		for kept := range tx.Schedules().All() {
			look(tx, kept)
		}
		return nil
	})
}

func removeException(s *store.Store, id int) error {
	return s.Update(func(tx *store.Tx) error { return tx.Exceptions().Delete(id) })
}

// serveExceptions lets commands make, list and remove exceptions.
func serveExceptions(mux *http.ServeMux, s *store.Store) {
	mux.HandleFunc("POST /exceptions", func(w http.ResponseWriter, r *http.Request) {
		var wanted exceptionWanted
		if err := decode(w, r, &wanted); err != nil {
			reply(w, nil, err)
			return
		}
		made, err := makeException(s, wanted)
		reply(w, made, err)
	})
	mux.HandleFunc("GET /exceptions", func(w http.ResponseWriter, r *http.Request) {
		all, err := exceptionsOf(s, r.URL.Query().Get("schedule"))
		reply(w, all, err)
	})
	mux.HandleFunc("DELETE /exceptions/{id}", byNumber(func(id int) error { return removeException(s, id) }))
}

// byNumber answers a request about an object that its path gives the {id} of.
func byNumber(do func(id int) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		id, err := strconv.Atoi(r.PathValue("id"))
		if err == nil {
			err = do(id)
		}
		reply(w, nil, err)
	}
}

type exceptAdd struct {
	dataFlag
	insteadFlags
	Schedule string `arg:"" help:"Its name or number."`
	From     string `arg:"" help:"A day, 2026-12-24, or a minute of the schedule's clock, '2026-12-24 12:00'."`
	Until    string `arg:"" optional:"" help:"The last day, or the minute at which it is over (default: the day of FROM)."`
}

func (exceptAdd) Help() string {
	return `Periods of a schedule come back each year; Easter and this summer's holidays are exceptions with a date. Where several hold, the shortest
does: so a day within holidays can be opened.

Examples:
  dialtone schedules except office 2027-03-29 --name 'Easter Monday'
  dialtone schedules except office 2027-08-02 2027-08-20 --sound ivr-sounds/summer
  dialtone schedules except office '2026-12-13 10:00' '2026-12-13 16:00' --open`
}

// Run makes the exception.
func (a exceptAdd) Run() error {
	wanted := exceptionWanted{a.Schedule, a.Name, a.From, a.Until, a.Open, a.destination()}
	made, err := answered(a.Data, "POST", "/exceptions", wanted, func(s *store.Store) (listedException, error) { return makeException(s, wanted) })
	if err != nil {
		return err
	}
	fmt.Printf("exception %d: schedule %s is %s from %s until %s\n", made.ID, made.of(), made.state(), made.From, made.Until)
	return nil
}

// of names the schedule.
func (e listedException) of() string { return labelOf(e.Schedule, e.ScheduleName) }

// labelOf names a schedule for people.
func labelOf(id int, name string) string { return cmp.Or(name, fmt.Sprint(id)) }

func (e listedException) state() string { return stateText(e.Open) }

// stateText says what a schedule is that does not follow its periods.
func stateText(open bool) string {
	if open {
		return "open"
	}
	return "closed"
}

type exceptList struct {
	dataFlag
	Schedule string `arg:"" optional:"" help:"The name or number of one (default: all)."`
	JSON     bool   `help:"Print JSON."`
}

func (exceptList) Help() string {
	return `Example:
  dialtone schedules except list office`
}

// Run lists the exceptions.
func (l exceptList) Run() error {
	all, err := answered(l.Data, "GET", "/exceptions?schedule="+url.QueryEscape(l.Schedule), nil, func(s *store.Store) ([]listedException, error) { return exceptionsOf(s, l.Schedule) })
	if err != nil {
		return err
	}
	if l.JSON {
		return printJSON(all)
	}
	table := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "ID\tSCHEDULE\tFROM\tUNTIL\tSTATE\tCALLERS\tNAME")
	for _, e := range all {
		fmt.Fprintf(table, "%d\t%s\t%s\t%s\t%s\t%s\t%s\n", e.ID, printable(e.of()), e.From, e.Until, e.state(), callersText(e.Destination), printable(e.Name))
	}
	return table.Flush()
}

// callersText says where callers go meanwhile.
func callersText(to *store.Destination) string {
	if to == nil {
		return "-"
	}
	return printable(to.String())
}

type exceptRemove struct {
	dataFlag
	ID int `arg:"" help:"Its number, as the list shows it."`
}

func (exceptRemove) Help() string {
	return `Example:
  dialtone schedules except remove 7`
}

// Run removes the exception.
func (r exceptRemove) Run() error {
	id := strconv.Itoa(r.ID)
	return removed("exception", id, carriedOut(r.Data, "DELETE", "/exceptions/"+id, nil, func(s *store.Store) error { return removeException(s, r.ID) }))
}
