package confd

import (
	"fmt"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"dialtone/sounds"
	"dialtone/store"
)

// Tenants are made, shown and changed as wazo-auth's clients do it: 200 with the tenant, whatever it was.
func TestTenants(t *testing.T) {
	l := newLab(t)
	const at = "/0.1/tenants"
	master := l.get("/infos")["uuid"]
	made := l.ask("POST", at, `{"name": "Été & Cie, since 1911"}`).want(200).object()
	path := at + "/" + made["uuid"].(string)
	empty := map[string]any{"line_1": nil, "line_2": nil, "city": nil, "state": nil, "country": nil, "zip_code": nil}
	want := map[string]any{
		"uuid": made["uuid"], "name": "Été & Cie, since 1911", "slug": "eteciesinc", "parent_uuid": master, "phone": nil, "contact": nil,
		"domain_names": []any{}, "address": empty, "default_authentication_method": "native",
	}
	if diff := cmp.Diff(want, made); diff != "" {
		t.Error(diff)
	}
	const who = "5e5d3d43-9b9b-4a3f-8f0e-6f0f3a0c1a11"
	full := l.ask("POST", at, `{"name": "acme", "uuid": "3F2A9B1C-0000-4000-8000-000000000001", "slug": "acme_1", "phone": "+33 1", "contact": "`+who+`",
		"domain_names": ["acme.example", "www.acme.example"], "address": {"line_1": "1 rue", "city": "Québec", "zip_code": "G1", "line_2": null}, "unknown": 1}`).want(200).object()
	want = map[string]any{
		"uuid": "3f2a9b1c-0000-4000-8000-000000000001", "name": "acme", "slug": "acme_1", "parent_uuid": master, "phone": "+33 1", "contact": who,
		"domain_names": []any{"acme.example", "www.acme.example"}, "default_authentication_method": "native",
		"address": map[string]any{"line_1": "1 rue", "line_2": nil, "city": "Québec", "state": nil, "country": nil, "zip_code": "G1"},
	}
	if diff := cmp.Diff(want, full); diff != "" {
		t.Error(diff)
	}

	for body, refusal := range map[string]string{
		`{}`:                                           "Input Error - name: ['Missing data for required field.']",
		`{"name": ""}`:                                 "Input Error - name: ['Length must be between 1 and 128.']",
		`{"name": "x", "slug": "a-b"}`:                 "Input Error - slug: ['String does not match expected pattern.']",
		`{"name": "x", "slug": "elevenchars"}`:         "Input Error - slug: ['String does not match expected pattern.']",
		`{"name": "x", "uuid": "x"}`:                   "Input Error - uuid: ['Not a valid UUID.']",
		`{"name": "x", "domain_names": [7]}`:           "Input Error - domain_names: {0: ['Not a valid string.']}",
		`{"name": "x", "domain_names": ["-.example"]}`: "Input Error - domain_names: {0: ['String does not match expected pattern.']}",
		`{"name": "x", "address": {"zip_code": "12345678901234567"}}`: "Input Error - address: {'zip_code': ['Length must be between 1 and 16.']}",
		`{"name": "x", "default_authentication_method": "ldap"}`:      "Input Error - default_authentication_method: ['Must be one of: native.']",
	} {
		l.refused(400, "POST", at, body, refusal)
	}
	for body, refusal := range map[string]string{
		`{"name": "acme"}`: "Conflict detected - the name 'acme' is already used",
		`{"name": "x", "uuid": "3f2a9b1c-0000-4000-8000-000000000001"}`: "Conflict detected - the uuid '3f2a9b1c-0000-4000-8000-000000000001' is already used",
		`{"name": "x", "slug": "acme_1"}`:                               "Conflict detected - the slug 'acme_1' is already used",
		`{"name": "x", "domain_names": ["acme.example"]}`:               "Conflict detected - the domain_names 'acme.example' is already used",
	} {
		l.refused(409, "POST", at, body, refusal)
	}

	full["name"], full["slug"], full["phone"] = "Acme SA", "other", nil
	changed := l.ask("PUT", at+"/"+full["uuid"].(string), full).want(200).object()
	if changed["name"] != "Acme SA" || changed["slug"] != "acme_1" || changed["phone"] != nil || changed["contact"] != who {
		t.Errorf("changed: %v", changed)
	}
	l.refused(409, "PUT", path, `{"name": "Acme SA"}`, "Conflict detected - the name 'Acme SA' is already used")
	l.ask("PUT", path, `{"name": "Été & Cie, since 1911"}`).want(200)

	for query, names := range map[string]string{
		"":                                "Acme SA, master, Été & Cie, since 1911",
		"?order=slug&direction=desc":      "master, Été & Cie, since 1911, Acme SA",
		"?search=ete":                     "Été & Cie, since 1911",
		"?search=acme.exam":               "Acme SA",
		"?domain_name=www.acme.example":   "Acme SA",
		"?slug=acme_1":                    "Acme SA",
		"?name=acme":                      "",
		"?uuids=" + made["uuid"].(string): "Été & Cie, since 1911",
		"?limit=1&offset=1":               "master",
		"?uuid=" + full["uuid"].(string):  "Acme SA",
	} {
		page := l.get(at + query)
		got := []string{}
		for _, item := range page["items"].([]any) {
			got = append(got, item.(map[string]any)["name"].(string))
		}
		if strings.Join(got, ", ") != names {
			t.Errorf("%q: %q, want %q", query, got, names)
		}
	}
	if page := l.get(at + "?search=ete"); page["total"] != 3. || page["filtered"] != 1. {
		t.Errorf("of %v there are %v", page["total"], page["filtered"])
	}
	l.refused(400, "GET", at+"?order=phone", nil, "Input Error - order: column 'phone' was not found (there are name, slug)")

	l.token = l.key("crm", "acme below", false)
	l.refused(404, "GET", path, nil, `No such tenant: "`+made["uuid"].(string)+`"`) // not below that of the key
	l.refused(404, "DELETE", path, nil, `No such tenant: "`+made["uuid"].(string)+`"`)
	if got := l.get(at); got["total"] != 1. {
		t.Errorf("a tenant's key sees %v", got)
	}
}

// exported is all that is kept of objects.
func (l *lab) exported() string {
	l.t.Helper()
	var text strings.Builder
	err := l.store.View(func(tx *store.Tx) error { return tx.Export(&text, true) })
	if err != nil {
		l.t.Fatal(err)
	}
	return text.String()
}

// company makes an object of each kind for the tenant of the lab's requests, and gives what stands for each in paths, by the part before it.
func (l *lab) company(name string) map[string]string {
	l.t.Helper()
	context := func(kind string) string {
		made := l.post("/contexts", fmt.Sprintf(`{"label": "x", "name": "%s-%s", "type": "%[2]s", "user_ranges": [{"start": "1000", "end": "1999"}], "group_ranges": [{"start": "2000", "end": "2999"}], "incall_ranges": [{"start": "1", "end": "9"}]}`, name, kind))
		return fmt.Sprint(made["id"])
	}
	contexts := context("internal")
	context("incall")
	context("outcall")
	user := l.post("/users", fmt.Sprintf(`{"firstname": "Ada", "lines": [{"context": "%s-internal", "endpoint_sip": {"name": "ada", "auth_section_options": [["username", "ada"], ["password", "secret"]]}, "extensions": [{"exten": "1001", "context": "%[1]s-internal"}]}]}`, name))
	line := user["lines"].([]any)[0].(map[string]any)
	group := l.post("/groups", `{"label": "all"}`)["uuid"].(string)
	l.put(fmt.Sprintf("/groups/%s/extensions/%d", group, l.id("/extensions", fmt.Sprintf(`{"exten": "2001", "context": "%s-internal"}`, name))), nil)
	l.put("/groups/"+group+"/members/users", map[string]any{"users": []any{map[string]any{"uuid": user["uuid"]}}})
	template := l.post("/endpoints/sip/templates", `{"label": "t"}`)
	trunk := l.id("/trunks", fmt.Sprintf(`{"context": "%s-incall", "endpoint_sip": {"name": "carrier", "identify_section_options": [["match", "192.0.2.1"]]}}`, name))
	outcall := l.id("/outcalls", `{"name": "out"}`)
	l.put(fmt.Sprintf("/outcalls/%d/extensions/%d", outcall, l.id("/extensions", fmt.Sprintf(`{"exten": "_0X.", "context": "%s-outcall"}`, name))), nil)
	menu := l.id("/ivr", fmt.Sprintf(`{"name": "m", "menu_sound": "x", "choices": [{"exten": "1", "destination": {"type": "user", "user_id": %v}}]}`, user["id"]))
	hours := l.id("/schedules", fmt.Sprintf(`{"closed_destination": {"type": "ivr", "ivr_id": %d}}`, menu))
	exception := l.ask("POST", fmt.Sprintf("/api/schedules/%d/exceptions", hours), `{"from": "2026-12-24", "until": "2026-12-26"}`).want(201).object()
	incall := l.post("/incalls", fmt.Sprintf(`{"destination": {"type": "ivr", "ivr_id": %d}, "extensions": [{"exten": "7", "context": "%s-incall"}], "schedules": [{"id": %d}]}`, menu, name, hours))
	l.post("/sounds", `{"name": "greetings"}`)
	return map[string]string{
		"contexts": contexts, "users": user["uuid"].(string), "lines": fmt.Sprint(line["id"]), "sip": line["endpoint_sip"].(map[string]any)["uuid"].(string),
		"groups": group, "templates": template["uuid"].(string), "trunks": fmt.Sprint(trunk), "outcalls": fmt.Sprint(outcall), "ivr": fmt.Sprint(menu),
		"schedules": fmt.Sprint(hours), "exceptions": fmt.Sprint(exception["id"]), "incalls": fmt.Sprint(incall["id"]),
		"extensions": fmt.Sprint(incall["extensions"].([]any)[0].(map[string]any)["id"]), "sounds": "greetings",
	}
}

// Whatever route leads to another tenant's objects answers as if they were not there, and changes nothing.
func TestNoRouteLeadsToAnotherTenant(t *testing.T) {
	l := newLab(t)
	acme := l.below("acme")
	l.tenant = acme
	theirs := l.company("acme")
	theirs["tenants"] = acme
	l.tenant = ""
	l.token = l.key("other", "other", false)
	before := l.exported()
	tried := 0
	eachRoute(func(r route, path string) {
		if r.open {
			return
		}
		parts, known := strings.Split(r.path, "/"), 0
		for i, part := range parts {
			if _, ok := variable(part); !ok {
				continue
			}
			if value, ok := theirs[parts[i-1]]; ok {
				parts[i] = value
				known++
			} else {
				parts[i] = "1"
			}
		}
		if known == 0 {
			return
		}
		tried++
		prefix, _, _ := strings.Cut(path[1:], "/")
		path = "/" + prefix + strings.Join(parts, "/")
		if got := l.ask(r.method, path, "{}"); got.status != 404 && got.status != 501 {
			t.Errorf("%s %s: %d %s", r.method, path, got.status, got.body)
		}
		l.tenant = acme
		l.refused(401, r.method, path, "{}", "Unauthorized")
		l.tenant = ""
	})
	if tried < 80 {
		t.Errorf("%d routes were tried", tried)
	}
	if diff := cmp.Diff(before, l.exported()); diff != "" {
		t.Errorf("something changed: %s", diff)
	}
}

// A tenant that has something goes only when that is to go with it, and then nothing is left of it.
func TestTenantsGo(t *testing.T) {
	l := newLab(t)
	before := l.exported()
	acme := l.below("acme")
	path := "/0.1/tenants/" + acme
	l.delete(path)
	if diff := cmp.Diff(before, l.exported()); diff != "" {
		t.Errorf("of an empty tenant: %s", diff)
	}

	acme = l.below("acme")
	path = "/0.1/tenants/" + acme
	l.tenant = acme
	l.company("acme")
	l.tenant = ""
	key := l.key("acme", "acme", false)
	full := l.exported()
	if full == before {
		t.Fatal("nothing was made")
	}

	l.refused(400, "DELETE", path, nil, `Input Error - tenant "acme" has tokens (1), contexts (3), schedules (1), users (1), groups (1), templates (1), endpoints (2), lines (1), trunks (1), outcalls (1), ivrs (1), incalls (1), extensions (4), sounds: recursive deletes them with it`)
	if diff := cmp.Diff(full, l.exported()); diff != "" {
		t.Errorf("it was refused, and changed: %s", diff)
	}
	l.tenant = acme
	below := l.ask("POST", "/0.1/tenants", `{"name": "branch"}`).want(200).object()["uuid"].(string)
	l.tenant = ""
	l.refused(400, "DELETE", path+"?recursive=true", nil, `Input Error - tenant "acme" has tenant "branch" below it`)
	l.delete("/0.1/tenants/" + below)
	if diff := cmp.Diff(full, l.exported()); diff != "" {
		t.Errorf("it was refused, and changed: %s", diff)
	}

	l.delete(path + "?recursive=true")
	if diff := cmp.Diff(before, l.exported()); diff != "" {
		t.Errorf("something is left: %s", diff)
	}
	if _, err := os.Stat(sounds.TenantFolder(l.api.config.Sounds, acme)); !os.IsNotExist(err) {
		t.Errorf("its sounds: %v", err)
	}
	l.ask("GET", path, nil).want(404)
	master := l.token
	l.token = key
	l.refused(401, "GET", "/infos", nil, "Unauthorized")
	l.token, l.tenant = master, acme
	l.refused(401, "GET", "/infos", nil, "Unauthorized")
	l.tenant = ""
	l.refused(400, "DELETE", "/0.1/tenants/"+l.get("/infos")["uuid"].(string)+"?recursive=true", nil, `Input Error - tenant "master" is the master tenant, which stays`)
	l.ask("HEAD", "/infos", nil).want(http.StatusOK) // its keys, too
}
