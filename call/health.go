package call

import (
	"context"
	"math/rand/v2"
	"slices"
	"time"

	"dialtone/sip"
	"dialtone/store"
)

// health is what is known of one server: a value that is told the time and what happened.
//
//	unknown ──► up ◄──► down, until a time that is further off with each failure
type health struct {
	failures int           // one after the other
	until    time.Time     // tried last before then
	seen     time.Time     // last answer
	trip     time.Duration // of the last OPTIONS; 0: none was answered
	status   int           // last answer; 408: none
}

const (
	firstPause = 30 * time.Second
	longPause  = 10 * time.Minute
	healthKept = 1024 // servers
)

// hear takes an answer. 503 and silence are of the server (RFC 3263 §4.3), whatever else shows that it lives.
func (h *health) hear(status int, retryAfter time.Duration, now time.Time) {
	h.status = status
	if status != 503 && status != 408 && status != 504 {
		h.failures, h.until, h.seen = 0, time.Time{}, now
		return
	}
	pause := longPause
	if h.failures < 5 {
		pause = min(firstPause<<h.failures, longPause)
	}
	h.failures++
	h.until = now.Add(max(pause, min(retryAfter, longPause)))
}

// down tells whether the server is to be tried last.
func (h *health) down(now time.Time) bool { return h != nil && now.Before(h.until) }

// serverOf is what is known of a server; made when nothing is.
func (t *Trunks) serverOf(hop sip.Hop) *health {
	if t.health[hop] == nil {
		if len(t.health) >= healthKept {
			clear(t.health) // what is down is learnt again
		}
		t.health[hop] = &health{}
	}
	return t.health[hop]
}

func (t *Trunks) heard(hop sip.Hop, status int, retryAfter time.Duration, now time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	h := t.serverOf(hop)
	was := h.down(now)
	h.hear(status, retryAfter, now)
	if h.down(now) != was {
		t.config.Log.Warn("a trunk's server", "server", hop, "down", !was, "status", status)
	}
}

// keepAsking asks the servers of a trunk by OPTIONS until ctx ends, so that one that is silent is known before a call is
// tried by it.
func (t *Trunks) keepAsking(ctx context.Context, r store.Trunk) {
	interval := time.Duration(r.Qualify) * time.Second
	for ctx.Err() == nil {
		servers, err := t.hops(&r)
		if err != nil {
			t.config.Log.Debug("a trunk's servers are not found", "trunk", r.Name, "why", err)
		}
		down := false
		for _, s := range servers {
			down = !t.ask(ctx, &r, s) || down
		}
		pause := interval
		if down {
			pause = min(interval, askDownAfter)
		}
		wait(ctx, pause+time.Duration(rand.Float64()*float64(pause)/10))
	}
}

const (
	askWait      = 4 * time.Second  // for the answer to one OPTIONS
	askDownAfter = 15 * time.Second // a server that is down is asked again
)

// ask asks one server and tells whether it is up. Whatever it answers, it lives, but for 503.
func (t *Trunks) ask(ctx context.Context, r *store.Trunk, s server) bool {
	trial, cancel := context.WithTimeout(ctx, askWait)
	defer cancel()
	hop := s.hop
	target := sip.Target{URI: s.uri(""), Hop: &hop}
	if r.Caller.FromDomain != "" {
		target.From = sip.UserURI(r.Caller.FromUser, r.Caller.FromDomain)
	}
	status, trip, err := t.config.Network().Qualify(trial, target)
	if ctx.Err() != nil {
		return true
	}
	if err != nil {
		status, trip = 408, 0
	}
	now := time.Now()
	t.heard(hop, status, 0, now)
	t.mu.Lock()
	defer t.mu.Unlock()
	h := t.serverOf(hop)
	h.trip = trip
	return !h.down(now)
}

// order puts the server where the trunk is registered first, and those that are down last.
func (t *Trunks) order(name string, servers []server) []server {
	now := time.Now()
	t.mu.Lock()
	defer t.mu.Unlock()
	rank := func(s server) int {
		switch l := t.lines[name]; {
		case t.health[s.hop].down(now):
			return 2
		case l.registered(now) && l.at.hop == s.hop:
			return 0
		}
		return 1
	}
	ordered := slices.Clone(servers)
	slices.SortStableFunc(ordered, func(a, b server) int { return rank(a) - rank(b) })
	return ordered
}
