package rates

import (
	"net/netip"
	"sync"
	"time"
)

// Acquaintances are the sources that have shown a password, belong to a trunk, or got a request of ours, in the last hour or
// two. They are not limited and not banned by themselves, so that nobody can have a phone banned by forging its address.
type Acquaintances struct {
	mu  sync.RWMutex
	all Generations[netip.Addr, struct{}]
}

const (
	acquaintanceLife = time.Hour
	maxAcquaintances = 100_000
)

// NewAcquaintances makes an empty set.
func NewAcquaintances() *Acquaintances {
	return &Acquaintances{all: Generations[netip.Addr, struct{}]{Life: acquaintanceLife, Most: maxAcquaintances}}
}

// Has tells that a source (see Source) is known.
func (a *Acquaintances) Has(source netip.Addr, now time.Time) bool {
	a.mu.RLock()
	defer a.mu.RUnlock()
	_, ok := a.all.Get(source, now)
	return ok
}

// Add makes a source known.
func (a *Acquaintances) Add(source netip.Addr, now time.Time) {
	a.mu.RLock()
	_, fresh := a.all.now[source]
	fresh = fresh && now.Sub(a.all.turned) < acquaintanceLife
	a.mu.RUnlock()
	if fresh {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.all.Put(source, struct{}{}, now)
}
