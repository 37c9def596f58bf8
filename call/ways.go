package call

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"dialtone/ivr"
	"dialtone/sip"
	"dialtone/store"
)

// Q.850 causes of calls that cannot go out by a trunk.
const (
	causeNoRoute     = 3
	causeNoCircuit   = 34
	causeNetworkDown = 38 // network out of order
)

// WayError says why a call cannot leave by a trunk.
type WayError struct {
	Trunk string
	Cause int // Q.850
	Why   string
}

// Error is a sentence for the log.
func (e *WayError) Error() string { return fmt.Sprintf("no way out by trunk %s: %s", e.Trunk, e.Why) }

// Exit is how a call leaves by a trunk.
type Exit struct {
	Ways     []sip.Target // one for each server, to be tried in this order
	Release  func()       // gives the trunk's place back, when the call is over; may be called again
	NoEarly  bool         // what is heard before the answer is not passed on: the caller hears ringing
	Redirect bool         // the number of a 302 may be called by the same trunk; else it ends the call
}

// Ways gives the servers by which a call can leave by a trunk, those last that have failed lately. number is what is
// called, as the dialplan has it, or a sip: or sips: URI, which the trunk's servers are given to deliver. caller is whom
// the carrier is told, unless Presentation withholds that. The call has a place at the trunk until Release. The error
// is a *WayError.
func (t *Trunks) Ways(name, number string, caller ivr.CallerID) (*Exit, error) {
	r, ok := t.record(name)
	if !ok {
		return nil, &WayError{name, causeNoRoute, "there is no such trunk (`dialtone trunk list` lists them)"}
	}
	release, ok := t.take(&r)
	if !ok {
		return nil, &WayError{name, causeNoCircuit, fmt.Sprintf("it has its %d calls", r.MaxCalls)}
	}
	servers, err := t.hops(&r)
	if err != nil || len(servers) == 0 {
		release()
		if err == nil {
			return nil, &WayError{name, causeNoRoute, "it has no server (`dialtone trunk set " + name + " --server HOST` gives it one)"}
		}
		return nil, &WayError{name, causeNetworkDown, err.Error()}
	}
	out := &Exit{Release: release, NoEarly: r.EarlyMedia == "ring", Redirect: r.Redirect == "follow"}
	login := t.login(&r)
	for _, s := range t.order(name, servers) {
		out.Ways = append(out.Ways, target(&r, login, s, number, caller))
	}
	return out, nil
}

// target is a call by one server.
func target(r *store.Trunk, login sip.Login, s server, number string, caller ivr.CallerID) sip.Target {
	to := number
	if !isURI(number) {
		to = s.uri(outward(r.Numbers, number))
	}
	hop := s.hop
	w := sip.Target{
		URI: to, Hop: &hop, Trunk: r.Name, Name: caller.Name,
		User: login.User, Password: login.Password, Realm: login.Realm,
	}
	if r.Caller.Diversion && caller.RDNIS != "" {
		w.Diversion = sip.Diversion{By: sip.CallerID{User: written(r.Numbers, caller.RDNIS), Host: s.domain()}, Reason: "unconditional"}
	}
	identify(&w, r, s.domain(), caller)
	return w
}

func isURI(number string) bool {
	return strings.HasPrefix(number, "sip:") || strings.HasPrefix(number, "sips:")
}

// identify tells the carrier who calls (RFC 3325, RFC 3323): the header that the record names has the number, From has
// it too unless the carrier wants a name of its own there. Who withholds the number is anonymous in From, and a carrier
// within our trust alone is told, with the wish that it tells nobody.
func identify(w *sip.Target, r *store.Trunk, domain string, caller ivr.CallerID) {
	c := r.Caller
	rules := r.Numbers
	rules.Format = cmp.Or(c.Format, rules.Format)
	number := written(rules, caller.Number)
	hidden := withheld(caller)
	if c.FromDomain != "" {
		domain = c.FromDomain
	}
	user := c.FromUser
	switch {
	case user != "":
	case c.By == "none" || c.By != "from" && r.Account.Register:
		user = r.Account.Registered()
	default:
		user = number
	}
	told := "<" + sip.UserURI(number, domain) + ">"
	if caller.Name != "" && !hidden {
		told = sip.QuotedName(caller.Name) + " " + told
	}
	header := func(name, value string) { w.Headers = append(w.Headers, sip.Header{Name: name, Value: value}) }
	if number != "" && !(hidden && c.Untrusted) {
		switch c.By {
		case "", "pai":
			header("P-Asserted-Identity", told)
		case "ppi":
			header("P-Preferred-Identity", told)
		case "rpid":
			privacy := "off"
			if hidden {
				privacy = "full"
			}
			header("Remote-Party-ID", told+";party=calling;screen=yes;privacy="+privacy)
		}
	}
	if hidden {
		w.Name, w.From = "Anonymous", "sip:anonymous@anonymous.invalid"
		header("Privacy", "id")
		return
	}
	if c.By == "none" {
		w.Name = ""
	}
	if c.FromDomain == "" && r.Account.User == "" {
		w.Caller = user // at our own address
		return
	}
	w.From = sip.UserURI(user, domain)
}

// withheld tells that a caller does not want to be known to the called one.
func withheld(c ivr.CallerID) bool {
	return strings.HasPrefix(c.Presentation, "prohib") || strings.HasPrefix(c.Presentation, "unavail")
}

// follow learns from a call how a server of a trunk fares: one that is overloaded or silent is tried last for a while.
func (t *Trunks) follow(way sip.Target, event sip.Event) {
	if t == nil || way.Trunk == "" || way.Hop == nil {
		return
	}
	switch e := event.(type) {
	case sip.AnsweredEvent:
		t.heard(*way.Hop, 200, 0, time.Now())
	case sip.EndedEvent:
		if e.Status != 0 && e.By != sip.ByServer {
			t.heard(*way.Hop, e.Status, e.RetryAfter, time.Now())
		}
	}
}

// worthAnother tells whether a call that failed with a status is worth trying by the next server, or by the next trunk: the
// answers that speak of the server and not of who is called (RFC 3263 §4.3, RFC 3261 §16.7).
func worthAnother(status int) bool {
	return status == 408 || status == 430 || 500 <= status && status <= 599 && status != 501 && status != 505 && status != 513
}
