package sounds

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"
)

func TestEmbeddedPrompts(t *testing.T) {
	want := []string{"ivr-sounds/closed", "ivr-sounds/dest-8000", "ivr-sounds/dest-8001", "ivr-sounds/dest-8547", "ivr-sounds/dest-8833",
		"ivr-sounds/ivr-example-choices", "ivr-sounds/ivr-example-error", "ivr-sounds/ivr-example-invalid-choice",
		"ivr-sounds/ivr-example-submenu-choices", "ivr-sounds/ivr-example-welcome-sound"}
	if got := EmbeddedNames(); !slices.Equal(got, want) {
		t.Errorf("embedded examples are %q, want %q", got, want)
	}
	c := NewCache(Config{Map: map[string]string{"/var/lib/wazo/sounds": filepath.Join(t.TempDir(), "none")}})
	for _, name := range want {
		p, err := c.Get(t.Context(), name, "en")
		if err != nil || p.Duration() < time.Second || p.Duration() > 10*time.Second {
			t.Errorf("%s: %v, %v, want a second to ten", name, p.Duration(), err)
			continue
		}
		if mapped, err := c.Get(t.Context(), "/var/lib/wazo/sounds/"+name, ""); err != nil || mapped != p {
			t.Errorf("%s by its absolute name: %v, want the same prompt", name, err)
		}
		wav, err := fs.ReadFile(Embedded(), "en/"+name+".wav")
		if err != nil {
			t.Fatal(err)
		}
		pcm, err := ReadWAV(bytes.NewReader(wav))
		var again, exported bytes.Buffer
		if err == nil {
			err = WriteWAV(&again, pcm)
		}
		if err != nil || !bytes.Equal(again.Bytes(), wav) {
			t.Errorf("%s: read and written it is another file (%v)", name, err)
		}
		if err := c.Export(&exported, name, ""); err != nil || !bytes.Equal(exported.Bytes(), wav) {
			t.Errorf("%s: exported it is another file (%v)", name, err)
		}
		if embeddedTexts()["en/"+name] == "" {
			t.Errorf("%s: its text is not in prompts.tsv", name)
		}
	}
	if err := fstest.TestFS(Embedded(), "en/prompts.tsv"); err != nil {
		t.Error(err)
	}
}

// Numbers and dates are put together of many pieces: each is there, short, and ready to be sent.
func TestEmbeddedPieces(t *testing.T) {
	c := NewCache(Config{})
	for _, language := range []string{"en", "fr"} {
		table := string(readFile(t, language+"/prompts.tsv"))
		pieces := 0
		err := fs.WalkDir(Embedded(), language, func(file string, d fs.DirEntry, err error) error {
			name, sound := strings.CutSuffix(strings.TrimPrefix(file, language+"/"), ".wav")
			if err != nil || !sound || strings.HasPrefix(name, "ivr-sounds/") {
				return err
			}
			pieces++
			p, err := c.Get(t.Context(), name, language)
			if err != nil || p.Duration() < 150*time.Millisecond || p.Duration() > 2*time.Second {
				t.Errorf("%s: %v, %v, want a word", file, p.Duration(), err)
			}
			if !strings.Contains(table, "\n"+name+"\t") {
				t.Errorf("%s is not in the table of prompts", file)
			}
			wav, err := fs.ReadFile(Embedded(), file)
			if err == nil && wav[20] != wavMuLaw {
				t.Errorf("%s is not µ-law: twice as large as need be", file)
			}
			return err
		})
		if err != nil || pieces < 170 {
			t.Errorf("%s: %d pieces, %v", language, pieces, err)
		}
		if texts := strings.Count(table, "\n") - strings.Count("\n"+table, "\n#"); texts-strings.Count(table, "\nivr-sounds/") != pieces {
			t.Errorf("%s: %d texts for %d pieces and the examples", language, texts, pieces)
		}
	}
}

func TestImport(t *testing.T) {
	dir := t.TempDir()
	mp3 := readFile(t, "testdata/error-44100-tags.mp3")
	file, length, err := Import(dir, "ivr-sounds/new/error", "upload.mp3", bytes.NewReader(mp3), AsItIs)
	if err != nil || file != filepath.Join(dir, "ivr-sounds/new/error.wav") || length != duration(len(spoken(t))) {
		t.Fatalf("%s, %v, %v", file, length, err)
	}
	pcm, err := ReadWAV(bytes.NewReader(readFile(t, file)))
	if err != nil || likeness(spoken(t), pcm, 0) < 0.995 {
		t.Errorf("what was imported is another sound (%v)", err)
	}
	if info, err := os.Stat(file); err != nil || info.Mode() != 0o644 {
		t.Errorf("its mode is %v, %v, want 0644", info.Mode(), err)
	}
	c := NewCache(Config{Dirs: []string{dir}})
	if _, err := c.Get(t.Context(), "ivr-sounds/new/error", "fr"); err != nil {
		t.Errorf("what was imported is not found: %v", err)
	}
	if _, _, err := Import(dir, "ivr-sounds/new/error", "x.ulaw", bytes.NewReader(make([]byte, 80)), AsItIs); err != nil {
		t.Errorf("importing over it: %v", err)
	}
	if p, err := c.Get(t.Context(), "ivr-sounds/new/error", "fr"); err != nil || p.Len() != 80 {
		t.Errorf("after importing over it: %v, want 80 samples", err)
	}
	if left, _ := filepath.Glob(filepath.Join(dir, "ivr-sounds/new/*")); len(left) != 1 {
		t.Errorf("files left: %q", left)
	}
}

func TestImportRefuses(t *testing.T) {
	dir := folder(t, "there.ulaw", "file/x")
	wav := riff(pcm8k, someData)
	for _, c := range []struct {
		name, source, want string
		content            []byte
	}{
		{"", "a.wav", "not a relative name", wav},
		{".", "a.wav", "not a relative name", wav},
		{"..", "a.wav", "not a relative name", wav},
		{"../../etc/passwd", "a.wav", "not a relative name", wav},
		{"a/../../b", "a.wav", "not a relative name", wav},
		{"/etc/passwd", "a.wav", "not a relative name", wav},
		{"a\x00b", "a.wav", "not a relative name", wav},
		{"a/", "a.wav", "not a relative name", wav},
		{"a.wav", "a.wav", "without its extension: a", wav},
		{"there", "a.wav", "there.ulaw already, remove it first", wav},
		{"new", "a.wav", "a.wav: text, not sound", []byte("hello, this is text")},
		{"new", "a.mp3", "a.mp3: no MP3 audio", []byte("hello, this is text")},
		{"new", "a.wav", "a.wav: the file is empty", nil},
		{"new", "a.wav", "a.wav: no audio in it", riff(pcm8k, chunk("data", nil))},
		{"new", "a.ogg", "an Ogg file", []byte("OggS and more bytes")},
		{"file/x/y", "a.wav", "writing a sound", wav},
	} {
		file, _, err := Import(dir, c.name, c.source, bytes.NewReader(c.content), AsItIs)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q from %s: %s, %v, want an error with %q", c.name, c.source, file, err, c.want)
		}
	}
	var left []string
	filepath.WalkDir(dir, func(file string, d fs.DirEntry, err error) error {
		if !d.IsDir() {
			left = append(left, d.Name())
		}
		return err
	})
	if !slices.Equal(left, []string{"x", "there.ulaw"}) {
		t.Errorf("what was refused left %q", left)
	}
}

func TestList(t *testing.T) {
	one, two := t.TempDir(), t.TempDir()
	write(t, filepath.Join(one, "b.wav"), 1, 8000)
	write(t, filepath.Join(two, "b.wav"), 1, 16000)
	write(t, filepath.Join(two, "fr/c.wav"), 1, 4000)
	write(t, filepath.Join(two, "ivr-sounds/closed.wav"), 1, 800)
	for file, content := range map[string]string{"broken.mp3": "text", "notes.txt": "", "b.ulaw": "12345678"} {
		if err := os.WriteFile(filepath.Join(two, file), []byte(content), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	link := filepath.Join(t.TempDir(), "link") // a folder may be a link to one
	if err := os.Symlink(two, link); err != nil {
		t.Fatal(err)
	}
	list, err := NewCache(Config{Dirs: []string{one, filepath.Join(one, "none"), link}}).List(false)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, s := range list {
		if strings.HasPrefix(s.Name, "ivr-sounds/") && s.Name != "ivr-sounds/closed" {
			if s.Text == "" || !strings.HasPrefix(s.File, "embedded:en/") || s.Err != nil {
				t.Errorf("embedded: %+v", s)
			}
			continue
		}
		got = append(got, s.Name+" "+s.Duration.String())
		if (s.Err != nil) != (s.Name == "broken") || s.Text != "" {
			t.Errorf("%+v", s)
		}
	}
	if want := []string{"b 1s", "broken 0s", "fr/c 500ms", "ivr-sounds/closed 100ms"}; !slices.Equal(got, want) {
		t.Errorf("listed are %q, want %q", got, want)
	}
}

func TestDemoLeavesWhatIsThere(t *testing.T) {
	dir := folder(t, "ivr-sounds/closed.ulaw", "ivr-sounds/dest-8000.wav")
	for range 2 {
		if err := Demo(dir); err != nil {
			t.Fatal(err)
		}
		files, err := os.ReadDir(filepath.Join(dir, "ivr-sounds"))
		if err != nil || len(files) != len(EmbeddedNames()) {
			t.Errorf("%d files, %v, want %d", len(files), err, len(EmbeddedNames()))
		}
	}
	if b := readFile(t, filepath.Join(dir, "ivr-sounds/dest-8000.wav")); len(b) != 0 {
		t.Error("a file that was there was written over")
	}
	want, _ := embedded.ReadFile("en/ivr-sounds/ivr-example-choices.wav")
	if got := readFile(t, filepath.Join(dir, "ivr-sounds/ivr-example-choices.wav")); !bytes.Equal(got, want) {
		t.Error("what was written is not the embedded prompt")
	}
	if err := Demo(filepath.Join(dir, "ivr-sounds/closed.ulaw")); err == nil {
		t.Error("writing into a file went well")
	}
}
