package sounds

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// Sound is a row of a listing.
type Sound struct {
	Name     string        // as a dialplan gives it
	File     string        // where it is, with "embedded:" before a path in the program
	Duration time.Duration // 0 if it cannot be read
	Level    Level         // of its speech, if it was asked for; 0 where nobody speaks
	Text     string        // what an embedded prompt says
	Err      error         // why it cannot be read
}

// List lists every sound in the folders and each example in the program by name: under a name
// that several have, the one that would be played. It reads each file, so that
// its length is known, if asked for its level, and a broken one is told.
func (c *Cache) List(levels bool) ([]Sound, error) {
	names := EmbeddedNames()
	for _, folder := range c.finder.folders {
		if folder == "" {
			continue
		}
		err := filepath.WalkDir(folder+"/", func(file string, d fs.DirEntry, err error) error {
			if errors.Is(err, fs.ErrNotExist) {
				return nil
			}
			if err != nil {
				return err
			}
			if extension := strings.TrimPrefix(filepath.Ext(file), "."); !d.IsDir() && slices.Contains(extensions, extension) {
				name, err := filepath.Rel(folder, file)
				if err != nil {
					return err
				}
				names = append(names, filepath.ToSlash(strings.TrimSuffix(name, "."+extension)))
			}
			return nil
		})
		if err != nil {
			return nil, fmt.Errorf("listing sounds: %w", err)
		}
	}
	slices.Sort(names)
	var list []Sound
	for _, name := range slices.Compact(names) {
		file, err := c.Find(name, "")
		if err != nil {
			continue // a folder named like a file, or gone meanwhile
		}
		s := Sound{Name: name, File: file}
		if strings.HasPrefix(file, embeddedPrefix) {
			s.Text = embeddedTexts()[path.Join(embeddedLanguage, name)]
		}
		if prompt, err := c.Get(context.Background(), name, ""); err != nil {
			s.Err = err
		} else {
			s.Duration = prompt.Duration()
		}
		if levels && s.Err == nil {
			s.Level, s.Err = c.level(name)
		}
		list = append(list, s)
	}
	return list, nil
}

// level measures a sound.
func (c *Cache) level(name string) (Level, error) {
	p, err := c.finder.find(name, "")
	if err != nil {
		return 0, err
	}
	pcm, err := p.samples()
	if err != nil {
		return 0, err
	}
	level, err := Measure(pcm)
	if errors.Is(err, ErrSilent) {
		return 0, nil
	}
	return level, err
}

// Export writes a sound as a WAV file (8 kHz, 16 bit, mono), without the loss of
// the prompt's two laws.
func (c *Cache) Export(w io.Writer, name, language string) error {
	p, err := c.finder.find(name, language)
	if err != nil {
		return err
	}
	pcm, err := p.samples()
	if err != nil {
		return err
	}
	return WriteWAV(w, pcm)
}

// samples decodes a file anew.
func (p place) samples() ([]int16, error) {
	in, err := p.open()
	if err != nil {
		return nil, err
	}
	defer in.Close()
	return Decode(p.path, in)
}

// Import decodes a sound file (source tells its format where its content does
// not, and stands in errors), gives it the level unless that is AsItIs, and saves
// it as Save does. It returns the file and its length.
func Import(folder, name, source string, r io.Reader, level Level) (file string, length time.Duration, err error) {
	if _, err := fileOf(folder, name); err != nil {
		return "", 0, err
	}
	pcm, err := Decode(source, r)
	if err == nil && len(pcm) == 0 {
		err = fmt.Errorf("%s: no audio in it", source)
	}
	if err == nil && level != AsItIs {
		if pcm, err = Normalise(pcm, level); err != nil {
			err = fmt.Errorf("%s: %w", source, err)
		}
	}
	if err != nil {
		return "", 0, err
	}
	file, err = Save(folder, name, pcm)
	return file, duration(len(pcm)), err
}

// Save writes samples to folder/name.wav (8 kHz, 16 bit, mono), replacing the
// file in one step, and returns it. The name is relative, as a dialplan will give
// it; the folders on the way are made. A file of the name with another extension,
// which would be found in its stead or be hidden by it, is an error.
func Save(folder, name string, pcm []int16) (file string, err error) {
	if file, err = fileOf(folder, name); err != nil {
		return "", err
	}
	var wav bytes.Buffer
	if err := WriteWAV(&wav, pcm); err != nil {
		return "", err
	}
	if err := writeFile(file, wav.Bytes()); err != nil {
		return "", fmt.Errorf("writing a sound: %w", err)
	}
	return file, nil
}

// fileOf is the file of a sound that is to be written.
func fileOf(folder, name string) (string, error) {
	clean := path.Clean(name)
	switch {
	case name == "" || clean == "." || !filepath.IsLocal(clean) || strings.ContainsRune(name, 0) || strings.HasSuffix(name, "/"):
		return "", fmt.Errorf("sound name %q: not a relative name inside the sound folder, as ivr-sounds/welcome", name)
	case slices.Contains(extensions, strings.TrimPrefix(path.Ext(name), ".")):
		return "", fmt.Errorf("sound name %q: a sound is named without its extension: %s", name, strings.TrimSuffix(name, path.Ext(name)))
	}
	base := filepath.Join(folder, filepath.FromSlash(clean))
	for _, extension := range extensions {
		other := base + "." + extension
		if _, err := os.Stat(other); extension != "wav" && err == nil {
			return "", fmt.Errorf("sound name %q: there is %s already, remove it first", name, other)
		}
	}
	return base + ".wav", nil
}

// Demo writes the embedded example prompts as WAV files into the folder (DATA/sounds, so
// DATA/sounds/ivr-sounds/ivr-example-choices.wav …), where their owner sees,
// hears and replaces them. A sound that is there, in whatever format, is left as it is.
func Demo(folder string) error {
	for _, name := range EmbeddedNames() {
		base := filepath.Join(folder, filepath.FromSlash(name))
		there := slices.ContainsFunc(extensions, func(extension string) bool {
			_, err := os.Lstat(base + "." + extension)
			return err == nil
		})
		if there {
			continue
		}
		wav, err := embedded.ReadFile(path.Join(embeddedLanguage, name+".wav"))
		if err == nil {
			err = writeFile(base+".wav", wav)
		}
		if err != nil {
			return fmt.Errorf("writing the example prompts: %w", err)
		}
	}
	return nil
}

// writeFile puts a file in place in one step: who reads it sees the old one or the new one, whole.
func writeFile(file string, content []byte) error {
	if err := os.MkdirAll(filepath.Dir(file), 0o777); err != nil {
		return err
	}
	return replaceFile(filepath.Dir(file), func(temporary *os.File) (string, error) {
		_, err := temporary.Write(content)
		return filepath.Base(file), err
	})
}

// temporaryName is the pattern of the names of files that are being written.
const temporaryName = ".new-*"

// replaceFile puts a file into a folder in one step, and is done when it is on the disk. fill writes it and
// gives its name; its error leaves everything as it was.
func replaceFile(folder string, fill func(temporary *os.File) (name string, err error)) error {
	f, err := os.CreateTemp(folder, temporaryName)
	if err != nil {
		return err
	}
	defer os.Remove(f.Name()) // fails once it has its name
	name, err := fill(f)
	if err == nil {
		err = f.Chmod(0o644)
	}
	if err == nil {
		err = f.Sync()
	}
	if e := f.Close(); err == nil {
		err = e
	}
	if err == nil {
		err = os.Rename(f.Name(), filepath.Join(folder, name))
	}
	if err == nil {
		err = syncFolder(folder)
	}
	return err
}

// syncFolder waits until the names in a folder are on the disk.
func syncFolder(folder string) error {
	f, err := os.Open(folder)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
