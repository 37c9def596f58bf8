package agi

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"strings"
	"time"
)

const (
	defaultPort = "4573"
	dialTime    = 3 * time.Second // for each address
	writeTime   = 5 * time.Second // a program that does not read for so long has failed
)

// tcp is a FastAGI server.
type tcp struct {
	net.Conn
	script string
}

// Dial connects to the FastAGI server of an address, agi://host[:port][/script], or
// of a domain's servers, hagi://domain[/script].
func Dial(ctx context.Context, address string) (Link, error) {
	u, err := url.Parse(address)
	if err != nil {
		return nil, err
	}
	if u.Hostname() == "" {
		return nil, fmt.Errorf("%q names no host: agi://host[:port][/script]", address)
	}
	script := strings.TrimPrefix(address[strings.Index(address, "://")+3:], u.Host)
	link := &tcp{script: strings.TrimPrefix(script, "/")}
	port := u.Port()
	if port == "" {
		port = defaultPort
	}
	hosts := []string{net.JoinHostPort(u.Hostname(), port)}
	if strings.EqualFold(u.Scheme, "hagi") {
		if _, records, err := net.DefaultResolver.LookupSRV(ctx, "agi", "tcp", u.Hostname()); err == nil {
			hosts = nil
			for _, r := range records {
				hosts = append(hosts, net.JoinHostPort(strings.TrimSuffix(r.Target, "."), fmt.Sprint(r.Port)))
			}
		}
	}
	var failed error
	for _, host := range hosts {
		if link.Conn, err = (&net.Dialer{Timeout: dialTime}).DialContext(ctx, "tcp", host); err == nil {
			return link, nil
		}
		failed = errors.Join(failed, err)
	}
	return nil, failed
}

// Write gives up on a program that does not read.
func (t *tcp) Write(p []byte) (int, error) {
	t.SetWriteDeadline(time.Now().Add(writeTime))
	return t.Conn.Write(p)
}

// HangUp writes the line HANGUP.
func (t *tcp) HangUp() { io.WriteString(t, "HANGUP\n") }

// Headers tell that the program is reached by network, and by which name.
func (t *tcp) Headers() []string {
	list := []string{"agi_network: yes"}
	if t.script != "" {
		list = append(list, "agi_network_script: "+t.script)
	}
	return list
}
