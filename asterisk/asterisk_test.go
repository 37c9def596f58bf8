package asterisk

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write what is read as what is expected")

// withoutEffect ends the notes of options that package pjsip knows no effect of.
const withoutEffect = "has no effect here"

// text writes a configuration, but for those notes, so that a person can compare it.
func (c Configuration) text() string {
	var b strings.Builder
	for _, e := range c.Endpoints {
		kind := "phone"
		if e.Trunk {
			kind = "trunk"
		}
		fmt.Fprintf(&b, "%s %s in %s, %s:%d\n", kind, e.Name, e.Context, e.Pos.File, e.Pos.Line)
		for section, options := range e.Sections.All() {
			for _, option := range *options {
				fmt.Fprintf(&b, "  %s %s = %s\n", section, option.Key(), option.Value())
			}
		}
	}
	for _, f := range c.Dialplan {
		fmt.Fprintf(&b, "\n--- %s of %s\n%s", f.Name, f.Source, f.Content)
	}
	fmt.Fprintln(&b, "\n--- not taken")
	for _, note := range c.Notes {
		if !strings.HasSuffix(note.Text, withoutEffect) {
			fmt.Fprintln(&b, note)
		}
	}
	return b.String()
}

func TestRead(t *testing.T) {
	const golden = "testdata/expected.txt"
	t.Chdir("testdata")
	c, err := Read("etc")
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir("..")
	if *update {
		if err := os.WriteFile(golden, []byte(c.text()), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if diff := cmp.Diff(string(want), c.text()); diff != "" || err != nil {
		t.Errorf("read as something else (%v; -update writes %s):\n%s", err, golden, diff)
	}
	if note := "etc/pjsip.conf:17: rtp_keepalive " + withoutEffect; !slices.ContainsFunc(c.Notes, func(n Note) bool { return n.String() == note }) {
		t.Errorf("the notes do not have %q", note)
	}
	for _, secret := range []string{"sipsecret", "p@ss", "nonsense:secret"} {
		for _, note := range c.Notes {
			if strings.Contains(note.Text, secret) {
				t.Errorf("a note has a password: %s", note)
			}
		}
	}
}

func TestADirectoryOfSomethingElseIsRefused(t *testing.T) {
	dir := t.TempDir()
	if _, err := Read(dir); err == nil || !strings.Contains(err.Error(), "pjsip.conf") {
		t.Errorf("an empty directory: %v", err)
	}
	if _, err := Read(filepath.Join(dir, "none")); err == nil {
		t.Error("one that is not there is read")
	}
	if err := os.WriteFile(filepath.Join(dir, "extensions.conf"), []byte("[broken\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	c, err := Read(dir)
	if err != nil || len(c.Dialplan) != 0 || len(c.Notes) != 2 {
		t.Errorf("a dialplan that cannot be read: %v, %v, want it left out and told", c, err)
	}
}

func TestRegistrationsOfSIPConf(t *testing.T) {
	tests := []struct {
		text string
		want registration
	}{
		{"acme:secret@sip.example", registration{user: "acme", account: "acme", secret: "secret", host: "sip.example"}},
		{"acme@sip.example:5070", registration{user: "acme", account: "acme", host: "sip.example", port: "5070"}},
		{"peer?acme:s:a@h/100~60", registration{peer: "peer", user: "acme", account: "a", secret: "s", host: "h", extension: "100", expiry: "60"}},
		{"tls://u@d.example:p@ss:a@h:5061", registration{transport: "tls", user: "u", domain: "d.example", secret: "p@ss", account: "a", host: "h", port: "5061"}},
	}
	for _, test := range tests {
		if got, ok := parseRegister(test.text); !ok || got != test.want {
			t.Errorf("%s is %+v, want %+v", test.text, got, test.want)
		}
	}
	for _, text := range []string{"", "acme", "@", "acme@", "@host", ":secret@host"} {
		if got, ok := parseRegister(text); ok {
			t.Errorf("%q is %+v", text, got)
		}
	}
}

// Whatever is in the files, reading them ends, and every endpoint can be named.
func FuzzRead(f *testing.F) {
	for _, name := range []string{"pjsip.conf", "pjsip_wizard.conf", "sip.conf"} {
		content, err := os.ReadFile(filepath.Join("testdata/etc", name))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(name, content)
	}
	f.Fuzz(func(t *testing.T, name string, content []byte) {
		dir := t.TempDir()
		for _, known := range knownFiles {
			if name == known {
				if err := os.WriteFile(filepath.Join(dir, name), content, 0o666); err != nil {
					t.Fatal(err)
				}
			}
		}
		c, err := Read(dir)
		if err != nil {
			return
		}
		for _, e := range c.Endpoints {
			if e.Pos.Line == 0 || e.Context == "" {
				t.Errorf("an endpoint from nowhere: %+v", e)
			}
		}
	})
}
