package main

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"text/tabwriter"
	"time"
	"unicode"

	"dialtone/call"
)

type callsCommand struct {
	dataFlag
	JSON   bool `help:"Print JSON; with --follow, a line for each change."`
	Follow bool `short:"f" help:"Go on, and print each change of each call as it comes."`
}

func (callsCommand) Help() string {
	return `Examples:
  dialtone calls                    a line for each live call
  dialtone calls --follow           each step that each call takes
  dialtone calls --json | jq .`
}

// Run shows the live calls.
func (c callsCommand) Run() error {
	server, err := dialControl(c.Data)
	if err != nil {
		return err
	}
	defer server.Close()
	if c.Follow {
		return c.follow(server)
	}
	var calls []call.Snapshot
	if err := server.ask("GET", "/calls", nil, &calls); err != nil {
		return err
	}
	if c.JSON {
		live := make([]liveCall, 0, len(calls))
		for _, s := range calls {
			live = append(live, newLiveCall(s))
		}
		return printJSON(live)
	}
	table := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "CALL\tFROM\tTO\tSTATE\tCONTEXT\tEXTENSION\tPRIORITY\tAPPLICATION\tDURATION")
	for _, s := range calls {
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\t%d\t%s\t%s\n",
			s.ID, printable(s.From), printable(s.To), s.State, s.Context, printable(s.Exten), s.Priority, application(s),
			duration(s).Round(time.Second))
	}
	return table.Flush()
}

// follow prints changes until it is interrupted or the server ends.
func (c callsCommand) follow(server *control) error {
	return server.lines("/calls/follow", func(line []byte) error {
		var s call.Snapshot
		if err := json.Unmarshal(line, &s); err != nil {
			return err
		}
		if c.JSON {
			return json.NewEncoder(os.Stdout).Encode(newLiveCall(s))
		}
		fmt.Println(describe(s))
		return nil
	})
}

// liveCall is a call for JSON.
type liveCall struct {
	Number string `json:"number"` // the caller's
	call.Snapshot
	Duration float64 `json:"duration"` // seconds since it began, until its end
}

func newLiveCall(s call.Snapshot) liveCall {
	return liveCall{s.From, s, duration(s).Round(time.Millisecond).Seconds()}
}

func duration(s call.Snapshot) time.Duration {
	if s.Ended.IsZero() {
		return max(time.Since(s.Started), 0)
	}
	return s.Ended.Sub(s.Started)
}

// application is the step that a call takes, cut where it is long.
func application(s call.Snapshot) string {
	const most = 60
	if s.App == "" {
		return "-"
	}
	text := []rune(printable(s.App + "(" + s.Args + ")"))
	if len(text) > most {
		text = append(text[:most-1], '…')
	}
	return string(text)
}

// printable makes what strangers sent fit for a terminal and a table.
func printable(text string) string {
	if text == "" {
		return "-"
	}
	return strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return '?'
		}
		return r
	}, text)
}

// describe is a change of a call as a line for people.
func describe(s call.Snapshot) string {
	head := fmt.Sprintf("%s  %s  %s → %s  %-7s", time.Now().Format("15:04:05.000"), s.ID, printable(s.From), printable(s.To), s.State)
	if s.State == call.StateEnded {
		return fmt.Sprintf("%s by %s, cause %d, after %s", head, s.EndedBy, s.Cause, s.Ended.Sub(s.Started).Round(time.Millisecond))
	}
	return fmt.Sprintf("%s  %s,%s,%d  %s", head, s.Context, printable(s.Exten), s.Priority, application(s))
}

// printJSON prints a value for other programs.
func printJSON(v any) error {
	out := json.NewEncoder(os.Stdout)
	out.SetIndent("", "  ")
	return out.Encode(v)
}
