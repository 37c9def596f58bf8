package schedule_test

import (
	"encoding/json"
	"os"
	"strings"
	"testing"
	"time"

	"dialtone/ivr/schedule"
)

// period is one as the configuration API writes it.
type period struct {
	HoursStart  string `json:"hours_start"`
	HoursEnd    string `json:"hours_end"`
	WeekDays    []int  `json:"week_days"`
	MonthDays   []int  `json:"month_days"`
	Months      []int  `json:"months"`
	Destination struct {
		Filename string `json:"filename"`
	} `json:"destination"`
}

func (p period) spec(t *testing.T) schedule.TimeSpec {
	t.Helper()
	spec, err := schedule.NewPeriod(p.HoursStart, p.HoursEnd, p.WeekDays, p.MonthDays, p.Months)
	if err != nil {
		t.Fatal(err)
	}
	return spec
}

func TestVectors(t *testing.T) {
	data, err := os.ReadFile("../../testdata/confd/schedules.json")
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Schedules map[string]struct {
			Timezone           string
			OpenPeriods        []period `json:"open_periods"`
			ExceptionalPeriods []period `json:"exceptional_periods"`
			Enabled            *bool
		}
		Vectors []struct {
			Schedule, Local, Why string
			UTC                  time.Time
			State                schedule.State
			Destination          string
		}
	}
	if err := json.Unmarshal(data, &file); err != nil {
		t.Fatal(err)
	}
	if len(file.Vectors) != 63 || len(file.Schedules) != 19 {
		t.Errorf("there are %d vectors over %d schedules, not 63 over 19", len(file.Vectors), len(file.Schedules))
	}
	for i, v := range file.Vectors {
		from := file.Schedules[v.Schedule]
		zone, err := time.LoadLocation(from.Timezone)
		if err != nil {
			t.Fatal(err)
		}
		s := schedule.Schedule{Zone: zone, Disabled: from.Enabled != nil && !*from.Enabled}
		sounds := map[string]string{schedule.ClosedExit: "closed", schedule.OpenExit: ""}
		for _, p := range from.OpenPeriods {
			s.Open = append(s.Open, p.spec(t))
		}
		for i, p := range from.ExceptionalPeriods {
			s.Exceptional = append(s.Exceptional, p.spec(t))
			sounds[schedule.ExceptionalExit(i)] = p.Destination.Filename
		}
		got := s.At(v.UTC)
		if got.State != v.State || sounds[got.Exit] != v.Destination {
			t.Errorf("vector %d: %s at %s (%s): %s, exit %s, because %s; want %s, %q", i+1, v.Schedule, v.Local, v.Why, got.State, got.Exit, got.Why, v.State, v.Destination)
		}
	}
}

func paris(t *testing.T) *time.Location {
	t.Helper()
	zone, err := time.LoadLocation("Europe/Paris")
	if err != nil {
		t.Fatal(err)
	}
	return zone
}

// office is open from Monday to Friday but for Christmas, and closed for a week of August.
func office(t *testing.T) schedule.Schedule {
	t.Helper()
	workdays := []int{1, 2, 3, 4, 5}
	zone := paris(t)
	return schedule.Schedule{
		Zone: zone,
		Open: []schedule.TimeSpec{
			period{HoursStart: "08:00", HoursEnd: "12:00", WeekDays: workdays}.spec(t), period{HoursStart: "13:30", HoursEnd: "18:00", WeekDays: workdays}.spec(t),
		},
		Exceptional: []schedule.TimeSpec{period{HoursStart: "00:00", HoursEnd: "23:59", MonthDays: []int{25}, Months: []int{12}}.spec(t)},
		Dated: []schedule.Dated{
			{Name: "Sunday sale", From: time.Date(2026, 12, 13, 10, 0, 0, 0, time.UTC), Until: time.Date(2026, 12, 13, 16, 0, 0, 0, time.UTC), Floating: true, Open: true},
			{Name: "August", From: time.Date(2026, 8, 10, 0, 0, 0, 0, zone), Until: time.Date(2026, 8, 17, 0, 0, 0, 0, zone), Exit: "exception-2"},
		},
	}
}

func TestAnswersSayWhatDecided(t *testing.T) {
	for _, c := range []struct {
		at    string // in Paris
		hand  schedule.Hand
		state schedule.State
		rule  schedule.Rule
		exit  string
		why   string // part of it
		next  string // in Paris
	}{
		{at: "2026-11-23 09:00", state: schedule.Open, rule: schedule.OpenPeriod, exit: "open", why: "open period 1: 08:00-12:00 mon-fri", next: "2026-11-23 12:01"},
		{at: "2026-11-23 12:30", state: schedule.Closed, rule: schedule.NoPeriod, exit: "closed", why: "no open period holds", next: "2026-11-23 13:30"},
		{at: "2026-11-27 18:01", state: schedule.Closed, rule: schedule.NoPeriod, exit: "closed", why: "no open period", next: "2026-11-30 08:00"},
		{at: "2026-12-24 20:00", state: schedule.Closed, rule: schedule.NoPeriod, exit: "closed", why: "no open period", next: "2026-12-25 00:00"},
		{at: "2026-12-25 10:00", state: schedule.Exceptional, rule: schedule.ExceptionalPeriod, exit: "exceptional-1", why: "exceptional period 1: 00:00-23:59 25 dec", next: "2026-12-26 00:00"},
		{at: "2026-12-13 10:00", state: schedule.Open, rule: schedule.ByDate, exit: "open", why: `exception "Sunday sale", 2026-12-13 10:00 to 2026-12-13 16:00`, next: "2026-12-13 16:00"},
		{at: "2026-08-12 10:00", state: schedule.Exceptional, rule: schedule.ByDate, exit: "exception-2", why: `"August", 2026-08-10 00:00`, next: "2026-08-17 00:00"},
		{at: "2026-08-12 10:00", hand: schedule.Hand{State: schedule.Open, By: "1001"}, state: schedule.Open, rule: schedule.ByHand, exit: "open", why: "switched to open by 1001"},
		{at: "2026-11-23 09:00", hand: schedule.Hand{State: schedule.Closed, Until: time.Date(2026, 11, 23, 9, 45, 0, 0, time.UTC)},
			state: schedule.Closed, rule: schedule.ByHand, exit: "closed", why: "switched to closed by hand until 2026-11-23 10:45", next: "2026-11-23 10:45"},
		{at: "2026-11-23 10:45", hand: schedule.Hand{State: schedule.Closed, Until: time.Date(2026, 11, 23, 9, 45, 0, 0, time.UTC)},
			state: schedule.Open, rule: schedule.OpenPeriod, exit: "open", why: "open period 1", next: "2026-11-23 12:01"},
	} {
		s := office(t)
		s.Hand = c.hand
		at, err := time.ParseInLocation("2006-01-02 15:04", c.at, s.Zone)
		if err != nil {
			t.Fatal(err)
		}
		got := s.At(at.UTC())
		if got.State != c.state || got.Rule != c.rule || got.Exit != c.exit || !strings.Contains(got.Why, c.why) {
			t.Errorf("at %s: %+v, want %s by %s to %s because %q", c.at, got, c.state, c.rule, c.exit, c.why)
		}
		next, found := s.Next(at.UTC())
		if text := next.Format("2006-01-02 15:04"); found != (c.next != "") || found && text != c.next {
			t.Errorf("at %s: changes at %s (%v), want %q", c.at, text, found, c.next)
		}
	}
}

func TestNextLooksFarAndNotForEver(t *testing.T) {
	leap := schedule.Schedule{Zone: paris(t), Open: []schedule.TimeSpec{period{HoursStart: "09:00", HoursEnd: "17:00", MonthDays: []int{29}, Months: []int{2}}.spec(t)}}
	at := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	if next, found := leap.Next(at); !found || !next.Equal(time.Date(2028, 2, 29, 8, 0, 0, 0, time.UTC)) {
		t.Errorf("the leap day comes at %s (%v)", next, found)
	}
	empty := schedule.Schedule{}
	if next, found := empty.Next(at); found || next.Year() != 2036 {
		t.Errorf("what never opens changes at %s (%v)", next, found)
	}
	crowded := schedule.Schedule{}
	for range 20_000 {
		crowded.Open = append(crowded.Open, period{HoursStart: "00:00", HoursEnd: "23:59"}.spec(t))
	}
	if next, found := crowded.Next(at); found || !next.After(at.AddDate(0, 0, 20)) {
		t.Errorf("what is always open changes at %s (%v)", next, found)
	}
}

func clockText(minute int) string {
	return time.Time{}.Add(time.Duration(minute) * time.Minute).Format("15:04")
}

func TestPeriodsThatAreNone(t *testing.T) {
	for _, c := range []struct {
		period period
		faults []string
	}{
		{period{HoursStart: "9:00", HoursEnd: "12:00"}, []string{`time "9:00"`}},
		{period{HoursStart: "09:00", HoursEnd: "24:00"}, []string{`time "24:00"`}},
		{period{HoursStart: "09:00 ", HoursEnd: "09:5"}, []string{`time "09:00 "`, `time "09:5"`}},
		{period{HoursStart: "12:00", HoursEnd: "09:00"}, []string{"09:00 is before 12:00"}},
		{period{HoursStart: "09:00", HoursEnd: "09:00"}, nil},
		{period{HoursStart: "09:00", HoursEnd: "10:00", WeekDays: []int{0, 1}, MonthDays: []int{32}, Months: []int{13, -1}},
			[]string{"day of the week 0 is not between 1 and 7", "day of the month 32", "month 13", "month -1"}},
	} {
		_, err := schedule.NewPeriod(c.period.HoursStart, c.period.HoursEnd, c.period.WeekDays, c.period.MonthDays, c.period.Months)
		if (err != nil) != (c.faults != nil) {
			t.Errorf("%+v: %v", c.period, err)
		}
		for _, fault := range c.faults {
			if err == nil || !strings.Contains(err.Error(), fault) {
				t.Errorf("%+v: error %v, want %q", c.period, err, fault)
			}
		}
	}
}

func TestPeriodsInWords(t *testing.T) {
	for want, p := range map[string]period{
		"08:00-12:00 mon-wed&fri": {HoursStart: "08:00", HoursEnd: "12:00", WeekDays: []int{5, 3, 1, 2}},
		"00:00-23:59":             {HoursStart: "00:00", HoursEnd: "23:59"},
		"10:00-10:00 sun 1-7 dec": {HoursStart: "10:00", HoursEnd: "10:00", WeekDays: []int{7}, MonthDays: []int{1, 2, 3, 4, 5, 6, 7}, Months: []int{12}},
	} {
		if got := p.spec(t).String(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

func FuzzPeriod(f *testing.F) {
	f.Add("08:00", "12:00", 1, 31, 12)
	f.Add("1:234", "23:59", 0, 0, 0)
	f.Fuzz(func(t *testing.T, from, to string, day, monthDay, month int) {
		spec, err := schedule.NewPeriod(from, to, []int{day}, []int{monthDay}, []int{month})
		valid := day >= 1 && day <= 7 && monthDay >= 1 && monthDay <= 31 && month >= 1 && month <= 12
		if err == nil && (!valid || from > to || len(from) != 5 || len(to) != 5) {
			t.Errorf("%s-%s %d %d %d is taken as %s", from, to, day, monthDay, month, spec)
		}
	})
}
