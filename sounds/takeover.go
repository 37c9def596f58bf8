package sounds

import (
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// TakeOver copies the sounds in a directory and those below it into a folder, under the same names, as the sounds of another system with
// a directory for each language. What is there already stays. It gives how many files were copied, and a line for each
// sound that was not, with why. With rehearse nothing is copied.
func TakeOver(from, folder string, rehearse bool) (taken int, left []string, err error) {
	heard := map[string]bool{}      // names that have a file that is read
	others := map[string][]string{} // files of the others by name
	err = filepath.WalkDir(from, func(file string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() || strings.HasPrefix(d.Name(), ".") {
			return err
		}
		name, extension := splitName(file)
		if slices.Contains(unread, extension) {
			others[name] = append(others[name], file)
		}
		if !slices.Contains(extensions, extension) {
			return nil
		}
		heard[name] = true
		inside, err := filepath.Rel(from, file)
		if err != nil {
			return err
		}
		why, err := copySound(file, filepath.Join(folder, inside), rehearse)
		if why != "" {
			left = append(left, file+": "+why)
		} else if err == nil {
			taken++
		}
		return err
	})
	for name, files := range others {
		if !heard[name] {
			left = append(left, fmt.Sprintf("%s: not read; convert it: sox %[1]s -r 8000 -c 1 -b 16 %s.wav", files[0], name))
		}
	}
	slices.Sort(left)
	return taken, left, err
}

// copySound copies a file that can be played to a place where none is. why says why it does not.
func copySound(from, to string, rehearse bool) (why string, err error) {
	if _, err := os.Stat(to); err == nil {
		return to + " is there already", nil
	}
	in, err := os.Open(from)
	if err != nil {
		return err.Error(), nil
	}
	defer in.Close()
	name, extension := splitName(filepath.Base(from))
	if _, err := playable(File{Name: name, Extension: extension}, in); err != nil || rehearse {
		if err != nil {
			why = err.Error()
		}
		return why, nil
	}
	if _, err := in.Seek(0, io.SeekStart); err != nil {
		return "", err
	}
	if err := os.MkdirAll(filepath.Dir(to), 0o777); err != nil {
		return "", err
	}
	return "", replaceFile(filepath.Dir(to), func(temporary *os.File) (string, error) {
		_, err := io.Copy(temporary, in)
		return filepath.Base(to), err
	})
}
