package call

import (
	"fmt"
	"log/slog"
	"runtime/debug"
	"sync"
	"time"

	"dialtone/dtmf"
	"dialtone/ivr"
	"dialtone/ivr/dialplan"
	"dialtone/media"
	"dialtone/sip"
)

// State is where a call is in its life:
//
//	new ──► ringing ──► up ──► ended
//	  └────────┴─────────────────▲
type State string

// The states of a call.
const (
	StateNew     State = "new"
	StateRinging State = "ringing" // 180 or early media
	StateUp      State = "up"
	StateEnded   State = "ended"
)

// Q.850 causes that the call itself gives.
const (
	causeNormal    = 16 // normal call clearing
	causeTemporary = 41 // temporary failure
)

// byDialplan is who ended a call that the dialplan hung up, or that came to its end.
const byDialplan = "dialplan"

// Call is one live call. Its goroutine is the caller of run, which owns the dialplan's run; another one reads
// what the leg tells.
type Call struct {
	id      string
	door    Door
	place   dialplan.Place
	leg     *sip.Leg
	stream  *media.Stream
	media   *Media
	channel *channel
	sw      *Switch
	log     *slog.Logger
	history *history
	kept    kept // what the run says of its record; written at its end

	over chan struct{} // closed when the leg has ended

	mu       sync.Mutex
	snapshot Snapshot
}

// newCall opens a stream and agrees on the media, so that an offer that cannot be met and a lack of ports are
// answered before the dialplan runs.
func newCall(s *Switch, leg *sip.Leg, door Door, place dialplan.Place, log *slog.Logger) (*Call, *sip.Refusal) {
	stream, err := s.config.Streams.New(leg.LocalAddr())
	if err != nil {
		return nil, sip.Unavailable(retryAfter, err.Error())
	}
	id, number := s.ids.next()
	c := &Call{
		id: id, door: door, place: place, leg: leg, stream: stream,
		media: newMedia(stream, leg.LocalAddr(), leg.Remote().Addr(), s.config),
		sw:    s, log: log, over: make(chan struct{}), history: newHistory(),
	}
	if offer := leg.Offer(); offer != nil {
		if _, err := c.media.Offered(offer); err != nil {
			stream.Close()
			return nil, sip.AsRefusal(err)
		}
	}
	leg.SetNegotiator(c.media)
	from := leg.From()
	c.channel = newChannel(c, fmt.Sprintf("SIP/%s-%08x", name(door), number))
	c.snapshot = Snapshot{
		ID: id, CallID: leg.CallID(), State: StateNew, From: from.User, Name: from.Name, To: leg.Called(),
		Phone: door.Phone, Trunk: door.Trunk, Context: place.Context, Exten: place.Exten, Priority: place.Priority,
		Remote: leg.Remote().String(), Started: time.Now(),
	}
	return c, nil
}

// name is the part of a channel's name that tells whose it is.
func name(d Door) string {
	if d.Trunk != "" {
		return d.Trunk
	}
	return d.Phone
}

// run is the life of the call: the dialplan until its end, then everything is given back, also after a panic.
func (c *Call) run() {
	defer func() {
		if p := recover(); p != nil {
			c.log.Error("panic in a call", "panic", p, "stack", string(debug.Stack()))
			c.hangup(causeTemporary, string(ivr.ByError))
		}
		<-c.over
		c.finish()
	}()
	c.leg.Heed(c.heed)
	c.dialplan(c.newRun())
}

// newRun makes the run of the dialplan.
func (c *Call) newRun() *ivr.Run {
	c.log.Info("call", "from", c.snapshot.From, "to", c.snapshot.To, "via", c.door.String(), "remote", c.snapshot.Remote,
		"place", place(c.place))
	config := &c.sw.config
	return ivr.New(c.channel, c.place, ivr.Options{
		Plan: config.Plan, Apps: config.Apps, Functions: config.Functions,
		Globals: config.Globals, Groups: config.Groups, Devices: c.sw.hints, Database: config.Database, Allow: config.Allow, Calls: c.sw.limits.Live,
		Journal: c.journalRun, Trace: c.step, Log: c.runLog(),
	})
}

// dialplan executes the run, and keeps what it says of the call.
func (c *Call) dialplan(run *ivr.Run) {
	outcome := run.Execute()
	c.keep(run)
	c.concluded(outcome)
}

// keep takes what the call's record has of its run.
func (c *Call) keep(run *ivr.Run) {
	c.kept = kept{run.Record(), run.Disposition(), run.Item("accountcode")}
}

// heed takes an event of the leg, while the leg works. A panic in it ends the call.
func (c *Call) heed(event sip.Event) {
	if _, last := event.(sip.EndedEvent); last {
		defer close(c.over)
	}
	defer func() {
		if p := recover(); p != nil {
			c.log.Error("panic in a call", "panic", p, "stack", string(debug.Stack()))
			c.hangup(causeTemporary, string(ivr.ByError))
		}
	}()
	switch e := event.(type) {
	case sip.InfoEvent:
		c.info(e)
	case sip.MediaEvent:
		c.journalMedia()
	case sip.EndedEvent:
		c.ended(e)
	}
}

// info takes a digit that came by SIP INFO.
func (c *Call) info(e sip.InfoEvent) {
	key, _, err := dtmf.ParseInfo(e.ContentType, e.Body)
	if err != nil {
		c.log.Debug("info without a digit", "why", err)
		return
	}
	c.stream.Info(key)
}

// hangup ends the call, whatever its state; the first who does it is the one who ended it.
func (c *Call) hangup(cause int, by string) {
	c.mu.Lock()
	if c.snapshot.EndedBy == "" {
		c.snapshot.EndedBy, c.snapshot.Cause = by, cause
	}
	c.mu.Unlock()
	c.leg.Hangup(cause)
}

// concluded notes what the run says of its end, unless the leg was over before.
func (c *Call) concluded(outcome ivr.Outcome) {
	if outcome.By == ivr.ByTimeout || outcome.By == ivr.ByError {
		c.mu.Lock()
		defer c.mu.Unlock()
		if c.snapshot.EndedBy == byDialplan {
			c.snapshot.EndedBy = string(outcome.By)
		}
	}
}

// ended notes how the leg ended.
func (c *Call) ended(e sip.EndedEvent) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.snapshot.EndedBy == "" {
		c.snapshot.EndedBy, c.snapshot.Cause = e.By, e.Cause
	}
}

// finish gives back what the call held, and keeps its record.
func (c *Call) finish() {
	stats := c.stream.Stats()
	c.channel.endTakes()
	c.stream.Close()
	c.mu.Lock()
	c.snapshot.State, c.snapshot.Ended = StateEnded, time.Now()
	s := c.snapshot
	c.mu.Unlock()
	record := c.record(s, stats)
	if c.kept.record.Disabled {
		c.sw.config.Journal.JournalDrop(c.id)
	} else {
		c.sw.config.Journal.JournalEnd(c.id, record)
	}
	if c.sw.config.Ended != nil {
		c.sw.config.Ended(record)
	}
	c.sw.feed.publish(s)
	c.traceEnd(s)
	c.log.Info("call ended", "by", s.EndedBy, "cause", s.Cause, "duration", s.Ended.Sub(s.Started).Round(time.Millisecond),
		soundOf(record.Media))
}

// Snapshot is what the call is doing now.
func (c *Call) Snapshot() Snapshot {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.snapshot
}

// update changes the snapshot and tells those who follow the calls.
func (c *Call) update(change func(*Snapshot)) {
	c.mu.Lock()
	change(&c.snapshot)
	s := c.snapshot
	c.mu.Unlock()
	c.sw.feed.publish(s)
}

func (c *Call) publish() { c.update(func(*Snapshot) {}) }

// setState moves the call on in its life.
func (c *Call) setState(state State) {
	c.update(func(s *Snapshot) {
		s.State = state
		if state == StateUp {
			s.Answered = time.Now()
		}
	})
	c.traceState(state)
}

// place writes a place as people do: context,extension,priority.
func place(p dialplan.Place) string { return fmt.Sprintf("%s,%s,%d", p.Context, p.Exten, p.Priority) }
