package call

import (
	"context"
	"fmt"
	"log/slog"
	"net/netip"
	"slices"
	"strings"
	"sync"

	"dialtone/sip"
	"dialtone/store"
)

// Trunks are the carriers' links while the server runs: whose a call is that comes in, by which servers one goes out, how
// many there are, which lines are registered and which servers answer. Safe for concurrent use. What is registered and
// asked, Run does.
type Trunks struct {
	config TrunksConfig

	mu     sync.Mutex
	live   map[string]int // calls of each trunk, both directions
	lines  map[string]*line
	places map[string][]server       // of each trunk's servers, as they were looked up last
	health map[sip.Hop]*health       // of servers, bounded by healthKept
	hosts  map[string][]store.Source // of each trunk's hosts, as they were found last
}

// TrunksConfig is what Trunks are made of.
type TrunksConfig struct {
	Records func() []store.Trunk                                   // the trunks as they are now; it must not wait
	Changed func(context.Context) <-chan store.Change[store.Trunk] // tells that they have changed, until the context ends
	Log     *slog.Logger                                           // nil: none
	// Network is where servers are looked up, registered with and asked; it must be there before the first call.
	Network func() *sip.Server
}

// NewTrunks makes the trunks of a table.
func NewTrunks(c TrunksConfig) *Trunks {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	return &Trunks{config: c, live: map[string]int{}, lines: map[string]*line{}, places: map[string][]server{}, health: map[sip.Hop]*health{}, hosts: map[string][]store.Source{}}
}

// record is the trunk of a name. Without Trunks there is none.
func (t *Trunks) record(name string) (store.Trunk, bool) {
	if t == nil {
		return store.Trunk{}, false
	}
	all := t.config.Records()
	i := slices.IndexFunc(all, func(r store.Trunk) bool { return r.Name == name })
	if i < 0 {
		return store.Trunk{}, false
	}
	return all[i], true
}

// Match tells by which trunk a call comes (sip.Trunks): its certificate; the line that it names, as only the carrier was
// told that; its source address, also with the host that it calls; the servers where the trunk is registered.
func (t *Trunks) Match(a sip.Arrival) (sip.Trunk, bool) {
	records := t.config.Records()
	if r := byCertificate(records, a); r != nil {
		return t.known(r), true
	}
	if r := t.byLine(records, a); r != nil {
		return t.known(r), true
	}
	var found *store.Trunk
	best := 0
	for i := range records {
		if n := addressed(&records[i], t.sources(&records[i]), a); n > best {
			found, best = &records[i], n
		}
	}
	if found == nil {
		found = t.byServer(records, a)
	}
	if found == nil {
		return sip.Trunk{}, false
	}
	return t.known(found), true
}

// Knows tells whether an address is any trunk's (sip.Trunks).
func (t *Trunks) Knows(from netip.AddrPort) bool {
	records := t.config.Records()
	for i := range records {
		if slices.ContainsFunc(t.sources(&records[i]), func(s store.Source) bool { return s.Covers(from) }) {
			return true
		}
	}
	return t.byServer(records, sip.Arrival{From: from}) != nil
}

// byCertificate is the trunk that has one of the names that the connection has proven.
func byCertificate(records []store.Trunk, a sip.Arrival) *store.Trunk {
	for _, name := range a.Proven {
		for i := range records {
			if slices.ContainsFunc(records[i].Certificates, func(n string) bool { return strings.EqualFold(n, name) }) {
				return &records[i]
			}
		}
	}
	return nil
}

// addressed tells how well the addresses of a trunk fit, 0 for not at all: a port and a domain are more than none.
func addressed(r *store.Trunk, sources []store.Source, a sip.Arrival) int {
	n := 0
	for _, source := range sources {
		if source.Covers(a.From) {
			n = max(n, 1)
			if source.Port != 0 {
				n = 2
			}
		}
	}
	if n == 0 || len(r.Domains) == 0 {
		return n
	}
	if !slices.ContainsFunc(r.Domains, func(d string) bool { return strings.EqualFold(d, strings.Trim(a.Host, "[]")) }) {
		return 0
	}
	return n + 2
}

// Peer is the account of a carrier that proves its calls by a password.
func (t *Trunks) Peer(user string) (sip.Account, bool) {
	for _, r := range t.config.Records() {
		if user != "" && r.Peer.User == user {
			return sip.Account{User: user, HA1MD5: r.Peer.HA1MD5, HA1SHA256: r.Peer.HA1SHA256, Trunk: t.known(&r)}, true
		}
	}
	return sip.Account{}, false
}

// known is what signalling has to know of a trunk.
func (t *Trunks) known(r *store.Trunk) sip.Trunk {
	return sip.Trunk{Name: r.Name, Untrusted: r.Caller.Untrusted, Login: t.login(r)}
}

// login is our account at a trunk, with the realm that is known from its registration.
func (t *Trunks) login(r *store.Trunk) sip.Login {
	l := sip.Login{User: r.Account.User, Password: string(r.Account.Password), Realm: r.Account.Realm}
	if l.Realm == "" {
		t.mu.Lock()
		defer t.mu.Unlock()
		if line := t.lines[r.Name]; line != nil {
			l.Realm = line.realm
		}
	}
	return l
}

// Admit takes a place for a call that comes in by a trunk, or says why there is none. leave gives it back, once.
func (t *Trunks) Admit(name string) (leave func(), refusal *sip.Refusal) {
	r, ok := t.record(name)
	if !ok {
		return nil, sip.NotFound(fmt.Sprintf("trunk %s was removed while it called", name))
	}
	leave, ok = t.take(&r)
	if !ok {
		refusal := sip.RefusalOf(causeNoCircuit)
		refusal.Log = fmt.Sprintf("trunk %s has its %d calls", name, r.MaxCalls)
		return nil, refusal
	}
	return leave, nil
}

// take takes a place for a call; false: the trunk has none left.
func (t *Trunks) take(r *store.Trunk) (leave func(), ok bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if r.MaxCalls > 0 && t.live[r.Name] >= r.MaxCalls {
		return nil, false
	}
	t.live[r.Name]++
	return sync.OnceFunc(func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		if t.live[r.Name]--; t.live[r.Name] <= 0 {
			delete(t.live, r.Name)
		}
	}), true
}
