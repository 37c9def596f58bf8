package main

import (
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"text/tabwriter"
	"time"

	"dialtone/sounds"
)

type soundsCommand struct {
	List   soundsList   `cmd:"" help:"List the prompts: in the data directory, and in the program."`
	Import soundsImport `cmd:"" help:"Make a prompt of a WAV, MP3 or G.711 file."`
	Say    soundsSay    `cmd:"" help:"Have an installed speech program speak prompts."`
	Export soundsExport `cmd:"" help:"Write a prompt as a WAV file."`
}

// soundCache finds prompts as a server on the data directory does.
func soundCache(data string) *sounds.Cache {
	dir := filepath.Join(data, "sounds")
	return sounds.NewCache(sounds.Config{Dirs: []string{dir}, Map: map[string]string{"/var/lib/wazo/sounds": dir}, System: sounds.Installed()})
}

// lookedFor gives the places where a sound was looked for.
func lookedFor(err error) []string {
	if missing, ok := errors.AsType[*sounds.NotFoundError](err); ok {
		return missing.Looked
	}
	return nil
}

type soundsList struct {
	dataFlag
	Levels bool `help:"Measure how loud each is (active speech level, ITU-T P.56); telephone speech is at -26 dBov."`
	JSON   bool `help:"Print JSON."`
}

func (soundsList) Help() string {
	return `Examples:
  dialtone sounds list
  dialtone sounds list --levels`
}

// listedSound is a prompt for JSON.
type listedSound struct {
	Name    string   `json:"name"`
	File    string   `json:"file"`
	Seconds float64  `json:"seconds"`
	Level   *float64 `json:"level_dbov,omitempty"`
	Text    string   `json:"text,omitempty"`
	Error   string   `json:"error,omitempty"`
}

func (l soundsList) Run() error {
	all, err := soundCache(l.Data).List(l.Levels)
	if err != nil {
		return err
	}
	listed := make([]listedSound, 0, len(all))
	for _, s := range all {
		row := listedSound{Name: s.Name, File: s.File, Seconds: s.Duration.Round(10 * time.Millisecond).Seconds(), Text: s.Text}
		if s.Level != 0 {
			level := math.Round(float64(s.Level)*10) / 10
			row.Level = &level
		}
		if s.Err != nil {
			row.Error = s.Err.Error()
		}
		listed = append(listed, row)
	}
	if l.JSON {
		return printJSON(listed)
	}
	table := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	level := func(string) string { return "" }
	if l.Levels {
		level = func(text string) string { return text + "\t" }
	}
	fmt.Fprintf(table, "NAME\tSECONDS\t%sFILE\tSAYS\n", level("DBOV"))
	for _, s := range listed {
		dbov := "-"
		if s.Level != nil {
			dbov = fmt.Sprintf("%.1f", *s.Level)
		}
		fmt.Fprintf(table, "%s\t%.2f\t%s%s\t%s\n", s.Name, s.Seconds, level(dbov), s.File, s.Text+s.Error)
	}
	return table.Flush()
}

type soundsImport struct {
	dataFlag
	File      string  `arg:"" help:"A WAV, MP3, .ulaw or .alaw file."`
	As        string  `placeholder:"NAME" help:"The prompt's name in a dialplan (default: the file's, without its extension)."`
	Normalise bool    `aliases:"normalize" help:"Make it as loud as telephone speech: --level=-26."`
	Level     float64 `placeholder:"DBOV" help:"Make its speech so loud (active speech level, ITU-T P.56, -60 to -6 dBov); its peaks are limited, not clipped (default: as it is)."`
}

func (soundsImport) Help() string {
	return `The prompt is kept as 8 kHz, 16 bit, mono; a running server plays it at its next use.

Examples:
  dialtone sounds import welcome.mp3 --normalise
  dialtone sounds import menu.wav --as ivr-sounds/ivr-example-choices --level=-20`
}

func (i soundsImport) Run() error {
	in, err := os.Open(i.File)
	if err != nil {
		return err
	}
	defer in.Close()
	name := i.As
	if name == "" {
		name = strings.TrimSuffix(filepath.Base(i.File), filepath.Ext(i.File))
	}
	level := sounds.Level(i.Level)
	if i.Normalise && i.Level == 0 {
		level = sounds.SpeechLevel
	}
	file, length, err := sounds.Import(filepath.Join(i.Data, "sounds"), name, i.File, in, level)
	if err != nil {
		return err
	}
	fmt.Printf("%s  %.2f s  %s\n", name, length.Seconds(), file)
	return nil
}

type soundsExport struct {
	dataFlag
	Name     string `arg:"" help:"The prompt's name, as in a dialplan."`
	File     string `arg:"" help:"The WAV file to write."`
	Language string `default:"en" placeholder:"LANG" help:"Its language (default: ${default})."`
}

func (soundsExport) Help() string {
	return `Example:
  dialtone sounds export ivr-sounds/ivr-example-choices choices.wav`
}

func (e soundsExport) Run() error {
	out, err := os.Create(e.File)
	if err != nil {
		return err
	}
	if err := errors.Join(soundCache(e.Data).Export(out, e.Name, e.Language), out.Close()); err != nil {
		return errors.Join(err, os.Remove(e.File))
	}
	return nil
}
