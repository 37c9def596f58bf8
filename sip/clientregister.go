package sip

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"

	gosip "github.com/emiago/sipgo/sip"
)

// lineParam is the URI parameter of a Contact that tells calls of one registration from others.
const lineParam = "line"

// registrations are ours with others: each keeps its Call-ID and counts its CSeq (RFC 3261 §10.2).
type registrations struct {
	mu  sync.Mutex
	all map[string]*registration
}

type registration struct {
	mu     sync.Mutex // held while a REGISTER is under way: one at a time (RFC 3261 §10.2)
	callID string
	seq    uint32
}

// of is the registration of a URI.
func (r *registrations) of(uri string) *registration {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.all == nil {
		r.all = make(map[string]*registration)
	}
	if r.all[uri] == nil {
		r.all[uri] = &registration{callID: newTag()}
	}
	return r.all[uri]
}

// RegisterWith registers us at the registrar of a URI (sip:1000@192.0.2.1;transport=tcp) for its user, and gives for how
// long. expires 0 takes us away. A challenge is answered with user and password. A refusal is a *StatusError.
func (s *Server) RegisterWith(ctx context.Context, uri, user, password string, expires time.Duration) (time.Duration, error) {
	var aor gosip.Uri
	if err := gosip.ParseUri(uri, &aor); err != nil {
		return 0, fmt.Errorf("%q is no URI to register: %w", uri, err)
	}
	f, err := s.flowTo(ctx, &aor)
	if err != nil {
		return 0, err
	}
	if aor.User == "" {
		aor.User = escapeUser(user)
	}
	r := s.registered.of(aor.String())
	r.mu.Lock()
	defer r.mu.Unlock()
	seconds := int(expires / time.Second)
	tag := newTag()
	var challenge *gosip.Response
	login := Login{User: user, Password: password}
	for try := 0; ; try++ {
		req := s.registerRequest(r, &aor, f, tag, seconds)
		if challenge != nil {
			if err := login.Answer(req, challenge); err != nil {
				return 0, err
			}
		}
		res, err := s.exchange(ctx, req, f)
		if err != nil {
			return 0, fmt.Errorf("register %s: %w", aor.String(), err)
		}
		switch {
		case res.IsSuccess():
			return granted(res, req.Contact(), seconds), nil
		case try < 3 && (res.StatusCode == 401 || res.StatusCode == 407) && user != "" && (challenge == nil || stale(res)):
			challenge = res
		case try < 3 && res.StatusCode == 423:
			n, err := strconv.Atoi(headerValue(res, "Min-Expires"))
			if err != nil || n <= seconds {
				return 0, &StatusError{res.StatusCode, res.Reason}
			}
			seconds = n
		default:
			return 0, &StatusError{res.StatusCode, res.Reason}
		}
	}
}

func (s *Server) registerRequest(r *registration, aor *gosip.Uri, f *flow, tag string, seconds int) *gosip.Request {
	registrar := gosip.Uri{Scheme: "sip", Host: aor.Host, Port: aor.Port, UriParams: aor.UriParams}
	named := gosip.Uri{Scheme: "sip", User: aor.User, Host: aor.Host, Port: aor.Port}
	at := s.reachedAt(f)
	contact := gosip.Uri{Scheme: "sip", User: aor.User, Host: hostOf(at.Addr()), Port: int(at.Port())}
	if f.stream != nil {
		contact.UriParams = gosip.HeaderParams{{K: "transport", V: lower(f.transport())}}
	}
	r.seq++
	req := gosip.NewRequest(gosip.REGISTER, registrar)
	req.AppendHeader(s.newVia(f))
	req.AppendHeader(maxForwards())
	req.AppendHeader(&gosip.FromHeader{Address: named, Params: gosip.HeaderParams{{K: "tag", V: tag}}})
	req.AppendHeader(&gosip.ToHeader{Address: named})
	id := gosip.CallIDHeader(r.callID)
	req.AppendHeader(&id)
	req.AppendHeader(&gosip.CSeqHeader{SeqNo: r.seq, MethodName: gosip.REGISTER})
	req.AppendHeader(&gosip.ContactHeader{Address: contact})
	req.AppendHeader(gosip.NewHeader("Expires", strconv.Itoa(seconds)))
	if s.config.UserAgent != "" {
		req.AppendHeader(gosip.NewHeader("User-Agent", s.config.UserAgent))
	}
	req.SetBody(nil)
	return req
}

// granted is for how long a 200 has registered the contact (RFC 3261 §10.2.4): its own expires, or the Expires header.
func granted(res *gosip.Response, ours *gosip.ContactHeader, asked int) time.Duration {
	seconds := asked
	if n, err := strconv.Atoi(headerValue(res, "Expires")); err == nil {
		seconds = n
	}
	for _, h := range res.Headers() {
		contact, ok := h.(*gosip.ContactHeader)
		if !ok || contact.Address.User != ours.Address.User || contact.Address.Host != ours.Address.Host || contact.Address.Port != ours.Address.Port {
			continue
		}
		if text, ok := contact.Params.Get("expires"); ok {
			if n, err := strconv.Atoi(text); err == nil {
				seconds = n
			}
		}
	}
	return time.Duration(seconds) * time.Second
}

// stale tells whether a challenge only wants a newer nonce (RFC 7616 §3.3).
func stale(res *gosip.Response) bool {
	for _, name := range []string{"WWW-Authenticate", "Proxy-Authenticate"} {
		for _, h := range res.GetHeaders(name) {
			text := strings.ReplaceAll(strings.ToLower(h.Value()), " ", "")
			if strings.Contains(text, "stale=true") || strings.Contains(text, `stale="true"`) {
				return true
			}
		}
	}
	return false
}

func headerValue(res *gosip.Response, name string) string {
	if h := res.GetHeader(name); h != nil {
		return strings.TrimSpace(h.Value())
	}
	return ""
}
