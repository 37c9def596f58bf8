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

// Recording writes what a tap hears to a WAV file (16 bit, 8 kHz, mono). The
// shard only copies samples to a queue of a few seconds; a goroutine writes
// them. What a disk is too slow for is lost and counted, the call is not held up.
//
//	r := media.NewRecording(file)
//	stream.Tap(r.Tap)
//	...
//	stream.Tap(nil)
//	err := r.Close(ctx)
type Recording struct {
	w    io.WriteSeeker
	wake chan struct{}
	done chan struct{}

	mu      sync.Mutex
	queue   []int16
	spare   []int16
	lost    int
	closing bool
	err     error // of the file; set before done is closed
}

const (
	recordingQueue = 4 * 8000 // samples: 4 s
	wavHeaderLen   = 44
	maxWAVData     = 1<<32 - 1 - wavHeaderLen // what a WAV header can state
)

// NewRecording starts a recording; w gets the header at once, and its final
// sizes at Close.
func NewRecording(w io.WriteSeeker) *Recording {
	r := &Recording{w: w, wake: make(chan struct{}, 1), done: make(chan struct{})}
	go r.write()
	return r
}

// Tap is the function for [Stream.Tap]. It never blocks.
func (r *Recording) Tap(pcm []int16, _ bool) {
	r.mu.Lock()
	room := min(len(pcm), recordingQueue-len(r.queue))
	if r.closing {
		room = 0
	}
	r.queue = append(r.queue, pcm[:room]...)
	r.lost += len(pcm) - room
	half := len(r.queue) >= 8000/2
	r.mu.Unlock()
	if half {
		r.signal()
	}
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
	if err == nil {
		err = r.finish(size)
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
	if _, err := out.Write(wavHeader(0)); err != nil {
		return 0, err
	}
	var b []byte
	for {
		<-r.wake
		pcm, last := r.swap()
		if size+2*int64(len(pcm)) > maxWAVData {
			return size, errors.Join(errors.New("a WAV file holds no more than 4 GB"), out.Flush(), r.finish(size))
		}
		b = b[:0]
		for _, s := range pcm {
			b = binary.LittleEndian.AppendUint16(b, uint16(s))
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
