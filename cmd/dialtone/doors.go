package main

import (
	"crypto/tls"
	"encoding/json"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/net/netutil"

	"dialtone/store"
)

// What strangers may take of a web address.
const (
	maxConnections = 2000
	maxHead        = 64 << 10 // bytes of a request's line and headers
	idleTime       = 30 * time.Second
)

// doors are where people and programs come in: HTTP, HTTPS where that is set, and the control socket in the data directory.
type doors struct {
	socket  string
	served  chan<- error // told when a door fails
	servers []*http.Server
}

// openDoors opens the doors; info is what the server says of itself. Those that are open when another one fails are shut again.
func (c serveCommand) openDoors(p parts, plan *dialplanFiles, secure secure, served chan<- error, log *slog.Logger) (info serverInfo, d *doors, err error) {
	d = &doors{socket: filepath.Join(c.Data, socketName), served: served}
	defer func() {
		if err != nil {
			d.Close()
		}
	}()
	info = serverInfo{PID: os.Getpid(), Version: version, Started: time.Now()}
	for _, listener := range p.signalling.Addrs() {
		info.SIP = append(info.SIP, listener.String())
	}
	if info.HTTP, err = d.listen("http", c.HTTP, nil, c.webHandler(p, log)); err != nil {
		return info, d, err
	}
	if c.HTTPS != "" {
		if info.HTTPS, err = d.listen("https", c.HTTPS, secure.listeners, p.rest); err != nil {
			return info, d, err
		}
	}
	control, err := listenControl(c.Data)
	if err != nil {
		return info, d, err
	}
	d.open(control, controlHandler(p, plan, info))
	tellOfTokens(p.store, info, log)
	return info, d, nil
}

// listen opens the door of a flag that says where, by TLS where that is not nil; it gives the address that came of it.
func (d *doors) listen(flag, at string, by *tls.Config, handler http.Handler) (address string, err error) {
	l, err := net.Listen("tcp", at)
	if err != nil {
		return "", fmt.Errorf("--%s %s: %w (another program may hold it; choose another address)", flag, at, err)
	}
	address = l.Addr().String()
	l = netutil.LimitListener(l, maxConnections)
	if by != nil {
		l = tls.NewListener(l, by)
	}
	d.open(l, handler)
	return address, nil
}

func (d *doors) open(l net.Listener, handler http.Handler) {
	server := &http.Server{Handler: handler, ReadHeaderTimeout: 5 * time.Second, IdleTimeout: idleTime, MaxHeaderBytes: maxHead}
	d.servers = append(d.servers, server)
	go func() { d.served <- server.Serve(l) }()
}

// Close shuts the doors.
func (d *doors) Close() {
	for _, server := range d.servers {
		server.Close()
	}
	os.Remove(d.socket)
}

// tellOfTokens says at the start what an operator must know of the REST API's keys.
func tellOfTokens(s *store.Store, info serverInfo, log *slog.Logger) {
	if keys, err := keysOf(s); err == nil && len(keys) == 0 {
		log.Info("REST answers this machine only until there is a key: make one with `dialtone token add NAME`")
	}
	if at, err := netip.ParseAddrPort(info.HTTP); err == nil && !at.Addr().IsLoopback() {
		log.Warn("keys of REST travel in clear on this address: use --https, or a proxy with TLS before an address of this machine", "http", info.HTTP)
	}
}

// webHandler is what is at --http: what the server tells of itself, which needs no key, and the REST API.
func (c serveCommand) webHandler(p parts, log *slog.Logger) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", p.metrics.handler(p, log))
	mux.Handle("GET /events", named(c.HTTP, eventsHandler(p)))
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		json.NewEncoder(w).Encode(map[string]any{"status": "ok", "version": version, "calls": p.calls.Live()})
	})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, pattern := mux.Handler(r); pattern != "" {
			mux.ServeHTTP(w, r)
			return
		}
		p.rest.ServeHTTP(w, r)
	})
}
