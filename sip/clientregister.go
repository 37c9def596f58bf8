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

// of is the registration of a Contact at a URI.
func (r *registrations) of(uri, contact string) *registration {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.all == nil {
		r.all = make(map[string]*registration)
	}
	key := uri + " " + contact
	if r.all[key] == nil {
		r.all[key] = &registration{callID: newTag()}
	}
	return r.all[key]
}

// Registration is what we register with somebody else.
type Registration struct {
	URI     string        // the AOR: sip:1000@example.com;transport=tcp; its host is the registrar
	Hop     *Hop          // where that is, if it was resolved; nil: it will be
	Login   Login         // for challenges; its Realm becomes the one that was answered
	Contact string        // user part of our Contact; empty: the AOR's
	Line    string        // its parameter line, which calls name (Arrival.Line); empty: none
	Expires time.Duration // for how long; 0 takes us away
}

// RegisterWith registers us at the registrar of a URI for its user, see Register.
func (s *Server) RegisterWith(ctx context.Context, uri, user, password string, expires time.Duration) (time.Duration, error) {
	return s.Register(ctx, &Registration{URI: uri, Login: Login{User: user, Password: password}, Expires: expires})
}

// Register registers us and gives for how long. A refusal is a *StatusError; ErrNoAnswer is in the chain when nobody
// answered.
func (s *Server) Register(ctx context.Context, what *Registration) (time.Duration, error) {
	var aor gosip.Uri
	if err := gosip.ParseUri(what.URI, &aor); err != nil {
		return 0, fmt.Errorf("%q is no URI to register: %w", what.URI, err)
	}
	f, err := s.flowFor(ctx, &Target{Hop: what.Hop}, &aor)
	if err != nil {
		return 0, err
	}
	if aor.User == "" {
		aor.User = escapeUser(what.Login.User)
	}
	r := s.registered.of(aor.String(), what.Contact)
	r.mu.Lock()
	defer r.mu.Unlock()
	seconds := int(what.Expires / time.Second)
	tag := newTag()
	var challenge *gosip.Response
	for try := 0; ; try++ {
		req := s.registerRequest(r, what, &aor, f, tag, seconds)
		if challenge != nil {
			if err := what.Login.Answer(req, challenge); err != nil {
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
		case try < 3 && (res.StatusCode == 401 || res.StatusCode == 407) && what.Login.User != "" && (challenge == nil || stale(res)):
			challenge = res
		case try < 3 && res.StatusCode == 423:
			n, err := strconv.Atoi(headerValue(res, "Min-Expires"))
			if err != nil || n <= seconds {
				return 0, statusError(res)
			}
			seconds = n
		default:
			return 0, statusError(res)
		}
	}
}

func (s *Server) registerRequest(r *registration, what *Registration, aor *gosip.Uri, f *flow, tag string, seconds int) *gosip.Request {
	registrar := gosip.Uri{Scheme: aor.Scheme, Host: aor.Host, Port: aor.Port, UriParams: aor.UriParams}
	named := gosip.Uri{Scheme: aor.Scheme, User: aor.User, Host: aor.Host, Port: aor.Port}
	at := s.reachedAt(f)
	contact := gosip.Uri{Scheme: aor.Scheme, User: aor.User, Host: hostOf(at.Addr()), Port: int(at.Port())}
	if what.Contact != "" {
		contact.User = escapeUser(what.Contact)
	}
	if f.stream != nil {
		contact.UriParams = append(contact.UriParams, gosip.HeaderKV{K: "transport", V: lower(f.transport())})
	}
	if what.Line != "" {
		contact.UriParams = append(contact.UriParams, gosip.HeaderKV{K: lineParam, V: what.Line})
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
