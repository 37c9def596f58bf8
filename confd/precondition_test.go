package confd

import (
	"net/http"
	"testing"
)

// An object changes only as long as it is what its reader has seen, if he says so; what is not changed is not sent again.
func TestETags(t *testing.T) {
	l := newLab(t)
	made := l.ask("POST", "/0.1/tenants", `{"name": "first"}`).want(201)
	path := made.header.Get("Location")[len(l.server.URL):]
	seen := l.ask("GET", path, nil).want(200)
	mark := seen.header.Get("ETag")
	if mark == "" || string(made.body) != string(seen.body) {
		t.Fatalf("made %s, seen %s with the mark %q", made.body, seen.body, mark)
	}
	with := func(name, value string) func() {
		l.header.Set(name, value)
		return func() { l.header.Del(name) }
	}
	off := with("If-None-Match", mark)
	if got := l.ask("GET", path, nil); got.status != http.StatusNotModified || len(got.body) != 0 {
		t.Errorf("what is known: %d %s", got.status, got.body)
	}
	off()
	off = with("If-Match", `"other"`)
	l.refused(412, "PUT", path, `{"name": "lost"}`, "Precondition Failed - changed meanwhile: read it again (GET), then change it")
	off()
	off = with("If-Match", `"other", W/`+mark)
	l.put(path, `{"name": "second"}`)
	l.refused(412, "PUT", path, `{"name": "third"}`, "Precondition Failed - changed meanwhile: read it again (GET), then change it")
	off()
	if got := l.get(path)["name"]; got != "second" {
		t.Errorf("the name is %v", got)
	}
	off = with("If-None-Match", mark)
	l.ask("GET", path, nil).want(200)
	off()
	off = with("If-Match", "*")
	l.put(path, `{"name": "any"}`)
	l.refused(412, "PUT", "/0.1/tenants/unknown", `{"name": "x"}`, "Precondition Failed - If-Match names an object, and there is none here")
	off()
}
