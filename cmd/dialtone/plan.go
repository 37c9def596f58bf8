package main

import (
	"context"
	"log/slog"
	"os"
	"sync/atomic"

	"dialtone/ivr"
	"dialtone/ivr/dialplan"
)

// dialplanFiles is the dialplan in force, and the directory that it comes from. What the files' structure makes
// unreadable leaves the one before in force.
type dialplanFiles struct {
	dir     string
	log     *slog.Logger
	globals *ivr.Globals
	plan    atomic.Pointer[dialplan.Plan]
}

// newDialplan starts with an empty plan, which refuses every call.
func newDialplan(dir string, log *slog.Logger) *dialplanFiles {
	f := &dialplanFiles{dir: dir, log: log, globals: ivr.NewGlobals(nil)}
	f.plan.Store(&dialplan.Plan{})
	return f
}

// current is the plan in force.
func (f *dialplanFiles) current() *dialplan.Plan { return f.plan.Load() }

// load reads the directory. Every problem is logged with its file, line and column.
func (f *dialplanFiles) load() {
	if _, err := os.Stat(f.dir); err != nil {
		f.log.Warn("there is no dialplan, so calls lead nowhere", "directory", f.dir, "error", err)
		return
	}
	plan, problems := dialplan.Load(dialplan.LoadOptions{}, f.dir)
	for _, p := range problems {
		level := slog.LevelWarn
		if plan == nil && p.Structure {
			level = slog.LevelError
		}
		f.log.Log(context.Background(), level, "dialplan: "+p.Text, "at", p.Pos.String())
	}
	if plan == nil {
		f.log.Error("the dialplan is refused as a whole; the one before stays in force", "directory", f.dir)
		return
	}
	f.globals.Load(plan.Globals)
	f.plan.Store(plan)
	f.log.Info("dialplan", "directory", f.dir, "contexts", len(plan.Contexts), "problems", len(problems))
}
