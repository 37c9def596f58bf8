package call

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"log/slog"
	"net/netip"
	"reflect"
	"slices"
	"strings"
	"sync"
	"time"

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
	places map[string][]server // of each trunk's servers, as they were looked up last
	health map[sip.Hop]*health // of servers, bounded by healthKept
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
	return &Trunks{config: c, live: map[string]int{}, lines: map[string]*line{}, places: map[string][]server{}, health: map[sip.Hop]*health{}}
}

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
		if kept[name] == nil && (r.Account.Register || r.Qualify > 0) {
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

// Match tells by which trunk a call comes (sip.Trunks): the line that it names, as only the carrier was told that; its
// source address, also with the host that it calls; the servers where the trunk is registered.
func (t *Trunks) Match(a sip.Arrival) (sip.Trunk, bool) {
	records := t.config.Records()
	if r := t.byLine(records, a); r != nil {
		return t.known(r), true
	}
	var found *store.Trunk
	best := 0
	for i := range records {
		if n := addressed(&records[i], a); n > best {
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
	for _, r := range records {
		if slices.ContainsFunc(r.Addresses, func(s store.Source) bool { return s.Covers(from) }) {
			return true
		}
	}
	return t.byServer(records, sip.Arrival{From: from}) != nil
}

// addressed tells how well a trunk's own addresses fit, 0 for not at all: a port and a domain are more than none.
func addressed(r *store.Trunk, a sip.Arrival) int {
	n := 0
	for _, source := range r.Addresses {
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

// resolveWait is how long name servers may hold up a call.
const resolveWait = 4 * time.Second

// hops are the servers of a trunk, or the proxies before them, each with its URI's parts, in the order of the record.
func (t *Trunks) hops(r *store.Trunk) (servers []server, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), resolveWait)
	defer cancel()
	named := serversOf(r)
	next := named
	if len(r.Proxies) > 0 {
		next = r.Proxies
	}
	for _, text := range next {
		s := parseServer(text, r.Transport)
		found, resolveErr := t.config.Network().Resolve(ctx, s.uri(""))
		if resolveErr != nil {
			err = resolveErr
			continue
		}
		if len(r.Proxies) > 0 && len(named) > 0 {
			s = parseServer(named[0], r.Transport)
		}
		for _, hop := range found {
			s.hop = hop
			if len(servers) < maxWays {
				servers = append(servers, s)
			}
		}
	}
	if len(servers) > 0 {
		t.placed(r.Name, servers)
		return servers, nil
	}
	return nil, err
}

// placed notes where the servers of a trunk are.
func (t *Trunks) placed(name string, servers []server) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.places[name] = servers
}

// maxWays bounds by how many servers one call is tried.
const maxWays = 12

// serversOf are the servers of a trunk as texts. A trunk that has only an address is reached there.
func serversOf(r *store.Trunk) []string {
	if len(r.Servers) > 0 {
		return r.Servers
	}
	for _, a := range r.Addresses {
		if a.Prefix.IsSingleIP() {
			port := a.Port
			if port == 0 {
				return []string{hostText(a.Prefix.Addr())}
			}
			return []string{netip.AddrPortFrom(a.Prefix.Addr(), port).String()}
		}
	}
	return nil
}

func hostText(addr netip.Addr) string {
	if addr.Is6() {
		return "[" + addr.String() + "]"
	}
	return addr.String()
}

// server is one server of a trunk: what its URIs are made of, and one place where it is.
type server struct {
	scheme string // sip or sips
	host   string // with its port, if that was given
	params string // ;transport=tcp
	hop    sip.Hop
}

// parseServer reads HOST, HOST:PORT or a URI. transport holds where the text names none.
func parseServer(text, transport string) server {
	s := server{scheme: "sip", host: text}
	if rest, ok := strings.CutPrefix(text, "sips:"); ok {
		s.scheme, s.host = "sips", rest
	} else if rest, ok := strings.CutPrefix(text, "sip:"); ok {
		s.host = rest
	}
	host, params, has := strings.Cut(s.host, ";")
	s.host = host
	if has {
		s.params = ";" + params
	}
	if transport != "" && !strings.Contains(s.params, ";transport=") {
		s.params += ";transport=" + transport
	}
	if strings.Count(s.host, ":") > 1 && !strings.HasPrefix(s.host, "[") {
		s.host = "[" + s.host + "]"
	}
	return s
}

// uri is the URI of a user there; empty: of the server.
func (s server) uri(user string) string {
	if user != "" {
		user = sip.EscapeUser(user) + "@"
	}
	return s.scheme + ":" + user + s.host + s.params
}

// domain is the server's host without its port.
func (s server) domain() string {
	if i := strings.LastIndexByte(s.host, ':'); i > strings.LastIndexByte(s.host, ']') {
		return s.host[:i]
	}
	return s.host
}

// TrunkState is how a trunk fares.
type TrunkState struct {
	Name       string        `json:"name"`
	Calls      int           `json:"calls"`                // both directions
	Registers  bool          `json:"registers"`            // it is to be registered
	Registered bool          `json:"registered,omitempty"` // it is
	Server     string        `json:"server,omitempty"`     // where, or where it was
	Since      time.Time     `json:"since,omitzero"`
	Until      time.Time     `json:"until,omitzero"`
	Why        string        `json:"why,omitempty"` // the last registration failed
	Servers    []ServerState `json:"servers,omitempty"`
}

// Usable tells whether the trunk can be called, as far as is known: it is registered where it is to be, and a server of it is not
// known to be down.
func (t TrunkState) Usable() bool {
	up := len(t.Servers) == 0 || slices.ContainsFunc(t.Servers, func(s ServerState) bool { return s.Up })
	return up && (t.Registered || !t.Registers)
}

// ServerState is how a server of a trunk fares.
type ServerState struct {
	Server string    `json:"server"` // udp:192.0.2.7:5060 (sip.example.com)
	Up     bool      `json:"up"`
	Status int       `json:"status,omitempty"`  // of the last answer; 408: none came; 0: it was not asked
	Trip   float64   `json:"trip_ms,omitempty"` // of the last OPTIONS
	Seen   time.Time `json:"seen,omitzero"`     // it answered last
}

// States are how the trunks fare, by name.
func (t *Trunks) States() []TrunkState {
	states := []TrunkState{} // a list in JSON too
	for _, r := range t.config.Records() {
		states = append(states, t.state(&r))
	}
	return states
}

func (t *Trunks) state(r *store.Trunk) TrunkState {
	now := time.Now()
	t.mu.Lock()
	defer t.mu.Unlock()
	state := TrunkState{Name: r.Name, Calls: t.live[r.Name], Registers: r.Account.Register}
	if l := t.lines[r.Name]; l != nil {
		state.Registered, state.Until, state.Why = l.registered(now), l.until, l.why
		if state.Registered {
			state.Since = l.since
		}
		if l.hop != (sip.Hop{}) {
			state.Server = l.hop.String()
		}
	}
	for _, s := range t.places[r.Name] {
		server := ServerState{Server: s.hop.String(), Up: true}
		if h := t.health[s.hop]; h != nil {
			server.Up, server.Status, server.Seen = !h.down(now), h.status, h.seen
			server.Trip = float64(h.trip.Microseconds()) / 1000
		}
		state.Servers = append(state.Servers, server)
	}
	return state
}
