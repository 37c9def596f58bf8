package confd

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func step(source, name string, requests ...Request) Step {
	return Step{Source: source, Name: name, Requests: requests}
}

func do(method, path, body string) Request {
	r := Request{Method: method, Path: path}
	if body != "" {
		r.Body = json.RawMessage(body)
	}
	return r
}

func TestAScriptDoesWhatItCan(t *testing.T) {
	l := newLab(t)
	steps := []Step{
		{Source: "a", Name: "contexts/9", Unless: "/contexts?name=from-extern", Requests: []Request{do("POST", "/contexts", `{"name": "from-extern", "label": "x", "type": "incall"}`)}},
		step("b", "extensions/7", do("POST", "/extensions", `{"exten": "100", "context": "${contexts/9.name}"}`)),
		step("c", "ivr/5", do("POST", "/ivr", `{"name": "menu", "menu_sound": "${COMPANY.sound}"}`)),
		step("d", "incalls/3", do("POST", "/incalls", `{"destination": {"type": "ivr", "ivr_id": "${ivr/5.id}"}}`),
			do("PUT", "/incalls/${incalls/3.id}/extensions/${extensions/7.id}", "")),
		step("e", "incalls/4", do("POST", "/incalls", `{"destination": {"type": "hangup", "cause": "normal"}}`),
			do("PUT", "/incalls/${incalls/4.id}/extensions/${extensions/7.id}", "")), // the extension has one: neither is done
		step("f", "ivr/6", do("POST", "/ivr", `{}`)),
		step("g", "", do("PUT", "/ivr/${ivr/6.id}", `{"name": "other"}`)),
		step("h", "", do("POST", "/sounds", `{"name": "menu"}`)),
		step("i", "", do("GET", "/nowhere", "")),
		step("j", "", do("POST", "/extensions", `{"exten": "101", "context": "from-extern"}`)),
	}
	for _, rehearse := range []bool{true, false} {
		outcomes, err := l.api.Script("", steps, rehearse)
		if err != nil {
			t.Fatal(err)
		}
		var got strings.Builder
		for _, o := range outcomes {
			got.WriteString(o.Source + " " + o.Error + map[bool]string{true: "found"}[o.Found] + "\n")
		}
		want := `a found
b 
c 
d 
e Resource Error - Extension is associated with a incall ('extension_id': 1, 'associated_id': 1)
f Input Error - name: ['Missing data for required field.']. Input Error - menu_sound: ['Missing data for required field.']
g Input Error - it needs /ivr/6, which was not taken
h Input Error - there is no POST /sounds
i Input Error - there is no GET /nowhere
j 
`
		if diff := cmp.Diff(want, got.String()); diff != "" {
			t.Errorf("rehearsed %v:\n%s", rehearse, diff)
		}
		counts := map[string]float64{"/extensions": 2, "/incalls": 1, "/ivr": 1}
		for path, want := range counts {
			if rehearse {
				want = 0
			}
			if got := l.get(path)["total"]; got != want {
				t.Errorf("rehearsed %v: %s has %v, want %v", rehearse, path, got, want)
			}
		}
	}
	if got := l.get("/ivr/1")["menu_sound"]; got != "${COMPANY.sound}" {
		t.Errorf("a text that only looks like a reference became %v", got)
	}
	if got := l.get("/incalls/1")["extensions"].([]any); len(got) != 1 {
		t.Errorf("the incall has the extensions %v", got)
	}
	if _, err := l.api.Script("00000000-0000-4000-8000-000000000000", steps, false); err == nil {
		t.Error("a script runs for a tenant that is not there")
	}
}
