package sip

import (
	"fmt"
	"hash/fnv"
	"slices"
	"strings"
	"time"

	gosip "github.com/emiago/sipgo/sip"
)

// Lamps knows what the extensions are doing that phones have keys for.
type Lamps interface {
	// Lamp is what a key of a phone shows for an extension, a number as dialled; false: there is nothing to show.
	Lamp(phone, exten string) (Lamp, bool)
	// Watch has changed called when that may be something else, until stop is called. changed does not wait.
	Watch(phone, exten string, changed func()) (stop func())
}

const (
	maxSubscriptions      = 50_000 // in all
	maxPhoneSubscriptions = 200    // of one phone: its keys, and those of modules beside it; then its oldest ends
	minSubscription       = time.Minute
	// maxSubscription is how long lamps may be wrong after a restart of the server, of which no telephone is told.
	maxSubscription = 30 * time.Minute
)

// subscribe takes a SUBSCRIBE outside of dialogs. Only phones may subscribe.
func (s *Server) subscribe(req *gosip.Request, f *flow, key transactionKey) {
	account, refusal := s.guard.phone(req, f.remote, time.Now())
	if refusal != nil {
		s.refuse(req, f, refusal)
		return
	}
	sub, lasts, refusal := s.subscribed(req, f, account.User)
	if refusal != nil {
		s.log.Info("subscription refused", "phone", account.User, "event", clip(eventOf(req), 60), "extension", clip(CalledOf(req), 60), "status", refusal.Status, "why", refusal.Log)
		s.refuse(req, f, refusal)
		return
	}
	t := s.transactions.start(key, req, f)
	if lasts > 0 && !s.subscriptions.add(sub) {
		s.transactions.abandon(t)
		s.refuse(req, f, Unavailable(time.Minute, fmt.Sprintf("%d subscriptions", maxSubscriptions)))
		return
	}
	if lasts > 0 && sub.kind.ofExtension {
		stop := s.config.Lamps.Watch(sub.phone, sub.exten, func() { s.spawn(func() { sub.notify(false) }) })
		sub.mu.Lock()
		sub.stop = stop
		sub.mu.Unlock()
	}
	s.log.Debug("subscription", "phone", sub.phone, "event", sub.event, "extension", sub.exten, "lasts", lasts, "remote", f.remote)
	sub.grant(req, t, lasts)
}

// subscribed reads a SUBSCRIBE that begins a subscription, and says how long that is to last; 0: its state is only to be told.
func (s *Server) subscribed(req *gosip.Request, f *flow, phone string) (*subscription, time.Duration, *Refusal) {
	kind, refusal := packageOf(req)
	if refusal != nil {
		return nil, 0, refusal
	}
	contact := req.Contact()
	if contact == nil || contact.Address.Wildcard || !isHost(contact.Address.Host) {
		return nil, 0, BadRequest("no Contact")
	}
	lasts, refusal := subscriptionTime(req)
	if refusal != nil {
		return nil, 0, refusal
	}
	sub := &subscription{
		table: s.subscriptions, phone: phone, exten: CalledOf(req), kind: kind, event: headerText(req, "Event", "o"), flow: *f,
	}
	if kind.ofExtension {
		if s.config.Lamps == nil {
			return nil, 0, NotFound("there is nothing to watch")
		}
		if _, ok := s.config.Lamps.Lamp(phone, sub.exten); !ok {
			return nil, 0, NotFound(fmt.Sprintf("extension %q has no hint in the phone's context", clip(sub.exten, 60)))
		}
	}
	tag := newTag()
	sub.key = legKey{req.CallID().Value(), tag}
	sub.entity = (&gosip.Uri{Scheme: "sip", User: escapeUser(sub.exten), Host: req.Recipient.Host}).String()
	sub.telephone = f.remote.String() + " " + contact.Address.String()
	sub.dialog = accept(req, f, tag, f.uri(req.Recipient.Scheme, sub.exten, s.reachedAt(f)))
	return sub, lasts, nil
}

// packageOf finds what a SUBSCRIBE wants to be told (RFC 6665 §4.2.1).
func packageOf(req *gosip.Request) (*eventPackage, *Refusal) {
	name := eventOf(req)
	i := slices.IndexFunc(eventPackages, func(p *eventPackage) bool { return strings.EqualFold(p.name, name) })
	if i < 0 {
		return nil, Refuse(489, fmt.Sprintf("event %q", clip(name, 60)), gosip.NewHeader("Allow-Events", allowEvents))
	}
	kind := eventPackages[i]
	if event := headerText(req, "Event", "o"); len(event) > 200 || controls(event) {
		return nil, BadRequest("a malformed Event")
	}
	if !accepted(req, kind.media) {
		return nil, Refuse(406, "Accept excludes "+kind.media, gosip.NewHeader("Accept", kind.media))
	}
	return kind, nil
}

// subscriptionTime is for how long a SUBSCRIBE is granted: a tenth less of a long one, each another part of that, so that phones
// which came back together do not stay together.
func subscriptionTime(req *gosip.Request) (time.Duration, *Refusal) {
	lasts := maxSubscription
	if h := req.GetHeader("Expires"); h != nil {
		lasts = min(parseExpires(h.Value(), defaultExpires), maxSubscription)
	}
	if 0 < lasts && lasts < minSubscription {
		return 0, IntervalTooBrief(minSubscription)
	}
	if lasts < spreadFrom {
		return lasts, nil
	}
	h := fnv.New32a()
	fmt.Fprintf(h, "%s %d", req.CallID().Value(), req.CSeq().SeqNo)
	return (lasts - lasts/10*time.Duration(h.Sum32()%1000)/1000).Truncate(time.Second), nil
}

// resubscribe takes a SUBSCRIBE in a dialog: a refresh, or the end (RFC 6665 §4.2.1.2). It must have the digest of the phone
// that has subscribed.
func (s *Server) resubscribe(req *gosip.Request, f *flow, key transactionKey, tag string) {
	sub := s.subscriptions.get(legKey{req.CallID().Value(), tag})
	if sub == nil || sub.dialog.RemoteTag != tagOf(req.From().Params) {
		s.reply(req, f, 481, "Call/Transaction Does Not Exist")
		return
	}
	account, refusal := s.guard.phone(req, f.remote, time.Now())
	if refusal == nil && account.User != sub.phone {
		refusal = Forbidden(fmt.Sprintf("phone %s refreshes a subscription of %s", account.User, sub.phone))
	}
	lasts := time.Duration(0)
	if refusal == nil {
		lasts, refusal = subscriptionTime(req)
	}
	if refusal == nil && !sub.receive(req, f) {
		refusal = ServerError("a SUBSCRIBE with an old CSeq")
	}
	if refusal != nil {
		s.refuse(req, f, refusal)
		return
	}
	sub.grant(req, s.transactions.start(key, req, f), lasts)
}
