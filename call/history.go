package call

import (
	"log/slog"
	"math"
	"sync"
	"time"

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
	called      string // the channel of the call that was answered last
}

// record is what remains of the call.
func (c *Call) record(s Snapshot, stats media.StreamStats) store.CallRecord {
	return store.CallRecord{
		ID: c.id, CallID: s.CallID, From: s.From, Name: s.Name, To: s.To, Phone: s.Phone, Trunk: s.Trunk,
		Channel: s.Channel, DstChannel: c.kept.called,
		Context: c.door.Context, Remote: s.Remote, Start: s.Started, Ring: s.Rung, Answer: s.Answered, End: s.Ended,
		Cause: s.Cause, EndedBy: s.EndedBy, Steps: c.history.steps, MoreSteps: c.history.more,
		Account: c.kept.account, UserField: c.kept.record.User, Result: c.kept.disposition, Fields: c.kept.record.Fields,
		Media: mediaRecord(stats),
	}
}

// mediaRecord is how the sound travelled, for the record and for who looks on.
func mediaRecord(s media.StreamStats) *store.MediaRecord {
	r := &store.MediaRecord{
		Received: s.Received, Lost: s.Lost, Late: s.Late, Loss: percent(s.ReceivedLoss()), Jitter: millis(s.Jitter), MOS: hundredths(s.ReceivedMOS()),
		Dropped: s.Dropped, Digits: s.Digits, DigitsLost: s.DigitsLost, Sent: s.Sent, Delay: millis(s.Delay),
	}
	if s.Told {
		r.Far = &store.FarRecord{
			Lost: s.RemoteLost, Loss: percent(s.SentLoss()), Jitter: millis(s.RemoteJitter), RoundTrip: millis(s.RoundTrip), MOS: hundredths(s.SentMOS()),
		}
	}
	return r
}

// soundOf is a record as the log has it.
func soundOf(m *store.MediaRecord) slog.Attr {
	attrs := []any{"received", m.Received, "lost", m.Lost, "late", m.Late, "jitter_ms", m.Jitter, "sent", m.Sent}
	if m.MOS > 0 {
		attrs = append(attrs, "mos", m.MOS)
	}
	if far := m.Far; far != nil {
		attrs = append(attrs, "far_lost", far.Lost, "far_jitter_ms", far.Jitter, "round_trip_ms", far.RoundTrip, "far_mos", far.MOS)
	}
	return slog.Group("", attrs...) // of the line itself
}

func percent(share float64) float64 { return hundredths(share * 100) }

func millis(d time.Duration) float64 { return hundredths(d.Seconds() * 1000) }

func hundredths(x float64) float64 { return math.Round(x*100) / 100 }
