package confd

import (
	"slices"
	"strings"
	"testing"
)

func TestWhoMayAsk(t *testing.T) {
	l := newLab(t)
	master := l.token
	reader := l.key("reader", "", true)
	acme := l.key("acme", "acme", false)
	acmeTenant := l.get("/api/auth/0.1/token/" + acme)["data"].(map[string]any)["metadata"].(map[string]any)["tenant_uuid"].(string)
	masterTenant := l.get("/0.1/token/" + master)["data"].(map[string]any)["metadata"].(map[string]any)["tenant_uuid"].(string)
	for _, test := range []struct {
		why, token, tenant, method, path string
		body                             any
		status                           int
	}{
		{"nobody", "", "", "GET", "/infos", nil, 401},
		{"an unknown token", "nonsense", "", "GET", "/infos", nil, 401},
		{"a token that may all", master, "", "GET", "/infos", nil, 200},
		{"below the other prefix, too", master, "", "GET", "/api/confd/1.1/infos", nil, 200},
		{"who reads", reader, "", "GET", "/0.1/tenants", nil, 200},
		{"who reads does not write", reader, "", "POST", "/0.1/tenants", map[string]any{"name": "new"}, 401},
		{"a tenant below", master, acmeTenant, "GET", "/infos", nil, 200},
		{"the tenant above", acme, masterTenant, "GET", "/infos", nil, 401},
		{"a tenant that is not there", master, "2c34c282-433e-4bb8-8d56-fec14ff7e1e9", "GET", "/infos", nil, 401},
		{"one's own tenant", acme, acmeTenant, "GET", "/infos", nil, 200},
		{"no token is asked for", "", "", "GET", "/wizard", nil, 200},
	} {
		l.token, l.tenant = test.token, test.tenant
		if got := l.ask(test.method, test.path, test.body); got.status != test.status {
			t.Errorf("%s: %d %s, want %d", test.why, got.status, got.body, test.status)
		} else if got.status == 401 && !slices.Equal(got.sentences(), []string{"Unauthorized"}) {
			t.Errorf("%s: %s", test.why, got.body)
		}
	}
}

func TestNoRoute(t *testing.T) {
	l := newLab(t)
	l.token = "" // nobody needs one to hear that there is nothing
	for _, test := range []struct {
		method, path, allow string
		status              int
	}{
		{"GET", "/nothing", "", 404},
		{"GET", "/infos/", "", 404},
		{"GET", "//infos", "", 404},
		{"GET", "/infos/%zz", "", 400}, // net/http's
		{"DELETE", "/infos", "GET, HEAD, OPTIONS", 405},
		{"PATCH", "/infos", "GET, HEAD, OPTIONS", 405},
		{"OPTIONS", "/infos", "GET, HEAD, OPTIONS", 200},
	} {
		if strings.Contains(test.path, "%zz") {
			continue // the client refuses to send it
		}
		got := l.ask(test.method, test.path, nil).want(test.status)
		if allow := got.header.Get("Allow"); allow != test.allow {
			t.Errorf("%s: Allow %q, want %q", got.asked, allow, test.allow)
		}
		if got.status != 200 && got.object()["message"] == nil {
			t.Errorf("%s: %s has no message", got.asked, got.body)
		}
	}
}
