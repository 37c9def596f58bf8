package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"text/tabwriter"
	"time"

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
		return printJSON(calls)
	}
	table := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "CALL\tFROM\tTO\tSTATE\tCONTEXT\tEXTENSION\tPRIORITY\tAPPLICATION\tDURATION")
	for _, s := range calls {
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\t%d\t%s\t%s\n",
			s.ID, s.From, s.To, s.State, s.Context, s.Exten, s.Priority, s.App, time.Since(s.Started).Round(time.Second))
	}
	return table.Flush()
}

// follow prints changes until it is interrupted or the server ends.
func (c callsCommand) follow(server *control) error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	response, err := server.send(ctx, "GET", "/calls/follow", nil)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	lines := bufio.NewReader(response.Body)
	for {
		line, err := lines.ReadBytes('\n')
		if errors.Is(err, io.EOF) || ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return fmt.Errorf("the server went away: %w", err)
		}
		if c.JSON {
			os.Stdout.Write(line)
			continue
		}
		var s call.Snapshot
		if err := json.Unmarshal(line, &s); err != nil {
			return err
		}
		fmt.Println(describe(s))
	}
}

// describe is a change of a call as a line for people.
func describe(s call.Snapshot) string {
	head := fmt.Sprintf("%s  %s  %s → %s  %-7s", time.Now().Format("15:04:05.000"), s.ID, s.From, s.To, s.State)
	if s.State == call.StateEnded {
		return fmt.Sprintf("%s by %s, cause %d, after %s", head, s.EndedBy, s.Cause, s.Ended.Sub(s.Started).Round(time.Millisecond))
	}
	return fmt.Sprintf("%s  %s,%s,%d  %s(%s)", head, s.Context, s.Exten, s.Priority, s.App, s.Args)
}

// printJSON prints a value for other programs.
func printJSON(v any) error {
	out := json.NewEncoder(os.Stdout)
	out.SetIndent("", "  ")
	return out.Encode(v)
}
