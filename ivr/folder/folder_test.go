package folder

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"dialtone/ivr/dialplan"
)

// newFolder is a folder with files, and counts how often one is written.
func newFolder(t *testing.T, files map[string]string) (f *Folder, written *int) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "extensions_extra.d")
	written = new(int)
	f = &Folder{Dir: dir, Written: func() { *written++ }, Load: func(instead map[string][]byte) (*dialplan.Plan, []dialplan.Problem) {
		return dialplan.Load(dialplan.LoadOptions{Instead: instead}, dir)
	}}
	if files == nil {
		return f, written
	}
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return f, written
}

func TestFilesAreCheckedAsTheyWouldBe(t *testing.T) {
	f, written := newFolder(t, map[string]string{
		"a.conf": "[a]\nexten = s,1,Goto(b,s,1)\ninclude = b\n", "b.conf": "[b]\nexten = s,1,NoOp()\n", "part.inc": "[c]\n",
	})
	for _, c := range []struct {
		why, name, text string
		remove          bool
		problems        string // in them; empty: none
		refused         bool
	}{
		{why: "as it is", name: "b.conf", text: "[b]\nexten = s,1,NoOp()\n"},
		{why: "a new file", name: "c.conf", text: "[c]\nexten = s,1,NoOp()\n"},
		{why: "a fault of a line", name: "b.conf", text: "[b]\nexten = s,0,NoOp()\n", problems: "b.conf:2:"},
		{why: "what other files need is gone", name: "b.conf", text: "[x]\n", problems: "[a] includes [b]"},
		{why: "the file is gone", name: "b.conf", remove: true, problems: "[a] includes [b]"},
		{why: "a broken section", name: "c.conf", text: "[c\n", problems: "c.conf:1:", refused: true},
		{why: "an include", name: "c.conf", text: "[d]\n#include part.inc\n"},
		{why: "an include of nothing", name: "c.conf", text: "[d]\n#include nothing.inc\n", problems: "there is no file", refused: true},
		{why: "a name that leads out", name: "../c.conf", refused: true},
		{why: "a name that is none", name: "c.txt", refused: true},
		{why: "too long", name: "c.conf", text: strings.Repeat(";", MaxFile+1), refused: true},
	} {
		text := []byte(c.text)
		if c.remove {
			text = nil
		}
		problems, err := f.Check(c.name, text)
		var refused *RefusedError
		if errors.As(err, &refused) != c.refused {
			t.Errorf("%s: the error is %v", c.why, err)
		}
		all := ""
		for _, p := range problems {
			all += p.String() + "\n"
		}
		if c.problems == "" && all != "" || !strings.Contains(all, c.problems) {
			t.Errorf("%s: the problems are %q, want %q in them", c.why, all, c.problems)
		}
	}
	if *written != 0 {
		t.Error("a check has written")
	}
}

func TestAFileTakesThePlaceOfAnotherAsAWhole(t *testing.T) {
	f, written := newFolder(t, nil)
	if files, err := f.List(); len(files) != 0 || err != nil {
		t.Errorf("a folder that is not there has %v, %v", files, err)
	}
	for _, text := range []string{"[a]\n", "[a]\nexten = s,1,NoOp()\n"} {
		if _, err := f.Write("a.conf", []byte(text)); err != nil {
			t.Fatal(err)
		}
		if got, err := f.Read("a.conf"); string(got) != text || err != nil {
			t.Errorf("it reads %q, %v", got, err)
		}
	}
	if _, err := f.Write("a.conf", []byte("[a\n")); err == nil {
		t.Error("a broken file is taken")
	}
	if *written != 2 {
		t.Errorf("%d files are told of as written, want 2", *written)
	}
	entries, _ := os.ReadDir(f.Dir)
	if len(entries) != 1 {
		t.Errorf("there are %v beside it", entries)
	}
	if _, err := f.Delete("a.conf"); err != nil || *written != 3 {
		t.Errorf("it is not removed: %v", err)
	}
	if _, err := f.Delete("a.conf"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a missing file: %v", err)
	}
}

func TestADialplanThatCannotBeReadCanBeMended(t *testing.T) {
	f, _ := newFolder(t, map[string]string{"a.conf": "[a\n", "b.conf": "[b\n"})
	if _, err := f.Write("a.conf", []byte("[a]\n")); err != nil {
		t.Errorf("mending one of two files: %v", err)
	}
	if _, err := f.Write("c.conf", []byte("[c\n")); err == nil {
		t.Error("another broken file is taken")
	}
	if _, err := f.Delete("b.conf"); err != nil {
		t.Errorf("removing the other: %v", err)
	}
	if plan, _ := f.Load(nil); plan == nil {
		t.Error("it is not mended")
	}
}

func TestLinksDoNotLeadOut(t *testing.T) {
	f, _ := newFolder(t, map[string]string{"a.conf": "[a]\n"})
	secret := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(secret, []byte("secret"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(secret, filepath.Join(f.Dir, "link.conf")); err != nil {
		t.Fatal(err)
	}
	if got, err := f.Read("link.conf"); err == nil {
		t.Errorf("a link is followed: %q", got)
	}
	if files, _ := f.List(); len(files) != 1 {
		t.Errorf("the files are %v", files)
	}
}
