package hours_test

import (
	"errors"
	"testing"
	"time"

	"dialtone/hours"
	"dialtone/ivr/schedule"
	"dialtone/store"
)

// keep opens a store with a schedule that is open on workdays from 9 to 18 in Paris, changed by f.
func keep(t *testing.T, f func(tx *store.Tx, s *store.Schedule) error) (*store.Store, int) {
	t.Helper()
	kept, err := store.Open(t.TempDir(), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { kept.Close() })
	s := store.Schedule{
		Name: "office", Timezone: "Europe/Paris", Enabled: true, ClosedDestination: store.Nowhere,
		OpenPeriods: []store.Period{{HoursStart: "09:00", HoursEnd: "17:59", WeekDays: []int{1, 2, 3, 4, 5}}},
	}
	err = kept.Update(func(tx *store.Tx) (err error) {
		s.Tenant = tx.MasterTenant().UUID
		if s, err = tx.Schedules().Put(s); err != nil || f == nil {
			return err
		}
		return f(tx, &s)
	})
	if err != nil {
		t.Fatal(err)
	}
	return kept, s.ID
}

// ask gives what a schedule says at a moment.
func ask(t *testing.T, kept *store.Store, id int, at time.Time) (answer schedule.Answer, err error) {
	t.Helper()
	kept.View(func(tx *store.Tx) error {
		record, _, ok := tx.Schedules().Get(id)
		if !ok {
			t.Fatalf("there is no schedule %d", id)
		}
		var s schedule.Schedule
		s, err = hours.Of(tx, record)
		answer = s.At(at)
		return nil
	})
	return answer, err
}

// paris is a moment of December 2026 by the clock of Paris, which is an hour ahead of UTC.
func paris(day, hour int) time.Time { return time.Date(2026, 12, day, hour-1, 0, 0, 0, time.UTC) }

func TestExceptionsGoBeforeCalendarsAndShortOnesBeforeLong(t *testing.T) {
	day := func(n int) time.Time { return time.Date(2026, 12, n, 0, 0, 0, 0, time.UTC) }
	sound := &store.Destination{Type: store.DestinationSound, Filename: "away"}
	kept, id := keep(t, func(tx *store.Tx, s *store.Schedule) error {
		for _, e := range []store.Exception{
			{Name: "weeks", From: day(14), Until: day(26), Destination: sound},
			{Name: "one day", From: day(16), Until: day(17), Open: true},
			{Name: "two days", From: day(16), Until: day(18)},
		} {
			e.Schedule = s.ID
			if _, err := tx.Exceptions().Put(e); err != nil {
				return err
			}
		}
		for _, c := range []store.Calendar{
			{Events: []store.CalendarEvent{{Name: "feast", From: day(15), Until: day(16), Floating: true}, {Name: "eve", From: day(28), Until: day(29), Floating: true}}, Destination: sound},
			{Events: []store.CalendarEvent{{Name: "on call", From: day(28), Until: day(30)}}, Open: true},
		} {
			c.Schedule = s.ID
			if _, err := tx.Calendars().Put(c); err != nil {
				return err
			}
		}
		return nil
	})
	for _, c := range []struct {
		at          time.Time
		state, exit string
		why         string
	}{
		{paris(11, 10), "open", "open", "Friday, no exception"},
		{paris(14, 10), "exceptional", "exception-1", "within the weeks"},
		{paris(15, 10), "exceptional", "exception-1", "a feast of a calendar within an exception"},
		{paris(16, 22), "open", "open", "the day within the two, and within the weeks"},
		{paris(17, 10), "exceptional", "closed", "the second of the two, which lead where closed ones do"},
		{paris(25, 24), "closed", "closed", "the weeks are over"},
		{paris(28, 10), "exceptional", "calendar-1", "the first calendar before the second"},
		{paris(30, 1).Add(-time.Second), "open", "open", "the second, to its last second in UTC"},
		{paris(30, 1), "closed", "closed", "over, by UTC"},
	} {
		got, err := ask(t, kept, id, c.at)
		if err != nil || string(got.State) != c.state || got.Exit != c.exit {
			t.Errorf("%s: %s to %s because %s (%v), want %s to %s", c.why, got.State, got.Exit, got.Why, err, c.state, c.exit)
		}
	}
}

func TestTheNextEventOfACalendar(t *testing.T) {
	kept, id := keep(t, nil)
	day := func(n int) time.Time { return time.Date(2026, 12, n, 0, 0, 0, 0, time.UTC) }
	c := store.Calendar{Events: []store.CalendarEvent{
		{Name: "floating", From: day(11), Until: day(12), Floating: true}, {Name: "in UTC", From: day(11), Until: day(12)}, {Name: "last", From: day(20), Until: day(21)},
	}}
	kept.View(func(tx *store.Tx) error {
		s, _, _ := tx.Schedules().Get(id)
		for _, want := range []struct {
			at   time.Time
			name string // empty: none
		}{
			{paris(10, 12), "floating"},
			{paris(12, 0).Add(-time.Second), "floating"}, // it ends at midnight in Paris
			{paris(12, 0), "in UTC"},
			{paris(12, 1), "last"}, // which is midnight in UTC
			{paris(21, 1), ""},
		} {
			got, found := hours.NextEvent(tx, s, &c, want.at)
			if got.Name != want.name || found != (want.name != "") {
				t.Errorf("at %s: %q (%v), want %q", want.at, got.Name, found, want.name)
			}
		}
		return nil
	})
}

func TestWhatMakesNoSenseIsLeftOut(t *testing.T) {
	kept, id := keep(t, func(tx *store.Tx, s *store.Schedule) error {
		s.Timezone = "Mars/Olympus"
		s.OpenPeriods = append([]store.Period{{HoursStart: "18:00", HoursEnd: "9:00"}}, s.OpenPeriods...)
		_, err := tx.Schedules().Put(*s)
		return err
	})
	got, err := ask(t, kept, id, time.Date(2026, 12, 11, 10, 0, 0, 0, time.UTC))
	if got.State != schedule.Open || got.Index != 1 {
		t.Errorf("%+v, want open by the period that makes sense", got)
	}
	want := "the time zone \"Mars/Olympus\" is not known\nopen period 1: time \"9:00\" is not HH:MM between 00:00 and 23:59"
	if err == nil || err.Error() != want {
		t.Errorf("error %v, want %s", err, want)
	}
}

func TestSchedulesAreFoundByNumberAndName(t *testing.T) {
	var other store.Tenant
	kept, id := keep(t, func(tx *store.Tx, s *store.Schedule) (err error) {
		if other, err = tx.Tenants().Put(store.Tenant{Name: "other", Parent: s.Tenant}); err != nil {
			return err
		}
		for _, more := range []store.Schedule{{Tenant: s.Tenant, Name: "office"}, {Tenant: other.UUID, Name: "office"}, {Tenant: s.Tenant, Name: "1"}} {
			more.ClosedDestination = store.Nowhere
			if _, err := tx.Schedules().Put(more); err != nil {
				return err
			}
		}
		return nil
	})
	kept.View(func(tx *store.Tx) error {
		master := tx.MasterTenant().UUID
		for _, c := range []struct {
			tenant, name string
			want         int // 0: none
		}{
			{master, "office", id}, {other.UUID, "office", 3}, {"", "office", id}, {"", "3", 3}, {master, "3", 0}, {master, "1", id}, {master, "4", 4}, {other.UUID, "1", 0}, {"", "shop", 0}, {"", "", 0},
		} {
			s, err := hours.Find(tx, c.tenant, c.name)
			if (err == nil) != (c.want != 0) || err == nil && s.ID != c.want || err != nil && !errors.Is(err, store.ErrNotFound) {
				t.Errorf("%q of %.8s: %+v, %v, want %d", c.name, c.tenant, s, err, c.want)
			}
		}
		return nil
	})
}

func TestATurnIsKept(t *testing.T) {
	kept, id := keep(t, nil)
	turn := func(to schedule.Turn, want error) {
		t.Helper()
		err := kept.Update(func(tx *store.Tx) error {
			s, _, _ := tx.Schedules().Get(id)
			_, err := hours.Turn(tx, s, to, paris(11, 10))
			return err
		})
		if !errors.Is(err, want) {
			t.Errorf("%+v: %v, want %v", to, err, want)
		}
	}
	turn(schedule.Turn{To: "closed", Next: true, By: "1001"}, nil)
	got, _ := ask(t, kept, id, paris(11, 12))
	if want := "switched to closed by 1001 until 2026-12-11 18:00"; got.State != schedule.Closed || got.Why != want {
		t.Errorf("%s because %s, want closed because %s", got.State, got.Why, want)
	}
	turn(schedule.Turn{To: "ajar"}, schedule.ErrTurn)
	turn(schedule.Turn{To: "toggle", By: "1002"}, nil)
	if got, _ := ask(t, kept, id, paris(11, 12)); got.Rule != schedule.OpenPeriod {
		t.Errorf("toggled back: %+v", got)
	}
	err := kept.Update(func(tx *store.Tx) error {
		s, _, _ := tx.Schedules().Get(id)
		off := *s
		off.Enabled = false
		_, err := tx.Schedules().Put(off)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	turn(schedule.Turn{To: "closed"}, schedule.ErrTurn)
}

// BenchmarkAsk asks a schedule with a year of exceptions and holidays, as a call does.
func BenchmarkAsk(b *testing.B) {
	kept, err := store.Open(b.TempDir(), store.Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer kept.Close()
	err = kept.Update(func(tx *store.Tx) error {
		s, err := tx.Schedules().Put(store.Schedule{
			Tenant: tx.MasterTenant().UUID, Name: "office", Timezone: "Europe/Paris", Enabled: true, ClosedDestination: store.Nowhere,
			OpenPeriods: []store.Period{{HoursStart: "09:00", HoursEnd: "17:59", WeekDays: []int{1, 2, 3, 4, 5}}},
		})
		if err != nil {
			return err
		}
		holidays := store.Calendar{Schedule: s.ID}
		for i := range 60 {
			from := time.Date(2026, 1, 1+30*i, 0, 0, 0, 0, time.UTC)
			holidays.Events = append(holidays.Events, store.CalendarEvent{Name: "holiday", From: from, Until: from.AddDate(0, 0, 1), Floating: true})
		}
		_, err = tx.Calendars().Put(holidays)
		return err
	})
	if err != nil {
		b.Fatal(err)
	}
	all := hours.Kept{Store: kept}
	for b.Loop() {
		s, err := all.Schedule("", "office")
		if err != nil || s.At(paris(11, 10)).State != schedule.Open {
			b.Fatal(err)
		}
	}
}
