package confd

import (
	"net"
	"net/http"
	"regexp"
	"strings"
)

// mount is where a table of routes is found.
type mount struct {
	prefixes []string // "/1.1", "/api/confd/1.1"
	paths    *paths
	refusal  func(*failure) any // the body of an answer that is no success
}

// under gives what follows the mount's prefix in a path; false: the path is not below it.
func (m *mount) under(path string) (rest string, ok bool) {
	for _, prefix := range m.prefixes {
		if rest, ok := strings.CutPrefix(path, prefix); ok && (rest == "" || rest[0] == '/') {
			return rest, true
		}
	}
	return "", false
}

// What may stand in the headers of a proxy that tell under which address the client sees us.
var (
	hostText   = regexp.MustCompile(`^[a-zA-Z0-9.\-_]+(:[0-9]{1,5})?$|^\[[0-9a-fA-F:.]+\](:[0-9]{1,5})?$`)
	prefixText = regexp.MustCompile(`^(/[a-zA-Z0-9._~\-]+)*/?$`)
)

// base is the address of the mount as the client sees it, "https://pbx.example.org/api/confd/1.1".
func (m *mount) base(r *http.Request) string {
	scheme, host, prefix := "http", r.Host, ""
	if at, ok := r.Context().Value(http.LocalAddrContextKey).(net.Addr); ok && host == "" {
		host = at.String() // HTTP/1.0 need not say which host it means
	}
	if r.TLS != nil {
		scheme = "https"
	}
	if proto := first(r.Header.Get("X-Forwarded-Proto")); proto == "http" || proto == "https" {
		scheme = proto
	}
	if forwarded := first(r.Header.Get("X-Forwarded-Host")); hostText.MatchString(forwarded) {
		host = forwarded
	}
	if forwarded := first(r.Header.Get("X-Forwarded-Prefix")); prefixText.MatchString(forwarded) {
		prefix = strings.TrimSuffix(forwarded, "/")
	}
	path := r.URL.EscapedPath()
	rest, _ := m.under(path)
	return scheme + "://" + host + prefix + strings.TrimSuffix(path, rest)
}

// first is the first of several values in a header, that of the proxy nearest to the client.
func first(values string) string {
	value, _, _ := strings.Cut(values, ",")
	return strings.TrimSpace(value)
}
