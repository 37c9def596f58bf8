package media

import (
	"io"
	"sync"
	"sync/atomic"
)

// Recorder writes recordings to their files. A few goroutines, which live while
// there is a recording, write for all of them:
//
//	shard ──► Recording: a chunk being filled ──(full)──► queue of recordings ──► writers ──► files
//	                ▲                                                                │
//	                └────────────────────── spare chunks ◄───────────────────────────┘
//
// The shard copies samples into a chunk and never waits for a file, nor allocates:
// spare chunks are made ahead of it by another goroutine. What waits for the disks
// is bounded, for each recording by recordingQueue and for all by memory. What finds
// no chunk is lost: it is counted, and is silence in the file, so that what follows
// stands at its time.
//
// Written means handed to the kernel, at most a chunk and a second of header behind:
// a recording survives the end of the process, however it comes. Nothing here waits
// for the disk itself (fsync); whoever needs that does it after Close.
//
// Its methods may be called from any goroutine.
type Recorder struct {
	most int // chunks

	mu       sync.Mutex
	work     sync.Cond // there is a recording to be written, or none is left
	scarce   sync.Cond // there are few spare chunks, or no recording is left
	first    *Recording
	last     *Recording
	spare    *chunk
	spares   int
	made     int // chunks there are
	few      bool
	open     int // recordings
	writers  int // goroutines that run
	supplies bool

	dry    atomic.Bool // there is no spare chunk: shards need not ask
	lost   atomic.Int64
	failed atomic.Int64
}

const (
	recordingWriters = 4        // goroutines that write; so many disks may stand still before another one waits
	recordingMemory  = 64 << 20 // bytes that wait for the disks at most, unless said otherwise
	chunkSize        = 4096     // bytes of a chunk
)

// chunk is a part of a recording on its way to the file.
type chunk struct {
	next *chunk
	gap  int                         // moments that were lost before it
	n    int                         // moments
	pcm  [(chunkSize - 24) / 2]int16 // of one side; of both, those of the other one in the second half
}

// NewRecorder makes a recorder that keeps at most so many bytes in memory; 0: 64 MB.
// It holds nothing while there is no recording.
func NewRecorder(memory int) *Recorder {
	if memory <= 0 {
		memory = recordingMemory
	}
	r := &Recorder{most: memory / chunkSize}
	r.work.L, r.scarce.L = &r.mu, &r.mu
	return r
}

// RecorderStats is how recordings fare.
type RecorderStats struct {
	Open    int   `json:"open"`    // recordings
	Memory  int   `json:"memory"`  // bytes that they hold
	Lost    int64 `json:"lost"`    // moments (1/8000 s) that disks were too slow for: silence in their files
	Failed  int64 `json:"failed"`  // recordings that ended because their file failed
	Waiting int   `json:"waiting"` // recordings with something to be written that no writer has taken up
}

// Stats counts since the beginning.
func (r *Recorder) Stats() RecorderStats {
	r.mu.Lock()
	defer r.mu.Unlock()
	s := RecorderStats{Open: r.open, Memory: r.made * chunkSize, Lost: r.lost.Load(), Failed: r.failed.Load()}
	for next := r.first; next != nil; next = next.next {
		s.Waiting++
	}
	return s
}

// Start begins a recording.
func (r *Recorder) Start(file io.WriterAt, o RecordingOptions) *Recording {
	rec := newRecording(r, file, o)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.open++
	for r.spares < r.low() && r.made < r.most {
		r.made++
		r.keep(new(chunk), 1)
	}
	for ; r.writers < recordingWriters; r.writers++ {
		go r.write()
	}
	if !r.supplies {
		r.supplies = true
		go r.supply()
	}
	r.append(rec) // its header is to be written
	return rec
}

// enqueue has a recording written; it is not in the queue.
func (r *Recorder) enqueue(rec *Recording) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.append(rec)
}

// append puts a recording at the end of the queue; r.mu is held.
func (r *Recorder) append(rec *Recording) {
	if r.last == nil {
		r.first = rec
	} else {
		r.last.next = rec
	}
	r.last = rec
	r.work.Signal()
}

// write is the goroutine of a writer.
func (r *Recorder) write() {
	buf := make([]byte, 0, 2*len(chunk{}.pcm))
	for rec := r.next(); rec != nil; rec = r.next() {
		rec.write(buf)
	}
}

// next waits for a recording that is to be written; nil: there is none any more.
func (r *Recorder) next() *Recording {
	r.mu.Lock()
	defer r.mu.Unlock()
	for r.first == nil {
		if r.open == 0 {
			r.writers--
			return nil
		}
		r.work.Wait()
	}
	rec := r.first
	r.first, rec.next = rec.next, nil
	if r.first == nil {
		r.last = nil
	}
	return rec
}

// leave takes a recording off the books. The last one leaves nothing behind.
func (r *Recorder) leave() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.open--; r.open == 0 {
		r.spare, r.spares, r.made = nil, 0, 0
		r.dry.Store(true)
		r.work.Broadcast()
		r.scarce.Signal()
	}
}

// low is how many spare chunks are few: one for each recording, which fills it in
// 127 ms (both sides) or 254. So long the goroutines may be kept waiting for a
// processor before anything is lost.
func (r *Recorder) low() int { return 4 + r.open }

// supply is the goroutine that makes chunks before they are needed.
func (r *Recorder) supply() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for r.open > 0 {
		if r.spares >= 2*r.low() || r.made >= r.most {
			r.few = false
		}
		if !r.few {
			r.scarce.Wait()
			continue
		}
		n := min(2*r.low()-r.spares, r.most-r.made)
		r.mu.Unlock()
		var list *chunk
		for range n { // out of the lock, which the shards want
			list = &chunk{next: list}
		}
		r.mu.Lock()
		if r.open > 0 {
			r.made += n
			r.keep(list, n)
		}
	}
	r.supplies, r.few = false, false
}

// take gives an empty chunk; nil: there is none.
func (r *Recorder) take() *chunk {
	if r.dry.Load() {
		return nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.spares < r.low() && !r.few && r.made < r.most {
		r.few = true
		r.scarce.Signal()
	}
	c := r.spare
	if c != nil {
		r.spare, c.next = c.next, nil
		r.spares--
	}
	r.dry.Store(r.spare == nil)
	return c
}

// give takes n chunks back, a list.
func (r *Recorder) give(list *chunk, n int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.spares > 3*r.low() {
		r.made -= n
		return
	}
	r.keep(list, n)
}

// keep puts n chunks, a list, to the spare ones; r.mu is held.
func (r *Recorder) keep(list *chunk, n int) {
	for c := list; c != nil; {
		next := c.next
		c.gap, c.n = 0, 0
		c.next, r.spare = r.spare, c
		c = next
	}
	r.spares += n
	r.dry.Store(r.spare == nil)
}
