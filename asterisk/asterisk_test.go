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

	"dialtone/pjsip"
)

var update = flag.Bool("update", false, "write what is read as what is expected")

// withoutEffect is in the notes of options that package pjsip knows no effect of.
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
		if !strings.Contains(note.Text, withoutEffect) {
			fmt.Fprintln(&b, note)
		}
	}
	return b.String()
}

// What is read of a directory of testdata is in the text of its name: etc has the files of today, old those of chan_sip's time.
func TestRead(t *testing.T) {
	t.Chdir("testdata")
	for _, dir := range []string{"etc", "old"} {
		c, err := Read(dir)
		if err != nil {
			t.Fatal(err)
		}
		golden := dir + ".txt"
		if *update {
			if err := os.WriteFile(golden, []byte(c.text()), 0o666); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(golden)
		if diff := cmp.Diff(string(want), c.text()); diff != "" || err != nil {
			t.Errorf("%s is read as something else (%v; -update writes %s):\n%s", dir, err, golden, diff)
		}
		for _, e := range c.Endpoints {
			for _, options := range []pjsip.Options{e.Sections.Auth, e.Sections.OutboundAuth, e.Sections.RegistrationOutboundAuth} {
				for _, note := range c.Notes {
					if password := options.Get("password"); len(password) > 4 && strings.Contains(note.Text, password) {
						t.Errorf("a note has a password: %s", note)
					}
				}
			}
		}
	}
}

func TestOptionsWithoutEffectAreTold(t *testing.T) {
	t.Chdir("testdata")
	for dir, want := range map[string]string{
		"etc": "etc/pjsip.conf:17: rtp_keepalive has no effect here", "old": "old/sip.conf:42: permit has no effect here: the telephone may come from any address",
	} {
		c, err := Read(dir)
		if err != nil || !slices.ContainsFunc(c.Notes, func(n Note) bool { return n.String() == want }) {
			t.Errorf("the notes of %s (%v) do not have %q", dir, err, want)
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
	for _, name := range []string{"etc/pjsip.conf", "etc/pjsip_wizard.conf", "etc/sip.conf", "old/users.conf", "old/extensions.conf"} {
		content, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(filepath.Base(name), content)
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
