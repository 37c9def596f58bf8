// Package call is a live call: where it goes, its leg joined to media and dialplan, how it is followed,
// and what remains of it.
//
// A Switch is the door for new calls and knows every live one. For each it makes a Call: the leg (package
// sip), a stream (package media) and a run of the dialplan (package ivr). One goroutine runs the dialplan
// of one call; to the run the call is an ivr.Channel, to the leg it is a sip.Negotiator. Those are the two
// seams of the way from a packet to the menu and back:
//
//	Switch.Incoming → Limits.Admit → Route → Call.run → ivr.Run → channel.Play → sounds, media
//	sip.Leg → Media.Offered → media.Stream.Update
//
// A call ends exactly once, whoever ends it: the run's end hangs up the leg, the leg's end ends every wait
// of the run, and only then are the ports, the journal entry and the place among the live calls given back.
package call

import (
	"context"
	"log/slog"
	"maps"
	"net/netip"
	"slices"
	"sort"
	"sync"
	"time"

	"dialtone/ivr"
	"dialtone/ivr/dialplan"
	"dialtone/media"
	"dialtone/media/g711"
	"dialtone/sip"
	"dialtone/sounds"
	"dialtone/store"
)

// Config is what a Switch is made of.
type Config struct {
	Plan       func() *dialplan.Plan // the dialplan in force
	Apps       map[string]*ivr.App
	Functions  map[string]*ivr.Function
	Globals    *ivr.Globals
	Groups     *ivr.Groups
	Database   ivr.Database  // of the function DB
	Schedules  ivr.Schedules // of the function SCHEDULE; nil: there are none
	Devices    *Devices      // what phones and trunks are doing; nil: those of this switch's calls alone
	Allow      ivr.Allow     // what a dialplan may do beyond its calls
	Streams    *media.Streams
	Sounds     *sounds.Cache
	Recordings Recordings // where a dialplan may write sound
	Journal    Journal
	Context    func(door Door) (context string, ok bool) // of a phone or a trunk
	Named      Named                                     // the phones that Dial and others name
	Identity   func(phone string) Identity               // of its calls; nil: what telephones say
	Legs       func(door Door) store.LegRules            // how sound and keys travel at a phone or a trunk; nil: as at all
	Laws       []g711.Law                                // we speak, the preferred one first; default both
	// Dial sends an INVITE (sip.Server.Dial); nil: nobody can be called.
	Dial func(ctx context.Context, to sip.Target, n sip.Negotiator) (*sip.Leg, error)
	// Contacts are the ways to a phone, one for each telephone that has registered as it; all are called at once.
	Contacts func(number string) []sip.Target
	// Ways are the ways by which a trunk calls a number (Trunks.Ways); nil: those of Trunks.
	Ways   func(trunk, number string, caller ivr.CallerID) (*Exit, error)
	Trunks *Trunks // whose calls come in and go out; nil: there are none
	// Incall finds the place where a number leads that a trunk brings, by the forms of the number (compile.Switch.Incall); nil: there are
	// no incalls.
	Incall     func(context, tenant string, forms []string) (dialplan.Place, bool)
	Secrecy    sip.Secrecy               // of audio, where signalling is encrypted
	Own        func(netip.AddrPort) bool // tells our own sockets, where media must not be sent; may be nil
	Tolls      *Tolls                    // asked before a call leaves by a trunk; nil: phones and trunks may without limits, nobody else
	RTPTimeout time.Duration             // how long one of two who talk may send nothing, unless one holds; 0: for ever
	MaxCalls   int                       // live calls at once; 0: as many as there are RTP ports
	Ended      func(store.CallRecord)    // told of each call's end, before it leaves the live ones; must not wait; may be nil
	Refused    func(status int)          // told of each call that was refused, likewise
	Log        *slog.Logger
}

// Journal keeps what a live call is doing, and what remains of it.
type Journal interface {
	// Journal keeps the last value of a call's part, which does not change any more; it never waits for the disk.
	Journal(call, part string, v any)
	// JournalEnd takes the call out of the live ones and keeps its record.
	JournalEnd(call string, record store.CallRecord)
	// JournalDrop takes the call out of the live ones and keeps no record.
	JournalDrop(call string)
}

// Switch holds every live call. Its methods may be called from any goroutine.
type Switch struct {
	config  Config
	limits  Limits
	ids     ids
	feed    Feed[Snapshot]
	tracers tracers
	hints   *Hints

	strangers strangers

	recorder *media.Recorder

	joins sync.Mutex // who is joined to whom, and in whose hand

	mu     sync.Mutex
	calls  map[string]*Call
	closed bool
	wg     sync.WaitGroup
}

// New makes a switch without calls.
func New(c Config) *Switch {
	if len(c.Laws) == 0 {
		c.Laws = g711.Laws()
	}
	if c.Tolls == nil {
		c.Tolls = NewTolls(func(string) (TollLimits, bool) { return TollLimits{}, true })
	}
	if c.Ways == nil && c.Trunks != nil {
		c.Ways = c.Trunks.Ways
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Devices == nil {
		c.Devices = NewDevices(DevicesConfig{Database: c.Database})
	}
	return &Switch{config: c, hints: NewHints(c.Plan, c.Devices), limits: Limits{MaxCalls: c.MaxCalls}, recorder: media.NewRecorder(0), ids: newIDs(time.Now()), calls: map[string]*Call{}}
}

// Incoming takes a new call, or refuses it, and returns when the call has begun: its dialplan is executed by a goroutine
// of its own, as building a call takes a deeper stack than living does.
func (s *Switch) Incoming(leg *sip.Leg) {
	call, leave, refusal := s.admit(leg)
	if refusal != nil {
		s.refuse(leg, refusal)
		leave()
		return
	}
	go func() {
		defer leave()
		if leg.Replaces() != nil {
			call.replace()
			return
		}
		call.run()
	}()
}

// admit builds a call that may come in. leave gives back what it takes, and what a refused one took until then.
func (s *Switch) admit(leg *sip.Leg) (call *Call, leave func(), refusal *sip.Refusal) {
	var taken []func()
	leave = func() {
		for _, back := range slices.Backward(taken) {
			back()
		}
	}
	defer func() {
		if p := recover(); p != nil { // sip ends the leg
			leave()
			panic(p)
		}
	}()
	if !s.enter() {
		return nil, leave, sip.Unavailable(retryAfter, "the server is stopping")
	}
	taken = append(taken, s.wg.Done)
	if refusal := s.limits.Admit(); refusal != nil {
		return nil, leave, refusal
	}
	taken = append(taken, s.limits.Leave)
	if trunk := leg.Trunk(); trunk != "" {
		back, refusal := s.config.Trunks.Admit(trunk)
		if refusal != nil {
			return nil, leave, refusal
		}
		taken = append(taken, back)
	}
	if call, refusal = s.newCall(leg); refusal != nil {
		return nil, leave, refusal
	}
	s.add(call)
	taken = append(taken, func() { s.remove(call) })
	return call, leave, nil
}

// newCall decides where the call goes and builds it.
func (s *Switch) newCall(leg *sip.Leg) (*Call, *sip.Refusal) {
	door := Door{Phone: leg.Phone(), Trunk: leg.Trunk()}
	var ok bool
	if door.Context, ok = s.config.Context(door); !ok {
		return nil, sip.NotFound(door.String() + " was removed while it called")
	}
	if leg.Replaces() != nil {
		if refusal := s.replaceable(leg, door); refusal != nil {
			return nil, refusal
		}
		return newCall(s, leg, door, dialplan.Place{Context: door.Context})
	}
	place, refusal := s.route(leg, door)
	if refusal != nil {
		return nil, refusal
	}
	return newCall(s, leg, door, place)
}

// route finds the place where a call begins, by what its leg and the trunk's record say.
func (s *Switch) route(leg *sip.Leg, door Door) (dialplan.Place, *sip.Refusal) {
	caller, plan := s.identity(door).caller(leg).User, s.config.Plan()
	trunk, ok := s.config.Trunks.record(door.Trunk)
	if !ok {
		return Route(door, []string{leg.Called()}, store.TrunkNumbers{}, nil, caller, plan, time.Now())
	}
	var incall func(forms []string) (dialplan.Place, bool)
	if s.config.Incall != nil {
		incall = func(forms []string) (dialplan.Place, bool) { return s.config.Incall(door.Context, trunk.Tenant, forms) }
	}
	return Route(door, numbersOf(trunk, leg), trunk.Numbers, incall, caller, plan, time.Now())
}

func (s *Switch) refuse(leg *sip.Leg, refusal *sip.Refusal) {
	level := slog.LevelWarn
	if trunk := leg.Trunk(); trunk != "" && refusal.Status == 404 && !s.strangers.first(trunk, leg.Called()) {
		level = slog.LevelDebug // a number that leads nowhere is told of once
	}
	s.config.Log.Log(context.Background(), level, "call refused", "call", leg.CallID(), "from", leg.From().User, "to", leg.Called(), "remote", leg.Remote(),
		"status", refusal.Status, "why", refusal.Log)
	if s.config.Refused != nil {
		s.config.Refused(refusal.Status)
	}
	leg.Reject(refusal)
	for range leg.Events() { // until it has ended
	}
}

// enter counts a call for which Close waits; false: it is closed.
func (s *Switch) enter() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.closed {
		s.wg.Add(1)
	}
	return !s.closed
}

func (s *Switch) add(c *Call) {
	s.mu.Lock()
	s.calls[c.id] = c
	closed := s.closed
	s.mu.Unlock()
	c.publish()
	if closed { // while it was built
		c.stop()
	}
}

func (s *Switch) remove(c *Call) {
	s.mu.Lock()
	delete(s.calls, c.id)
	s.mu.Unlock()
}

// Calls are the live calls, the oldest first, with how their sound travels.
func (s *Switch) Calls() []Snapshot {
	s.mu.Lock()
	calls := slices.Collect(maps.Values(s.calls))
	s.mu.Unlock()
	list := make([]Snapshot, 0, len(calls))
	for _, c := range calls {
		snapshot := c.Snapshot()
		snapshot.Media = mediaRecord(c.stream.Stats())
		list = append(list, snapshot)
	}
	sort.Slice(list, func(i, j int) bool {
		if !list[i].Started.Equal(list[j].Started) {
			return list[i].Started.Before(list[j].Started)
		}
		return list[i].ID < list[j].ID
	})
	return list
}

// Hints is what the extensions of the dialplan are doing.
func (s *Switch) Hints() *Hints { return s.hints }

// Recordings is how those of all calls fare.
func (s *Switch) Recordings() media.RecorderStats { return s.recorder.Stats() }

// Live is how many calls there are, those included that are being built.
func (s *Switch) Live() int { return s.limits.Live() }

// Follow gives every change of every call until ctx ends. A reader that is slower than the calls loses the
// changes that it had no room for, never the calls their time.
func (s *Switch) Follow(ctx context.Context) <-chan Snapshot { return s.feed.Follow(ctx) }

// Close refuses new calls, ends the live ones with a BYE and waits for their ends or for ctx.
func (s *Switch) Close(ctx context.Context) error {
	s.mu.Lock()
	s.closed = true
	for _, c := range s.calls {
		c.stop()
	}
	s.mu.Unlock()
	done := make(chan struct{})
	go func() {
		s.wg.Wait()
		close(done)
	}()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
