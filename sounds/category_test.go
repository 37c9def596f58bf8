package sounds

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// sample is a WAV file with so many samples of one value.
func sample(t testing.TB, n int, value int16) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := WriteWAV(&b, slices.Repeat([]int16{value}, n)); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// categories are made in an empty folder.
func categories(t testing.TB, names ...string) (Categories, string) {
	t.Helper()
	folder := filepath.Join(t.TempDir(), "sounds")
	c := NewCategories(folder)
	for _, name := range names {
		if err := c.Create(name); err != nil {
			t.Fatal(err)
		}
	}
	return c, folder
}

func upload(t testing.TB, c Categories, category string, f File, content []byte) {
	t.Helper()
	if err := c.Put(category, f, bytes.NewReader(content)); err != nil {
		t.Fatalf("putting %v: %v", f, err)
	}
}

func TestCategoriesAreMadeOnceAndRemovedWithTheirFiles(t *testing.T) {
	c, folder := categories(t)
	if list, err := c.List(); err != nil || len(list) != 0 {
		t.Errorf("a folder that is not there has %v, %v", list, err)
	}
	for _, name := range []string{"", "x", "..", "a/b", "-dash", "système", "system", "monitor", "recordings-meetme", "tenants", strings.Repeat("a", 150)} {
		if _, ok := errors.AsType[*RefusedError](c.Create(name)); !ok {
			t.Errorf("a category %q is made", name)
		}
		if err := c.Delete(name); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("removing %q: %v", name, err)
		}
	}
	if err := c.Create("menu"); err != nil {
		t.Fatal(err)
	}
	if err := c.Create("menu"); !errors.Is(err, fs.ErrExist) {
		t.Errorf("a second time: %v, want that it exists", err)
	}
	upload(t, c, "menu", File{Name: "hello.wav"}, sample(t, 80, 1))
	if err := c.Create("menu"); !errors.Is(err, fs.ErrExist) {
		t.Errorf("with a file: %v, want that it exists", err)
	}
	if err := c.Delete("menu"); err != nil {
		t.Fatal(err)
	}
	if err := c.Delete("menu"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("removed twice: %v", err)
	}
	if left, _ := os.ReadDir(folder); len(left) != 0 {
		t.Errorf("%v is left", left)
	}
}

func TestUploadsAreListedAsTheyAreFound(t *testing.T) {
	c, folder := categories(t, "menu", "other")
	wav := sample(t, 80, 1)
	upload(t, c, "menu", File{Name: "hello.wav"}, wav)
	upload(t, c, "menu", File{Name: "hello", Extension: "wav", Language: "fr_FR"}, wav)
	upload(t, c, "menu", File{Name: "hello.ulaw", Extension: "ulaw"}, []byte{0xff, 0x7f}) // both: the extension is not doubled
	upload(t, c, "menu", File{Name: "bare"}, wav)                                         // its content tells
	upload(t, c, "menu", File{Name: "été 1.2", Extension: "wav"}, wav)
	for _, path := range []string{".new-123", "sub.folder/x.wav", "readme"} {
		file := filepath.Join(folder, "menu", path)
		if err := os.MkdirAll(filepath.Dir(file), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, wav, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	want := []Category{{Name: "menu", Files: []File{
		{Name: "bare", Extension: "wav"},
		{Name: "hello", Extension: "ulaw"},
		{Name: "hello", Extension: "wav"},
		{Name: "hello", Language: "fr_FR", Extension: "wav"},
		{Name: "readme"},
		{Name: "été 1.2", Extension: "wav"},
	}}, {Name: "other"}}
	list, err := c.List()
	if diff := cmp.Diff(want, list); diff != "" || err != nil {
		t.Errorf("the listing is not what was put there (%v):\n%s", err, diff)
	}
	if languages, err := c.Languages(); err != nil || !slices.Equal(languages, []string{"fr_FR"}) {
		t.Errorf("languages %v, %v", languages, err)
	}
	for _, name := range []string{"missing", "..", "system"} {
		if _, err := c.Get(name); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("category %q: %v", name, err)
		}
	}
}

func TestAFileIsAskedForByNameLanguageAndFormat(t *testing.T) {
	c, _ := categories(t, "menu")
	upload(t, c, "menu", File{Name: "hello", Extension: "wav", Language: "fr_FR"}, sample(t, 80, 1))
	upload(t, c, "menu", File{Name: "hello", Extension: "wav", Language: "de"}, sample(t, 80, 2))
	upload(t, c, "menu", File{Name: "hello", Extension: "wav"}, sample(t, 80, 3))
	upload(t, c, "menu", File{Name: "hello", Extension: "ulaw"}, []byte{0xff})
	tests := []struct{ name, language, extension, want string }{
		{"hello", "", "", "hello.ulaw"}, // as it would be played
		{"hello.wav", "", "", "hello.wav"},
		{"hello", "", "wav", "hello.wav"},
		{"hello", "fr_FR", "", "fr_FR/hello.wav"},
		{"hello.wav", "de", "wav", "de/hello.wav"},
		{"hello", "fr", "", ""},
		{"hello", "", "mp3", ""},
		{"hell", "", "", ""},
	}
	for _, test := range tests {
		f, opened, err := c.Open("menu", test.name, test.language, test.extension)
		if test.want == "" {
			if !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("%v: %v, want that there is none", test, err)
			}
			continue
		}
		if err != nil {
			t.Errorf("%v: %v", test, err)
			continue
		}
		opened.Close()
		if got := filepath.Join(f.Language, f.Base()); got != test.want {
			t.Errorf("%v gives %s", test, got)
		}
	}
	if err := c.DeleteFile("menu", "hello", "fr_FR", ""); err != nil {
		t.Fatal(err)
	}
	if left, _ := c.Get("menu"); len(left.Files) != 3 {
		t.Errorf("with the French one removed there are %v", left.Files)
	}
	if err := c.DeleteFile("menu", "hello", "", ""); err != nil {
		t.Fatal(err)
	}
	if left, err := c.Get("menu"); err != nil || len(left.Files) != 0 {
		t.Errorf("with all removed there are %v, %v", left.Files, err)
	}
	if err := c.DeleteFile("menu", "hello", "", ""); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("removed twice: %v", err)
	}
}

func TestWhatCannotBePlayedIsRefusedAndLeavesWhatWas(t *testing.T) {
	c, folder := categories(t, "menu")
	before := sample(t, 80, 1)
	upload(t, c, "menu", File{Name: "hello.wav"}, before)
	gsm := []byte{0xd2, 1, 2, 3}
	tests := []struct {
		why     string
		file    File
		content []byte
		want    string // in the error
	}{
		{"text", File{Name: "hello.wav"}, []byte("no sound"), `text, not sound: it begins with "no sound"`},
		{"a form", File{Name: "hello.wav"}, []byte("--------------------------9051914041544843365972754266\r\nContent-Disposition: form-data"), "a form"},
		{"an M4A file", File{Name: "hello.mp4"}, []byte("\x00\x00\x00\x20ftypM4A "), "mp4"},
		{"an M4A file by another name", File{Name: "hello.wav"}, []byte("\x00\x00\x00\x20ftypM4A "), "M4A"},
		{"a gzip archive", File{Name: "hello.wav"}, []byte("\x1f\x8b\x08\x00"), "gzip"},
		{"other bytes", File{Name: "hello.wav"}, []byte{0xd2, 0x7a, 1}, "it begins with the bytes d2 7a 01"},
		{"empty", File{Name: "hello.wav"}, nil, "empty"},
		{"ogg", File{Name: "hello.wav"}, []byte("OggS\x00\x02aaaaaaa"), "Ogg"},
		{"a format that is not read", File{Name: "hello.gsm"}, gsm, "gsm"},
		{"the same by parameter", File{Name: "hello", Extension: "gsm"}, gsm, "gsm"},
		{"no format known", File{Name: "hello"}, gsm, "neither"},
		{"JSON as µ-law", File{Name: "hello.ulaw"}, []byte(`{"name": "hello"}`), "text"},
		{"no samples", File{Name: "hello.wav"}, sample(t, 0, 0), "no audio"},
		{"nothing as µ-law", File{Name: "hello.ulaw"}, nil, "no audio"},
		{"a new language", File{Name: "hello.wav", Language: "de"}, []byte("no sound"), "text"},
		{"dots", File{Name: ".."}, before, "dot"},
		{"a slash", File{Name: "a/hello.wav"}, before, "slash"},
		{"a format with a slash", File{Name: "a", Extension: "x/wav"}, before, "slash"},
		{"a hidden file", File{Name: ".new-1.wav"}, before, "dot"},
		{"no name", File{}, before, "empty"},
		{"a zero byte", File{Name: "a\x00.wav"}, before, "control"},
		{"too long", File{Name: strings.Repeat("a", 255) + ".wav"}, before, "bytes"},
		{"a language that climbs", File{Name: "hello.wav", Language: "../other"}, before, "language"},
		{"no language", File{Name: "hello.wav", Language: "."}, before, "language"},
	}
	for _, test := range tests {
		err := c.Put("menu", test.file, bytes.NewReader(test.content))
		if _, ok := errors.AsType[*RefusedError](err); !ok || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v, want it refused for %q", test.why, err, test.want)
		}
	}
	if err := c.Put("none", File{Name: "hello.wav"}, bytes.NewReader(before)); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("into a category that is not there: %v", err)
	}
	broken := errors.New("the line was cut")
	if err := c.Put("menu", File{Name: "hello.wav"}, io.MultiReader(bytes.NewReader(before), iotest.ErrReader(broken))); !errors.Is(err, broken) {
		t.Errorf("cut off: %v", err)
	}
	if now := readFile(t, filepath.Join(folder, "menu", "hello.wav")); !bytes.Equal(now, before) {
		t.Error("what was there has changed")
	}
	if all, _ := os.ReadDir(filepath.Join(folder, "menu")); len(all) != 1 {
		t.Errorf("the category has %v", all)
	}
}

// The page of the menus: its sounds are uploaded to ivr-sounds, where the first start has put examples.
func TestUploadsTakeThePlaceOfTheExamples(t *testing.T) {
	c, folder := categories(t)
	if err := Demo(folder); err != nil {
		t.Fatal(err)
	}
	cache := NewCache(Config{Dirs: []string{folder}, Map: map[string]string{"/var/lib/wazo/sounds": folder}})
	defer cache.Close()
	now := time.Now()
	cache.now = func() time.Time { return now }
	const name = "/var/lib/wazo/sounds/ivr-sounds/ivr-example-choices"
	length := func() int {
		t.Helper()
		now = now.Add(searchAgain)
		p, err := cache.Get(t.Context(), name, "en")
		if err != nil {
			t.Fatal(err)
		}
		<-p.Ended()
		return p.Len()
	}
	example := length()
	upload(t, c, "ivr-sounds", File{Name: "ivr-example-choices.sln16"}, bytes.Repeat([]byte{0, 1}, 160))
	if got := length(); got == example {
		t.Error("the example is heard in the place of what was uploaded in another format")
	}
	if err := c.Create("ivr-sounds"); !errors.Is(err, fs.ErrExist) {
		t.Errorf("a category with a sound of its own is made anew: %v", err)
	}
}

func TestACategoryOfExamplesIsMadeAnew(t *testing.T) {
	c, folder := categories(t)
	if err := Demo(folder); err != nil {
		t.Fatal(err)
	}
	if err := c.Create("ivr-sounds"); err != nil {
		t.Fatalf("with the examples only: %v, want it made", err)
	}
	if err := c.Create("ivr-sounds"); !errors.Is(err, fs.ErrExist) {
		t.Errorf("a second time: %v, want that it exists", err)
	}
	if is, err := c.Get("ivr-sounds"); err != nil || len(is.Files) != 0 {
		t.Errorf("it has %v, %v, want nothing", is.Files, err)
	}
	cache := NewCache(Config{Dirs: []string{folder}})
	defer cache.Close()
	if file, err := cache.Find("ivr-sounds/closed", ""); err != nil || !strings.HasPrefix(file, embeddedPrefix) {
		t.Errorf("the example is %s, %v, want the one in the program", file, err)
	}
}

func TestASoundOfOneTenantNeedsNoTenantInItsName(t *testing.T) {
	folder := t.TempDir()
	acme := NewCategories(TenantFolder(folder, "acme"))
	if err := acme.Create("menu"); err != nil {
		t.Fatal(err)
	}
	upload(t, acme, "menu", File{Name: "hello.wav"}, sample(t, 80, 1))
	upload(t, acme, "menu", File{Name: "hello.wav", Language: "fr_FR"}, sample(t, 80, 1))
	f := finder{prefixes: map[string]string{"/var/lib/wazo/sounds": folder}}
	find := func(name, language, want string) {
		t.Helper()
		found, err := f.find("/var/lib/wazo/sounds/"+name, language)
		if want == "" {
			if err == nil {
				t.Errorf("%s is %s, want nothing", name, found.path)
			}
			return
		}
		if err != nil || found.path != filepath.Join(folder, want) {
			t.Errorf("%s is %s, %v, want %s", name, found.path, err, want)
		}
	}
	find("menu/hello", "", "tenants/acme/menu/hello.wav")
	find("menu/hello", "fr_FR", "tenants/acme/menu/fr_FR/hello.wav")
	find("tenants/acme/menu/hello", "fr_FR", "tenants/acme/menu/fr_FR/hello.wav")
	find("tenants/acme/menu/fr_FR/hello", "", "tenants/acme/menu/fr_FR/hello.wav")

	other := NewCategories(TenantFolder(folder, "other"))
	if err := other.Create("menu"); err != nil {
		t.Fatal(err)
	}
	find("menu/hello", "", "") // it could be meant by two
	master := NewCategories(folder)
	if err := master.Create("menu"); err != nil {
		t.Fatal(err)
	}
	upload(t, master, "menu", File{Name: "hello.wav"}, sample(t, 80, 1))
	find("menu/hello", "", "menu/hello.wav")
	find("tenants/themaster/menu/hello", "", "menu/hello.wav")
	find("tenants/other/menu/hello", "", "") // a tenant's own, or none
	if list, err := master.List(); err != nil || len(list) != 1 {
		t.Errorf("the master has %v, %v, want its own category only", list, err)
	}
}

func TestTidyRemovesWhatACrashLeft(t *testing.T) {
	c, folder := categories(t, "menu")
	upload(t, c, "menu", File{Name: "hello.wav", Language: "fr"}, sample(t, 80, 1))
	for _, left := range []string{"menu/.new-1", "menu/fr/.new-2", ".unfinished-3/old/hello.wav", "tenants/acme/menu/fr/.new-4"} {
		if err := writeFile(filepath.Join(folder, left), nil); err != nil {
			t.Fatal(err)
		}
	}
	if err := c.Tidy(); err != nil {
		t.Fatal(err)
	}
	var names []string
	err := filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
		if !d.IsDir() {
			names = append(names, strings.TrimPrefix(path, folder+"/"))
		}
		return err
	})
	if err != nil || !slices.Equal(names, []string{"menu/fr/hello.wav"}) {
		t.Errorf("there are %v (%v), want only the sound", names, err)
	}
}

func TestTheSystemCategoryIsWhatTheProgramSays(t *testing.T) {
	system := System()
	byName := map[string]File{}
	for _, f := range system.Files {
		byName[f.Language+" "+f.Name] = f
	}
	for name, says := range map[string]string{"en_US digits/1": "one", "fr_FR digits/1": "un"} {
		if got := byName[name].Text; !strings.EqualFold(got, says) {
			t.Errorf("%s says %q, want %q", name, got, says)
		}
	}
	f, opened, err := OpenSystem("digits/1", "fr_FR", "wav")
	if err != nil {
		t.Fatal(err)
	}
	defer opened.Close()
	wav, err := io.ReadAll(opened)
	if pcm, failed := Decode("1.wav", bytes.NewReader(wav)); err != nil || failed != nil || len(pcm) == 0 {
		t.Errorf("%v: %v, %v, %d samples", f, err, failed, len(pcm))
	}
	for _, name := range []string{"digits/100000", "../embed", ""} {
		if _, _, err := OpenSystem(name, "", ""); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%q: %v, want that there is none", name, err)
		}
	}
}

// Whatever name and content are sent, only files of the category change, and what is kept can be played.
func FuzzPut(f *testing.F) {
	f.Add("hello", "wav", "fr_FR", []byte("RIFF"))
	f.Add("../hello.ulaw", "", "..", []byte{0xff})
	f.Add("hello.mp3", "slin", "", []byte{0xff, 0xfb})
	f.Fuzz(func(t *testing.T, name, extension, language string, content []byte) {
		c, folder := categories(t, "menu", "other")
		err := c.Put("menu", File{Name: name, Extension: extension, Language: language}, bytes.NewReader(content))
		is, failed := c.Get("menu")
		if failed != nil {
			t.Fatal(failed)
		}
		if want := map[bool]int{true: 1}[err == nil]; len(is.Files) != want {
			t.Fatalf("putting %q %q %q: %v, and there are %v", name, extension, language, err, is.Files)
		}
		entries, _ := os.ReadDir(folder)
		beside, _ := os.ReadDir(filepath.Join(folder, "other"))
		if len(entries) != 2 || len(beside) != 0 {
			t.Fatalf("putting %q %q %q wrote beside the category: %v %v", name, extension, language, entries, beside)
		}
		for _, kept := range is.Files {
			pcm, err := Decode(kept.Base(), bytes.NewReader(readFile(t, c.file("menu", kept))))
			if err != nil || len(pcm) == 0 {
				t.Fatalf("%v was kept: %v, %d samples", kept, err, len(pcm))
			}
		}
	})
}
