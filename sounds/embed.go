package sounds

import (
	"embed"
	"io/fs"
	"path"
	"strings"
	"sync"
)

//go:embed en
var embedded embed.FS

// Embedded is the prompts in the program: LANGUAGE/NAME.wav (8 kHz, 16 bit), as
// en/ivr-sounds/ivr-example-choices.wav, and LANGUAGE/prompts.tsv, the table of
// what they say and in which voice. tools/prompts.sh makes the one of the other.
func Embedded() fs.FS { return embedded }

// embeddedLanguage is the language of which there is every embedded prompt.
const embeddedLanguage = "en"

// EmbeddedNames lists the embedded prompts by the name that a dialplan gives
// them, as ivr-sounds/ivr-example-choices, in order.
func EmbeddedNames() []string {
	var names []string
	fs.WalkDir(embedded, embeddedLanguage, func(name string, d fs.DirEntry, err error) error {
		if base, ok := strings.CutSuffix(name, ".wav"); ok {
			names = append(names, strings.TrimPrefix(base, embeddedLanguage+"/"))
		}
		return err // never: the folder is in the program
	})
	return names
}

// embeddedTexts are the words of the embedded prompts by name.
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
