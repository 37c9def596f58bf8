package sip

import (
	"net/netip"
	"slices"
	"strings"

	gosip "github.com/emiago/sipgo/sip"
)

// Dialog is what both sides of a call know of each other (RFC 3261 §12): a value without pointers to the living, kept
// in the journal as JSON. Its only writer is what the leg's mailbox holds.
type Dialog struct {
	CallID    string `json:"callID"`
	LocalTag  string `json:"localTag"`
	RemoteTag string `json:"remoteTag"`
	// LocalURI and RemoteURI are From and To without tags: "Anna" <sip:1000@example.com>.
	LocalURI  string `json:"localURI"`
	RemoteURI string `json:"remoteURI"`
	LocalSeq  uint32 `json:"localSeq"`  // of our last request
	RemoteSeq uint32 `json:"remoteSeq"` // of the far side's last request
	// LocalTarget and RemoteTarget are the Contact URIs.
	LocalTarget  string   `json:"localTarget"`
	RemoteTarget string   `json:"remoteTarget"`
	RouteSet     []string `json:"routeSet,omitempty"` // in the order in which our requests carry it
	Transport    string   `json:"transport"`          // as in Listener
	// Local is our socket, Remote the place where the far side's requests really come from: behind NAT, where its
	// Contact cannot be reached, ours go there.
	Local     netip.AddrPort `json:"local"`
	Remote    netip.AddrPort `json:"remote"`
	Caller    bool           `json:"caller"` // we sent the INVITE: the Call-ID is ours (RFC 3261 §14.1)
	Session   Session        `json:"session,omitzero"`
	Confirmed bool           `json:"confirmed"` // a 2xx was sent or received; before, the dialog is early
}

// accept makes the dialog of an INVITE that came (RFC 3261 §12.1.1). tag is ours.
func accept(req *gosip.Request, f *flow, tag, target string) Dialog {
	from, to := req.From(), req.To()
	d := Dialog{
		CallID: req.CallID().Value(), LocalTag: tag, RemoteTag: tagOf(from.Params),
		LocalURI: nameAddr(to.DisplayName, &to.Address), RemoteURI: nameAddr(from.DisplayName, &from.Address),
		RemoteSeq: req.CSeq().SeqNo, LocalTarget: target,
		Transport: strings.ToLower(f.transport()), Local: f.local, Remote: f.remote,
	}
	for _, h := range req.Headers() {
		if route, ok := h.(*gosip.RecordRouteHeader); ok {
			d.RouteSet = append(d.RouteSet, route.Address.String())
		}
	}
	d.refresh(req, f)
	return d
}

// establish completes the dialog of our INVITE by an answer with a To tag (RFC 3261 §12.1.2).
func (d *Dialog) establish(res *gosip.Response) {
	d.RemoteTag = tagOf(res.To().Params)
	d.RouteSet = nil
	for _, h := range res.Headers() {
		if route, ok := h.(*gosip.RecordRouteHeader); ok {
			d.RouteSet = append(d.RouteSet, route.Address.String())
		}
	}
	slices.Reverse(d.RouteSet)
	if contact := res.Contact(); contact != nil && !contact.Address.Wildcard {
		d.RemoteTarget = contact.Address.String()
	}
	d.Confirmed = res.IsSuccess()
}

// refresh takes the remote target of a target refresh request (RFC 3261 §12.2.2), and where it came from.
func (d *Dialog) refresh(req *gosip.Request, f *flow) {
	if contact := req.Contact(); contact != nil && !contact.Address.Wildcard {
		d.RemoteTarget = contact.Address.String()
	}
	d.Remote = f.remote
}

// Receive takes the CSeq of a request in the dialog: false when one with a higher number came before, which is
// answered 500 (RFC 3261 §12.2.2). ACK and CANCEL have their INVITE's number and are not asked about.
func (d *Dialog) Receive(seq uint32) bool {
	if seq < d.RemoteSeq {
		return false
	}
	d.RemoteSeq = seq
	return true
}

// Request makes the next request in the dialog (RFC 3261 §12.2.1.1), but for its Via. An ACK takes the number of the
// last INVITE from its caller.
func (d *Dialog) Request(method gosip.RequestMethod) (*gosip.Request, error) {
	var target gosip.Uri
	if err := gosip.ParseUri(d.RemoteTarget, &target); err != nil {
		return nil, err
	}
	routes := make([]gosip.Uri, len(d.RouteSet))
	for i, text := range d.RouteSet {
		if err := gosip.ParseUri(text, &routes[i]); err != nil {
			return nil, err
		}
	}
	if len(routes) > 0 && !routes[0].UriParams.Has("lr") {
		// RFC 2543 strict routing: the first route is the request's URI, the target the last route.
		routes = append(routes[1:], target)
		target = gosip.Uri{}
		if err := gosip.ParseUri(d.RouteSet[0], &target); err != nil {
			return nil, err
		}
	}
	req := gosip.NewRequest(method, target)
	for _, route := range routes {
		req.AppendHeader(&gosip.RouteHeader{Address: route})
	}
	req.AppendHeader(maxForwards())
	req.AppendHeader(gosip.NewHeader("From", withTag(d.LocalURI, d.LocalTag)))
	req.AppendHeader(gosip.NewHeader("To", withTag(d.RemoteURI, d.RemoteTag)))
	id := gosip.CallIDHeader(d.CallID)
	req.AppendHeader(&id)
	if method != gosip.ACK && method != gosip.CANCEL {
		d.LocalSeq++
	}
	req.AppendHeader(&gosip.CSeqHeader{SeqNo: d.LocalSeq, MethodName: method})
	return req, nil
}

// hop is where a request of the dialog goes: the first route, or the address from which the far side's requests
// came. A trunk's Contact is believed, as it is a host that others can reach; a phone's is not.
func (d *Dialog) hop(trunk bool) (host string, port int) {
	var uri gosip.Uri
	if len(d.RouteSet) > 0 {
		if gosip.ParseUri(d.RouteSet[0], &uri) == nil && uri.Host != "" {
			return uri.Host, uri.Port
		}
	}
	if (trunk || !d.Remote.IsValid()) && gosip.ParseUri(d.RemoteTarget, &uri) == nil {
		addr, err := netip.ParseAddr(strings.Trim(uri.Host, "[]"))
		if err == nil && (!addr.IsPrivate() && !addr.IsLoopback() && !addr.IsUnspecified() || !d.Remote.IsValid()) {
			return uri.Host, uri.Port
		}
	}
	return d.Remote.Addr().String(), int(d.Remote.Port())
}

func withTag(nameAddr, tag string) string {
	if tag == "" {
		return nameAddr
	}
	return nameAddr + ";tag=" + tag
}
