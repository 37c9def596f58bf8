package confd

import (
	"net/http"
	"regexp"
	"strings"
	"testing"
)

var braces = regexp.MustCompile(`\{([a-z_]+)\}`)

// eachRoute calls f with every route, and a path that leads to it.
func eachRoute(f func(r route, path string)) {
	for prefix, routes := range map[string][]route{"/1.1": confdRoutes(), "/0.1": authRoutes(), "/api": ownRoutes()} {
		for _, r := range routes {
			f(r, prefix+braces.ReplaceAllStringFunc(r.path, func(part string) string {
				if name := strings.Trim(part, "{}"); name == "id" || strings.HasSuffix(name, "_id") {
					return "987654"
				}
				return "none"
			}))
		}
	}
}

// No route but those that are for everybody answers without a key, and none changes anything with one that only reads.
func TestEveryRouteAsksForAKey(t *testing.T) {
	l := newLab(t)
	reader := l.key("reader", "", true)
	open := []string{}
	eachRoute(func(r route, path string) {
		if r.open {
			open = append(open, r.method+" "+path)
			return
		}
		for _, token := range []string{"", "wrong", reader} {
			if token == reader && r.reads() {
				continue
			}
			l.token = token
			l.refused(401, r.method, path, "{}", "Unauthorized")
		}
	})
	want := "POST /0.1/token GET /0.1/token/none DELETE /0.1/token/none POST /0.1/token/none/scopes/check GET /1.1/wizard POST /1.1/wizard GET /1.1/api/api.yml GET /api/api.yml GET /api/api.json GET /api/docs"
	for _, route := range open {
		if !strings.Contains(" "+want+" ", " "+route+" ") {
			t.Errorf("%s is open to everybody", route)
		}
	}
}

// HEAD answers wherever GET does, with its status and headers and without its body.
func TestHEAD(t *testing.T) {
	l := newLab(t)
	eachRoute(func(r route, path string) {
		if !r.reads() || strings.HasPrefix(path, "/0.1/token/") {
			return
		}
		get, head := l.ask("GET", path, nil), l.ask("HEAD", path, nil)
		if head.status != get.status || len(head.body) != 0 || head.header.Get("ETag") != get.header.Get("ETag") || get.status >= 500 {
			t.Errorf("HEAD %s: %d %s, GET %d", path, head.status, head.body, get.status)
		}
	})
	l.ask("HEAD", "", nil).want(http.StatusNotFound) // an answer, which is all that the client's test of reachability wants
}

// What is not there answers 404 with a sentence, on every route of an object.
func TestUnknownObjects(t *testing.T) {
	l := newLab(t)
	eachRoute(func(r route, path string) {
		if !strings.Contains(r.path, "{") || r.open || strings.HasPrefix(r.path, "/sounds/{category}/files") {
			return
		}
		got := l.ask(r.method, path, "{}")
		if got.status != 404 && got.status != 501 && got.status != 400 && got.status != 204 || got.status < 300 && r.reads() {
			t.Errorf("%s %s: %d %s", r.method, path, got.status, got.body)
		}
		if got.status >= 400 {
			got.sentences()
		}
	})
}

// Whatever a body is, no route answers with an error of the server's.
func TestOddBodies(t *testing.T) {
	l := newLab(t)
	odd := []string{"", "null", "[]", "[1]", "7", `"x"`, "{", `{"name": {"a": []}, "label": 7, "exten": [], "context": {}, "destination": [], "open_periods": {}, "choices": 7, "endpoint_sip": [], "lines": 1, "users": 2, "trunks": {}}`,
		`{"name": null, "label": null, "exten": null, "context": null, "destination": null, "closed_destination": null, "contexts": null, "extensions": null, "schedules": null}`,
		`{"name": "a\u0000b\r\nc", "label": "\u202e", "exten": "1\r\nX: y", "context": "default", "destination": {"type": "custom", "command": "Goto(\u0000)"}}`}
	eachRoute(func(r route, path string) {
		if r.reads() || r.open {
			return
		}
		for _, body := range odd {
			got := l.ask(r.method, path, body)
			if got.status == 501 {
				return // whatever it is
			}
			if got.status >= 500 {
				t.Errorf("%s %s %q: %d %s", r.method, path, body, got.status, got.body)
			}
		}
	})
}
