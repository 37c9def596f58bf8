package main

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"unicode"

	"dialtone/sounds"
)

type soundsSay struct {
	dataFlag
	Text    []string `arg:"" optional:"" help:"What is to be spoken."`
	Lang    string   `default:"en" placeholder:"LANG" help:"The language of the text (default: ${default})."`
	Voice   string   `placeholder:"VOICE" help:"The voice, as the speech program calls it (default: the language's)."`
	Speed   int      `default:"160" placeholder:"WPM" help:"Words per minute (default: ${default})."`
	As      string   `placeholder:"NAME" help:"The prompt's name in a dialplan (default: the first words of the text)."`
	From    string   `placeholder:"FILE" help:"Speak many prompts: lines of NAME, a tab, and the text; - reads standard input."`
	Out     string   `placeholder:"FILE" help:"Write a WAV file instead of a prompt; - writes standard output."`
	Level   float64  `default:"-26" placeholder:"DBOV" help:"How loud it is to be (active speech level, ITU-T P.56; default: ${default})."`
	Command string   `name:"speech-command" env:"DIALTONE_SPEECH_COMMAND" placeholder:"LINE" help:"Another speech program, with {lang} {voice} {speed} {text} {out} in its line. Without {text} it gets the text by standard input, without {out} its sound is taken from standard output. No shell reads the line (default: espeak-ng)."`
}

func (soundsSay) Help() string {
	return `The prompt is 8 kHz, 16 bit, mono, without silence at its ends; a running server plays it at its next use.

Examples:
  dialtone sounds say --lang fr --as accueil Bonjour et bienvenue.
  dialtone sounds say --lang fr --voice fr+f3 --as fr/menu --speed 150 "Pour les ventes, tapez 1."
  dialtone sounds say --from prompts.tsv
  dialtone sounds say --out - Hello | aplay
  dialtone sounds say --speech-command 'piper --model {voice} --output_file {out}' --voice fr_FR.onnx --as accueil Bonjour`
}

// spoken is a prompt that is to be spoken.
type spoken struct{ name, text string }

func (s soundsSay) Run() error {
	list, err := s.list()
	if err != nil {
		return err
	}
	speaker, err := sounds.ParseSpeaker(cmp.Or(s.Command, sounds.DefaultSpeech))
	if err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	failed := 0
	for i, prompt := range list {
		place := ""
		if s.From != "" {
			place = fmt.Sprintf("%d/%d  ", i+1, len(list))
		}
		done, err := s.speak(ctx, speaker, prompt)
		switch {
		case ctx.Err() != nil:
			return fmt.Errorf("interrupted at %s", prompt.name)
		case err != nil && s.From == "":
			return err
		case err != nil:
			failed++
			fmt.Fprintf(os.Stderr, "%s%s: %v\n", place, prompt.name, err)
		case done != "":
			fmt.Println(place + done)
		}
	}
	if failed > 0 {
		return fmt.Errorf("%d of %d prompts were not spoken", failed, len(list))
	}
	return nil
}

// speak makes one prompt, and tells what it is.
func (s soundsSay) speak(ctx context.Context, speaker sounds.Speaker, prompt spoken) (done string, err error) {
	pcm, err := speaker.Say(ctx, prompt.text, sounds.Voice{Lang: s.Lang, Name: s.Voice, Speed: s.Speed})
	if err != nil {
		return "", err
	}
	if pcm, err = sounds.Normalise(pcm, sounds.Level(s.Level)); err != nil {
		return "", err
	}
	file := s.Out
	switch s.Out {
	case "-":
		return "", sounds.WriteWAV(os.Stdout, pcm)
	case "":
		file, err = sounds.Save(filepath.Join(s.Data, "sounds"), prompt.name, pcm)
	default:
		err = writeWAV(s.Out, pcm)
	}
	return fmt.Sprintf("%s  %.2f s  %s", prompt.name, float64(len(pcm))/sounds.Rate, file), err
}

func writeWAV(file string, pcm []int16) error {
	f, err := os.Create(file)
	if err != nil {
		return err
	}
	return errors.Join(sounds.WriteWAV(f, pcm), f.Close())
}

// list is what is to be spoken, by the command line.
func (s soundsSay) list() ([]spoken, error) {
	text := strings.Join(s.Text, " ")
	if s.From == "" {
		name := s.As
		if name == "" {
			name = firstWords(text)
		}
		return []spoken{{name, text}}, nil
	}
	if text != "" || s.As != "" || s.Out != "" {
		return nil, errors.New("--from names the prompts and their texts: give it without a text, --as and --out")
	}
	if s.From == "-" {
		return readSpoken("standard input", os.Stdin)
	}
	f, err := os.Open(s.From)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return readSpoken(s.From, f)
}

// readSpoken reads lines of NAME, a tab, and the text; empty ones and those that begin with # say nothing.
func readSpoken(file string, r io.Reader) ([]spoken, error) {
	var list []spoken
	lines := bufio.NewScanner(r)
	for number := 1; lines.Scan(); number++ {
		line := strings.TrimRight(lines.Text(), " \t\r")
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		name, text, ok := strings.Cut(line, "\t")
		if name, text = strings.TrimSpace(name), strings.TrimSpace(text); !ok || name == "" || text == "" {
			return nil, fmt.Errorf("%s:%d: a line is the prompt's name, a tab, and its text", file, number)
		}
		list = append(list, spoken{name, text})
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	if len(list) == 0 {
		return nil, fmt.Errorf("%s: there is no text in it", file)
	}
	return list, nil
}

// firstWords makes a name of a text: bonjour-et-bienvenue-chez.
func firstWords(text string) string {
	words := strings.FieldsFunc(strings.ToLower(text), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	return strings.Join(words[:min(len(words), 4)], "-")
}
