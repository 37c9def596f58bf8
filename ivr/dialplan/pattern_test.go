package dialplan_test

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"dialtone/ivr/dialplan"
)

// load makes a plan of a text and fails if there is none.
func load(t testing.TB, text string) *dialplan.Plan {
	t.Helper()
	plan, problems := loadText(text)
	if plan == nil {
		t.Fatalf("no plan: %v", problems)
	}
	return plan
}

func loadText(text string) (*dialplan.Plan, []dialplan.Problem) {
	fsys := fstest.MapFS{"extensions.conf": {Data: []byte(text)}}
	return dialplan.Load(dialplan.LoadOptions{FS: fsys, Functions: functions}, "extensions.conf")
}

func TestPatternsAsMeasuredOnAsterisk(t *testing.T) {
	data, err := os.ReadFile("../../testdata/dialplan/patterns.tsv")
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSuffix(string(data), "\n"), "\n")[1:]
	if len(lines) != 103 {
		t.Errorf("there are %d vectors, not 103", len(lines))
	}
	for _, line := range lines {
		row := strings.Split(line, "\t")
		names := strings.Split(row[0], " ")
		if strings.HasPrefix(row[0], "[") {
			if err := json.Unmarshal([]byte(row[0]), &names); err != nil {
				t.Fatal(err)
			}
		}
		var text strings.Builder
		text.WriteString("[c]\n")
		for _, name := range names {
			if name == `_[1\-3]` {
				name = `_[1\\-3]` // the measurement doubled the backslash on the way, as the third column shows
			}
			fmt.Fprintf(&text, "exten = %s,1,NoOp()\n", name)
		}
		m := load(t, text.String()).Match("c", row[1], "", time.Now())
		got := ""
		if m.Extension != nil {
			got = m.Extension.Name
		}
		if got != row[2] {
			t.Errorf("%s: %q is %q, want %q", row[0], row[1], got, row[2])
		}
		if got, want := fmt.Sprint(m.Exists, m.CanMatch, m.MatchMore), fmt.Sprint(row[3] == "1", row[4] == "1", row[5] == "1"); got != want {
			t.Errorf("%s: %q exists, can match, matches more: %s, want %s", row[0], row[1], got, want)
		}
	}
}
