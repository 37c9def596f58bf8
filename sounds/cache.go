package sounds

import (
	"container/list"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"runtime"
	"slices"
	"sync"
	"time"
)

// Config says where sounds are and how much of them is kept.
type Config struct {
	Dirs     []string          // folders, searched in order
	Map      map[string]string // prefix of absolute names → folder that stands for it: "/var/lib/wazo/sounds" → DATA/sounds
	System   []string          // folders of sounds that the machine has from its distribution, for all that is not in Dirs; see Installed
	MaxBytes int64             // of decoded audio that is kept (16 kB per second); 0: DefaultMaxBytes
	Web      *Web              // sounds by URL; nil: there are none
	Log      *slog.Logger      // nil: nothing is logged
}

// Installed lists where Linux distributions install sounds for Asterisk, as
// Debian's packages asterisk-core-sounds-en-wav and asterisk-core-sounds-fr-wav do.
func Installed() []string { return []string{"/usr/share/asterisk/sounds", "/var/lib/asterisk/sounds"} }

// DefaultMaxBytes keeps two and a quarter hours of prompts.
const DefaultMaxBytes = 128 << 20

const (
	// searchAgain is how long a found file stays the answer before it is searched
	// for anew, because one that goes before it (of the language, say) may have come.
	// That the file itself is there and unchanged is asked every time.
	searchAgain = time.Second
	// settled is how old a file's time must be when it is read for that time to tell
	// later whether it was written again: file systems count in steps of some ms.
	settled = 50 * time.Millisecond
	// maxRemembered bounds the names whose place is remembered.
	maxRemembered = 10000
)

// Cache finds sounds and keeps them decoded. All its methods may be called from
// any goroutine. A file is read once, however many ask for it at a time, and
// nobody who asks for another one waits; one that was replaced or rewritten is
// read anew at its next use, while calls that play it go on with what they have.
// Files of the same bytes are one recording, which is decoded and counted once.
//
// What is kept is bounded by Config.MaxBytes: those that were not used for the
// longest time go first. Who plays a prompt keeps it for as long.
type Cache struct {
	finder finder
	web    *web // nil: no sounds by URL
	log    *slog.Logger
	now    func() time.Time
	max    int64

	turns   turns // of decoders that work ahead
	life    context.Context
	end     context.CancelFunc
	running sync.WaitGroup

	mu         sync.Mutex // guards the rest; held for a few map operations, never for a file
	files      map[string]*file
	recordings map[identity]*recording // those whose bytes are known
	recent     list.List               // of *recording that is kept, the last used in front
	bytes      int64                   // of all that are kept
	found      map[question]answer
}

type question struct{ name, language string }

type answer struct {
	place place
	at    time.Time
}

// file is one that is read or being read.
type file struct {
	key    string
	info   fs.FileInfo   // nil if embedded; the cache's mu guards it, and what follows
	young  bool          // it may have been written again without its time telling
	done   bool          // it is read to its end
	opened chan struct{} // closed when recording and prompt are known, or err
	err    error         // why it cannot be read

	recording *recording
	prompt    *Prompt // the recording's
}

// recording is audio that is kept, whatever files have it.
type recording struct {
	begun chan struct{} // closed when some of it can be heard, or err is known
	err   error         // why none of it can be heard

	prompt   *Prompt // nil once it is not kept; the cache's mu guards it, and what follows
	identity identity
	files    []*file
	element  *list.Element // in recent; nil once it is not kept
	bytes    int64
}

// identity tells recordings apart: their bytes, and how these are to be read.
type identity struct {
	sum    [sha256.Size]byte
	format fileFormat
}

// Besides its audio a recording counts this for each of its files.
const overhead = 1 << 10 // bytes

// NewCache makes an empty cache.
func NewCache(config Config) *Cache {
	c := &Cache{
		finder:     finder{folders: config.Dirs, prefixes: config.Map, system: config.System},
		log:        config.Log,
		now:        time.Now,
		max:        config.MaxBytes,
		turns:      turns{free: max(1, runtime.GOMAXPROCS(0)/2)},
		files:      make(map[string]*file),
		recordings: make(map[identity]*recording),
		found:      make(map[question]answer),
	}
	c.life, c.end = context.WithCancel(context.Background())
	if c.log == nil {
		c.log = slog.New(slog.DiscardHandler)
	}
	if c.max == 0 {
		c.max = DefaultMaxBytes
	}
	if config.Web != nil {
		c.web = newWeb(c, *config.Web)
	}
	return c
}

// Close ends what is being fetched and decoded, and waits for it. Get must not be called any more.
func (c *Cache) Close() {
	c.end()
	c.running.Wait()
	if c.web != nil {
		c.web.client.CloseIdleConnections()
	}
}

// Get returns the prompt of a name as a dialplan gives it, in the language or, if
// there is none, as close to it as there is (see finder). A name may be a URL
// (see web), of which a language changes nothing. Get waits until the first
// half second of it can be played, or until ctx ends. The error is ctx's, a
// *NotFoundError, or says which file cannot be read and why.
func (c *Cache) Get(ctx context.Context, name, language string) (*Prompt, error) {
	if isURL(name) {
		if c.web == nil {
			return nil, &NotFoundError{Name: name, Hint: "sounds by URL are fetched by the server only"}
		}
		return c.web.get(ctx, name)
	}
	for try := 0; ; try++ {
		p, err := c.locate(name, language)
		if err != nil {
			return nil, err
		}
		prompt, err := c.load(ctx, p)
		if errors.Is(err, fs.ErrNotExist) && try < 3 { // it went away in between: search again
			c.forget(name, language)
			continue
		}
		return prompt, err
	}
}

// Find returns the file that Get would read, with "embedded:" before a path in the
// program; a URL is its own place, whether or not there is something. The error is a *NotFoundError.
func (c *Cache) Find(name, language string) (string, error) {
	if isURL(name) {
		return name, nil
	}
	p, err := c.finder.find(name, language)
	if err != nil {
		return "", err
	}
	return p.key(), nil
}

// Exists is Find for who does not need the reason.
func (c *Cache) Exists(name, language string) (string, bool) {
	file, err := c.Find(name, language)
	return file, err == nil
}

// locate is the finder, asked again only from time to time for a name whose file is still there.
func (c *Cache) locate(name, language string) (place, error) {
	q := question{name, language}
	c.mu.Lock()
	a, ok := c.found[q]
	c.mu.Unlock()
	now := c.now()
	if age := now.Sub(a.at); ok && age >= 0 && age < searchAgain {
		if a.place.embedded {
			return a.place, nil
		}
		if info, err := os.Stat(a.place.path); err == nil && info.Mode().IsRegular() {
			a.place.info = info
			return a.place, nil
		}
	}
	p, err := c.finder.find(name, language)
	if err != nil {
		return place{}, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.found) >= maxRemembered {
		clear(c.found)
	}
	c.found[q] = answer{p, now}
	return p, nil
}

func (c *Cache) forget(name, language string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.found, question{name, language})
}

// load returns the prompt of a file as soon as it can be played, reading it unless it is kept.
func (c *Cache) load(ctx context.Context, p place) (*Prompt, error) {
	f := c.file(p)
	if err := await(ctx, f.opened); err != nil {
		return nil, fmt.Errorf("%s: %w", f.key, err)
	}
	c.mu.Lock()
	r, prompt, err := f.recording, f.prompt, f.err
	if r != nil && r.element != nil {
		c.recent.MoveToFront(r.element)
	}
	c.mu.Unlock()
	if err == nil {
		err = await(ctx, r.begun)
	}
	if err == nil {
		err = r.err
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", f.key, err)
	}
	return prompt, nil
}

func await(ctx context.Context, done <-chan struct{}) error {
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// file returns what is known of a file, and has it read unless that is up to date.
func (c *Cache) file(p place) *file {
	key := p.key()
	c.mu.Lock()
	defer c.mu.Unlock()
	f := c.files[key]
	if f != nil && f.current(p.info) {
		return f
	}
	if f != nil {
		c.detach(f)
	}
	f = &file{key: key, opened: make(chan struct{})}
	f.note(p.info, c.now())
	c.files[key] = f
	c.running.Go(func() { c.read(f, p) })
	return f
}

// note keeps what tells later whether the file is still the one that is read.
func (f *file) note(info fs.FileInfo, now time.Time) {
	f.info = info
	if info != nil {
		age := now.Sub(info.ModTime())
		f.young = age >= 0 && age < settled
	}
}

// current tells whether the file is still the one that was read.
func (f *file) current(info fs.FileInfo) bool {
	if f.info == nil || info == nil {
		return f.info == nil && info == nil
	}
	return !(f.young && f.done) && unchanged(f.info, info)
}

// unchanged tells whether both are of a file that was not written in between.
func unchanged(a, b fs.FileInfo) bool {
	return os.SameFile(a, b) && a.ModTime().Equal(b.ModTime()) && a.Size() == b.Size()
}

// The rest is called with mu held.

// attach makes the file one of the recording's.
func (c *Cache) attach(f *file, r *recording) {
	f.recording, f.prompt = r, r.prompt
	if c.files[f.key] != f { // replaced meanwhile: it serves those who wait
		return
	}
	r.files = append(r.files, f)
	c.grow(r, overhead)
}

// detach forgets a file. Its recording stays for who asks for the same bytes again, until it is dropped.
func (c *Cache) detach(f *file) {
	if c.files[f.key] == f {
		delete(c.files, f.key)
	}
	if r := f.recording; r != nil {
		if i := slices.Index(r.files, f); i >= 0 {
			r.files = slices.Delete(r.files, i, i+1)
			c.grow(r, -overhead)
		}
	}
}

// forgetFile forgets a file that will not be asked for any more. It takes mu itself.
func (c *Cache) forgetFile(key string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if f := c.files[key]; f != nil {
		c.detach(f)
	}
}

// grow counts bytes of a recording, and drops others for them, or itself if it is too long to be kept.
func (c *Cache) grow(r *recording, bytes int64) {
	if r.element == nil {
		return
	}
	r.bytes += bytes
	c.bytes += bytes
	if r.bytes > c.max {
		c.drop(r)
	}
	for c.bytes > c.max {
		c.drop(c.recent.Back().Value.(*recording))
	}
}

// drop forgets a recording and its files; who plays the prompt keeps it.
func (c *Cache) drop(r *recording) {
	if c.recordings[r.identity] == r {
		delete(c.recordings, r.identity)
	}
	for _, f := range r.files {
		if c.files[f.key] == f {
			delete(c.files, f.key)
		}
	}
	c.recent.Remove(r.element)
	c.bytes -= r.bytes
	r.files, r.element, r.prompt = nil, nil, nil
}
