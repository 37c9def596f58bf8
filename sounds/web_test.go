package sounds

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"dialtone/ivr"
	"dialtone/media/g711"
	"dialtone/outside"
)

// site is a server of sounds on loopback, and a cache that may ask it.
type site struct {
	t     *testing.T
	dir   string
	url   string
	cache *Cache
	now   time.Time
	asked atomic.Int64

	mu     sync.Mutex
	answer http.HandlerFunc
	down   bool
}

func newSite(t *testing.T) *site {
	s := &site{t: t, dir: filepath.Join(t.TempDir(), "cache"), now: time.Now().Add(time.Hour)}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.asked.Add(1)
		s.mu.Lock()
		answer, down := s.answer, s.down
		s.mu.Unlock()
		if down {
			panic(http.ErrAbortHandler) // the connection breaks
		}
		answer(w, r)
	}))
	t.Cleanup(server.Close)
	s.url = server.URL
	s.open(Web{Hosts: ivr.Hosts{"127.0.0.1"}})
	return s
}

// open makes the cache, as a server that starts does.
func (s *site) open(config Web) {
	if s.cache != nil {
		s.cache.Close()
	}
	config.Dir = s.dir
	s.cache = NewCache(Config{Web: &config})
	s.cache.now = func() time.Time { return s.now }
	s.cache.web.soon = time.Hour // no test waits for a slow server, but one
	s.t.Cleanup(s.cache.Close)
}

// says sets what the server answers: a sound of one value, with headers "Name: value".
func (s *site) says(value int16, headers ...string) {
	var b bytes.Buffer
	if err := WriteWAV(&b, []int16{value, value}); err != nil {
		s.t.Fatal(err)
	}
	etag := fmt.Sprintf(`"%d"`, value)
	s.set(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("ETag", etag)
		for _, h := range headers {
			name, value, _ := strings.Cut(h, ": ")
			w.Header().Set(name, value)
		}
		if r.Header.Get("If-None-Match") == etag {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		w.Write(b.Bytes())
	})
}

func (s *site) set(answer http.HandlerFunc) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.answer, s.down = answer, false
}

func (s *site) goDown() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.down = true
}

// hears wants the sound at a path to be of the value, after so many requests in all.
func (s *site) hears(path string, value int16, asked int64, why string) *Prompt {
	s.t.Helper()
	p, err := s.cache.Get(s.t.Context(), s.url+path, "fr")
	if err != nil {
		s.t.Fatalf("%s: %v", why, err)
	}
	if b := p.At(g711.Mu, 0, 1); len(b) != 1 || b[0] != g711.Mu.Encode(value) {
		s.t.Errorf("%s: heard %v, want %d", why, b, value)
	}
	if n := s.asked.Load(); n != asked {
		s.t.Errorf("%s: the server was asked %d times, want %d", why, n, asked)
	}
	return p
}

// fails wants an error with the text.
func (s *site) fails(url, want, why string) {
	s.t.Helper()
	if p, err := s.cache.Get(s.t.Context(), url, ""); err == nil || !strings.Contains(err.Error(), want) {
		s.t.Errorf("%s: %v, %v; want an error with %q", why, p, err, want)
	}
}

// files lists the directory of copies.
func (s *site) files() (names []string, bytes int64) {
	entries, _ := os.ReadDir(s.dir)
	for _, e := range entries {
		info, err := e.Info()
		if err != nil {
			s.t.Fatal(err)
		}
		names = append(names, e.Name())
		bytes += info.Size()
	}
	return names, bytes
}

func TestManyCallersFetchOnce(t *testing.T) {
	s := newSite(t)
	s.says(700, "Cache-Control: max-age=60")
	answer, gate := s.answer, make(chan struct{})
	s.set(func(w http.ResponseWriter, r *http.Request) {
		<-gate
		answer(w, r)
	})
	var callers sync.WaitGroup
	var prompts [16]*Prompt
	for i := range prompts {
		callers.Go(func() { prompts[i], _ = s.cache.Get(t.Context(), s.url+"/a.wav?x=1&y=2", "") })
	}
	close(gate)
	callers.Wait()
	p := s.hears("/a.wav?x=1&y=2", 700, 1, "later")
	for i := range prompts {
		if prompts[i] != p {
			t.Errorf("caller %d got another prompt", i)
		}
	}
	s.hears("/a.wav?x=1&y=3", 700, 2, "another URL")
	if s.hears("/a.wav?x=1&y=3", 700, 2, "again") != p {
		t.Error("the same bytes from another URL are another prompt")
	}
}

func TestCopyIsPlayedAsLongAsTheServerSays(t *testing.T) {
	s := newSite(t)
	s.says(700, "Cache-Control: max-age=60")
	s.hears("/a.wav", 700, 1, "first")
	s.says(900, "Cache-Control: max-age=60")
	s.now = s.now.Add(59 * time.Second)
	s.hears("/a.wav", 700, 1, "within the minute")
	s.now = s.now.Add(2 * time.Second)
	p := s.hears("/a.wav", 900, 2, "after it")
	s.now = s.now.Add(time.Hour)
	if s.hears("/a.wav", 900, 3, "not modified") != p {
		t.Error("it was read anew, though not modified")
	}
	s.hears("/a.wav", 900, 3, "good for another minute")
}

func TestServerThatIsDownLeavesTheCopy(t *testing.T) {
	s := newSite(t)
	s.says(700, "Cache-Control: max-age=60")
	s.hears("/a.wav", 700, 1, "first")
	s.goDown()
	s.now = s.now.Add(time.Hour)
	s.hears("/a.wav", 700, s.tries("/a.wav"), "the server is down")
	asked := s.asked.Load()
	s.hears("/a.wav", 700, asked, "it is not asked again at once")
	s.set(func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "no", http.StatusBadGateway) })
	s.now = s.now.Add(time.Hour)
	s.hears("/a.wav", 700, asked+1, "the server is broken")
	s.says(900)
	s.now = s.now.Add(retryAfter)
	s.hears("/a.wav", 900, asked+2, "it is back")

	s.says(800, "Cache-Control: max-age=60, must-revalidate")
	s.hears("/strict.wav", 800, asked+3, "strict")
	s.goDown()
	s.now = s.now.Add(59 * time.Second)
	s.hears("/strict.wav", 800, asked+3, "strict, within its time")
	s.now = s.now.Add(time.Minute)
	s.fails(s.url+"/strict.wav", "EOF", "strict, after its time")
	asked = s.asked.Load()
	s.fails(s.url+"/strict.wav", "EOF", "and again, without asking")
	s.fails(s.url+"/other.wav", "EOF", "never had")
	if n := s.asked.Load(); n < asked+1 || n > asked+2 { // net/http may try again on another connection
		t.Errorf("%d requests for what failed before and what was never had", n-asked)
	}
}

// tries asks once, and tells how often that made the client ask.
func (s *site) tries(path string) int64 {
	s.cache.Get(s.t.Context(), s.url+path, "")
	return s.asked.Load()
}

func TestSlowServerLeavesTheCopy(t *testing.T) {
	s := newSite(t)
	s.says(700)
	s.hears("/a.wav", 700, 1, "first")
	s.now = s.now.Add(time.Hour)
	gate := make(chan struct{})
	s.says(900)
	answer := s.answer
	s.set(func(w http.ResponseWriter, r *http.Request) {
		<-gate
		answer(w, r)
	})
	s.cache.web.soon = 0
	if p, err := s.cache.Get(t.Context(), s.url+"/a.wav", ""); err != nil || p.At(g711.Mu, 0, 1)[0] != g711.Mu.Encode(700) {
		t.Errorf("%v, want the old copy while the server thinks", err)
	}
	close(gate)
	s.cache.running.Wait()
	s.hears("/a.wav", 900, 2, "what came meanwhile")
}

func TestCallThatEndsLeavesTheFetch(t *testing.T) {
	s := newSite(t)
	s.says(700, "Cache-Control: max-age=60")
	answer, gate, there := s.answer, make(chan struct{}), make(chan struct{})
	s.set(func(w http.ResponseWriter, r *http.Request) {
		close(there)
		<-gate
		answer(w, r)
	})
	ctx, hangup := context.WithCancel(t.Context())
	go func() {
		<-there
		hangup()
	}()
	if _, err := s.cache.Get(ctx, s.url+"/a.wav", ""); !errors.Is(err, context.Canceled) {
		t.Errorf("%v, want context.Canceled", err)
	}
	close(gate)
	s.cache.running.Wait()
	s.hears("/a.wav", 700, 1, "the next call")
}

func TestWhatMustNotBeKeptIsNot(t *testing.T) {
	s := newSite(t)
	s.says(700, "Cache-Control: no-store")
	s.hears("/a.wav", 700, 1, "first")
	if names, _ := s.files(); len(names) != 0 {
		t.Errorf("kept: %q", names)
	}
	s.says(900, "Cache-Control: no-store")
	s.hears("/a.wav", 900, 2, "again")
}

func TestSoundThatIsGone(t *testing.T) {
	s := newSite(t)
	s.says(700)
	s.hears("/a.wav", 700, 1, "there")
	s.set(http.NotFound)
	s.now = s.now.Add(time.Hour)
	var missing *NotFoundError
	if _, err := s.cache.Get(t.Context(), s.url+"/a.wav", ""); !errors.As(err, &missing) || !strings.Contains(err.Error(), "404") {
		t.Errorf("%v, want a NotFoundError that says 404", err)
	}
	if names, _ := s.files(); len(names) != 0 {
		t.Errorf("kept: %q", names)
	}
	s.says(800)
	s.now = s.now.Add(retryAfter)
	s.hears("/a.wav", 800, 3, "back")
}

func TestCopiesOutlastTheProgram(t *testing.T) {
	s := newSite(t)
	s.says(700, "Cache-Control: max-age=3600")
	s.hears("/a.wav", 700, 1, "first")
	s.hears("/b", 700, 2, "another")
	for _, left := range []string{partial + "123", name("http://gone/") + ".wav"} {
		if err := os.WriteFile(filepath.Join(s.dir, left), []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for file, text := range map[string]string{name("x") + ".json": `{"url":"x","file":"../../etc/passwd"}`, "broken.json": "{", "notes.txt": "mine"} {
		if err := os.WriteFile(filepath.Join(s.dir, file), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s.open(Web{Hosts: ivr.Hosts{"127.0.0.1"}})
	s.hears("/a.wav", 700, 2, "after a restart")
	if names, _ := s.files(); len(names) != 4+3 {
		t.Errorf("files after a restart: %q, want two copies and what is not the cache's", names)
	}
	for _, name := range s.cache.web.copies.byURL {
		if err := os.Remove(filepath.Join(s.dir, name.File)); err != nil {
			t.Fatal(err)
		}
	}
	s.hears("/a.wav", 700, 3, "after somebody cleared up")
}

func TestCopiesKeepWithinTheirBound(t *testing.T) {
	s := newSite(t)
	s.open(Web{Hosts: ivr.Hosts{"127.0.0.1"}, MaxBytes: 1000})
	body := riff(pcm8k, chunk("data", make([]byte, 300)))
	s.set(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Cache-Control", "max-age=3600")
		w.Write(body)
	})
	s.hears("/0", 0, 1, "two fit")
	s.hears("/1", 0, 2, "two fit")
	s.hears("/0", 0, 2, "it is there, and used last")
	s.hears("/2", 0, 3, "a third makes the other go")
	s.hears("/0", 0, 3, "it is still there")
	s.hears("/1", 0, 4, "that was not")
	names, _ := s.files()
	sounds := 0
	for _, name := range names {
		if filepath.Ext(name) == ".wav" {
			sounds++
		}
	}
	if copies := s.cache.web.copies; sounds != 2 || len(names) != 4 || copies.bytes != int64(2*len(body)) || len(copies.byURL) != 2 {
		t.Errorf("%d files, %d sounds, %d bytes of %d URLs; want 2 of %d bytes", len(names), sounds, copies.bytes, len(copies.byURL), len(body))
	}
	body = make([]byte, 2000)
	copy(body, riff(pcm8k, setSize(chunk("data", nil), "data", wavUnknown)))
	s.hears("/long", 0, s.asked.Load()+1, "longer than the bound")
	if _, bytes := s.files(); bytes != 0 {
		t.Errorf("%d bytes are kept of what is longer than the bound", bytes)
	}
}

func TestHostsAreAllowed(t *testing.T) {
	s := newSite(t)
	s.says(700)
	u, _ := url.Parse(s.url)
	elsewhere := "http://localhost:" + u.Port()
	s.fails(elsewhere+"/a.wav", "--allow-sound-url", "a host that is not named")
	var missing *NotFoundError
	if _, err := s.cache.Get(t.Context(), elsewhere, ""); !errors.As(err, &missing) {
		t.Errorf("%v, want a NotFoundError", err)
	}
	s.set(func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, elsewhere, http.StatusFound) })
	s.fails(s.url+"/a.wav", "--allow-sound-url", "a redirect to one")
	s.set(func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "file:///etc/passwd", http.StatusFound)
	})
	s.fails(s.url+"/b.wav", "no address of HTTP", "a redirect to a file")
	s.set(func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, r.URL.Path+"/x", http.StatusFound) })
	asked := s.asked.Load()
	s.fails(s.url+"/c", "more than 5 redirects", "redirects without end")
	if n := s.asked.Load() - asked; n != outside.MaxRedirects+1 {
		t.Errorf("%d requests, want %d", n, outside.MaxRedirects+1)
	}
	s.fails("http://user:secret@[::1/a", "", "no URL")
	s.fails(s.url+"/"+strings.Repeat("x", maxURL), "more than 2048 bytes", "a long URL")
	s.open(Web{Hosts: ivr.Hosts{"*"}})
	s.fails(s.url+"/d.wav", "unless --allow-sound-url names it", "this machine, by a wildcard")
	s.cache = NewCache(Config{})
	s.fails(s.url+"/a.wav", "by the server only", "no web")
	if file, err := s.cache.Find(s.url+"/a.wav", ""); err != nil || file != s.url+"/a.wav" {
		t.Errorf("a URL is found at %s, %v", file, err)
	}
}

func TestDownloadIsBounded(t *testing.T) {
	s := newSite(t)
	s.set(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/told" {
			w.Header().Set("Content-Length", fmt.Sprint(maxDownload+1))
		}
		block := make([]byte, 1<<20)
		for range maxDownload>>20 + 1 {
			if _, err := w.Write(block); err != nil {
				return
			}
		}
	})
	s.fails(s.url+"/told", "which may have 32", "a length that is told")
	s.fails(s.url+"/untold", "more than 32 MB", "a length that is not")
	if names, _ := s.files(); len(names) != 0 {
		t.Errorf("left: %q", names)
	}
}

func TestFormatByURLAndType(t *testing.T) {
	s := newSite(t)
	for path, kind := range map[string]string{"/a.ulaw": "", "/b.ulaw?x=y.mp3": "audio/mpeg", "/c": "audio/basic", "/d.php": "audio/PCMU;rate=8000", "/e.wav": "audio/basic"} {
		s.set(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", kind)
			w.Write(allBytes())
		})
		if path == "/e.wav" {
			s.fails(s.url+path, "neither a WAV nor an MP3", "the name goes before the type")
			continue
		}
		p, err := s.cache.Get(t.Context(), s.url+path, "")
		if err != nil || !bytes.Equal(p.At(g711.Mu, 0, 256), allBytes()) {
			t.Errorf("%s as %q: %v, want µ-law", path, kind, err)
		}
	}
	mp3 := readFile(t, "testdata/error-22050-mono.mp3")
	s.set(func(w http.ResponseWriter, _ *http.Request) { w.Write(mp3) })
	if p, err := s.cache.Get(t.Context(), s.url+"/tts?text=hello", ""); err != nil || p.Duration() < time.Second {
		t.Errorf("an MP3 without a name: %v", err)
	}
	s.set(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "<html>an error that is none</html>") })
	s.fails(s.url+"/page", "text, not sound", "no sound")
}

func TestLifetimeOf(t *testing.T) {
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	date := now.Format(http.TimeFormat)
	for _, c := range []struct {
		headers string
		want    lifetime
	}{
		{"", lifetime{fresh: leastFresh}},
		{"Cache-Control: max-age=60", lifetime{fresh: time.Minute}},
		{"Cache-Control: public, Max-Age=\"60\"", lifetime{fresh: time.Minute}},
		{"Cache-Control: max-age=60, s-maxage=120", lifetime{fresh: 2 * time.Minute}},
		{"Cache-Control: max-age=60|Age: 45", lifetime{fresh: 15 * time.Second}},
		{"Cache-Control: max-age=60|Age: 90", lifetime{fresh: leastFresh}},
		{"Cache-Control: max-age=x|Expires: Sun, 01 Mar 2026 13:00:00 GMT", lifetime{fresh: leastFresh}},
		{"Cache-Control: max-age=-1", lifetime{fresh: leastFresh}},
		{"Cache-Control: max-age=99999999999999999999999", lifetime{fresh: mostFresh}},
		{"Cache-Control: max-age=60|Cache-Control: must-revalidate", lifetime{fresh: time.Minute, strict: true}},
		{"Cache-Control: no-cache, max-age=60", lifetime{strict: true}},
		{"Cache-Control: no-store", lifetime{volatile: true}},
		{"Expires: Sun, 01 Mar 2026 13:00:00 GMT|Date: " + date, lifetime{fresh: time.Hour}},
		{"Expires: Sun, 01 Mar 2026 13:00:00 GMT|Date: Sun, 01 Mar 2026 12:30:00 GMT", lifetime{fresh: 30 * time.Minute}},
		{"Expires: 0", lifetime{fresh: leastFresh}},
		{"Last-Modified: Sun, 01 Mar 2026 02:00:00 GMT|Date: " + date, lifetime{fresh: time.Hour}},
		{"Last-Modified: Sun, 01 Mar 2020 02:00:00 GMT", lifetime{fresh: guessFresh}},
		{"Last-Modified: Sun, 01 Mar 2030 02:00:00 GMT", lifetime{fresh: leastFresh}},
	} {
		h := http.Header{}
		for line := range strings.SplitSeq(c.headers, "|") {
			name, value, _ := strings.Cut(line, ": ")
			h.Add(name, value)
		}
		if got := lifetimeOf(h, now); got != c.want {
			t.Errorf("%s: %+v, want %+v", c.headers, got, c.want)
		}
	}
}

// Whatever a server says, a copy is good for some time between none and a year.
func FuzzLifetime(f *testing.F) {
	f.Add("max-age=60, must-revalidate", "Sun, 01 Mar 2026 13:00:00 GMT", "7", "")
	f.Add("s-maxage=99999999999999999999,,=,no-cache=\"x\"", "0", "-1", "Sun, 01 Mar 0001 13:00:00 GMT")
	f.Fuzz(func(t *testing.T, control, expires, age, modified string) {
		h := http.Header{"Cache-Control": {control}, "Expires": {expires}, "Age": {age}, "Last-Modified": {modified}}
		if l := lifetimeOf(h, time.Unix(1e9, 0)); l.fresh < 0 || l.fresh > mostFresh {
			t.Errorf("%v: fresh for %v", h, l.fresh)
		}
	})
}
