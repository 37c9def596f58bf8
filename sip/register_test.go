package sip_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"dialtone/sip"
)

// bindings are kept in memory, and count how often they were saved.
type bindings struct {
	mu    sync.Mutex
	all   map[string][]sip.Binding
	saved int
	slow  time.Duration
}

func (b *bindings) Load(aor string) ([]sip.Binding, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.all[aor], nil
}

func (b *bindings) Each(each func(aor string, list []sip.Binding)) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	for aor, list := range b.all {
		each(aor, list)
	}
	return nil
}

func (b *bindings) Save(aor string, list []sip.Binding) error {
	time.Sleep(b.slow)
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.all == nil {
		b.all = make(map[string][]sip.Binding)
	}
	b.all[aor] = list
	b.saved++
	return nil
}

func TestRegisterRefreshAndRemove(t *testing.T) {
	for _, transport := range []string{"udp", "tcp"} {
		t.Run(transport, func(t *testing.T) {
			kept := &bindings{}
			converse(t, sip.Config{Accounts: phones, Bindings: kept}, func(r *room) {
				phone := r.telephone("192.0.2.30", transport+":192.0.2.30:5070")
				uri := "sip:1000@192.0.2.1;transport=" + transport
				for range 2 {
					granted, err := phone.RegisterWith(context.Background(), uri, "1000", "secret", 5*time.Minute)
					if err != nil || granted != 5*time.Minute {
						r.Fatalf("granted %v, %v", granted, err)
					}
				}
				list := kept.all["1000"]
				if len(list) != 1 || !strings.HasPrefix(list[0].Contact, "sip:1000@192.0.2.30:5070") || list[0].CSeq != 4 ||
					list[0].Source.Transport != transport || list[0].Source.Addr.Addr().String() != "192.0.2.30" {
					r.Errorf("bindings %+v", list)
				}
				if _, err := phone.RegisterWith(context.Background(), uri, "1000", "secret", 0); err != nil || len(kept.all["1000"]) != 0 {
					r.Errorf("removed: %v, %+v", err, kept.all["1000"])
				}
				var status *sip.StatusError
				if _, err := phone.RegisterWith(context.Background(), uri, "1000", "wrong", time.Minute); !errors.As(err, &status) || status.Status != 401 {
					r.Errorf("a wrong password: %v", err)
				}
				if granted, err := phone.RegisterWith(context.Background(), uri, "1000", "secret", time.Second); err != nil || granted != time.Minute {
					r.Errorf("RFC 3261 §10.3: granted %v, %v, want the minimum that 423 tells", granted, err)
				}
			})
		})
	}
}

func TestCopyOfAREGISTERIsDoneOnce(t *testing.T) {
	kept := &bindings{slow: 2 * time.Second} // the copies come while the disk is busy
	converse(t, sip.Config{Accounts: phones, Bindings: kept}, func(r *room) {
		phone := r.telephone("192.0.2.30", "udp:192.0.2.30:5070")
		if _, err := phone.RegisterWith(context.Background(), "sip:1000@192.0.2.1", "1000", "secret", 5*time.Minute); err != nil {
			r.Fatal(err)
		}
		if kept.saved != 1 {
			r.Errorf("saved %d times, want once", kept.saved)
		}
	})
}

func TestContactOfTheServerItselfIsRefused(t *testing.T) {
	kept := &bindings{}
	converse(t, sip.Config{Accounts: accounts{"1000": "secret"}, Bindings: kept}, func(r *room) {
		// A telephone that is told that its address is the server's.
		loop, err := sip.New(sip.Config{Network: r.wire.Host("192.0.2.30"), Listen: []sip.Listener{listener("udp:0.0.0.0:5060")}, External: listener("udp:192.0.2.1:0").Addr.Addr()})
		if err != nil {
			r.Fatal(err)
		}
		if err := loop.Listen(); err != nil {
			r.Fatal(err)
		}
		go loop.Serve(context.Background())
		defer loop.Shutdown(context.Background())
		var status *sip.StatusError
		if _, err := loop.RegisterWith(context.Background(), "sip:1000@192.0.2.1", "1000", "secret", time.Minute); !errors.As(err, &status) || status.Status != 403 {
			r.Errorf("got %v, want 403", err)
		}
	})
}

func TestRegisterWithoutARegistrar(t *testing.T) {
	converse(t, sip.Config{}, func(r *room) {
		call := r.trunk.NewCall("1000", "1000")
		call.Send("REGISTER", "")
		r.trunk.Want("this one is a telephone", "405")
	})
}
