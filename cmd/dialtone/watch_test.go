package main

import (
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"dialtone/ivr"
	"dialtone/ivr/dialplan"
)

// followed is a dialplan directory that is watched.
type followed struct {
	t     *testing.T
	root  string
	files *dialplanFiles
}

func followFiles(t *testing.T, dir func(root string) string, files map[string]string) followed {
	root := t.TempDir()
	f := followed{t: t, root: root}
	for name, text := range files {
		f.write(name, text)
	}
	f.files = newDialplan(dir(root), nil, ivr.Options{Log: slog.New(slog.DiscardHandler)})
	f.files.load()
	done, ended := make(chan struct{}), make(chan struct{})
	go func() { defer close(ended); f.files.follow(done) }()
	t.Cleanup(func() { close(done); <-ended })
	return f
}

// write replaces a file as editors do: another one, renamed.
func (f followed) write(name, text string) {
	f.t.Helper()
	path := filepath.Join(f.root, name)
	err := os.MkdirAll(filepath.Dir(path), 0o700)
	if err == nil {
		err = os.WriteFile(path+"~", []byte(text), 0o600)
	}
	if err == nil {
		err = os.Rename(path+"~", path)
	}
	if err != nil {
		f.t.Fatal(err)
	}
}

// wants waits until the plan has a context.
func (f followed) wants(why, context string) {
	f.t.Helper()
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		if _, ok := f.files.current().Context(context); ok {
			return
		}
	}
	f.t.Fatalf("%s: no context %s", why, context)
}

func conf(root string) string { return filepath.Join(root, "conf") }

func TestChangesOfTheDialplanAreNoticed(t *testing.T) {
	f := followFiles(t, conf, map[string]string{"conf/a.conf": "[a]\n#tryinclude ../other/*/x.conf\n"})
	f.wants("at the start", "a")
	f.write("conf/a.conf", "[b]\n#tryinclude ../other/*/x.conf\n")
	f.wants("a file is replaced", "b")
	f.write("conf/c.conf", "[c]\n")
	f.wants("a file comes", "c")
	f.write("other/deep/x.conf", "[d]\n")
	f.wants("a file comes in a directory that was not there", "d")
	f.write("other/deep/x.conf", "[e]\n")
	f.wants("an included file elsewhere is replaced", "e")
	if err := os.WriteFile(filepath.Join(f.root, "other/deep/x.conf"), []byte("[f1]\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	f.wants("an included file is written in place", "f1")
	f.write("conf/bad.conf", "[bad\n")
	f.write("other/deep/x.conf", "[g]\n")
	if err := os.Remove(filepath.Join(f.root, "conf/bad.conf")); err != nil {
		t.Fatal(err)
	}
	f.wants("a bad file goes", "g")
}

// Kubernetes replaces a ConfigMap by a link to a new directory.
func TestAReplacedLinkIsNoticed(t *testing.T) {
	f := followFiles(t, func(root string) string { return filepath.Join(root, "mount") }, map[string]string{"v1/a.conf": "[a]\n", "v2/a.conf": "[b]\n", "mount/none": ""})
	link := func(target, name string) {
		t.Helper()
		tmp := filepath.Join(f.root, "mount", "tmp")
		if err := os.Symlink(target, tmp); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(tmp, filepath.Join(f.root, "mount", name)); err != nil {
			t.Fatal(err)
		}
	}
	link("../v1", "..data")
	link("..data/a.conf", "a.conf")
	f.wants("links come", "a")
	link("../v2", "..data")
	f.wants("a link is replaced", "b")
}

func TestADirectoryThatComesLaterIsRead(t *testing.T) {
	f := followFiles(t, func(root string) string { return filepath.Join(root, "not", "yet") }, nil)
	f.write("not/yet/a.conf", "[a]\n")
	f.wants("the directory comes", "a")
}

func TestGlobalsOfAReload(t *testing.T) {
	for _, test := range []struct {
		general string
		want    bool
	}{{"", true}, {"[general]\nclearglobalvars=yes\n", false}} {
		dir := t.TempDir()
		file := filepath.Join(dir, "a.conf")
		load := func(text string, f *dialplanFiles) {
			if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			f.load()
		}
		f := newDialplan(dir, nil, ivr.Options{Log: slog.New(slog.DiscardHandler)})
		load(test.general+"[globals]\nA=1\nB=1\n", f)
		f.globals.Set("A", "changed")
		load(test.general+"[globals]\nA=2\n", f)
		if v, _ := f.globals.Get("A"); v != "2" {
			t.Errorf("%q: A is %q, the file says 2", test.general, v)
		}
		if _, ok := f.globals.Get("B"); ok != test.want {
			t.Errorf("%q: B, which is not in the file any more, is there: %v", test.general, ok)
		}
	}
}

func TestFunctionsAreReadWhileFilesAreLoaded(t *testing.T) {
	file := filepath.Join(t.TempDir(), "a.conf")
	if err := os.WriteFile(file, []byte("[a]\nexten => ${LEN(abc)},1,NoOp()\nexten => ${NOSUCH(x)}4,1,NoOp()\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	plan, problems := readPlan(ivr.Options{}, dialplan.LoadOptions{}, file)
	if len(problems) != 1 || problems[0].Pos.Line != 3 {
		t.Errorf("problems %v", problems)
	}
	for _, exten := range []string{"3", "4"} {
		if _, ok := plan.Find(dialplan.Place{Context: "a", Exten: exten, Priority: 1}, "", time.Now()); !ok {
			t.Errorf("there is no extension %s", exten)
		}
	}
}
