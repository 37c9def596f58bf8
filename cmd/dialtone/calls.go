package main

import (
	"encoding/json"
	"fmt"
	"os"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"
	"unicode"

	"dialtone/call"
	"dialtone/store"
)

type callsCommand struct {
	dataFlag
	JSON    bool `help:"Print JSON; with --follow, a line for each change."`
	Follow  bool `short:"f" xor:"which" help:"Go on, and print each change of each call as it comes."`
	History int  `placeholder:"N" xor:"which" help:"The last N calls that are over, the newest first."`
}

func (callsCommand) Help() string {
	return `Of the sound it shows LOSS (packets that did not arrive, or too late), JITTER and MOS, from the caller to us / from us to the caller,
and RTT, the time there and back. What goes to the caller is known from its telephone's reports (RTCP), - where it sends none. MOS
estimates from 1 (bad) to 4.41 how the call sounds (ITU-T G.107).

Examples:
  dialtone calls                    a line for each live call
  dialtone calls --follow           each step that each call takes
  dialtone calls --history 20       the last 20 calls
  dialtone calls --json | jq '.[] | select(.media.loss_percent > 1) | .number'`
}

// Run shows the live calls, or those that are over.
func (c callsCommand) Run() error {
	if c.History > 0 {
		return c.history()
	}
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
	fmt.Fprintln(table, "CALL\tFROM\tTO\tSTATE\tCONTEXT\tEXTENSION\tPRIORITY\tAPPLICATION\tDURATION\t"+soundHead)
	for _, s := range calls {
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\t%d\t%s\t%s\t%s\n",
			s.ID, printable(s.From), printable(s.To), s.State, s.Context, printable(s.Exten), s.Priority, application(s),
			duration(s).Round(time.Second), soundColumns(s.Media))
	}
	return table.Flush()
}

// history shows calls that are over.
func (c callsCommand) history() error {
	control, err := openControl(c.Data)
	if err != nil {
		return err
	}
	defer control.Close()
	calls, err := control.history(c.History)
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(calls)
	}
	table := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "CALL\tFROM\tTO\tBEGAN\tDURATION\tRESULT\tENDED BY\tCAUSE\t"+soundHead)
	for _, r := range calls {
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%d\t%s\n",
			r.ID, printable(r.From), printable(r.To), r.Start.Local().Format(time.DateTime), r.End.Sub(r.Start).Round(time.Second),
			printable(r.Result), printable(r.EndedBy), r.Cause, soundColumns(r.Media))
	}
	return table.Flush()
}

const soundHead = "LOSS %\tJITTER ms\tRTT ms\tMOS"

// soundColumns are the columns of soundHead, - for what is not known.
func soundColumns(m *store.MediaRecord) string {
	if m == nil {
		m = &store.MediaRecord{}
	}
	known := func(is bool, v float64, digits int) string {
		if !is {
			return "-"
		}
		return strconv.FormatFloat(v, 'f', digits, 64)
	}
	heard, far := m.Received > 0, m.Far
	if far == nil {
		far = &store.FarRecord{}
	}
	told := m.Far != nil
	return fmt.Sprintf("%s/%s\t%s/%s\t%s\t%s/%s", known(heard, m.Loss, 1), known(told, far.Loss, 1), known(heard, m.Jitter, 1), known(told, far.Jitter, 1),
		known(far.RoundTrip > 0, far.RoundTrip, 0), known(m.MOS > 0, m.MOS, 1), known(told, far.MOS, 1))
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
		fmt.Println(describe(time.Now(), s))
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
func describe(at time.Time, s call.Snapshot) string {
	head := fmt.Sprintf("%s  %s  %s → %s  %-7s", at.Local().Format("15:04:05.000"), s.ID, printable(s.From), printable(s.To), s.State)
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
