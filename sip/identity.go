package sip

import (
	"strings"

	gosip "github.com/emiago/sipgo/sip"
)

// CallerID is who calls: plain text, never to be expanded or taken apart again.
type CallerID struct {
	Name string `json:"name,omitempty"` // the display name, without quotes and escapes
	User string `json:"user,omitempty"` // the number or user name, without escapes
	Host string `json:"host,omitempty"` // the domain; empty for a tel URI
	// Private says that the caller does not want to be known to the called one.
	Private bool `json:"private,omitempty"`
}

// CallerOf is who a request says it is from, in From.
func CallerOf(req *gosip.Request) CallerID {
	from := req.From()
	if from == nil {
		return CallerID{}
	}
	return callerID(from.DisplayName, &from.Address)
}

// TrunkCallerOf is who calls by a trunk: P-Asserted-Identity goes before Remote-Party-ID, and that before From (RFC 3325
// §9.1). It must be asked only for requests of a trunk that is believed, as everybody can write those headers. Who
// withholds the number says so by Privacy (RFC 3323 §4.2), in Remote-Party-ID, or by an anonymous From alone.
func TrunkCallerOf(req *gosip.Request) CallerID {
	id := CallerOf(req)
	private := withheld(req, id)
	if told, hidden, ok := assertedIn(req); ok {
		id, private = told, private || hidden
	}
	id.Private = private
	return id
}

// assertedIn is who a message says it is from by P-Asserted-Identity, else by Remote-Party-ID, and whether the latter is to be hidden.
func assertedIn(msg gosip.Message) (id CallerID, private, ok bool) {
	for _, name := range []string{"P-Asserted-Identity", "Remote-Party-ID"} {
		for _, h := range msg.GetHeaders(name) {
			for _, value := range splitList(h.Value()) {
				if told, params, ok := identityIn(value); ok && told.User != "" {
					privacy, _ := paramOf(params, "privacy")
					return told, privacy != "" && !strings.EqualFold(privacy, "off"), true
				}
			}
		}
	}
	return CallerID{}, false, false
}

// withheld tells whether Privacy or From says that the caller is not to be named.
func withheld(req *gosip.Request, from CallerID) bool {
	for _, h := range req.GetHeaders("Privacy") {
		for value := range strings.SplitSeq(h.Value(), ";") {
			switch lower(strings.TrimSpace(value)) {
			case "id", "user", "header", "session", "critical":
				return true
			}
		}
	}
	return strings.EqualFold(from.Host, "anonymous.invalid") || strings.EqualFold(from.User, "anonymous")
}

// identityIn reads one element of a header of names and addresses.
func identityIn(value string) (id CallerID, params gosip.HeaderParams, ok bool) {
	var uri gosip.Uri
	params = gosip.NewParams()
	name, err := gosip.ParseAddressValue(value, &uri, &params)
	if err != nil || uri.Wildcard {
		return CallerID{}, nil, false
	}
	return callerID(name, &uri), params, true
}

// NumberIn is the number in a header of the INVITE that came, as To or P-Called-Party-ID; empty when there is none.
func (l *Leg) NumberIn(header string) string {
	for _, h := range l.header {
		if !strings.EqualFold(h.Name, header) {
			continue
		}
		for _, value := range splitList(h.Value) {
			if id, _, ok := identityIn(value); ok {
				return id.User
			}
		}
	}
	return ""
}

// CalledOf is the number that a request calls: the user part of its URI without escapes, or the number of a tel URI.
func CalledOf(req *gosip.Request) string { return numberOf(&req.Recipient) }

func callerID(name string, uri *gosip.Uri) CallerID {
	return CallerID{Name: displayName(name), User: numberOf(uri), Host: strings.Trim(uri.Host, "[]")}
}

// numberOf is the user of a URI. Of a telephone number (a tel URI, or user=phone) the parameters and visual separators
// are left out (RFC 3966 §5.1.1), as they are no part of it.
func numberOf(uri *gosip.Uri) string {
	user := uri.User
	phone := false
	if uri.Scheme == "tel" {
		user, phone = uri.Raw(), true
	} else if kind, _ := paramOf(uri.UriParams, "user"); strings.EqualFold(kind, "phone") {
		phone = true
	}
	if !phone {
		return unescapeUser(user)
	}
	user, _, _ = strings.Cut(unescapeUser(user), ";")
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune("-.() ", r) {
			return -1
		}
		return r
	}, user)
}

// displayName takes the escapes out of a display name as the parser gives it, and what would break a line or a
// terminal.
func displayName(text string) string {
	var b strings.Builder
	escaped := false
	for _, r := range strings.ToValidUTF8(text, "\uFFFD") {
		if r == '\\' && !escaped {
			escaped = true
			continue
		}
		escaped = false
		if r < ' ' || r >= 0x7f && r < 0xa0 {
			continue
		}
		b.WriteRune(r)
	}
	return b.String()
}

// splitList splits the value of a header at its commas, but for those within quotes or < >.
func splitList(text string) []string {
	var list []string
	start, quoted, bracket := 0, false, false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '<':
			bracket = true
		case c == '>':
			bracket = false
		case c == ',' && !bracket:
			list = append(list, strings.TrimSpace(text[start:i]))
			start = i + 1
		}
	}
	return append(list, strings.TrimSpace(text[start:]))
}
