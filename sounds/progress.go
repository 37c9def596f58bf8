package sounds

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"runtime"
	"sync/atomic"
	"time"
	"weak"

	"dialtone/media/g711"
)

// A file is read and decoded by goroutines of its own, off the calls' path:
//
//	read    the first readWhole bytes, which is all of most files; their hash
//	        says whether the recording is there already
//	decode  Get returns after the first quarter of a second; then the decoder works
//	        ahead, in turns with others (turns.go), to the end of the file
//	settle  the hash of a longer file, known only now, makes one recording of
//	        two with the same bytes
//
// The decoder holds its prompt weakly: when the cache has dropped the recording
// and no call plays it any more, it stops.
const (
	readWhole = 256 << 10 // bytes
	ahead     = Rate / 4  // samples that are decoded before a prompt begins, and in a turn
)

// errUnwanted ends a decoder that works for nobody.
var errUnwanted = errors.New("nobody plays it any more")

// open opens a file.
func (p place) open() (fs.File, error) {
	if p.embedded {
		return embedded.Open(p.path)
	}
	return os.Open(p.path)
}

// read finds out what a file's recording is, and has it decoded unless it is there.
func (c *Cache) read(f *file, p place) {
	now := c.now()
	in, start, info, err := p.begin()
	id := identity{sha256.Sum256(start), formatOf(p.path, start)}
	c.mu.Lock()
	defer c.mu.Unlock()
	defer close(f.opened)
	if err != nil { // it is tried again next time
		f.err = err
		c.detach(f)
		return
	}
	f.note(info, now)
	d := &decoder{cache: c, path: p.path, in: bytes.NewReader(start)}
	if f.done = len(start) < readWhole; f.done {
		in.Close()
		if r := c.recordings[id]; r != nil {
			c.recent.MoveToFront(r.element)
			c.attach(f, r)
			return
		}
	} else {
		d.rest, d.info, d.sum = in, info, sha256.New()
		d.in = io.TeeReader(io.MultiReader(d.in, in), d.sum)
	}
	prompt := newPrompt()
	r := &recording{begun: make(chan struct{}), prompt: prompt, identity: id}
	d.recording, d.prompt, d.heard = r, weak.Make(prompt), prompt.heard
	r.element = c.recent.PushFront(r)
	if f.done {
		c.recordings[id] = r
	}
	c.attach(f, r)
	c.running.Go(d.run)
}

// begin opens a file and reads how it starts, readWhole bytes at the most. The
// info is that of the file that was opened, which may be another one than was found.
func (p place) begin() (in fs.File, start []byte, info fs.FileInfo, err error) {
	if in, err = p.open(); err != nil {
		return nil, nil, nil, err
	}
	if p.info != nil {
		info, err = in.Stat()
	}
	if err == nil {
		start, err = io.ReadAll(io.LimitReader(in, readWhole))
	}
	if err != nil {
		in.Close()
	}
	return in, start, info, err
}

// decoder makes a recording's prompt. It is the sink of what it decodes.
type decoder struct {
	cache     *Cache
	recording *recording
	prompt    weak.Pointer[Prompt]
	path      string // for its format, and the log
	in        io.Reader
	rest      fs.File // of a file that was not read before, with what follows; else nil
	info      fs.FileInfo
	sum       hash.Hash // of what was read from in

	growth growth
	heard  *atomic.Int64 // the prompt's
	begun  bool
	turn   int // samples decoded in this turn
}

// run decodes to the end.
func (d *decoder) run() {
	started := time.Now()
	err := d.decode()
	if d.begun {
		d.cache.turns.give()
	}
	if p := d.prompt.Value(); p != nil {
		p.show(d.growth.end())
	}
	if d.rest != nil {
		d.settle(err)
		d.rest.Close()
	}
	log := d.cache.log.With("file", d.path, "length", duration(d.growth.length), "took", time.Since(started))
	switch {
	case err == nil:
		log.Debug("sound read")
	case errors.Is(err, errUnwanted):
		log.Debug("sound not read to its end", "why", err)
	case d.begun:
		log.Warn("sound is broken: what comes before is played", "why", err)
	}
	if !d.begun {
		d.recording.err = err
		close(d.recording.begun)
	}
}

// decode is the decoder proper, whose failure is its own.
func (d *decoder) decode() (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("the decoder failed (%v)", p)
		}
	}()
	return decode(d.path, d.in, maxSamples, d)
}

func (d *decoder) linear(pcm []int16) error {
	d.growth.linear(pcm)
	return d.grown(len(pcm))
}

func (d *decoder) coded(law g711.Law, b []byte) error {
	d.growth.coded(law, b)
	return d.grown(len(b))
}

// grown shows what came, and gives way to others.
func (d *decoder) grown(n int) error {
	p := d.prompt.Value()
	if p == nil || d.cache.life.Err() != nil {
		return errUnwanted
	}
	p.show(d.growth.extent())
	p = nil
	d.cache.mu.Lock()
	d.cache.grow(d.recording, 2*int64(n))
	d.cache.mu.Unlock()
	d.turn += n
	if d.turn < ahead {
		runtime.Gosched()
		return nil
	}
	d.turn = 0
	if d.begun {
		d.cache.turns.give()
	} else {
		d.begun = true
		close(d.recording.begun)
	}
	d.cache.turns.take(d.growth.length, d.heard)
	return nil
}

// settle enters what a long file was found to be at its end. What was written
// while it was read, or could not be read to its end, is no recording to be shared.
func (d *decoder) settle(err error) {
	id := d.recording.identity // so far that of how it starts
	if err == nil {
		if _, err = io.Copy(io.Discard, io.LimitReader(d.in, MaxBytes)); err == nil {
			d.sum.Sum(id.sum[:0])
		}
	}
	info, statErr := d.rest.Stat()
	c := d.cache
	c.mu.Lock()
	defer c.mu.Unlock()
	r := d.recording
	for _, f := range r.files {
		f.done = true
		f.young = f.young || statErr != nil || !unchanged(info, d.info)
	}
	if err != nil || statErr != nil || !unchanged(info, d.info) || r.element == nil {
		return
	}
	same := c.recordings[id]
	if same == nil {
		r.identity = id
		c.recordings[id] = r
		return
	}
	files := r.files
	r.files = nil
	c.drop(r)
	for _, f := range files {
		c.attach(f, same)
	}
}
