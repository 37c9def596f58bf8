package sounds

import (
	"container/list"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// copied is what is known of a URL's sound. It lies as NAME.json beside its file, and outlasts the program.
type copied struct {
	URL      string    `json:"url"`
	File     string    `json:"file"`                    // in the directory; empty: there is none
	Size     int64     `json:"size"`                    // bytes
	ETag     string    `json:"etag,omitempty"`          // to ask after it by
	Modified string    `json:"last_modified,omitempty"` // likewise
	Fresh    time.Time `json:"fresh"`                   // until then it is played unasked
	Strict   bool      `json:"strict,omitempty"`        // later it is not played unasked, whatever happens to the server

	volatile bool // it must not be kept at all
}

// note keeps what an answer says of how long it is good (RFC 9111 §4.2).
func (c *copied) note(h http.Header, now time.Time) {
	if etag := h.Get("ETag"); etag != "" {
		c.ETag = etag
	}
	if modified := h.Get("Last-Modified"); modified != "" {
		c.Modified = modified
	}
	life := lifetimeOf(h, now)
	c.Fresh, c.Strict, c.volatile = now.Add(life.fresh), life.strict, life.volatile
}

// lifetime is how long an answer is good.
type lifetime struct {
	fresh    time.Duration // it may be played unasked
	strict   bool          // later it may not
	volatile bool          // it may not be kept
}

const (
	leastFresh = time.Second          // what spares a server that says nothing, and a menu that says the sound over and over
	mostFresh  = 365 * 24 * time.Hour // RFC 9111 leaves it open
	guessFresh = 24 * time.Hour       // the most that is guessed
)

// lifetimeOf reads the header of an answer.
func lifetimeOf(h http.Header, now time.Time) lifetime {
	var l lifetime
	age, shared := time.Duration(-1), time.Duration(-1) // max-age, s-maxage
	never := false
	for _, line := range h.Values("Cache-Control") {
		for directive := range strings.SplitSeq(line, ",") {
			name, value, _ := strings.Cut(strings.TrimSpace(directive), "=")
			switch strings.ToLower(strings.TrimSpace(name)) {
			case "no-store":
				l.volatile = true
			case "no-cache":
				never, l.strict = true, true
			case "must-revalidate", "proxy-revalidate":
				l.strict = true
			case "max-age":
				age = max(seconds(value), 0) // what is no number is past (RFC 9111 §4.2.1)
			case "s-maxage":
				shared = max(seconds(value), 0)
			}
		}
	}
	date := now
	if d, err := http.ParseTime(h.Get("Date")); err == nil {
		date = d
	}
	switch expires := h.Get("Expires"); {
	case never:
	case shared >= 0:
		l.fresh = shared
	case age >= 0:
		l.fresh = age
	case expires != "":
		if at, err := http.ParseTime(expires); err == nil { // else it is past, as "0" is
			l.fresh = at.Sub(date)
		}
	default:
		if modified, err := http.ParseTime(h.Get("Last-Modified")); err == nil {
			l.fresh = min(date.Sub(modified)/10, guessFresh)
		}
	}
	if past := seconds(h.Get("Age")); past > 0 {
		l.fresh -= past
	}
	least := leastFresh
	if never || l.volatile {
		least = 0
	}
	l.fresh = min(max(l.fresh, least), mostFresh)
	return l
}

// seconds reads a number of them; what is none is -1.
func seconds(text string) time.Duration {
	n, err := strconv.ParseUint(strings.Trim(strings.TrimSpace(text), `"`), 10, 63)
	switch {
	case errors.Is(err, strconv.ErrRange):
		return mostFresh
	case err != nil:
		return -1
	}
	return time.Duration(min(n, uint64(mostFresh/time.Second))) * time.Second
}

// entry is a URL that is known.
type entry struct {
	copied
	fetch   *fetch    // under way
	retry   time.Time // it is not asked again before
	failure error     // what came of asking last
	used    time.Time // as the disk has it
	element *list.Element
}

// copies are the URLs that are known, with their files in a directory. Its map
// and list are guarded by who uses it; files are written by one fetch per URL.
type copies struct {
	dir    string
	max    int64
	read   bool // what an earlier program left is entered
	byURL  map[string]*entry
	recent list.List // of *entry, the last used in front
	bytes  int64
}

func newCopies(config Web) *copies {
	c := &copies{dir: config.Dir, max: config.MaxBytes, byURL: make(map[string]*entry)}
	if c.max == 0 {
		c.max = DefaultWebBytes
	}
	return c
}

func (c *copies) path(file string) string { return filepath.Join(c.dir, file) }

// get returns the entry of a URL, which is made if it is not there.
func (c *copies) get(url string, now time.Time) *entry {
	if !c.read {
		c.restore()
		c.read = true
	}
	e := c.byURL[url]
	if e == nil {
		e = &entry{copied: copied{URL: url}, used: now}
		c.enter(e)
		remove(c.shrink())
		return e
	}
	c.recent.MoveToFront(e.element)
	if now.Sub(e.used) > time.Hour && e.File != "" { // so that it outlasts the program as one that is used
		e.used = now
		os.Chtimes(c.path(name(url)+".json"), now, now)
	}
	return e
}

func (c *copies) enter(e *entry) {
	c.byURL[e.URL] = e
	e.element = c.recent.PushFront(e)
	c.bytes += e.Size
}

// put gives an entry another copy, or none. It returns the files that are not needed any more.
func (c *copies) put(e *entry, got copied) (stale []string) {
	if e.File != "" && e.File != got.File {
		stale = append(stale, c.path(e.File))
	}
	if got.File == "" {
		stale = append(stale, c.path(name(e.URL)+".json"))
	}
	if e.element == nil { // it was forgotten
		if got.File != "" {
			stale = append(stale, c.path(got.File), c.path(name(e.URL)+".json"))
		}
		return stale
	}
	c.bytes += got.Size - e.Size
	e.copied = got
	return append(stale, c.shrink()...)
}

// shrink forgets what was not used for the longest time, until the rest fits; it
// returns the files that are not needed any more. What is being fetched stays.
func (c *copies) shrink() (stale []string) {
	for e := c.recent.Back(); e != nil && (c.bytes > c.max || c.recent.Len() > maxCopies); {
		last := e.Value.(*entry)
		e = e.Prev()
		if last.fetch != nil {
			continue
		}
		if last.File != "" {
			stale = append(stale, c.path(last.File), c.path(name(last.URL)+".json"))
		}
		c.recent.Remove(last.element)
		last.element = nil
		delete(c.byURL, last.URL)
		c.bytes -= last.Size
	}
	return stale
}

func remove(files []string) {
	for _, file := range files {
		os.Remove(file)
	}
}

// name is that of a URL's files.
func name(url string) string {
	sum := sha256.Sum256([]byte(url))
	return hex.EncodeToString(sum[:16])
}

const partial = ".part-" // how files begin that are being written

// write keeps what a server sends.
func (c *copies) write(got *copied, extension string, body io.Reader, length int64) error {
	if length > maxDownload {
		return fmt.Errorf("a sound of %d MB, which may have %d", length>>20, maxDownload>>20)
	}
	if err := os.MkdirAll(c.dir, 0o700); err != nil { // URLs may hold passwords
		return err
	}
	f, err := os.CreateTemp(c.dir, partial+"*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name()) // fails once it has its name
	got.Size, err = io.Copy(f, io.LimitReader(body, maxDownload+1))
	if err == nil && got.Size > maxDownload {
		err = fmt.Errorf("a sound of more than %d MB", maxDownload>>20)
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	got.File = name(got.URL) + "." + extension
	if err := os.Rename(f.Name(), c.path(got.File)); err != nil || got.volatile {
		return err
	}
	return c.save(*got)
}

// save keeps what is known of a copy.
func (c *copies) save(got copied) error {
	text, err := json.Marshal(got)
	if err != nil {
		return err
	}
	return writeFile(c.path(name(got.URL)+".json"), text)
}

// restore enters the copies that an earlier program left, and removes the files that it did not finish.
func (c *copies) restore() {
	files, _ := os.ReadDir(c.dir) // not there: no copies
	var left []*entry
	known := map[string]bool{}
	for _, file := range files {
		if strings.HasPrefix(file.Name(), partial) {
			os.Remove(c.path(file.Name()))
		}
		if filepath.Ext(file.Name()) != ".json" {
			continue
		}
		e := new(entry)
		info, err := file.Info()
		text, readErr := os.ReadFile(c.path(file.Name()))
		if err != nil || readErr != nil || json.Unmarshal(text, &e.copied) != nil || file.Name() != name(e.URL)+".json" || filepath.Base(e.File) != e.File {
			continue
		}
		sound, err := os.Stat(c.path(e.File))
		if err != nil || !sound.Mode().IsRegular() {
			os.Remove(c.path(file.Name()))
			continue
		}
		e.Size, e.used = sound.Size(), info.ModTime()
		known[e.File] = true
		left = append(left, e)
	}
	for _, file := range files { // whose description was not written any more
		stem, extension, _ := strings.Cut(file.Name(), ".")
		if _, err := hex.DecodeString(stem); err == nil && len(stem) == 32 && slices.Contains(extensions, extension) && !known[file.Name()] {
			os.Remove(c.path(file.Name()))
		}
	}
	slices.SortFunc(left, func(a, b *entry) int { return a.used.Compare(b.used) })
	for _, e := range left {
		c.enter(e)
	}
	remove(c.shrink())
}
