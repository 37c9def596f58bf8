package conversation

import (
	"fmt"
	"sync"
	"time"

	"dialtone/ivr"
	"dialtone/ivr/schedule"
)

// callSchedules are the schedules of one call: those of the stage, of which it switches copies, and those that it names itself by
// setting SCHEDULE(name) to open or closed.
type callSchedules struct {
	stage ivr.Schedules // nil: there are none
	now   func() time.Time

	mu  sync.Mutex
	own map[any]schedule.Schedule // by what the call called them, and by their numbers
}

// Schedule finds one.
func (c *callSchedules) Schedule(tenant, name string) (schedule.Schedule, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if s, ok := c.own[name]; ok {
		return s, nil
	}
	if c.stage != nil {
		s, err := c.stage.Schedule(tenant, name)
		if own, ok := c.own[s.ID]; ok && s.ID != 0 {
			return own, nil
		}
		return s, err
	}
	return schedule.Schedule{}, fmt.Errorf("there is no schedule %q here: set SCHEDULE(%[1]s) to open or closed before the call begins", name)
}

// Switch switches one for this call. One that there is not is made, and would be open always.
func (c *callSchedules) Switch(tenant, name string, t schedule.Turn) (schedule.Hand, error) {
	s, err := c.Schedule(tenant, name)
	if err != nil {
		always, _ := schedule.ParseTimeSpec("") // any time
		s = schedule.Schedule{Open: []schedule.TimeSpec{always}}
	}
	if s.Hand, err = s.Turned(t, c.now()); err != nil {
		return schedule.Hand{}, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.own == nil {
		c.own = map[any]schedule.Schedule{}
	}
	c.own[name] = s
	if s.ID != 0 {
		c.own[s.ID] = s
	}
	return s.Hand, nil
}
