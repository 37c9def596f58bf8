package store

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// day is one of December 2026.
func day(n int) time.Time { return time.Date(2026, 12, n, 0, 0, 0, 0, time.UTC) }

func TestWhatBelongsToAScheduleGoesWithIt(t *testing.T) {
	s := open(t, t.TempDir(), Options{})
	var gone, stays Schedule
	update(t, s, func(tx *Tx) (err error) {
		tenant := tx.MasterTenant().UUID
		if gone, err = tx.Schedules().Put(Schedule{Tenant: tenant, Name: "office", Enabled: true, ClosedDestination: Nowhere}); err != nil {
			return err
		}
		if stays, err = tx.Schedules().Put(Schedule{Tenant: tenant, Name: "office", Enabled: true, ClosedDestination: Nowhere}); err != nil {
			return err
		}
		for _, id := range []int{gone.ID, stays.ID} {
			if _, err := tx.Exceptions().Put(Exception{Schedule: id, From: day(24), Until: day(26)}); err != nil {
				return err
			}
			if _, err := tx.Calendars().Put(Calendar{Schedule: id, URL: "https://example.org/a.ics"}); err != nil {
				return err
			}
			if _, err := tx.Switches().Put(Switch{ID: id, State: "closed", Since: day(1)}); err != nil {
				return err
			}
		}
		return nil
	})
	update(t, s, func(tx *Tx) error { return tx.Schedules().Delete(gone.ID) })
	s = reopen(t, s, Options{})
	view(t, s, func(tx *Tx) {
		if count(tx.ExceptionsOf(gone.ID)) != 0 || count(tx.CalendarsOf(gone.ID)) != 0 || tx.Switches().Len() != 1 {
			t.Error("something of the schedule is left")
		}
		if count(tx.ExceptionsOf(stays.ID)) != 1 || count(tx.CalendarsOf(stays.ID)) != 1 || count(tx.SchedulesNamed("office")) != 1 {
			t.Error("something of the other schedule is gone")
		}
	})
}

func TestDestinationsOfExceptionsAndCalendarsAreDropped(t *testing.T) {
	s := open(t, t.TempDir(), Options{})
	var menu IVR
	update(t, s, func(tx *Tx) (err error) {
		tenant := tx.MasterTenant().UUID
		schedule, err := tx.Schedules().Put(Schedule{Tenant: tenant, ClosedDestination: Nowhere})
		if err != nil {
			return err
		}
		if menu, err = tx.IVRs().Put(IVR{Tenant: tenant, Name: "holidays"}); err != nil {
			return err
		}
		to := &Destination{Type: DestinationIVR, IVRID: menu.ID}
		if _, err := tx.Exceptions().Put(Exception{Schedule: schedule.ID, From: day(24), Until: day(26), Destination: to}); err != nil {
			return err
		}
		_, err = tx.Calendars().Put(Calendar{Schedule: schedule.ID, Destination: to})
		return err
	})
	update(t, s, func(tx *Tx) error { return tx.IVRs().Delete(menu.ID) })
	view(t, s, func(tx *Tx) {
		for e := range tx.Exceptions().All() {
			if e.Destination != nil {
				t.Errorf("the exception leads to %+v", *e.Destination)
			}
		}
		for c := range tx.Calendars().All() {
			if c.Destination != nil {
				t.Errorf("the calendar leads to %+v", *c.Destination)
			}
		}
	})
}

func TestExceptionsAndCalendarsThatAreRefused(t *testing.T) {
	s := open(t, t.TempDir(), Options{})
	var schedule Schedule
	update(t, s, func(tx *Tx) (err error) {
		schedule, err = tx.Schedules().Put(Schedule{Tenant: tx.MasterTenant().UUID, ClosedDestination: Nowhere})
		for i := range MaxCalendars {
			if err == nil {
				_, err = tx.Calendars().Put(Calendar{Schedule: schedule.ID, Name: fmt.Sprint(i)})
			}
		}
		return err
	})
	for want, f := range map[string]func(*Tx) error{
		"over before it begins": func(tx *Tx) error {
			_, err := tx.Exceptions().Put(Exception{Schedule: schedule.ID, From: day(2), Until: day(2)})
			return err
		},
		"there is no schedule 99": func(tx *Tx) error {
			_, err := tx.Exceptions().Put(Exception{Schedule: 99, From: day(2), Until: day(3)})
			return err
		},
		"switch: there is no schedule 99": func(tx *Tx) error {
			_, err := tx.Switches().Put(Switch{ID: 99, State: "open"})
			return err
		},
		"leads to ivr 7": func(tx *Tx) error {
			_, err := tx.Exceptions().Put(Exception{Schedule: schedule.ID, From: day(2), Until: day(3), Destination: &Destination{Type: DestinationIVR, IVRID: 7}})
			return err
		},
		"the schedule has 20 already": func(tx *Tx) error {
			_, err := tx.Calendars().Put(Calendar{Schedule: schedule.ID})
			return err
		},
	} {
		if err := s.Update(f); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
}
