package call

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"dialtone/ivr"
	"dialtone/media"
)

// take is a recording: a listener that writes a file.
//
// A new file is written in its place, and one that is appended to; one that is replaced stays as it is until the new one
// is whole.
type take struct {
	ch    *channel
	name  string // as a dialplan plays it
	root  *os.Root
	file  string // in root
	aside string // where it is written, if not there
	old   int64  // bytes of the file before; below 0: there was none

	recording *media.Recording
	writing   *os.File
	tap       *listener
	o         ivr.TapeOptions

	once   sync.Once
	length time.Duration
	err    error
}

// diskPatience is how long the end of a recording waits for the disk.
const diskPatience = 5 * time.Second

// Record begins a recording.
func (ch *channel) Record(file string, o ivr.TapeOptions) (ivr.Take, error) {
	if !o.Background { // which is silent until there is something to be heard
		if err := ch.Progress(); err != nil {
			return nil, err
		}
	}
	t, err := ch.open(file, o)
	if err != nil {
		return nil, err
	}
	ch.senses.mu.Lock()
	over, hears := ch.senses.closed, !o.Joined || ch.senses.joined > 0
	if !over {
		ch.senses.takes = append(ch.senses.takes, t)
	}
	ch.senses.mu.Unlock()
	if over {
		t.Discard()
		return nil, ivr.ErrHangup
	}
	if hears {
		ch.senses.listen(ch.call.stream, t.tap)
	}
	ch.call.log.Debug("recording", "file", t.File())
	return t, nil
}

// open makes the take and its file.
func (ch *channel) open(file string, o ivr.TapeOptions) (*take, error) {
	extension := path.Ext(file)
	format, ok := media.FormatOf(strings.TrimPrefix(extension, "."))
	if !ok {
		return nil, fmt.Errorf("recording %q: the format %q is not written: use wav, ulaw, alaw or sln", file, strings.TrimPrefix(extension, "."))
	}
	places := ch.call.sw.config.Recordings
	home := places.Sounds
	if o.Background && places.Calls != "" {
		home = places.Calls
	}
	dir, inside, err := places.place(file, home)
	if err == nil {
		dir, err = filepath.Abs(dir) // the dialplan is told where the file is
	}
	if err != nil {
		return nil, err
	}
	t := &take{ch: ch, o: o, old: -1, file: inside}
	if err := t.create(dir, format); err != nil {
		return nil, fmt.Errorf("recording %q: %w", file, err)
	}
	t.name = strings.TrimSuffix(file, extension)
	if t.file != inside {
		// The number is in the place of %d; what stands before it is as the dialplan wrote it.
		before, _, _ := strings.Cut(inside, "%d")
		t.name = strings.TrimSuffix(strings.TrimSuffix(file, inside)+before+t.file[len(before):], extension)
	}
	from := int64(0)
	if o.Append && t.old >= 0 {
		from = t.old
	}
	data, ok := t.behind(format, from)
	if !ok {
		t.close()
		return nil, fmt.Errorf("recording %q: nothing can be put behind a file of that kind", file)
	}
	t.recording = media.StartRecording(t.writing, media.RecordingOptions{Format: format, From: data, Max: int(places.longest() * 8 / time.Millisecond)})
	t.tap = &listener{heard: t.recording.Tap}
	switch o.Sides {
	case ivr.Both:
		mix := &media.Mix{To: t.recording.Tap}
		t.tap = &listener{heard: mix.Heard, sent: mix.Sent}
	case ivr.Sent:
		t.tap = &listener{sent: func(pcm []int16) { t.recording.Tap(pcm, false) }}
	}
	return t, nil
}

// create opens the file to be written, and the directories on its way.
func (t *take) create(dir string, format media.Format) (err error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	if t.root, err = os.OpenRoot(dir); err != nil {
		return err
	}
	if err = t.root.MkdirAll(filepath.Dir(t.file), 0o755); err == nil && strings.Contains(t.file, "%d") {
		t.file, err = number(t.root, t.file)
	}
	if err != nil {
		t.root.Close()
		return err
	}
	info, missing := t.root.Stat(t.file)
	target, how := t.file, os.O_RDWR|os.O_CREATE
	switch {
	case missing != nil:
		how |= os.O_EXCL
	case !info.Mode().IsRegular():
		err = errors.New("it is no file")
	case t.o.Append:
		t.old = info.Size()
	default:
		t.old = info.Size()
		t.aside = path.Join(path.Dir(t.file), "."+path.Base(t.file)+".part")
		target, how = t.aside, how|os.O_TRUNC
	}
	if err == nil {
		t.writing, err = t.root.OpenFile(target, how, 0o640)
	}
	if err != nil {
		t.root.Close()
	}
	return err
}

// behind goes to the end of what the file holds and gives its bytes of samples.
func (t *take) behind(format media.Format, size int64) (data int64, ok bool) {
	if size == 0 {
		return 0, true
	}
	head := make([]byte, 64)
	n, _ := t.writing.ReadAt(head, 0)
	data, ok = format.Data(head[:n], size)
	if ok {
		_, err := t.writing.Seek(size, io.SeekStart)
		ok = err == nil
	}
	return data, ok
}

// Name is what a dialplan plays it by.
func (t *take) Name() string { return t.name }

// File is where it is.
func (t *take) File() string { return filepath.Join(t.root.Name(), t.file) }

// Done is closed when nothing is written any more.
func (t *take) Done() <-chan struct{} { return t.recording.Done() }

// Stop ends the recording and keeps it.
func (t *take) Stop(cut time.Duration) (time.Duration, error) {
	t.once.Do(func() {
		t.leave()
		t.recording.Cut(int(cut * 8 / time.Millisecond))
		t.err = t.finish()
		t.close()
		switch {
		case t.aside == "":
		case t.err == nil:
			t.err = t.root.Rename(t.aside, t.file)
		default:
			t.root.Remove(t.aside) // the former recording is worth more than half of a new one
		}
		t.root.Close()
		t.after()
	})
	return t.length, t.err
}

// finish has everything written, and the file be as long as it should.
func (t *take) finish() error {
	ctx, cancel := context.WithTimeout(context.Background(), diskPatience)
	defer cancel()
	if err := t.recording.Close(ctx); err != nil {
		return err
	}
	t.length = time.Duration(t.recording.Samples()) * time.Second / 8000
	if lost := t.recording.Lost(); lost > 0 && !closedNow(t.ch.call.over) {
		t.ch.call.log.Warn("the disk was too slow for a recording", "file", t.File(), "lost", time.Duration(lost)*time.Second/8000)
	}
	return t.writing.Truncate(t.recording.Size())
}

// Discard ends the recording and leaves the file as it was.
func (t *take) Discard() error {
	t.once.Do(func() {
		t.leave()
		ctx, cancel := context.WithTimeout(context.Background(), diskPatience)
		defer cancel()
		t.recording.Close(ctx) // what could not be written is not wanted
		switch {
		case t.aside != "":
			t.err = t.root.Remove(t.aside)
		case t.old >= 0:
			t.err = t.writing.Truncate(t.old)
		default:
			t.err = t.root.Remove(t.file)
		}
		t.close()
		t.root.Close()
	})
	return t.err
}

// leave has the take hear nothing more.
func (t *take) leave() {
	s := &t.ch.senses
	s.ignore(t.ch.call.stream, t.tap)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.takes = slices.DeleteFunc(s.takes, func(other *take) bool { return other == t })
}

// close closes the file.
func (t *take) close() {
	if err := t.writing.Close(); t.err == nil {
		t.err = err
	}
}

// after tells whoever waits for the end of a recording in the background.
func (t *take) after() {
	if t.o.Ended != nil {
		go t.o.Ended(filepath.Join(t.root.Name(), t.file))
	}
}

// Join has the recordings of what is said between two calls begin, and end.
func (ch *channel) Join(on bool) {
	s := &ch.senses
	s.mu.Lock()
	if on {
		s.joined++
	} else {
		s.joined--
	}
	begin, end := on && s.joined == 1, !on && s.joined == 0
	takes := slices.Clone(s.takes)
	s.mu.Unlock()
	for _, t := range takes {
		switch {
		case !t.o.Joined:
		case begin:
			s.listen(ch.call.stream, t.tap)
		case end:
			s.ignore(ch.call.stream, t.tap)
		}
	}
}

// Takes are the recordings in the background.
func (ch *channel) Takes() (list []ivr.Take) {
	ch.senses.mu.Lock()
	defer ch.senses.mu.Unlock()
	for _, t := range ch.senses.takes {
		if t.o.Background {
			list = append(list, t)
		}
	}
	return list
}

// endTakes ends the recordings that are under way when the call is over.
func (ch *channel) endTakes() {
	ch.senses.mu.Lock()
	ch.senses.closed = true
	left := slices.Clone(ch.senses.takes)
	ch.senses.mu.Unlock()
	for _, t := range left {
		if _, err := t.Stop(0); err != nil {
			ch.call.log.Error("a recording was not kept", "file", t.File(), "error", err)
		}
	}
}

func closedNow(done <-chan struct{}) bool {
	select {
	case <-done:
		return true
	default:
		return false
	}
}
