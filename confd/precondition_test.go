package confd

import (
	"net/http"
	"testing"
)

// An object changes only as long as it is what its reader has seen, if he says so; what is not changed is not sent again.
func TestETags(t *testing.T) {
	l := newLab(t)
	made := l.ask("POST", "/0.1/tenants", `{"name": "first"}`).want(200)
	path := "/0.1/tenants/" + made.object()["uuid"].(string)
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
	l.ask("PUT", path, `{"name": "second"}`).want(200)
	l.refused(412, "PUT", path, `{"name": "third"}`, "Precondition Failed - changed meanwhile: read it again (GET), then change it")
	off()
	if got := l.get(path)["name"]; got != "second" {
		t.Errorf("the name is %v", got)
	}
	off = with("If-None-Match", mark)
	l.ask("GET", path, nil).want(200)
	off()
	off = with("If-Match", "*")
	l.ask("PUT", path, `{"name": "any"}`).want(200)
	l.refused(412, "PUT", "/0.1/tenants/unknown", `{"name": "x"}`, "Precondition Failed - If-Match names an object, and there is none here")
	off()
}
