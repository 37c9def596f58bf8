package sounds

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestTakeOver(t *testing.T) {
	dir := t.TempDir()
	from, folder := filepath.Join(dir, "link"), filepath.Join(dir, "sounds")
	wav := sample(t, 80, 1)
	for name, content := range map[string][]byte{
		"asterisk/fr/welcome.wav": wav, "asterisk/custom/menu/hello.ulaw": {0xff}, "asterisk/custom/menu/hello.gsm": {1}, "asterisk/en/only.gsm": {1},
		"asterisk/broken.wav": []byte("no sound"), "asterisk/README": []byte("text"), "asterisk/.hidden.wav": wav, "asterisk/there.wav": wav, "sounds/there.wav": sample(t, 80, 2),
	} {
		if err := writeFile(filepath.Join(dir, name), content); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink("asterisk", from); err != nil { // as Debian's is
		t.Fatal(err)
	}
	for _, test := range []struct {
		why      string
		rehearse bool
		taken    int
	}{{"rehearsed", true, 2}, {"in earnest", false, 2}, {"again", false, 0}} {
		g, err := Gather(from, folder, test.rehearse)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := os.Stat(filepath.Join(folder, "fr")); err == nil && test.taken > 0 {
			t.Errorf("%s: they are there before they are placed", test.why)
		}
		taken, err := g.Place(folder)
		want := []string{
			from + "/broken.wav: broken.wav: text, not sound: it begins with \"no sound\"",
			from + "/en/only.gsm: not read; convert it: sox " + from + "/en/only.gsm -r 8000 -c 1 -b 16 " + from + "/en/only.wav",
			from + "/there.wav: " + folder + "/there.wav is there already, and another sound",
		}
		if diff := cmp.Diff(want, g.Left); diff != "" || taken != test.taken || err != nil {
			t.Errorf("%s: %d are taken, %v:\n%s", test.why, taken, err, diff)
		}
		if err := g.Discard(); err != nil {
			t.Error(err)
		}
		if _, err := os.Stat(filepath.Join(folder, "custom", "menu", "hello.ulaw")); (err == nil) == test.rehearse {
			t.Errorf("%s: the file is there: %v", test.why, err)
		}
	}
	if got := readFile(t, filepath.Join(folder, "fr", "welcome.wav")); !bytes.Equal(got, wav) {
		t.Error("the sound is another one")
	}
	if left, _ := filepath.Glob(filepath.Join(folder, ".*")); len(left) > 0 {
		t.Errorf("left behind is %v", left)
	}
	if _, err := Gather(filepath.Join(dir, "none"), folder, false); err == nil {
		t.Error("a directory that is not there is taken over")
	}
}

// Sounds that cannot all be copied leave nothing, and the folder as it was.
func TestGatherLeavesNothingWhenItFails(t *testing.T) {
	from, folder := t.TempDir(), t.TempDir()
	for _, name := range []string{"a.wav", "b.wav"} {
		if err := writeFile(filepath.Join(from, name), sample(t, 80, 1)); err != nil {
			t.Fatal(err)
		}
	}
	g := &Gathered{from: from, files: []string{"a.wav", "gone.wav"}} // it went away after it was looked at
	if err := g.copyTo(folder); err == nil {
		t.Error("a file that is gone was copied")
	}
	if entries, err := os.ReadDir(folder); err != nil || len(entries) > 0 {
		t.Errorf("left behind is %v (%v)", entries, err)
	}
}

// Debian's en is a link to the folder of a voice, by way of another one.
func TestGatherFollowsFoldersThatAreLinks(t *testing.T) {
	dir := t.TempDir()
	from, folder := filepath.Join(dir, "sounds"), filepath.Join(dir, "ours")
	for _, name := range []string{"sounds/en_US_f_Allison/digits/1.wav", "elsewhere/hello.wav"} {
		if err := writeFile(filepath.Join(dir, name), sample(t, 80, 1)); err != nil {
			t.Fatal(err)
		}
	}
	for link, to := range map[string]string{
		"alternative": "sounds/en_US_f_Allison", "sounds/en": "../alternative", "sounds/custom": filepath.Join(dir, "elsewhere"),
		"elsewhere/deeper": "../sounds", "elsewhere/other": "../sounds/en_US_f_Allison", "sounds/en_US_f_Allison/round": "..", "sounds/gone": "nowhere", "sounds/gone.wav": "nowhere",
	} {
		if err := os.Symlink(to, filepath.Join(dir, link)); err != nil {
			t.Fatal(err)
		}
	}
	g, err := Gather(from, folder, false)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := g.Place(folder); err != nil {
		t.Fatal(err)
	}
	if err := g.Discard(); err != nil {
		t.Fatal(err)
	}
	want := []string{"custom/hello.wav", "en/digits/1.wav", "en_US_f_Allison/digits/1.wav"}
	if diff := cmp.Diff(want, g.files); diff != "" {
		t.Error(diff)
	}
	for _, name := range want {
		if info, err := os.Lstat(filepath.Join(folder, name)); err != nil || !info.Mode().IsRegular() {
			t.Errorf("%s is no file of its own: %v", name, err)
		}
	}
	left := []string{
		from + "/custom/other: a link, in a folder that a link led to: not followed",
		from + "/gone.wav: a link to what is not there (cp -rL copies what links lead to)",
		from + "/gone: a link to what is not there (cp -rL copies what links lead to)",
	}
	if diff := cmp.Diff(left, g.Left); diff != "" {
		t.Error(diff)
	}
}
