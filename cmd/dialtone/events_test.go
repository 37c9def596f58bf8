package main

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"dialtone/call"
	"dialtone/sip"
	"dialtone/store"
)

// eventReader reads server-sent events of a server that has no calls.
func eventReader(t *testing.T, query string) (next func() event, stored *store.Store) {
	t.Helper()
	stored, err := store.Open(t.TempDir(), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	web := httptest.NewServer(eventsHandler(parts{store: stored, calls: call.New(call.Config{})}))
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	request, err := http.NewRequestWithContext(ctx, "GET", web.URL+query, nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		response.Body.Close()
		cancel()
		web.Close()
		stored.Close()
	})
	if kind := response.Header.Get("Content-Type"); response.StatusCode != http.StatusOK || kind != "text/event-stream" {
		t.Fatalf("%s, %s", response.Status, kind)
	}
	var buffered strings.Builder
	chunk := make([]byte, 4096)
	return func() event {
		t.Helper()
		for {
			if block, rest, ok := strings.Cut(buffered.String(), "\n\n"); ok {
				buffered.Reset()
				buffered.WriteString(rest)
				kind, data, isEvent := strings.Cut(block, "\n")
				if !isEvent {
					continue // a comment
				}
				var e event
				if err := json.Unmarshal([]byte(strings.TrimPrefix(data, "data: ")), &e); err != nil {
					t.Fatal(err)
				}
				if kind != "event: "+string(e.Kind) {
					t.Fatalf("%q for an event of kind %s", kind, e.Kind)
				}
				return e
			}
			n, err := response.Body.Read(chunk)
			if err != nil {
				t.Fatal(err)
			}
			buffered.Write(chunk[:n])
		}
	}, stored
}

// A phone that registers, and one that no longer is, are told with where it is reached.
func TestEventsOfRegistrations(t *testing.T) {
	next, stored := eventReader(t, "?kind=registration")
	kept := bindings{store: stored}
	until := time.Now().Add(time.Minute).Truncate(time.Second)
	list := []sip.Binding{
		{Contact: "sip:1000@192.0.2.7:5060", UserAgent: "desk", Expires: until, Source: sip.Source{Transport: "udp", Addr: netip.MustParseAddrPort("192.0.2.7:5060")}},
		{Contact: "sip:1000@192.0.2.8:5060", Expires: time.Now().Add(-time.Minute)}, // is over
	}
	if err := kept.Save("1000", list); err != nil {
		t.Fatal(err)
	}
	e := next()
	want := phoneLocation{"sip:1000@192.0.2.7:5060", "udp 192.0.2.7:5060", "desk", until}
	if r := e.Registration; r == nil || r.Phone != "1000" || len(r.Contacts) != 1 || !r.Contacts[0].Expires.Equal(until) {
		t.Fatalf("%+v", e)
	}
	e.Registration.Contacts[0].Expires = until
	if e.Registration.Contacts[0] != want {
		t.Errorf("%+v, want %+v", e.Registration.Contacts[0], want)
	}
	if !strings.Contains(e.String(), "phone 1000 is registered sip:1000@192.0.2.7:5060 (udp 192.0.2.7:5060) until") {
		t.Errorf("%s", e)
	}
	if err := kept.Save("1000", nil); err != nil {
		t.Fatal(err)
	}
	if e := next(); e.Registration == nil || len(e.Registration.Contacts) != 0 || !strings.Contains(e.String(), "is registered nowhere") {
		t.Errorf("%+v", e)
	}
}

// The first change of a call's state is a call event, what it does in that state are steps.
func TestEventsOfCalls(t *testing.T) {
	s := &eventSource{states: map[string]call.State{}}
	for i, test := range []struct {
		state call.State
		want  eventKind
	}{
		{call.StateNew, callEvent}, {call.StateNew, stepEvent}, {call.StateRinging, callEvent}, {call.StateUp, callEvent},
		{call.StateUp, stepEvent}, {call.StateEnded, callEvent},
	} {
		if e := s.change(call.Snapshot{ID: "1", State: test.state}); e.Kind != test.want || e.Call.ID != "1" {
			t.Errorf("%d: %s, want %s", i, e.Kind, test.want)
		}
	}
	if len(s.states) != 0 {
		t.Error("a call that is over is remembered")
	}
	if e := traceEvent(call.Traced{Call: "1", Kind: call.TracedKey, Key: "5", Taken: true}); e.Kind != digitEvent || e.Digit.Key != "5" || !e.Digit.Taken {
		t.Errorf("%+v", e)
	}
	if e := traceEvent(call.Traced{Kind: call.TracedStep}); e.Kind != "" {
		t.Errorf("%+v", e)
	}
}

// Who asks for what there is not, or comes by a name that is a stranger's, is told so.
func TestEventsAreRefused(t *testing.T) {
	handler := named("pbx.example:9486", eventsHandler(parts{}))
	for host, status := range map[string]int{
		"127.0.0.1:9486": 400, "localhost": 400, "[::1]:9486": 400, "pbx.example": 400, "evil.example:9486": 403, "": 403,
	} {
		w, r := httptest.NewRecorder(), httptest.NewRequest("GET", "/events?kind=everything", nil)
		r.Host = host
		if handler.ServeHTTP(w, r); w.Code != status {
			t.Errorf("%q: %d %s, want %d", host, w.Code, w.Body, status)
		}
	}
}

// No more than some may read at once.
func TestEventReadersAreBounded(t *testing.T) {
	stored, err := store.Open(t.TempDir(), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer stored.Close()
	web := httptest.NewServer(eventsHandler(parts{store: stored, calls: call.New(call.Config{})}))
	defer web.Close()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	get := func() (status string) {
		request, err := http.NewRequestWithContext(ctx, "GET", web.URL, nil)
		if err != nil {
			t.Fatal(err)
		}
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { response.Body.Close() })
		return response.Status
	}
	for i := range maxEventReaders {
		if status := get(); !strings.HasPrefix(status, "200") {
			t.Fatalf("reader %d: %s", i, status)
		}
	}
	if status := get(); !strings.HasPrefix(status, "503") {
		t.Errorf("one more: %s", status)
	}
}
