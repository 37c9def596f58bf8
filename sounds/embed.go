package sounds

import (
	"embed"
	"io/fs"
	"path"
	"strings"
	"sync"
)

//go:embed en fr
var embedded embed.FS

// Embedded is the prompts in the program: LANGUAGE/NAME.wav, as
// en/ivr-sounds/ivr-example-choices.wav, and LANGUAGE/prompts.tsv, the table of
// what they say and in which voice. tools/prompts.sh makes the one of the other.
// Under ivr-sounds are examples, 16 bit; the rest are the pieces of numbers,
// letters, dates and times under the names that Asterisk's have, in µ-law.
func Embedded() fs.FS { return embedded }

// embeddedLanguage is the language in which a sound is when it is in no other.
const embeddedLanguage = "en"

// EmbeddedNames lists the embedded example prompts by the name that a dialplan
// gives them, as ivr-sounds/ivr-example-choices, in order: those that their owner
// will want to see and replace, without the pieces of numbers and dates.
func EmbeddedNames() []string {
	files, _ := fs.Glob(embedded, embeddedLanguage+"/ivr-sounds/*.wav") // the pattern is good
	names := make([]string, len(files))
	for i, file := range files {
		names[i] = strings.TrimSuffix(strings.TrimPrefix(file, embeddedLanguage+"/"), ".wav")
	}
	return names
}

// embeddedTags are the languages of the embedded prompts, by their directories, as users of telephones have them;
// the rule of fallbacks leads from one to the other.
var embeddedTags = map[string]string{"en": "en_US", "fr": "fr_FR"}

// SystemCategory is the category of the prompts in the program, as the one of Asterisk's own is called in Wazo.
const SystemCategory = "system"

// System is the category of the prompts in the program; nothing in it can be changed. A dialplan names them without it: digits/1.
var System = sync.OnceValue(func() Category {
	category := Category{Name: SystemCategory}
	fs.WalkDir(embedded, ".", func(file string, d fs.DirEntry, err error) error { // never fails
		language, name, _ := strings.Cut(file, "/")
		if name, sound := strings.CutSuffix(name, ".wav"); sound {
			category.Files = append(category.Files, File{Name: name, Language: embeddedTags[language], Extension: "wav", Text: embeddedTexts()[path.Join(language, name)]})
		}
		return nil
	})
	sortFiles(category.Files)
	return category
})

// OpenSystem opens one of the prompts in the program, the first of those that a request means. The caller closes it.
func OpenSystem(name, language, extension string) (File, fs.File, error) {
	for _, f := range System().Files {
		if f.match(name, language, extension) {
			folder, _, _ := strings.Cut(f.Language, "_")
			opened, err := embedded.Open(path.Join(folder, f.Base()))
			return f, opened, err
		}
	}
	return File{}, nil, fs.ErrNotExist
}

// embeddedTexts are the words of the embedded prompts by language and name: en/digits/1.
var embeddedTexts = sync.OnceValue(func() map[string]string {
	texts := make(map[string]string)
	for language := range embeddedTags {
		table, _ := embedded.ReadFile(path.Join(language, "prompts.tsv"))
		for line := range strings.Lines(string(table)) {
			if fields := strings.Split(strings.TrimSuffix(line, "\n"), "\t"); len(fields) == 5 && !strings.HasPrefix(line, "#") {
				texts[path.Join(language, fields[0])] = fields[4]
			}
		}
	}
	return texts
})
