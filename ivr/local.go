package ivr

import (
	"fmt"
	"runtime/debug"
	"strings"
	"sync"
	"time"

	"dialtone/ivr/dialplan"
)

// Local is a call that a run makes to an extension of the dialplan: the channel of
// the run that executes that extension, and the called party of the one who made
// it. While the two are joined the sound of the call is that of the caller's
// channel, and the caller's keys are pressed here; alone it is silent, and its
// sounds take their time. Safe for concurrent use.
type Local struct {
	name   string
	origin Channel // whose call this is, in the end: it knows how long sounds are
	run    *Run    // of the extension
	caller CallerID
	bell   bell // wakes the run of this call
	notice bell // wakes the one who made it

	mu       sync.Mutex
	state    CalledState
	changes  int // of state
	attended int // those that the caller has seen to
	cause    int
	keys     string
	peer     Channel // joined caller; nil: none
	beyond   Called  // whom its own run has called, and gives the sound of peer; nil: nobody
	party    *Local  // the called party's own run, once it has one
	answered bool
	deadline time.Time
	alone    bell // ends the sound that plays without a peer
}

var (
	_ Channel = (*Local)(nil)
	_ Called  = (*Local)(nil)
)

// Name is Local/EXT@CTX-00000001;2.
func (l *Local) Name() string { return l.name }

// UniqueID is the name, after that of the caller.
func (l *Local) UniqueID() string { return l.origin.UniqueID() + "." + l.name }

// Caller is who called.
func (l *Local) Caller() CallerID { return l.caller }

// Pace is the caller's.
func (l *Local) Pace() Pace { return l.origin.Pace() }

// Now is the time of the caller.
func (l *Local) Now() time.Time { return l.origin.Now() }

// Answered tells whether the call was answered.
func (l *Local) Answered() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.answered
}

// Answer tells the caller, and returns when that one has seen to it.
func (l *Local) Answer() error {
	l.mu.Lock()
	l.answered = true
	l.mu.Unlock()
	return l.reach(CalledUp)
}

// Ringing tells the caller.
func (l *Local) Ringing() error { return l.reach(CalledRinging) }

// Progress tells the caller that there is something to be heard.
func (l *Local) Progress() error { return l.reach(CalledProgress) }

// reach moves the state on, if it was not so far, and lets the caller see to it.
func (l *Local) reach(state CalledState) error {
	l.mu.Lock()
	if l.state >= state {
		over := l.state == CalledOver
		l.mu.Unlock()
		if over {
			return ErrHangup
		}
		return nil
	}
	l.state = state
	l.changes++
	change := l.changes
	l.mu.Unlock()
	l.notice.ring()
	for {
		l.mu.Lock()
		over, seen := l.state == CalledOver, l.attended >= change
		l.mu.Unlock()
		switch {
		case over:
			return ErrHangup
		case seen:
			return nil
		}
		l.Pace().Wait(time.Time{}, l.bell, nil)
	}
}

// State is how far the call is, and with which cause it ended.
func (l *Local) State() (CalledState, int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.state, l.cause
}

// Attend lets the call go on behind the change of state that its caller has seen to.
func (l *Local) Attend() {
	l.mu.Lock()
	l.attended = l.changes
	l.mu.Unlock()
	l.bell.ring()
}

// Join gives the call the sound of a channel; nil takes it away.
func (l *Local) Join(peer Channel) {
	l.mu.Lock()
	l.peer = peer
	beyond := l.beyond
	l.mu.Unlock()
	if beyond != nil {
		beyond.Join(l)
	}
}

// passOn gives the sound of whoever is joined here to a call that the run of this one has made; nil: to nobody any more.
func (l *Local) passOn(beyond Called) {
	l.mu.Lock()
	l.beyond = beyond
	l.mu.Unlock()
}

func (l *Local) joined() Channel {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.peer
}

// Press is a key of the caller.
func (l *Local) Press(key byte) {
	l.mu.Lock()
	if len(l.keys) < maxKeys {
		l.keys += string(key)
	}
	l.mu.Unlock()
	l.bell.ring()
}

// Intercept has no effect: every key comes by Press.
func (l *Local) Intercept(bool, bool) {}

// Send is a key like the caller's.
func (l *Local) Send(key byte) { l.Press(key) }

// Key gives none: the called one of a Local call is a dialplan.
func (l *Local) Key() (byte, bool) { return 0, false }

// Moved is nowhere.
func (l *Local) Moved() (dialplan.Place, bool) { return dialplan.Place{}, false }

// maxKeys bounds the keys that wait for a run.
const maxKeys = 64

// Start plays on the caller's channel, or lets the time pass.
func (l *Local) Start(sounds []string, language string, from time.Duration) (<-chan struct{}, error) {
	if err := l.Progress(); err != nil {
		return nil, err
	}
	if peer := l.joined(); peer != nil {
		return peer.Start(sounds, language, from)
	}
	l.Stop()
	total, missing := l.measure(sounds, language)
	if total < 0 {
		return nil, missing
	}
	done, stop, end := make(chan struct{}), newBell(), l.Now().Add(max(total-from, 0))
	l.mu.Lock()
	l.alone = stop
	l.mu.Unlock()
	l.Pace().Go(func() {
		l.Pace().Wait(end, stop, nil)
		close(done)
	})
	return done, missing
}

// measure is how long sounds last, up to the first that is missing; below 0: there is none.
func (l *Local) measure(sounds []string, language string) (total time.Duration, missing error) {
	m, ok := LineOf(l.origin).(Measurer)
	total = -1
	for i, name := range sounds {
		if !ok {
			return 0, nil
		}
		length, err := m.Length(name, language)
		if err != nil {
			return total, &SoundError{Name: name, Index: i, Err: err}
		}
		total = max(total, 0) + length
	}
	return total, nil
}

// Stop ends what plays.
func (l *Local) Stop() {
	l.mu.Lock()
	peer, alone := l.peer, l.alone
	l.alone = nil
	l.mu.Unlock()
	if alone != nil {
		alone.ring()
	}
	if peer != nil {
		peer.Stop()
	}
}

// Wait waits for what the caller presses.
func (l *Local) Wait(w Wait) (byte, error) {
	until := l.Now().Add(w.For)
	for {
		now := l.Now()
		key, deadline, err := l.take(w, now)
		if key != 0 || err != nil {
			return key, err
		}
		if w.For >= 0 && !now.Before(until) {
			return 0, nil
		}
		limit := deadline
		if w.For >= 0 && (limit.IsZero() || until.Before(limit)) {
			limit = until
		}
		if got := l.Pace().Wait(limit, l.bell, w.Wake); got != nil && got == w.Wake {
			return 0, nil
		}
	}
}

// take takes the first key that is waited for, and tells whether the call is over.
func (l *Local) take(w Wait, now time.Time) (key byte, deadline time.Time, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case l.state == CalledOver:
		return 0, l.deadline, ErrHangup
	case !l.deadline.IsZero() && !now.Before(l.deadline):
		return 0, l.deadline, ErrAbsolute
	}
	for !w.Keep && l.keys != "" {
		key, l.keys = l.keys[0], l.keys[1:]
		if strings.IndexByte(w.Keys, key) >= 0 {
			return key, l.deadline, nil
		}
	}
	return 0, l.deadline, nil
}

// SetDeadline sets the absolute time-out.
func (l *Local) SetDeadline(at time.Time) {
	l.mu.Lock()
	l.deadline = at
	l.mu.Unlock()
}

// Hangup ends the call, from either side; the first one gives the cause.
func (l *Local) Hangup(cause int) {
	l.mu.Lock()
	over := l.state == CalledOver
	if !over {
		if cause == 0 {
			cause = causeNormal
		}
		l.state, l.cause = CalledOver, cause
		l.changes++
	}
	peer, party, beyond := l.peer, l.party, l.beyond
	l.peer, l.beyond = nil, nil
	l.mu.Unlock()
	if over {
		return
	}
	if party != nil {
		party.Hangup(cause)
	}
	if beyond != nil {
		beyond.Join(nil)
	}
	if peer != nil {
		peer.Stop()
	}
	l.bell.ring()
	l.notice.ring()
}

// Q.850 causes.
const (
	causeNormal    = 16 // normal call clearing
	causeTemporary = 41 // temporary failure
)

// Measurer is what a Channel may offer besides: how long a sound lasts, for calls
// that nobody hears.
type Measurer interface {
	Length(sound, language string) (time.Duration, error)
}

// family is what the calls of one caller have in common: the first, those that it
// makes, those that they make.
type family struct {
	mu      sync.Mutex
	calls   map[*Local]bool // whose runs have not ended
	ended   bell            // one has
	numbers int
}

// afterlife is how long a call may last that goes on when its caller has gone.
const afterlife = time.Minute

// maxFamily bounds the calls that one caller has made and that are not over.
const maxFamily = 64

// origin is the channel whose call it is in the end that a Local one belongs to.
func origin(ch Channel) Channel {
	for {
		l, ok := ch.(*Local)
		if !ok {
			return ch
		}
		ch = l.origin
	}
}

// CallLocal prepares a call to an extension of the dialplan, which Begin makes: its run begins with the next wait.
func (r *Run) CallLocal(place dialplan.Place, caller CallerID, notice Notice) (*Local, error) {
	if !r.Exists(place) {
		return nil, fmt.Errorf("there is no extension %s in context %s", place.Exten, place.Context)
	}
	number, err := r.family.number()
	if err != nil {
		return nil, err
	}
	name := fmt.Sprintf("Local/%s@%s-%08x;2", place.Exten, place.Context, number)
	l := &Local{name: name, origin: r.ch, caller: caller, bell: newBell(), notice: bell(notice)}
	l.run = r.beside(l, place)
	return l, nil
}

// CallForwarded is CallLocal for a call that somebody has passed on; see Forwards.
func (r *Run) CallForwarded(place dialplan.Place, caller CallerID, notice Notice) (*Local, error) {
	l, err := r.CallLocal(place, caller, notice)
	if err == nil {
		l.run.forwards = r.forwards + 1
	}
	return l, err
}

// Forwards is how often the call was passed on by those whom it has reached, up to here.
func (r *Run) Forwards() int { return r.forwards }

// Begin makes the call.
func (l *Local) Begin() error {
	l.mu.Lock()
	began := l.state == CalledNew
	if began {
		l.state = CalledTrying
	}
	l.mu.Unlock()
	if began {
		l.run.apart(func() {})
	}
	return nil
}

// Side makes the channel of the called party, which is up: Local/EXT@CTX-00000001;1.
func (l *Local) Side() Channel {
	return &Local{
		name: l.PartyName(), origin: l.origin, caller: l.caller, bell: newBell(), notice: newBell(), state: CalledUp, answered: true,
	}
}

// PartyName is the name of the called party's channel, Local/EXT@CTX-00000001;1.
func (l *Local) PartyName() string { return strings.TrimSuffix(l.name, "2") + "1" }

// Live executes a run on the called party's channel beside the others of its family, until its end or that
// of the call; each ends the other.
func (l *Local) Live(from *Run, place dialplan.Place) {
	run := from.Party(l, place)
	party := run.ch.(*Local)
	l.mu.Lock()
	l.party, l.peer = party, nil
	over := l.state == CalledOver
	l.mu.Unlock()
	if over {
		party.Hangup(causeNormal)
	}
	run.apart(func() { l.Hangup(causeNormal) })
}

// beside makes a run on a channel of a call that this one makes, with what it lets it inherit.
func (r *Run) beside(ch Channel, place dialplan.Place) *Run {
	o := r.o
	o.Journal, o.Globals, o.Groups = nil, r.globals, r.groups
	o.Log = r.log.With("channel", ch.Name())
	child := New(ch, place, o)
	child.family, child.forwards = r.family, r.forwards
	child.Inherit(r)
	return child
}

// Inherit takes over what a run leaves to the calls that it makes: variables with an underscore, and the language.
func (r *Run) Inherit(from *Run) {
	r.language = from.language
	for name, value := range from.Inherited() {
		r.set(name, value)
	}
}

// apart executes a run on a Local channel beside the others of its family, and then
// what shall follow. A panic ends this call and no other.
func (r *Run) apart(then func()) {
	l := r.ch.(*Local)
	r.family.add(l)
	r.ch.Pace().Go(func() {
		defer r.family.remove(l)
		defer then()
		defer func() {
			if p := recover(); p != nil {
				r.log.Error("panic in a call that Dial made", "panic", p, "stack", string(debug.Stack()))
				l.Hangup(causeTemporary)
			}
		}()
		r.execution(r.execute)
	})
}

func (f *family) number() (int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.calls) >= maxFamily {
		return 0, &LimitError{"calls of one caller at once", maxFamily}
	}
	f.numbers++
	return f.numbers, nil
}

func (f *family) add(l *Local) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.calls == nil {
		f.calls, f.ended = map[*Local]bool{}, newBell()
	}
	f.calls[l] = true
}

func (f *family) remove(l *Local) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.calls, l)
	f.ended.ring()
}

// left are the calls that are not over, and the bell of the next end.
func (f *family) left() (calls []*Local, ended bell) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for l := range f.calls {
		calls = append(calls, l)
	}
	return calls, f.ended
}

// outlive waits until every call of the family is over, for a minute; then it ends
// those that are left.
func (f *family) outlive(pace Pace) {
	end := pace.Now().Add(afterlife)
	for {
		calls, ended := f.left()
		switch {
		case len(calls) == 0:
			return
		case !pace.Now().Before(end):
			for _, l := range calls {
				l.Hangup(causeNormal)
			}
			pace.Wait(time.Time{}, ended, nil)
		default:
			pace.Wait(end, ended, nil)
		}
	}
}
