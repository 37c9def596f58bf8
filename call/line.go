package call

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"strings"
	"time"

	"dialtone/sip"
	"dialtone/store"
)

// line is a registration of ours with a carrier. Its writer is the keeper of the trunk, under the mutex of Trunks.
//
//	trying ──► registered ──► refreshed at 80 to 95 % of its time ──► …
//	  ▲ └────────┴──► failed: the next server at once, then all of them after a pause that grows
//	  └──────────────────┘
type line struct {
	token string       // parameter of our Contact, which calls to it name
	realm string       // that asked for credentials
	at    server       // where it is registered, or was
	addrs []netip.Addr // of all servers: calls come from there
	since time.Time    // it is registered
	until time.Time    // it holds
	why   string       // it failed the last time; empty: it did not
}

func (l *line) registered(now time.Time) bool { return l != nil && now.Before(l.until) }

const (
	registrationTime = time.Hour        // what is asked for where the record does not say
	registrarWait    = 8 * time.Second  // for one server's answer
	firstRetry       = 10 * time.Second // after all servers have failed
	longRetry        = 10 * time.Minute
	firstRefused     = time.Minute // after a refusal: another password is not there at once, and each try is a wrong one
	longRefused      = 30 * time.Minute
)

// refreshAfter is when a registration is renewed: at 80 to 95 % of what was granted, so that after a power cut not all
// come at once. draw is 0 to 1.
func refreshAfter(granted time.Duration, draw float64) time.Duration {
	return max(time.Duration(float64(granted)*(0.80+0.15*draw)), time.Second)
}

// pauseAfter is the pause after a number of failures in a row, 1 or more: first, then doubled each time, by up to a fifth longer.
func pauseAfter(failures int, refused bool, first time.Duration, draw float64) time.Duration {
	longest := max(first, longRetry)
	if refused {
		first, longest = firstRefused, longRefused
	}
	pause := longest
	if failures <= 16 {
		pause = min(first<<(failures-1), longest)
	}
	return pause + time.Duration(draw*float64(pause)/5)
}

// keepRegistered registers a trunk until ctx ends, and then takes it away.
func (t *Trunks) keepRegistered(ctx context.Context, r store.Trunk) {
	failures := 0
	first := cmp.Or(time.Duration(r.Account.Retry)*time.Second, firstRetry)
	for ctx.Err() == nil {
		granted, refused := t.register(ctx, &r)
		var pause time.Duration
		if granted > 0 {
			failures = 0
			pause = refreshAfter(granted, rand.Float64())
		} else {
			failures++
			pause = pauseAfter(failures, refused, first, rand.Float64())
		}
		wait(ctx, pause)
	}
	t.unregister(&r)
}

// wait waits for a time or for the end.
func wait(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

// register tries the servers of a trunk until one takes the registration, and gives for how long; 0: none did. refused:
// one has said no for a reason that another would have, too.
func (t *Trunks) register(ctx context.Context, r *store.Trunk) (granted time.Duration, refused bool) {
	servers, err := t.registrars(r)
	if err != nil {
		t.registrationFailed(r.Name, err.Error())
		return 0, false
	}
	t.located(r.Name, servers)
	var why []string
	for _, s := range t.order(r.Name, servers) {
		granted, status, err := t.registerAt(ctx, r, s)
		if err == nil || ctx.Err() != nil {
			return granted, false
		}
		why = append(why, fmt.Sprintf("%s: %v", s.hop, err))
		if refused = !worthAnother(status); refused {
			break
		}
	}
	t.registrationFailed(r.Name, strings.Join(why, "; "))
	return 0, refused
}

// registerAt tries one server. status is that of its answer, or what stands for none.
func (t *Trunks) registerAt(ctx context.Context, r *store.Trunk, s server) (granted time.Duration, status int, err error) {
	trial, cancel := context.WithTimeout(ctx, registrarWait)
	defer cancel()
	what := t.registration(r, s)
	granted, err = t.config.Network().Register(trial, what)
	granted = min(granted, what.Expires) // what is granted beyond that is not relied on
	refusal, answered := errors.AsType[*sip.StatusError](err)
	switch {
	case ctx.Err() != nil:
		return 0, 0, ctx.Err()
	case err == nil && granted > 0:
		status = 200
		t.isRegistered(r.Name, s, what.Login.Realm, granted)
	case err == nil:
		status, err = 200, errors.New("the carrier grants no time")
	case answered:
		status = refusal.Status
	case errors.Is(err, sip.ErrChallenge):
		status = 401
	default:
		status = 408
	}
	t.heard(s.hop, status, retryOf(err), time.Now())
	return granted, status, err
}

// retryOf is what a refusal asks to wait.
func retryOf(err error) time.Duration {
	if refusal, ok := errors.AsType[*sip.StatusError](err); ok {
		return refusal.RetryAfter
	}
	return 0
}

// registration is what is registered at a server.
func (t *Trunks) registration(r *store.Trunk, s server) *sip.Registration {
	expires := time.Duration(r.Account.Expires) * time.Second
	if expires == 0 {
		expires = registrationTime
	}
	t.mu.Lock()
	token := t.lines[r.Name].token
	t.mu.Unlock()
	hop := s.hop
	return &sip.Registration{URI: s.uri(r.Account.Registered()), Hop: &hop, Login: t.login(r), Contact: lineUser(r), Line: token, Expires: expires}
}

// located notes where a trunk's servers are.
func (t *Trunks) located(name string, servers []server) {
	t.mu.Lock()
	defer t.mu.Unlock()
	l := t.lines[name]
	l.addrs = nil
	for _, s := range servers {
		if addr := s.hop.Addr.Addr(); !slices.Contains(l.addrs, addr) {
			l.addrs = append(l.addrs, addr)
		}
	}
}

func (t *Trunks) isRegistered(name string, at server, realm string, granted time.Duration) {
	now := time.Now()
	t.mu.Lock()
	defer t.mu.Unlock()
	l := t.lines[name]
	if fresh := !l.registered(now); fresh || l.at != at || l.why != "" {
		t.config.Log.Info("trunk registered", "trunk", name, "server", at.hop, "for", granted)
		if fresh {
			l.since = now
		}
	}
	l.at, l.realm, l.until, l.why = at, realm, now.Add(granted), ""
}

func (t *Trunks) registrationFailed(name, why string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if l := t.lines[name]; l.why != why { // told of once, not at each try
		l.why = why
		t.config.Log.Warn("trunk not registered", "trunk", name, "why", why)
	}
}

// farewell is how long a trunk that goes may take to say so.
const farewell = 2 * time.Second

// unregister takes a registration away, where there is one.
func (t *Trunks) unregister(r *store.Trunk) {
	t.mu.Lock()
	l := *t.lines[r.Name]
	t.mu.Unlock()
	if !l.registered(time.Now()) {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), farewell)
	defer cancel()
	what := t.registration(r, l.at)
	what.Expires = 0
	if _, err := t.config.Network().Register(ctx, what); err != nil {
		t.config.Log.Debug("a registration is not taken away", "trunk", r.Name, "why", err)
	}
}

// byLine is the trunk whose line a call names.
func (t *Trunks) byLine(records []store.Trunk, a sip.Arrival) *store.Trunk {
	if a.Line == "" {
		return nil
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	for i := range records {
		if l := t.lines[records[i].Name]; l != nil && l.token == a.Line {
			return &records[i]
		}
	}
	return nil
}

// byServer is the trunk that is registered where a call comes from. Of several the one whose Contact is called, else the
// first by name.
func (t *Trunks) byServer(records []store.Trunk, a sip.Arrival) (found *store.Trunk) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for i := range records {
		r := &records[i]
		l := t.lines[r.Name]
		if l == nil {
			continue
		}
		for _, addr := range l.addrs {
			if addr != a.From.Addr() {
				continue
			}
			if lineUser(r) == a.User {
				return r
			}
			if found == nil {
				found = r
			}
		}
	}
	return found
}

// lineUser is the user part of the Contact that a trunk registers.
func lineUser(r *store.Trunk) string {
	return cmp.Or(r.Account.Line, r.Account.Registered())
}
