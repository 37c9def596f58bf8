package hours

import (
	"log/slog"
	"time"

	"dialtone/ivr/schedule"
	"dialtone/store"
)

// Kept answers a dialplan's questions about the schedules of a store (ivr.Schedules).
type Kept struct {
	Store *store.Store
	Now   func() time.Time // nil: time.Now
	Log   *slog.Logger     // is told what of a schedule makes no sense; nil: nobody is
}

// Schedule finds one by its number or its name.
func (k Kept) Schedule(tenant, name string) (s schedule.Schedule, err error) {
	err = k.Store.View(func(tx *store.Tx) error {
		kept, err := Find(tx, tenant, name)
		if err != nil {
			return err
		}
		var faults error
		if s, faults = Of(tx, kept); faults != nil && k.Log != nil {
			k.Log.Warn("a part of a schedule makes no sense: it is left out", "schedule", kept.ID, "name", kept.Name, "why", faults)
		}
		return nil
	})
	return s, err
}

// Switch switches one by hand, which is on disk when it returns.
func (k Kept) Switch(tenant, name string, turn schedule.Turn) (hand schedule.Hand, err error) {
	now := time.Now
	if k.Now != nil {
		now = k.Now
	}
	err = k.Store.Update(func(tx *store.Tx) error {
		kept, err := Find(tx, tenant, name)
		if err != nil {
			return err
		}
		hand, err = Turn(tx, kept, turn, now())
		return err
	})
	return hand, err
}
