package dialplan_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"sort"
	"strconv"
	"strings"
	"testing"

	"dialtone/ivr/dialplan"
)

const files = "../../testdata/dialplan/files"

// functions are those that the files use when they are loaded.
func functions(name, args string) (string, error) {
	if name == "LEN" {
		return fmt.Sprint(len(args)), nil
	}
	return "", fmt.Errorf("unknown function %q", name)
}

// show writes a plan as testdata/dialplan/files/*.show does.
func show(p *dialplan.Plan) string {
	var b strings.Builder
	contexts := slices.Clone(p.Contexts)
	sort.Slice(contexts, func(i, j int) bool { return contexts[i].Name < contexts[j].Name })
	for _, c := range contexts {
		fmt.Fprintf(&b, "context %s\n", c.Name)
		if c.AutoHints {
			b.WriteString("  autohints\n")
		}
		for _, e := range c.Extensions {
			if len(e.Priorities) == 0 && e.HintPos.Line == 0 {
				continue
			}
			fmt.Fprintf(&b, "  exten %s", e.Name)
			if e.ForCaller {
				fmt.Fprintf(&b, " caller %s", e.Caller)
			}
			b.WriteByte('\n')
			if e.HintPos.Line != 0 {
				fmt.Fprintf(&b, "    hint %s\n", e.Hint)
			}
			for i, q := range e.Priorities {
				fmt.Fprintf(&b, "    %d", q.Number)
				if q.Label != "" && i > 0 { // Asterisk shows no label of the first line
					fmt.Fprintf(&b, "(%s)", q.Label)
				}
				fmt.Fprintf(&b, " %s(%s)\n", q.App, q.Args)
			}
		}
		for _, i := range c.Includes {
			fmt.Fprintf(&b, "  include %s\n", i.Text)
		}
		for _, i := range c.IgnorePats {
			fmt.Fprintf(&b, "  ignorepat %s\n", i)
		}
		for _, s := range c.Switches {
			fmt.Fprintf(&b, "  switch %s\n", s.Text)
		}
	}
	if len(p.Globals) > 0 {
		b.WriteString("globals\n")
		var names []string
		for name := range p.Globals {
			names = append(names, name)
		}
		sort.Strings(names)
		for _, name := range names {
			fmt.Fprintf(&b, "  %s=%s\n", name, p.Globals[name])
		}
	}
	return b.String()
}

// shown is a plan as Asterisk shows it: no line is longer than 1026 bytes, and bytes that are no UTF-8 were replaced.
func shown(text string) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	for i, l := range lines {
		lines[i] = strings.ToValidUTF8(l[:min(len(l), 1026)], "\uFFFD")
	}
	return strings.Join(lines, "\n")
}

var lineOf = regexp.MustCompile(`(?i)\bline (\d+)`)

func TestFilesAsLoadedByAsterisk(t *testing.T) {
	names, err := filepath.Glob(files + "/*.show")
	if err != nil || len(names) != 34 {
		t.Fatalf("there are %d files, not 34 (%v)", len(names), err)
	}
	for _, name := range names {
		name = strings.TrimSuffix(name, ".show")
		t.Run(filepath.Base(name), func(t *testing.T) {
			data, err := os.ReadFile(name + ".show")
			if err != nil {
				t.Fatal(err)
			}
			_, want, _ := strings.Cut(string(data), "\n") // what the file is called
			want, log, _ := strings.Cut(want, "log\n")
			plan, problems := dialplan.Load(dialplan.LoadOptions{Functions: functions}, name+".conf")
			if strings.Contains(want, "the load FAILED") {
				want = ""
				if plan != nil {
					t.Errorf("there is a plan, though the structure is broken:\n%s", show(plan))
				}
			} else if plan == nil {
				t.Fatalf("there is no plan: %v", problems)
			} else if got := shown(show(plan)); got != strings.TrimSpace(want) {
				t.Errorf("the plan is\n%s\nwant\n%s", got, want)
			}
			for _, p := range problems {
				if p.Structure && plan != nil {
					t.Errorf("a plan in spite of %v", p)
				}
				if p.Line == 0 || p.Column == 0 || filepath.Base(p.File) != filepath.Base(name)+".conf" {
					t.Errorf("no place: %v", p)
				}
			}
			for _, m := range lineOf.FindAllStringSubmatch(log, -1) {
				line, _ := strconv.Atoi(m[1])
				if !slices.ContainsFunc(problems, func(p dialplan.Problem) bool { return p.Line == line }) {
					t.Errorf("no problem is told of line %d; log:\n%s", line, log)
				}
			}
			if log == "" && len(problems) > 0 {
				t.Errorf("problems where Asterisk has none: %v", problems)
			}
			if t.Failed() || testing.Verbose() {
				for _, p := range problems {
					t.Log(p.Severity, p)
				}
			}
		})
	}
}
