package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"sync/atomic"

	"dialtone/ivr"
	"dialtone/ivr/check"
	"dialtone/ivr/dialplan"
	"dialtone/ivr/folder"
	"dialtone/ivr/function"
	"dialtone/ivr/simulate"
)

// dialplanFolder is the directory of the dialplan's files in the data directory, unless settings name another one.
const dialplanFolder = "extensions_extra.d"

// dialplanFiles is the dialplan in force, and the directory that it comes from. What the files' structure makes
// unreadable leaves the one before in force.
//
// Who is in a call when a plan takes the place of another one goes on in the new one: its next priority is looked up
// there, by context, extension and number, as after any other step.
type dialplanFiles struct {
	dir     string
	log     *slog.Logger
	globals *ivr.Globals
	options ivr.Options     // for the functions that the files use while they are loaded
	objects dialplan.Switch // what stands beside the files
	plan    atomic.Pointer[dialplan.Plan]
	changed func() // told that another plan is in force; set before follow begins; nil: nobody is

	loading sync.Mutex    // held by load
	mu      sync.Mutex    // of seen
	seen    footprint     // of the files, as the last load found them
	loaded  chan struct{} // tells follow that there was a load
}

// newDialplan starts without files.
func newDialplan(dir string, objects dialplan.Switch, o ivr.Options) *dialplanFiles {
	f := &dialplanFiles{dir: dir, log: o.Log, globals: ivr.NewGlobals(nil), options: o, objects: objects, loaded: make(chan struct{}, 1)}
	f.plan.Store((&dialplan.Plan{}).With(objects))
	return f
}

// current is the plan in force.
func (f *dialplanFiles) current() *dialplan.Plan { return f.plan.Load() }

// reloadReport is what came of a load.
type reloadReport struct {
	Directory string    `json:"directory"`
	Refused   bool      `json:"refused"` // the plan before stays in force
	Files     int       `json:"files"`
	Contexts  []string  `json:"contexts"` // of the plan that is in force now
	Problems  []finding `json:"problems"`
}

// load reads the directory. Every problem is logged with its file, line and column.
func (f *dialplanFiles) load() (report reloadReport) {
	f.loading.Lock()
	defer f.loading.Unlock()
	report.Directory, report.Problems = f.dir, []finding{}
	seen := footprint{}
	defer func() {
		f.mu.Lock()
		f.seen = seen
		f.mu.Unlock()
		select {
		case f.loaded <- struct{}{}:
		default:
		}
		for _, c := range f.current().Contexts {
			report.Contexts = append(report.Contexts, c.Name)
		}
	}()
	if _, err := os.Stat(f.dir); err != nil {
		seen.add(f.dir)
		f.log.Warn("there is no dialplan, so calls lead nowhere", "directory", f.dir, "error", err)
		report.Refused = true
		report.Problems = append(report.Problems, finding{Pos: dialplan.Pos{File: f.dir}, Severity: check.Error, Text: err.Error()})
		return report
	}
	plan, problems := f.read(dialplan.LoadOptions{Seen: seen.add})
	for _, p := range problems {
		level, severity := slog.LevelWarn, check.Warning
		if p.Severity == dialplan.Error {
			severity = check.Error
		}
		if plan == nil && p.Structure {
			level = slog.LevelError
		}
		f.log.Log(context.Background(), level, "dialplan: "+p.Text, "at", p.Pos.String())
		report.Problems = append(report.Problems, finding{Pos: p.Pos, Severity: severity, Text: p.Text, Suggest: p.Suggest})
	}
	if plan == nil {
		f.log.Error("the dialplan is refused as a whole; the one before stays in force", "directory", f.dir)
		report.Refused = true
		return report
	}
	report.Files = len(plan.Files)
	if plan.Settings.ClearGlobalVars {
		f.globals.Replace(plan.Globals)
	} else {
		f.globals.Load(plan.Globals)
	}
	f.plan.Store(plan)
	if f.changed != nil {
		f.changed()
	}
	f.log.Info("dialplan", "directory", f.dir, "contexts", len(plan.Contexts), "problems", len(problems))
	return report
}

// read loads the directory, with the objects beside it.
func (f *dialplanFiles) read(with dialplan.LoadOptions) (*dialplan.Plan, []dialplan.Problem) {
	with.Switch = f.objects
	return readPlan(f.options, with, f.dir)
}

// folder is the directory for those who write its files.
func (f *dialplanFiles) folder() *folder.Folder {
	return &folder.Folder{
		Dir: f.dir,
		Load: func(instead map[string][]byte) (*dialplan.Plan, []dialplan.Problem) {
			return f.read(dialplan.LoadOptions{Instead: instead})
		},
		Written: func() { f.load() },
	}
}

// readPlan loads dialplan files as one plan. The functions that lines use while they are loaded are read in a run that
// stands nowhere, with the options' functions (nil: all) and what they may do.
func readPlan(o ivr.Options, with dialplan.LoadOptions, paths ...string) (*dialplan.Plan, []dialplan.Problem) {
	if o.Functions == nil {
		o.Functions = function.All()
	}
	empty := &dialplan.Plan{}
	o.Plan = func() *dialplan.Plan { return empty }
	run := ivr.New(simulate.New(simulate.Script{}), dialplan.Place{}, o)
	with.Functions = func(name, args string) (value string, err error) {
		f := o.Functions[name]
		if f == nil || f.Read == nil {
			return "", fmt.Errorf("there is no function %s that can be read", name)
		}
		defer func() {
			if p := recover(); p != nil {
				err = fmt.Errorf("function %s: panic: %v", name, p)
			}
		}()
		return f.Read(run, args)
	}
	return dialplan.Load(with, paths...)
}
