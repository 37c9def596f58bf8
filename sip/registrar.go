package sip

import (
	"cmp"
	"errors"
	"fmt"
	"hash/fnv"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	gosip "github.com/emiago/sipgo/sip"
)

const (
	// MaxContacts is how many contacts an account has at most, unless it says another number, and how many are in one REGISTER.
	MaxContacts = 10

	maxKept        = 2048 // bytes of a contact, a Path or a Call-ID: they stay on disk
	mostContacts   = 100  // of an account, whatever it says
	minExpires     = time.Minute
	maxExpires     = time.Hour
	longestExpires = 24 * time.Hour // whatever an account says
	defaultExpires = time.Hour
	// Registrations that last longer than this are granted up to a tenth less, each another part of it: telephones that
	// came back together after a power cut do not come together for ever.
	spreadFrom = 10 * time.Minute
)

// ContactRules are what holds for the contacts of an account. The zero value is what holds for all that say nothing.
type ContactRules struct {
	Most    int           // at once, up to 100; 0: MaxContacts; negative: none may be registered
	Refuse  bool          // one more than Most is refused with 403; else it takes the place of the oldest
	Default time.Duration // of a registration that does not say for how long; 0: an hour
	Min     time.Duration // a shorter registration is refused with 423; 0: a minute
	Max     time.Duration // of a longer one no more is granted, up to a day; 0: an hour
	Qualify time.Duration // from one OPTIONS to a contact to the next; 0: Config.Qualify; negative: none are sent
}

// complete gives the rules with what those of all say where they say nothing.
func (r ContactRules) complete() ContactRules {
	r.Most = min(cmp.Or(r.Most, MaxContacts), mostContacts)
	r.Min = cmp.Or(r.Min, minExpires)
	r.Max = max(min(cmp.Or(r.Max, maxExpires), longestExpires), r.Min)
	r.Default = min(max(cmp.Or(r.Default, defaultExpires), r.Min), r.Max)
	return r
}

// Registrar keeps who is where (RFC 3261 §10.3). It has no state but its Bindings, and is told the time.
type Registrar struct {
	Bindings Bindings
	// Own tells whether a contact is a socket of this server: a call to it would come back for ever. nil: none is.
	Own func(host string, port int) bool
	// Saved is told what the bindings of an AOR are after a change, in the order of the changes; nil: nobody is.
	Saved func(aor string, bindings []Binding)

	locks [64]sync.Mutex // by AOR: what is loaded is saved before it is loaded again
}

// Register does what a REGISTER asks for the account whose credentials it had, and gives the headers of the 200:
// every contact with the seconds it has left. A Refusal leaves all bindings as they were.
//
// It waits for the disk when something changed.
func (r *Registrar) Register(req *gosip.Request, account Account, from Source, now time.Time) ([]gosip.Header, *Refusal) {
	aor := account.User
	if user := unescapeUser(req.To().Address.User); user != aor && (user == "" || user != account.Alias) {
		return nil, Forbidden(fmt.Sprintf("user %q registers for %q", aor, clip(user, 60)))
	}
	asked, refusal := r.asked(req, account.Contacts.complete(), from, now)
	if refusal != nil {
		return nil, refusal
	}
	lock := r.lock(aor)
	lock.Lock()
	defer lock.Unlock()
	stored, err := r.Bindings.Load(aor)
	if err != nil {
		return nil, Unavailable(10*time.Second, fmt.Sprintf("cannot load the bindings of %s: %v", aor, err))
	}
	bindings := Alive(stored, now)
	if bindings, refusal = asked.apply(bindings); refusal != nil {
		return nil, refusal
	}
	if asked.changes() {
		if err := r.Bindings.Save(aor, bindings); err != nil {
			return nil, Unavailable(10*time.Second, fmt.Sprintf("cannot save the bindings of %s: %v", aor, err))
		}
		if r.Saved != nil {
			r.Saved(aor, bindings)
		}
	}
	headers := make([]gosip.Header, 0, len(bindings)+len(asked.path))
	for _, b := range bindings {
		// A header of the parser's kind would write the URI its own way; this one says what the telephone said.
		headers = append(headers, gosip.NewHeader("Contact", "<"+b.Contact+">"+b.Params+";expires="+seconds(b.Expires.Sub(now))))
	}
	for _, path := range asked.path {
		headers = append(headers, gosip.NewHeader("Path", path)) // RFC 3327 §5.3
	}
	if asked.flows {
		headers = append(headers, gosip.NewHeader("Require", "outbound")) // RFC 5626 §6
	}
	return headers, nil
}

// Alive gives the bindings that have not expired, in their order. The slice is a new one.
func Alive(bindings []Binding, now time.Time) []Binding {
	alive := make([]Binding, 0, len(bindings)+1)
	for _, b := range bindings {
		if b.Expires.After(now) {
			alive = append(alive, b)
		}
	}
	return alive
}

func (r *Registrar) lock(aor string) *sync.Mutex {
	h := fnv.New32a()
	h.Write([]byte(aor))
	return &r.locks[h.Sum32()%uint32(len(r.locks))]
}

// registering is what a REGISTER asks for.
type registering struct {
	rules    ContactRules
	callID   string
	seq      uint32
	all      bool // Contact: *, remove all
	contacts []contact
	path     []string
	flows    bool // it registers a flow (RFC 5626)
}

// contact is one contact of a REGISTER.
type contact struct {
	Binding
	uri   gosip.Uri
	lasts time.Duration // 0: it is to be removed
}

func (a *registering) changes() bool { return a.all || len(a.contacts) > 0 }

// asked reads a REGISTER.
func (r *Registrar) asked(req *gosip.Request, rules ContactRules, from Source, now time.Time) (*registering, *Refusal) {
	a := &registering{rules: rules, callID: string(*req.CallID()), seq: req.CSeq().SeqNo}
	if len(a.callID) > maxKept {
		return nil, badRequest("a Call-ID that is too long to keep", "a Call-ID of %d bytes", len(a.callID))
	}
	if supports(req, "path") {
		if a.path = pathOf(req); len(strings.Join(a.path, "")) > maxKept {
			return nil, BadRequest("a Path that is too long to keep")
		}
	}
	headerExpires, stated := rules.Default, false
	if h := req.GetHeader("Expires"); h != nil {
		headerExpires, stated = parseExpires(h.Value(), rules.Default), true
	}
	agent := ""
	if h := req.GetHeader("User-Agent"); h != nil {
		agent = clip(displayName(h.Value()), 200)
	}
	count := 0
	for _, h := range req.Headers() {
		h, ok := h.(*gosip.ContactHeader)
		if !ok {
			continue
		}
		if count++; count > MaxContacts {
			return nil, Forbidden(fmt.Sprintf("more than %d contacts in one REGISTER", MaxContacts))
		}
		if h.Address.Wildcard {
			a.all = true
			continue
		}
		c, refusal := r.contact(h, headerExpires, rules)
		if refusal != nil {
			return nil, refusal
		}
		c.CallID, c.CSeq, c.Path, c.Source, c.UserAgent = a.callID, a.seq, a.path, from, agent
		c.Expires = now.Add(a.spread(c.Contact, c.lasts))
		a.contacts = append(a.contacts, c)
		a.flows = a.flows || c.Instance != "" && c.RegID > 0
	}
	a.flows = a.flows && supports(req, "outbound") && keepsFlows(req, a.path)
	// RFC 3261 §10.3 step 6
	if a.all && (count > 1 || !stated || headerExpires != 0) {
		return nil, BadRequest("Contact * goes alone and with Expires 0")
	}
	return a, nil
}

// keepsFlows tells whether a request that goes back the way a REGISTER came reaches the telephone: it comes from that itself, or by a
// proxy that says so by ;ob in its Path (RFC 5626 §5.1). Where none says it, the registration is an ordinary one; it is not
// refused with 439, as many a telephone would then not register at all.
func keepsFlows(req *gosip.Request, path []string) bool {
	if len(req.GetHeaders("Via")) == 1 {
		return true
	}
	return slices.ContainsFunc(path, func(hop string) bool {
		var uri gosip.Uri
		return gosip.ParseUri(uriOf(hop), &uri) == nil && uri.UriParams.Has("ob")
	})
}

// contact reads one Contact. expires is how long it is to last, unless it says so itself.
func (r *Registrar) contact(h *gosip.ContactHeader, expires time.Duration, rules ContactRules) (contact, *Refusal) {
	var c contact
	uri := h.Address
	if uri.Scheme != "sip" && uri.Scheme != "sips" || !isHost(uri.Host) || uri.Port < 0 || uri.Port > 65535 {
		return c, BadRequest("a Contact that is no SIP URI")
	}
	port := uri.Port
	if port == 0 {
		port = 5060
	}
	if r.Own != nil && r.Own(uri.Host, port) {
		return c, Forbidden("a Contact that is this server: " + clip(uri.Host, 60))
	}
	c.uri, c.Contact = uri, uri.String()
	var params strings.Builder
	for _, p := range h.Params {
		switch strings.ToLower(p.K) {
		case "expires":
			expires = parseExpires(p.V, rules.Default)
			continue
		case "+sip.instance":
			c.Instance = strings.Trim(p.V, `"<>`)
		case "reg-id":
			if n, err := strconv.ParseUint(p.V, 10, 31); err == nil {
				c.RegID = int(n)
			}
		}
		params.WriteString(";" + p.K)
		if p.V != "" {
			params.WriteString("=" + p.V)
		}
	}
	c.Params = params.String()
	if len(c.Contact)+len(c.Params) > maxKept {
		return c, BadRequest("a Contact that is too long to keep")
	}
	if expires > 0 && expires < rules.Min {
		return c, IntervalTooBrief(rules.Min)
	}
	c.lasts = min(expires, rules.Max)
	return c, nil
}

// spread shortens a long registration by up to a tenth; the same request always by as much.
func (a *registering) spread(contact string, lasts time.Duration) time.Duration {
	if lasts < spreadFrom {
		return lasts
	}
	h := fnv.New32a()
	fmt.Fprintf(h, "%s %s %d", contact, a.callID, a.seq)
	return (lasts - lasts/10*time.Duration(h.Sum32()%1000)/1000).Truncate(time.Second)
}

// apply gives the bindings as they are after the request (RFC 3261 §10.3 steps 6 and 7), the newest last.
func (a *registering) apply(bindings []Binding) ([]Binding, *Refusal) {
	var added []Binding
	for _, b := range bindings {
		if a.all && a.outdated(b) {
			return nil, ServerError("Contact * with an old CSeq")
		}
	}
	if a.all {
		return nil, nil
	}
	for _, c := range a.contacts {
		for i := 0; i < len(bindings); i++ {
			if !c.renews(bindings[i]) {
				continue
			}
			if a.outdated(bindings[i]) {
				return nil, ServerError("a Contact with an old CSeq")
			}
			bindings = slices.Delete(bindings, i, i+1)
			i--
		}
		added = slices.DeleteFunc(added, c.renews) // it was named twice
		if c.lasts > 0 {
			added = append(added, c.Binding)
		}
	}
	if over := len(bindings) + len(added) - a.rules.Most; len(added) > 0 && over > 0 && (a.rules.Refuse || a.rules.Most < 0) {
		return nil, Forbidden(fmt.Sprintf("more than the %d contacts that the account may have", max(0, a.rules.Most)))
	}
	bindings = append(bindings, added...)
	return bindings[max(0, len(bindings)-max(0, a.rules.Most)):], nil
}

// outdated tells whether a binding is as new as the request, or newer: from the same telephone, whose CSeq only rises.
func (a *registering) outdated(b Binding) bool { return b.CallID == a.callID && a.seq <= b.CSeq }

// renews tells whether a contact takes the place of a binding: it is the same instance and flow (RFC 5626 §6), which
// has perhaps another address after a power cut, or the same URI.
func (c *contact) renews(b Binding) bool {
	if c.Instance != "" && c.Instance == b.Instance && c.RegID == b.RegID {
		return true
	}
	var uri gosip.Uri
	return gosip.ParseUri(b.Contact, &uri) == nil && SameURI(&uri, &c.uri)
}

// parseExpires reads delta-seconds (RFC 3261 §20.19): what is malformed counts as if it were not there, what is too large as the
// largest.
func parseExpires(text string, otherwise time.Duration) time.Duration {
	n, err := strconv.ParseUint(strings.Trim(strings.TrimSpace(text), `"`), 10, 32)
	switch {
	case errors.Is(err, strconv.ErrRange):
		return longestExpires
	case err != nil:
		return otherwise
	}
	return time.Duration(n) * time.Second
}

// pathOf gives the Path of a REGISTER, the nearest hop first.
func pathOf(req *gosip.Request) []string {
	var path []string
	for _, h := range req.Headers() {
		if !strings.EqualFold(h.Name(), "Path") {
			continue
		}
		for _, hop := range splitList(h.Value()) {
			if hop != "" && !controls(hop) && len(path) < 16 {
				path = append(path, hop)
			}
		}
	}
	return path
}
