package store

import (
	"context"
	"time"
)

// Switch says that a schedule is open or closed by hand, or that somebody gave it back to the clock. One that was never switched has
// none.
type Switch struct {
	ID    int       `json:"id"`             // the schedule's
	State string    `json:"state"`          // open or closed; empty: by the clock
	Until time.Time `json:"until,omitzero"` // when the clock takes over again; zero: when somebody says so
	By    string    `json:"by,omitempty"`   // who switched
	Since time.Time `json:"since"`
}

var switchKind = &kind[Switch]{
	table: switchTable,
	id:    func(s *Switch) *int { return &s.ID },
}

func (s *Switch) check(tx *Tx) error {
	if _, _, ok := tx.Schedules().Get(s.ID); !ok {
		return invalid("switch: there is no schedule %d", s.ID)
	}
	return nil
}

// Switches are the switches of schedules, by the schedules' numbers.
func (tx *Tx) Switches() Kind[Switch] { return Kind[Switch]{tx, switchKind} }

// WatchSwitches tells of every change of a switch after it was called, as Table's Watch does.
func (s *Store) WatchSwitches(ctx context.Context) <-chan Change[Switch] {
	return watch[Switch](ctx, s, switchTable)
}
