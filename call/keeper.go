package call

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"reflect"
	"sync"

	"dialtone/store"
)

// Run registers the trunks that want it and asks their servers whether they are there, as the records are from time to
// time, until ctx ends; then it takes the registrations away and returns.
func (t *Trunks) Run(ctx context.Context) {
	changes := t.config.Changed(ctx)
	kept := map[string]*keeper{}
	for {
		t.keep(ctx, kept)
		if _, ok := <-changes; !ok {
			for _, k := range kept {
				k.cancel()
			}
			for _, k := range kept {
				<-k.done
			}
			return
		}
	}
}

// keeper is what runs for one trunk, as its record was.
type keeper struct {
	record store.Trunk
	cancel context.CancelFunc
	done   chan struct{} // closed when nothing runs any more
}

// keep begins what is to run for new records, and ends it for those that are gone or have changed.
func (t *Trunks) keep(ctx context.Context, kept map[string]*keeper) {
	records := map[string]store.Trunk{}
	for _, r := range t.config.Records() {
		records[r.Name] = r
	}
	for name, k := range kept {
		if r, ok := records[name]; !ok || !reflect.DeepEqual(r, k.record) {
			k.cancel()
			<-k.done
			delete(kept, name)
		}
	}
	t.forget(records)
	for name, r := range records {
		if kept[name] == nil {
			kept[name] = t.begin(ctx, r)
		}
	}
}

// forget drops what is known of trunks that are no more.
func (t *Trunks) forget(records map[string]store.Trunk) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for name := range t.places {
		if _, ok := records[name]; !ok {
			delete(t.places, name)
		}
	}
}

// begin runs for one trunk.
func (t *Trunks) begin(ctx context.Context, r store.Trunk) *keeper {
	ctx, cancel := context.WithCancel(ctx)
	k := &keeper{record: r, cancel: cancel, done: make(chan struct{})}
	var parts sync.WaitGroup
	if r.Account.Register {
		t.mu.Lock()
		t.lines[r.Name] = &line{token: newToken()}
		t.mu.Unlock()
		parts.Go(func() {
			t.keepRegistered(ctx, r)
			t.mu.Lock()
			delete(t.lines, r.Name)
			t.mu.Unlock()
		})
	}
	if r.Qualify > 0 {
		parts.Go(func() { t.keepAsking(ctx, r) })
	}
	if len(r.Hosts) > 0 {
		parts.Go(func() { t.keepFinding(ctx, r) })
	}
	if !r.Account.Register && r.Qualify == 0 { // nobody else looks its servers up before its first call, which is not to wait for that
		parts.Go(func() { _, _ = t.hops(&r) })
	}
	go func() {
		parts.Wait()
		close(k.done)
	}()
	return k
}

// newToken is what nobody can guess: 96 random bits.
func newToken() string {
	var b [12]byte
	rand.Read(b[:])
	return hex.EncodeToString(b[:])
}
