package call

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"dialtone/media"
	"dialtone/media/g711"
	"dialtone/sounds"
)

// repeated is a list of sounds over and over.
type repeated []*sounds.Prompt

var _ media.Growing = repeated{}

// At gives the audio from offset on, or nothing while what is there of it is still being read.
func (r repeated) At(law g711.Law, offset, n int) []byte {
	for left := offset; ; {
		for _, part := range r {
			more := part.More() // asked first: then all of it is there
			if left < part.Len() {
				return part.At(law, left, n)
			}
			if more {
				return nil
			}
			left -= part.Len()
		}
		if round := offset - left; round > 0 {
			left %= round
		} else {
			return nil
		}
		offset = left
	}
}

// More tells that there is always more.
func (r repeated) More() bool { return true }

// Music plays music on hold until something else is played: the sounds of the directory moh/CLASS in their order.
func (ch *channel) Music(class string) error {
	if err := ch.Progress(); err != nil {
		return err
	}
	ch.call.stream.Stop()
	music, err := ch.music(cmp.Or(class, ch.chosenMusic(), "default"))
	if err != nil {
		return err
	}
	ch.call.stream.Play(music)
	return nil
}

// ChooseMusic sets the class that this call hears from here on, on hold as well.
func (ch *channel) ChooseMusic(class string) { ch.musicClass.Store(&class) }

// chosenMusic is that class; empty: none was chosen.
func (ch *channel) chosenMusic() string {
	if class := ch.musicClass.Load(); class != nil {
		return *class
	}
	return ""
}

// music reads the sounds of a class.
func (ch *channel) music(class string) (music repeated, err error) {
	dir := filepath.Join(ch.call.sw.config.Recordings.Sounds, "moh", class)
	if !filepath.IsLocal(class) || ch.call.sw.config.Recordings.Sounds == "" {
		return music, fmt.Errorf("music class %q is no directory of music", class)
	}
	files, err := os.ReadDir(dir)
	if err != nil {
		return music, fmt.Errorf("music class %q: %w", class, err)
	}
	var names []string
	for _, file := range files {
		extension := path.Ext(file.Name())
		if slices.Contains(sounds.Extensions(), strings.TrimPrefix(extension, ".")) {
			names = append(names, strings.TrimSuffix(file.Name(), extension))
		}
	}
	var faults []error
	for _, name := range slices.Compact(names) { // the directory is sorted
		prompt, err := ch.sound(path.Join("moh", class, name), "")
		switch {
		case err != nil:
			faults = append(faults, err)
		case prompt.Len() > 0:
			music = append(music, prompt)
		}
	}
	if len(music) == 0 {
		return music, errors.Join(append(faults, fmt.Errorf("music class %q: there is no sound in %s", class, dir))...)
	}
	return music, nil
}
