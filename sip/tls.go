package sip

import (
	"crypto/tls"
	"net/netip"
	"time"
)

// isSecure tells whether a transport, as Via names it, is TLS or goes over it.
func isSecure(transport string) bool { return transport == "TLS" || transport == "WSS" }

// outgoing is how a connection of ours that the far end must prove to be name is made secure (RFC 5922 §7.1: the
// certificate names the domain or the address that was asked for).
func (s *Server) outgoing(name string) *tls.Config {
	config := s.config.Outgoing.Clone() // of nil, nil
	if config == nil {
		config = new(tls.Config)
	}
	config.ServerName = name
	return config
}

// refuseHandshake notes, now and then, that somebody did not come through the handshake of TLS.
func (s *Server) refuseHandshake(from netip.AddrPort, err error) {
	s.counts.handshakes.Add(1)
	if log, _ := s.failures.allow(time.Now()); log {
		s.log.Warn("TLS handshake failed", "from", from, "error", clip(err.Error(), 200), "so-far", s.counts.handshakes.Load())
	}
}
