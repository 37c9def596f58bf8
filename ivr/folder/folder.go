// Package folder is the directory of dialplan files while a server runs: its *.conf are listed, read, checked as they would be, and written, each
// as a whole or not at all. Names never lead out of the directory, neither by .. nor by links.
package folder

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"dialtone/ivr/dialplan"
)

// Folder is such a directory. Its methods may be called from any goroutine.
type Folder struct {
	Dir string
	// Load reads the dialplan, with texts in the place of files: see dialplan.LoadOptions.Instead.
	Load func(instead map[string][]byte) (*dialplan.Plan, []dialplan.Problem)
	// Written is told that a file has changed, to have the dialplan read again; nil: nobody is.
	Written func()

	mu sync.Mutex // held while a file is checked and written
}

// File is one of the files.
type File struct {
	Name    string    `json:"name"`
	Size    int64     `json:"size"` // bytes
	Changed time.Time `json:"changed"`
}

// MaxFile is how long a file may be that is written, in bytes.
const MaxFile = 1 << 20

// RefusedError says why a file is not taken: it would make all files unreadable, or its name is one that none may have.
type RefusedError struct{ Text string }

func (e *RefusedError) Error() string { return e.Text }

// fileName is what a file may be called.
var fileName = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9_.-]{0,119}\.conf$`)

// List gives the files, in the order in which the dialplan reads them.
func (f *Folder) List() ([]File, error) {
	entries, err := os.ReadDir(f.Dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var files []File
	for _, entry := range entries {
		info, err := entry.Info()
		if err == nil && info.Mode().IsRegular() && fileName.MatchString(entry.Name()) {
			files = append(files, File{entry.Name(), info.Size(), info.ModTime().UTC().Truncate(time.Second)})
		}
	}
	return files, nil
}

// Read gives the text of a file. A missing one is fs.ErrNotExist.
func (f *Folder) Read(name string) ([]byte, error) {
	root, err := f.root(name)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	file, err := root.Open(name)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return io.ReadAll(io.LimitReader(file, 64*MaxFile))
}

// root opens the directory for a file of a name.
func (f *Folder) root(name string) (*os.Root, error) {
	if !fileName.MatchString(name) {
		return nil, fmt.Errorf("no dialplan file is called %q: %w", name, fs.ErrNotExist)
	}
	return os.OpenRoot(f.Dir)
}

// Check says what the dialplan's problems would be with a text in a file; nil: without the file. A RefusedError is what would make all
// files unreadable.
func (f *Folder) Check(name string, text []byte) ([]dialplan.Problem, error) {
	if !fileName.MatchString(name) {
		return nil, &RefusedError{Text: fmt.Sprintf("%q is no name of a dialplan file: letters, digits, _, - and dots, with .conf at its end", name)}
	}
	if len(text) > MaxFile {
		return nil, &RefusedError{Text: fmt.Sprintf("the file has %d bytes, more than %d", len(text), MaxFile)}
	}
	path := filepath.Join(f.Dir, name)
	plan, problems := f.Load(map[string][]byte{path: text})
	faults := structural(problems)
	if plan == nil {
		if before, known := f.Load(nil); before == nil && len(faults) <= len(structural(known)) {
			faults = nil // it could not be read before, either, and is not worse now
		}
	}
	for i := range problems {
		if rest, ok := strings.CutPrefix(problems[i].File, f.Dir+string(filepath.Separator)); ok {
			problems[i].File = rest
		}
	}
	if len(faults) > 0 {
		return problems, &RefusedError{Text: "the dialplan could not be read with this file"}
	}
	return problems, nil
}

// structural are the problems for which nothing is made of the files.
func structural(problems []dialplan.Problem) []dialplan.Problem {
	return slices.DeleteFunc(slices.Clone(problems), func(p dialplan.Problem) bool { return !p.Structure })
}

// Write writes a file in the place of the one of its name, or a new one, when the dialplan can be read with it. What it gives is as Check's.
func (f *Folder) Write(name string, text []byte) ([]dialplan.Problem, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := os.MkdirAll(f.Dir, 0o755); err != nil {
		return nil, err
	}
	problems, err := f.Check(name, text)
	if err != nil {
		return problems, err
	}
	root, err := f.root(name)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	if err := replace(root, name, text); err != nil {
		return nil, err
	}
	f.written()
	return problems, nil
}

// Delete removes a file, when the dialplan can be read without it. A missing one is fs.ErrNotExist.
func (f *Folder) Delete(name string) ([]dialplan.Problem, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	root, err := f.root(name)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	if _, err := root.Stat(name); err != nil {
		return nil, err
	}
	problems, err := f.Check(name, nil)
	if err != nil {
		return problems, err
	}
	if err := root.Remove(name); err != nil {
		return nil, err
	}
	f.written()
	return problems, nil
}

func (f *Folder) written() {
	if f.Written != nil {
		f.Written()
	}
}

// replace writes a file beside, brings it to disk, and gives it its name.
func replace(root *os.Root, name string, text []byte) (err error) {
	beside := fmt.Sprintf(".%s.%016x", name, rand.Uint64())
	file, err := root.OpenFile(beside, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			root.Remove(beside)
		}
	}()
	_, err = file.Write(text)
	if err == nil {
		err = file.Sync()
	}
	if err = errors.Join(err, file.Close()); err != nil {
		return err
	}
	if err = root.Rename(beside, name); err != nil {
		return err
	}
	if dir, err := root.Open("."); err == nil { // the name is there after a power cut, too
		_ = dir.Sync()
		dir.Close()
	}
	return nil
}
