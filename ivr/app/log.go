package app

import (
	"context"
	"fmt"
	"log/slog"
	"strings"

	"dialtone/ivr"
)

var logging = []ivr.App{
	{
		Name: "NoOp", Synopsis: "do nothing", Syntax: "[text]",
		Doc: "Does nothing; its text, with variables replaced, is in the log at level debug, and in the trace of the call.",
		Run: func(r *ivr.Run, args string) error {
			write(r, slog.LevelDebug, args)
			return nil
		},
	},
	{
		Name: "Verbose", Synopsis: "write to the log", Syntax: "[level,]text",
		Doc: "Writes the text to the log: level info up to 2 (or without a level), debug above.",
		Run: verbose,
	},
	{
		Name: "Log", Synopsis: "write to the log at a level", Syntax: "level,text",
		Doc: "Writes the text to the log; levels are ERROR, WARNING, NOTICE, VERBOSE, DEBUG and DTMF. Another level is an error in the log, and the run goes on.",
		Run: logAt,
	},
}

func write(r *ivr.Run, level slog.Level, text string) {
	ctx := context.Background()
	if !r.Logger().Enabled(ctx, level) {
		return
	}
	p := r.Place()
	r.Logger().Log(ctx, level, text, "place", fmt.Sprintf("%s,%s,%d", p.Context, p.Exten, p.Priority))
}

func verbose(r *ivr.Run, args string) error {
	list := ivr.SplitArgs(args, 2)
	if args == "" {
		r.Warn("Verbose: needs a text")
		return nil
	}
	if len(list) == 1 {
		list = []string{"0", list[0]}
	}
	n, ok := ivr.LeadingInt(list[0])
	if !ok {
		r.Warn("Verbose: level %q is no number", list[0])
	}
	level := slog.LevelInfo
	if n > 2 {
		level = slog.LevelDebug
	}
	write(r, level, list[1])
	return nil
}

var levels = map[string]slog.Level{
	"ERROR": slog.LevelError, "WARNING": slog.LevelWarn, "NOTICE": slog.LevelInfo, "VERBOSE": slog.LevelInfo,
	"DEBUG": slog.LevelDebug, "DTMF": slog.LevelDebug,
}

func logAt(r *ivr.Run, args string) error {
	name, text, _ := strings.Cut(args, ",")
	level, ok := levels[strings.ToUpper(strings.TrimSpace(name))]
	if !ok {
		r.Logger().Error(fmt.Sprintf("Log: unknown level %q", name))
		return nil
	}
	write(r, level, text)
	return nil
}
