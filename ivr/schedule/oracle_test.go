package schedule_test

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"dialtone/ivr/schedule"

	"pgregory.net/rapid"
)

// oracle says what a schedule does from the words of its contract alone, and when that changes by looking at one moment after the other:
// slow, and of nothing that the package has.
type oracle struct {
	zone              *time.Location
	disabled          bool
	hand              schedule.Hand
	dated             []schedule.Dated
	exceptional, open []period
}

// says is a state and where callers go.
type says struct {
	state schedule.State
	exit  string
}

func (o *oracle) at(at time.Time) says {
	if o.disabled {
		return says{schedule.Open, "open"}
	}
	if o.hand.State != "" && (o.hand.Until.IsZero() || at.Before(o.hand.Until)) {
		return says{o.hand.State, string(o.hand.State)}
	}
	local := at.In(o.zone)
	shows := time.Date(local.Year(), local.Month(), local.Day(), local.Hour(), local.Minute(), local.Second(), 0, time.UTC)
	for _, d := range o.dated {
		clock := at
		if d.Floating {
			clock = shows
		}
		if clock.Before(d.From) || !clock.Before(d.Until) {
			continue
		}
		switch {
		case d.Open:
			return says{schedule.Open, "open"}
		case d.Exit != "":
			return says{schedule.Exceptional, d.Exit}
		}
		return says{schedule.Exceptional, "closed"}
	}
	for i, p := range o.exceptional {
		if p.holds(local) {
			return says{schedule.Exceptional, fmt.Sprintf("exceptional-%d", i+1)}
		}
	}
	for _, p := range o.open {
		if p.holds(local) {
			return says{schedule.Open, "open"}
		}
	}
	return says{schedule.Closed, "closed"}
}

// holds reads the hours as texts, which compare as the hours do.
func (p period) holds(local time.Time) bool {
	now := local.Format("15:04")
	weekday := int(local.Weekday())
	if weekday == 0 {
		weekday = 7
	}
	among := func(list []int, n int) bool { return len(list) == 0 || slices.Contains(list, n) }
	return p.HoursStart <= now && now <= p.HoursEnd && among(p.WeekDays, weekday) && among(p.MonthDays, local.Day()) && among(p.Months, int(local.Month()))
}

// change is the first moment after another at which o says something else, in steps, until an end; zero: there is none.
func (o *oracle) change(after, end time.Time, step time.Duration) time.Time {
	was := o.at(after)
	for at := after.Truncate(step).Add(step); at.Before(end); at = at.Add(step) {
		if o.at(at) != was {
			return at
		}
	}
	return time.Time{}
}

// schedule makes of o what the package has.
func (o *oracle) schedule(t *rapid.T) schedule.Schedule {
	s := schedule.Schedule{Zone: o.zone, Disabled: o.disabled, Hand: o.hand, Dated: o.dated}
	for _, list := range []struct {
		of []period
		to *[]schedule.TimeSpec
	}{{o.exceptional, &s.Exceptional}, {o.open, &s.Open}} {
		for _, p := range list.of {
			spec, err := schedule.NewPeriod(p.HoursStart, p.HoursEnd, p.WeekDays, p.MonthDays, p.Months)
			if err != nil {
				t.Fatal(err)
			}
			*list.to = append(*list.to, spec)
		}
	}
	return s
}

// agree fails where the package says something else about a moment than o, or finds another change before an end.
func (o *oracle) agree(t *rapid.T, at, end time.Time, step time.Duration) {
	s := o.schedule(t)
	if got, want := s.At(at), o.at(at); got.State != want.state || got.Exit != want.exit {
		t.Fatalf("at %s: %s to %s because %s, the oracle: %v", at.In(o.zone), got.State, got.Exit, got.Why, want)
	}
	want := o.change(at, end, step)
	next, found := s.Next(at)
	if want.IsZero() && found && next.Before(end) || !want.IsZero() && (!found || !next.Equal(want)) {
		t.Fatalf("after %s: changes at %s (%v), the oracle: %s", at.In(o.zone), next.In(o.zone), found, want.In(o.zone))
	}
	if !found && next.Before(end) {
		t.Fatalf("after %s: Next looked only until %s", at.In(o.zone), next.In(o.zone))
	}
}

// zones are all time zones, those whose clocks do odd things more often than others: half hours and quarters, jumps of half an hour, of
// two hours and at midnight, days that never were.
func zones(t *testing.T) *rapid.Generator[*time.Location] {
	t.Helper()
	list, err := os.ReadFile("../../confd/timezones.txt")
	if err != nil {
		t.Fatal(err)
	}
	var all, odd []*time.Location
	for _, name := range strings.Fields(string(list)) {
		zone, err := time.LoadLocation(name)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, zone)
	}
	if len(all) < 400 {
		t.Fatalf("there are only %d time zones", len(all))
	}
	for _, name := range []string{
		"Europe/Paris", "Europe/Dublin", "America/New_York", "Australia/Lord_Howe", "Antarctica/Troll", "Asia/Kathmandu", "Asia/Kolkata", "Pacific/Chatham", "America/St_Johns",
		"America/Sao_Paulo", "Asia/Beirut", "Asia/Gaza", "Africa/Casablanca", "Pacific/Apia", "Pacific/Kwajalein", "Pacific/Kiritimati", "Asia/Manila", "Africa/Cairo", "America/Havana",
	} {
		zone, err := time.LoadLocation(name)
		if err != nil {
			t.Fatal(err)
		}
		odd = append(odd, zone)
	}
	return rapid.OneOf(rapid.SampledFrom(odd), rapid.SampledFrom(all))
}

// skipped is the day that the clocks of a zone leave out, where there is one.
var skipped = map[string]time.Time{
	"Pacific/Apia":       time.Date(2011, 12, 30, 0, 0, 0, 0, time.UTC),
	"Pacific/Kwajalein":  time.Date(1993, 8, 21, 0, 0, 0, 0, time.UTC),
	"Pacific/Kiritimati": time.Date(1994, 12, 31, 0, 0, 0, 0, time.UTC),
}

// interesting draws a moment after a year: often just before the clock jumps, else near a day that its clocks leave out, the end of a year
// or of a leap month, or anywhere.
func interesting(t *rapid.T, zone *time.Location, after int) time.Time {
	const grain = 30 * time.Second
	start := time.Date(after, 1, 1, 0, 0, 0, 0, time.UTC).Unix()
	at := time.Unix(rapid.Int64Range(start, 2_840_140_800).Draw(t, "at"), 0).UTC().Truncate(grain) // until 2059
	switch rapid.IntRange(0, 4).Draw(t, "when") {
	case 0, 1:
		if _, jump := at.In(zone).ZoneBounds(); !jump.IsZero() {
			return jump.Truncate(grain).Add(-time.Duration(rapid.IntRange(1, 3000).Draw(t, "before the jump")) * grain)
		}
	case 2:
		month := rapid.SampledFrom([]time.Month{time.January, time.March}).Draw(t, "month")
		return time.Date(at.Year(), month, 1, 0, 0, 0, 0, zone).Add(-time.Duration(rapid.IntRange(1, 5000).Draw(t, "before")) * grain)
	case 3:
		if day, ok := skipped[zone.String()]; ok && day.Year() >= after {
			return day.Add(time.Duration(rapid.IntRange(-72, 24).Draw(t, "hours")) * time.Hour)
		}
	}
	return at
}

// drawPeriod draws a period of hours that begin and end at multiples of some minutes, or just before.
func drawPeriod(t *rapid.T, near time.Time, minutes int) period {
	clock := rapid.Custom(func(t *rapid.T) int {
		minute := minutes * rapid.IntRange(0, 24*60/minutes).Draw(t, "minutes")
		return min(max(minute-rapid.IntRange(0, 1).Draw(t, "just before"), 0), 24*60-1)
	})
	from, to := clock.Draw(t, "from"), clock.Draw(t, "to")
	p := period{HoursStart: clockText(min(from, to)), HoursEnd: clockText(max(from, to))}
	list := func(what string, last, near int) []int {
		return rapid.SliceOfN(rapid.OneOf(rapid.IntRange(1, last), rapid.Just(near), rapid.Just(near%last+1)), 0, 3).Draw(t, what)
	}
	p.WeekDays = list("week days", 7, int(near.Weekday()+6)%7+1)
	if rapid.Bool().Draw(t, "of some days") {
		p.MonthDays = list("month days", 31, near.Day())
	}
	if rapid.Bool().Draw(t, "of some months") {
		p.Months = list("months", 12, int(near.Month()))
	}
	return p
}

func TestSchedulesSayWhatTheContractSays(t *testing.T) {
	zones := zones(t)
	rapid.Check(t, func(t *rapid.T) {
		o := &oracle{zone: zones.Draw(t, "zone")}
		at := interesting(t, o.zone, 1973) // since when all clocks are whole minutes from UTC
		periods := func(what string) []period {
			return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) period {
				return drawPeriod(t, at.In(o.zone), rapid.SampledFrom([]int{1, 30, 60}).Draw(t, "step"))
			}), 0, 4).Draw(t, what)
		}
		o.open, o.exceptional = periods("open"), periods("exceptional")
		o.dated = rapid.SliceOfN(rapid.Custom(func(t *rapid.T) schedule.Dated {
			from := at.Add(time.Duration(rapid.IntRange(-3000, 5000).Draw(t, "from")) * 30 * time.Second)
			return schedule.Dated{
				From: from, Until: from.Add(time.Duration(rapid.IntRange(1, 4000).Draw(t, "length")) * 30 * time.Second),
				Floating: rapid.Bool().Draw(t, "floating"), Open: rapid.Bool().Draw(t, "opens"), Exit: rapid.SampledFrom([]string{"", "exception-1", "calendar-2"}).Draw(t, "exit"),
			}
		}), 0, 3).Draw(t, "dated")
		if rapid.IntRange(0, 3).Draw(t, "by hand") == 0 {
			o.hand.State = rapid.SampledFrom([]schedule.State{schedule.Open, schedule.Closed}).Draw(t, "switched to")
			o.hand.Until = at.Add(time.Duration(rapid.IntRange(-60, 5000).Draw(t, "until")) * 30 * time.Second)
		}
		o.disabled = rapid.IntRange(0, 19).Draw(t, "disabled") == 0
		o.agree(t, at, at.Add(72*time.Hour), 30*time.Second)
	})
}

// TestChangesThatAreFarAhead looks as far as two years, by the quarter of an hour.
func TestChangesThatAreFarAhead(t *testing.T) {
	zones := zones(t)
	rapid.Check(t, func(t *rapid.T) {
		o := &oracle{zone: zones.Draw(t, "zone")}
		at := interesting(t, o.zone, 2012).Truncate(15 * time.Minute) // since when none jumps in between
		for range rapid.IntRange(1, 3).Draw(t, "periods") {
			p := drawPeriod(t, at.In(o.zone), 15)
			p.HoursEnd = clockText((minuteOf(p.HoursEnd)/15)*15 + 14)
			p.HoursStart = clockText(minuteOf(p.HoursStart) / 15 * 15)
			if len(p.MonthDays) == 0 {
				p.MonthDays = []int{29, 31}
			}
			if rapid.Bool().Draw(t, "exceptional") {
				o.exceptional = append(o.exceptional, p)
			} else {
				o.open = append(o.open, p)
			}
		}
		o.agree(t, at, at.AddDate(2, 0, 0), 15*time.Minute)
	})
}

func minuteOf(clock string) int {
	at, err := time.Parse("15:04", clock)
	if err != nil {
		panic(err)
	}
	return at.Hour()*60 + at.Minute()
}

// The clocks of Samoa went from Thursday 29 December 2011 to Saturday the 31st.
func TestADayThatNeverWas(t *testing.T) {
	zone, err := time.LoadLocation("Pacific/Apia")
	if err != nil {
		t.Fatal(err)
	}
	fridays := schedule.Schedule{Zone: zone, Open: []schedule.TimeSpec{period{HoursStart: "09:00", HoursEnd: "17:00", WeekDays: []int{5}}.spec(t)}}
	thursday := time.Date(2011, 12, 29, 12, 0, 0, 0, zone)
	if next, found := fridays.Next(thursday); !found || !next.Equal(time.Date(2012, 1, 6, 9, 0, 0, 0, zone)) {
		t.Errorf("on the Thursday, the next Friday is on %s (%v)", next, found)
	}
	day := schedule.Schedule{Zone: zone, Dated: []schedule.Dated{{
		From: time.Date(2011, 12, 30, 0, 0, 0, 0, time.UTC), Until: time.Date(2011, 12, 31, 0, 0, 0, 0, time.UTC), Floating: true, Open: true,
	}}}
	if next, found := day.Next(thursday); found {
		t.Errorf("what is open on the Friday opens on %s", next)
	}
}
