package main

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"dialtone/ivr"
	"dialtone/ivr/app"
	"dialtone/ivr/check"
	"dialtone/ivr/dialplan"
	"dialtone/ivr/function"
)

type checkCommand struct {
	Data  string   `placeholder:"DIR" env:"DIALTONE_DATA" help:"The server's data directory, whose objects are checked, too; works while the server runs, and while it does not (default: ./data, for what is in it)."`
	JSON  bool     `help:"Print JSON: an array of objects with file, line, column, severity, code, text and, for near misses, suggest."`
	Allow []string `sep:"," placeholder:"NAME" help:"What the server's settings allow, so that it is not warned of: system, agi, ENV, STAT, CURL or sound-url; may be given several times."`
	Paths []string `arg:"" optional:"" name:"path" help:"Files or directories, with the *.conf in them; together they are one dialplan (default: extensions_extra.d in the data directory)."`
}

func (checkCommand) Help() string {
	return `Prints FILE:LINE:COLUMN: SEVERITY: what is wrong, for all files at once. An error is what ends a call, as an application that does not exist
or a Goto to nowhere does, and a line that cannot be read; all else is a warning: lines that nothing leads to, menus without i or t, endless retries,
misspelt variables, missing sounds, conditions that are always true … The objects of the data directory are checked beside its files, by the lines
that they mean, and by their options without effect; beside files from elsewhere, where --data names it. A dialplan without a fault gives no message. The exit code is 1 when there is an error.

The codes of --json stay: ` + codes() + `.

Examples:
  dialtone check
  dialtone check menu.conf destinations.conf
  dialtone check --allow system,CURL
  dialtone check --json | jq -r '.[] | select(.severity == "error") | .text'`
}

// codes lists the kinds of findings, some on a line.
func codes() string {
	var b strings.Builder
	for i, code := range check.Codes {
		switch {
		case i > 0 && i%7 == 0:
			b.WriteString(",\n")
		case i > 0:
			b.WriteString(", ")
		}
		b.WriteString(string(code))
	}
	return b.String()
}

// Run checks the paths together, as one dialplan.
func (c checkCommand) Run() error {
	if len(c.Paths) == 0 {
		c.Paths = []string{filepath.Join(c.data(), dialplanFolder)}
	}
	for _, path := range c.Paths {
		if _, err := os.Stat(path); err != nil {
			return fmt.Errorf("there is no dialplan to check: %w", err)
		}
	}
	findings := []finding{}
	failed := false
	objects, err := c.objects()
	if err != nil {
		return err
	}
	defer objects.Close()
	plan, problems := readPlan(ivr.Options{}, objects.beside(), c.Paths...)
	known := check.Known{Apps: app.All(), Functions: function.All(), Sounds: c.sounds(), Allowed: c.allowed}
	for _, f := range slices.Concat(check.Plan(plan, problems, known), objects.check(plan, known)) {
		failed = failed || f.Severity == check.Error
		findings = append(findings, finding{f.Pos, f.Severity, f.Code, f.Text, f.Suggest})
	}
	if !c.JSON {
		for _, f := range findings {
			fmt.Println(f)
		}
	}
	if c.JSON {
		if err := printJSON(findings); err != nil {
			return err
		}
	}
	if failed {
		return errSaid
	}
	if !c.JSON {
		fmt.Printf("no errors, %d warnings\n", len(findings))
	}
	return nil
}

// data is the data directory that is told, or the usual one.
func (c checkCommand) data() string { return cmp.Or(c.Data, "./data") }

// objects are those that stand beside the paths: of a data directory that is told, or of the usual one, if it has one of the paths. Files from
// elsewhere have nothing to do with it.
func (c checkCommand) objects() (kept, error) {
	if c.Data == "" && !slices.ContainsFunc(c.Paths, func(path string) bool { return isBelow(path, c.data()) }) {
		return kept{}, nil
	}
	return openKept(c.data())
}

// isBelow tells whether a path is a folder, or in it.
func isBelow(path, folder string) bool {
	inside, err := filepath.Abs(path)
	outside, fault := filepath.Abs(folder)
	return errors.Join(err, fault) == nil && (inside == outside || strings.HasPrefix(inside, outside+string(filepath.Separator)))
}

// finding is a fault of a dialplan: a line of the output, or an object of --json. One of loading alone has no code.
type finding struct {
	dialplan.Pos
	Severity check.Severity `json:"severity"`
	Code     check.Code     `json:"code,omitempty"`
	Text     string         `json:"text"`
	Suggest  string         `json:"suggest,omitempty"`
}

// String is FILE:LINE:COLUMN: SEVERITY: what is wrong.
func (f finding) String() string {
	s := fmt.Sprintf("%s: %s: %s", f.Pos, f.Severity, f.Text)
	if f.Suggest != "" {
		s += fmt.Sprintf(" (did you mean %s?)", f.Suggest)
	}
	return s
}

// allowed tells whether an application or a function that is off by default is said to be allowed.
func (c checkCommand) allowed(name string) bool {
	return slices.ContainsFunc(c.Allow, func(allowed string) bool {
		return strings.EqualFold(allowed, name) || strings.EqualFold("try"+allowed, name)
	})
}

// sounds looks for sounds beside the dialplan, in the data directory and among the embedded ones.
func (c checkCommand) sounds() func(name string) (looked []string, ok bool) {
	cache := soundsBeside(c.Paths, c.data())
	return func(name string) ([]string, bool) {
		_, err := cache.Find(name, "en")
		return lookedFor(err), err == nil
	}
}
