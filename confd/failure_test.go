package confd

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"dialtone/store"
)

// What fails is told by its status and a list of one sentence; what an error of the server's was, only the log tells.
func TestFailures(t *testing.T) {
	var log bytes.Buffer
	l := newLab(t)
	l.api.log = slog.New(slog.NewTextHandler(&log, nil))
	fails := map[string]error{
		"field": &store.FieldError{Text: "name: bad"}, "gone": fmt.Errorf("it: %w", store.ErrNotFound), "disk": fmt.Errorf("%w: no space left on device", store.ErrDisk),
		"closed": store.ErrClosed, "canceled": context.Canceled, "other": errors.New("secret detail"),
	}
	var routes []route
	for _, method := range []string{"GET", "POST"} {
		routes = append(routes,
			route{method: method, path: "/fails/{how}", handle: func(r *request) (answer, error) { return answer{}, fails[r.text("how")] }},
			route{method: method, path: "/panics", handle: func(*request) (answer, error) { panic("secret detail") }},
			route{method: method, path: "/alone", alone: true, handle: func(*request) (answer, error) { panic("secret detail") }})
	}
	l.api.mounts[0].paths = newPaths(routes)
	for path, want := range map[string]string{
		"/fails/field":    `400 ["Input Error - name: bad"]`,
		"/fails/gone":     `404 ["Resource Not Found - it: not found"]`,
		"/fails/disk":     `503 ["Nothing was changed: the database cannot be written: no space left on device"]`,
		"/fails/closed":   `503 ["The server is stopping"]`,
		"/fails/canceled": `503 ["You went away"]`,
		"/fails/other":    `500 ["Unexpected error: the server's log says what it was"]`,
		"/panics":         `500 ["Unexpected error: the server's log says what it was"]`,
		"/alone":          `500 ["Unexpected error: the server's log says what it was"]`,
	} {
		for _, method := range []string{"GET", "POST"} {
			log.Reset()
			r, _ := http.NewRequest(method, l.server.URL+"/1.1"+path, strings.NewReader("{}"))
			r.Header.Set("X-Auth-Token", l.token)
			response, err := http.DefaultClient.Do(r)
			if err != nil {
				t.Fatal(err)
			}
			var body bytes.Buffer
			_, _ = body.ReadFrom(response.Body)
			response.Body.Close()
			if got := fmt.Sprintf("%d %s", response.StatusCode, strings.TrimSpace(body.String())); got != want {
				t.Errorf("%s %s: %s, want %s", method, path, got, want)
			}
			if response.StatusCode == 500 && !strings.Contains(log.String(), "secret detail") {
				t.Errorf("%s %s: the log does not say why: %s", method, path, log.String())
			}
		}
	}
	// And the next request is served.
	l.api.mounts[0].paths = newPaths(confdRoutes())
	l.get("/infos")
}

// Keys and tokens are never in the log.
func TestTheLogHasNoSecrets(t *testing.T) {
	var log bytes.Buffer
	l := newLab(t)
	l.api.log = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	l.ask("GET", "/0.1/token/"+l.token, nil).want(200)
	l.ask("DELETE", "/0.1/token/"+l.token, nil).want(403)
	l.header.Set("Authorization", basic("lab", l.token))
	l.ask("POST", "/0.1/token", nil).want(200)
	if text := log.String(); strings.Contains(text, l.token) || strings.Count(text, "REST") != 3 {
		t.Errorf("the log: %s", text)
	}
}

// Web pages may use the API where the server's settings name their site, and nowhere else.
func TestCORS(t *testing.T) {
	l := newLab(t)
	for _, test := range []struct {
		why     string
		origins []string
		origin  string
		want    string
	}{
		{"none is configured", nil, "https://pbx.example.org", ""},
		{"another site", []string{"https://pbx.example.org"}, "https://evil.example", ""},
		{"the site", []string{"https://other.example", "https://pbx.example.org"}, "https://pbx.example.org", "https://pbx.example.org"},
		{"all sites", []string{"*"}, "https://any.example", "https://any.example"},
		{"no page", []string{"*"}, "", ""},
	} {
		l.api.config.Origins = test.origins
		l.header.Set("Origin", test.origin)
		for _, method := range []string{"OPTIONS", "GET"} {
			got := l.ask(method, "/infos", nil).want(200)
			if allowed := got.header.Get("Access-Control-Allow-Origin"); allowed != test.want {
				t.Errorf("%s: %s allows %q, want %q", test.why, method, allowed, test.want)
			}
			if headers := got.header.Get("Access-Control-Allow-Headers"); (headers != "") != (test.want != "" && method == "OPTIONS") {
				t.Errorf("%s: %s allows the headers %q", test.why, method, headers)
			}
			if got.header.Get("Access-Control-Allow-Credentials") != "" {
				t.Error("pages may use what the browser keeps")
			}
		}
	}
}
