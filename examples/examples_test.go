package examples

import (
	"crypto/sha256"
	"encoding/hex"
	"io/fs"
	"strings"
	"testing"

	"dialtone/ivr/app"
	"dialtone/ivr/check"
	"dialtone/ivr/dialplan"
	"dialtone/ivr/function"
)

func read(t *testing.T, name string) string {
	t.Helper()
	text, err := fs.ReadFile(Files, name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// The menus are the page's, byte for byte.
func TestMenusAreUnchanged(t *testing.T) {
	for name, want := range map[string]string{
		"minimal/dp-ivr-example.conf": "cb99ccfc21e86b964f868ba8f86675ead3f4492ec8c7f3dbc4abd3440b129276",
		"submenu/dp-ivr-example.conf": "b06c6dd38248f5abf68bbaf2f9b23b017858337bb073ff4c7b0d23e4cccf71d3",
	} {
		sum := sha256.Sum256([]byte(read(t, name)))
		if got := hex.EncodeToString(sum[:]); got != want {
			t.Errorf("%s has the SHA-256 %s, want %s", name, got, want)
		}
	}
	if read(t, "schedule/dp-ivr-example.conf") != read(t, "minimal/dp-ivr-example.conf") {
		t.Error("the menu behind the schedule is not the minimal one")
	}
	for _, plan := range []string{"schedule", "submenu", "demo"} {
		if read(t, plan+"/my-ivr-destination-context.conf") != read(t, "minimal/my-ivr-destination-context.conf") {
			t.Errorf("the destinations of %s are its own", plan)
		}
	}
	if line := "\nexten => 8899,1,Goto(dp-ivr-example,s,1)\n"; !strings.Contains(read(t, "demo/xivo-extrafeatures.conf"), line) {
		t.Errorf("the demo lacks the page's line %q", line)
	}
}

// The demo's submenu is the page's, but for the name that both of the page's menus have.
func TestDemosSubmenuIsThePagesByAnotherName(t *testing.T) {
	want := strings.NewReplacer(
		"[dp-ivr-example]", "[dp-ivr-example-submenu]", "Goto(dp-ivr-example,", "Goto(dp-ivr-example-submenu,",
	).Replace(read(t, "submenu/dp-ivr-example.conf"))
	if !strings.HasSuffix(read(t, "demo/dp-ivr-submenu.conf"), "\n\n"+want) {
		t.Error("it differs in more than the name")
	}
}

func TestExamplesAreWithoutFault(t *testing.T) {
	for _, name := range []string{"minimal", "schedule", "submenu"} {
		plan, problems := dialplan.Load(dialplan.LoadOptions{FS: Files}, name)
		known := check.Known{Apps: app.All(), Functions: function.All()}
		for _, f := range check.Plan(plan, problems, known) {
			t.Errorf("%s: %s", name, f)
		}
	}
}
