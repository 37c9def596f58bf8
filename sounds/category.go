package sounds

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Categories are the sounds that people upload into a folder. A category is a
// directory of it, with files and a directory for each language:
//
//	FOLDER/ivr-sounds/welcome.wav         heard in every language that has none of its own
//	FOLDER/ivr-sounds/fr_FR/welcome.mp3
//
// The directories are all there is: what a person copies into them is listed like
// what was uploaded, and a [Cache] over the folder finds it under ivr-sounds/welcome.
// What is written is on the disk when a method returns, and replaces a file in one
// step: a reader sees the old one or the new one, whole. Methods may be called from any
// goroutine; of two that write the same file the later one wins.
//
// Their errors are fs.ErrNotExist for what is not there, fs.ErrExist for a category that
// is, a *[RefusedError] for what cannot be taken as it is, or what the system says.
type Categories struct {
	folder string
}

// NewCategories are the categories of a folder, which need not be there yet.
func NewCategories(folder string) Categories { return Categories{folder} }

// tenantsFolder holds a folder of sounds for each tenant but the master, whose sounds are in the folder itself.
const tenantsFolder = "tenants"

// TenantFolder is where the sounds of a tenant are, beneath the folder of all sounds.
func TenantFolder(folder, tenant string) string {
	return filepath.Join(folder, tenantsFolder, tenant)
}

// Category is a directory of sounds.
type Category struct {
	Name  string
	Files []File // by name, then language, then extension
}

// File is one recording of a sound: there may be others in other languages and formats.
type File struct {
	Name      string // of the sound in its category; among the built-in ones it may have folders: digits/1
	Language  string // as fr or fr_FR; empty: for all that have none of their own
	Extension string // without the dot; empty: none
	Text      string // what a built-in one says
}

// Base is its name on the disk.
func (f File) Base() string {
	if f.Extension == "" {
		return f.Name
	}
	return f.Name + "." + f.Extension
}

// RefusedError says why a name or a sound is not taken.
type RefusedError struct{ Reason string }

func (e *RefusedError) Error() string { return e.Reason }

func refused(format string, args ...any) error { return &RefusedError{fmt.Sprintf(format, args...)} }

// MaxCategoryName is how long the name of a category may be.
const MaxCategoryName = 149 // characters

// categoryName is what the names of categories are like.
var categoryName = regexp.MustCompile(`^[a-zA-Z0-9][-_.a-zA-Z0-9]+$`)

// reservedNames are directories with another use.
var reservedNames = []string{SystemCategory, "monitor", "recordings-meetme", tenantsFolder}

// ValidCategory tells whether a category may have the name.
func ValidCategory(name string) bool {
	return categoryName.MatchString(name) && len(name) <= MaxCategoryName && !slices.Contains(reservedNames, name)
}

// languageName is what the names of languages are like; a directory of another name in a category is none of a language.
var languageName = regexp.MustCompile(`^[a-z]{2,3}([_-][a-zA-Z0-9]+)*$`)

// maxFileName leaves room for what is added to it while it is written.
const maxFileName = 200 // bytes, of 255 that file systems have

// validFile says why no file may have the name.
func validFile(name string) error {
	switch {
	case name == "" || strings.HasPrefix(name, "."):
		return refused("the file name %q: empty, or beginning with a dot", name)
	case strings.Contains(name, "/"):
		return refused("the file name %q: it has a slash", name)
	case len(name) > maxFileName:
		return refused("the file name has %d bytes (at most %d)", len(name), maxFileName)
	case !utf8.ValidString(name) || strings.ContainsFunc(name, unicode.IsControl):
		return refused("the file name %q: it has control characters, or is not UTF-8", name)
	}
	return nil
}

func validLanguage(language string) error {
	if language != "" && !languageName.MatchString(language) {
		return refused("the language %q is not like fr or fr_FR", language)
	}
	return nil
}

// dir is the directory of a category that may be there.
func (c Categories) dir(category string) (string, error) {
	if !ValidCategory(category) {
		return "", fs.ErrNotExist
	}
	return filepath.Join(c.folder, category), nil
}

// List gives all categories with their files, by name. A folder that is not there has none.
func (c Categories) List() ([]Category, error) {
	entries, err := os.ReadDir(c.folder)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	var list []Category
	for _, e := range entries {
		category, err := c.Get(e.Name())
		if errors.Is(err, fs.ErrNotExist) {
			continue // no directory, none of a category, or gone meanwhile
		}
		if err != nil {
			return nil, err
		}
		list = append(list, category)
	}
	return list, nil
}

// Get gives a category with its files.
func (c Categories) Get(name string) (Category, error) {
	dir, err := c.dir(name)
	if err != nil {
		return Category{}, err
	}
	if info, err := os.Stat(dir); err != nil {
		return Category{}, err
	} else if !info.IsDir() {
		return Category{}, fs.ErrNotExist
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return Category{}, err
	}
	category := Category{Name: name, Files: filesIn(dir, "", entries)}
	for _, e := range entries {
		if !languageName.MatchString(e.Name()) {
			continue
		}
		of, err := os.ReadDir(filepath.Join(dir, e.Name()))
		if err == nil { // else it is a file, or gone meanwhile
			category.Files = append(category.Files, filesIn(filepath.Join(dir, e.Name()), e.Name(), of)...)
		}
	}
	sortFiles(category.Files)
	return category, nil
}

func sortFiles(files []File) {
	slices.SortFunc(files, func(a, b File) int {
		return cmp.Or(strings.Compare(a.Name, b.Name), strings.Compare(a.Language, b.Language), strings.Compare(a.Extension, b.Extension))
	})
}

// filesIn are the files among a directory's entries; hidden ones are still being written.
func filesIn(dir, language string, entries []fs.DirEntry) []File {
	var files []File
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), ".") {
			continue
		}
		if info, err := os.Stat(filepath.Join(dir, e.Name())); err == nil && info.Mode().IsRegular() {
			name, extension := splitName(e.Name())
			files = append(files, File{Name: name, Language: language, Extension: extension})
		}
	}
	return files
}

// splitName parts a file's name from its extension.
func splitName(base string) (name, extension string) {
	extension = path.Ext(base)
	if extension == base {
		return base, ""
	}
	return strings.TrimSuffix(base, extension), strings.TrimPrefix(extension, ".")
}

// Create makes a category. One that has nothing but the examples that the first start
// writes becomes an empty one: the same examples in the program are heard until there are files.
func (c Categories) Create(name string) error {
	dir, err := c.dir(name)
	if err != nil {
		return refused("no category can have the name %q", name)
	}
	if err := os.MkdirAll(c.folder, 0o777); err != nil {
		return err
	}
	err = os.Mkdir(dir, 0o777)
	if errors.Is(err, fs.ErrExist) && c.removeExamples(name) {
		err = nil
	}
	if err != nil {
		return err
	}
	return syncFolder(c.folder)
}

// removeExamples removes the files of a category that consists of examples only, and tells whether it did.
func (c Categories) removeExamples(category string) bool {
	is, err := c.Get(category)
	if err != nil || len(is.Files) == 0 {
		return false
	}
	for _, f := range is.Files {
		if !c.isExample(category, f) {
			return false
		}
	}
	for _, f := range is.Files {
		if os.Remove(c.file(category, f)) != nil {
			return false
		}
	}
	return true
}

// isExample tells that a file is what Demo wrote, and unchanged.
func (c Categories) isExample(category string, f File) bool {
	example, err := embedded.ReadFile(path.Join(embeddedLanguage, category, f.Base()))
	if err != nil || f.Language != "" {
		return false
	}
	info, err := os.Stat(c.file(category, f))
	if err != nil || info.Size() != int64(len(example)) {
		return false
	}
	content, err := os.ReadFile(c.file(category, f))
	return err == nil && bytes.Equal(content, example)
}

// file is where a file is.
func (c Categories) file(category string, f File) string {
	return filepath.Join(c.folder, category, f.Language, f.Base())
}

// unfinishedPrefix begins the hidden name of a directory of a category that is being removed, or of sounds that are being taken over.
const unfinishedPrefix = ".unfinished-"

// Delete removes a category with its files, in one step for whoever looks; calls that play them go on.
func (c Categories) Delete(name string) error {
	dir, err := c.dir(name)
	if err != nil {
		return err
	}
	if _, err := os.Stat(dir); err != nil {
		return err
	}
	grave, err := os.MkdirTemp(c.folder, unfinishedPrefix)
	if err != nil {
		return err
	}
	err = os.Rename(dir, filepath.Join(grave, name))
	return errors.Join(err, os.RemoveAll(grave), syncFolder(c.folder))
}

// match tells whether a request for a name means the file. The name is the sound's or the file's, with its extension;
// an empty language or extension means any.
func (f File) match(name, language, extension string) bool {
	named := f.Name == name || f.Base() == name
	return named && (language == "" || language == f.Language) && (extension == "" || extension == f.Extension)
}

// matching are the files that a request means.
func (c Categories) matching(category, name, language, extension string) ([]File, error) {
	if err := errors.Join(validFile(name), validLanguage(language)); err != nil {
		return nil, err
	}
	is, err := c.Get(category)
	if err != nil {
		return nil, err
	}
	files := slices.DeleteFunc(is.Files, func(f File) bool { return !f.match(name, language, extension) })
	if len(files) == 0 {
		return nil, fs.ErrNotExist
	}
	return files, nil
}

// Open opens a file of a category: the one without a language, then the best of its formats. The caller closes it.
func (c Categories) Open(category, name, language, extension string) (File, fs.File, error) {
	files, err := c.matching(category, name, language, extension)
	if err != nil {
		return File{}, nil, err
	}
	best := slices.MinFunc(files, func(a, b File) int {
		return cmp.Or(strings.Compare(a.Language, b.Language), cmp.Compare(preference(a.Extension), preference(b.Extension)))
	})
	opened, err := os.Open(c.file(category, best))
	return best, opened, err
}

// preference orders formats as they are looked for when they are played.
func preference(extension string) int {
	if i := slices.Index(extensions, extension); i >= 0 {
		return i
	}
	return len(extensions)
}

// DeleteFile removes all files that a request means.
func (c Categories) DeleteFile(category, name, language, extension string) error {
	files, err := c.matching(category, name, language, extension)
	if err != nil {
		return err
	}
	for _, f := range files {
		dir := filepath.Join(c.folder, category, f.Language)
		if err := os.Remove(c.file(category, f)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		if f.Language != "" {
			os.Remove(dir) // stays while it has files
		}
		if err := syncFolder(dir); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// Put reads a sound and keeps it in a category, in the place of one of the same name, language and extension. Without an extension,
// neither given nor in the name, its content says which. What cannot be played is refused with what was found in it, and leaves
// everything as it was. Memory does not grow with its length.
func (c Categories) Put(category string, f File, r io.Reader) error {
	dir, err := c.dir(category)
	if err != nil {
		return err
	}
	if err := errors.Join(validFile(f.Base()), validLanguage(f.Language)); err != nil {
		return err
	}
	if name, extension := splitName(f.Name); f.Extension == "" || extension == f.Extension {
		f.Name, f.Extension = name, extension // the client named the file, not the sound
	}
	if f.Extension != "" && !slices.Contains(extensions, f.Extension) {
		return refused("%s: files with the extension %s are not read; convert it: %s", f.Base(), f.Extension, howToConvert)
	}
	if _, err := os.Stat(dir); err != nil {
		return err
	}
	made := false
	if f.Language != "" {
		dir = filepath.Join(dir, f.Language)
		err := os.Mkdir(dir, 0o777)
		if err != nil && !errors.Is(err, fs.ErrExist) {
			return err
		}
		made = err == nil
	}
	err = replaceFile(dir, func(temporary *os.File) (string, error) {
		if _, err := io.Copy(temporary, r); err != nil {
			return "", err
		}
		f, err = playable(f, temporary)
		return f.Base(), err
	})
	if err != nil && made {
		os.Remove(dir) // stays if another file came into it
	}
	if err != nil {
		return err
	}
	c.dropExamples(category, f)
	return nil
}

// dropExamples removes the example that a new sound replaces, where their formats differ: it might be played in its stead.
func (c Categories) dropExamples(category string, f File) {
	example := File{Name: f.Name, Extension: "wav"}
	if f.Language == "" && f.Extension != "" && f.Extension != example.Extension && c.isExample(category, example) {
		os.Remove(c.file(category, example))
	}
}

// playable decodes what was written and gives the file its extension if it has none.
func playable(f File, content *os.File) (File, error) {
	start := make([]byte, 512)
	n, err := content.ReadAt(start, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return f, err
	}
	start = start[:n]
	if f.Extension == "" {
		switch formatOf(f.Name, start) {
		case formatWAV:
			f.Extension = "wav"
		case formatMP3:
			f.Extension = "mp3"
		}
	}
	if _, raw := rawFormats[f.Extension]; raw && n > 0 && isText(start) {
		return f, refused("%s: it is text, not sound", f.Base())
	}
	if _, err := content.Seek(0, io.SeekStart); err != nil {
		return f, err
	}
	var heard count
	if err := decode(f.Base(), content, maxSamples, &heard); err != nil {
		return f, refused("%s: %v", f.Base(), err)
	}
	if heard == 0 {
		return f, refused("%s: no audio in it", f.Base())
	}
	return f, nil
}

// isText tells what begins a text from sound without a header, which may be any bytes.
func isText(start []byte) bool {
	for len(start) > 0 {
		r, size := utf8.DecodeRune(start)
		if r == utf8.RuneError && size == 1 {
			return len(start) < utf8.UTFMax && !utf8.FullRune(start) // a character that is cut off
		}
		if unicode.IsControl(r) && !unicode.IsSpace(r) {
			return false
		}
		start = start[size:]
	}
	return true
}

// Languages lists the languages in which the categories have files, in order.
func (c Categories) Languages() ([]string, error) {
	all, err := c.List()
	var languages []string
	for _, category := range all {
		for _, f := range category.Files {
			if f.Language != "" {
				languages = append(languages, f.Language)
			}
		}
	}
	slices.Sort(languages)
	return slices.Compact(languages), err
}

// Tidy removes what a crash has left half-written in the folder and in those of its tenants. Nothing may be written meanwhile.
func (c Categories) Tidy() error {
	var left []string
	for _, of := range []string{"", TenantFolder("", "*")} {
		for _, pattern := range []string{unfinishedPrefix + "*", "*/" + temporaryName, "*/*/" + temporaryName} {
			found, _ := filepath.Glob(filepath.Join(escapeGlob(c.folder), of, pattern)) // the pattern is good
			left = append(left, found...)
		}
	}
	var errs []error
	for _, file := range left {
		errs = append(errs, os.RemoveAll(file))
	}
	return errors.Join(errs...)
}

// escapeGlob takes their meaning from characters that have one in a pattern.
func escapeGlob(text string) string {
	return strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`).Replace(text)
}
