package check

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"dialtone/ivr/dialplan"
)

// TestMeasuredDialplans checks the dialplans whose behaviour was measured, many of
// which have faults on purpose. The messages were judged one by one: each is a true
// one, and its place is in the file.
func TestMeasuredDialplans(t *testing.T) {
	files, err := filepath.Glob("../../testdata/dialplan/scenarios/*.conf")
	if err != nil || len(files) == 0 {
		t.Fatal("no scenarios", err)
	}
	k := known()
	k.Sounds = func(name string) ([]string, bool) { return nil, name == "a" || name == "b" || name == "c" }
	var got []string
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		plan, problems := dialplan.Load(dialplan.LoadOptions{FS: os.DirFS(filepath.Dir(file))}, filepath.Base(file))
		found := Plan(plan, problems, k)
		wellPlaced(t, string(text), found)
		for _, f := range found {
			got = append(got, fmt.Sprintf("%s: %s: %s: %s", f.Pos, f.Severity, f.Code, strings.SplitN(f.String(), ": ", 2)[1]))
		}
	}
	const golden = "testdata/scenarios.txt"
	text, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	want := strings.Split(strings.TrimSpace(string(text)), "\n")
	for i := range max(len(got), len(want)) {
		g, w := "(nothing)", "(nothing)"
		if i < len(got) {
			g = got[i]
		}
		if i < len(want) {
			w = want[i]
		}
		if g != w {
			t.Fatalf("line %d\n got %s\nwant %s", i+1, g, w)
		}
	}
}

// TestFilesAreWellPlaced checks the files whose loading was measured.
func TestFilesAreWellPlaced(t *testing.T) {
	dir := os.DirFS("../../testdata/dialplan/files")
	files, _ := filepath.Glob("../../testdata/dialplan/files/*.conf")
	for _, file := range files {
		name := filepath.Base(file)
		plan, problems := dialplan.Load(dialplan.LoadOptions{FS: dir}, name)
		for _, f := range Plan(plan, problems, known()) {
			if f.Pos.File == "" || f.Pos.Line < 0 || f.Code == "" {
				t.Errorf("%s: %#v", name, f)
			}
		}
	}
}
