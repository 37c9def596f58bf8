package sip

import (
	"time"

	gosip "github.com/emiago/sipgo/sip"
)

// register takes a REGISTER (RFC 3261 §10.3): a challenge at once, or the registrar on a goroutine of its own, as it
// waits for the disk.
func (s *Server) register(req *gosip.Request, f *flow, key transactionKey) {
	if s.config.Bindings == nil {
		s.refuse(req, f, MethodNotAllowed(allow))
		return
	}
	account, refusal := s.guard.phone(req, f.remote, time.Now())
	if refusal != nil {
		s.refuse(req, f, refusal)
		return
	}
	select {
	case s.registering <- struct{}{}:
	default:
		s.refuse(req, f, Unavailable(5*time.Second, "too many registrations at once"))
		return
	}
	t := s.transactions.start(key, req, f)
	if !s.spawn(func() { defer func() { <-s.registering }(); s.bind(req, t, account) }) {
		<-s.registering
	}
}

// bind has the registrar change the bindings and sends its answer.
func (s *Server) bind(req *gosip.Request, t *transaction, account Account) {
	aor := account.User
	source := Source{Transport: lower(t.flow.transport()), Addr: t.flow.remote, Local: t.flow.local}
	headers, refusal := s.registrar.Register(req, account, source, time.Now())
	var res *gosip.Response
	if refusal != nil {
		res = refusal.Response(req, s.guard.tag(req))
		s.log.Info("registration refused", "phone", aor, "remote", t.flow.remote, "status", refusal.Status, "why", refusal.Log)
	} else {
		s.counts.registrations.Add(1)
		res = response(req, 200, "OK", s.guard.tag(req))
		for _, h := range headers {
			res.AppendHeader(h)
		}
		if s.config.UserAgent != "" {
			res.AppendHeader(gosip.NewHeader("Server", s.config.UserAgent))
		}
		res.SetBody(nil)
		s.log.Debug("registration", "phone", aor, "remote", t.flow.remote, "contacts", len(headers))
	}
	if err := t.respond(res); err != nil {
		s.log.Debug("cannot send", "to", t.flow.remote, "error", err)
	}
}

// own tells whether a contact is a socket of this server: an address is the machine's when packets to it leave from it.
func (s *Server) own(host string, port int) bool {
	addr, err := hostAddr(host)
	if err != nil {
		return false
	}
	for _, l := range s.Addrs() {
		if int(l.Addr.Port()) != port || l.Addr.Addr().Is4() != addr.Is4() {
			continue
		}
		if addr == l.Addr.Addr() || addr == s.config.External {
			return true
		}
		if l.Addr.Addr().IsUnspecified() {
			if source, err := s.config.Network.Source(addr); err == nil && source == addr {
				return true
			}
		}
	}
	return false
}
