package call

import (
	"fmt"
	"log/slog"
	"maps"
	"runtime/debug"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"dialtone/dtmf"
	"dialtone/ivr"
	"dialtone/ivr/dialplan"
	"dialtone/media"
	"dialtone/sip"
	"dialtone/store"
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
	causeNormal     = 16  // normal call clearing
	causeNoAnswer   = 19  // user alerting, no answer
	causeElsewhere  = 26  // answered elsewhere
	causeOutOfOrder = 27  // destination out of order
	causeTemporary  = 41  // temporary failure
	causeTimer      = 102 // recovery on timer expiry
)

// byDialplan is who ended a call that the dialplan hung up, or that came to its end.
const byDialplan = "dialplan"

// byOther is who ended a call that ended with the one that it was joined to.
const byOther = "other"

// Call is one live call: a leg, its stream, and a run of the dialplan or somebody who has made it. The run belongs to the
// goroutine of run or live; the leg tells of itself while it works.
type Call struct {
	id       string
	door     Door // where it came in, or what it calls
	identity Identity
	rules    store.LegRules
	forwards int // how often it may still be passed on (Max-Forwards)
	place    dialplan.Place
	side     atomic.Pointer[sip.Leg] // nil until an outgoing call is on its way
	stream   *media.Stream
	media    *Media
	channel  *channel
	sw       *Switch
	log      *slog.Logger
	history  *history
	kept     kept      // what the run says of its record; written at its end
	out      *outgoing // nil: the call came in

	referrer atomic.Pointer[sip.Progress] // tells who sent the call where its run is now; nil: nobody has

	over chan struct{} // closed when the leg has ended

	mu       sync.Mutex
	snapshot Snapshot
	keys     *overheard // nil: its keys are for its own run

	// The switch's joins guard what follows.
	account   Door          // whose call it is: who answers for what it costs
	knows     *Call         // with whom the far side was told last that it is joined
	presented *ivr.CallerID // as whom the far side was named to who was called last on its behalf; nil: nobody was
	owned     bool          // a run of the dialplan executes for it, and ends it
	ending    bool          // it is over, or about to be: nothing begins any more
	hand      *called       // in which another run holds it; nil: none does
	bridge    *bridge       // nil: it is joined to nobody
	held      bool          // the far side holds
	music     bool          // it is on hold
}

// leg is the call's signalling; nil while an outgoing call is not on its way.
func (c *Call) leg() *sip.Leg { return c.side.Load() }

// newCall opens a stream and agrees on the media, so that an offer that cannot be met and a lack of ports are
// answered before the dialplan runs.
func newCall(s *Switch, leg *sip.Leg, door Door, place dialplan.Place) (*Call, *sip.Refusal) {
	stream, err := s.config.Streams.New(leg.LocalAddr())
	if err != nil {
		return nil, sip.Unavailable(retryAfter, err.Error())
	}
	c := s.makeCall(door, stream)
	c.log = s.config.Log.With("call", leg.CallID())
	c.account, c.forwards = door, leg.MaxForwards()
	c.place, c.owned = place, true
	c.side.Store(leg)
	c.media = newMedia(stream, s.config, c.rules)
	c.media.Placed(leg.LocalAddr(), leg.Remote().Addr(), leg.Secure())
	if offer := leg.Offer(); offer != nil {
		if _, err := c.media.Offered(offer); err != nil {
			stream.Close()
			return nil, sip.AsRefusal(err)
		}
	}
	leg.SetNegotiator(c.media)
	from, snapshot := c.identity.caller(leg), &c.snapshot
	snapshot.CallID, snapshot.From, snapshot.Name, snapshot.To = leg.CallID(), from.User, from.Name, leg.Called()
	snapshot.Context, snapshot.Exten, snapshot.Priority = place.Context, place.Exten, place.Priority
	snapshot.Remote = leg.Remote().String()
	s.config.Devices.Up(c.device(), c.id)
	return c, nil
}

// makeCall makes a call without a leg.
func (s *Switch) makeCall(door Door, stream *media.Stream) *Call {
	id, number := s.ids.next()
	c := &Call{id: id, door: door, identity: s.identity(door), rules: s.rules(door), stream: stream, sw: s, log: s.config.Log.With("call", id), over: make(chan struct{}), history: newHistory()}
	c.channel = &channel{call: c, name: fmt.Sprintf("%s-%08x", c.device(), number), away: make(chan dialplan.Place, 1), seized: seizure{began: make(chan struct{}, 1)}}
	c.snapshot = Snapshot{ID: id, State: StateNew, Channel: c.channel.name, Phone: door.Phone, Trunk: door.Trunk, Started: time.Now()}
	return c
}

// device is the phone or trunk that the call belongs to, as dialplans write it.
func (c *Call) device() string { return phoneDevice + name(c.door) }

// name is the part of a channel's name that tells whose it is.
func name(d Door) string {
	if d.Trunk != "" {
		return d.Trunk
	}
	return d.Phone
}

// run is the life of a call that came in: the dialplan until its end, then everything is given back.
func (c *Call) run() {
	c.leg().Heed(c.heed)
	c.log.Info("call", "from", c.snapshot.From, "to", c.snapshot.To, "via", c.door.String(), "remote", c.snapshot.Remote,
		"place", place(c.place))
	run := c.newRun(c.place)
	c.execute(run, run.Execute)
}

// live executes the dialplan for a call that we made, until its end: from a place on, with what another run leaves to it; nil:
// nothing. Keys that were pressed before are not for it.
func (c *Call) live(place dialplan.Place, from *ivr.Run) {
	c.mind()
	for len(c.stream.Digits()) > 0 {
		<-c.stream.Digits()
	}
	run := c.newRun(place)
	if from != nil {
		run.Inherit(from)
	}
	go c.execute(run, run.Execute)
}

// execute executes a run of the call, and then gives everything back, also after a panic.
func (c *Call) execute(run *ivr.Run, how func() ivr.Outcome) {
	defer func() {
		if p := recover(); p != nil {
			c.log.Error("panic in a call", "panic", p, "stack", string(debug.Stack()))
			c.hangup(causeTemporary, string(ivr.ByError))
		}
		<-c.over
		c.finish()
	}()
	outcome := how()
	c.keep(run)
	c.concluded(outcome)
}

// newRun makes a run of the dialplan.
func (c *Call) newRun(from dialplan.Place) *ivr.Run {
	config := &c.sw.config
	run := ivr.New(c.channel, from, ivr.Options{
		Language: c.rules.Language,
		Plan:     config.Plan, Apps: config.Apps, Functions: config.Functions,
		Globals: config.Globals, Groups: config.Groups, Devices: c.sw.hints, Database: config.Database, Schedules: config.Schedules, Allow: config.Allow, Calls: c.sw.limits.Live,
		Journal: c.journalRun, Trace: c.step, Log: c.runLog(),
	})
	for _, name := range slices.Sorted(maps.Keys(c.identity.Variables)) {
		run.Set(name, c.identity.Variables[name])
	}
	return run
}

// keep takes what the call's record has of its run.
func (c *Call) keep(run *ivr.Run) {
	c.kept = kept{run.Record(), run.Disposition(), run.Item("accountcode"), run.Value("DIALEDPEERNAME")}
}

// heed takes an event of the leg, while the leg works. A panic in it ends the call.
func (c *Call) heed(event sip.Event) {
	defer func() {
		if p := recover(); p != nil {
			c.log.Error("panic in a call", "panic", p, "stack", string(debug.Stack()))
			c.hangup(causeTemporary, string(ivr.ByError))
		}
	}()
	switch e := event.(type) {
	case sip.RingingEvent, sip.ProgressEvent, sip.AnsweredEvent:
		c.alerting(e)
	case sip.InfoEvent:
		c.info(e)
	case sip.MediaEvent:
		c.journalMedia()
		c.remade()
	case sip.TransferEvent:
		go c.transfer(e)
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
	never, cancel := c.out.give(cause)
	leg := c.leg()
	c.mu.Unlock()
	switch {
	case never:
		c.ended(sip.EndedEvent{By: sip.ByServer, Cause: cause})
	case leg != nil:
		leg.Hangup(cause)
	case cancel != nil:
		cancel()
	}
}

// stop ends the call because the server stops. One that came and is not answered is refused with 503, so that its caller tries
// elsewhere.
func (c *Call) stop() {
	cause := causeNormal
	if c.out == nil && !c.leg().Dialog().Confirmed {
		cause = causeTemporary
	}
	c.hangup(cause, "server")
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

// ended notes how the leg ended. A call without a run is given back.
func (c *Call) ended(e sip.EndedEvent) {
	c.mu.Lock()
	if c.snapshot.EndedBy == "" {
		c.snapshot.EndedBy, c.snapshot.Cause = e.By, e.Cause
	}
	cause := c.snapshot.Cause
	if c.out != nil {
		c.out.moved = e.Contacts
	}
	c.mu.Unlock()
	close(c.over)
	if c.out != nil && c.out.changed != nil {
		c.out.changed()
	}
	if c.leave(cause) {
		go c.finish()
	}
}

// isOver tells whether the leg has ended.
func (c *Call) isOver() bool {
	select {
	case <-c.over:
		return true
	default:
		return false
	}
}

// finish gives back what the call held, and keeps its record, if it has one of its own: one that a run has made is part of
// that run's.
func (c *Call) finish() {
	stats := c.stream.Stats()
	c.channel.endTakes()
	c.stream.Close()
	c.sw.config.Devices.Idle(c.device(), c.id)
	if c.out != nil {
		c.out.finish()
		defer c.sw.wg.Done()
		defer c.sw.remove(c)
	}
	c.mu.Lock()
	c.snapshot.State, c.snapshot.Ended = StateEnded, time.Now()
	s := c.snapshot
	c.mu.Unlock()
	record := c.record(s, stats)
	if c.kept.record.Disabled || !c.owned {
		c.sw.config.Journal.JournalDrop(c.id)
	} else {
		c.sw.config.Journal.JournalEnd(c.id, record)
	}
	if c.sw.config.Ended != nil && c.owned {
		c.sw.config.Ended(record)
	}
	c.sw.feed.Publish(s)
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
	c.sw.feed.Publish(s)
}

func (c *Call) publish() { c.update(func(*Snapshot) {}) }

// setState moves the call on in its life: it rings, or is up.
func (c *Call) setState(state State) {
	c.update(func(s *Snapshot) {
		s.State = state
		now := time.Now()
		if s.Rung.IsZero() {
			s.Rung = now
		}
		if state == StateUp {
			s.Answered = now
		}
	})
	c.traceState(state)
}

// place writes a place as people do: context,extension,priority.
func place(p dialplan.Place) string { return fmt.Sprintf("%s,%s,%d", p.Context, p.Exten, p.Priority) }
