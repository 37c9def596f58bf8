package call

import (
	"slices"
	"time"

	"dialtone/sip"
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
func (h *health) hear(status int, now time.Time) {
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
	h.until = now.Add(pause)
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

func (t *Trunks) heard(hop sip.Hop, status int, now time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	h := t.serverOf(hop)
	was := h.down(now)
	h.hear(status, now)
	if h.down(now) != was {
		t.config.Log.Warn("a trunk's server", "server", hop, "down", !was, "status", status)
	}
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
		case l != nil && l.hop == s.hop && l.registered(now):
			return 0
		}
		return 1
	}
	ordered := slices.Clone(servers)
	slices.SortStableFunc(ordered, func(a, b server) int { return rank(a) - rank(b) })
	return ordered
}
