package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"dialtone/call"
)

type traceCommand struct {
	dataFlag
	JSON bool   `help:"Print JSON, an object a line."`
	Call string `arg:"" optional:"" help:"The call: its ID as dialtone calls lists it, its Call-ID, or the number of its caller (default: all calls, also those that come)."`
}

func (traceCommand) Help() string {
	return `Shows what live calls do as they do it, in the lines of dialtone simulate: the seconds since the call came in, then each step as
CONTEXT,EXTEN,PRIORITY Application(arguments), sounds, keys, warnings and the end. Without CALL each line begins with the call's
ID. With CALL it begins with the step that the call is in, and ends with the call. The steps of calls that Dial makes have their
channel in front. Reading slowly costs the calls nothing: what there is no room for is left out, and its number told.

Examples:
  dialtone trace
  dialtone trace 1764000000.12
  dialtone trace 1000 --json | jq -r 'select(.kind == "key") | .text'`
}

// Run prints lines until it is interrupted, the call ends or the server does.
func (c traceCommand) Run() error {
	server, err := dialControl(c.Data)
	if err != nil {
		return err
	}
	defer server.Close()
	path := "/trace"
	if c.Call != "" {
		live, err := c.find(server)
		if err != nil {
			return err
		}
		path += "?call=" + url.QueryEscape(live)
	}
	return server.lines(path, func(line []byte) error {
		if c.JSON {
			fmt.Print(string(line))
			return nil
		}
		var t call.Traced
		if err := json.Unmarshal(line, &t); err != nil {
			return err
		}
		fmt.Println(tracedLine(t, c.Call == ""))
		return nil
	})
}

// find gives the ID of the one live call that is meant.
func (c traceCommand) find(server *control) (string, error) {
	var calls []call.Snapshot
	if err := server.ask("GET", "/calls", nil, &calls); err != nil {
		return "", err
	}
	var ids []string
	for _, s := range calls {
		if s.ID == c.Call || s.CallID == c.Call {
			return s.ID, nil
		}
		if s.From == c.Call {
			ids = append(ids, s.ID)
		}
	}
	switch len(ids) {
	case 0:
		return "", fmt.Errorf("there is no live call %s (`dialtone calls` lists them)", c.Call)
	case 1:
		return ids[0], nil
	}
	return "", fmt.Errorf("%s has several calls: trace one of %s", c.Call, strings.Join(ids, ", "))
}

// tracedLine is a line for people; several tells that it is to name its call.
func tracedLine(t call.Traced, several bool) string {
	text := printable(t.Text)
	if t.Kind != call.TracedLost {
		text = fmt.Sprintf("%.2f %s", t.At, text)
	}
	if several && t.Call != "" {
		text = t.Call + " " + text
	}
	return text
}

// trace writes what happens in calls, a line each, first where they are now. Of one call it ends with the call.
func trace(w http.ResponseWriter, r *http.Request, calls *call.Switch) {
	only := r.URL.Query().Get("call")
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	lines := calls.Trace(ctx, only)
	out, encoder := http.NewResponseController(w), json.NewEncoder(w)
	found := only == ""
	for _, s := range calls.Calls() {
		if only != "" && s.ID != only {
			continue
		}
		found = true
		if s.App != "" && encoder.Encode(now(s)) != nil {
			return
		}
	}
	if !found {
		http.Error(w, fmt.Sprintf("the call %s is over", only), http.StatusNotFound)
		return
	}
	for out.Flush() == nil {
		line, ok := <-lines
		if !ok || encoder.Encode(line) != nil || only != "" && line.Kind == call.TracedEnd {
			return
		}
	}
}

// now is where a call is that began before it was looked at.
func now(s call.Snapshot) call.Traced {
	return call.Traced{Call: s.ID, At: duration(s).Seconds(), Kind: call.TracedStep,
		Text: fmt.Sprintf("%s,%s,%d %s(%s), for now", s.Context, s.Exten, s.Priority, s.App, s.Args)}
}
