package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"dialtone/ivr/conversation"
)

// output runs a command line in this process and gives what it wrote.
func output(t *testing.T, stdin string, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	files := make([]*os.File, 3)
	for i := range files {
		f, err := os.CreateTemp(t.TempDir(), "")
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		files[i] = f
	}
	if _, err := files[0].WriteString(stdin); err != nil {
		t.Fatal(err)
	}
	if _, err := files[0].Seek(0, 0); err != nil {
		t.Fatal(err)
	}
	in, out, errs := os.Stdin, os.Stdout, os.Stderr
	os.Stdin, os.Stdout, os.Stderr = files[0], files[1], files[2]
	code = run(args)
	os.Stdin, os.Stdout, os.Stderr = in, out, errs
	text := func(f *os.File) string {
		data, err := os.ReadFile(f.Name())
		if err != nil {
			t.Fatal(err)
		}
		return string(data)
	}
	return text(files[1]), text(files[2]), code
}

// vectorRows reads a table of vectors, whose first line says what is in it.
func vectorRows(t *testing.T, name string, fields, want int) [][]string {
	t.Helper()
	data, err := os.ReadFile("../../testdata/dialplan/" + name)
	if err != nil {
		t.Fatal(err)
	}
	var rows [][]string
	for _, line := range strings.Split(strings.TrimSuffix(string(data), "\n"), "\n")[1:] {
		row := strings.Split(line, "\t")
		if len(row) != fields {
			t.Fatalf("%s: %q has %d fields, not %d", name, line, len(row), fields)
		}
		rows = append(rows, row)
	}
	if len(rows) != want {
		t.Fatalf("%s has %d rows, want %d", name, len(rows), want)
	}
	return rows
}

// evalRows evaluates the first field of each row, in a process as people run it, and compares with the others.
func evalRows(t *testing.T, rows [][]string, wrap string, flags ...string) {
	t.Helper()
	var in strings.Builder
	for _, row := range rows {
		fmt.Fprintf(&in, wrap+"\n", row[0])
	}
	stdout, stderr, code := output(t, in.String(), append(append([]string{"eval"}, flags...), "-")...)
	results := strings.Split(strings.TrimSuffix(stdout, "\n"), "\n")
	if code != 0 || len(results) != len(rows) {
		t.Fatalf("exit code %d, %d results for %d texts\n%s", code, len(results), len(rows), stderr)
	}
	for i, row := range rows {
		if results[i] != row[1] {
			t.Errorf("%s is %q, want %q", row[0], results[i], row[1])
		}
		if warned := strings.Contains("\n"+stderr, fmt.Sprintf("\n-:%d: ", i+1)); warned != (row[2] == "1") {
			t.Errorf("%s warned: %v, want %s", row[0], warned, row[2])
		}
	}
}

func TestEvalWorksOutExpressionsAsMeasured(t *testing.T) {
	evalRows(t, vectorRows(t, "expressions.tsv", 3, 255), "$[%s]")
}

func TestEvalWorksOutSubstitutionsAsMeasured(t *testing.T) {
	var preamble struct {
		Variables, Globals       map[string]string
		CallerID, Context, Exten string
	}
	data, err := os.ReadFile("../../testdata/dialplan/substitution-preamble.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, &preamble); err != nil {
		t.Fatal(err)
	}
	flags := []string{"--caller", preamble.CallerID, "--context", preamble.Context, "--exten", preamble.Exten}
	for _, name := range slices.Sorted(maps.Keys(preamble.Variables)) {
		flags = append(flags, "--set", name+"="+preamble.Variables[name])
	}
	for name, value := range preamble.Globals {
		flags = append(flags, "--global", name+"="+value)
	}
	evalRows(t, vectorRows(t, "substitution.tsv", 3, 180), "%s", flags...)
}

func TestMatchFindsWhatWasMeasured(t *testing.T) {
	file := filepath.Join(t.TempDir(), "extensions.conf")
	for _, row := range vectorRows(t, "patterns.tsv", 6, 103) {
		var patterns []string
		if json.Unmarshal([]byte(row[0]), &patterns) != nil {
			patterns = strings.Fields(row[0])
		}
		text := "[c]\n"
		for _, p := range patterns {
			if p == `_[1\-3]` {
				p = `_[1\\-3]` // the measurement doubled the backslash on the way, as its third column shows
			}
			text += "exten => " + p + ",1,NoOp()\n"
		}
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		stdout, stderr, code := output(t, "", "match", file, "c", row[1], "--json")
		var got struct {
			Match                       *string
			Exists, CanMatch, MatchMore bool
		}
		if err := json.Unmarshal([]byte(stdout), &got); err != nil || code != 0 {
			t.Fatalf("%v: %v, exit code %d\n%s", row, err, code, stderr)
		}
		match := ""
		if got.Match != nil {
			match = *got.Match
		}
		if match != row[2] || got.Exists != (row[3] == "1") || got.CanMatch != (row[4] == "1") || got.MatchMore != (row[5] == "1") {
			t.Errorf("%v: %s", row, stdout)
		}
	}
}

// The measured scenarios through both commands: one compares, the other prints what happened in their own format.
func TestMeasuredScenariosGoAsWritten(t *testing.T) {
	const dir = "../../testdata/dialplan/scenarios"
	stdout, stderr, code := output(t, "", "test", dir)
	if code != 0 || !strings.HasSuffix(stdout, "\n82 calls, all as written\n") {
		t.Errorf("exit code %d\n%s%s", code, stdout, stderr)
	}
	files, err := filepath.Glob(dir + "/*.expect")
	if err != nil || len(files) != 28 {
		t.Fatalf("%d scenarios (%v), want 28", len(files), err)
	}
	for _, file := range files {
		plan := strings.TrimSuffix(file, ".expect") + ".conf"
		stdout, stderr, code := output(t, "", "simulate", plan, "--scenario", file)
		if code != 0 {
			t.Fatalf("%s: exit code %d\n%s", file, code, stderr)
		}
		want, err := conversation.ReadScenario(file)
		if err != nil {
			t.Fatal(err)
		}
		got, err := conversation.ParseScenario("printed", stdout)
		if err != nil || got.Start != want.Start || len(got.Runs) != len(want.Runs) {
			t.Errorf("%s: %v\n%s", file, err, stdout)
			continue
		}
		for i, run := range want.Runs {
			if got.Runs[i].Title != run.Title || !slices.Equal(got.Runs[i].Does, run.Does) {
				t.Errorf("%s: %q became %q", file, run.Title, got.Runs[i].Title)
			}
			if diff := conversation.Compare(got.Runs[i].Wanted, run.Wanted, conversation.Tolerance); diff != "" {
				t.Errorf("%s: %s\n%s", file, run.Title, diff)
			}
		}
	}
}
