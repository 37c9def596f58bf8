package call

import (
	"context"
	"net/netip"
	"strings"
	"time"

	"dialtone/sip"
	"dialtone/store"
)

// resolveWait is how long name servers may hold up a call.
const resolveWait = 4 * time.Second

// hops are the servers of a trunk where calls go.
func (t *Trunks) hops(r *store.Trunk) (servers []server, err error) {
	if servers, err = t.look(r); err == nil && len(servers) > 0 {
		t.placed(r.Name, servers)
	}
	return servers, err
}

// registrars are the servers of a trunk where it is registered.
func (t *Trunks) registrars(r *store.Trunk) ([]server, error) {
	if r.Account.Registrar == "" {
		return t.hops(r)
	}
	there := *r
	there.Servers = []string{r.Account.Registrar}
	return t.look(&there)
}

// look looks up the servers of a trunk, or the proxies before them, each with its URI's parts, in the order of the record.
func (t *Trunks) look(r *store.Trunk) (servers []server, err error) {
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
