package confd

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"dialtone/store"
)

// Scripts written for Wazo sign in as they do there, and get what they look for.
func TestSignIn(t *testing.T) {
	l := newLab(t)
	key := l.key("crm", "acme", false)
	l.token = ""
	for _, header := range []string{"", basic("lab", key), basic("crm", "x"), basic("crm", ""), basic("", key), "Bearer " + key} {
		l.header.Set("Authorization", header)
		l.refused(401, "POST", "/0.1/token", `{"expiration": 60}`, "Authentication Failed")
	}
	l.header.Set("Authorization", basic("crm", key))
	l.refused(400, "POST", "/0.1/token", `{"expiration": 0}`,
		"Input Error - expiration: ['Must be greater than or equal to 1 and less than or equal to 315360000.']")
	data := l.ask("POST", "/api/auth/0.1/token", `{"expiration": 60, "backend": "wazo_user"}`).want(200).object()["data"].(map[string]any)
	l.header.Del("Authorization")
	session, metadata := data["token"].(string), data["metadata"].(map[string]any)
	for _, name := range []string{"auth_id", "xivo_uuid"} {
		if text, _ := data[name].(string); !uuidText.MatchString(text) || metadata[name] != data[name] {
			t.Errorf("%s is %v, in metadata %v", name, data[name], metadata[name])
		}
	}
	issued, err := time.Parse("2006-01-02T15:04:05.000000", data["utc_issued_at"].(string))
	expires, err2 := time.Parse("2006-01-02T15:04:05.000000", data["utc_expires_at"].(string))
	if err != nil || err2 != nil || expires.Sub(issued) != time.Minute {
		t.Errorf("issued %v, expires %v", data["utc_issued_at"], data["utc_expires_at"])
	}

	l.token = session
	if got := l.get("/0.1/tenants"); got["total"] != 1. { // its own, acme
		t.Errorf("the session sees %v", got)
	}
	l.token = ""
	if got := l.get("/0.1/token/" + session)["data"].(map[string]any)["metadata"].(map[string]any)["tenant_uuid"]; got != metadata["tenant_uuid"] {
		t.Errorf("tenant %v, before %v", got, metadata["tenant_uuid"])
	}
	l.ask("HEAD", "/0.1/token/"+session+"?scope=confd.incalls.create", nil).want(204)
	l.ask("HEAD", "/0.1/token/"+session+"?tenant=2c34c282-433e-4bb8-8d56-fec14ff7e1e9", nil).want(403)
	l.ask("HEAD", "/0.1/token/unknown", nil).want(404)
	l.refused(404, "GET", "/0.1/token/unknown", nil, "No such token")
	l.refused(403, "GET", "/0.1/token/"+session+"?tenant=2c34c282-433e-4bb8-8d56-fec14ff7e1e9", nil, "Unauthorized for tenant 2c34c282-433e-4bb8-8d56-fec14ff7e1e9")
	l.refused(403, "DELETE", "/0.1/token/"+key, nil, "A key is revoked on the server: `dialtone token revoke NAME`")
	l.ask("DELETE", "/0.1/token/"+session, nil).want(200)
	l.ask("HEAD", "/0.1/token/"+session, nil).want(404)
	l.token = session
	l.refused(401, "GET", "/infos", nil, "Unauthorized")

	reader := l.key("reader", "", true)
	l.token = ""
	l.ask("HEAD", "/0.1/token/"+reader+"?scope=confd.incalls.read", nil).want(204)
	l.ask("HEAD", "/0.1/token/"+reader+"?scope=confd.incalls.create", nil).want(403)
	check := "/0.1/token/" + reader + "/scopes/check"
	rights := l.ask("POST", check, `{"scopes": ["confd.incalls.read", "confd.incalls.create"]}`).want(200).object()["scopes"]
	if diff := cmp.Diff(map[string]any{"confd.incalls.read": true, "confd.incalls.create": false}, rights); diff != "" {
		t.Error(diff)
	}
	l.refused(403, "POST", check, `{"scopes": [], "tenant_uuid": "2c34c282-433e-4bb8-8d56-fec14ff7e1e9"}`, "Unauthorized for tenant 2c34c282-433e-4bb8-8d56-fec14ff7e1e9")
	l.refused(400, "POST", check, `{}`, "Input Error - scopes: ['Missing data for required field.']")
	l.refused(404, "POST", "/0.1/token/unknown/scopes/check", `{}`, "No such token")
	l.header.Set("Authorization", basic("reader", reader))
	session = l.ask("POST", "/0.1/token", nil).want(200).object()["data"].(map[string]any)["token"].(string)
	l.header.Del("Authorization")
	l.token = session
	l.refused(401, "POST", "/0.1/tenants", `{"name": "x"}`, "Unauthorized")
}

// asked sends a request to an API without a network.
func asked(api *API, method, path, from string, header map[string]string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, path, strings.NewReader("{}"))
	r.RemoteAddr = from
	for name, value := range header {
		r.Header.Set(name, value)
	}
	w := httptest.NewRecorder()
	api.ServeHTTP(w, r)
	return w
}

const loopback = "127.0.0.1:5000"

// A session ends by itself, with its key, and when the key has too many.
func TestSessionsEnd(t *testing.T) {
	inVirtualTime(t, func(t *testing.T, api *API, _ *pipes, secret string) {
		signIn := func() string {
			t.Helper()
			w := asked(api, "POST", "/0.1/token", loopback, map[string]string{"Authorization": basic("k", secret)})
			var made struct{ Data struct{ Token string } }
			if err := json.Unmarshal(w.Body.Bytes(), &made); err != nil || w.Code != 200 {
				t.Fatalf("%d %s", w.Code, w.Body)
			}
			return made.Data.Token
		}
		works := func(token string) bool {
			return asked(api, "GET", "/1.1/infos", loopback, map[string]string{"X-Auth-Token": token}).Code == 200
		}
		session := signIn()
		time.Sleep(defaultLife - 2*time.Second)
		if !works(session) {
			t.Error("it is over before its time")
		}
		time.Sleep(2 * time.Second)
		if works(session) {
			t.Error("it is not over")
		}

		// What is over makes room; what is too much pushes out the oldest.
		oldest := signIn()
		if err := api.config.Store.Update(func(tx *store.Tx) error {
			key, _ := tx.TokenNamed("k")
			for i := range maxSessions - 1 {
				_, err := tx.Tokens().Put(store.Token{Hash: store.HashToken(string(rune('a' + i))), Key: key.ID, Tenant: key.Tenant})
				if err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		if !works(oldest) {
			t.Fatal("there is room for it")
		}
		newest := signIn()
		if works(oldest) || !works(newest) {
			t.Errorf("the oldest works: %v, the newest: %v", works(oldest), works(newest))
		}
		sessions := func() (n int) {
			_ = api.config.Store.View(func(tx *store.Tx) error { n = Keys(tx)[0].Sessions; return nil })
			return n
		}
		if n := sessions(); n != maxSessions {
			t.Errorf("%d sessions", n)
		}
		if err := api.config.Store.Update(func(tx *store.Tx) error { return RevokeKey(tx, "k") }); err != nil {
			t.Fatal(err)
		}
		if works(newest) || works(secret) {
			t.Error("a revoked key, or a session of it, works")
		}
	})
}

// Wrong tokens of a source are looked at ten times, then not at all until time has passed. Others do not notice, and neither does a machine that
// has shown a right one.
func TestGuessesAreLimited(t *testing.T) {
	inVirtualTime(t, func(t *testing.T, api *API, _ *pipes, secret string) {
		try := func(from, token string) int {
			w := asked(api, "GET", "/1.1/infos", from, map[string]string{"X-Auth-Token": token})
			if w.Code == 401 && w.Body.String() != `["Unauthorized"]`+"\n" {
				t.Errorf("an answer of its own: %s", w.Body)
			}
			return w.Code
		}
		for range 10 {
			try("192.0.2.66:1", "guess")
		}
		if got := try("192.0.2.66:2", secret); got != 401 {
			t.Errorf("beyond ten guesses the right one is looked at: %d", got)
		}
		if got := try("192.0.2.67:2", secret); got != 200 {
			t.Errorf("another source: %d", got)
		}
		for range 100 {
			try("192.0.2.67:3", "stale")
		}
		if got := try("192.0.2.67:2", secret); got != 200 {
			t.Errorf("a source that has programs with right and with wrong tokens: %d", got)
		}
		time.Sleep(31 * time.Second)
		if got := try("192.0.2.66:4", secret); got != 200 {
			t.Errorf("after half a minute: %d", got)
		}
		for range 20 {
			try("192.0.2.68:1", "") // says nothing, so it guesses nothing
		}
		if got := try("192.0.2.68:1", secret); got != 200 {
			t.Errorf("after requests without a token: %d", got)
		}
	})
}

// As long as there is no key, only this machine is answered.
func TestWithoutAKey(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		s := openStore(t, dir)
		defer s.Close()
		api := New(Config{Store: s})
		for from, want := range map[string]int{loopback: 200, "[::1]:7": 200, "[::ffff:127.0.0.1]:7": 200, "192.0.2.1:7": 503, "[2001:db8::1]:7": 503} {
			if got := asked(api, "GET", "/1.1/wizard", from, nil); got.Code != want {
				t.Errorf("%s: %d %s", from, got.Code, got.Body)
			}
		}
		if err := s.Update(func(tx *store.Tx) error { _, err := MakeKey(tx, "k", "", true); return err }); err != nil {
			t.Fatal(err)
		}
		if got := asked(api, "GET", "/1.1/wizard", "192.0.2.1:7", nil); got.Code != http.StatusOK {
			t.Errorf("with a key: %d", got.Code)
		}
	})
}
