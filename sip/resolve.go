package sip

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"strings"

	gosip "github.com/emiago/sipgo/sip"
	"github.com/miekg/dns"
)

// Hop is one place where a request can go: what RFC 3263 makes of a URI is a list of them, the first to be tried first.
type Hop struct {
	Transport string // "udp", "tcp", "tls", "ws" or "wss"
	Addr      netip.AddrPort
	Name      string // the URI's host, which a certificate must name; empty when it is an address
}

// String gives the hop for logs: udp:192.0.2.7:5060 (sip.example.com).
func (h Hop) String() string {
	text := h.Transport + ":" + h.Addr.String()
	if h.Name != "" {
		text += " (" + h.Name + ")"
	}
	return text
}

// maxHops bounds what is made of one URI.
const maxHops = 16

// Resolve gives the hops of a URI, the preferred one first (RFC 3263 §4): an address or a port in it is taken as it is,
// else NAPTR, SRV and address records tell transport, port and order. It may wait for name servers, for as long as ctx
// lets it. It gives at least one hop, or an error that names the host.
func (s *Server) Resolve(ctx context.Context, uri string) ([]Hop, error) {
	var u gosip.Uri
	if err := gosip.ParseUri(uri, &u); err != nil {
		return nil, fmt.Errorf("%q is no SIP URI: %w", uri, err)
	}
	return s.hops(ctx, &u)
}

// hops are those of a URI that can be reached from here.
func (s *Server) hops(ctx context.Context, uri *gosip.Uri) ([]Hop, error) {
	all, err := s.resolver.hops(ctx, uri)
	if err != nil {
		return nil, fmt.Errorf("no way to %s: %w", uri.Host, err)
	}
	reachable := slices.DeleteFunc(all, func(h Hop) bool {
		return h.Transport == "udp" && s.edgeFor(h.Addr.Addr(), netip.AddrPort{}) == nil
	})
	if len(reachable) == 0 {
		return nil, fmt.Errorf("no way to %s: there is no UDP socket for its IP version (--sip opens one)", uri.Host)
	}
	return reachable, nil
}

// resolver is RFC 3263 §4 over a source of records.
type resolver struct {
	names   *namesCache
	pick    func(n int) int // a random number below n
	address func(ctx context.Context, host string) ([]netip.Addr, error)
}

func newResolver(c Config) *resolver {
	source := c.Names
	if _, real := c.Network.(machine); source == nil && real {
		source = machineNames{}
	} else if source == nil {
		source = NameServers{}
	}
	names := newNamesCache(source)
	r := &resolver{names: names, pick: rand.IntN, address: names.addresses}
	if c.Names == nil {
		r.address = names.remembered(c.Network.Lookup)
	}
	return r
}

// service is a transport with what DNS calls it.
type service struct {
	transport string
	naptr     string // service of NAPTR (RFC 3263 §4.1, RFC 7118 §8)
	srv       string // prefix of SRV; empty: there is none
	port      uint16 // where nothing says another one
}

// services stand in the order in which they are preferred where DNS has no NAPTR records.
var services = []service{
	{"udp", "SIP+D2U", "_sip._udp.", 5060},
	{"tcp", "SIP+D2T", "_sip._tcp.", 5060},
	{"tls", "SIPS+D2T", "_sips._tcp.", 5061},
	{"ws", "SIP+D2W", "", 80},
	{"wss", "SIPS+D2W", "", 443},
}

func serviceOf(transport string) (service, bool) {
	i := slices.IndexFunc(services, func(s service) bool { return s.transport == transport })
	if i < 0 {
		return service{}, false
	}
	return services[i], true
}

// secured is what a transport is called under a sips URI (RFC 3261 §26.2.2).
var secured = map[string]string{"": "", "tcp": "tls", "tls": "tls", "ws": "wss", "wss": "wss"}

// hops are the places of a URI: transport by §4.1, address and port by §4.2.
func (r *resolver) hops(ctx context.Context, uri *gosip.Uri) ([]Hop, error) {
	transport := lower(uri.UriParams.GetOr("transport", ""))
	sips := lower(uri.Scheme) == "sips"
	if sips {
		t, ok := secured[transport]
		if !ok {
			return nil, fmt.Errorf("sips cannot go by %q", transport)
		}
		transport = t
	} else if lower(uri.Scheme) != "sip" {
		return nil, fmt.Errorf("%q is the scheme of no address in the network", uri.Scheme)
	}
	fixed := transport
	if fixed == "" {
		if fixed = "udp"; sips {
			fixed = "tls"
		}
	}
	way, ok := serviceOf(fixed)
	if !ok {
		return nil, fmt.Errorf("transport %q is not spoken (udp, tcp, tls, ws and wss are)", fixed)
	}
	if uri.Port < 0 || uri.Port > 65535 {
		return nil, fmt.Errorf("%d is no port", uri.Port)
	}
	if uri.Port > 0 {
		way.port = uint16(uri.Port)
	}
	host := strings.TrimSuffix(strings.Trim(uri.Host, "[]"), ".")
	if addr, err := netip.ParseAddr(host); err == nil {
		return []Hop{{Transport: way.transport, Addr: netip.AddrPortFrom(addr.Unmap(), way.port)}}, nil
	}
	if uri.Port > 0 || !strings.Contains(host, ".") {
		return r.places(ctx, host, host, way)
	}
	var hops []Hop
	var why error
	if transport == "" {
		hops, why = r.byNAPTR(ctx, host, sips)
	}
	for _, s := range services {
		if len(hops) > 0 || why != nil && !errors.Is(why, errNameServer) && !errors.Is(why, errNoService) {
			break
		}
		if s.srv == "" || transport != "" && s.transport != transport || sips && s.transport != "tls" {
			continue
		}
		found, err := r.bySRV(ctx, s.srv+host, host, s)
		hops, why = append(hops, found...), cmp.Or(err, why)
	}
	if len(hops) > 0 {
		return hops[:min(len(hops), maxHops)], nil
	}
	if errors.Is(why, errNoService) {
		return nil, why
	}
	// No SRV, or no name server that knows: the host's own addresses.
	hops, err := r.places(ctx, host, host, way)
	if err != nil {
		err = cmp.Or(why, err)
	}
	return hops, err
}

// byNAPTR asks which transports a domain prefers (RFC 3263 §4.1).
func (r *resolver) byNAPTR(ctx context.Context, host string, sips bool) ([]Hop, error) {
	records, err := r.names.records(ctx, host, dns.TypeNAPTR)
	if err != nil {
		return nil, err
	}
	var pointers []*dns.NAPTR
	for _, record := range records {
		if n, ok := record.(*dns.NAPTR); ok && strings.EqualFold(n.Flags, "s") {
			pointers = append(pointers, n)
		}
	}
	slices.SortStableFunc(pointers, func(a, b *dns.NAPTR) int {
		return cmp.Or(cmp.Compare(a.Order, b.Order), cmp.Compare(a.Preference, b.Preference))
	})
	var hops []Hop
	for _, n := range pointers {
		i := slices.IndexFunc(services, func(s service) bool { return strings.EqualFold(s.naptr, n.Service) })
		if i < 0 || sips && !strings.HasPrefix(services[i].naptr, "SIPS") {
			continue
		}
		found, srvErr := r.bySRV(ctx, strings.TrimSuffix(n.Replacement, "."), host, services[i])
		hops = append(hops, found...)
		err = cmp.Or(err, srvErr)
		if len(hops) >= maxHops {
			break
		}
	}
	if len(hops) > 0 {
		err = nil
	}
	return hops, err
}

// bySRV gives the servers of a service in the order of RFC 2782. None is no error, but that a domain says by "." that it
// has no such service is.
func (r *resolver) bySRV(ctx context.Context, name, host string, s service) ([]Hop, error) {
	records, err := r.names.records(ctx, name, dns.TypeSRV)
	if err != nil {
		return nil, err
	}
	var servers []*dns.SRV
	for _, record := range records {
		if srv, ok := record.(*dns.SRV); ok {
			servers = append(servers, srv)
		}
	}
	if len(servers) == 1 && servers[0].Target == "." {
		return nil, fmt.Errorf("%s: %w", name, errNoService)
	}
	var hops []Hop
	for _, srv := range orderSRV(servers, r.pick) {
		s.port = srv.Port
		found, addressErr := r.places(ctx, strings.TrimSuffix(srv.Target, "."), host, s)
		err = cmp.Or(err, addressErr)
		if hops = append(hops, found...); len(hops) >= maxHops {
			break
		}
	}
	if len(hops) > 0 {
		err = nil
	}
	return hops, err
}

// errNoService is what the target "." says (RFC 2782).
var errNoService = errors.New("DNS says that there is no such service")

// orderSRV sorts by priority, and within one draws by weight (RFC 2782, "Weight").
func orderSRV(servers []*dns.SRV, pick func(n int) int) []*dns.SRV {
	left := slices.Clone(servers)
	slices.SortStableFunc(left, func(a, b *dns.SRV) int {
		return cmp.Or(cmp.Compare(a.Priority, b.Priority), cmp.Compare(a.Weight, b.Weight))
	})
	var order []*dns.SRV
	for len(left) > 0 {
		same, sum := 0, 0
		for same < len(left) && left[same].Priority == left[0].Priority {
			sum += int(left[same].Weight)
			same++
		}
		drawn := pick(sum + 1)
		i := 0
		for running := int(left[0].Weight); running < drawn && i < same-1; running += int(left[i].Weight) {
			i++
		}
		order = append(order, left[i])
		left = slices.Delete(left, i, i+1)
	}
	return order
}

// places are the addresses of a host as hops. name is the host of the URI.
func (r *resolver) places(ctx context.Context, host, name string, s service) ([]Hop, error) {
	addrs, err := r.address(ctx, host)
	if err != nil {
		return nil, err
	}
	if len(addrs) == 0 {
		return nil, fmt.Errorf("host %q has no address", host)
	}
	var hops []Hop
	for _, addr := range addrs {
		hops = append(hops, Hop{Transport: s.transport, Addr: netip.AddrPortFrom(addr.Unmap(), s.port), Name: name})
	}
	return hops, nil
}
