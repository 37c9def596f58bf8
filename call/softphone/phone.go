// Package softphone is the far end of a call: a SIP telephone without a handset, for `dialtone call`, for tests
// and for benchmarks. It registers, calls, presses keys in each of the three ways, hears, and tells what happens.
//
// A Phone is one account on one socket; each Call has its own RTP stream. It stands on the same signalling and
// media as the server, so what it can't tell is whether both misread a standard in the same way: real telephones
// are tested beside it.
package softphone

import (
	"context"
	"crypto/tls"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"time"

	gosip "github.com/emiago/sipgo/sip"

	"dialtone/dtmf"
	"dialtone/media"
	"dialtone/media/g711"
	"dialtone/sip"
)

// Config is what a Phone is made of.
type Config struct {
	Server   string      // host:port, or transport:host:port (udp, tcp, tls); the port is 5060 unless given, 5061 by TLS
	User     string      // the account; also the name in From
	Password string      // empty, and no Secret: challenges are not answered
	Secret   sip.Secret  // in place of the password: its hashes
	Way      dtmf.Way    // how keys are pressed. Tone: telephone-event is not offered
	Laws     []g711.Law  // offered, in this order; default μ-law, A-law
	Ptime    int         // ms that we ask for; default 20
	TLS      *tls.Config // whom the phone believes where it signals by TLS; nil: whom the machine does
	Secrecy  sip.Secrecy // of audio, where it does
	// Incoming is called, on a goroutine of its own, with each call that comes once the phone has registered: it rings it,
	// answers it or hangs it up. nil: calls are refused.
	Incoming func(*Call)
	Log      *slog.Logger
}

// Phone is a telephone. Close it when its calls are over.
type Phone struct {
	config  Config
	server  sip.Hop
	local   netip.Addr
	agent   *sip.Server
	streams *media.Streams
	served  chan error
}

// New opens the phone's socket. The server's name is looked up here, once.
func New(c Config) (*Phone, error) {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if len(c.Laws) == 0 {
		c.Laws = g711.Laws()
	}
	if c.Ptime == 0 {
		c.Ptime = 20
	}
	p := &Phone{config: c, served: make(chan error, 1)}
	var err error
	if p.server, err = Resolve(c.Server); err != nil {
		return nil, err
	}
	if p.local, err = localAddr(p.server.Addr); err != nil {
		return nil, err
	}
	var listen []sip.Listener // by TLS calls come by the phone's own connection
	if p.server.Transport != "tls" {
		listen = []sip.Listener{{Transport: p.server.Transport, Addr: netip.AddrPortFrom(p.local, 0)}}
	}
	p.agent, err = sip.New(sip.Config{
		Listen: listen, Outgoing: c.TLS,
		Trunks: anybody{}, Incoming: p.incoming, UserAgent: "dialtone-softphone", Log: c.Log,
	})
	if err != nil {
		return nil, err
	}
	if err := p.agent.Listen(); err != nil {
		return nil, err
	}
	if p.streams, err = media.Open(media.Config{Ports: media.PortRange{Low: 40000, High: 59999}, Shards: 1, Log: c.Log}); err != nil {
		p.agent.Shutdown(context.Background())
		return nil, err
	}
	go func() { p.served <- p.agent.Serve(context.Background()) }()
	return p, nil
}

// anybody may call a telephone: whoever calls is let in as a trunk.
type anybody struct{}

func (anybody) Match(sip.Arrival) (sip.Trunk, bool) { return sip.Trunk{Name: "server"}, true }

// Knows: whoever sends is welcome.
func (anybody) Knows(netip.AddrPort) bool { return true }

// Register tells the server where the phone is, for as long as expires; it gives what the server granted. Zero
// takes the phone away.
func (p *Phone) Register(ctx context.Context, expires time.Duration) (time.Duration, error) {
	return p.agent.RegisterWith(ctx, p.uri(p.config.User), p.config.User, p.config.Password, expires)
}

// Close ends the phone's calls and gives its sockets back.
func (p *Phone) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	err := p.agent.Shutdown(ctx)
	<-p.served
	if e := p.streams.Close(); err == nil {
		err = e
	}
	return err
}

// from is the phone's own name.
func (p *Phone) from() string { return "sip:" + p.config.User + "@" + p.server.Addr.String() }

// uri is the SIP URI of a user at the phone's server. A user that is a URI already stays as it is.
func (p *Phone) uri(user string) string {
	if isURI(user) {
		return user
	}
	uri := "sip:" + user + "@" + p.server.Addr.String()
	if p.server.Transport != "udp" {
		uri += ";transport=" + p.server.Transport
	}
	return uri
}

// isURI tells a SIP URI from a number.
func isURI(target string) bool {
	return strings.HasPrefix(target, "sip:") || strings.HasPrefix(target, "sips:")
}

// ServerOf is the server that a SIP URI names, as Config has it; "" where the target is a number.
func ServerOf(target string) string {
	var uri gosip.Uri
	if !isURI(target) || gosip.ParseUri(target, &uri) != nil || uri.Host == "" {
		return ""
	}
	server, transport := uri.Host, strings.ToLower(uri.UriParams.GetOr("transport", "udp"))
	if uri.Port > 0 {
		server = net.JoinHostPort(strings.Trim(uri.Host, "[]"), strconv.Itoa(uri.Port))
	}
	if uri.Scheme == "sips" {
		transport = "tls"
	}
	return transport + ":" + server
}

// Resolve reads [transport:]host[:port] and looks the host up.
func Resolve(server string) (at sip.Hop, err error) {
	at.Transport = "udp"
	for _, t := range []string{"udp", "tcp", "tls"} {
		if rest, ok := strings.CutPrefix(server, t+":"); ok {
			at.Transport, server = t, rest
		}
	}
	host, port := server, "5060"
	if at.Transport == "tls" {
		port = "5061"
	}
	if h, p, err := net.SplitHostPort(server); err == nil {
		host, port = h, p
	}
	n, err := strconv.ParseUint(port, 10, 16)
	if err != nil || n == 0 {
		return at, fmt.Errorf("%q is no port of a server (1 to 65535)", port)
	}
	ips, err := net.LookupHost(strings.Trim(host, "[]"))
	if err != nil {
		return at, fmt.Errorf("server %q: %w", server, err)
	}
	ip, err := netip.ParseAddr(ips[0])
	if err != nil {
		return at, fmt.Errorf("server %q: %w", server, err)
	}
	at.Addr = netip.AddrPortFrom(ip, uint16(n))
	return at, nil
}

// localAddr is the address of ours from which the server is reached.
func localAddr(server netip.AddrPort) (netip.Addr, error) {
	conn, err := net.DialUDP("udp", nil, net.UDPAddrFromAddrPort(server)) // sends nothing
	if err != nil {
		return netip.Addr{}, fmt.Errorf("no way to %s: %w", server, err)
	}
	defer conn.Close()
	return conn.LocalAddr().(*net.UDPAddr).AddrPort().Addr().Unmap(), nil
}
