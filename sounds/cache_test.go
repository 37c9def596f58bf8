package sounds

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"dialtone/media/g711"
)

// write puts samples of one value into a file, n of them.
func write(t testing.TB, file string, value int16, n int) {
	t.Helper()
	pcm := make([]int16, n)
	for i := range pcm {
		pcm[i] = value
	}
	var b bytes.Buffer
	if err := WriteWAV(&b, pcm); err != nil {
		t.Fatal(err)
	}
	if err := writeFile(file, b.Bytes()); err != nil {
		t.Fatal(err)
	}
}

// hears wants the prompt of the name to consist of the value.
func hears(t *testing.T, c *Cache, name, language string, value int16, why string) *Prompt {
	t.Helper()
	p, err := c.Get(t.Context(), name, language)
	if err != nil {
		t.Fatalf("%s: %v", why, err)
	}
	p.Duration() // all of it is there
	if b := p.At(g711.Mu, 0, 1); len(b) != 1 || b[0] != g711.Mu.Encode(value) {
		t.Fatalf("%s: heard %v, want %v (%d)", why, b, g711.Mu.Encode(value), value)
	}
	return p
}

func TestGetSharesOnePrompt(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "a.wav"), 1000, 80)
	old := time.Now().Add(-time.Minute)
	if err := os.Chtimes(filepath.Join(dir, "a.wav"), old, old); err != nil {
		t.Fatal(err)
	}
	c := NewCache(Config{Dirs: []string{dir}})
	first := hears(t, c, "a", "", 1000, "first use")
	if hears(t, c, "a", "fr", 1000, "another language, the same file") != first || hears(t, c, "./a", "", 1000, "another spelling") != first {
		t.Error("one file is kept as several prompts")
	}
	if first.Len() != 80 {
		t.Errorf("the prompt has %d samples, the file 80", first.Len())
	}
}

func TestReplacedFileIsHeardAtItsNextUse(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "a.wav")
	c := NewCache(Config{Dirs: []string{dir}})
	for i := range 20 { // as fast as the file system's clock may not tell
		value := int16(1000 * (i + 1))
		write(t, file, value, 80)
		hears(t, c, "a", "", value, fmt.Sprintf("file %d put in its place", i))
	}
	for i := range 20 {
		value := int16(-1000 * (i + 1))
		var b bytes.Buffer
		if err := WriteWAV(&b, []int16{value}); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, b.Bytes(), 0o666); err != nil {
			t.Fatal(err)
		}
		hears(t, c, "a", "", value, fmt.Sprintf("file rewritten, time %d", i))
	}
	playing := hears(t, c, "a", "", -20000, "before it is removed")
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	var missing *NotFoundError
	if _, err := c.Get(t.Context(), "a", ""); !errors.As(err, &missing) {
		t.Errorf("after its file was removed: %v, want a NotFoundError", err)
	}
	if len(playing.At(g711.A, 0, 1)) != 1 {
		t.Error("a call that plays it lost it")
	}
	write(t, file, 5000, 80)
	hears(t, c, "a", "", 5000, "put back")
}

func TestFileThatGoesBeforeIsFoundAfterASecond(t *testing.T) {
	dir := t.TempDir()
	now := time.Now()
	c := NewCache(Config{Dirs: []string{dir}})
	c.now = func() time.Time { return now }
	prompt, err := c.Get(t.Context(), "ivr-sounds/closed", "fr")
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "ivr-sounds/closed.wav"), 700, 80)
	if p, err := c.Get(t.Context(), "ivr-sounds/closed", "fr"); err != nil || p != prompt {
		t.Errorf("within the second: %p, %v, want the embedded one", p, err)
	}
	now = now.Add(time.Second)
	hears(t, c, "ivr-sounds/closed", "fr", 700, "the owner's file goes before the embedded one")
	write(t, filepath.Join(dir, "fr/ivr-sounds/closed.wav"), 900, 80)
	now = now.Add(time.Second)
	hears(t, c, "ivr-sounds/closed", "fr", 900, "the language's file goes before it")
	hears(t, c, "ivr-sounds/closed", "de", 700, "but not in another language")
}

func TestCacheKeepsWithinItsBound(t *testing.T) {
	dir := t.TempDir()
	const samples, each = 4000, 2*4000 + 1<<10
	for i := range 10 {
		write(t, filepath.Join(dir, fmt.Sprintf("%d.wav", i)), int16(i+1)*100, samples)
	}
	write(t, filepath.Join(dir, "long.wav"), 5, 100*samples)
	now := time.Now().Add(time.Hour) // the files are old
	c := NewCache(Config{Dirs: []string{dir}, MaxBytes: 3 * each})
	c.now = func() time.Time { return now }
	get := func(i int) *Prompt { return hears(t, c, fmt.Sprint(i), "", int16(i+1)*100, "kept or not") }
	first := get(0)
	for i := 1; i < 10; i++ {
		get(i)
		if get(0) != first {
			t.Fatalf("the prompt in use was dropped at %d", i)
		}
		if bytes, prompts := counted(t, c); bytes > 3*each || prompts > 3 {
			t.Fatalf("%d bytes, %d prompts are kept; want at most %d bytes and 3", bytes, prompts, 3*each)
		}
	}
	eight, three := get(8), get(3)
	if get(8) != eight || get(3) != three || get(0) != first {
		t.Error("one of three that fit was dropped")
	}
	if long := hears(t, c, "long", "", 5, "longer than the bound"); long.Len() != 100*samples {
		t.Errorf("it has %d samples, want %d", long.Len(), 100*samples)
	}
	if bytes, prompts := counted(t, c); bytes > 3*each || prompts > 3 {
		t.Errorf("with one longer than the bound %d bytes, %d prompts are kept", bytes, prompts)
	}
}

func TestBrokenFileSaysItsNameAndIsReadOnce(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "a.wav")
	if err := os.WriteFile(file, []byte("RIFF....WAVE"), 0o666); err != nil {
		t.Fatal(err)
	}
	c := NewCache(Config{Dirs: []string{dir}})
	c.now = func() time.Time { return time.Now().Add(time.Hour) }
	_, first := c.Get(t.Context(), "a", "")
	if first == nil || !strings.Contains(first.Error(), file) {
		t.Errorf("%v, want an error that names %s", first, file)
	}
	if _, again := c.Get(t.Context(), "a", ""); errors.Unwrap(again) != errors.Unwrap(first) {
		t.Errorf("read again: %v", again)
	}
	write(t, file, 100, 10)
	hears(t, c, "a", "", 100, "repaired")
}

func TestUnreadableFileIsTriedAgain(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "a.wav")
	write(t, file, 100, 10)
	if err := os.Chmod(file, 0); err != nil {
		t.Fatal(err)
	}
	c := NewCache(Config{Dirs: []string{dir}})
	c.now = func() time.Time { return time.Now().Add(time.Hour) }
	if _, err := c.Get(t.Context(), "a", ""); os.Getuid() != 0 && !errors.Is(err, fs.ErrPermission) {
		t.Errorf("%v, want a permission error", err)
	}
	if err := os.Chmod(file, 0o600); err != nil {
		t.Fatal(err)
	}
	hears(t, c, "a", "", 100, "readable again")
}

func TestManyCallersDecodeOnce(t *testing.T) {
	dir := t.TempDir()
	const names = 8
	for i := range names {
		write(t, filepath.Join(dir, fmt.Sprintf("%d.wav", i)), int16(i+1)*1000, 8000)
	}
	c := NewCache(Config{Dirs: []string{dir}})
	c.now = func() time.Time { return time.Now().Add(time.Hour) }
	files := openFiles(t)
	var prompts [names]atomic.Pointer[Prompt]
	var wg sync.WaitGroup
	for g := range 32 {
		wg.Go(func() {
			for k := range 50 {
				i := (g + k) % names
				p, err := c.Get(t.Context(), fmt.Sprint(i), []string{"", "en", "fr"}[k%3])
				if err != nil {
					t.Error(err)
					return
				}
				if p.Duration() != time.Second || p.At(g711.A, 7999, 5)[0] != g711.A.Encode(int16(i+1)*1000) {
					t.Errorf("%d: another prompt's bytes", i)
				}
				if old := prompts[i].Swap(p); old != nil && old != p {
					t.Errorf("%d was decoded twice", i)
				}
				if _, err := c.Get(t.Context(), "missing", ""); err == nil {
					t.Error("a missing sound was found")
				}
			}
		})
	}
	wg.Wait()
	if after := openFiles(t); after > files {
		t.Errorf("%d files are open, %d were before", after, files)
	}
}

// Readers, a writer that replaces files, and a cache too small for them.
func TestCacheUnderReplacementAndEviction(t *testing.T) {
	dir := t.TempDir()
	file := func(i int) string { return filepath.Join(dir, fmt.Sprintf("%d.wav", i)) }
	for i := range 4 {
		write(t, file(i), 1, 1000)
	}
	c := NewCache(Config{Dirs: []string{dir}, MaxBytes: 7000})
	var stop atomic.Bool
	var wg sync.WaitGroup
	for g := range 8 {
		wg.Go(func() {
			for k := 0; !stop.Load(); k++ {
				if p, err := c.Get(t.Context(), fmt.Sprint((g+k)%4), ""); err != nil || p.Duration() != 125*time.Millisecond {
					t.Errorf("%v", err)
					return
				}
			}
		})
	}
	for k := range 200 {
		write(t, file(k%4), int16(k), 1000)
	}
	stop.Store(true)
	wg.Wait()
	if bytes, _ := counted(t, c); bytes > c.max {
		t.Errorf("%d bytes are kept, %d allowed", bytes, c.max)
	}
}

// counted is what a cache keeps, once nothing is being decoded; it holds the cache's books against each other.
func counted(t *testing.T, c *Cache) (bytes int64, prompts int) {
	t.Helper()
	c.running.Wait()
	c.mu.Lock()
	defer c.mu.Unlock()
	files := 0
	for e := c.recent.Front(); e != nil; e = e.Next() {
		r := e.Value.(*recording)
		want := int64(overhead * len(r.files))
		if r.err == nil {
			want += int64(2 * r.prompt.Len())
		}
		if r.bytes != want {
			t.Errorf("a prompt counts %d bytes, want %d", r.bytes, want)
		}
		bytes += want
		files += len(r.files)
		for _, f := range r.files {
			if c.files[f.key] != f || f.recording != r || f.prompt != r.prompt {
				t.Errorf("%s is not the file of its prompt", f.key)
			}
		}
	}
	if bytes != c.bytes || files != len(c.files) || len(c.recordings) > c.recent.Len() {
		t.Errorf("%d bytes of %d files are kept; counted are %d of %d; %d of %d prompts are known by their bytes",
			bytes, files, c.bytes, len(c.files), len(c.recordings), c.recent.Len())
	}
	return bytes, c.recent.Len()
}

// openFiles counts the process's file descriptors where the system tells them.
func openFiles(t *testing.T) int {
	if runtime.GOOS != "linux" {
		return 0
	}
	files, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	return len(files)
}

func BenchmarkGet(b *testing.B) {
	dir := b.TempDir()
	write(b, filepath.Join(dir, "a.wav"), 1, 8000)
	c := NewCache(Config{Dirs: []string{dir, dir}})
	for name, sound := range map[string]string{"file": "a", "embedded": "ivr-sounds/closed", "missing": "no"} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				c.Get(b.Context(), sound, "en")
			}
		})
	}
}
