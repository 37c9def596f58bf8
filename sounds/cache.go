package sounds

import (
	"container/list"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"sync"
	"time"
)

// Config says where sounds are and how much of them is kept.
type Config struct {
	Dirs     []string          // folders, searched in order
	Map      map[string]string // prefix of absolute names → folder that stands for it: "/var/lib/wazo/sounds" → DATA/sounds
	System   []string          // folders of sounds that the machine has from its distribution, for all that is not in Dirs; see Installed
	MaxBytes int64             // of decoded audio that is kept (16 kB per second); 0: DefaultMaxBytes
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
// any goroutine. A file is decoded once, however many ask for it at a time, and
// nobody who asks for another one waits; one that was replaced or rewritten is
// read anew at its next use, while calls that play it go on with what they have.
type Cache struct {
	finder finder
	log    *slog.Logger
	now    func() time.Time

	mu      sync.Mutex // guards the rest; held for a few map operations, never for a file
	entries map[string]*entry
	recent  list.List // of *entry that is kept, the last used in front
	bytes   int64     // of prompts that are kept
	max     int64
	found   map[question]answer
}

type question struct{ name, language string }

type answer struct {
	place place
	at    time.Time
}

// entry is a file that is decoded or being decoded.
type entry struct {
	key     string
	info    fs.FileInfo // nil if embedded
	young   bool        // the file may have been written again without its time telling
	ready   chan struct{}
	prompt  *Prompt       // valid once ready is closed, as err is
	err     error         // why it could not be decoded
	element *list.Element // in recent; guarded by the cache's mu, as done is
	done    bool
}

// NewCache makes an empty cache.
func NewCache(config Config) *Cache {
	c := &Cache{
		finder:  finder{folders: config.Dirs, prefixes: config.Map, system: config.System},
		log:     config.Log,
		now:     time.Now,
		entries: make(map[string]*entry),
		found:   make(map[question]answer),
		max:     config.MaxBytes,
	}
	if c.log == nil {
		c.log = slog.New(slog.DiscardHandler)
	}
	if c.max == 0 {
		c.max = DefaultMaxBytes
	}
	return c
}

// Get returns the prompt of a name as a dialplan gives it, in the language or, if
// there is none, as close to it as there is (see finder). The error is a
// *NotFoundError, or says which file cannot be read and why.
func (c *Cache) Get(name, language string) (*Prompt, error) {
	for try := 0; ; try++ {
		p, err := c.locate(name, language)
		if err != nil {
			return nil, err
		}
		prompt, err := c.load(p)
		if errors.Is(err, fs.ErrNotExist) && try < 3 { // it went away in between: search again
			c.forget(name, language)
			continue
		}
		return prompt, err
	}
}

// Find returns the file that Get would read, with "embedded:" before a path in the program; the error is a *NotFoundError.
func (c *Cache) Find(name, language string) (string, error) {
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

// load returns the prompt of a file, decoding it unless it is kept.
func (c *Cache) load(p place) (*Prompt, error) {
	key := p.key()
	c.mu.Lock()
	e := c.entries[key]
	if e != nil && e.current(p.info) {
		if e.element != nil {
			c.recent.MoveToFront(e.element)
		}
		c.mu.Unlock()
		<-e.ready
		return e.prompt, e.err
	}
	if e != nil {
		c.drop(e)
	}
	e = &entry{key: key, info: p.info, ready: make(chan struct{})}
	if p.info != nil {
		age := c.now().Sub(p.info.ModTime())
		e.young = age >= 0 && age < settled
	}
	c.entries[key] = e
	c.mu.Unlock()

	keep := false
	defer func() { // also when the decoder panics: others wait
		if e.prompt == nil && e.err == nil {
			e.err = fmt.Errorf("%s: the decoder failed", key)
		}
		c.mu.Lock()
		c.settle(e, keep)
		c.mu.Unlock()
		close(e.ready)
	}()
	started := time.Now()
	var a audio
	if a, keep, e.err = read(p); e.err == nil {
		e.prompt = a.prompt()
		c.log.Debug("sound read", "file", key, "length", e.prompt.Duration(), "took", time.Since(started))
	}
	return e.prompt, e.err
}

// current tells whether the file is still the one that was read.
func (e *entry) current(info fs.FileInfo) bool {
	if e.info == nil || info == nil {
		return e.info == nil && info == nil
	}
	if e.young && e.done {
		return false
	}
	return os.SameFile(e.info, info) && e.info.ModTime().Equal(info.ModTime()) && e.info.Size() == info.Size()
}

// settle enters what was decoded, and makes room for it. A file that could not be
// opened is tried again next time; one that could not be decoded would fail again.
func (c *Cache) settle(e *entry, keep bool) {
	e.done = true
	if c.entries[e.key] != e {
		return // replaced meanwhile
	}
	if !keep || e.size() > c.max {
		delete(c.entries, e.key)
		return
	}
	e.element = c.recent.PushFront(e)
	c.bytes += e.size()
	for c.bytes > c.max {
		c.drop(c.recent.Back().Value.(*entry))
	}
}

// drop forgets an entry; who plays the prompt keeps it.
func (c *Cache) drop(e *entry) {
	delete(c.entries, e.key)
	if e.element != nil {
		c.recent.Remove(e.element)
		e.element = nil
		c.bytes -= e.size()
	}
}

// size is what an entry counts: its audio, and something for itself. The entry is done.
func (e *entry) size() int64 {
	const overhead = 1 << 10
	if e.prompt == nil {
		return overhead
	}
	return overhead + 2*int64(e.prompt.Len())
}

// read decodes a file. opened tells whether the file itself could be opened.
func read(p place) (a audio, opened bool, err error) {
	var file fs.File
	if p.embedded {
		file, err = embedded.Open(p.path)
	} else {
		file, err = os.Open(p.path)
	}
	if err != nil {
		return audio{}, false, err
	}
	defer file.Close()
	a, err = decode(p.path, file, maxSamples)
	return a, true, err
}
