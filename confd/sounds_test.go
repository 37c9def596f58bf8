package confd

import (
	"bytes"
	"io"
	"net/http"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"dialtone/sounds"
	"dialtone/store"
)

// wav is a sound file of so many samples of a value.
func wav(t testing.TB, value int16, n int) []byte {
	t.Helper()
	var b bytes.Buffer
	pcm := make([]int16, n)
	for i := range pcm {
		pcm[i] = value
	}
	if err := sounds.WriteWAV(&b, pcm); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// upload sends a file as the client does.
func (l *lab) upload(path string, content []byte) reply {
	l.t.Helper()
	l.header.Set("Content-Type", "application/octet-stream")
	defer l.header.Del("Content-Type")
	return l.ask("PUT", path, content)
}

// master is the UUID of the master tenant.
func (l *lab) master() (uuid string) {
	_ = l.store.View(func(tx *store.Tx) error { // gives no error
		uuid = tx.MasterTenant().UUID
		return nil
	})
	return uuid
}

// play gives the samples that a dialplan hears under a name.
func (l *lab) play(name, language string) int {
	l.t.Helper()
	folder := l.api.config.Sounds
	cache := sounds.NewCache(sounds.Config{Dirs: []string{folder}, Map: map[string]string{"/var/lib/wazo/sounds": folder}})
	defer cache.Close()
	p, err := cache.Get(l.t.Context(), name, language)
	if err != nil {
		l.t.Fatal(err)
	}
	<-p.Ended()
	return p.Len()
}

// The page of the menus: a category ivr-sounds, and sounds in it that the script plays by their absolute name.
func TestUploadedSoundsAreHeard(t *testing.T) {
	l := newLab(t)
	master := l.master()
	made := l.ask("POST", "/sounds", `{"name": "ivr-sounds"}`).want(201)
	if at := made.header.Get("Location"); !strings.HasSuffix(at, "/1.1/sounds/ivr-sounds") {
		t.Errorf("Location is %q", at)
	}
	if got := made.object(); got["name"] != "ivr-sounds" || got["tenant_uuid"] != master {
		t.Errorf("made is %v", got)
	}
	l.refused(400, "POST", "/sounds", `{"name": "ivr-sounds"}`, "Resource Error - Sound already exists ('name': 'ivr-sounds')")

	l.upload("/sounds/ivr-sounds/files/welcome.wav", wav(t, 1, 800)).want(204)
	l.upload("/sounds/ivr-sounds/files/welcome?format=slin&language=fr_FR", wav(t, 2, 1600)).want(204)
	l.upload("/sounds/ivr-sounds/files/welcome?format=ulaw", bytes.Repeat([]byte{0x80}, 800)).want(204)
	for language, want := range map[string]int{"en_US": 800, "fr_FR": 1600, "fr_CA": 800} {
		for _, name := range []string{"/var/lib/wazo/sounds/ivr-sounds/welcome", "/var/lib/wazo/sounds/tenants/" + master + "/ivr-sounds/welcome"} {
			if got := l.play(name, language); got != want {
				t.Errorf("%s in %s has %d samples, want %d", name, language, got, want)
			}
		}
	}
	format := func(format string, language any) map[string]any {
		at := "/var/lib/wazo/sounds/tenants/" + master + "/ivr-sounds/"
		if language != nil {
			at += language.(string) + "/"
		}
		return map[string]any{"format": format, "language": language, "text": nil, "path": at + "welcome", "tenant_uuid": master}
	}
	want := []any{map[string]any{"name": "welcome", "tenant_uuid": master, "formats": []any{format("ulaw", nil), format("slin", nil), format("slin", "fr_FR")}}}
	if diff := cmp.Diff(want, l.get("/sounds/ivr-sounds")["files"]); diff != "" {
		t.Error(diff)
	}

	got := l.ask("GET", "/sounds/ivr-sounds/files/welcome?format=slin", nil).want(200)
	if !bytes.Equal(got.body, wav(t, 1, 800)) || got.header.Get("Content-Type") != "application/octet-stream" || !strings.HasPrefix(got.header.Get("Content-Disposition"), "attachment") {
		t.Errorf("downloaded are %d bytes with %v", len(got.body), got.header)
	}
	if got := l.ask("GET", "/sounds/ivr-sounds/files/welcome%2Ewav?language=fr_FR", nil).want(200); !bytes.Equal(got.body, wav(t, 2, 1600)) {
		t.Error("the French one is another file")
	}
	if got := l.ask("HEAD", "/sounds/ivr-sounds/files/welcome?format=slin", nil).want(200); got.header.Get("Content-Length") != "1644" {
		t.Errorf("HEAD says %v", got.header)
	}

	l.delete("/sounds/ivr-sounds/files/welcome?language=fr_FR")
	l.refused(404, "GET", "/sounds/ivr-sounds/files/welcome?language=fr_FR", nil, "Resource Not Found - Sound file was not found ('name': 'welcome')")
	l.delete("/sounds/ivr-sounds/files/welcome")
	l.refused(404, "DELETE", "/sounds/ivr-sounds/files/welcome", nil, "Resource Not Found - Sound file was not found ('name': 'welcome')")
	l.delete("/sounds/ivr-sounds")
	l.refused(404, "DELETE", "/sounds/ivr-sounds", nil, "Resource Not Found - Sound was not found ('name': 'ivr-sounds')")
}

func TestSoundsThatAreRefused(t *testing.T) {
	l := newLab(t)
	l.post("/sounds", map[string]any{"name": "menu"})
	pattern := "Input Error - name: ['String does not match expected pattern.']"
	for name, text := range map[string]string{
		"x": pattern, "-x": pattern, "a/b": pattern, "..": pattern, "system": pattern, "monitor": pattern, "recordings-meetme": pattern,
		"": "Input Error - name: ['Length must be between 1 and 149.']", strings.Repeat("a", 150): "Input Error - name: ['Length must be between 1 and 149.']",
	} {
		l.refused(400, "POST", "/sounds", map[string]any{"name": name}, text)
	}
	l.refused(400, "POST", "/sounds", nil, "Input Error - name: ['Missing data for required field.']")
	l.ask("PUT", "/sounds/menu", "{}").want(405)
	l.ask("POST", "/sounds/menu/files/x", "{}").want(405)

	l.upload("/sounds/menu/files/hello.wav", wav(t, 1, 80)).want(204)
	for path, text := range map[string]string{
		"hello.wav":                       "text, not sound",
		"hello":                           "text, not sound",
		"hello?format=ogg":                "extension ogg are not read",
		"..%2Fhello.wav":                  "dot",
		"%2E%2E":                          "dot",
		"a%2Fb.wav":                       "slash",
		"hello.wav?language=..%2Fother":   "language",
		"hello.ulaw":                      "it is text",
		strings.Repeat("a", 300) + ".wav": "bytes",
	} {
		got := l.upload("/sounds/menu/files/"+path, []byte("no sound at all"))
		if got.status != 400 || !strings.HasPrefix(string(got.body), `["Input Error - `) || !strings.Contains(string(got.body), text) {
			t.Errorf("%s: %d %s, want 400 for %q", path, got.status, got.body, text)
		}
	}
	if got := l.ask("GET", "/sounds/menu/files/hello.wav", nil); !bytes.Equal(got.body, wav(t, 1, 80)) {
		t.Error("a refused upload has changed what was there")
	}
	l.refused(404, "GET", "/sounds/none", nil, "Resource Not Found - Sound was not found ('name': 'none')")
	if got := l.upload("/sounds/none/files/x.wav", wav(t, 1, 80)); got.status != 404 {
		t.Errorf("into a category that is not there: %d", got.status)
	}
}

// endless is a body that goes on and on, of which n bytes were read.
type endless struct{ n int }

func (e *endless) Read(b []byte) (int, error) {
	e.n += len(b)
	return len(b), nil
}

func TestAnUploadEndsAtItsLimit(t *testing.T) {
	l := newLab(t)
	l.post("/sounds", map[string]any{"name": "menu"})
	for _, length := range []int64{-1, maxUpload + 1} {
		body := new(endless)
		r, err := http.NewRequest("PUT", l.server.URL+"/1.1/sounds/menu/files/hello.wav", io.LimitReader(body, maxUpload+1))
		if err != nil {
			t.Fatal(err)
		}
		r.ContentLength = length
		r.Header.Set("X-Auth-Token", l.token)
		response, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		text, _ := io.ReadAll(response.Body)
		response.Body.Close()
		if response.StatusCode != 413 || !strings.Contains(string(text), "40 MiB") {
			t.Errorf("of length %d: %d %s, want 413", length, response.StatusCode, text)
		}
	}
	if got := l.get("/sounds/menu")["files"].([]any); len(got) != 0 {
		t.Errorf("there are %v", got)
	}
}

func TestAFullDiskIsNoFaultOfTheClient(t *testing.T) {
	l := newLab(t)
	for _, err := range []error{syscall.ENOSPC, syscall.EDQUOT, syscall.EFBIG} {
		if f := l.api.failureOf(soundError(err, "Sound")); f.status != 503 || len(f.texts) != 1 {
			t.Errorf("%v is %d %q, want 503", err, f.status, f.texts)
		}
	}
}

func TestTheProgramsOwnSoundsCannotBeChanged(t *testing.T) {
	l := newLab(t)
	system := l.get("/sounds/system")
	if system["tenant_uuid"] != nil || len(system["files"].([]any)) < 20 {
		t.Errorf("the category is %v", system)
	}
	if got := l.ask("GET", "/sounds/system/files/digits%2F1?language=fr_FR", nil).want(200); !bytes.HasPrefix(got.body, []byte("RIFF")) {
		t.Errorf("the digit is %.20q", got.body)
	}
	text := "Resource Error - Operation not permitted ('name': 'system')"
	l.refused(400, "DELETE", "/sounds/system", nil, text)
	l.refused(400, "DELETE", "/sounds/system/files/beep", nil, text)
	l.refused(400, "PUT", "/sounds/system/files/beep", nil, text)
	l.post("/sounds", map[string]any{"name": "acd"})
	l.refused(400, "DELETE", "/sounds/acd", nil, "Resource Error - Operation not permitted ('name': 'acd')")
}

func TestSoundsAreListed(t *testing.T) {
	l := newLab(t)
	for _, name := range []string{"music", "Menu", "acme.b"} {
		l.post("/sounds", map[string]any{"name": name})
	}
	tests := []struct {
		query, want string
		total       int
	}{
		{"", "Menu acme.b music system", 4},
		{"?direction=desc", "system music acme.b Menu", 4},
		{"?limit=1&offset=1&order=name", "acme.b", 4},
		{"?search=m", "acme.b music system", 3},
		{"?search=M", "Menu", 1},
		{"?name=music&recurse=False", "Menu acme.b music system", 4},
	}
	for _, test := range tests {
		got := l.get("/sounds" + test.query)
		var names []string
		for _, item := range got["items"].([]any) {
			names = append(names, item.(map[string]any)["name"].(string))
		}
		if strings.Join(names, " ") != test.want || got["total"] != float64(test.total) {
			t.Errorf("%q lists %v of %v, want %s", test.query, names, got["total"], test.want)
		}
	}
	l.ask("GET", "/sounds?order=files", nil).want(400)
	l.upload("/sounds/music/files/x.wav?language=de_DE", wav(t, 1, 80)).want(204)
	var tags []string
	for _, item := range l.get("/sounds/languages")["items"].([]any) {
		tags = append(tags, item.(map[string]any)["tag"].(string))
	}
	if got := strings.Join(tags, " "); got != "de_DE en_US fr_FR" {
		t.Errorf("languages are %s", got)
	}
}

func TestSoundsBelongToTheirTenant(t *testing.T) {
	l := newLab(t)
	master := l.token
	acme := l.key("acme", "acme", false)
	other := l.key("other", "other", false)
	reader := l.key("reader", "acme", true)

	l.token = acme
	l.post("/sounds", map[string]any{"name": "menu"})
	l.upload("/sounds/menu/files/hello.wav", wav(t, 1, 80)).want(204)
	l.token = reader
	l.get("/sounds/menu")
	l.refused(401, "DELETE", "/sounds/menu", nil, "Unauthorized")
	if got := l.upload("/sounds/menu/files/hello.wav", wav(t, 1, 80)); got.status != 401 {
		t.Errorf("a token that may only read uploads: %d", got.status)
	}
	l.token = other
	for _, path := range []string{"/sounds/menu", "/sounds/menu/files/hello"} {
		if got := l.ask("GET", path, nil); got.status != 404 {
			t.Errorf("another tenant gets %s: %d", path, got.status)
		}
	}
	if got := l.ask("DELETE", "/sounds/menu", nil); got.status != 404 {
		t.Errorf("another tenant deletes it: %d", got.status)
	}
	l.token = master
	if got := l.get("/sounds")["total"]; got != 1.0 {
		t.Errorf("the master lists %v categories without recurse, want system only", got)
	}
	if got := l.get("/sounds?recurse=true")["total"]; got != 2.0 {
		t.Errorf("the master lists %v categories, want those below too", got)
	}
	l.get("/sounds/menu")
	if got := l.play("/var/lib/wazo/sounds/menu/hello", ""); got != 80 {
		t.Errorf("the tenant's sound has %d samples without the tenant in its name", got)
	}
	l.delete("/sounds/menu")
}
