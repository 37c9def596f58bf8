package sip

import (
	"crypto/rand"
	"encoding/hex"
	"net/netip"
	"runtime/debug"
	"strconv"
	"strings"

	gosip "github.com/emiago/sipgo/sip"
)

// response builds the answer to a request (RFC 3261 §8.2.6). Its headers are the request's own, which nobody
// changes once the request was received. tag goes to To when that has none.
func response(req *gosip.Request, status int, reason, tag string) *gosip.Response {
	res := gosip.NewResponse(status, reason)
	// RFC 3261 §12.1.1: answers that make a dialog carry the Record-Route of the request.
	route := (req.Method == gosip.INVITE || req.Method == gosip.SUBSCRIBE) && status > 100 && status < 300
	for _, h := range req.Headers() {
		switch h := h.(type) {
		case *gosip.ViaHeader:
			res.AppendHeader(h)
		case *gosip.RecordRouteHeader:
			if route {
				res.AppendHeader(h)
			}
		default:
			// RFC 3261 §8.2.6.1
			if status == 100 && strings.EqualFold(h.Name(), "Timestamp") {
				res.AppendHeader(h)
			}
		}
	}
	if h := req.From(); h != nil {
		res.AppendHeader(h)
	}
	if h := req.To(); h != nil {
		if status != 100 && tag != "" && !h.Params.Has("tag") {
			h = &gosip.ToHeader{DisplayName: h.DisplayName, Address: h.Address,
				Params: append(h.Params.Clone(), gosip.HeaderKV{K: "tag", V: tag})}
		}
		res.AppendHeader(h)
	}
	if h := req.CallID(); h != nil {
		res.AppendHeader(h)
	}
	if h := req.CSeq(); h != nil {
		res.AppendHeader(h)
	}
	return res
}

// received notes in the top Via where the request really came from (RFC 3261 §18.2.1, RFC 3581 §4), also for those
// who did not ask: they may be behind NAT without knowing.
func received(req *gosip.Request, from netip.AddrPort) {
	via := req.Via()
	if via == nil {
		return
	}
	tidy(via.Params)
	// A claim about it that came with the request is not believed.
	via.Params.Remove("received")
	port, asked := via.Params.Get("rport")
	sentBy, err := netip.ParseAddr(strings.Trim(via.Host, "[]"))
	differs := err != nil || sentBy.Unmap() != from.Addr()
	viaPort := via.Port
	if viaPort == 0 {
		viaPort = 5060
	}
	if asked || port != "" || differs || viaPort != int(from.Port()) {
		via.Params.Add("rport", strconv.Itoa(int(from.Port())))
	}
	if asked || differs {
		via.Params.Add("received", from.Addr().WithZone("").String())
	}
}

// newTag makes a tag, a Call-ID or a branch that nobody can guess: 96 random bits (RFC 3261 §19.3 asks for 32).
func newTag() string {
	var b [12]byte
	rand.Read(b[:])
	return hex.EncodeToString(b[:])
}

// tagOf is the tag among the parameters of From or To.
func tagOf(params gosip.HeaderParams) string {
	tag, _ := params.Get("tag")
	return tag
}

// hostOf writes an address as the host of a URI.
func hostOf(addr netip.Addr) string {
	if addr.Is6() && !addr.Is4In6() {
		return "[" + addr.WithZone("").String() + "]"
	}
	return addr.Unmap().String()
}

// nameAddr writes a name and a URI as they stand in From and To, without parameters.
func nameAddr(name string, uri *gosip.Uri) string {
	if name == "" {
		return "<" + uri.String() + ">"
	}
	return `"` + name + `" <` + uri.String() + ">"
}

// EscapeUser writes text as the user part of a URI: +33 stays, # becomes %23 (RFC 3261 §25.1).
func EscapeUser(text string) string { return escapeUser(text) }

// UserURI is the URI of a user at a host, which may have a port.
func UserURI(user, host string) string {
	if user == "" {
		return "sip:" + host
	}
	return "sip:" + escapeUser(user) + "@" + host
}

// QuotedName writes a display name as it stands before < (RFC 3261 §25.1, quoted-string).
func QuotedName(name string) string { return `"` + quote(name) + `"` }

// escapeUser writes text as the user part of a URI (RFC 3261 §25.1, user).
func escapeUser(text string) string {
	const marks = "-_.!~*'()&=+$,;?/"
	var b strings.Builder
	for i := 0; i < len(text); i++ {
		c := text[i]
		if '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || strings.IndexByte(marks, c) >= 0 {
			b.WriteByte(c)
			continue
		}
		const digits = "0123456789ABCDEF"
		b.WriteByte('%')
		b.WriteByte(digits[c>>4])
		b.WriteByte(digits[c&15])
	}
	return b.String()
}

// unescapeUser undoes the %-escapes of a user part; what is no escape stays as it is.
func unescapeUser(text string) string {
	if strings.IndexByte(text, '%') < 0 {
		return text
	}
	var b strings.Builder
	for i := 0; i < len(text); i++ {
		if text[i] == '%' && i+2 < len(text) {
			if n, err := strconv.ParseUint(text[i+1:i+3], 16, 8); err == nil && n >= 0x20 && n != 0x7f {
				b.WriteByte(byte(n))
				i += 2
				continue
			}
		}
		b.WriteByte(text[i])
	}
	return b.String()
}

// quote writes text so that it can stand between quotes (RFC 3261 §25.1, quoted-string).
func quote(text string) string {
	var b strings.Builder
	for _, r := range text {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
		case r < ' ' || r == 0x7f:
			continue
		}
		b.WriteRune(r)
	}
	return b.String()
}

// stack is the calling goroutine's, for the log.
func stack() string { return string(debug.Stack()) }

func cutPrefixFold(s, prefix string) (string, bool) {
	if len(s) >= len(prefix) && strings.EqualFold(s[:len(prefix)], prefix) {
		return s[len(prefix):], true
	}
	return s, false
}

// contentType is the media type of a body in lower case, without parameters.
func contentType(msg interface {
	ContentType() *gosip.ContentTypeHeader
}) string {
	h := msg.ContentType()
	if h == nil {
		return ""
	}
	t, _, _ := strings.Cut(h.Value(), ";")
	return strings.ToLower(strings.TrimSpace(t))
}
