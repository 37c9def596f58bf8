package sip

import (
	"slices"
	"strings"

	gosip "github.com/emiago/sipgo/sip"
)

// Validate looks for what sipgo's parser lets through and RFC 3261 §8.2 does not: headers that are missing or there
// twice, a CSeq of another method, an unknown version or URI scheme, extensions that are required and not served, an Accept
// that excludes every answer. nil means that the request may be worked on: From, To, Call-ID, CSeq and a Via are there.
//
// It also takes the white space away that the parser leaves around the names and values of parameters and around
// CSeq's method, so that a tag is found when it was written " tag = x".
//
// An ACK is never answered: its Refusal says only that it is no good.
func Validate(req *gosip.Request) *Refusal {
	if !strings.EqualFold(req.SipVersion, "SIP/2.0") {
		return BadVersion("version " + clip(req.SipVersion, 20))
	}
	counts, refusal := countHeaders(req)
	if refusal != nil {
		return refusal
	}
	if refusal := wellFormed(req); refusal != nil {
		return refusal
	}
	if refusal := served(req.Method); refusal != nil {
		return refusal
	}
	// RFC 3261 §8.1.1.5
	if method := string(req.CSeq().MethodName); !strings.EqualFold(method, string(req.Method)) {
		return badRequest("CSeq names another method", "CSeq names method %s in a %s", clip(method, 20), req.Method)
	}
	if refusal := target(req); refusal != nil {
		return refusal
	}
	if req.Method != gosip.CANCEL && req.Method != gosip.ACK {
		// RFC 3261 §8.2.2.3
		if tags := unsupported(req); tags != nil {
			return BadExtension(tags)
		}
	}
	if len(req.Body()) > 0 && counts.contentType == 0 {
		return BadRequest("a body without Content-Type") // RFC 3261 §20.15
	}
	switch req.Method {
	case gosip.INVITE:
		return validInvite(req, counts.contact)
	case gosip.UPDATE:
		if counts.contact > 1 {
			return BadRequest("more than one Contact")
		}
	case gosip.REGISTER:
		// RFC 3261 §10.3 step 5; a registrar serves sip and sips only.
		if scheme := req.To().Address.Scheme; scheme != "sip" && scheme != "sips" {
			return badRequest("the To of a REGISTER is no SIP URI", "To has scheme %q in a REGISTER", clip(scheme, 20))
		}
	}
	return nil
}

// validAnswer tells whether an answer to a request of ours has the headers that every answer has, and no control characters in what
// would go into later requests. One that does not is as good as lost.
func validAnswer(res *gosip.Response) bool {
	from, to := res.From(), res.To()
	if from == nil || to == nil || res.CallID() == nil || res.CSeq() == nil {
		return false
	}
	tidy(from.Params)
	tidy(to.Params)
	if paramsControls(to.Params) {
		return false
	}
	for _, h := range res.Headers() {
		switch h := h.(type) {
		case *gosip.RecordRouteHeader:
			if !cleanURI(&h.Address) {
				return false
			}
		case *gosip.ContactHeader:
			if !cleanURI(&h.Address) {
				return false
			}
		}
	}
	return true
}

// headerCounts are how often the headers are there that may be once at most, or must be there.
type headerCounts struct {
	via, from, to, callID, cseq, maxForwards, contentLength, contentType, contact int
}

func countHeaders(req *gosip.Request) (headerCounts, *Refusal) {
	var n headerCounts
	for _, h := range req.Headers() {
		switch h := h.(type) {
		case *gosip.ViaHeader:
			n.via++
			tidy(h.Params)
			if h.Transport == "" {
				// Written "SIP / 2.0 / UDP host", as in RFC 3261 §20.42.
				h.Transport, h.Host, _ = strings.Cut(strings.TrimSpace(h.Host), " ")
				h.Host = strings.TrimSpace(h.Host)
			}
		case *gosip.FromHeader:
			n.from++
			tidy(h.Params)
		case *gosip.ToHeader:
			n.to++
			tidy(h.Params)
		case *gosip.CallIDHeader:
			n.callID++
		case *gosip.CSeqHeader:
			n.cseq++
			h.MethodName = gosip.RequestMethod(strings.TrimSpace(string(h.MethodName)))
		case *gosip.MaxForwardsHeader:
			n.maxForwards++
		case *gosip.ContentLengthHeader:
			n.contentLength++
		case *gosip.ContentTypeHeader:
			n.contentType++
		case *gosip.ContactHeader:
			n.contact++
			tidy(h.Params)
		}
	}
	for _, c := range []struct {
		name     string
		count    int
		required bool
	}{
		{"Via", min(n.via, 1), true}, {"From", n.from, true}, {"To", n.to, true}, {"Call-ID", n.callID, true}, {"CSeq", n.cseq, true},
		{"Max-Forwards", n.maxForwards, false}, {"Content-Length", n.contentLength, false}, {"Content-Type", n.contentType, false},
	} {
		switch {
		case c.count == 0 && c.required:
			return n, BadRequest("no " + c.name)
		case c.count > 1:
			return n, BadRequest("more than one " + c.name)
		}
	}
	return n, nil
}

// tidy trims the names and values of parameters (RFC 3261 §7.3.1 allows white space around "=" and ";").
func tidy(params gosip.HeaderParams) {
	for i := range params {
		params[i].K, params[i].V = strings.TrimSpace(params[i].K), strings.TrimSpace(params[i].V)
	}
}

// wellFormed looks at the values of the headers that every request has, as far as they come back in a response or are
// kept in a dialog: control characters would change what others read.
func wellFormed(req *gosip.Request) *Refusal {
	via := req.Via()
	switch {
	case !strings.EqualFold(via.ProtocolName, "SIP") || via.ProtocolVersion != "2.0":
		return BadRequest("Via of another protocol")
	case via.Transport == "" || !isHost(via.Host) || via.Port < 0 || via.Port > 65535:
		return BadRequest("Via without a host")
	}
	// RFC 3261 §8.1.1.7: after the cookie comes what makes the branch unique. None at all is RFC 2543.
	if branch, ok := via.Params.Get("branch"); ok && branch == gosip.RFC3261BranchMagicCookie {
		return BadRequest("Via with an empty branch")
	}
	from, to := req.From(), req.To()
	for _, a := range []struct {
		name    string
		display string
		uri     *gosip.Uri
		params  gosip.HeaderParams
	}{{"From", from.DisplayName, &from.Address, from.Params}, {"To", to.DisplayName, &to.Address, to.Params}} {
		if strings.ContainsAny(a.display, "\r\n") || controls(a.uri.User) || controls(a.uri.Host) || controls(a.uri.Raw()) ||
			paramsControls(a.params) || paramsControls(a.uri.UriParams) {
			return BadRequest("control characters in " + a.name)
		}
		if (a.uri.Scheme == "sip" || a.uri.Scheme == "sips") && a.uri.Host == "" {
			return BadRequest("no host in " + a.name)
		}
	}
	if controls(string(*req.CallID())) {
		return BadRequest("control characters in Call-ID")
	}
	for _, h := range req.Headers() {
		switch h := h.(type) {
		case *gosip.ViaHeader:
			if controls(h.Host) || controls(h.Transport) || paramsControls(h.Params) {
				return BadRequest("control characters in Via")
			}
		case *gosip.RecordRouteHeader:
			if !cleanURI(&h.Address) {
				return BadRequest("control characters in Record-Route")
			}
		case *gosip.ContactHeader:
			if !cleanURI(&h.Address) || paramsControls(h.Params) {
				return BadRequest("control characters in Contact")
			}
		}
	}
	return nil
}

// served refuses methods: 501 for one that is not known, 405 for one that is (RFC 3261 §8.2.1, §21.5.2).
func served(method gosip.RequestMethod) *Refusal {
	switch {
	case slices.Contains(methods, string(method)):
		return nil
	case known(method):
		return MethodNotAllowed(allow)
	}
	return NotImplemented(allow)
}

var methods = strings.Split(allow, ", ")

// target looks at the Request-URI (RFC 3261 §8.2.2.1).
func target(req *gosip.Request) *Refusal {
	uri := &req.Recipient
	switch {
	case uri.Scheme == "sip", uri.Scheme == "sips" && isSecure(req.Transport()): // RFC 3261 §26.2.2
	case uri.Scheme == "tel":
		if uri.Raw() == "" || controls(uri.Raw()) {
			return BadRequest("a tel URI without a number")
		}
		return nil
	default:
		return UnsupportedScheme("Request-URI with scheme " + clip(uri.Scheme, 20))
	}
	switch {
	case !isHost(uri.Host):
		return badRequest("Request-URI without a host", "Request-URI with host %q", clip(uri.Host, 60))
	case uri.Port < 0 || uri.Port > 65535:
		return BadRequest("Request-URI with a bad port")
	case len(uri.Headers) > 0:
		return BadRequest("Request-URI with headers") // RFC 3261 §19.1.1: not allowed there
	case !cleanURI(uri):
		return BadRequest("control characters in Request-URI")
	}
	return nil
}

// extensions are the option tags that are served, by method.
var extensions = map[gosip.RequestMethod][]string{
	gosip.INVITE: {"100rel", "timer", "replaces"}, // RFC 3262, RFC 4028, RFC 3891
	gosip.UPDATE: {"timer"},

	gosip.REFER:    {"norefersub"},       // RFC 4488
	gosip.REGISTER: {"path", "outbound"}, // RFC 3327, RFC 5626
}

// unsupported gives the option tags that a request requires and that are not served.
func unsupported(req *gosip.Request) []string {
	var tags []string
	for _, h := range req.Headers() {
		if !strings.EqualFold(h.Name(), "Require") {
			continue
		}
		for tag := range strings.SplitSeq(h.Value(), ",") {
			tag = strings.TrimSpace(tag)
			if tag == "" || slices.Contains(extensions[req.Method], strings.ToLower(tag)) {
				continue
			}
			tags = append(tags, clip(printable(tag), 60))
			if len(tags) == 16 {
				return tags
			}
		}
	}
	return tags
}

// validInvite looks at what only an INVITE must have.
func validInvite(req *gosip.Request, contacts int) *Refusal {
	switch {
	case contacts == 0:
		return BadRequest("no Contact") // RFC 3261 §8.1.1.8: without it no request of ours would ever reach the caller
	case contacts > 1:
		return BadRequest("more than one Contact")
	}
	contact := req.Contact()
	if scheme := contact.Address.Scheme; contact.Address.Wildcard || scheme != "sip" && scheme != "sips" {
		return BadRequest("the Contact is no SIP URI")
	}
	if !isHost(contact.Address.Host) || contact.Address.Port < 0 || contact.Address.Port > 65535 {
		return BadRequest("Contact without a host")
	}
	if !accepted(req, "application/sdp") {
		return Refuse(406, "Accept excludes application/sdp", gosip.NewHeader("Warning", `399 dialtone "answers are application/sdp"`))
	}
	return nil
}

// accepted tells whether the Accept headers of a request, if there are any, allow a media type (RFC 3261 §20.1).
func accepted(req *gosip.Request, mediaType string) bool {
	major, _, _ := strings.Cut(mediaType, "/")
	asked := false
	for _, h := range req.Headers() {
		if !strings.EqualFold(h.Name(), "Accept") {
			continue
		}
		for item := range strings.SplitSeq(h.Value(), ",") {
			item, _, _ = strings.Cut(item, ";")
			item = strings.ToLower(strings.TrimSpace(item))
			if item == mediaType || item == "*/*" || item == major+"/*" {
				return true
			}
			asked = asked || item != ""
		}
	}
	return !asked
}

// isHost tells whether text can be the host of a URI or a Via: a name, an IPv4 address or an IPv6 address, with
// brackets or without.
func isHost(text string) bool {
	if text == "" || len(text) > 255 {
		return false
	}
	if _, err := hostAddr(text); err == nil {
		return true
	}
	for i := 0; i < len(text); i++ {
		c := text[i]
		if !('a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '-' || c == '.' || c == '_') {
			return false
		}
	}
	return true
}

func cleanURI(uri *gosip.Uri) bool {
	return !controls(uri.User) && !controls(uri.Password) && !controls(uri.Host) && !controls(uri.Raw()) &&
		!paramsControls(uri.UriParams) && !paramsControls(uri.Headers)
}

func paramsControls(params gosip.HeaderParams) bool {
	for _, p := range params {
		if controls(p.K) || controls(p.V) {
			return true
		}
	}
	return false
}

// controls tells whether text has control characters, other than a tab.
func controls(text string) bool {
	for i := 0; i < len(text); i++ {
		if c := text[i]; c < ' ' && c != '\t' || c == 0x7f {
			return true
		}
	}
	return false
}

// printable takes away what is not printable ASCII.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return -1
		}
		return r
	}, text)
}
