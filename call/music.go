package call

import (
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
type repeated struct {
	parts  []*sounds.Prompt
	length int // samples of all
}

var _ media.Source = repeated{}

// At gives the audio from offset on; there is always more.
func (r repeated) At(law g711.Law, offset, n int) []byte {
	offset %= r.length
	for _, part := range r.parts {
		if offset < part.Len() {
			return part.At(law, offset, n)
		}
		offset -= part.Len()
	}
	return nil
}

// Music plays music on hold until something else is played: the sounds of the directory moh/CLASS in their order.
func (ch *channel) Music(class string) error {
	if err := ch.Progress(); err != nil {
		return err
	}
	ch.call.stream.Stop()
	if class == "" {
		class = "default"
	}
	music, err := ch.music(class)
	if err != nil {
		return err
	}
	ch.call.stream.Play(music)
	return nil
}

// music reads the sounds of a class.
func (ch *channel) music(class string) (repeated, error) {
	var music repeated
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
		prompt, err := ch.call.sw.config.Sounds.Get(path.Join("moh", class, name), "")
		switch {
		case err != nil:
			faults = append(faults, err)
		case prompt.Len() > 0:
			music.parts = append(music.parts, prompt)
			music.length += prompt.Len()
		}
	}
	if len(music.parts) == 0 {
		return music, errors.Join(append(faults, fmt.Errorf("music class %q: there is no sound in %s", class, dir))...)
	}
	return music, nil
}
