package call

import (
	"sync"

	"dialtone/ivr"
	"dialtone/media"
	"dialtone/store"
)

// maxSteps bounds the steps that a call record keeps: the first ones and, past the bound, only their number.
const maxSteps = 500

// history gathers the steps of a call, and of the calls that it makes, for its record.
type history struct {
	mu    sync.Mutex
	steps []store.StepRecord
	more  int // steps that found no room
}

func newHistory() *history { return &history{} }

func (h *history) add(step ivr.Step) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.steps) == maxSteps {
		h.more++
		return
	}
	h.steps = append(h.steps, store.StepRecord{
		At: step.At, Context: step.Place.Context, Exten: step.Place.Exten, Priority: step.Place.Priority,
		App: step.App, Args: step.Args,
	})
}

// kept is what the dialplan says of the call's record.
type kept struct {
	record      ivr.Record
	disposition string
	account     string
}

// record is what remains of the call.
func (c *Call) record(s Snapshot, stats media.StreamStats) store.CallRecord {
	return store.CallRecord{
		ID: c.id, CallID: s.CallID, From: s.From, Name: s.Name, To: s.To, Phone: s.Phone, Trunk: s.Trunk,
		Context: c.door.Context, Remote: s.Remote, Start: s.Started, Answer: s.Answered, End: s.Ended,
		Cause: s.Cause, EndedBy: s.EndedBy, Steps: c.history.steps, MoreSteps: c.history.more,
		Account: c.kept.account, UserField: c.kept.record.User, Result: c.kept.disposition, Fields: c.kept.record.Fields,
		Media: stats,
	}
}
