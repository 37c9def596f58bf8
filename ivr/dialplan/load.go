package dialplan

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"sort"
	"strings"
)

const (
	maxFileSize = 64 << 20 // bytes
	maxFiles    = 10000    // opened by one Load, each #include counted
)

// LoadOptions say how files are found and what their lines may use.
type LoadOptions struct {
	// FS has the files; nil: the operating system has.
	FS fs.FS
	// Functions reads a dialplan function for the ${ } that are replaced when a file is loaded. GLOBAL is known without it.
	// nil: there are no functions.
	Functions func(name, args string) (string, error)
	// Seen is told of each path and pattern that was looked for, also of those that led to no file: when one of them changes,
	// the plan does. nil: nobody is told.
	Seen func(path string)
	// Instead are texts that stand in the place of files, by their paths, to see what a change would do: nil stands for a file that is
	// not there. A path with the directory of one that is loaded is one of its files.
	Instead map[string][]byte
	// Switch has contexts beside those of the files, which these may include; nil: there are none.
	Switch Switch
}

// Load makes one plan of files. A path that is a directory stands for its *.conf in the order of their names; an #include is
// looked up from the directory of the path that it came by. All problems of all files are told, in the order of
// the files. If one is of the structure, there is no plan.
func Load(opt LoadOptions, paths ...string) (*Plan, []Problem) {
	l := load(opt, paths)
	plan, problems := build(l.order, opt)
	plan.Files = l.read
	problems = append(l.problems, problems...)
	sort.SliceStable(problems, func(i, j int) bool {
		a, b := problems[i].Pos, problems[j].Pos
		if a.File != b.File {
			return l.rank[a.File] < l.rank[b.File]
		}
		return a.Line < b.Line
	})
	for _, p := range problems {
		if p.Structure {
			return nil, problems
		}
	}
	return plan, problems
}

// load reads the sections of files.
func load(opt LoadOptions, paths []string) *loader {
	l := &loader{disk: disk{opt.FS, opt.Instead}, seen: opt.Seen, sections: map[string][]*section{}, rank: map[string]int{}}
	if l.seen == nil {
		l.seen = func(string) {}
	}
	for _, p := range paths {
		l.seen(p)
		for _, name := range l.expand(p) {
			l.latest, l.orphan = nil, false
			l.root = l.disk.dir(name)
			l.file(name, Pos{File: name})
		}
	}
	return l
}

// section is a section of the files: its own lines behind those of its templates.
type section struct {
	name     string
	pos      Pos
	template bool
	lines    []*Line
}

// loader reads files into sections.
type loader struct {
	disk     disk
	root     string // where includes are looked up
	problems []Problem
	order    []*section
	sections map[string][]*section // by name
	current  *section              // where the next line of the present file goes
	latest   *section              // the section that was opened last, by whatever file
	orphan   bool                  // a line before the first section has been told
	reading  []string              // the files that include each other, down to the present one
	files    int                   // how many were opened
	rank     map[string]int        // their order
	read     []string              // those that could be read, each once
	seen     func(path string)
}

func (l *loader) refuse(at Pos, format string, args ...any) {
	l.problems = append(l.problems, Problem{Pos: at, Severity: Error, Structure: true, Text: fmt.Sprintf(format, args...)})
}

func (l *loader) warn(at Pos, format string, args ...any) {
	l.problems = append(l.problems, Problem{Pos: at, Text: fmt.Sprintf(format, args...)})
}

// expand makes the *.conf of a path that is a directory.
func (l *loader) expand(name string) []string {
	if !l.disk.isDir(name) {
		return []string{name}
	}
	l.seen(l.disk.join(wildcard.Replace(name), "*.conf"))
	names, err := l.disk.glob(name, "*.conf")
	if err != nil {
		l.refuse(Pos{File: name}, "the directory cannot be read: %v", err)
	}
	return names
}

// file reads a file into the sections; at is the place that names it.
func (l *loader) file(name string, at Pos) {
	for _, open := range l.reading {
		if open == name {
			l.refuse(at, "%s includes itself", name)
			return
		}
	}
	if l.files++; l.files > maxFiles {
		if l.files == maxFiles+1 {
			l.refuse(at, "more than %d files are included", maxFiles)
		}
		return
	}
	l.seen(name)
	data, err := l.disk.read(name)
	if err != nil {
		l.refuse(at, "the file %s cannot be read: %v", name, reason(err))
		return
	}
	if _, ok := l.rank[name]; !ok {
		l.rank[name] = len(l.rank)
		l.read = append(l.read, name)
	}
	f, problems := Parse(name, data)
	l.problems = append(l.problems, problems...)
	l.reading = append(l.reading, name)
	// An included file goes on in the section that was opened last; the file that includes it, in its own.
	including := l.current
	l.current = l.latest
	for i := range f.Lines {
		l.line(&f.Lines[i])
	}
	l.current = including
	l.reading = l.reading[:len(l.reading)-1]
}

func (l *loader) line(line *Line) {
	switch line.Kind {
	case Section:
		l.open(line)
	case Directive:
		l.directive(line)
	case Setting, Broken:
		if l.current == nil && !l.orphan && !strings.HasPrefix(strings.TrimSpace(line.Raw), "[") {
			l.orphan = true
			l.refuse(line.pos(line.keyAt), "the line stands before the first [section]")
		}
		if l.current != nil && line.Kind == Setting {
			l.current.lines = append(l.current.lines, line)
		}
	}
}

// open begins a section, or goes on with one.
func (l *loader) open(line *Line) {
	s := &section{name: line.Key, pos: line.pos(line.keyAt)}
	l.current = s
	if line.Options {
		at := line.valueAt
		for option := range strings.SplitSeq(line.Value, ",") {
			name, nameAt := trim(option, at)
			at += len(option) + 1
			switch name {
			case "":
			case "!":
				s.template = true
			case "+":
				if before := l.find(s.name, false); before != nil {
					l.current = before
				} else {
					l.refuse(line.pos(nameAt), "(+) adds to section [%s], which does not exist before this line", s.name)
				}
			default:
				if base := l.find(name, true); base != nil {
					l.current.lines = append(l.current.lines, base.lines...)
				} else {
					l.refuse(line.pos(nameAt), "[%s] is made from [%s], which does not exist before this line", s.name, name)
				}
			}
		}
	}
	l.latest = l.current
	if l.current == s {
		l.sections[s.name] = append(l.sections[s.name], s)
		l.order = append(l.order, s)
	}
}

// find gives the first section of a name.
func (l *loader) find(name string, templates bool) *section {
	for _, s := range l.sections[name] {
		if templates || !s.template {
			return s
		}
	}
	return nil
}

var directives = []string{"include", "tryinclude"}

// directive follows a line that begins with "#".
func (l *loader) directive(line *Line) {
	key := strings.ToLower(line.Key)
	at := line.pos(line.valueAt)
	switch {
	case key == "exec":
		l.warn(line.pos(line.keyAt), "#exec is not supported, since it runs a program: the line is ignored")
		return
	case key != "include" && key != "tryinclude":
		l.problems = append(l.problems, Problem{Pos: line.pos(line.keyAt), Severity: Error,
			Text: fmt.Sprintf("unknown directive %q: the line is ignored", "#"+clip(line.Key)), Suggest: suggest(key, directives)})
		return
	case line.Value == "":
		l.warn(line.pos(line.keyAt), "#%s names no file: the line is ignored", key)
		return
	}
	pattern := unquote(line.Value)
	l.seen(l.disk.join(wildcard.Replace(l.root), pattern))
	names, err := l.disk.glob(l.root, pattern)
	if err != nil {
		l.refuse(at, "#%s: %q is not a pattern of file names: %v", key, clip(pattern), err)
		return
	}
	if len(names) == 0 && key == "include" {
		l.refuse(at, "#include: there is no file %s", clip(l.disk.join(l.root, pattern)))
	}
	for _, name := range names {
		l.file(name, at)
	}
}

// unquote takes "..." or <...> off a name.
func unquote(name string) string {
	if n := len(name); n >= 2 && (name[0] == '"' && name[n-1] == '"' || name[0] == '<' && name[n-1] == '>') {
		return name[1 : n-1]
	}
	return name
}

// reason is what an error of the file system says besides the name.
func reason(err error) error {
	var e *fs.PathError
	if errors.As(err, &e) {
		return e.Err
	}
	return err
}

// disk is where files are: an fs.FS, or the operating system, but for those that have another text.
type disk struct {
	fs      fs.FS
	instead map[string][]byte // see LoadOptions
}

func (d disk) read(name string) ([]byte, error) {
	if text, ok := d.instead[name]; ok {
		if text == nil {
			return nil, fs.ErrNotExist
		}
		return text, nil
	}
	info, err := d.stat(name)
	switch {
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular():
		return nil, errors.New("it is no regular file")
	case info.Size() > maxFileSize:
		return nil, fmt.Errorf("it has %d bytes, more than %d", info.Size(), maxFileSize)
	case d.fs != nil:
		return fs.ReadFile(d.fs, name)
	}
	return os.ReadFile(name)
}

func (d disk) stat(name string) (fs.FileInfo, error) {
	if d.fs != nil {
		return fs.Stat(d.fs, name)
	}
	return os.Stat(name)
}

func (d disk) isDir(name string) bool {
	info, err := d.stat(name)
	return err == nil && info.IsDir()
}

// glob gives the files that fit a pattern in a directory, sorted. A name without wildcards is a pattern, too.
func (d disk) glob(dir, pattern string) ([]string, error) {
	name := d.join(dir, pattern)
	if text, ok := d.instead[name]; ok && text != nil {
		return []string{name}, nil
	} else if _, err := d.stat(name); err == nil && !ok {
		return []string{name}, nil
	}
	pattern = d.join(wildcard.Replace(dir), pattern)
	var names []string
	var err error
	if d.fs != nil {
		names, err = fs.Glob(d.fs, pattern)
	} else {
		names, err = filepath.Glob(pattern)
	}
	for path, text := range d.instead {
		names = slices.DeleteFunc(names, func(name string) bool { return name == path })
		if fits, _ := filepath.Match(pattern, path); fits && text != nil {
			names = append(names, path)
		}
	}
	slices.Sort(names)
	return names, err
}

// wildcard makes a name a pattern of only itself.
var wildcard = strings.NewReplacer(`*`, `\*`, `?`, `\?`, `[`, `\[`, `\`, `\\`)

func (d disk) dir(name string) string {
	if d.fs != nil {
		return path.Dir(name)
	}
	return filepath.Dir(name)
}

func (d disk) join(dir, name string) string {
	switch {
	case d.fs != nil:
		return path.Join(dir, name)
	case filepath.IsAbs(name):
		return name
	}
	return filepath.Join(dir, name)
}
