package call

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
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
	head  []byte // of the file before, if it is appended to

	recording *media.Recording
	writing   *os.File
	named     *os.File // the one that has the name, locked: writing, unless that is aside
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
	if o.BeepFirst || o.BeepEvery > 0 {
		ch.beep(o.BeepFirst)
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
	if o.Stereo && format.Coding != media.WAV && format.Coding != media.Linear {
		return nil, fmt.Errorf("recording %q: two channels are only written as wav, sln and raw", file)
	}
	format.Stereo = o.Stereo
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
	if err := t.create(dir); err != nil {
		return nil, fmt.Errorf("recording %q: %w", file, err)
	}
	t.name = strings.TrimSuffix(file, extension)
	if t.file != inside {
		// The number is in the place of %d; what stands before it is as the dialplan wrote it.
		before, _, _ := strings.Cut(inside, "%d")
		t.name = strings.TrimSuffix(strings.TrimSuffix(file, inside)+before+t.file[len(before):], extension)
	}
	data, ok := t.behind(format)
	if !ok {
		t.close()
		t.leaveName()
		return nil, fmt.Errorf("recording %q: nothing can be put behind a file of that kind", file)
	}
	sides := map[ivr.Sides]media.Sides{ivr.Heard: media.HeardSide, ivr.Sent: media.SentSide, ivr.Both: media.BothSides}
	t.recording = ch.call.sw.recorder.Start(t.writing, media.RecordingOptions{
		Format: format, Sides: sides[o.Sides], HeardGain: o.HeardVolume, SentGain: o.SentVolume,
		From: data, Max: int(places.longest() * 8 / time.Millisecond), Ended: t.ended,
	})
	t.tap = &listener{}
	if o.Sides != ivr.Sent || o.Stereo {
		t.tap.heard = t.recording.Heard
	}
	if o.Sides != ivr.Heard || o.Stereo {
		t.tap.sent = t.recording.Sent
	}
	return t, nil
}

// ended tells at once of a recording in the background whose disk has failed; the call goes on.
func (t *take) ended(err error) {
	if err != nil && t.o.Background {
		t.ch.call.log.Error("a recording has ended before its call", "file", t.File(), "error", err)
	}
}

// create opens the file to be written, and the directories on its way.
func (t *take) create(dir string) (err error) {
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
	if err = t.openFile(); err != nil {
		t.close()
		t.leaveName()
	}
	return err
}

// openFile opens the file: a new one, or one that is appended to, or that is replaced.
func (t *take) openFile() (err error) {
	info, missing := t.root.Stat(t.file)
	switch {
	case missing != nil:
		t.writing, err = t.root.OpenFile(t.file, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o640)
		t.named = t.writing
	case !info.Mode().IsRegular():
		err = errors.New("it is no file")
	default:
		t.old = info.Size()
		t.named, err = t.root.OpenFile(t.file, os.O_RDWR, 0)
		t.writing = t.named
	}
	if err != nil {
		return err
	}
	// No two takes write one file. A file system without locks does not know.
	if err := syscall.Flock(int(t.named.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err == syscall.EWOULDBLOCK {
		return errors.New("it is being recorded already")
	}
	if t.old >= 0 && !t.o.Append {
		t.aside = path.Join(path.Dir(t.file), "."+path.Base(t.file)+".part")
		t.writing, err = t.root.OpenFile(t.aside, os.O_RDWR|os.O_CREATE|os.O_TRUNC, 0o640)
	}
	return err
}

// behind gives the bytes of samples that the file holds, behind which it is written.
func (t *take) behind(format media.Format) (data int64, ok bool) {
	if !t.o.Append || t.old <= 0 {
		return 0, true
	}
	head := make([]byte, 64)
	n, _ := t.writing.ReadAt(head, 0)
	t.head = head[:n]
	return format.Data(t.head, t.old)
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
		t.leaveName()
		t.after()
	})
	return t.length, t.err
}

// The beep that tells a caller of a recording: as the rules for telephones have it that demand one.
const (
	beepHz     = 1400
	beepLength = 200 * time.Millisecond
)

// beep has the caller hear, over whatever plays, that recordings are made: at once, if now, and as often as one of them
// wants it.
func (ch *channel) beep(now bool) {
	var tones ivr.Tones
	if now {
		tones = append(tones, ivr.Tone{F1: beepHz, For: beepLength, Once: true})
	}
	ch.senses.mu.Lock()
	for _, t := range ch.senses.takes {
		if t.o.BeepEvery > 0 {
			tones = append(tones, ivr.Tone{For: max(t.o.BeepEvery, time.Second) - beepLength}, ivr.Tone{F1: beepHz, For: beepLength})
			break
		}
	}
	ch.senses.mu.Unlock()
	if sound := newTones(tones); sound != nil {
		ch.call.stream.Overlay(sound)
	} else {
		ch.call.stream.Overlay(nil)
	}
}

// finish has everything written, and the file be as long as it should.
func (t *take) finish() error {
	ctx, cancel := context.WithTimeout(context.Background(), diskPatience)
	defer cancel()
	if err := t.recording.Close(ctx); err != nil {
		return err
	}
	t.length = time.Duration(t.recording.Moments()) * time.Second / 8000
	if lost := t.recording.Lost(); lost > 0 {
		t.ch.call.log.Warn("the disk was too slow for a recording: what was lost is silence in it", "file", t.File(), "lost", time.Duration(lost)*time.Second/8000)
	}
	if err := t.writing.Truncate(t.recording.Size()); err != nil || t.aside == "" {
		return err
	}
	return t.writing.Sync() // or the machine's end could leave neither the former one nor the new one
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
			_, err := t.writing.WriteAt(t.head, 0)
			t.err = errors.Join(t.writing.Truncate(t.old), err)
		default:
			t.err = t.root.Remove(t.file)
		}
		t.close()
		t.leaveName()
	})
	return t.err
}

// leave has the take hear nothing more.
func (t *take) leave() {
	s := &t.ch.senses
	s.ignore(t.ch.call.stream, t.tap)
	s.mu.Lock()
	s.takes = slices.DeleteFunc(s.takes, func(other *take) bool { return other == t })
	s.mu.Unlock()
	if t.o.BeepEvery > 0 || t.o.BeepLast {
		t.ch.beep(t.o.BeepLast)
	}
}

// close closes the file.
func (t *take) close() {
	if err := t.writing.Close(); t.err == nil {
		t.err = err
	}
}

// leaveName lets others write a file of that name.
func (t *take) leaveName() {
	t.named.Close() // an error says that it was the one that is closed
	t.root.Close()
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
