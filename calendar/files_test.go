package calendar

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Files as the programs write them that people have: testdata/NAME.ics, and what is understood of each in NAME.want. It is the same with the
// ends of lines of other systems, and with a byte order mark.
func TestFilesOfPrograms(t *testing.T) {
	files, err := filepath.Glob("testdata/*.ics")
	if err != nil || len(files) != 6 {
		t.Fatalf("files: %q, %v", files, err)
	}
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		want, err := os.ReadFile(strings.TrimSuffix(name, ".ics") + ".want")
		if err != nil {
			t.Fatal(err)
		}
		windows := strings.ReplaceAll(string(text), "\n", "\r\n")
		for _, form := range []string{string(text), windows, "\ufeff" + windows, strings.TrimRight(windows, "\r\n")} {
			events, notes, err := Read([]byte(form), now)
			if err != nil {
				t.Errorf("%s: %v", name, err)
				continue
			}
			var got strings.Builder
			for _, e := range events {
				zone := "Z"
				if e.Floating {
					zone = ""
				}
				const minute = "2006-01-02T15:04"
				fmt.Fprintf(&got, "%s%s %s%s %s\n", e.From.Format(minute), zone, e.Until.Format(minute), zone, e.Name)
			}
			for _, note := range notes {
				fmt.Fprintf(&got, "note: %s\n", note)
			}
			if got.String() != string(want) || got.Len() < 20 {
				t.Errorf("%s:\n%s\nwant\n%s", name, got.String(), want)
			}
		}
	}
}
