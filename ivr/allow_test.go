package ivr

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestOnlyAllowedHostsMayBeAsked(t *testing.T) {
	hosts := Hosts{"api.example.com", "*.office.example", "127.0.0.1:8080", "[::1]:80"}
	for _, test := range []struct {
		host, port string
		want       bool
	}{
		{"api.example.com", "443", true}, {"API.example.com.", "80", true}, {"xapi.example.com", "80", false},
		{"a.office.example", "80", true}, {"a.b.office.example", "80", true}, {"office.example", "80", false}, {"evil-office.example", "80", false},
		{"127.0.0.1", "8080", true}, {"127.0.0.1", "80", false}, {"::1", "80", true}, {"", "", false},
	} {
		if got := hosts.Has(test.host, test.port); got != test.want {
			t.Errorf("Has(%q, %q) = %v", test.host, test.port, got)
		}
		if got := hosts.Names(test.host, test.port); got != (test.want && !strings.HasSuffix(test.host, ".office.example")) {
			t.Errorf("Names(%q, %q) = %v", test.host, test.port, got)
		}
	}
	if (Hosts{}).Has("localhost", "80") || !(Hosts{"*"}).Has("any.where", "1") || (Hosts{"*"}).Names("any.where", "1") || (Hosts{"*"}).Names("*", "1") {
		t.Error("nothing is allowed without an entry, everything by *, which names nothing")
	}
}

func TestFilesAndProgramsStayInTheirDirectories(t *testing.T) {
	dir := t.TempDir()
	in, out := filepath.Join(dir, "in"), filepath.Join(dir, "out")
	for _, d := range []string{in, out} {
		if err := os.Mkdir(d, 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(d, "f"), nil, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink(filepath.Join(out, "f"), filepath.Join(in, "escape")); err != nil {
		t.Fatal(err)
	}
	a := Allow{Files: []string{in}, Programs: in}
	for name, want := range map[string]bool{"f": true, "absent": true, "../out/f": false, "escape": false, "../in/f": true} {
		if got := a.File(filepath.Join(in, name)); got != want {
			t.Errorf("File(%s) = %v", name, got)
		}
	}
	for name, want := range map[string]bool{"f": true, "absent": false, "../out/f": false, "escape": false, filepath.Join(in, "f"): true, filepath.Join(out, "f"): false, "": false} {
		if _, got := a.Program(name); got != want {
			t.Errorf("Program(%s) = %v", name, got)
		}
	}
	if (Allow{}).File("/") {
		t.Error("no directory allows no file")
	}
}
