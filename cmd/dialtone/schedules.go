package main

import (
	"cmp"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"dialtone/hours"
	"dialtone/ivr/schedule"
	"dialtone/store"
)

type schedulesCommand struct {
	List     schedulesList   `cmd:"" default:"withargs" help:"Say of each schedule whether it is open now, until when, and why."`
	At       schedulesAt     `cmd:"" help:"Say it of another time."`
	Switch   schedulesSwitch `cmd:"" help:"Open or close a schedule by hand, or give it back to the clock."`
	Except   exceptCommand   `cmd:"" help:"Close or open a schedule on days of its own: add, list and remove exceptions."`
	Calendar calendarCommand `cmd:"" help:"Have a schedule follow iCalendar files and URLs: add, list, refresh and remove them."`
}

// scheduleReport is what a schedule says, for the table and for JSON.
type scheduleReport struct {
	ID     int    `json:"id"`
	Name   string `json:"name"`
	Tenant string `json:"tenant"` // its name
	hours.Report
}

// reportSchedules asks all schedules about a time, as they read it; an empty text is now.
func reportSchedules(s *store.Store, at string) (reports []scheduleReport, err error) {
	reports = []scheduleReport{} // a list in JSON too
	now := time.Now()
	err = s.View(func(tx *store.Tx) error {
		for kept := range tx.Schedules().All() {
			report, err := hours.Ask(tx, kept, at, now)
			if err != nil {
				return err
			}
			r := scheduleReport{ID: kept.ID, Name: kept.Name, Report: report}
			if tenant, ok := tx.Tenant(kept.Tenant); ok {
				r.Tenant = tenant.Name
			}
			reports = append(reports, r)
		}
		return nil
	})
	return reports, err
}

// wantedTurn is how a command wants to switch a schedule.
type wantedTurn struct {
	Schedule string `json:"schedule"` // its number or name
	State    string `json:"state"`    // open, closed, auto or toggle
	Until    string `json:"until"`    // a time as the schedule reads it, or next; empty: until somebody says so
}

// turnSchedule switches a schedule, and gives its number and what it says then.
func turnSchedule(s *store.Store, wanted wantedTurn) (r scheduleReport, err error) {
	now := time.Now()
	err = s.Update(func(tx *store.Tx) error {
		kept, err := hours.Find(tx, "", wanted.Schedule)
		if err != nil {
			return err
		}
		turn := schedule.Turn{To: wanted.State, Next: wanted.Until == "next", By: "the command line"}
		if wanted.Until != "" && !turn.Next {
			known, _ := hours.Of(tx, kept)
			if turn.Until, err = known.ParseEnd(wanted.Until, now); err != nil {
				return err
			}
		}
		if _, err := hours.Turn(tx, kept, turn, now); err != nil {
			return err
		}
		r.ID, r.Name = kept.ID, kept.Name
		r.Report, err = hours.Ask(tx, kept, "", now)
		return err
	})
	return r, err
}

// serveSchedules lets commands ask and switch schedules.
func serveSchedules(mux *http.ServeMux, s *store.Store) {
	mux.HandleFunc("GET /schedules", func(w http.ResponseWriter, r *http.Request) {
		reports, err := reportSchedules(s, r.URL.Query().Get("at"))
		reply(w, reports, err)
	})
	mux.HandleFunc("PUT /schedules/switch", func(w http.ResponseWriter, r *http.Request) {
		var wanted wantedTurn
		if err := decode(w, r, &wanted); err != nil {
			reply(w, nil, err)
			return
		}
		report, err := turnSchedule(s, wanted)
		reply(w, report, err)
	})
}

type schedulesList struct {
	dataFlag
	JSON bool `help:"Print JSON."`
}

func (schedulesList) Help() string {
	return `Schedules are made by REST (docs/schedules.md). UNTIL is when the state, or where calls go, changes next, by the schedule's own clock.

Examples:
  dialtone schedules
  dialtone schedules list --json | jq -r '.[] | select(.state != "open") | .why'`
}

// Run prints what the schedules say.
func (l schedulesList) Run() error { return printSchedules(l.Data, "", l.JSON) }

type schedulesAt struct {
	schedulesList
	Time string `arg:"" help:"By the clock of each schedule, as '2026-12-25 10:00', 2026-12-25, 10:00, 'tomorrow 10:00' or 'monday 10:00'; or with its offset, as 2026-12-25T10:00:00+01:00."`
}

func (schedulesAt) Help() string {
	return `Examples:
  dialtone schedules at '2026-12-25 10:00'
  dialtone schedules at 'tomorrow 8:00'`
}

// Run prints what the schedules say about a time.
func (a schedulesAt) Run() error { return printSchedules(a.Data, a.Time, a.JSON) }

func printSchedules(data, at string, asJSON bool) error {
	reports, err := answered(data, "GET", "/schedules?at="+url.QueryEscape(at), nil, func(s *store.Store) ([]scheduleReport, error) { return reportSchedules(s, at) })
	if err != nil {
		return err
	}
	if asJSON {
		return printJSON(reports)
	}
	several := slices.ContainsFunc(reports, func(r scheduleReport) bool { return r.Tenant != reports[0].Tenant })
	table := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprint(table, "ID\tNAME\t")
	if several {
		fmt.Fprint(table, "TENANT\t")
	}
	fmt.Fprintln(table, "STATE\tUNTIL\tWHY")
	for _, r := range reports {
		fmt.Fprintf(table, "%d\t%s\t", r.ID, cmp.Or(printable(r.Name), "-"))
		if several {
			fmt.Fprintf(table, "%s\t", printable(r.Tenant))
		}
		fmt.Fprintf(table, "%s\t%s\t%s\n", r.State, r.until(), r.why())
	}
	return table.Flush()
}

// until is when the state changes next, for people.
func (r scheduleReport) until() string {
	if r.Until == nil {
		return "-"
	}
	return r.Until.Format("2006-01-02 15:04")
}

// why says what decided, and what of the schedule makes no sense.
func (r scheduleReport) why() string {
	return printable(strings.Join(append([]string{r.Why}, r.Faults...), "; "))
}

type schedulesSwitch struct {
	dataFlag
	Schedule string `arg:"" help:"Its name or number."`
	State    string `arg:"" enum:"open,closed,auto,toggle" help:"open, closed, auto (by the clock again), or toggle: what it is not now, then back to the clock."`
	Until    string `placeholder:"TIME" help:"When the clock takes over again, as 18:30, 'monday 08:00', '2026-12-01 08:00', or next: when the schedule changes by itself (default: when somebody says so)."`
}

func (schedulesSwitch) Help() string {
	return `Examples:
  dialtone schedules switch office closed
  dialtone schedules switch office open --until 18:30
  dialtone schedules switch office closed --until 'monday 08:00'
  dialtone schedules switch office closed --until next
  dialtone schedules switch office auto`
}

// Run switches the schedule.
func (s schedulesSwitch) Run() error {
	wanted := wantedTurn{s.Schedule, s.State, s.Until}
	report, err := answered(s.Data, "PUT", "/schedules/switch", wanted, func(s *store.Store) (scheduleReport, error) { return turnSchedule(s, wanted) })
	if err != nil {
		return err
	}
	fmt.Printf("schedule %d %s is %s: %s\n", report.ID, printable(report.Name), report.State, report.why())
	return nil
}
