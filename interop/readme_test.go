package interop

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// The commands of the README do what it says, in the order in which they stand there, for somebody who has just started the server.
func TestReadme(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	s := start(t)
	home := filepath.Dir(s.data)
	examples, err := filepath.Abs("../examples")
	if err != nil {
		t.Fatal(err)
	}
	for name, what := range map[string]string{"examples": examples, "bin/dialtone": binary} {
		link := filepath.Join(home, name)
		if err := os.MkdirAll(filepath.Dir(link), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(what, link); err != nil {
			t.Fatal(err)
		}
	}
	script := readmeScript(string(page))
	if n := strings.Count(script, "bin/dialtone"); n < 12 {
		t.Fatalf("the README has %d commands:\n%s", n, script)
	}
	cmd := exec.Command("sh", "-eux", "-c", strings.ReplaceAll(script, "127.0.0.1:9486", s.http))
	cmd.Dir = home
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, want := range []string{
		`"links":`,                                   // REST has made what it was asked for
		`command = "Goto(dp-ivr-example,s,1)"`,       // and the export has it
		"my-ivr-destination-context,8000,3 Hangup()", // the simulated call is where its key leads
		"1001 is _1XXX in [default]",
		"all as written",
		"no errors, ",
	} {
		if !strings.Contains(string(out), want) {
			t.Errorf("%q is not among what the commands print:\n%s", want, out)
		}
	}
	if n := strings.Count(string(out), "ended by the callee"); n != 2 {
		t.Errorf("%d of the two menus lead somewhere", n)
	}
	t.Logf("%s", out)
}

var shellBlock = regexp.MustCompile("(?ms)^```sh\n(.*?)^```$")

// readmeScript is what the page has in its blocks of shell, without make, which has built and started the server. The calls of a block
// are made at once, as by people at several terminals, and are over before the next block.
func readmeScript(page string) string {
	var script strings.Builder
	_, espeak := exec.LookPath("espeak-ng")
	for _, block := range shellBlock.FindAllStringSubmatch(page, -1) {
		for line := range strings.Lines(block[1]) {
			switch {
			case strings.HasPrefix(line, "make "), espeak != nil && strings.Contains(line, "sounds say"):
			case strings.HasPrefix(line, "bin/dialtone call "):
				command, _, _ := strings.Cut(line, " #")
				script.WriteString(command + " &\n")
			default:
				script.WriteString(line)
			}
		}
		script.WriteString("wait\n")
	}
	return script.String()
}
