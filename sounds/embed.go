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

// embeddedTexts are the words of the English embedded prompts by name.
var embeddedTexts = sync.OnceValue(func() map[string]string {
	texts := make(map[string]string)
	table, _ := embedded.ReadFile(path.Join(embeddedLanguage, "prompts.tsv"))
	for line := range strings.Lines(string(table)) {
		if fields := strings.Split(strings.TrimSuffix(line, "\n"), "\t"); len(fields) == 5 && !strings.HasPrefix(line, "#") {
			texts[fields[0]] = fields[4]
		}
	}
	return texts
})
