package sip

import (
	"slices"
	"sync"
)

// subscriptions are all that live.
type subscriptions struct {
	server *Server
	mu     sync.Mutex
	all    map[legKey]*subscription
	phones map[string][]*subscription // the oldest first
	closed bool
}

func newSubscriptions(s *Server) *subscriptions {
	return &subscriptions{server: s, all: make(map[legKey]*subscription), phones: make(map[string][]*subscription)}
}

func (t *subscriptions) get(key legKey) *subscription {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.all[key]
}

// add takes a subscription; false: there are too many. One of the same telephone for the same takes its place, as that has
// forgotten it: it was without power. A phone that has too many loses its oldest.
func (t *subscriptions) add(u *subscription) bool {
	t.mu.Lock()
	if t.closed || len(t.all) >= maxSubscriptions {
		t.mu.Unlock()
		return false
	}
	var forgotten, oldest *subscription
	for _, o := range t.phones[u.phone] {
		if o.kind == u.kind && o.exten == u.exten && o.event == u.event && o.telephone == u.telephone {
			forgotten = o
		}
	}
	if forgotten == nil && len(t.phones[u.phone]) >= maxPhoneSubscriptions {
		oldest = t.phones[u.phone][0]
	}
	t.all[u.key] = u
	t.phones[u.phone] = append(t.phones[u.phone], u)
	t.mu.Unlock()
	if forgotten != nil {
		forgotten.mu.Lock()
		forgotten.lost("it was begun anew")
		forgotten.mu.Unlock()
		t.remove(forgotten)
	}
	if oldest != nil {
		t.server.log.Warn("a phone has too many subscriptions: its oldest ends", "phone", u.phone, "most", maxPhoneSubscriptions, "extension", oldest.exten)
		oldest.end("rejected")
	}
	return true
}

// remove forgets a subscription.
func (t *subscriptions) remove(u *subscription) {
	t.mu.Lock()
	delete(t.all, u.key)
	left := slices.DeleteFunc(t.phones[u.phone], func(o *subscription) bool { return o == u })
	if t.phones[u.phone] = left; len(left) == 0 {
		delete(t.phones, u.phone)
	}
	t.mu.Unlock()
	u.mu.Lock()
	stop := u.stop
	u.stop = nil
	if u.timer != nil {
		u.timer.Stop()
	}
	u.mu.Unlock()
	if stop != nil {
		stop()
	}
}

// forget ends the subscriptions of a phone that is no more.
func (t *subscriptions) forget(phone string) {
	t.mu.Lock()
	all := slices.Clone(t.phones[phone])
	t.mu.Unlock()
	for _, u := range all {
		u.end("rejected")
	}
}

// close ends all, and tells the phones that they may come back: after a restart.
func (t *subscriptions) close() {
	t.mu.Lock()
	t.closed = true
	all := make([]*subscription, 0, len(t.all))
	for _, u := range t.all {
		all = append(all, u)
	}
	t.mu.Unlock()
	var told sync.WaitGroup // a connection may be slow: all are told at once
	for _, u := range all {
		u.mu.Lock()
		if u.reason == "" {
			u.reason = "probation;retry-after=10"
		}
		u.mu.Unlock()
		t.remove(u)
		told.Go(func() { u.notify(true) })
	}
	told.Wait()
}

// Subscriptions is how many subscriptions live.
func (s *Server) Subscriptions() int {
	s.subscriptions.mu.Lock()
	defer s.subscriptions.mu.Unlock()
	return len(s.subscriptions.all)
}
