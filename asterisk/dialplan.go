package asterisk

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"dialtone/ivr/dialplan"
)

// File is a file of the dialplan.
type File struct {
	Source  string // where it was read
	Name    string // where it goes, relative to the directory of dialplan files
	Content []byte
}

// includedFolder is where files go that others include: files of the directory itself are read by themselves.
const includedFolder = "asterisk"

// dialplan takes extensions.conf, as the first file, with all that it includes. The lines that include are changed to say where those files go; all else is
// as it was, line by line.
func (r *reader) dialplan() error {
	main := filepath.Join(r.dir, "extensions.conf")
	if _, err := os.Stat(main); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	plan, problems := dialplan.Load(dialplan.LoadOptions{}, main)
	for _, p := range problems {
		r.note(p.Pos, "%s", p.Text)
	}
	if plan == nil {
		r.note(dialplan.Pos{File: main}, "the dialplan is left out, as its structure cannot be read")
		return nil
	}
	for _, source := range plan.Files {
		content, err := os.ReadFile(source)
		if err != nil {
			return err
		}
		name := filepath.Base(main)
		if source != main {
			name = filepath.Join(includedFolder, r.within(source))
		}
		r.found.Dialplan = append(r.found.Dialplan, File{source, name, r.retarget(source, content)})
	}
	return nil
}

// within is the path of a file in the directory, as far as it lies there; of one that lies elsewhere it is its name.
func (r *reader) within(path string) string {
	if inside, err := filepath.Rel(r.dir, path); err == nil && filepath.IsLocal(inside) {
		return inside
	}
	return filepath.Base(path)
}

// target is within for what a line includes, which is relative to the directory.
func (r *reader) target(pattern string) string {
	if !filepath.IsAbs(pattern) {
		pattern = filepath.Join(r.dir, pattern)
	}
	return r.within(pattern)
}

// retarget says in the lines that include where those files go.
func (r *reader) retarget(source string, content []byte) []byte {
	parsed, _ := dialplan.Parse(source, content)
	var b strings.Builder
	for _, line := range parsed.Lines {
		if key := strings.ToLower(line.Key); line.Kind == dialplan.Directive && (key == "include" || key == "tryinclude") {
			b.WriteString("#" + key + " \"" + filepath.Join(includedFolder, r.target(strings.Trim(line.Value, `"<>`))) + "\"\n")
			continue
		}
		b.WriteString(line.Raw + "\n")
	}
	return []byte(b.String())
}

// FitDialplan says whether the files of the dialplan can go into a directory: none of them is there with other lines.
func (c Configuration) FitDialplan(dir string) error {
	for _, f := range c.Dialplan {
		if _, err := f.in(dir); err != nil {
			return err
		}
	}
	return nil
}

// in tells whether the file is in a directory already. One with other lines is an error.
func (f File) in(dir string) (bool, error) {
	name := filepath.Join(dir, f.Name)
	there, err := os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err == nil && !bytes.Equal(there, f.Content) {
		err = fmt.Errorf("%s is there already, with other lines than %s: move it away first", name, f.Source)
	}
	return true, err
}

// WriteDialplan writes the files of the dialplan into a directory, all or none, those that others include first. undo takes away
// those that were not there before.
func (c Configuration) WriteDialplan(dir string) (undo func() error, err error) {
	var written []string
	undo = func() error {
		var errs []error
		for _, name := range written {
			errs = append(errs, os.Remove(name))
		}
		return errors.Join(errs...)
	}
	for _, f := range slices.Backward(c.Dialplan) {
		there, err := f.in(dir)
		if err == nil && !there {
			name := filepath.Join(dir, f.Name)
			if err = writeWhole(name, f.Content); err == nil {
				written = append(written, name)
			}
		}
		if err != nil {
			return nil, errors.Join(err, undo())
		}
	}
	return undo, nil
}

// writeWhole writes a file that has all of its content or is not there.
func writeWhole(name string, content []byte) error {
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return err
	}
	temporary, err := os.CreateTemp(filepath.Dir(name), ".*")
	if err != nil {
		return err
	}
	defer os.Remove(temporary.Name()) // fails once it has its name
	_, err = temporary.Write(content)
	if err := errors.Join(err, temporary.Chmod(0o644), temporary.Sync(), temporary.Close()); err != nil {
		return err
	}
	return os.Rename(temporary.Name(), name)
}
