package call

import (
	"context"
	"fmt"
	"log/slog"
	"net/netip"
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
	health map[sip.Hop]*health // of servers, bounded by healthKept
}

// TrunksConfig is what Trunks are made of.
type TrunksConfig struct {
	Records func() []store.Trunk // the trunks as they are now; it must not wait
	Log     *slog.Logger         // nil: none
	// Network is where servers are looked up, registered with and asked; it must be there before the first call.
	Network func() *sip.Server
}

// NewTrunks makes the trunks of a table.
func NewTrunks(c TrunksConfig) *Trunks {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	return &Trunks{config: c, live: map[string]int{}, lines: map[string]*line{}, health: map[sip.Hop]*health{}}
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

// hops are the servers of a trunk, each with its URI's parts, in the order of the record.
func (t *Trunks) hops(r *store.Trunk) (servers []server, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), resolveWait)
	defer cancel()
	for _, text := range serversOf(r) {
		s := parseServer(text, r.Transport)
		found, resolveErr := t.config.Network().Resolve(ctx, s.uri(""))
		if resolveErr != nil {
			err = resolveErr
			continue
		}
		for _, hop := range found {
			s.hop = hop
			if servers = append(servers, s); len(servers) == maxWays {
				return servers, nil
			}
		}
	}
	if len(servers) > 0 {
		return servers, nil
	}
	return nil, err
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
