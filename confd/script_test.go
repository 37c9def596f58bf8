package confd

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func step(source string, requests ...Request) Step { return Step{Source: source, Requests: requests} }

func TestAScriptDoesWhatItCan(t *testing.T) {
	l := newLab(t)
	type body map[string]any
	steps := []Step{
		{Source: "a", Unless: "/contexts?name=from-extern", Requests: []Request{Post("contexts/9", "/contexts", body{"name": "from-extern", "label": "x", "type": "incall"})}},
		step("b", Post("extensions/7", "/extensions", body{"exten": "100", "context": Made("contexts/9", "name")})),
		step("c", Post("ivr/5", "/ivr", body{"name": "menu", "menu_sound": "${COMPANY.sound}"})),
		step("d", Post("incalls/3", "/incalls", body{"destination": body{"type": "ivr", "ivr_id": Made("ivr/5", "id")}}),
			Put("/incalls/${new:incalls/3.id}/extensions/${new:extensions/7.id}", nil)),
		step("e", Post("incalls/4", "/incalls", body{"destination": body{"type": "hangup", "cause": "normal"}}),
			Put("/incalls/${new:incalls/4.id}/extensions/${new:extensions/7.id}", nil)), // the extension has one: neither is done
		step("f", Post("ivr/6", "/ivr", body{})),
		step("g", Put("/ivr/${new:ivr/6.id}", body{"name": "other"})),
		step("h", Post("", "/sounds", body{"name": "menu"})),
		step("i", Put("/nowhere", nil)),
		step("j", Post("", "/extensions", body{"exten": "101", "context": "from-extern"})),
		step("k", Put("/incalls/${new:incalls/4.id}", body{"description": "of what was taken back"})),
	}
	for _, rehearse := range []bool{true, false} {
		report, err := l.api.Script("", "", steps, rehearse)
		if err != nil {
			t.Fatal(err)
		}
		var got strings.Builder
		for _, o := range report.Outcomes {
			got.WriteString(o.Source + " " + o.Error + map[bool]string{true: "found"}[o.Found] + "\n")
		}
		want := `a found
b 
c 
d 
e Resource Error - Extension is associated with a incall ('extension_id': 1, 'associated_id': 1)
f Input Error - name: ['Missing data for required field.']. Input Error - menu_sound: ['Missing data for required field.']
g it needs /ivr/6, which was not taken
h Input Error - there is no POST /sounds
i Input Error - there is no PUT /nowhere
j 
k it needs /incalls/4, which was not taken
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
}

func TestAScriptIsForOneTenant(t *testing.T) {
	l := newLab(t)
	steps := []Step{step("a", Post("ivr/1", "/ivr", map[string]any{"name": "menu", "menu_sound": "menu"}))}
	if report, err := l.api.Script("acme", "", steps, true); err != nil || report.Tenant == "" {
		t.Errorf("rehearsed for a new tenant: %v, %v", report, err)
	}
	var tenants []string
	for range 2 {
		report, err := l.api.Script("acme", "", steps, false)
		if err != nil {
			t.Fatal(err)
		}
		tenants = append(tenants, report.Tenant)
	}
	if tenants[0] != tenants[1] || tenants[0] == l.master() {
		t.Errorf("the tenants are %v, want one that is not the master", tenants)
	}
	if got := l.get("/ivr")["total"]; got != 0.0 {
		t.Errorf("the master has %v", got)
	}
	l.tenant = tenants[0]
	if got := l.get("/ivr")["total"]; got != 2.0 {
		t.Errorf("the tenant has %v", got)
	}
}

// What a script has made is there when it is done again: objects are found by what tells them apart, each by one step, and what people
// changed meanwhile stays.
func TestAScriptIsDoneTwice(t *testing.T) {
	l := newLab(t)
	type body map[string]any
	user := func(name, language string) Step {
		return Step{Source: name, Unless: "/users?firstname=Ann", Requests: []Request{Post(name, "/users", body{"firstname": "Ann", "language": language})}}
	}
	steps := []Step{
		user("users/1", "fr_FR"), user("users/2", "en_US"),
		{Source: "choices", Of: "users/1", Requests: []Request{Put("/users/"+Made("users/1", "uuid"), body{"description": "made of " + Made("users/1", "id") + " in " + Made(Owner, "name")})}},
	}
	for run := range 3 {
		report, err := l.api.Script("", "", steps, false)
		if err != nil {
			t.Fatal(err)
		}
		for _, o := range report.Outcomes {
			if o.Error != "" || o.Found != (run > 0) {
				t.Errorf("run %d: %+v", run, o)
			}
		}
		if got := l.get("/users")["total"]; got != 2.0 {
			t.Errorf("run %d: there are %v users", run, got)
		}
		if got := l.get("/users/1"); run == 0 && got["description"] != "made of 1 in master" {
			t.Errorf("a reference in a text became %v", got["description"])
		} else if run > 0 && got["description"] != "by hand" {
			t.Errorf("run %d: what was changed by hand is %v", run, got["description"])
		}
		l.put("/users/1", body{"description": "by hand"})
	}
}
