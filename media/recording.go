package media

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
)

// Recording writes what is heard and sent to a file, at 8 kHz; a [Recorder] does it
// for many. It ends by Close, when it is as long as it may be, or when its file
// fails; the call it records is never held up.
//
//	r := recorder.Start(file, media.RecordingOptions{Sides: media.BothSides})
//	stream.TapSent(r.Sent)
//	stream.Tap(r.Heard)
//	...
//	stream.Tap(nil)
//	stream.TapSent(nil)
//	err := r.Close(ctx)
//
// A WAV file can be played at any time, also when nobody closed it: its header is
// brought up to date once a second of sound.
type Recording struct {
	recorder *Recorder
	file     io.WriterAt
	o        RecordingOptions
	most     int // chunks that it may hold
	done     chan struct{}
	next     *Recording // in the recorder's queue

	// Of the shard: what was sent in this slot, and the part of it that nothing was heard beside yet.
	slot, left []int16

	mu      sync.Mutex
	filling *chunk
	full    *chunk // the first to be written
	fullEnd *chunk
	holds   int  // chunks: filling, full and being written
	queued  bool // it is in the recorder's queue, or being written
	gap     int  // moments lost since filling was begun
	taken   int  // moments so far
	lost    int
	cut     int // moments at the end that are not kept
	ending  bool

	// Of the writer that has it; others may read them when done is closed.
	size   int64 // of the samples in the file, bytes
	headed int64 // size that the header states
	err    error
}

// Sides are the sides of a stream that a recording holds.
type Sides uint8

// What a recording holds.
const (
	HeardSide Sides = iota // what the far end says
	SentSide               // what it is sent
	BothSides              // both: their sum, or side by side where the format is stereo
)

// RecordingOptions say how a recording is made. A moment is a sample of each channel.
type RecordingOptions struct {
	Format    Format // stereo holds both sides whatever Sides says
	Sides     Sides
	HeardGain int         // how often what is heard is doubled (6 dB), below 0 halved: -15..15
	SentGain  int         // the same for what is sent
	From      int64       // bytes of samples that the file holds already
	Max       int         // moments after which it ends by itself; 0: none but the format's
	Ended     func(error) // told once nothing more is written; nil: nobody asks. It may not block
}

const recordingQueue = 4 * 8000 // moments that may wait for the disk: 4 s

// NewRecording starts a recording, with a recorder of its own, of what is heard as a
// WAV file.
func NewRecording(file io.WriterAt) *Recording {
	return NewRecorder(0).Start(file, RecordingOptions{})
}

// newRecording is one that is in the queue.
func newRecording(r *Recorder, file io.WriterAt, o RecordingOptions) *Recording {
	if o.Format.Stereo {
		o.Sides = BothSides
	}
	rec := &Recording{recorder: r, file: file, o: o, done: make(chan struct{}), queued: true, size: o.From, headed: -1}
	rec.most = 1 + recordingQueue/rec.length()
	if o.Sides == BothSides {
		rec.slot = make([]int16, maxPtime*samplesPerMs)
	}
	return rec
}

// length is how many moments a chunk holds.
func (r *Recording) length() int {
	if r.o.Sides == BothSides {
		return len(chunk{}.pcm) / 2
	}
	return len(chunk{}.pcm)
}

// Sent is the function for [Stream.TapSent]. It never blocks.
func (r *Recording) Sent(pcm []int16) {
	switch r.o.Sides {
	case SentSide:
		r.put(pcm, nil)
	case BothSides:
		r.left = r.slot[:copy(r.slot, pcm)]
	}
}

// Heard is the function for [Stream.Tap]. It never blocks. A recording of both sides
// begins with the first whole slot.
func (r *Recording) Heard(pcm []int16, _ bool) {
	switch r.o.Sides {
	case HeardSide:
		r.put(pcm, nil)
	case BothSides:
		n := min(len(pcm), len(r.left))
		r.put(pcm[:n], r.left[:n])
		r.left = r.left[n:]
	}
}

// put takes samples, with those beside them where both sides are recorded.
func (r *Recording) put(pcm, beside []int16) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.ending {
		return
	}
	n := len(pcm)
	if r.o.Max > 0 {
		n = min(n, r.o.Max-r.taken)
	}
	r.taken += n
	for done := 0; done < n; {
		if !r.roomy() {
			r.gap += n - done
			r.lost += n - done
			r.recorder.lost.Add(int64(n - done))
			break
		}
		c := r.filling
		fit := copy(c.pcm[c.n:r.length()], pcm[done:n])
		if beside != nil {
			copy(c.pcm[r.length()+c.n:], beside[done:done+fit])
		}
		c.n += fit
		done += fit
		if c.n == r.length() {
			r.handOver()
		}
	}
	if r.o.Max > 0 && r.taken == r.o.Max {
		r.end()
	}
}

// roomy has a chunk to be filled; false: there is none. r.mu is held.
func (r *Recording) roomy() bool {
	if r.filling == nil && r.holds < r.most {
		if c := r.recorder.take(); c != nil {
			c.gap, r.gap = r.gap, 0
			r.filling = c
			r.holds++
		}
	}
	return r.filling != nil
}

// handOver has what was filled be written; r.mu is held.
func (r *Recording) handOver() {
	if r.full == nil {
		r.full = r.filling
	} else {
		r.fullEnd.next = r.filling
	}
	r.fullEnd, r.filling = r.filling, nil
	r.queue()
}

// queue has a writer take up the recording; r.mu is held.
func (r *Recording) queue() {
	if !r.queued {
		r.queued = true
		r.recorder.enqueue(r)
	}
}

// end has nothing more be taken; r.mu is held.
func (r *Recording) end() {
	if r.ending {
		return
	}
	r.ending = true
	if r.filling != nil {
		r.handOver()
	}
	r.queue()
}

// Done is closed when nothing is written any more.
func (r *Recording) Done() <-chan struct{} { return r.done }

// Size is how long the file should be after Close: it may hold more when a cut was
// asked for. It is valid once Done is closed.
func (r *Recording) Size() int64 { return r.o.Format.header() + r.size }

// Moments is how long this recording is, in 1/8000 s. It is valid once Done is closed.
func (r *Recording) Moments() int { return int((r.size - r.o.From) / r.o.Format.width()) }

// Cut has the last n moments not be kept. It comes before Close.
func (r *Recording) Cut(n int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.cut = n
}

// Lost is how many moments the file was too slow for; they are silence in it.
func (r *Recording) Lost() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.lost
}

// Close writes what is left and the header, and says what went wrong with the file.
// It waits no longer than ctx; the file must not be closed before it returned nil or
// the file's own error.
func (r *Recording) Close(ctx context.Context) error {
	r.mu.Lock()
	r.end()
	r.mu.Unlock()
	select {
	case <-r.done:
		return r.err
	case <-ctx.Done():
		return fmt.Errorf("media: recording not finished: %w", ctx.Err())
	}
}

// write is called by a writer: it writes what is full, and the end.
func (r *Recording) write(buf []byte) {
	list, ending := r.takeFull()
	for c := list; c != nil && r.err == nil; c = c.next {
		r.err = r.writeChunk(c, buf)
	}
	r.release(list)
	if r.err == nil {
		r.err = r.writeHeader(ending)
	}
	if ending || r.err != nil {
		r.finish(buf)
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.queued = false
	if r.full != nil || r.ending {
		r.queue()
	}
}

// takeFull takes the chunks that are to be written.
func (r *Recording) takeFull() (list *chunk, ending bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	list, r.full, r.fullEnd = r.full, nil, nil
	return list, r.ending
}

// release gives chunks back, a list.
func (r *Recording) release(list *chunk) {
	n := 0
	for c := list; c != nil; c = c.next {
		n++
	}
	if n == 0 {
		return
	}
	r.recorder.give(list, n)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.holds -= n
}

// writeChunk writes a chunk and the silence before it.
func (r *Recording) writeChunk(c *chunk, buf []byte) error {
	if err := r.writeSilence(c.gap, buf); err != nil {
		return err
	}
	first := c.pcm[:c.n]
	switch r.o.Sides {
	case HeardSide:
		amplify(first, r.o.HeardGain)
	case SentSide:
		amplify(first, r.o.SentGain)
	default:
		second := c.pcm[r.length():][:c.n]
		amplify(first, r.o.HeardGain)
		amplify(second, r.o.SentGain)
		if r.o.Format.Stereo {
			var both [len(c.pcm)]int16
			for i, s := range first {
				both[2*i], both[2*i+1] = s, second[i]
			}
			return r.writeSamples(both[:2*c.n], buf)
		}
		for i, s := range first {
			first[i] = saturate(int(s) + int(second[i]))
		}
	}
	return r.writeSamples(first, buf)
}

// amplify doubles samples, or halves them, so many times.
func amplify(pcm []int16, times int) {
	switch {
	case times > 0:
		for i, s := range pcm {
			pcm[i] = saturate(int(s) << times)
		}
	case times < 0:
		for i, s := range pcm {
			pcm[i] = int16(int(s) / (1 << -times))
		}
	}
}

func saturate(s int) int16 { return int16(min(max(s, -1<<15), 1<<15-1)) }

// writeSilence writes moments of it.
func (r *Recording) writeSilence(moments int, buf []byte) error {
	var silent [512]int16
	for left := moments * r.o.Format.channels(); left > 0; {
		n := min(left, len(silent))
		if err := r.writeSamples(silent[:n], buf); err != nil {
			return err
		}
		left -= n
	}
	return nil
}

// writeSamples puts samples behind those in the file.
func (r *Recording) writeSamples(pcm []int16, buf []byte) error {
	b := r.o.Format.append(buf[:0], pcm)
	if r.size+int64(len(b)) > maxWAVData {
		return errors.New("a recording holds no more than 4 GB")
	}
	if _, err := r.file.WriteAt(b, r.o.Format.header()+r.size); err != nil {
		return err
	}
	r.size += int64(len(b))
	return nil
}

// writeHeader states how much there is, if a header has to, once a second or now.
func (r *Recording) writeHeader(now bool) error {
	if r.o.Format.Coding != WAV || !now && r.headed >= 0 && r.size < r.headed+8000*r.o.Format.width() {
		return nil
	}
	r.headed = r.size
	_, err := r.file.WriteAt(wavHeader(r.o.Format, r.size), 0)
	return err
}

// finish ends the recording. A file that failed gets a header for what it holds.
func (r *Recording) finish(buf []byte) {
	r.mu.Lock()
	r.ending = true
	list, gap, cut := r.full, r.gap, int64(r.cut)*r.o.Format.width()
	if r.filling != nil {
		r.filling.next, list = list, r.filling
	}
	r.full, r.fullEnd, r.filling = nil, nil, nil
	r.mu.Unlock()
	r.release(list) // only of a file that failed
	if r.err == nil {
		r.err = r.writeSilence(gap, buf)
	}
	r.size = max(r.o.From, r.size-cut)
	if err := r.writeHeader(true); r.err == nil {
		r.err = err
	}
	if r.err != nil {
		r.err = fmt.Errorf("media: recording: %w", r.err)
		r.recorder.failed.Add(1)
	}
	r.recorder.leave()
	close(r.done)
	if r.o.Ended != nil {
		r.o.Ended(r.err)
	}
}
