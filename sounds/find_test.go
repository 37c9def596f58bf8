package sounds

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// folder makes a folder with empty files.
func folder(t testing.TB, files ...string) string {
	dir := t.TempDir()
	for _, file := range files {
		file = filepath.Join(dir, file)
		if err := os.MkdirAll(filepath.Dir(file), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, nil, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestFind(t *testing.T) {
	root := folder(t,
		"plan/menu/hello.wav", "plan/only.mp3", "plan/fr/both.wav",
		"data/fr/menu/hello.wav", "data/menu/hello.ulaw", "data/both.wav", "data/formats.mp3", "data/formats.wav", "data/formats.alaw",
		"data/raw.ulaw", "data/raw.alaw", "data/raw.sln", "data/fr_CA/dialect.wav", "data/fr/dialect.wav", "data/dialect.wav",
		"data/en/english.wav", "data/dir.wav/x", "data/ivr-sounds/closed.mp3", "data/old/fr/layout.wav", "data/old/layout.wav",
		"data/two.dots.wav", "data/a b&c.wav", "data/upper.WAV",
		"sys/fr_CA_f_June/digits/1.wav", "sys/fr_CA_f_June/installed.wav", "sys/fr_FR_m/installed.wav", "sys/en_US_f_Allison/installed.wav", "sys/en/plain.wav",
		"sys/fr/both.wav", "sys/fr_CA_f_June/menu/hello.wav", "sys/frame/trap.wav",
		"else/abs.wav", "else/fr/abs.wav", "else/secret.wav", "secret.wav", "var/lib/real.wav",
	)
	at := func(name string) string { return filepath.Join(root, name) }
	f := &finder{
		folders:  []string{at("plan"), "", at("data")},
		prefixes: map[string]string{"/var/lib/wazo/sounds": at("data"), "/var/lib": at("nowhere"), at("var/lib"): at("nowhere")},
		system:   []string{at("sys"), at("nosys")},
	}
	for _, c := range []struct{ name, language, want string }{
		{"menu/hello", "", "plan/menu/hello.wav"},
		{"menu/hello", "en", "plan/menu/hello.wav"},
		{"menu/hello", "fr", "data/fr/menu/hello.wav"}, // the language goes before the folders
		{"menu/hello", "de", "plan/menu/hello.wav"},
		{"./menu//hello", "", "plan/menu/hello.wav"},
		{"menu/../menu/hello", "", "plan/menu/hello.wav"},
		{"only", "", "plan/only.mp3"},
		{"both", "", "data/both.wav"},
		{"both", "fr", "plan/fr/both.wav"},
		{"formats", "", "data/formats.alaw"},
		{"raw", "", "data/raw.ulaw"},
		{"dialect", "fr_CA", "data/fr_CA/dialect.wav"},
		{"dialect", "fr_CA_x", "data/fr_CA/dialect.wav"},
		{"dialect", "fr_BE", "data/fr/dialect.wav"},
		{"dialect", "_", "data/dialect.wav"},
		{"english", "fr", "data/en/english.wav"},
		{"english", "", "data/en/english.wav"},
		{"fr/dialect", "", "data/fr/dialect.wav"},
		{"two.dots", "", "data/two.dots.wav"},
		{"a b&c", "", "data/a b&c.wav"},
		{"upper", "", "data/upper.WAV"},
		{"dialect", "../else", "data/dialect.wav"}, // a language is one element of a path
		{"dialect", "..", "data/dialect.wav"},
		{"secret", ".._x", ""},
		{"dialect", "fr\x00", "data/dialect.wav"},
		{at("else/abs"), "", "else/abs.wav"},
		{at("else/abs"), "fr", "else/fr/abs.wav"},
		{at("data") + "/../data/both", "", "data/both.wav"},
		{"/var/lib/wazo/sounds/both", "", "data/both.wav"},
		{"/var/lib/wazo/sounds/menu/hello", "", "data/menu/hello.ulaw"}, // the prefix's folder goes before the others
		{"/var/lib/wazo/sounds/menu/hello", "fr", "data/fr/menu/hello.wav"},
		{"/var/lib/wazo/sounds/old/layout", "fr", "data/old/fr/layout.wav"},
		{"/var/lib/wazo/sounds/only", "", "plan/only.mp3"},
		{"/var/lib/wazo/sounds/ivr-sounds/../both", "", "data/both.wav"},
		{at("var/lib/real"), "", "var/lib/real.wav"}, // under the name as it was written
		{"ivr-sounds/closed", "", "data/ivr-sounds/closed.mp3"},
		{"ivr-sounds/closed", "fr", "data/ivr-sounds/closed.mp3"},
		{"ivr-sounds/dest-8000", "", "embedded:en/ivr-sounds/dest-8000.wav"},
		{"ivr-sounds/dest-8000", "en", "embedded:en/ivr-sounds/dest-8000.wav"},
		{"ivr-sounds/dest-8000", "fr", "embedded:en/ivr-sounds/dest-8000.wav"},
		{"/var/lib/wazo/sounds/ivr-sounds/ivr-example-choices", "fr_FR", "embedded:en/ivr-sounds/ivr-example-choices.wav"},
		{"installed", "", "sys/en_US_f_Allison/installed.wav"},
		{"installed", "en", "sys/en_US_f_Allison/installed.wav"},
		{"installed", "fr", "sys/fr_CA_f_June/installed.wav"}, // whatever voice there is
		{"installed", "fr_FR", "sys/fr_FR_m/installed.wav"},
		{"installed", "de", "sys/en_US_f_Allison/installed.wav"},
		{"plain", "fr", "sys/en/plain.wav"},
		{"menu/hello", "fr_CA", "data/fr/menu/hello.wav"}, // the owner's own go before installed ones
		{"both", "fr_CA", "plan/fr/both.wav"},
		{"digits/1", "fr", "sys/fr_CA_f_June/digits/1.wav"},
		{"digits/2", "fr", "embedded:fr/digits/2.wav"},
		{"digits/2", "de", "embedded:en/digits/2.wav"},
		{"/var/lib/wazo/sounds/digits/1", "fr_FR", "sys/fr_CA_f_June/digits/1.wav"},
		{"trap", "fr", ""}, // sys/frame is no voice of fr
		{"fr_CA_f_June/installed", "en", ""},
	} {
		want := c.want
		if want == "" {
			if p, err := f.find(c.name, c.language); err == nil {
				t.Errorf("%q in %q: %s, want nothing", c.name, c.language, p.key())
			}
			continue
		}
		if !strings.HasPrefix(want, embeddedPrefix) {
			want = at(want)
		}
		p, err := f.find(c.name, c.language)
		if err != nil || p.key() != want {
			t.Errorf("%q in %q: %s, %v, want %s", c.name, c.language, p.key(), err, want)
		}
	}

	for _, c := range []struct{ name, want string }{
		{"", "empty"},
		{".", "leads out"},
		{"..", "leads out"},
		{"../secret", "leads out"},
		{"menu/../../secret", "leads out"},
		{"menu/../../../../../../../../etc/passwd", "leads out"},
		{at("data") + "/../secret", "leads out"},
		{at("else") + "/../secret", "leads out"}, // no folder of sounds
		{"/var/lib/wazo/sounds/../../../../" + at("else/secret"), "leads out"},
		{"menu/hello\x00", "zero byte"},
		{"only.mp3", "named without its extension: only"},
		{"dir", `sound "dir" not found; looked for ` + at("plan/dir")},
		{"/var/lib/wazo/sounds-other/both", "not found"},
		{"/var/lib/wazo/sounds", "not found"},
		{"/", "not found"},
		{strings.Repeat("x", 5000), "not found"},
	} {
		p, err := f.find(c.name, "")
		var missing *NotFoundError
		if !errors.As(err, &missing) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%.60q: %s, %v, want an error with %q", c.name, p.key(), err, c.want)
		} else if missing.Name != c.name {
			t.Errorf("%.60q: the error names %q", c.name, missing.Name)
		}
	}
}

func TestMissingSoundTellsWhereItWasLookedFor(t *testing.T) {
	f := &finder{folders: []string{"plan", "data"}, prefixes: map[string]string{"/sounds": "data"}}
	_, err := f.find("/sounds/a/b", "fr")
	want := []string{
		"data/fr/a/b", "plan/fr/a/b", "data/a/fr/b", "plan/a/fr/b", "/sounds/a/fr/b",
		"data/a/b", "plan/a/b", "/sounds/a/b", "embedded:fr/a/b",
		"data/en/a/b", "plan/en/a/b", "data/a/en/b", "plan/a/en/b", "/sounds/a/en/b", "embedded:en/a/b",
	}
	var missing *NotFoundError
	if !errors.As(err, &missing) || !slices.Equal(missing.Looked, want) {
		t.Errorf("looked in %q, want %q", missing.Looked, want)
	}
}

func TestFormatThatIsNotReadIsNamed(t *testing.T) {
	dir := folder(t, "hello.gsm")
	_, err := (&finder{folders: []string{dir}}).find("hello", "")
	if want := filepath.Join(dir, "hello.gsm") + " is there but not read; convert it: sox"; err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("%v, want an error with %q", err, want)
	}
}

// Whatever the name and the language, a relative name stays in the folders, and so does an absolute one with `..` in it.
func FuzzFind(f *testing.F) {
	for _, name := range []string{"a", "fr/a", "../secret", "a/../../secret", "/sounds/a", "/sounds/../secret", "//sounds//a", "a\x00", "/sounds", ".", "a/", "/../secret"} {
		f.Add(name, "fr_CA")
		f.Add(name, "..")
	}
	f.Fuzz(func(t *testing.T, name, language string) {
		find := &finder{folders: []string{"/folders/plan", "/folders/data"}, prefixes: map[string]string{"/sounds": "/folders/data"}}
		bases, err := find.bases(name, language)
		if err != nil {
			var missing *NotFoundError
			if !errors.As(err, &missing) || missing.Hint == "" {
				t.Fatalf("%q: %v, want a NotFoundError with its reason", name, err)
			}
			return
		}
		if len(bases) == 0 {
			t.Fatalf("%q: looked for nowhere", name)
		}
		for _, b := range bases {
			base := b.path
			if b.embedded {
				if _, err := embedded.Open(base + ".wav"); err != nil && !errors.Is(err, os.ErrNotExist) && !errors.Is(err, os.ErrInvalid) {
					t.Errorf("%q in %q: %v", name, language, err)
				}
				continue
			}
			own := strings.HasPrefix(name, "/") && !climbs(name)
			if !own && !strings.HasPrefix(base, "/folders/plan/") && !strings.HasPrefix(base, "/folders/data/") && !strings.HasPrefix(base, "/sounds/") {
				t.Errorf("%q in %q is looked for at %q", name, language, base)
			}
			if base != filepath.Clean(base) || strings.ContainsRune(base, 0) {
				t.Errorf("%q in %q: %q is not clean", name, language, base)
			}
		}
	})
}
