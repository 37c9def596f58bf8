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
}

// CallerOf is who a request says it is from, in From.
func CallerOf(req *gosip.Request) CallerID {
	from := req.From()
	if from == nil {
		return CallerID{}
	}
	return callerID(from.DisplayName, &from.Address)
}

// TrunkCallerOf is who calls by a trunk: P-Asserted-Identity goes before From (RFC 3325 §9.1). It must be asked only for
// requests of a trunk, as everybody can write that header.
func TrunkCallerOf(req *gosip.Request) CallerID {
	for _, h := range req.Headers() {
		if !strings.EqualFold(h.Name(), "P-Asserted-Identity") {
			continue
		}
		for _, value := range splitList(h.Value()) {
			var uri gosip.Uri
			name, err := gosip.ParseAddressValue(value, &uri, nil)
			if err != nil || uri.Wildcard {
				continue
			}
			if id := callerID(name, &uri); id.User != "" {
				return id
			}
		}
	}
	return CallerOf(req)
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
