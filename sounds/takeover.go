package sounds

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Gathered are the sounds of another system, ready to be placed: what can fail, as reading and a full disk, has been done.
type Gathered struct {
	from  string
	files []string // those that can be played, relative to from
	stage string   // the folder with their copies; empty: they were only looked at
	Left  []string // a line for each sound that is not taken, with why
}

// Gather reads the sounds in a directory and those below it, which has a directory for each language or none, and copies those that can be
// played beside the folder of all sounds. With rehearse it only looks at them. The caller places or discards them.
func Gather(from, folder string, rehearse bool) (*Gathered, error) {
	g := &Gathered{from: from}
	err := g.look()
	if err == nil && !rehearse && len(g.files) > 0 {
		err = g.copyTo(folder)
	}
	return g, err
}

// look finds what can be played.
func (g *Gathered) look() error {
	l := looking{gathered: g, heard: map[string]bool{}, others: map[string][]string{}}
	err := l.folder(g.from, false)
	for name, files := range l.others {
		if !l.heard[name] {
			g.Left = append(g.Left, fmt.Sprintf("%s: not read; convert it: sox %[1]s -r 8000 -c 1 -b 16 %s.wav", files[0], name))
		}
	}
	slices.Sort(g.Left)
	return err
}

// looking goes through the folders.
type looking struct {
	gathered *Gathered
	within   []os.FileInfo       // the folders that it is in, the outermost first
	heard    map[string]bool     // names that have a file that is read
	others   map[string][]string // files of the others by name
}

// folder looks at what is in a folder and below it. Folders that are links are followed, as en is one to en_US_f_Allison: not round in a
// circle, and not from within one that a link led to, so that what there is to see stays bounded.
func (l *looking) folder(dir string, linked bool) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	here, err := os.Stat(dir)
	if err != nil {
		return err
	}
	l.within = append(l.within, here)
	defer func() { l.within = l.within[:len(l.within)-1] }()
	for _, entry := range entries {
		if strings.HasPrefix(entry.Name(), ".") {
			continue
		}
		path, isLink := filepath.Join(dir, entry.Name()), entry.Type()&fs.ModeSymlink != 0
		info, err := os.Stat(path)
		switch {
		case err != nil:
			l.leave(path, "a link to what is not there (cp -rL copies what links lead to)")
			err = nil
		case info.Mode().IsRegular():
			err = l.file(path)
		case !info.IsDir() || l.isWithin(info):
		case isLink && linked:
			l.leave(path, "a link, in a folder that a link led to: not followed")
		default:
			err = l.folder(path, linked || isLink)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// isWithin tells whether a folder is one of those that it is in.
func (l *looking) isWithin(folder os.FileInfo) bool {
	return slices.ContainsFunc(l.within, func(outer os.FileInfo) bool { return os.SameFile(outer, folder) })
}

// leave tells that a file or a folder is not taken.
func (l *looking) leave(path, why string) {
	l.gathered.Left = append(l.gathered.Left, path+": "+why)
}

// file looks at a file.
func (l *looking) file(path string) error {
	name, extension := splitName(path)
	if slices.Contains(unread, extension) {
		l.others[name] = append(l.others[name], path)
	}
	if !slices.Contains(extensions, extension) {
		return nil
	}
	l.heard[name] = true
	inside, err := filepath.Rel(l.gathered.from, path)
	if err != nil {
		return err
	}
	if why := fault(path); why != nil {
		l.leave(path, why.Error())
	} else {
		l.gathered.files = append(l.gathered.files, inside)
	}
	return nil
}

// fault says why a file cannot be played; nil: it can.
func fault(file string) error {
	in, err := os.Open(file)
	if err != nil {
		return err
	}
	defer in.Close()
	name, extension := splitName(filepath.Base(file))
	_, err = playable(File{Name: name, Extension: extension}, in)
	return err
}

// copyTo copies what can be played into a folder of its own beneath another. When it fails nothing is left there.
func (g *Gathered) copyTo(folder string) (err error) {
	if err := os.MkdirAll(folder, 0o777); err != nil {
		return err
	}
	if g.stage, err = os.MkdirTemp(folder, unfinishedPrefix); err != nil {
		return err
	}
	for _, file := range g.files {
		if err := copyFile(filepath.Join(g.from, file), filepath.Join(g.stage, file)); err != nil {
			return errors.Join(err, g.Discard())
		}
	}
	return nil
}

func copyFile(from, to string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	if err := os.MkdirAll(filepath.Dir(to), 0o777); err != nil {
		return err
	}
	return replaceFile(filepath.Dir(to), func(temporary *os.File) (string, error) {
		_, err := io.Copy(temporary, in)
		return filepath.Base(to), err
	})
}

// Place puts the sounds into a folder beneath that in which they were gathered, or into it, under their names. What is there already stays; where it
// is another sound, that is added to what is left. It gives how many are new, also when they were only looked at.
func (g *Gathered) Place(folder string) (taken int, err error) {
	for _, file := range g.files {
		from, to := filepath.Join(g.from, file), filepath.Join(folder, file)
		if _, err := os.Stat(to); err == nil {
			if same, err := sameFiles(from, to); err != nil {
				return taken, err
			} else if !same {
				g.Left = append(g.Left, fmt.Sprintf("%s: %s is there already, and another sound", from, to))
			}
			continue
		}
		taken++
		if g.stage == "" {
			continue
		}
		if err := os.MkdirAll(filepath.Dir(to), 0o777); err != nil {
			return taken, err
		}
		if err := errors.Join(os.Rename(filepath.Join(g.stage, file), to), syncFolder(filepath.Dir(to))); err != nil {
			return taken, err
		}
	}
	return taken, nil
}

// sameFiles tells whether two files have the same bytes.
func sameFiles(a, b string) (bool, error) {
	is, err := digest(a)
	if err != nil {
		return false, err
	}
	other, err := digest(b)
	return is == other, err
}

// digest is one for all files of the same bytes.
func digest(file string) (sum [sha256.Size]byte, err error) {
	in, err := os.Open(file)
	if err != nil {
		return sum, err
	}
	defer in.Close()
	hash := sha256.New()
	_, err = io.Copy(hash, in)
	return [sha256.Size]byte(hash.Sum(nil)), err
}

// Discard removes the copies that were not placed.
func (g *Gathered) Discard() error {
	if g.stage == "" {
		return nil
	}
	return os.RemoveAll(g.stage)
}
