package conversation

import (
	"path/filepath"
	"strings"
	"testing"

	"dialtone/ivr/app"
	"dialtone/ivr/function"
)

// The examples' tests cover their menus to the last line.
func TestExamplesComeTrue(t *testing.T) {
	suite := &Suite{Apps: app.All(), Functions: function.All(), Coverage: new(Coverage)}
	files, err := filepath.Glob("../../examples/*/*.test")
	if err != nil || len(files) != 5 {
		t.Fatalf("%d files of tests (%v), want 5", len(files), err)
	}
	calls := 0
	for _, file := range files {
		script, err := ReadScript(file)
		if err != nil {
			t.Error(err)
			continue
		}
		err = suite.Play(script, func(v *Verdict) {
			calls++
			for _, f := range v.Failures {
				t.Errorf("%s: %s", f.Pos, f.Text)
			}
			if !v.OK() {
				t.Logf("%q at %s\n%s", v.Call.Title, v.At, v.Report())
			}
		})
		if err != nil {
			t.Error(err)
		}
	}
	if calls < 60 {
		t.Errorf("%d calls were played", calls)
	}
	if got := suite.Coverage.String(); !strings.HasSuffix(got, "coverage 100.0% (180 of 180 priorities)\n") {
		t.Errorf("not all of the menus is reached:\n%s", got)
	}
}
