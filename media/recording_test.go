package media

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"testing"
)

// memoryFile is an io.WriteSeeker in memory.
type memoryFile struct {
	b    []byte
	at   int
	fail error
	gate chan struct{} // if set, writing waits for it
}

func (f *memoryFile) Write(b []byte) (int, error) {
	if f.gate != nil {
		<-f.gate
	}
	if f.fail != nil {
		return 0, f.fail
	}
	if need := f.at + len(b); need > len(f.b) {
		f.b = append(f.b, make([]byte, need-len(f.b))...)
	}
	copy(f.b[f.at:], b)
	f.at += len(b)
	return len(b), nil
}

func (f *memoryFile) Seek(offset int64, whence int) (int64, error) {
	if whence == io.SeekEnd {
		offset += int64(len(f.b))
	}
	f.at = int(offset)
	return offset, nil
}

func TestRecordingIsAWAVFileOfAllThatWasHeard(t *testing.T) {
	var f memoryFile
	r := NewRecording(&f)
	var pcm [160]int16
	for i := range 1000 {
		for j := range pcm {
			pcm[j] = int16(i*160 + j)
		}
		r.Tap(pcm[:], false)
		if i%100 == 99 {
			r.signal()
			for r.pending() { // a real line would take its time
			}
		}
	}
	if err := r.Close(context.Background()); err != nil {
		t.Fatal(err)
	}
	if r.Lost() != 0 || len(f.b) != 44+2*160000 {
		t.Fatalf("%d bytes, %d lost", len(f.b), r.Lost())
	}
	if string(f.b[:4]) != "RIFF" || binary.LittleEndian.Uint32(f.b[4:]) != uint32(len(f.b)-8) || binary.LittleEndian.Uint32(f.b[40:]) != 320000 {
		t.Errorf("header % x", f.b[:44])
	}
	for i := range 160000 {
		if got := int16(binary.LittleEndian.Uint16(f.b[44+2*i:])); got != int16(i) {
			t.Fatalf("sample %d is %d", i, got)
		}
	}
}

func (r *Recording) pending() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.queue) > 0
}

func TestRecordingNeverBlocksTheTap(t *testing.T) {
	f := memoryFile{gate: make(chan struct{})}
	r := NewRecording(&f)
	for range 1000 { // 20 s onto a disk that stands still
		r.Tap(make([]int16, 160), false)
	}
	if lost := r.Lost(); lost < 8000 {
		t.Errorf("%d samples lost, want all that the queue cannot hold", lost)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := r.Close(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("%v, want that it is not finished", err)
	}
	close(f.gate)
	if err := r.Close(context.Background()); err != nil {
		t.Error(err)
	}
	r.Tap(make([]int16, 160), false) // too late, harmless
}

func TestRecordingTellsOfTheFilesError(t *testing.T) {
	full := errors.New("no space left on device")
	r := NewRecording(&memoryFile{fail: full})
	r.Tap(make([]int16, 160), false)
	if err := r.Close(context.Background()); !errors.Is(err, full) {
		t.Errorf("%v, want %v", err, full)
	}
}
