// Package outside asks other machines by HTTP, those that the operator allows and no others, so that neither a dialplan nor who may
// edit objects makes the server a door into the network that it stands in.
package outside

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"syscall"
	"time"
)

// Hosts tells which hosts may be asked.
type Hosts interface {
	Allow(u *url.URL, setting string) error // why a URL's may not, with the setting that opens hosts
	Names(name, port string) bool           // one that a setting names itself, without a wildcard
}

// Purpose is what hosts are asked for.
type Purpose struct {
	Hosts   Hosts         // who may be asked
	Setting string        // that opens hosts, for errors: "--allow-sound-url"
	Time    time.Duration // in which an answer must begin
	Idle    int           // connections that may wait for the next request
}

// What every request may cost.
const (
	MaxRedirects = 5
	dialTime     = 5 * time.Second // of connecting, and of TLS
)

// Client makes an HTTP client that keeps to a purpose, also after redirects. The address of a host is looked at when it is
// connected to, so that a name cannot lead elsewhere later.
func (p Purpose) Client() *http.Client {
	return &http.Client{
		Transport: &http.Transport{
			DialContext: p.dial, TLSHandshakeTimeout: dialTime, ResponseHeaderTimeout: p.Time, MaxResponseHeaderBytes: 64 << 10,
			IdleConnTimeout: 10 * time.Second, MaxIdleConns: p.Idle, DisableKeepAlives: p.Idle == 0, DisableCompression: true, ForceAttemptHTTP2: true,
		},
		CheckRedirect: func(request *http.Request, via []*http.Request) error {
			if len(via) > MaxRedirects {
				return fmt.Errorf("more than %d redirects", MaxRedirects)
			}
			return p.Allow(request.URL)
		},
	}
}

// Allow tells why a URL may not be asked; nil: it may.
func (p Purpose) Allow(u *url.URL) error { return p.Hosts.Allow(u, p.Setting) }

// dial connects to a host that may be asked, unless its address is a special one.
func (p Purpose) dial(ctx context.Context, network, address string) (net.Conn, error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	named := p.Hosts.Names(host, port)
	dialer := &net.Dialer{Timeout: dialTime, Control: func(_, address string, _ syscall.RawConn) error {
		to, err := netip.ParseAddrPort(address)
		if err == nil && !reachable(to.Addr(), host, named) {
			err = fmt.Errorf("%s is at %s, which is not asked unless %s names it", host, to.Addr(), p.Setting)
		}
		return err
	}}
	return dialer.DialContext(ctx, network, address)
}

// reachable tells whether an address may be connected to for a host. This machine
// is for hosts that are named, not for those of a wildcard; link-local addresses,
// where clouds keep their secrets, must be named themselves.
func reachable(to netip.Addr, host string, named bool) bool {
	to = to.Unmap().WithZone("")
	if literal, err := netip.ParseAddr(host); err == nil && named && literal.Unmap().WithZone("") == to {
		return true
	}
	switch {
	case to.IsLoopback():
		return named
	case to.IsUnspecified(), to.IsMulticast(), to.IsLinkLocalUnicast(), slices.Contains(metadata, to), to == netip.AddrFrom4([4]byte{255, 255, 255, 255}):
		return false
	}
	return true
}

// metadata are addresses of clouds' metadata that are not link-local.
var metadata = []netip.Addr{netip.MustParseAddr("fd00:ec2::254"), netip.MustParseAddr("fd20:ce::254"), netip.MustParseAddr("100.100.100.200")}
