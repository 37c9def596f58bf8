package media

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"sync"
)

// Recording writes what a tap hears to a file (8 kHz, mono). The shard only copies
// samples to a queue of a few seconds; a goroutine writes them. What a disk is too
// slow for is lost and counted, the call is not held up.
//
//	r := media.NewRecording(file)
//	stream.Tap(r.Tap)
//	...
//	stream.Tap(nil)
//	err := r.Close(ctx)
type Recording struct {
	w    io.WriteSeeker
	o    RecordingOptions
	wake chan struct{}
	done chan struct{}

	mu      sync.Mutex
	queue   []int16
	spare   []int16
	taken   int // samples so far
	lost    int
	cut     int // samples at the end that are not kept
	closing bool

	size int64 // of the samples in the file, bytes; set before done is closed, as err is
	err  error
}

// RecordingOptions say how a recording is written.
type RecordingOptions struct {
	Format Format
	From   int64 // bytes of samples that the file holds already: w stands behind them
	Max    int   // samples after which it ends by itself; 0: none but the format's
}

const (
	recordingQueue = 4 * 8000 // samples: 4 s
	wavHeaderLen   = 44
	maxWAVData     = 1<<32 - 1 - wavHeaderLen // what a WAV header can state
)

// NewRecording starts a recording as a WAV file of 16 bit; w gets the header at
// once, and its final sizes at Close.
func NewRecording(w io.WriteSeeker) *Recording { return StartRecording(w, RecordingOptions{}) }

// StartRecording starts a recording.
func StartRecording(w io.WriteSeeker, o RecordingOptions) *Recording {
	r := &Recording{w: w, o: o, wake: make(chan struct{}, 1), done: make(chan struct{})}
	go r.write()
	return r
}

// Tap is the function for [Stream.Tap]. It never blocks.
func (r *Recording) Tap(pcm []int16, _ bool) {
	r.mu.Lock()
	if r.o.Max > 0 {
		pcm = pcm[:min(len(pcm), r.o.Max-r.taken)]
	}
	room := min(len(pcm), recordingQueue-len(r.queue))
	if r.closing {
		room = 0
	}
	r.queue = append(r.queue, pcm[:room]...)
	r.taken += len(pcm)
	r.lost += len(pcm) - room
	full := r.o.Max > 0 && r.taken == r.o.Max && !r.closing
	r.closing = r.closing || full
	half := len(r.queue) >= 8000/2
	r.mu.Unlock()
	if half || full {
		r.signal()
	}
}

// Done is closed when nothing is written any more: after Close, when the recording
// is as long as it may be, or when the file failed.
func (r *Recording) Done() <-chan struct{} { return r.done }

// Size is how long the file should be after Close: w may hold more when a cut was
// asked for. It is valid once Done is closed.
func (r *Recording) Size() int64 { return r.o.Format.header() + r.size }

// Samples is how many samples of this recording were kept. It is valid once Done is
// closed.
func (r *Recording) Samples() int { return int((r.size - r.o.From) / r.o.Format.width()) }

// Cut has the last n samples not be kept. It comes before Close.
func (r *Recording) Cut(n int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.cut = n
}

// Lost is how many samples the file did not get because it was too slow.
func (r *Recording) Lost() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.lost
}

// Close writes what is queued and the header, and says what went wrong with the
// file. It waits no longer than ctx; the file must not be closed before it
// returned nil or the file's own error.
func (r *Recording) Close(ctx context.Context) error {
	r.mu.Lock()
	r.closing = true
	r.mu.Unlock()
	r.signal()
	select {
	case <-r.done:
		return r.err
	case <-ctx.Done():
		return fmt.Errorf("media: recording not finished: %w", ctx.Err())
	}
}

func (r *Recording) signal() {
	select {
	case r.wake <- struct{}{}:
	default:
	}
}

// write is the recording's goroutine: it owns the file.
func (r *Recording) write() {
	defer close(r.done)
	size, err := r.writeAll()
	r.mu.Lock()
	r.size = max(r.o.From, size-int64(r.cut)*r.o.Format.width())
	r.mu.Unlock()
	if err == nil {
		err = r.finish(r.size)
	}
	if err != nil {
		r.err = fmt.Errorf("media: recording: %w", err)
	}
	r.mu.Lock()
	r.closing = true // whatever still comes is counted as lost
	r.mu.Unlock()
}

// writeAll writes until Close, and says how many bytes of samples it wrote.
func (r *Recording) writeAll() (size int64, err error) {
	out := bufio.NewWriterSize(r.w, 32<<10)
	if size = r.o.From; size == 0 && r.o.Format == WAV {
		if _, err := out.Write(wavHeader(0)); err != nil {
			return 0, err
		}
	}
	var b []byte
	for {
		<-r.wake
		pcm, last := r.swap()
		b = r.o.Format.append(b[:0], pcm)
		if size+int64(len(b)) > maxWAVData {
			return size, errors.Join(errors.New("a recording holds no more than 4 GB"), out.Flush(), r.finish(size))
		}
		if _, err := out.Write(b); err != nil {
			return size, err
		}
		size += int64(len(b))
		if last {
			return size, out.Flush()
		}
	}
}

// swap takes the queue and leaves an empty one.
func (r *Recording) swap() (pcm []int16, last bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	pcm = r.queue
	r.queue, r.spare = r.spare[:0], pcm
	return pcm, r.closing
}

// finish writes the header anew, with the sizes.
func (r *Recording) finish(size int64) error {
	if r.o.Format != WAV {
		return nil
	}
	if _, err := r.w.Seek(0, io.SeekStart); err != nil {
		return err
	}
	if _, err := r.w.Write(wavHeader(size)); err != nil {
		return err
	}
	_, err := r.w.Seek(0, io.SeekEnd)
	return err
}

// wavHeader is that of a file with size bytes of samples.
func wavHeader(size int64) []byte {
	b := make([]byte, 0, wavHeaderLen)
	b = append(b, "RIFF"...)
	b = binary.LittleEndian.AppendUint32(b, uint32(size)+wavHeaderLen-8)
	b = append(b, "WAVEfmt "...)
	b = binary.LittleEndian.AppendUint32(b, 16)
	b = binary.LittleEndian.AppendUint16(b, 1) // PCM
	b = binary.LittleEndian.AppendUint16(b, 1) // mono
	b = binary.LittleEndian.AppendUint32(b, 8000)
	b = binary.LittleEndian.AppendUint32(b, 16000)
	b = binary.LittleEndian.AppendUint16(b, 2)
	b = binary.LittleEndian.AppendUint16(b, 16)
	b = append(b, "data"...)
	return binary.LittleEndian.AppendUint32(b, uint32(size))
}
