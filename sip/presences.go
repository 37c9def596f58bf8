package sip

import (
	"cmp"
	"container/heap"
	"context"
	"math/rand/v2"
	"slices"
	"sync"
	"time"
)

const (
	qualifyLimit = 4 * time.Second  // an answer to OPTIONS comes within: it was sent four times then
	qualifyFirst = time.Second      // after a registration: the telephone has its 200
	qualifySoon  = 10 * time.Second // after an answer that did not come
	missedMost   = 2                // unanswered in a row: it is unreachable
	// qualifyRate is how many contacts are asked a second. With more of them than that each is asked less often.
	qualifyRate = 50
	// maxTold is how many events wait for Config.ContactChanged. Of more the oldest are lost.
	maxTold = 4096
)

// presences are the contacts that are registered: when each ends, and whether it answers. Bindings keeps what must last;
// this is what follows from it and from time. One goroutine, run, waits for what is due next and tells the events in their
// order.
type presences struct {
	server *Server

	mu     sync.Mutex
	phones map[string][]*presence
	over   map[place]map[*presence]struct{} // by connection
	due    dueQueue
	events []ContactEvent // to be told
	waking time.Time      // when run wakes by itself; zero: never
	second int64          // of asked
	asked  int            // in this second
	wake   chan struct{}
	stop   chan struct{}
}

func newPresences(s *Server) *presences {
	return &presences{
		server: s, phones: make(map[string][]*presence), over: make(map[place]map[*presence]struct{}),
		wake: make(chan struct{}, 1), stop: make(chan struct{}),
	}
}

// load takes the bindings that were there before the server started; nobody is told of them.
func (p *presences) load() {
	now := time.Now()
	err := p.server.config.Bindings.Each(func(aor string, bindings []Binding) { p.replace(aor, bindings, now) })
	if err != nil {
		p.server.log.Error("the registrations cannot be read", "error", err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.events = nil
}

// saved takes the bindings of a phone after a REGISTER.
func (p *presences) saved(aor string, bindings []Binding) {
	p.replace(aor, bindings, time.Now())
	p.stir()
}

func (p *presences) replace(aor string, bindings []Binding, now time.Time) {
	every := p.every(aor)
	p.mu.Lock()
	defer p.mu.Unlock()
	gone := slices.Clone(p.phones[aor])
	var added []*presence
	for _, b := range Alive(bindings, now) {
		v := p.find(aor, b.Contact)
		if v == nil {
			v = &presence{phone: aor, uri: b.Contact, index: -1}
			p.phones[aor] = append(p.phones[aor], v)
			added = append(added, v)
		}
		gone = slices.DeleteFunc(gone, func(o *presence) bool { return o == v })
		v.every = every
		p.renew(v, b, now)
	}
	for _, v := range gone {
		p.drop(v)
	}
	for _, v := range added {
		p.happened(v, ChangeRegistered)
	}
	for _, v := range gone {
		p.happened(v, ChangeRemoved)
	}
}

// every is how often the contacts of a phone are asked; 0: never.
func (p *presences) every(aor string) time.Duration {
	account, _ := p.server.guard.account(aor)
	return max(cmp.Or(account.Contacts.Qualify, p.server.config.Qualify), 0)
}

// renew takes the binding of a contact. That it was refreshed shows that the telephone lives. p.mu is held, as by all
// that follow.
func (p *presences) renew(v *presence, b Binding, now time.Time) {
	if b.Expires.Equal(v.expires) && b.Source == v.source {
		return // another contact of the phone was
	}
	was, fresh := v.present(), v.index < 0
	if v.source != b.Source {
		p.forgetConnection(v)
		v.source = b.Source
		p.noteConnection(v)
		if v.every > 0 {
			v.ask = now.Add(qualifyFirst)
		}
	}
	_, v.listens = b.listens()
	v.agent, v.path, v.expires, v.missed = b.UserAgent, b.Path, b.Expires, 0
	v.lost = !v.listens && !p.server.connected(v.source)
	if !fresh && !was && v.present() {
		p.happened(v, ChangeReachable)
	}
	p.schedule(v)
}

// find is the presence of a contact.
func (p *presences) find(aor, uri string) *presence {
	for _, v := range p.phones[aor] {
		if v.uri == uri {
			return v
		}
	}
	return nil
}

// drop forgets a contact.
func (p *presences) drop(v *presence) {
	p.forgetConnection(v)
	if v.index >= 0 {
		heap.Remove(&p.due, v.index)
	}
	left := slices.DeleteFunc(p.phones[v.phone], func(o *presence) bool { return o == v })
	if len(left) == 0 {
		delete(p.phones, v.phone)
		return
	}
	p.phones[v.phone] = left
}

func (p *presences) noteConnection(v *presence) {
	at := v.place()
	if at == (place{}) {
		return
	}
	if p.over[at] == nil {
		p.over[at] = make(map[*presence]struct{})
	}
	p.over[at][v] = struct{}{}
}

func (p *presences) forgetConnection(v *presence) {
	at := v.place()
	delete(p.over[at], v)
	if len(p.over[at]) == 0 {
		delete(p.over, at)
	}
}

func (p *presences) schedule(v *presence) {
	if v.index >= 0 {
		heap.Fix(&p.due, v.index)
		return
	}
	heap.Push(&p.due, v)
}

// happened notes an event to be told.
func (p *presences) happened(v *presence, change ContactChange) {
	if p.server.config.ContactChanged == nil {
		return
	}
	if len(p.events) >= maxTold {
		p.events = p.events[1:]
	}
	present := slices.ContainsFunc(p.phones[v.phone], (*presence).present)
	p.events = append(p.events, ContactEvent{v.contact(), change, present})
}

// stir wakes run, if there is something to tell or something is due before it wakes by itself.
func (p *presences) stir() {
	p.mu.Lock()
	needed := len(p.events) > 0 || len(p.due) > 0 && (p.waking.IsZero() || p.due[0].next().Before(p.waking))
	p.mu.Unlock()
	if !needed {
		return
	}
	select {
	case p.wake <- struct{}{}:
	default:
	}
}

// run does what is due, until the server is closed.
func (p *presences) run() {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-p.stop:
			return
		case <-timer.C:
		case <-p.wake:
		}
		next, events := p.work(time.Now())
		for _, e := range events {
			p.server.config.ContactChanged(e)
		}
		if !next.IsZero() {
			timer.Reset(max(time.Until(next), 0))
		}
	}
}

// work does what is due, and says when something will be; zero: nothing is left.
func (p *presences) work(now time.Time) (next time.Time, events []ContactEvent) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for len(p.due) > 0 {
		v := p.due[0]
		if v.next().After(now) {
			next = v.next()
			break
		}
		if !v.expires.After(now) {
			p.drop(v)
			p.happened(v, ChangeExpired)
			continue
		}
		p.question(v, now)
		p.schedule(v)
	}
	events, p.events, p.waking = p.events, nil, next
	return next, events
}

// question asks a contact whether it is there, if it is its turn.
func (p *presences) question(v *presence, now time.Time) {
	if second := now.Unix(); second != p.second {
		p.second, p.asked = second, 0
	}
	if p.asked >= qualifyRate || v.lost {
		v.ask = now.Add(rand.N(p.interval(v)))
		return
	}
	p.asked++
	v.ask = time.Time{}
	target := Target{URI: v.uri, Path: v.path, Flow: v.source}
	p.server.spawn(func() {
		ctx, cancel := context.WithTimeout(context.Background(), qualifyLimit)
		defer cancel()
		_, trip, err := p.server.Qualify(ctx, target)
		p.answered(v, target.Flow, trip, err)
	})
}

// interval is how often a contact is asked now: of many less often, so that a fifth of what may be asked stays free for
// those that have just come.
func (p *presences) interval(v *presence) time.Duration {
	return max(v.every, time.Duration(len(p.due))*time.Second*5/(4*qualifyRate))
}

// answered takes what became of a question to a contact.
func (p *presences) answered(v *presence, source Source, trip time.Duration, err error) {
	defer p.stir()
	p.mu.Lock()
	defer p.mu.Unlock()
	if v.index < 0 || v.source != source || !v.ask.IsZero() {
		return // it is no more, or elsewhere, and asked anew there
	}
	was := v.present()
	switch {
	case err == nil:
		first := !v.answered
		v.answered, v.missed, v.trip = true, 0, trip
		v.ask = time.Now().Add(p.interval(v))
		if first || !was {
			p.happened(v, ChangeReachable)
		}
	case v.answered:
		v.missed++
		v.ask = time.Now().Add(min(qualifySoon, v.every))
		if v.missed >= missedMost {
			v.ask = time.Now().Add(p.interval(v))
		}
		if was && !v.present() {
			p.happened(v, ChangeUnreachable)
		}
	default:
		v.ask = time.Now().Add(10 * p.interval(v)) // it is one that never answers
	}
	p.schedule(v)
}

// disconnected is told that a connection is gone.
func (p *presences) disconnected(c *stream) {
	defer p.stir()
	p.mu.Lock()
	defer p.mu.Unlock()
	for v := range p.over[c.place()] {
		if v.lost || v.listens {
			continue
		}
		was := v.present()
		if v.lost = true; was {
			p.happened(v, ChangeUnreachable)
		}
	}
}

// unreachable tells whether a contact is known not to answer.
func (p *presences) unreachable(aor, uri string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	v := p.find(aor, uri)
	return v != nil && v.status() == ContactUnreachable
}
