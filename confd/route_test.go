package confd

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestPaths(t *testing.T) {
	var routes []route
	for _, path := range []string{"/a", "/a/{id}", "/a/special", "/a/{a_id}/b/{b_id}", "/a/{id}/c", "/u/{user}", "/u/{user}/lines/{line_id}", "/u/export", "/s/{category}/files/{name}", "/s/languages"} {
		routes = append(routes, route{method: "GET", path: path})
	}
	tree := newPaths(routes)
	for path, want := range map[string]string{
		"/a": "/a", "/a/7": "/a/{id} id=7", "/a/special": "/a/special", "/a/other": "", "/a/-1": "", "/a/1.5": "", "/a/": "", "/a//": "", "": "", "/": "",
		"/a/1/b/2": "/a/{a_id}/b/{b_id} a_id=1 b_id=2", "/a/1/b": "", "/a/1/c": "/a/{id}/c id=1", "/a/12345678901234567890": "/a/{id} id=12345678901234567890", "/a/٣": "",
		"/u/7": "/u/{user} user=7", "/u/2c34-x": "/u/{user} user=2c34-x", "/u/export": "/u/export", "/u/x/lines/3": "/u/{user}/lines/{line_id} user=x line_id=3",
		"/u/export/lines/3": "/u/{user}/lines/{line_id} user=export line_id=3", "/u/x/lines/y": "", "/u/": "",
		"/s/c/files/a%2Fb": "/s/{category}/files/{name} category=c name=a/b", "/s/c/files/..": "/s/{category}/files/{name} category=c name=..",
		"/s/%zz/files/x": "", "/s/languages": "/s/languages", "/s/a%20b/files/%C3%A9": "/s/{category}/files/{name} category=a b name=é",
	} {
		found, values := tree.find(path)
		got := ""
		if found != nil {
			r := found.methods["GET"]
			got = r.path
			named := r.values(values)
			for part := range strings.SplitSeq(r.path, "/") {
				if name, ok := variable(part); ok {
					got += fmt.Sprintf(" %s=%s", name, named[name])
				}
			}
		}
		if got != want {
			t.Errorf("%q: %q, want %q", path, got, want)
		}
	}
}

// A path leads to a route of as many parts, with the same fixed parts, whatever it is.
func FuzzPaths(f *testing.F) {
	for _, seed := range []string{"/1.1/incalls/3", "/1.1/incalls/3/extensions/4", "/1.1/sounds/a/files/b%2f..", "/api/confd/1.1/users/x/lines/1", "//", "/1.1/%", "/0.1/token/x"} {
		f.Add(seed)
	}
	api := New(Config{})
	f.Fuzz(func(t *testing.T, path string) {
		r := httptest.NewRequest("GET", "/", nil)
		r.URL.Path, r.URL.RawPath = path, ""
		at, mount, values := api.find(r)
		if at == nil {
			return
		}
		rest, ok := mount.under(r.URL.EscapedPath())
		if !ok {
			t.Fatalf("%q is not under %v", path, mount.prefixes)
		}
		for _, route := range at.methods {
			parts, wanted := strings.Split(rest, "/"), strings.Split(route.path, "/")
			if len(parts) != len(wanted) || len(route.values(values)) != strings.Count(route.path, "{") {
				t.Fatalf("%q leads to %s", path, route.path)
			}
		}
	})
}

// The addresses of objects are those by which the client asked, also where a proxy is between.
func TestLinksAreAsTheClientSeesThem(t *testing.T) {
	for _, test := range []struct {
		path, proto, host, prefix string
		want                      string
	}{
		{"/1.1/infos", "", "", "", "http://pbx:9486/1.1"},
		{"/api/confd/1.1/infos", "", "", "", "http://pbx:9486/api/confd/1.1"},
		{"/1.1/infos", "https", "pbx.example.org", "/api/confd", "https://pbx.example.org/api/confd/1.1"},
		{"/1.1/infos", "https, http", "pbx.example.org:8443, inner", "/", "https://pbx.example.org:8443/1.1"},
		{"/1.1/infos", "", "[2001:db8::1]:443", "", "http://[2001:db8::1]:443/1.1"},
		{"/1.1/infos", "javascript", `evil"><x`, "//evil.example", "http://pbx:9486/1.1"},
		{"/1.1/infos", "ftp", "a b", "/a b", "http://pbx:9486/1.1"},
	} {
		r := httptest.NewRequest("GET", "http://pbx:9486"+test.path, nil)
		for name, value := range map[string]string{"Proto": test.proto, "Host": test.host, "Prefix": test.prefix} {
			if value != "" {
				r.Header.Set("X-Forwarded-"+name, value)
			}
		}
		_, mount, _ := New(Config{}).find(r)
		if got := mount.base(r); got != test.want {
			t.Errorf("%v: %s", test, got)
		}
	}
	at := &net.TCPAddr{IP: net.IPv4(192, 0, 2, 1), Port: 9486}
	r := httptest.NewRequest("GET", "/1.1/infos", nil).WithContext(context.WithValue(t.Context(), http.LocalAddrContextKey, at))
	r.Host = "" // of HTTP/1.0
	_, mount, _ := New(Config{}).find(r)
	if got, want := mount.base(r), "http://192.0.2.1:9486/1.1"; got != want {
		t.Errorf("without a host: %s, want %s", got, want)
	}
}
