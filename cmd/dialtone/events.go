package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"

	"dialtone/call"
	"dialtone/sip"
)

// eventKind is what an event tells of.
type eventKind string

// The kinds of events.
const (
	callEvent         eventKind = "call"         // a call came, rings, was answered, is over
	stepEvent         eventKind = "step"         // a call is about to execute a step
	digitEvent        eventKind = "digit"        // a caller pressed a key
	registrationEvent eventKind = "registration" // a phone registered, no longer is, or no longer answers
	scheduleEvent     eventKind = "schedule"     // a schedule was switched by hand, or is back with the clock
	lostEvent         eventKind = "lost"         // the reader was too slow for some of the events
)

// event is one thing that happened, for programs. It has what belongs to its kind.
type event struct {
	At           time.Time         `json:"at"`
	Kind         eventKind         `json:"kind"`
	Call         *liveCall         `json:"call,omitempty"` // of call and step
	Digit        *pressedDigit     `json:"digit,omitempty"`
	Registration *sip.ContactEvent `json:"registration,omitempty"`
	Schedule     *switched         `json:"schedule,omitempty"`
	Lost         int               `json:"lost,omitempty"` // how many, where it is known
}

// pressedDigit is a key that a caller pressed.
type pressedDigit struct {
	Call  string `json:"call"` // its ID
	Key   string `json:"key"`
	Taken bool   `json:"taken"` // the dialplan waited for it
}

// eventSource gives what happens, to one reader.
type eventSource struct {
	calls    *call.Switch
	contacts *call.Feed[sip.ContactEvent]
	switches *call.Feed[switched]
	states   map[string]call.State // of the live calls
}

// follow gives each event of some kinds (none: all) to tell, the live calls first, until ctx ends or tell fails. idle is called
// when all is followed, and when nothing happened for a while.
func (s *eventSource) follow(ctx context.Context, kinds []string, tell func(event) error, idle func() error) error {
	wanted := func(kind eventKind) bool { return len(kinds) == 0 || slices.Contains(kinds, string(kind)) }
	ctx, cancel := context.WithCancel(ctx) // ends what is followed
	defer cancel()
	var changes <-chan call.Snapshot
	var traced <-chan call.Traced
	var registrations <-chan sip.ContactEvent
	var schedules <-chan switched
	if wanted(callEvent) || wanted(stepEvent) {
		changes = s.calls.Follow(ctx)
	}
	if wanted(digitEvent) {
		traced = s.calls.Trace(ctx, "")
	}
	if wanted(registrationEvent) {
		registrations = s.contacts.Follow(ctx)
	}
	if wanted(scheduleEvent) {
		schedules = s.switches.Follow(ctx)
	}
	if err := idle(); err != nil {
		return err
	}
	s.states = map[string]call.State{}
	if changes != nil {
		for _, live := range s.calls.Calls() {
			if e := s.change(live); wanted(e.Kind) {
				if err := tell(e); err != nil {
					return err
				}
			}
		}
	}
	quiet := time.NewTicker(15 * time.Second)
	defer quiet.Stop()
	for {
		var e event
		open := true
		select {
		case change, ok := <-changes:
			e, open = s.change(change), ok
		case line, ok := <-traced:
			e, open = traceEvent(line), ok
		case change, ok := <-registrations:
			e, open = event{At: time.Now(), Kind: registrationEvent, Registration: &change}, ok
		case change, ok := <-schedules:
			e, open = event{At: time.Now(), Kind: scheduleEvent, Schedule: &change}, ok
		case <-quiet.C:
			if err := idle(); err != nil {
				return err
			}
			continue
		}
		switch {
		case !open:
			return ctx.Err()
		case e.Kind == "" || e.Kind != lostEvent && !wanted(e.Kind):
			continue
		}
		if err := tell(e); err != nil {
			return err
		}
	}
}

// change is the event of a call's change.
func (s *eventSource) change(c call.Snapshot) event {
	live := newLiveCall(c)
	e := event{At: time.Now(), Kind: callEvent, Call: &live}
	if s.states[c.ID] == c.State {
		e.Kind = stepEvent
	}
	s.states[c.ID] = c.State
	if c.State == call.StateEnded {
		delete(s.states, c.ID)
	}
	return e
}

// traceEvent is the event of what is traced; only keys are one.
func traceEvent(line call.Traced) event {
	switch line.Kind {
	case call.TracedKey:
		return event{At: time.Now(), Kind: digitEvent, Digit: &pressedDigit{Call: line.Call, Key: line.Key, Taken: line.Taken}}
	case call.TracedLost:
		return event{At: time.Now(), Kind: lostEvent, Lost: line.Lost}
	}
	return event{}
}

// named lets in who asks for this machine by an address, as localhost, or by the name that is set: a page of a stranger that a
// browser here shows, whose name its owner lets lead to this machine (DNS rebinding), is not let in.
func named(set string, next http.Handler) http.Handler {
	name := func(hostPort string) string {
		if host, _, err := net.SplitHostPort(hostPort); err == nil {
			return host
		}
		return hostPort
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host := name(r.Host)
		if _, err := netip.ParseAddr(strings.Trim(host, "[]")); err != nil && host != "localhost" && host != name(set) {
			http.Error(w, fmt.Sprintf("ask by the server's address, or set --http to %.60q to ask by that name", host), http.StatusForbidden)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// maxEventReaders is how many may read the events at once.
const maxEventReaders = 64

// eventWait is how long a reader may take nothing.
const eventWait = 10 * time.Second

// eventsHandler answers GET /events: server-sent events (a line "event: KIND", a line "data: JSON", an empty line), of the kinds
// that ?kind= names, separated by commas, or of all.
func eventsHandler(p parts) http.HandlerFunc {
	readers := make(chan struct{}, maxEventReaders)
	return func(w http.ResponseWriter, r *http.Request) {
		select {
		case readers <- struct{}{}:
			defer func() { <-readers }()
		default:
			http.Error(w, fmt.Sprintf("%d programs read the events, the most that may", maxEventReaders), http.StatusServiceUnavailable)
			return
		}
		var kinds []string
		if list := r.URL.Query().Get("kind"); list != "" {
			kinds = strings.Split(list, ",")
		}
		for _, kind := range kinds {
			switch eventKind(kind) {
			case callEvent, stepEvent, digitEvent, registrationEvent, scheduleEvent:
			default:
				http.Error(w, fmt.Sprintf("%.20q is no kind of event: call, step, digit, registration and schedule are", kind), http.StatusBadRequest)
				return
			}
		}
		out := http.NewResponseController(w)
		send := func(format string, args ...any) error {
			if err := out.SetWriteDeadline(time.Now().Add(eventWait)); err != nil {
				return err
			}
			if _, err := fmt.Fprintf(w, format, args...); err != nil {
				return err
			}
			return out.Flush()
		}
		idle := func() error { return send(": nothing happened\n\n") }
		w.Header().Set("Content-Type", "text/event-stream")
		w.Header().Set("Cache-Control", "no-store")
		source := &eventSource{calls: p.calls, contacts: p.contacts, switches: &p.switches.feed}
		_ = source.follow(r.Context(), kinds, func(e event) error { // the reader went away
			data, err := json.Marshal(e)
			if err != nil {
				return err
			}
			return send("event: %s\ndata: %s\n\n", e.Kind, data)
		}, idle)
	}
}

type eventsCommand struct {
	dataFlag
	JSON bool     `help:"Print JSON, an object a line."`
	Kind []string `sep:"," enum:"call,step,digit,registration,schedule" placeholder:"KIND" help:"Only events of this kind: call, step, digit, registration or schedule; may be given several times (default: all)."`
}

func (eventsCommand) Help() string {
	return `Shows what happens on the running server as it happens: calls that come, ring, are answered and end, their steps, the keys that
callers press, phones that register, schedules that are switched by hand. Programs read the same from GET /events of the web address, as server-sent events.

Examples:
  dialtone events
  dialtone events --kind call --kind digit
  dialtone events --kind registration --json | jq -r .registration.phone`
}

// Run prints events until it is interrupted or the server ends.
func (c eventsCommand) Run() error {
	server, err := dialControl(c.Data)
	if err != nil {
		return err
	}
	defer server.Close()
	return server.lines("/events?kind="+url.QueryEscape(strings.Join(c.Kind, ",")), func(line []byte) error {
		data, ok := bytes.CutPrefix(line, []byte("data: "))
		if !ok {
			return nil
		}
		if c.JSON {
			fmt.Print(string(data))
			return nil
		}
		var e event
		if err := json.Unmarshal(data, &e); err != nil {
			return err
		}
		fmt.Println(e)
		return nil
	})
}

// String is the event as a line for people.
func (e event) String() string {
	at := e.At.Local().Format("15:04:05.000")
	switch {
	case e.Call != nil:
		return describe(e.At, e.Call.Snapshot)
	case e.Digit != nil && e.Digit.Taken:
		return fmt.Sprintf("%s  %s  key %s", at, e.Digit.Call, e.Digit.Key)
	case e.Digit != nil:
		return fmt.Sprintf("%s  %s  key %s, which nothing waits for", at, e.Digit.Call, e.Digit.Key)
	case e.Registration != nil:
		r := e.Registration
		return fmt.Sprintf("%s  phone %s: %s %s (%s %s)", at, r.Phone, printable(r.URI), r.Change, r.Transport, r.Address)
	case e.Schedule != nil:
		return fmt.Sprintf("%s  schedule %d %s: %s by %s", at, e.Schedule.ID, printable(e.Schedule.Name), e.Schedule.State, printable(e.Schedule.By))
	}
	return fmt.Sprintf("%s  %d events are lost: the reader is slower than the server", at, e.Lost)
}
