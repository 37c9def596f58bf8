package main

import (
	"context"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"dialtone/hours"
	"dialtone/ivr"
	"dialtone/ivr/schedule"
	"dialtone/store"
)

// A schedule that is switched until a time goes back to the clock then: its lamp goes out, and whoever follows is told.
func TestSwitchesGoBackToTheClock(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		kept, err := store.Open(dir, store.Options{})
		if err != nil {
			t.Fatal(err)
		}
		err = kept.Update(func(tx *store.Tx) error {
			_, err := tx.Schedules().Put(store.Schedule{Tenant: tx.MasterTenant().UUID, Name: "office", Enabled: true, ClosedDestination: store.Nowhere})
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		turn := func(to schedule.Turn) {
			t.Helper()
			if _, err := (hours.Kept{Store: kept}).Switch("", "office", to); err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
		}
		lamp := func(why, want string) {
			t.Helper()
			if got, _ := kept.Database().Get(ivr.CustomDevices, "schedule-1"); got != want {
				t.Errorf("%s: the lamp is %s, want %s", why, got, want)
			}
		}
		turn(schedule.Turn{To: "open", Until: time.Now().Add(30 * time.Minute), By: "1000"})
		s := &switches{store: kept, log: slog.New(slog.DiscardHandler)}
		ctx, cancel := context.WithCancel(t.Context())
		told := s.feed.Follow(ctx)
		done := make(chan struct{})
		go func() {
			s.run(ctx)
			close(done)
		}()
		hears := func(why, state, by string) {
			t.Helper()
			select {
			case e := <-told:
				if e.ID != 1 || e.Name != "office" || e.State != state || e.By != by {
					t.Errorf("%s: told %+v, want %s by %s", why, e, state, by)
				}
			default:
				t.Errorf("%s: nobody is told", why)
			}
		}
		synctest.Wait()
		lamp("switched before the start", "INUSE")
		time.Sleep(31 * time.Minute)
		synctest.Wait()
		hears("its time is over", "auto", byTheClock)
		lamp("its time is over", "NOT_INUSE")

		turn(schedule.Turn{To: "closed", Until: time.Now().Add(48 * time.Hour), By: "1001"})
		hears("closed for two days", "closed", "1001")
		time.Sleep(47 * time.Hour)
		synctest.Wait()
		lamp("an hour before", "INUSE")
		if n := s.byHand(); n != 1 {
			t.Errorf("%d schedules are switched by hand", n)
		}
		turn(schedule.Turn{To: "auto", By: "1002"})
		hears("given back", "auto", "1002")
		lamp("given back", "NOT_INUSE")
		time.Sleep(2 * time.Hour)
		synctest.Wait()
		if len(told) > 0 || s.byHand() != 0 {
			t.Errorf("told %+v when the time came that does not count any more", <-told)
		}
		turn(schedule.Turn{To: "closed", By: "1001"})
		hears("closed", "closed", "1001")
		if err := kept.Update(func(tx *store.Tx) error { return tx.Schedules().Delete(1) }); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		lamp("deleted", "NOT_INUSE")
		cancel()
		<-done
		if err := kept.Close(); err != nil {
			t.Error(err)
		}
	})
}
