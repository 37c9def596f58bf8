package main

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"dialtone/ivr/conversation"
	"dialtone/ivr/dialplan"
)

type testCommand struct {
	dataFlag
	Coverage bool     `help:"Say which priorities of the dialplans no test reached."`
	JSON     bool     `help:"Print JSON."`
	JUnit    string   `name:"junit" placeholder:"FILE" help:"Write the results as JUnit XML, for build servers."`
	Verbose  bool     `short:"v" help:"Show each call step by step, not only those that fail."`
	Paths    []string `arg:"" name:"path" help:"Files *.test and *.expect, or directories that hold them."`
}

func (testCommand) Help() string {
	return `Plays calls to phone menus in virtual time, with the interpreter that runs real calls, and tells where one does not go as its test
says: the failure, then the call step by step beside the lines of the test. The exit code is 1 when a test fails.

A test reads like a conversation; docs/testing-menus.md tells the whole format:

  plan  menu.conf
  to    menu,s,1

  call "presses 1 for sales" from "Jean D" <0102030405> at 2026-11-23T12:30:00+01:00
    hears  welcome
    press  1 during choices after 2s
    goes   sales,100,1
    ends   16 within 20s

The objects of the data directory stand beside each plan: xivo-ivr-1,s is the menu 1. Without plan a test means what the server has, files and objects.

A file *.expect is a scenario: all steps of calls with their times, compared within 0.15 s. Its dialplan is the *.conf of the
same name.

Examples:
  dialtone test menu.test
  dialtone test examples --coverage
  dialtone test tests --junit results.xml`
}

// tested is a call of a test, as --json prints it.
type tested struct {
	File     string          `json:"file"`
	Line     int             `json:"line"`
	Title    string          `json:"title"`
	At       *time.Time      `json:"at,omitempty"`
	OK       bool            `json:"ok"`
	Seconds  float64         `json:"seconds"` // that the call lasted
	Failures []testedFailure `json:"failures"`
	Trace    []string        `json:"trace,omitempty"` // of a call that failed
	report   string
}

type testedFailure struct {
	dialplan.Pos
	Text string `json:"text"`
}

// Run plays all tests.
func (c testCommand) Run() error {
	files, err := testFiles(c.Paths)
	if err != nil {
		return err
	}
	objects, err := openKept(c.Data)
	if err != nil {
		return err
	}
	defer objects.Close()
	suite := newSuite(c.Data, objects)
	if c.Coverage {
		suite.Coverage = new(conversation.Coverage)
	}
	results, faults := []tested{}, []string{}
	for _, file := range files {
		before := len(results)
		tell := func(r tested) {
			results = append(results, r)
			if !c.JSON {
				c.print(r)
			}
		}
		if err := play(suite, file, tell); err != nil {
			faults = append(faults, err.Error())
			if !c.JSON {
				fmt.Println(err)
			}
		} else if !c.JSON && allOK(results[before:]) {
			fmt.Printf("ok    %s  %s\n", file, calls(len(results)-before))
		}
	}
	if c.JUnit != "" {
		if err := writeJUnit(c.JUnit, results, faults); err != nil {
			return err
		}
	}
	if err := c.sum(results, faults, suite.Coverage); err != nil {
		return err
	}
	if len(faults) > 0 || !allOK(results) {
		return errSaid
	}
	return nil
}

// print tells of one call.
func (c testCommand) print(r tested) {
	if !r.OK {
		fmt.Printf("FAIL  %s:%d: %s%s\n", r.File, r.Line, r.Title, r.moment())
		for _, f := range r.Failures {
			fmt.Printf("%s: %s\n", f.Pos, f.Text)
		}
	} else if c.Verbose {
		fmt.Printf("ok    %s:%d: %s%s\n", r.File, r.Line, r.Title, r.moment())
	}
	if !r.OK || c.Verbose {
		fmt.Print(r.report)
	}
}

// sum prints what remains to be said of all calls.
func (c testCommand) sum(results []tested, faults []string, coverage *conversation.Coverage) error {
	failed := 0
	for _, r := range results {
		if !r.OK {
			failed++
		}
	}
	if c.JSON {
		all := struct {
			Calls    []tested                    `json:"calls"`
			Failed   int                         `json:"failed"`
			Faults   []string                    `json:"faults"` // files that cannot be played
			Coverage []conversation.FileCoverage `json:"coverage,omitempty"`
		}{Calls: results, Failed: failed, Faults: faults}
		if coverage != nil {
			all.Coverage = coverage.Files()
		}
		return printJSON(all)
	}
	if coverage != nil {
		fmt.Print(coverage)
	}
	switch {
	case failed > 0:
		fmt.Printf("%s, %d failed\n", calls(len(results)), failed)
	case len(faults) == 0:
		fmt.Printf("%s, all as written\n", calls(len(results)))
	}
	return nil
}

func (r tested) moment() string {
	if r.At == nil {
		return ""
	}
	return " at " + r.At.Format(time.RFC3339)
}

func calls(n int) string {
	if n == 1 {
		return "1 call"
	}
	return fmt.Sprintf("%d calls", n)
}

func allOK(results []tested) bool {
	for _, r := range results {
		if !r.OK {
			return false
		}
	}
	return true
}

// testFiles are the tests of the paths, those of a directory and the ones below it in the order of their names.
func testFiles(paths []string) ([]string, error) {
	var files []string
	for _, path := range paths {
		info, err := os.Stat(path)
		if err != nil {
			return nil, fmt.Errorf("there are no tests: %w", err)
		}
		if !info.IsDir() {
			files = append(files, path)
			continue
		}
		before := len(files)
		err = filepath.WalkDir(path+"/", func(name string, d fs.DirEntry, err error) error {
			if ext := filepath.Ext(name); err == nil && d.Type().IsRegular() && (ext == ".test" || ext == ".expect") {
				files = append(files, name)
			}
			return err
		})
		if err != nil {
			return nil, err
		}
		if len(files) == before {
			return nil, fmt.Errorf("%s holds no file *.test or *.expect", path)
		}
	}
	return files, nil
}

// play plays the tests of a file.
func play(suite *conversation.Suite, file string, tell func(tested)) error {
	if filepath.Ext(file) == ".expect" {
		return playScenario(suite, file, tell)
	}
	script, err := conversation.ReadScript(file)
	if err != nil {
		return err
	}
	if len(script.Calls) == 0 {
		return errors.New(file + `:1:1: there is no call: write call "what it shows"`)
	}
	return suite.Play(script, func(v *conversation.Verdict) {
		r := tested{File: file, Line: v.Call.Pos.Line, Title: v.Call.Title, OK: v.OK(), Seconds: v.Transcript.Length.Seconds(),
			Failures: []testedFailure{}, report: v.Report()}
		if !v.At.IsZero() {
			r.At = &v.At
		}
		for _, f := range v.Failures {
			r.Failures = append(r.Failures, testedFailure{f.Pos, f.Text})
		}
		for _, e := range v.Transcript.Events {
			if !r.OK {
				r.Trace = append(r.Trace, e.String())
			}
		}
		tell(r)
	})
}

// playScenario compares the calls of a scenario with what happens now.
func playScenario(suite *conversation.Suite, file string, tell func(tested)) error {
	s, err := conversation.ReadScenario(file)
	if err != nil {
		return err
	}
	plan, err := suite.Plan(strings.TrimSuffix(file, ".expect") + ".conf")
	if err != nil {
		return fmt.Errorf("%s: the plan: %w", file, err)
	}
	if suite.Coverage != nil {
		suite.Coverage.Plan(plan)
	}
	stage := suite.Stage(plan)
	stage.Length = conversation.ScenarioSounds
	for _, run := range s.Runs {
		t := s.Transcript(stage, run)
		if suite.Coverage != nil {
			suite.Coverage.Call(t)
		}
		diff := conversation.Compare(conversation.ScenarioSteps(t), run.Wanted, conversation.Tolerance)
		r := tested{File: file, Line: run.Line, Title: run.Title, OK: diff == "", Seconds: t.Length.Seconds(), Failures: []testedFailure{}, report: diff}
		if !r.OK {
			r.Failures = append(r.Failures, testedFailure{dialplan.Pos{File: file, Line: run.Line, Column: 1}, "it does not go as written (- wanted, + happened)"})
			for _, e := range t.Events {
				r.Trace = append(r.Trace, e.String())
			}
		}
		tell(r)
	}
	return nil
}

// The elements of JUnit's XML that build servers read.
type junitSuite struct {
	XMLName  xml.Name    `xml:"testsuite"`
	Name     string      `xml:"name,attr"`
	Tests    int         `xml:"tests,attr"`
	Failures int         `xml:"failures,attr"`
	Errors   int         `xml:"errors,attr"`
	Cases    []junitCase `xml:"testcase"`
}

type junitCase struct {
	Class   string        `xml:"classname,attr"`
	Name    string        `xml:"name,attr"`
	File    string        `xml:"file,attr,omitempty"`
	Line    int           `xml:"line,attr,omitempty"`
	Failure *junitFailure `xml:"failure,omitempty"`
	Error   *junitFailure `xml:"error,omitempty"`
}

type junitFailure struct {
	Message string `xml:"message,attr"`
	Text    string `xml:",chardata"`
}

// writeJUnit writes the results for build servers.
func writeJUnit(file string, results []tested, faults []string) error {
	suite := junitSuite{Name: "dialtone test", Tests: len(results) + len(faults), Errors: len(faults)}
	for _, r := range results {
		c := junitCase{Class: r.File, Name: r.Title + r.moment(), File: r.File, Line: r.Line}
		if !r.OK {
			suite.Failures++
			var text []string
			for _, f := range r.Failures {
				text = append(text, f.Pos.String()+": "+f.Text)
			}
			c.Failure = &junitFailure{Message: text[0], Text: strings.Join(text, "\n") + "\n" + r.report}
		}
		suite.Cases = append(suite.Cases, c)
	}
	for _, f := range faults {
		suite.Cases = append(suite.Cases, junitCase{Class: "dialtone test", Name: f, Error: &junitFailure{Message: f}})
	}
	data, err := xml.MarshalIndent(suite, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(file, append([]byte(xml.Header), append(data, '\n')...), 0o644)
}
