package sip

import (
	"net/url"
	"strings"

	gosip "github.com/emiago/sipgo/sip"
)

// Replaces names a dialog in whose place another call comes (RFC 3891): in the Replaces header of an INVITE, or in the
// Refer-To of a REFER. The tags are named as whoever it is sent to sees them.
type Replaces struct {
	CallID    string
	ToTag     string // of the one who is asked
	FromTag   string // of the far side of the dialog that is replaced
	EarlyOnly bool   // not when that call is answered already
}

// Replaces is the dialog in whose place the INVITE came; nil when it came by itself, or when we sent it.
func (l *Leg) Replaces() *Replaces { return l.replaces }

// Find is the leg of a dialog, by its Call-ID, our tag and the far side's; nil when there is none, or none any more.
func (s *Server) Find(callID, localTag, remoteTag string) *Leg {
	l := s.leg(callID, localTag)
	if l == nil || l.over.Load() || l.shown.Load().RemoteTag != remoteTag {
		return nil
	}
	return l
}

// replacesOf reads the Replaces header of an INVITE; nil when there is none (RFC 3891 §3: two are one too many).
func replacesOf(req *gosip.Request) (*Replaces, *Refusal) {
	headers := req.GetHeaders("Replaces")
	switch len(headers) {
	case 0:
		return nil, nil
	case 1:
		if r, ok := parseReplaces(headers[0].Value()); ok {
			return r, nil
		}
		return nil, BadRequest("a Replaces that names no call")
	}
	return nil, BadRequest("more than one Replaces")
}

// parseReplaces reads the value of a Replaces header (RFC 3891 §6.1):
//
//	callid *(";" param), of which one is to-tag and one from-tag; early-only has no value
func parseReplaces(text string) (*Replaces, bool) {
	if len(text) > maxReplaces || controls(text) {
		return nil, false
	}
	id, rest, _ := strings.Cut(text, ";")
	r := Replaces{CallID: strings.TrimSpace(id)}
	for param := range strings.SplitSeq(rest, ";") {
		name, value, _ := strings.Cut(param, "=")
		value = strings.TrimSpace(value)
		var tag *string
		switch strings.ToLower(strings.TrimSpace(name)) {
		case "to-tag":
			tag = &r.ToTag
		case "from-tag":
			tag = &r.FromTag
		case "early-only":
			r.EarlyOnly = true
			continue
		default:
			continue
		}
		if *tag != "" {
			return nil, false
		}
		*tag = value
	}
	// RFC 3891 §3: a tag of 0 stands for none, as of a far side that knows RFC 2543 only. None of our dialogs is of that kind.
	return &r, r.CallID != "" && r.ToTag != "" && r.FromTag != ""
}

// maxReplaces is how long the value of a Replaces header may be, in bytes.
const maxReplaces = 600

// String is the value of the header.
func (r *Replaces) String() string {
	text := r.CallID + ";to-tag=" + r.ToTag + ";from-tag=" + r.FromTag
	if r.EarlyOnly {
		text += ";early-only"
	}
	return text
}

// In gives a URI with the header in it, for a Refer-To: who calls that URI replaces the dialog.
func (r *Replaces) In(uri string) string {
	mark := "?"
	if strings.Contains(uri, "?") {
		mark = "&"
	}
	return uri + mark + "Replaces=" + url.QueryEscape(r.String())
}
