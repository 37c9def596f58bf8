package main

import (
	"context"
	"log/slog"
	"strconv"
	"sync/atomic"
	"time"

	"dialtone/call"
	"dialtone/hours"
	"dialtone/ivr"
	"dialtone/ivr/schedule"
	"dialtone/store"
)

// switched tells that a schedule was switched by hand, or is back with the clock.
type switched struct {
	ID    int       `json:"id"`
	Name  string    `json:"name,omitempty"`
	State string    `json:"state"`          // open, closed or auto
	Until time.Time `json:"until,omitzero"` // when the clock takes over again; zero: when somebody says so
	By    string    `json:"by"`             // who switched, or the clock
}

// switches follow the switches of schedules: they tell the log, the events and the lamps (hours.Lamp), and count.
type switches struct {
	store *store.Store
	feed  call.Feed[switched]
	turns atomic.Uint64 // by hand
	log   *slog.Logger

	held map[int]time.Time // the schedules that are switched by hand, and when the clock takes over; written by run
}

// byTheClock is who gives back a schedule whose time is over.
const byTheClock = "the clock"

// run follows until ctx ends.
func (s *switches) run(ctx context.Context) {
	changes := s.store.WatchSwitches(ctx)
	s.held = map[int]time.Time{}
	for _, kept := range s.all() {
		s.light(kept, time.Now())
	}
	for {
		wait := time.NewTimer(s.next(time.Now()))
		select {
		case change, open := <-changes:
			wait.Stop()
			switch {
			case !open:
				return
			case change.Deleted: // with its schedule
				s.release(time.Now())
			default:
				s.turned(change.Value)
			}
		case <-wait.C:
			s.release(time.Now())
		}
	}
}

// all are the switches that are kept.
func (s *switches) all() (all []store.Switch) {
	s.store.View(func(tx *store.Tx) error {
		for kept := range tx.Switches().All() {
			all = append(all, *kept)
		}
		return nil
	})
	return all
}

// longest is how long a timer runs at most.
const longest = 24 * time.Hour

// next is how long it is until the clock takes over a schedule.
func (s *switches) next(now time.Time) time.Duration {
	wait := longest
	for _, until := range s.held {
		if !until.IsZero() {
			wait = min(wait, until.Sub(now))
		}
	}
	return wait
}

// turned tells of a switch that was turned.
func (s *switches) turned(kept store.Switch) {
	s.turns.Add(1)
	state := kept.State
	if state == "" {
		state = "auto"
	}
	s.tell(switched{ID: kept.ID, State: state, Until: kept.Until, By: kept.By})
	s.light(kept, time.Now())
}

// release gives back to the clock what is not switched by hand any more.
func (s *switches) release(now time.Time) {
	for id := range s.held {
		var kept store.Switch
		s.store.View(func(tx *store.Tx) error {
			if v, _, ok := tx.Switches().Get(id); ok {
				kept = *v
			}
			return nil
		})
		if holds(kept, now) {
			continue
		}
		if kept.ID != 0 {
			s.tell(switched{ID: id, State: "auto", By: byTheClock})
		}
		kept.ID = id
		s.light(kept, now)
	}
}

func holds(kept store.Switch, now time.Time) bool {
	return schedule.Hand{State: schedule.State(kept.State), Until: kept.Until}.Holds(now)
}

func (s *switches) tell(e switched) {
	s.store.View(func(tx *store.Tx) error {
		if kept, _, ok := tx.Schedules().Get(e.ID); ok {
			e.Name = kept.Name
		}
		return nil
	})
	s.log.Info("schedule switched", "schedule", e.ID, "name", e.Name, "state", e.State, "until", e.Until, "by", e.By)
	s.feed.Publish(e)
}

// light sets the device of a schedule's lamps.
func (s *switches) light(kept store.Switch, now time.Time) {
	state := "NOT_INUSE"
	if holds(kept, now) {
		s.held[kept.ID] = kept.Until
		state = "INUSE"
	} else {
		delete(s.held, kept.ID)
	}
	if err := s.store.Database().Put(ivr.CustomDevices, hours.Lamp+strconv.Itoa(kept.ID), state); err != nil {
		s.log.Warn("a lamp is not set", "schedule", kept.ID, "error", err)
	}
}

// byHand is how many schedules are switched by hand.
func (s *switches) byHand() (n int) {
	now := time.Now()
	for _, kept := range s.all() {
		if holds(kept, now) {
			n++
		}
	}
	return n
}
