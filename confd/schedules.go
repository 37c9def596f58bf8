package confd

import (
	"fmt"
	"regexp"
	"time"

	"dialtone/store"
)

// schedules are opening hours, and where calls go outside of them.
func schedules() resource[store.Schedule] {
	return resource[store.Schedule]{
		path: "/schedules", name: "Schedule",
		kind:   (*store.Tx).Schedules,
		id:     func(s *store.Schedule) int { return s.ID },
		tenant: func(s *store.Schedule) string { return s.Tenant },
		columns: func(*request) []column[store.Schedule] {
			return []column[store.Schedule]{
				everything("id", func(s *store.Schedule) any { return s.ID }),
				everything("name", func(s *store.Schedule) any { return s.Blanks.Text("name", s.Name) }),
				everything("timezone", func(s *store.Schedule) any { return s.Blanks.Text("timezone", s.Timezone) }),
			}
		},
		order:  "name",
		fresh:  func(r *request) store.Schedule { return store.Schedule{Tenant: r.tenant, Enabled: true} },
		fields: readSchedule,
		show:   func(r *request, s *store.Schedule) any { return showSchedule(r, s) },
	}
}

// shownSchedule is a schedule as GET shows it.
type shownSchedule struct {
	ID                 int              `json:"id"`
	TenantUUID         string           `json:"tenant_uuid"`
	Name               any              `json:"name"`     // a string, or nil
	Timezone           any              `json:"timezone"` // the same
	Enabled            bool             `json:"enabled"`
	ClosedDestination  map[string]any   `json:"closed_destination"`
	OpenPeriods        []store.Period   `json:"open_periods"`
	ExceptionalPeriods []shownException `json:"exceptional_periods"`
	Incalls            []related        `json:"incalls"`
	Users              []person         `json:"users"`
	Groups             []named          `json:"groups"`
	Queues             []named          `json:"queues"` // always empty: dialtone has none
	Outcalls           []named          `json:"outcalls"`
	Links              []link           `json:"links"`
}

// shownException is an exceptional period as GET shows it.
type shownException struct {
	store.Period
	Destination map[string]any `json:"destination"`
}

func schedulePath(id int) string { return fmt.Sprintf("/schedules/%d", id) }

func showSchedule(r *request, s *store.Schedule) shownSchedule {
	shown := shownSchedule{
		ID: s.ID, TenantUUID: s.Tenant, Name: s.Blanks.Text("name", s.Name), Timezone: s.Blanks.Text("timezone", s.Timezone), Enabled: s.Enabled,
		ClosedDestination:  showDestination(r.tx, s.ClosedDestination),
		OpenPeriods:        []store.Period{},
		ExceptionalPeriods: []shownException{},
		Incalls:            []related{}, Users: []person{}, Groups: []named{}, Queues: []named{}, Outcalls: []named{},
		Links: r.links("schedules", schedulePath(s.ID)),
	}
	for _, p := range s.OpenPeriods {
		shown.OpenPeriods = append(shown.OpenPeriods, p.Whole())
	}
	for _, p := range s.ExceptionalPeriods {
		shown.ExceptionalPeriods = append(shown.ExceptionalPeriods, shownException{p.Whole(), showDestination(r.tx, p.Destination)})
	}
	for i := range r.tx.IncallsOf(s.ID) {
		shown.Incalls = append(shown.Incalls, related{i.ID, r.links("incalls", incallPath(i.ID))})
	}
	for u := range r.tx.UsersOf(s.ID) {
		shown.Users = append(shown.Users, showPerson(r, u))
	}
	for g := range r.tx.GroupsOf(s.ID) {
		shown.Groups = append(shown.Groups, named{g.ID, g.Name, r.links("groups", fmt.Sprintf("/groups/%d", g.ID))})
	}
	for o := range r.tx.OutcallsOf(s.ID) {
		shown.Outcalls = append(shown.Outcalls, named{o.ID, o.Name, r.links("outcalls", fmt.Sprintf("/outcalls/%d", o.ID))})
	}
	return shown
}

// schedulesOf is the schedule of an object, as a list of one or, where id is 0, none.
func schedulesOf(r *request, id int) []named {
	s, _, ok := r.tx.Schedules().Get(id)
	if !ok {
		return []named{}
	}
	return []named{{s.ID, s.Blanks.Text("name", s.Name), r.links("schedules", schedulePath(s.ID))}}
}

// checkScheduled refuses a schedule of another tenant for an object, and a second one: what is the object, "incall", and has the number
// of its present schedule, 0 for none.
func checkScheduled(what string, id int, tenant string, has int, s *store.Schedule) error {
	if err := sameTenant(what, tenant, "schedule", s.Tenant); err != nil {
		return err
	}
	if has != 0 {
		return resourceError(capital(what)+" is associated with a Schedule", what+"_id", id, "schedule_id", has)
	}
	return nil
}

// readSchedule reads a schedule's fields.
func readSchedule(r *request, o *object, s *store.Schedule) {
	o.textOrNull("name", &s.Name, &s.Blanks, length(0, 128))
	o.textOrNull("timezone", &s.Timezone, &s.Blanks, length(0, 128), isTimezone)
	r.destination(o, "closed_destination", "closed_destination", &s.ClosedDestination, required)
	o.list("open_periods", func(n int) { s.OpenPeriods = make([]store.Period, n) }, func(n int, o *object) { readPeriod(o, &s.OpenPeriods[n]) })
	o.list("exceptional_periods", func(n int) { s.ExceptionalPeriods = make([]store.ExceptionalPeriod, n) }, func(n int, o *object) {
		p := &s.ExceptionalPeriods[n]
		r.destination(o, "destination", fmt.Sprintf("exceptional_periods[%d].destination", n), &p.Destination, required)
		readPeriod(o, &p.Period)
	})
	o.truth("enabled", &s.Enabled)
}

var hourText = regexp.MustCompile(`^([01][0-9]|2[0-3]):[0-5][0-9]$`)

// readPeriod reads the fields of a period. Of days and months that are left out it has all.
func readPeriod(o *object, p *store.Period) {
	*p = store.Period{}.Whole()
	o.text("hours_start", &p.HoursStart, required, matches(hourText))
	o.text("hours_end", &p.HoursEnd, required, matches(hourText))
	for _, field := range []struct {
		name string
		to   *[]int
		last int
	}{{"week_days", &p.WeekDays, 7}, {"month_days", &p.MonthDays, 31}, {"months", &p.Months, 12}} {
		o.numbers(field.name, field.to, between(1, field.last))
		if len(*field.to) == 0 {
			o.fault(field.name, field.name+" cannot be empty")
		}
	}
	if o.sound() && p.HoursEnd < p.HoursStart {
		o.wrong("hours_end is before hours_start")
	}
}

// isTimezone asks a text to name a zone of the tz database, as Europe/Paris; the empty one is the machine's.
var isTimezone = rule{check: func(v any) string {
	name, _ := v.(string)
	if _, err := time.LoadLocation(name); err != nil || machineZone.MatchString(name) {
		return "Not a valid timezone: Europe/Paris would be one."
	}
	return ""
}}

// machineZone is names that mean something else on each machine, or nothing, and none in the tz database.
var machineZone = regexp.MustCompile(`^(Local|localtime|posixrules|Factory|posix/.*|right/.*)$`)
