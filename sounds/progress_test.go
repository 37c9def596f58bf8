package sounds

import (
	"bytes"
	"fmt"
	"log/slog"
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

// held keeps decoders from working ahead until the function it gives is called.
func held(c *Cache) (release func()) {
	n := c.turns.free
	for range n {
		c.turns.take(0, new(atomic.Int64))
	}
	return func() {
		for range n {
			c.turns.give()
		}
	}
}

// speech is a WAV file of so long, whose samples tell where they are.
func speech(t testing.TB, length time.Duration) []byte {
	t.Helper()
	pcm := make([]int16, int(length/time.Second)*Rate)
	for i := range pcm {
		pcm[i] = int16(i*7919 + i>>16)
	}
	var b bytes.Buffer
	if err := WriteWAV(&b, pcm); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// put writes a file that is long settled.
func put(t testing.TB, file string, content []byte) {
	t.Helper()
	old := time.Now().Add(-time.Hour)
	if err := writeFile(file, content); err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(file, old, old); err != nil {
		t.Fatal(err)
	}
}

func get(t testing.TB, c *Cache, name string) *Prompt {
	t.Helper()
	p, err := c.Get(t.Context(), name, "")
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// plays wants the whole of a prompt to be the file's audio.
func plays(t *testing.T, p *Prompt, file []byte, why string) {
	t.Helper()
	want, err := ReadWAV(bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	if p.Duration() != duration(len(want)) || p.More() {
		t.Errorf("%s: it lasts %v, more: %v; want %v", why, p.Duration(), p.More(), duration(len(want)))
		return
	}
	for at := 0; at < len(want); {
		b := p.At(g711.A, at, 160)
		if len(b) == 0 {
			t.Errorf("%s: nothing at %d of %d", why, at, len(want))
			return
		}
		for i := range b {
			if b[i] != g711.A.Encode(want[at+i]) {
				t.Errorf("%s: another sample at %d", why, at+i)
				return
			}
		}
		at += len(b)
	}
}

func TestLongFileBeginsBeforeItIsDecoded(t *testing.T) {
	for name, length := range map[string]time.Duration{"read whole": 10 * time.Second, "read as it is decoded": 2 * time.Minute} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			file := speech(t, length)
			put(t, filepath.Join(dir, "a.wav"), file)
			c := NewCache(Config{Dirs: []string{dir}})
			defer c.Close()
			release := held(c)
			p := get(t, c, "a")
			if n := p.Len(); n < ahead || n > 2*Rate || !p.More() {
				t.Errorf("%d samples when it begins, more: %v; want a quarter of a second and a bit", n, p.More())
			}
			if b := p.At(g711.Mu, 5*Rate, 160); b != nil {
				t.Errorf("%d samples of what is not decoded", len(b))
			}
			if get(t, c, "a") != p {
				t.Error("who asks meanwhile gets another prompt")
			}
			var players sync.WaitGroup
			for range 4 { // the race detector sees to it that nothing is written where they read
				players.Go(func() {
					for at := 0; ; {
						more := p.More()
						b := p.At(g711.Mu, at, 160)
						if at += len(b); len(b) == 0 && !more {
							if duration(at) != length {
								t.Errorf("it ended after %v, want %v", duration(at), length)
							}
							return
						}
					}
				})
			}
			release()
			players.Wait()
			plays(t, p, file, "at last")
		})
	}
}

func TestSameBytesAreOnePrompt(t *testing.T) {
	dir := t.TempDir()
	short, long := speech(t, 2*time.Second), speech(t, 2*time.Minute)
	for _, name := range []string{"a", "b", "fr/a"} {
		put(t, filepath.Join(dir, "short", name+".wav"), short)
		put(t, filepath.Join(dir, "long", name+".wav"), long)
	}
	put(t, filepath.Join(dir, "mu.ulaw"), allBytes())
	put(t, filepath.Join(dir, "mu2.ul"), allBytes())
	put(t, filepath.Join(dir, "a.alaw"), allBytes())
	c := NewCache(Config{Dirs: []string{filepath.Join(dir, "short"), filepath.Join(dir, "long"), dir}})
	defer c.Close()

	release := held(c)
	first := get(t, c, "short/a")
	for _, name := range []string{"a", "b", "short/b", "fr/a"} {
		if get(t, c, name) != first {
			t.Errorf("%s is another prompt than short/a, of the same bytes", name)
		}
	}
	other := get(t, c, "long/a") // what is read as it is decoded shows at its end what it is
	second := get(t, c, "long/b")
	release()
	for i, p := range []*Prompt{other, second} {
		plays(t, p, long, fmt.Sprintf("long prompt %d", i))
	}
	c.running.Wait()
	kept := get(t, c, "long/a")
	if get(t, c, "long/b") != kept || kept != other && kept != second {
		t.Error("long files of the same bytes are two prompts once they are known")
	}
	if bytes, prompts := counted(t, c); prompts != 2 || bytes != 2*(2+120)*Rate+(3+2)*overhead {
		t.Errorf("%d bytes in %d prompts; want each audio counted once", bytes, prompts)
	}
	plays(t, get(t, c, "long/fr/a"), long, "a third")

	if mu, a := get(t, c, "mu"), get(t, c, "a.alaw"[:1]); mu == a {
		t.Error("one prompt of two laws")
	}
	if !bytes.Equal(get(t, c, "mu").At(g711.Mu, 0, 256), allBytes()) {
		t.Error("µ-law is not what the file says")
	}
}

// A file that is touched is read again, and found to be what it was.
func TestTouchedFileKeepsItsPrompt(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "a.wav")
	put(t, file, speech(t, 2*time.Second))
	c := NewCache(Config{Dirs: []string{dir}})
	defer c.Close()
	p := get(t, c, "a")
	now := time.Now().Add(-time.Minute)
	if err := os.Chtimes(file, now, now); err != nil {
		t.Fatal(err)
	}
	if get(t, c, "a") != p {
		t.Error("the same bytes are another prompt")
	}
	if bytes, prompts := counted(t, c); prompts != 1 || bytes != 2*2*Rate+overhead {
		t.Errorf("%d bytes in %d prompts, want one of two seconds", bytes, prompts)
	}
}

func TestFileReplacedWhileItIsDecoded(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "a.wav")
	old, other := speech(t, 2*time.Minute), speech(t, 3*time.Minute)
	put(t, path, old)
	c := NewCache(Config{Dirs: []string{dir}})
	defer c.Close()
	release := held(c)
	before := get(t, c, "a")
	put(t, path, other)
	after := get(t, c, "a")
	release()
	plays(t, before, old, "who plays the old file")
	plays(t, after, other, "who came later")
	counted(t, c)
	if get(t, c, "a") != after {
		t.Error("the new file is read again")
	}
}

// A file that is written to while it is decoded is read again.
func TestFileRewrittenWhileItIsDecoded(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "a.wav")
	content := speech(t, 2*time.Minute)
	put(t, path, content)
	c := NewCache(Config{Dirs: []string{dir}})
	defer c.Close()
	release := held(c)
	before := get(t, c, "a")
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	copy(content[len(content)-8000:], make([]byte, 8000))
	if _, err := f.WriteAt(make([]byte, 8000), int64(len(content)-8000)); err != nil {
		t.Fatal(err)
	}
	f.Close()
	old := time.Now().Add(-time.Hour)
	release()
	before.Duration()
	c.running.Wait()
	if err := os.Chtimes(path, old, old); err != nil { // as if its time had not told
		t.Fatal(err)
	}
	plays(t, get(t, c, "a"), content, "after it was written")
	counted(t, c)
}

func TestBrokenInTheMiddleIsPlayedAsFarAsItGoes(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "a.ulaw")
	put(t, file, nil)
	if err := os.Truncate(file, int64(maxSamples)+Rate); err != nil { // an hour and a second, of which the disk holds nothing
		t.Fatal(err)
	}
	old := time.Now().Add(-time.Hour)
	if err := os.Chtimes(file, old, old); err != nil {
		t.Fatal(err)
	}
	var log strings.Builder
	c := NewCache(Config{Dirs: []string{dir}, Log: slog.New(slog.NewTextHandler(&log, nil))})
	defer c.Close()
	p := get(t, c, "a")
	if p.Duration() != MaxDuration {
		t.Errorf("%v can be played, want %v", p.Duration(), MaxDuration)
	}
	c.running.Wait()
	if got := log.String(); strings.Count(got, "\n") != 1 || !strings.Contains(got, file) || !strings.Contains(got, "longer than 1h") {
		t.Errorf("logged %q, want one warning that names the file and what is wrong", got)
	}
	if again := get(t, c, "a"); again != p {
		t.Error("it is decoded again")
	}
}

// When the cache has dropped a prompt that is still being decoded, it is decoded for who plays it, and for nobody else.
func TestDecoderStopsWhenNobodyPlays(t *testing.T) {
	dir := t.TempDir()
	file := speech(t, 2*time.Minute)
	put(t, filepath.Join(dir, "a.wav"), file)
	for _, played := range []bool{true, false} {
		var log strings.Builder
		c := NewCache(Config{Dirs: []string{dir}, MaxBytes: 100, Log: slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))})
		release := held(c)
		p := get(t, c, "a")
		if bytes, prompts := c.bytes, c.recent.Len(); bytes != 0 || prompts != 0 {
			t.Errorf("%d bytes in %d prompts are kept of what is longer than the bound", bytes, prompts)
		}
		if !played {
			p = nil
			runtime.GC()
		}
		release()
		c.running.Wait()
		if played {
			plays(t, p, file, "dropped, but played")
		}
		if stopped := strings.Contains(log.String(), "nobody plays it"); stopped == played {
			t.Errorf("played: %v; the decoder stopped: %v", played, stopped)
		}
		c.Close()
	}
}

func TestCloseEndsDecoders(t *testing.T) {
	dir := t.TempDir()
	put(t, filepath.Join(dir, "a.wav"), speech(t, 2*time.Minute))
	c := NewCache(Config{Dirs: []string{dir}})
	release := held(c)
	p := get(t, c, "a")
	c.end()
	release()
	c.Close()
	if p.More() || p.Duration() >= time.Minute {
		t.Errorf("after the end it lasts %v, more: %v", p.Duration(), p.More())
	}
}

// long writes files that take long to decode: an hour of WAV, and ten minutes of MP3 in two qualities.
func long(b *testing.B) (dir string, names []string) {
	dir = b.TempDir()
	put(b, filepath.Join(dir, "hour.wav"), speech(b, time.Hour))
	names = append(names, "hour")
	for _, name := range []string{"error-44100-tags", "error-22050-mono"} {
		mp3 := readFile(b, "testdata/"+name+".mp3")
		pcm, err := Decode("x.mp3", bytes.NewReader(mp3))
		if err != nil {
			b.Fatal(err)
		}
		put(b, filepath.Join(dir, name+".mp3"), bytes.Repeat(mp3, int(10*time.Minute/duration(len(pcm)))))
		names = append(names, name)
	}
	return dir, names
}

// How long a call waits for a long prompt that nobody has played before.
func BenchmarkFirstAudio(b *testing.B) {
	dir, names := long(b)
	for _, name := range names {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				c := NewCache(Config{Dirs: []string{dir}})
				get(b, c, name)
				b.StopTimer()
				c.Close()
				b.StartTimer()
			}
		})
	}
}

// What a second of audio costs to decode into both laws.
func BenchmarkDecode(b *testing.B) {
	wav := func(tag, channels, rate, depth int) []byte {
		return riff(chunk("fmt ", format(tag, channels, rate, depth)), chunk("data", make([]byte, 10*rate*channels*depth/8)))
	}
	for _, c := range []struct {
		name string
		file []byte
	}{
		{"8000.ulaw", make([]byte, 10*Rate)},
		{"8000.wav", wav(wavPCM, 1, 8000, 16)},
		{"16000.wav", wav(wavPCM, 1, 16000, 16)},
		{"44100-stereo.wav", wav(wavPCM, 2, 44100, 16)},
		{"22050-mono.mp3", bytes.Repeat(readFile(b, "testdata/error-22050-mono.mp3"), 5)},
		{"44100-stereo.mp3", bytes.Repeat(readFile(b, "testdata/error-44100-tags.mp3"), 5)},
	} {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			seconds := 0.0
			for b.Loop() {
				var a appended
				if err := decode(c.name, bytes.NewReader(c.file), maxSamples, &a); err != nil {
					b.Fatal(err)
				}
				seconds += duration(a.length).Seconds()
			}
			b.ReportMetric(float64(b.Elapsed().Microseconds())/seconds, "µs/s-audio")
		})
	}
}
