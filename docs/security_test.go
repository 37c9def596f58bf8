package docs

import (
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
)

// The tests that security.md names are there.
func TestSecurityPageNamesTests(t *testing.T) {
	page, err := os.ReadFile("security.md")
	if err != nil {
		t.Fatal(err)
	}
	files, err := exec.Command("git", "-C", "..", "grep", "-hoE", "^func (Test|Fuzz)[A-Za-z0-9]+", "--", "*_test.go").Output()
	if err != nil {
		t.Skip("the sources are not in git: ", err)
	}
	there := map[string]bool{}
	for line := range strings.Lines(string(files)) {
		there[strings.TrimSpace(strings.TrimPrefix(line, "func "))] = true
	}
	named := regexp.MustCompile(`\b(Test|Fuzz)[A-Z][A-Za-z0-9]+`).FindAllString(string(page), -1)
	if len(named) < 50 {
		t.Errorf("only %d tests are named", len(named))
	}
	for _, name := range named {
		if !there[name] {
			t.Errorf("security.md names %s, which is no test", name)
		}
	}
}
