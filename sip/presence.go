package sip

import (
	"container/heap"
	"context"
	"math/rand/v2"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"
)

// Contact is a place where a phone is registered, for people and for JSON.
type Contact struct {
	Phone     string         `json:"phone"`
	URI       string         `json:"contact"`
	Device    string         `json:"device,omitempty"` // its User-Agent
	Transport string         `json:"transport"`
	Address   netip.AddrPort `json:"address"` // where the REGISTER came from
	Path      []string       `json:"path,omitempty"`
	Status    ContactStatus  `json:"status"`
	RoundTrip Milliseconds   `json:"round_trip_ms,omitempty"` // of its last answer to OPTIONS; 0: none yet
	Expires   time.Time      `json:"expires"`
}

// Of is the contact of a phone of which nothing else is known.
func (b *Binding) Of(phone string) Contact {
	return Contact{
		Phone: phone, URI: b.Contact, Device: b.UserAgent, Transport: b.Source.Transport, Address: b.Source.Addr, Path: b.Path,
		Status: ContactRegistered, Expires: b.Expires,
	}
}

// Milliseconds is a time as programs read it: in milliseconds, with decimals.
type Milliseconds float64

// ContactStatus is how a contact fares.
type ContactStatus string

// The status of a contact.
const (
	ContactRegistered  ContactStatus = "registered"  // it was not asked, or has never answered: some telephones do not
	ContactReachable   ContactStatus = "reachable"   // it answers OPTIONS
	ContactUnreachable ContactStatus = "unreachable" // it did, and has not the last times; it is not called
	ContactLost        ContactStatus = "lost"        // its connection is gone; it is not called
)

// ContactEvent tells that a contact was registered, or is no more, or fares otherwise.
type ContactEvent struct {
	Contact
	Change  ContactChange `json:"change"`
	Present bool          `json:"present"` // after it the phone can be called, by this contact or another one
}

// ContactChange is what has happened to a contact.
type ContactChange string

// What happens to a contact. Refreshing a registration is no change.
const (
	ChangeRegistered  ContactChange = "registered"
	ChangeRemoved     ContactChange = "removed" // by the telephone, or another contact has its place
	ChangeExpired     ContactChange = "expired" // it was not refreshed
	ChangeReachable   ContactChange = "reachable"
	ChangeUnreachable ContactChange = "unreachable" // it does not answer, or its connection is gone
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
	every  time.Duration // a contact is asked; 0: never

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

// presence is one contact that is registered.
type presence struct {
	phone, uri string
	agent      string
	source     Source
	path       []string
	expires    time.Time
	ask        time.Time // zero: not to be asked, or it is being asked
	trip       time.Duration
	answered   bool // ever
	missed     int  // since its last answer
	listens    bool // for another connection, should this one be gone
	lost       bool // the connection is
	index      int  // in due; -1: it is no more
}

// next is when something is due.
func (v *presence) next() time.Time {
	if !v.ask.IsZero() && v.ask.Before(v.expires) {
		return v.ask
	}
	return v.expires
}

func (v *presence) status() ContactStatus {
	switch {
	case v.lost:
		return ContactLost
	case v.answered && v.missed >= missedMost:
		return ContactUnreachable
	case v.answered:
		return ContactReachable
	}
	return ContactRegistered
}

func (v *presence) present() bool {
	status := v.status()
	return status != ContactLost && status != ContactUnreachable
}

func (v *presence) contact() Contact {
	return Contact{
		Phone: v.phone, URI: v.uri, Device: v.agent, Transport: v.source.Transport, Address: v.source.Addr, Path: v.path,
		Status: v.status(), RoundTrip: Milliseconds(v.trip.Seconds() * 1000), Expires: v.expires,
	}
}

// place is that of its connection; zero over UDP.
func (v *presence) place() place {
	if v.source.Transport == "udp" {
		return place{}
	}
	return place{upper(v.source.Transport), v.source.Addr}
}

func newPresences(s *Server) *presences {
	return &presences{
		server: s, every: s.config.Qualify, phones: make(map[string][]*presence), over: make(map[place]map[*presence]struct{}),
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

// renew takes the binding of a contact. That it was refreshed shows that the telephone lives. p.mu is held, as by all
// that follow.
func (p *presences) renew(v *presence, b Binding, now time.Time) {
	if b.Expires.Equal(v.expires) {
		return // another contact of the phone was
	}
	was, fresh := v.present(), v.index < 0
	if v.source != b.Source {
		p.forgetConnection(v)
		v.source = b.Source
		p.noteConnection(v)
		if p.every > 0 {
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
		v.ask = now.Add(rand.N(p.interval()))
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

// interval is how often each contact is asked now: of many less often, so that a fifth of what may be asked stays free for
// those that have just come.
func (p *presences) interval() time.Duration {
	return max(p.every, time.Duration(len(p.due))*time.Second*5/(4*qualifyRate))
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
		v.ask = time.Now().Add(p.interval())
		if first || !was {
			p.happened(v, ChangeReachable)
		}
	case v.answered:
		v.missed++
		v.ask = time.Now().Add(min(qualifySoon, p.every))
		if v.missed >= missedMost {
			v.ask = time.Now().Add(p.interval())
		}
		if was && !v.present() {
			p.happened(v, ChangeUnreachable)
		}
	default:
		v.ask = time.Now().Add(10 * p.interval()) // it is one that never answers
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

// connected tells whether the way back to a contact is open: always over UDP.
func (s *Server) connected(source Source) bool {
	return source.Transport == "udp" || s.streams.at(source.Transport, source.Addr) != nil
}

// unreachable tells whether a contact is known not to answer.
func (p *presences) unreachable(aor, uri string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	v := p.find(aor, uri)
	return v != nil && v.status() == ContactUnreachable
}

// Forget takes the contacts of a phone that is no more, and its subscriptions. Its bindings are kept by somebody else.
func (s *Server) Forget(number string) {
	s.presences.saved(number, nil)
	s.subscriptions.forget(number)
}

// Present tells whether a phone is registered somewhere where it can be called.
func (s *Server) Present(number string) bool {
	s.presences.mu.Lock()
	defer s.presences.mu.Unlock()
	return slices.ContainsFunc(s.presences.phones[number], (*presence).present)
}

// RegisteredPhones is how many phones are registered somewhere, and how many of them can be called.
func (s *Server) RegisteredPhones() (registered, present int) {
	s.presences.mu.Lock()
	defer s.presences.mu.Unlock()
	for _, contacts := range s.presences.phones {
		if slices.ContainsFunc(contacts, (*presence).present) {
			present++
		}
	}
	return len(s.presences.phones), present
}

// Registrations are the contacts of a phone, or of all phones when number is empty; sorted by phone, each phone's oldest first.
func (s *Server) Registrations(number string) []Contact {
	p := s.presences
	p.mu.Lock()
	defer p.mu.Unlock()
	list := []Contact{}
	for _, v := range p.phones[number] {
		list = append(list, v.contact())
	}
	if number != "" {
		return list
	}
	for _, all := range p.phones {
		for _, v := range all {
			list = append(list, v.contact())
		}
	}
	slices.SortStableFunc(list, func(a, b Contact) int { return strings.Compare(a.Phone, b.Phone) })
	return list
}

// dueQueue is a heap of presences, what is due first on top.
type dueQueue []*presence

// Len, Less, Swap, Push and Pop make it a heap.Interface.
func (q dueQueue) Len() int           { return len(q) }
func (q dueQueue) Less(i, j int) bool { return q[i].next().Before(q[j].next()) }
func (q dueQueue) Swap(i, j int) {
	q[i], q[j] = q[j], q[i]
	q[i].index, q[j].index = i, j
}

// Push is part of heap.Interface.
func (q *dueQueue) Push(x any) {
	v := x.(*presence)
	v.index = len(*q)
	*q = append(*q, v)
}

// Pop is part of heap.Interface.
func (q *dueQueue) Pop() any {
	last := len(*q) - 1
	v := (*q)[last]
	(*q)[last] = nil
	*q = (*q)[:last]
	v.index = -1
	return v
}
