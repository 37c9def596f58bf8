package sip

import (
	"net/netip"
	"sync"
	"time"
)

// acquaintances are the sources that have shown a password, belong to a trunk, or got a request of ours, in the last hour or
// two. They are not limited and not banned by themselves, so that nobody can have a phone banned by forging its address.
type acquaintances struct {
	mu  sync.RWMutex
	all generations[netip.Addr, struct{}]
}

const (
	acquaintanceLife = time.Hour
	maxAcquaintances = 100_000
)

func newAcquaintances() *acquaintances {
	return &acquaintances{all: generations[netip.Addr, struct{}]{life: acquaintanceLife, most: maxAcquaintances}}
}

func (a *acquaintances) has(source netip.Addr, now time.Time) bool {
	a.mu.RLock()
	defer a.mu.RUnlock()
	_, ok := a.all.get(source, now)
	return ok
}

func (a *acquaintances) add(source netip.Addr, now time.Time) {
	a.mu.RLock()
	_, fresh := a.all.now[source]
	fresh = fresh && now.Sub(a.all.turned) < acquaintanceLife
	a.mu.RUnlock()
	if fresh {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.all.put(source, struct{}{}, now)
}
