package confd

import (
	"maps"
	"slices"
	"strings"
	"testing"
)

// Every route is in the document, and everything in the document is a route.
func TestDocumentIsOfTheRoutes(t *testing.T) {
	doc, err := spec()
	if err != nil {
		t.Fatal(err)
	}
	api := New(Config{})
	described := map[string]bool{}
	for path, item := range doc.Paths.Map() {
		for method := range item.Operations() {
			described[method+" "+path] = true
		}
	}
	for i, routes := range [][]route{confdRoutes(), authRoutes(), ownRoutes()} {
		seen := map[string]bool{}
		for _, r := range routes {
			name := r.method + " " + api.mounts[i].prefixes[0] + r.path
			if seen[name] {
				t.Errorf("%s is a route twice", name)
			}
			seen[name] = true
			if !described[name] {
				t.Errorf("%s is not in the OpenAPI document", name)
			}
			delete(described, name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(described)) {
		t.Errorf("the OpenAPI document has %s, which is no route", name)
	}
}

// What is not there is told as it is, for all of it.
func TestAbsent(t *testing.T) {
	l := newLab(t)
	for _, a := range absents {
		if got := l.get(a.path); got["total"] != 0. || len(got["items"].([]any)) != 0 {
			t.Errorf("%s: %v", a.path, got)
		}
		l.refused(501, "POST", a.path, map[string]any{"name": "x"}, "Not implemented: dialtone has no "+a.what)
		l.refused(501, "PUT", a.path+"/3", map[string]any{"name": "x"}, "Not implemented: dialtone has no "+a.what)
		l.refused(501, "DELETE", a.path+"/3", nil, "Not implemented: dialtone has no "+a.what)
		l.refused(404, "GET", a.path+"/3", nil, "Resource Not Found - "+a.name+" was not found ('id': '3')")
	}
	for _, f := range fixeds {
		l.get(f.path)
		l.refused(501, "PUT", f.path, map[string]any{}, "Not implemented: "+f.why)
	}
}

// The document, and the page that shows it, are for everybody, also where the contract has it.
func TestDocumentIsShown(t *testing.T) {
	l := newLab(t)
	l.token = ""
	for path, want := range map[string]string{
		"/api/api.yml": "openapi: 3.0.3\n", "/1.1/api/api.yml": "openapi: 3.0.3\n", "/api/api.json": `"openapi":"3.0.3"`, "/api/docs": "<!doctype html>",
	} {
		if got := l.ask("GET", path, nil).want(200); !strings.Contains(string(got.body), want) {
			t.Errorf("%s: %.100s has no %q", path, got.body, want)
		}
	}
	if page := l.ask("GET", "/api/docs", nil); strings.Contains(string(page.body), "://") || page.header.Get("Content-Type") != "text/html; charset=utf-8" {
		t.Errorf("the page asks for something elsewhere, or is no page: %v", page.header)
	}
}
