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
	from, folder := filepath.Join(dir, "asterisk"), filepath.Join(dir, "sounds")
	wav := sample(t, 80, 1)
	for name, content := range map[string][]byte{
		"asterisk/fr/welcome.wav": wav, "asterisk/custom/menu/hello.ulaw": {0xff}, "asterisk/custom/menu/hello.gsm": {1}, "asterisk/en/only.gsm": {1},
		"asterisk/broken.wav": []byte("no sound"), "asterisk/README": []byte("text"), "asterisk/.hidden.wav": wav, "asterisk/there.wav": wav, "sounds/there.wav": sample(t, 80, 2),
	} {
		if err := writeFile(filepath.Join(dir, name), content); err != nil {
			t.Fatal(err)
		}
	}
	for _, rehearse := range []bool{true, false} {
		taken, left, err := TakeOver(from, folder, rehearse)
		want := []string{
			from + "/broken.wav: broken.wav: neither a WAV nor an MP3 file; convert it: " + howToConvert,
			from + "/en/only.gsm: not read; convert it: sox " + from + "/en/only.gsm -r 8000 -c 1 -b 16 " + from + "/en/only.wav",
			from + "/there.wav: " + folder + "/there.wav is there already",
		}
		if diff := cmp.Diff(want, left); diff != "" || taken != 2 || err != nil {
			t.Errorf("rehearsed %v: %d are taken, %v:\n%s", rehearse, taken, err, diff)
		}
		if _, err := os.Stat(filepath.Join(folder, "custom", "menu", "hello.ulaw")); (err == nil) == rehearse {
			t.Errorf("rehearsed %v: the file is there: %v", rehearse, err)
		}
	}
	if got := readFile(t, filepath.Join(folder, "fr", "welcome.wav")); !bytes.Equal(got, wav) {
		t.Error("the sound is another one")
	}
	if _, _, err := TakeOver(filepath.Join(dir, "none"), folder, false); err == nil {
		t.Error("a directory that is not there is taken over")
	}
}
