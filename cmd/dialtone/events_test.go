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

	"github.com/google/go-cmp/cmp"

	"dialtone/call"
	"dialtone/sip"
)

// eventReader reads server-sent events of a server that has no calls.
func eventReader(t *testing.T, query string) (next func() event, contacts *call.Feed[sip.ContactEvent]) {
	t.Helper()
	contacts = new(call.Feed[sip.ContactEvent])
	web := httptest.NewServer(eventsHandler(parts{contacts: contacts, switches: &switches{}, calls: call.New(call.Config{})}))
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
	}, contacts
}

// What happens to phones' contacts is told as it happens.
func TestEventsOfRegistrations(t *testing.T) {
	next, contacts := eventReader(t, "?kind=registration")
	told := sip.ContactEvent{Change: sip.ChangeRegistered, Present: true, Contact: sip.Contact{
		Phone: "1000", URI: "sip:1000@192.0.2.7:5060", Device: "desk", Transport: "udp", Address: netip.MustParseAddrPort("192.0.2.7:5060"),
		Status: sip.ContactRegistered, Expires: time.Now().Add(time.Minute).UTC().Truncate(time.Second),
	}}
	contacts.Publish(told)
	e := next()
	if diff := cmp.Diff(&told, e.Registration, cmp.Comparer(func(a, b netip.AddrPort) bool { return a == b })); diff != "" {
		t.Error(diff)
	}
	if !strings.Contains(e.String(), "phone 1000: sip:1000@192.0.2.7:5060 registered (udp 192.0.2.7:5060)") {
		t.Errorf("%s", e)
	}
	told.Change = sip.ChangeExpired
	contacts.Publish(told)
	if e := next(); e.Registration == nil || e.Registration.Change != sip.ChangeExpired {
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
	web := httptest.NewServer(eventsHandler(parts{contacts: new(call.Feed[sip.ContactEvent]), switches: &switches{}, calls: call.New(call.Config{})}))
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
