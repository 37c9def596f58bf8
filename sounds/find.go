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
// `fr/menu/hello` and `menu/hello`; then among the installed sounds and in the
// program as `fr_CA/menu/hello` and `fr/menu/hello`; and at last in all of these
// as `en/menu/hello`. Installed sounds may have a voice to their language, as
// `fr_CA_f_June/menu/hello`.
//
// An absolute name is looked for as `/srv/fr_CA/hello`, `/srv/fr/hello`,
// `/srv/hello`, `/srv/en/hello`. One under a prefix of prefixes is the relative
// name that remains of it, the prefix's own folder coming before the others;
// what is not there is looked for in both layouts and under the name as it was
// written. Beneath a prefix a category of sounds (see [Categories]) that only one tenant
// has goes without the tenant's folder, after the others, and the master's goes with one, too.
//
// A relative name never leads out of the folders. An absolute one is the owner's
// own text and may name any sound on the machine, as in Asterisk; but only as it
// stands: with `..` in it (which a caller may have put there, through a variable)
// it must not lead out of the folders and prefixes either.
type finder struct {
	folders  []string
	prefixes map[string]string // to the folder that stands for it
	system   []string          // folders of installed sounds
}

// base is where a sound may be, without its extension.
type base struct {
	path     string
	embedded bool
}

func (b base) String() string {
	if b.embedded {
		return embeddedPrefix + b.path
	}
	return b.path
}

// find returns where the sound is, or a *NotFoundError.
func (f *finder) find(name, language string) (place, error) {
	bases, err := f.bases(name, language)
	if err != nil {
		return place{}, err
	}
	missing := &NotFoundError{Name: name}
	for _, b := range bases {
		if found, ok := b.find(); ok {
			return found, nil
		}
		missing.Looked = append(missing.Looked, b.String())
	}
	missing.Hint = hint(name, bases)
	return place{}, missing
}

// find looks for a file with one of the extensions.
func (b base) find() (place, bool) {
	if b.embedded {
		_, err := fs.Stat(embedded, b.path+".wav")
		return place{path: b.path + ".wav", embedded: true}, err == nil
	}
	if !hasFolder(b.path) {
		return place{}, false
	}
	for _, extension := range extensions {
		file := b.path + "." + extension
		if info, err := os.Stat(file); err == nil && info.Mode().IsRegular() {
			return place{path: file, info: info}, true
		}
	}
	return place{}, false
}

// hasFolder spares asking for each extension in a folder that is not there; most languages have none.
func hasFolder(base string) bool {
	_, err := os.Stat(filepath.Dir(base))
	return err == nil
}

// bases lists where a sound may be, in the order in which it is looked for.
func (f *finder) bases(name, language string) ([]base, error) {
	refuse := func(why string) ([]base, error) { return nil, &NotFoundError{Name: name, Hint: why} }
	if name == "" {
		return refuse("the name is empty")
	}
	if strings.ContainsRune(name, 0) {
		return refuse("a name cannot contain a zero byte")
	}
	clean := path.Clean(name)
	folders, relative, absolute := f.folders, clean, path.IsAbs(clean)
	if absolute {
		prefix, folder := f.prefix(clean)
		if prefix == "" && climbs(name) && !f.within(clean) {
			return refuse("with .. in it the name leads out of the sound folders")
		}
		relative = ""
		if prefix != "" {
			relative = mastersOwn(folder, strings.TrimPrefix(clean[len(prefix):], "/"))
			folders = append([]string{folder}, f.folders...)
			if own := tenantsOwn(folder, relative); own != "" {
				folders = append(folders, own)
			}
		}
	} else if !filepath.IsLocal(clean) || clean == "." {
		return refuse("the name leads out of the sound folders")
	}

	var list []base
	add := func(b base) {
		if !slices.Contains(list, b) {
			list = append(list, b)
		}
	}
	own := func(language string) { // among the sounds of the machine's owner
		for _, folder := range folders {
			if relative != "" && folder != "" {
				add(base{path: filepath.Join(folder, language, relative)})
			}
		}
		if !absolute {
			return
		}
		for _, folder := range folders {
			if relative != "" && folder != "" {
				add(base{path: filepath.Join(folder, path.Dir(relative), language, path.Base(relative))})
			}
		}
		add(base{path: path.Join(path.Dir(clean), language, path.Base(clean))})
	}
	given := func(language string) { // among those that came from elsewhere
		if relative == "" {
			return
		}
		for _, folder := range f.voices(language) {
			add(base{path: filepath.Join(folder, relative)})
		}
		add(base{path: path.Join(language, relative), embedded: true})
	}
	languages := fallbacks(language)
	for _, l := range append(languages, "") {
		own(l)
	}
	for _, l := range languages {
		given(l)
	}
	own(embeddedLanguage)
	given(embeddedLanguage)
	return list, nil
}

// voices lists the folders of installed sounds in a language: fr, then
// fr_CA_f_June and others whose names go on. Where nothing is installed there is none.
func (f *finder) voices(language string) []string {
	var list []string
	for _, folder := range f.system {
		entries, _ := os.ReadDir(folder) // not there: no voices
		for _, e := range entries {
			if name := e.Name(); name == language || strings.HasPrefix(name, language+"_") {
				list = append(list, filepath.Join(folder, name))
			}
		}
	}
	return list
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

// mastersOwn is the name of a sound without the tenant in it, tenants/TENANT/, where that tenant has no folder: the master has none.
func mastersOwn(folder, relative string) string {
	if rest, ok := strings.CutPrefix(relative, tenantsFolder+"/"); ok {
		tenant, own, _ := strings.Cut(rest, "/")
		if _, err := os.Stat(TenantFolder(folder, tenant)); err != nil {
			return own
		}
	}
	return relative
}

// tenantsOwn is the folder of the one tenant that has the category in which a sound is: a dialplan may name it without
// the tenant, /var/lib/wazo/sounds/ivr-sounds/welcome, as long as no other tenant could be meant.
func tenantsOwn(folder, relative string) (own string) {
	category, _, _ := strings.Cut(relative, "/")
	if !ValidCategory(category) {
		return ""
	}
	tenants, _ := os.ReadDir(filepath.Join(folder, tenantsFolder)) // not there: no tenants
	for _, tenant := range tenants {
		candidate := TenantFolder(folder, tenant.Name())
		if _, err := os.Stat(filepath.Join(candidate, category)); err != nil {
			continue
		}
		if own != "" {
			return ""
		}
		own = candidate
	}
	return own
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

// fallbacks lists a language, and the same without dialect and style.
func fallbacks(language string) []string {
	if strings.ContainsFunc(language, notInLanguage) {
		return nil
	}
	var list []string
	for l := language; l != ""; l = l[:max(0, strings.LastIndexByte(l, '_'))] {
		list = append(list, l)
	}
	return list
}

// notInLanguage are characters that no language has. It may be a caller's doing,
// through a variable, and becomes an element of a path: without dots and slashes.
func notInLanguage(r rune) bool {
	return r != '_' && r != '-' && (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z')
}

// hint says why a sound may be missing although its file seems to be there.
func hint(name string, bases []base) string {
	if extension := strings.TrimPrefix(path.Ext(name), "."); slices.Contains(extensions, extension) {
		return fmt.Sprintf("a sound is named without its extension: %s", strings.TrimSuffix(name, "."+extension))
	}
	for _, b := range bases {
		if b.embedded || !hasFolder(b.path) {
			continue
		}
		for _, extension := range unread {
			file := b.path + "." + extension
			if _, err := os.Stat(file); err == nil {
				return fmt.Sprintf("%s is there but not read; convert it: sox %[1]s -r 8000 -c 1 -b 16 %s.wav", file, b.path)
			}
		}
	}
	return ""
}
