package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"dialtone/calendar"
	"dialtone/hours"
	"dialtone/ivr"
	"dialtone/outside"
	"dialtone/store"
)

type calendarCommand struct {
	Add     calendarAdd     `cmd:"" help:"Have a schedule follow the events of a calendar: a file, or a URL that is asked again and again."`
	List    calendarList    `cmd:"" help:"List the calendars of schedules, with what was understood of them."`
	Refresh calendarRefresh `cmd:"" help:"Ask the URL of a calendar now."`
	Remove  calendarRemove  `cmd:"" help:"Remove a calendar."`
}

// calendarWanted is a calendar that is to be made.
type calendarWanted struct {
	Schedule string         `json:"schedule"` // its number or name
	Calendar store.Calendar `json:"calendar"` // with its events, when it was a file
}

// listedCalendar is a calendar as commands show it.
type listedCalendar struct {
	store.Calendar
	ScheduleName string `json:"schedule_name"`
	Next         string `json:"next"` // the next event, for people; empty: there is none
}

// makeCalendar makes one; hosts are those whose URLs may be asked.
func makeCalendar(s *store.Store, hosts outside.Hosts, wanted calendarWanted) (made store.Calendar, err error) {
	if made = wanted.Calendar; made.URL != "" {
		if _, err := calendar.ParseURL(made.URL, hosts); err != nil {
			return made, err
		}
	}
	err = s.Update(func(tx *store.Tx) error {
		kept, err := hours.Find(tx, "", wanted.Schedule)
		if err != nil {
			return err
		}
		made.Schedule = kept.ID
		made, err = tx.Calendars().Put(made)
		return err
	})
	return made, err
}

// calendarsOf lists the calendars of a schedule, or of all.
func calendarsOf(s *store.Store, name string) ([]listedCalendar, error) {
	all, now := []listedCalendar{}, time.Now()
	err := eachSchedule(s, name, func(tx *store.Tx, kept *store.Schedule) {
		for c := range tx.CalendarsOf(kept.ID) {
			all = append(all, showCalendar(tx, kept, *c, now))
		}
	})
	return all, err
}

// calendarOf shows one calendar.
func calendarOf(s *store.Store, id int) (shown listedCalendar, err error) {
	err = s.View(func(tx *store.Tx) error {
		c, _, ok := tx.Calendars().Get(id)
		if !ok {
			return fmt.Errorf("there is no calendar %d: %w", id, store.ErrNotFound)
		}
		kept, _, _ := tx.Schedules().Get(c.Schedule) // a calendar is of one
		shown = showCalendar(tx, kept, *c, time.Now())
		return nil
	})
	return shown, err
}

func showCalendar(tx *store.Tx, kept *store.Schedule, c store.Calendar, now time.Time) listedCalendar {
	if u, err := url.Parse(c.URL); err == nil {
		c.URL = u.Redacted()
	}
	shown := listedCalendar{Calendar: c, ScheduleName: kept.Name}
	if next, ok := hours.NextEvent(tx, kept, &c, now); ok {
		shown.Next = fmt.Sprintf("%s %s", next.From.Format(time.DateOnly), next.Name)
	}
	return shown
}

func removeCalendar(s *store.Store, id int) error {
	return s.Update(func(tx *store.Tx) error { return tx.Calendars().Delete(id) })
}

// askCalendar has the URL of a calendar asked as soon as a server runs.
func askCalendar(s *store.Store, id int) error {
	return s.Update(func(tx *store.Tx) error { return calendar.AskNow(tx, id) })
}

// checkTime is how long a command waits for the URL of a calendar, which may have to wait for others.
const checkTime = time.Minute

// checkedCalendar shows a calendar when its URL has been asked, or when that takes too long.
func checkedCalendar(ctx context.Context, s *store.Store, id int) (listedCalendar, error) {
	ctx, cancel := context.WithTimeout(ctx, checkTime)
	defer cancel()
	changes := s.WatchCalendars(ctx)
	for {
		shown, err := calendarOf(s, id)
		if err != nil || shown.URL == "" || !shown.Checked.IsZero() {
			return shown, err
		}
		if _, open := <-changes; !open {
			return shown, nil
		}
	}
}

// serveCalendars lets commands make, list, refresh and remove calendars.
func serveCalendars(mux *http.ServeMux, s *store.Store, hosts outside.Hosts) {
	mux.HandleFunc("POST /calendars", func(w http.ResponseWriter, r *http.Request) {
		var wanted calendarWanted
		if err := decode(w, r, &wanted); err != nil {
			reply(w, nil, err)
			return
		}
		made, err := makeCalendar(s, hosts, wanted)
		if err != nil {
			reply(w, nil, err)
			return
		}
		shown, err := checkedCalendar(r.Context(), s, made.ID)
		reply(w, shown, err)
	})
	mux.HandleFunc("GET /calendars", func(w http.ResponseWriter, r *http.Request) {
		all, err := calendarsOf(s, r.URL.Query().Get("schedule"))
		reply(w, all, err)
	})
	mux.HandleFunc("POST /calendars/{id}/refresh", func(w http.ResponseWriter, r *http.Request) {
		id, err := strconv.Atoi(r.PathValue("id"))
		if err == nil {
			err = askCalendar(s, id)
		}
		if err != nil {
			reply(w, nil, err)
			return
		}
		shown, err := checkedCalendar(r.Context(), s, id)
		reply(w, shown, err)
	})
	mux.HandleFunc("DELETE /calendars/{id}", byNumber(func(id int) error { return removeCalendar(s, id) }))
}

type calendarAdd struct {
	dataFlag
	insteadFlags
	Schedule string `arg:"" help:"Its name or number."`
	Source   string `arg:"" help:"A file in iCalendar format (- reads standard input), or the URL of one."`
}

func (calendarAdd) Help() string {
	return `The events of the calendar close the schedule, or open it: public holidays are offered in this format. Only hosts that the server's
setting --allow-calendar-url names are asked, at once and then every six hours; while one cannot be had, its last events stay in force.

Examples:
  dialtone schedules calendar add office holidays.ics
  dialtone schedules calendar add office https://example.org/holidays.ics --name 'public holidays' --sound ivr-sounds/holiday`
}

// Run makes the calendar.
func (a calendarAdd) Run() error {
	made := store.Calendar{Name: a.Name, Open: a.Open, Destination: a.destination()}
	if strings.Contains(a.Source, "://") {
		made.URL = a.Source
	} else if err := readCalendar(a.Source, &made); err != nil {
		return err
	}
	wanted := calendarWanted{a.Schedule, made}
	shown, err := answered(a.Data, "POST", "/calendars", wanted, func(s *store.Store) (listedCalendar, error) {
		made, err := makeCalendar(s, ivr.Hosts{"*"}, wanted) // the server knows better which, when it asks
		if err != nil {
			return listedCalendar{}, err
		}
		return calendarOf(s, made.ID)
	})
	if err != nil {
		return err
	}
	shown.print()
	return nil
}

// readCalendar reads the events of a file into a calendar.
func readCalendar(name string, into *store.Calendar) error {
	file := io.NopCloser(os.Stdin)
	if name != "-" {
		opened, err := os.Open(name)
		if err != nil {
			return err
		}
		file = opened
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(file, calendar.MaxBytes+1)) // Read refuses what is longer
	if err != nil {
		return err
	}
	into.Read = time.Now()
	if into.Events, into.Notes, err = calendar.Read(text, into.Read); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

// print says what was understood of a calendar.
func (c listedCalendar) print() {
	fmt.Printf("calendar %d %s: %s\n", c.ID, printable(c.Name), c.status())
	for _, note := range c.Notes {
		fmt.Println("  " + printable(note))
	}
}

// status says in a few words what a calendar knows.
func (c listedCalendar) status() string {
	words := fmt.Sprintf("%d events", len(c.Events))
	if c.Next != "" {
		words += ", the next " + printable(c.Next)
	}
	switch {
	case c.Fault != "":
		words += "; its URL gave nothing: " + printable(c.Fault)
	case c.URL != "" && c.Checked.IsZero():
		words += "; its URL is not asked yet"
	}
	return words
}

type calendarList struct {
	dataFlag
	Schedule string `arg:"" optional:"" help:"The name or number of one (default: all)."`
	JSON     bool   `help:"Print JSON, with all events."`
}

func (calendarList) Help() string {
	return `Examples:
  dialtone schedules calendar list office
  dialtone schedules calendar list --json | jq -r '.[].events[] | .from + " " + .name'`
}

// Run lists the calendars.
func (l calendarList) Run() error {
	all, err := answered(l.Data, "GET", "/calendars?schedule="+url.QueryEscape(l.Schedule), nil, func(s *store.Store) ([]listedCalendar, error) { return calendarsOf(s, l.Schedule) })
	if err != nil {
		return err
	}
	if l.JSON {
		return printJSON(all)
	}
	table := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "ID\tSCHEDULE\tNAME\tSTATE\tCALLERS\tFROM\tEVENTS")
	for _, c := range all {
		fmt.Fprintf(table, "%d\t%s\t%s\t%s\t%s\t%s\t%s\n", c.ID, printable(labelOf(c.Schedule, c.ScheduleName)), printable(c.Name), stateText(c.Open), callersText(c.Destination),
			printable(cmp.Or(c.URL, "a file")), c.status())
	}
	return table.Flush()
}

type calendarRefresh struct {
	dataFlag
	ID int `arg:"" help:"Its number, as the list shows it."`
}

func (calendarRefresh) Help() string {
	return `Example:
  dialtone schedules calendar refresh 1`
}

// Run has the calendar asked, and fails when that gives nothing.
func (r calendarRefresh) Run() error {
	shown, err := answered(r.Data, "POST", fmt.Sprintf("/calendars/%d/refresh", r.ID), nil, func(s *store.Store) (listedCalendar, error) {
		if err := askCalendar(s, r.ID); err != nil {
			return listedCalendar{}, err
		}
		return calendarOf(s, r.ID)
	})
	if err != nil {
		return err
	}
	shown.print()
	if shown.Fault != "" {
		return errSaid
	}
	return nil
}

type calendarRemove struct {
	dataFlag
	ID int `arg:"" help:"Its number, as the list shows it."`
}

func (calendarRemove) Help() string {
	return `Example:
  dialtone schedules calendar remove 1`
}

// Run removes the calendar.
func (r calendarRemove) Run() error {
	id := strconv.Itoa(r.ID)
	return removed("calendar", id, carriedOut(r.Data, "DELETE", "/calendars/"+id, nil, func(s *store.Store) error { return removeCalendar(s, r.ID) }))
}
