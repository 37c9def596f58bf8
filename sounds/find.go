package sounds

import (
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// extensions are those of the files that are read, the best first: G.711 as it
// will be sent, then what loses nothing, then the rest.
var extensions = []string{
	"ulaw", "ul", "mu", "ulw", "pcm", "alaw", "al", "alw",
	"sln", "raw", "wav", "WAV", "wav16",
	"sln16", "sln12", "sln24", "sln32", "sln44", "sln48", "sln96", "sln192",
	"mp3", "MP3",
}

// unread are extensions of sounds that are not read; finding one explains why a sound is missing.
var unread = []string{"gsm", "g722", "wav49", "g729", "ogg", "opus", "flac", "au", "aiff", "m4a", "siren7", "siren14", "g719", "ilbc"}

// Extensions lists the extensions of the sound files that are read. Where several
// files have a name, the one whose extension comes first is taken.
func Extensions() []string { return slices.Clone(extensions) }

// NotFoundError tells that there is no sound of a name.
type NotFoundError struct {
	Name   string
	Looked []string // paths without extension, in the order in which they were looked for; "embedded:" before one in the program
	Hint   string   // what may help, or why it was not looked for; may be empty
}

func (e *NotFoundError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "sound %q not found", e.Name)
	if len(e.Looked) > 0 {
		fmt.Fprintf(&b, "; looked for %s with the extensions ulaw, alaw, sln, wav, mp3", strings.Join(e.Looked, ", "))
	}
	if e.Hint != "" {
		fmt.Fprintf(&b, "; %s", e.Hint)
	}
	return b.String()
}

// place is where a sound was found.
type place struct {
	path     string
	embedded bool
	info     fs.FileInfo // nil if embedded
}

// key tells files and embedded prompts apart.
func (p place) key() string {
	if p.embedded {
		return embeddedPrefix + p.path
	}
	return p.path
}

const embeddedPrefix = "embedded:"

// finder finds the file of a name as Asterisk does.
//
// A name has no extension. In the language fr_CA a relative name `menu/hello` is
// looked for in each folder as `fr_CA/menu/hello`, then in each as
// `fr/menu/hello`, `menu/hello` and `en/menu/hello`; an absolute name
// `/srv/hello` as `/srv/fr_CA/hello`, `/srv/fr/hello`, `/srv/hello`,
// `/srv/en/hello`. An absolute name under a prefix of prefixes is the relative
// name that remains of it, the prefix's own folder coming before the others;
// what is not there is looked for in both layouts and under the name as it was
// written. Last come the prompts in the program.
//
// A relative name never leads out of the folders. An absolute one is the owner's
// own text and may name any sound on the machine, as in Asterisk; but only as it
// stands: with `..` in it (which a caller may have put there, through a variable)
// it must not lead out of the folders and prefixes either.
type finder struct {
	folders  []string
	prefixes map[string]string // to the folder that stands for it
}

// find returns where the sound is, or a *NotFoundError.
func (f *finder) find(name, language string) (place, error) {
	files, inside, err := f.bases(name, language)
	if err != nil {
		return place{}, err
	}
	for _, base := range files {
		if !hasFolder(base) {
			continue
		}
		for _, extension := range extensions {
			file := base + "." + extension
			if info, err := os.Stat(file); err == nil && info.Mode().IsRegular() {
				return place{path: file, info: info}, nil
			}
		}
	}
	for _, base := range inside {
		if _, err := fs.Stat(embedded, base+".wav"); err == nil {
			return place{path: base + ".wav", embedded: true}, nil
		}
	}
	missing := &NotFoundError{Name: name, Looked: files}
	for _, base := range inside {
		missing.Looked = append(missing.Looked, embeddedPrefix+base)
	}
	missing.Hint = hint(name, files)
	return place{}, missing
}

// hasFolder spares asking for each extension in a folder that is not there; most languages have none.
func hasFolder(base string) bool {
	_, err := os.Stat(filepath.Dir(base))
	return err == nil
}

// bases lists the paths without extension that a sound may have: files in their order, then embedded ones.
func (f *finder) bases(name, language string) (files, inside []string, err error) {
	refuse := func(why string) ([]string, []string, error) {
		return nil, nil, &NotFoundError{Name: name, Hint: why}
	}
	if name == "" {
		return refuse("the name is empty")
	}
	if strings.ContainsRune(name, 0) {
		return refuse("a name cannot contain a zero byte")
	}
	clean := path.Clean(name)
	add := func(base string) {
		if !slices.Contains(files, base) {
			files = append(files, base)
		}
	}
	folders, relative, absolute := f.folders, clean, path.IsAbs(clean)
	if absolute {
		prefix, folder := f.prefix(clean)
		if prefix == "" && climbs(name) && !f.within(clean) {
			return refuse("with .. in it the name leads out of the sound folders")
		}
		relative = ""
		if prefix != "" {
			relative = strings.TrimPrefix(clean[len(prefix):], "/")
			folders = append([]string{folder}, f.folders...)
		}
	} else if !filepath.IsLocal(clean) || clean == "." {
		return refuse("the name leads out of the sound folders")
	}
	languages := fallbacks(language)
	for _, l := range languages {
		if relative != "" {
			for _, folder := range folders {
				if folder != "" {
					add(filepath.Join(folder, l, relative))
				}
			}
		}
		if absolute {
			if relative != "" {
				for _, folder := range folders {
					if folder != "" {
						add(filepath.Join(folder, path.Dir(relative), l, path.Base(relative)))
					}
				}
			}
			add(path.Join(path.Dir(clean), l, path.Base(clean)))
		}
	}
	if relative != "" {
		for _, l := range languages {
			if base := path.Join(l, relative); l != "" && !slices.Contains(inside, base) {
				inside = append(inside, base)
			}
		}
	}
	return files, inside, nil
}

// prefix is the longest prefix that the path lies under, and its folder.
func (f *finder) prefix(clean string) (prefix, folder string) {
	for p, dir := range f.prefixes {
		if p = path.Clean(p); len(p) > len(prefix) && beneath(clean, p) {
			prefix, folder = p, dir
		}
	}
	return prefix, folder
}

// within tells whether the path lies in one of the folders.
func (f *finder) within(clean string) bool {
	for _, folder := range f.folders {
		if dir, err := filepath.Abs(folder); err == nil && folder != "" && beneath(clean, dir) {
			return true
		}
	}
	return false
}

func beneath(name, dir string) bool {
	rest, ok := strings.CutPrefix(name, dir)
	return ok && strings.HasPrefix(rest, "/") && rest != "/"
}

// climbs tells whether an element of the name is `..`.
func climbs(name string) bool { return slices.Contains(strings.Split(name, "/"), "..") }

// fallbacks lists a language, the same without dialect and style, none, and the one that there always is.
func fallbacks(language string) []string {
	var list []string
	if !strings.ContainsFunc(language, notInLanguage) {
		for l := language; l != ""; {
			list = append(list, l)
			l = l[:max(0, strings.LastIndexByte(l, '_'))]
		}
	}
	list = append(list, "")
	if !slices.Contains(list, embeddedLanguage) {
		list = append(list, embeddedLanguage)
	}
	return list
}

// notInLanguage are characters that no language has. It may be a caller's doing,
// through a variable, and becomes an element of a path: without dots and slashes.
func notInLanguage(r rune) bool {
	return r != '_' && r != '-' && (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z')
}

// hint says why a sound may be missing although its file seems to be there.
func hint(name string, files []string) string {
	if extension := strings.TrimPrefix(path.Ext(name), "."); slices.Contains(extensions, extension) {
		return fmt.Sprintf("a sound is named without its extension: %s", strings.TrimSuffix(name, "."+extension))
	}
	for _, base := range files {
		if !hasFolder(base) {
			continue
		}
		for _, extension := range unread {
			file := base + "." + extension
			if _, err := os.Stat(file); err == nil {
				return fmt.Sprintf("%s is there but not read; convert it: sox %[1]s -r 8000 -c 1 -b 16 %s.wav", file, base)
			}
		}
	}
	return ""
}
