package conversation

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"dialtone/ivr"
	"dialtone/ivr/dialplan"
)

// Suite plays the scripts of many files. Plans that several of them name are read
// once.
type Suite struct {
	Apps      map[string]*ivr.App
	Functions map[string]*ivr.Function
	// Sounds gives the lengths of the sounds in some directories and beside a plan; nil:
	// only scripts have sounds.
	Sounds   func(dirs []string) func(name, language string) (time.Duration, error)
	Coverage *Coverage // may be nil
	// Load reads a plan; nil: dialplan.Load does, without functions.
	Load      func(paths ...string) (*dialplan.Plan, []dialplan.Problem)
	Server    []string      // the paths of the plan that scripts mean which name none, maybe no path; nil: each has to name one
	Schedules ivr.Schedules // that calls ask, see Stage; may be nil

	plans map[string]*dialplan.Plan
}

// Plan reads a plan, or gives the one that was read before.
func (s *Suite) Plan(paths ...string) (*dialplan.Plan, error) {
	key := strings.Join(paths, "\x00")
	if plan, ok := s.plans[key]; ok {
		return plan, nil
	}
	load := s.Load
	if load == nil {
		load = func(paths ...string) (*dialplan.Plan, []dialplan.Problem) {
			return dialplan.Load(dialplan.LoadOptions{}, paths...)
		}
	}
	plan, problems := load(paths...)
	if plan == nil {
		for _, p := range problems {
			if p.Structure {
				return nil, p
			}
		}
		return nil, errors.New("there is no dialplan")
	}
	if s.plans == nil {
		s.plans = map[string]*dialplan.Plan{}
	}
	s.plans[key] = plan
	return plan, nil
}

// Stage is what calls are played on with a plan. It has no sounds yet.
func (s *Suite) Stage(plan *dialplan.Plan) Stage {
	return Stage{Plan: plan, Apps: s.Apps, Functions: s.Functions, Schedules: s.Schedules}
}

// Play plays all calls of a script and tells each verdict as it is known.
func (s *Suite) Play(script *Script, tell func(*Verdict)) error {
	dir := filepath.Dir(script.File)
	paths := within(dir, script.Plan)
	if len(paths) == 0 {
		if paths = s.Server; paths == nil {
			return &Fault{dialplan.Pos{File: script.File, Line: 1, Column: 1}, `no dialplan is named: begin with "plan PATH"`}
		}
	}
	plan, err := s.Plan(paths...)
	if err != nil {
		return fmt.Errorf("%s: the plan: %w", script.File, err)
	}
	if s.Coverage != nil {
		s.Coverage.Plan(plan)
	}
	stage := s.Stage(plan)
	var others func(name, language string) (time.Duration, error)
	if s.Sounds != nil {
		others = s.Sounds(append(within(dir, script.Sounds), paths...))
	}
	stage.Length = Sounds(script.File, script.Lengths, others)
	for _, c := range script.Calls {
		if !plan.Has(c.Call.Place.Context) {
			return &Fault{c.Pos, fmt.Sprintf("the call enters context [%s], which the plan does not have%s", c.Call.Place.Context, near(plan, c.Call.Place.Context))}
		}
		moments := c.At
		if len(moments) == 0 {
			moments = []time.Time{{}}
		}
		for _, at := range moments {
			t := stage.Play(c.call(at))
			if s.Coverage != nil {
				s.Coverage.Call(t)
			}
			tell(judge(c, at, t))
		}
	}
	return nil
}

func near(plan *dialplan.Plan, name string) string {
	var names []string
	for _, c := range plan.Contexts {
		names = append(names, c.Name)
	}
	if near := dialplan.Nearest(name, names, max(1, min(len(name)/3, 3))); near != "" {
		return fmt.Sprintf(" (did you mean [%s]?)", near)
	}
	return ""
}

// within are paths as seen from a directory.
func within(dir string, paths []string) []string {
	out := make([]string, 0, len(paths)+2)
	for _, p := range paths {
		if !filepath.IsAbs(p) {
			p = filepath.Join(dir, p)
		}
		out = append(out, p)
	}
	return out
}
