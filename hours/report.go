package hours

import (
	"strings"
	"time"

	"dialtone/ivr/schedule"
	"dialtone/store"
)

// Report is what a schedule says about a moment, for people and programs.
type Report struct {
	At     time.Time      `json:"at"` // by the schedule's clock
	State  schedule.State `json:"state"`
	Rule   schedule.Rule  `json:"rule"`
	Index  int            `json:"index"` // which of the periods; see schedule.Answer
	Why    string         `json:"why"`
	Until  *time.Time     `json:"until"`  // when the state, or where calls go, changes next; nil: as far as one can see, never
	Faults []string       `json:"faults"` // what of the schedule makes no sense, and is left out
}

// Ask asks a schedule about a moment, as schedule.ParseTime reads it; an empty text is now.
func Ask(tx *store.Tx, kept *store.Schedule, text string, now time.Time) (Report, error) {
	s, faults := Of(tx, kept)
	at := now
	if text != "" {
		var err error
		if at, err = s.ParseTime(text, now); err != nil {
			return Report{}, err
		}
	}
	says := s.At(at)
	r := Report{At: s.Local(at), State: says.State, Rule: says.Rule, Index: says.Index, Why: says.Why, Faults: []string{}}
	if next, found := s.Next(at); found {
		r.Until = &next
	}
	if faults != nil {
		r.Faults = strings.Split(faults.Error(), "\n")
	}
	return r, nil
}
