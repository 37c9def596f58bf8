package sounds

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"path"
	"slices"
	"strings"
	"sync"
	"time"

	"dialtone/outside"
)

// Web says which sounds may be had by URL, and where their copies are kept.
type Web struct {
	Hosts    outside.Hosts // who may be asked
	Dir      string        // of the copies; it is made when it is needed, and holds nothing else
	MaxBytes int64         // of all copies; 0: DefaultWebBytes
}

// DefaultWebBytes keeps nine hours of 8 kHz, 8 bit, or four and a half of 16 bit.
const DefaultWebBytes = 256 << 20

// What one URL, and all of them, may cost.
const (
	maxURL      = 2048             // bytes of a URL
	maxDownload = 32 << 20         // bytes of a sound
	maxCopies   = 4096             // URLs that are known
	maxFetches  = 16               // at once
	maxWaiting  = 256              // fetches, with those that wait for their turn
	fetchTime   = 20 * time.Second // of a fetch, its waiting included
	patience    = time.Second      // how long a call that has an old copy waits for news of it
	retryAfter  = 10 * time.Second // when a fetch has failed
)

// isURL tells whether the name of a sound is a URL.
func isURL(name string) bool {
	scheme, _, ok := strings.Cut(name, "://")
	return ok && (strings.EqualFold(scheme, "http") || strings.EqualFold(scheme, "https"))
}

// web gets sounds by URL. A call waits for the first fetch of a URL, one fetch
// serving all that ask; it goes on when the call ends. Later the copy is played,
// as long as the server said it may be (RFC 9111), then asked after. A server
// that is down, or slow, leaves the old copy in use, unless it forbade that.
type web struct {
	cache   *Cache
	purpose outside.Purpose
	client  *http.Client
	slots   chan struct{} // holds one for each fetch that is at work
	soon    time.Duration // patience

	mu      sync.Mutex
	copies  *copies
	waiting int // fetches
}

// fetch is one that is under way.
type fetch struct {
	done   chan struct{}
	prompt *Prompt // valid once done is closed, as err is
	err    error
}

func newWeb(c *Cache, config Web) *web {
	purpose := outside.Purpose{Hosts: config.Hosts, Setting: "--allow-sound-url", Time: fetchTime, Idle: maxFetches}
	return &web{
		cache: c, purpose: purpose, client: purpose.Client(), slots: make(chan struct{}, maxFetches), soon: patience, copies: newCopies(config),
	}
}

// parse reads a URL that may be asked.
func (w *web) parse(name string) (*url.URL, error) {
	if len(name) > maxURL {
		return nil, fmt.Errorf("a URL of more than %d bytes", maxURL)
	}
	u, err := url.Parse(name)
	if err != nil {
		return nil, errors.Unwrap(err) // without the URL, which may hold a password
	}
	u.Fragment = ""
	return u, w.purpose.Allow(u)
}

// get returns the prompt of a URL.
func (w *web) get(ctx context.Context, name string) (*Prompt, error) {
	u, err := w.parse(name)
	if err != nil {
		return nil, &NotFoundError{Name: name, Hint: err.Error()}
	}
	for try := 0; ; try++ {
		old, fetch, err := w.look(u)
		if err != nil {
			return nil, err
		}
		if fetch != nil {
			prompt, err := fetch.wait(ctx, old != "", w.soon)
			if prompt != nil || err != nil {
				return prompt, err
			}
		}
		prompt, err := w.load(ctx, old)
		if errors.Is(err, fs.ErrNotExist) && try < 3 { // it had to make room, or somebody cleared up
			w.lose(u, old)
			continue
		}
		return prompt, err
	}
}

// wait waits for a fetch, and not for long if there is an old copy: without a prompt and an error that is to be played.
func (f *fetch) wait(ctx context.Context, old bool, soon time.Duration) (*Prompt, error) {
	var enough <-chan time.Time
	if old {
		timer := time.NewTimer(soon)
		defer timer.Stop()
		enough = timer.C
	}
	select {
	case <-f.done:
		if _, gone := errors.AsType[*NotFoundError](f.err); f.err != nil && old && !gone {
			return nil, nil
		}
		return f.prompt, f.err
	case <-enough:
		return nil, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// look tells what is there: a copy that may be played, a fetch that will bring one, or both: a copy that may be old.
func (w *web) look(u *url.URL) (file string, f *fetch, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	now := w.cache.now()
	e := w.copies.get(u.String(), now)
	fresh := e.File != "" && now.Before(e.Fresh)
	if e.File != "" && (fresh || !e.Strict) {
		file = w.copies.path(e.File)
	}
	if e.fetch != nil || fresh {
		return file, e.fetch, nil
	}
	switch {
	case now.Before(e.retry):
		err = e.failure
	case w.waiting >= maxWaiting:
		err = fmt.Errorf("%s: %d sounds are being fetched already", u.Redacted(), w.waiting)
	default:
		f = &fetch{done: make(chan struct{})}
		e.fetch = f
		w.waiting++
		had := e.copied
		w.cache.running.Go(func() { w.run(e, f, u, had) })
	}
	if file != "" {
		err = nil
	}
	return file, f, err
}

// run fetches, and enters what came of it.
func (w *web) run(e *entry, f *fetch, u *url.URL, had copied) {
	ctx, cancel := context.WithTimeout(w.cache.life, fetchTime)
	defer cancel()
	got, err := w.ask(ctx, u, had)
	_, gone := errors.AsType[*NotFoundError](err)
	file := w.copies.path(got.File)
	if err == nil {
		f.prompt, f.err = w.load(w.cache.life, file)
		if got.volatile {
			w.cache.forgetFile(file)
			os.Remove(file)
		}
	} else {
		f.err = err
	}
	log := w.cache.log.With("url", u.Redacted())
	switch {
	case err == nil:
		log.Debug("sound fetched", "bytes", got.Size, "fresh", time.Until(got.Fresh))
	case had.File != "" && !gone && !had.Strict:
		log.Warn("sound not asked after: the copy is played", "why", err)
	default: // who asked is told
		log.Debug("sound not fetched", "why", err)
	}

	w.mu.Lock()
	e.fetch = nil
	w.waiting--
	var stale []string
	switch {
	case err == nil && !got.volatile:
		stale = w.copies.put(e, got)
		e.retry, e.failure = time.Time{}, nil
	case err == nil, gone:
		stale = w.copies.put(e, copied{URL: had.URL})
	}
	if err != nil {
		e.retry, e.failure = w.cache.now().Add(retryAfter), err
	}
	w.mu.Unlock()
	remove(stale)
	close(f.done)
}

// load reads a copy.
func (w *web) load(ctx context.Context, file string) (*Prompt, error) {
	info, err := os.Stat(file)
	if err != nil {
		return nil, err
	}
	return w.cache.load(ctx, place{path: file, info: info})
}

// lose forgets a copy whose file is not there any more.
func (w *web) lose(u *url.URL, file string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	e := w.copies.get(u.String(), w.cache.now())
	if e.fetch == nil && w.copies.path(e.File) == file {
		w.copies.put(e, copied{URL: e.URL})
	}
}

// ask sends the request, and keeps what comes. A *NotFoundError tells that the server has no such sound.
func (w *web) ask(ctx context.Context, u *url.URL, had copied) (copied, error) {
	select {
	case w.slots <- struct{}{}:
		defer func() { <-w.slots }()
	case <-ctx.Done():
		return had, fmt.Errorf("%s: too many sounds are being fetched", u.Redacted())
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return had, err
	}
	request.Header.Set("User-Agent", "dialtone")
	request.Header.Set("Accept", "audio/*")
	if had.File != "" {
		if had.ETag != "" {
			request.Header.Set("If-None-Match", had.ETag)
		}
		if had.Modified != "" {
			request.Header.Set("If-Modified-Since", had.Modified)
		}
	}
	answer, err := w.client.Do(request)
	if err != nil {
		if failed, ok := errors.AsType[*url.Error](err); ok {
			err = failed.Err // without the URL, which may hold a password
		}
		return had, fmt.Errorf("%s: %w", u.Redacted(), err)
	}
	defer answer.Body.Close()
	now := w.cache.now()
	switch status := answer.StatusCode; {
	case status == http.StatusNotModified && had.File != "":
		had.note(answer.Header, now)
		return had, w.copies.save(had)
	case status == http.StatusNotFound, status == http.StatusGone:
		return had, &NotFoundError{Name: u.Redacted(), Hint: "the server answers " + answer.Status}
	case status != http.StatusOK:
		return had, fmt.Errorf("%s: the server answers %s", u.Redacted(), answer.Status)
	}
	got := copied{URL: u.String()}
	got.note(answer.Header, now)
	err = w.copies.write(&got, extension(u, answer.Header), answer.Body, answer.ContentLength)
	if err != nil {
		return had, fmt.Errorf("%s: %w", u.Redacted(), err)
	}
	return got, nil
}

// extension is what tells how a sound without a header is to be read: the URL's, or by the type that the server says.
func extension(u *url.URL, h http.Header) string {
	if e := strings.TrimPrefix(path.Ext(u.Path), "."); slices.Contains(extensions, e) {
		return e
	}
	kind, _, _ := strings.Cut(h.Get("Content-Type"), ";")
	switch strings.ToLower(strings.TrimSpace(kind)) {
	case "audio/basic", "audio/pcmu", "audio/x-mulaw":
		return "ulaw"
	case "audio/pcma", "audio/x-alaw", "audio/x-alaw-basic":
		return "alaw"
	case "audio/mpeg", "audio/mp3", "audio/x-mp3", "audio/mpeg3":
		return "mp3"
	}
	return "wav" // what it is, if it is WAV or MP3, its content says
}
