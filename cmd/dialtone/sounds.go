package main

import (
	"errors"
	"fmt"
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
	JSON bool `help:"Print JSON."`
}

func (soundsList) Help() string {
	return `Example:
  dialtone sounds list`
}

// listedSound is a prompt for JSON.
type listedSound struct {
	Name    string  `json:"name"`
	File    string  `json:"file"`
	Seconds float64 `json:"seconds"`
	Text    string  `json:"text,omitempty"`
	Error   string  `json:"error,omitempty"`
}

func (l soundsList) Run() error {
	all, err := soundCache(l.Data).List()
	if err != nil {
		return err
	}
	listed := make([]listedSound, 0, len(all))
	for _, s := range all {
		row := listedSound{Name: s.Name, File: s.File, Seconds: s.Duration.Round(10 * time.Millisecond).Seconds(), Text: s.Text}
		if s.Err != nil {
			row.Error = s.Err.Error()
		}
		listed = append(listed, row)
	}
	if l.JSON {
		return printJSON(listed)
	}
	table := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "NAME\tSECONDS\tFILE\tSAYS")
	for _, s := range listed {
		fmt.Fprintf(table, "%s\t%.2f\t%s\t%s\n", s.Name, s.Seconds, s.File, s.Text+s.Error)
	}
	return table.Flush()
}

type soundsImport struct {
	dataFlag
	File string `arg:"" help:"A WAV, MP3, .ulaw or .alaw file."`
	As   string `placeholder:"NAME" help:"The prompt's name in a dialplan (default: the file's, without its extension)."`
}

func (soundsImport) Help() string {
	return `The prompt is kept as 8 kHz, 16 bit, mono; a running server plays it at its next use.

Examples:
  dialtone sounds import welcome.mp3
  dialtone sounds import menu.wav --as ivr-sounds/ivr-example-choices`
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
	file, length, err := sounds.Import(filepath.Join(i.Data, "sounds"), name, i.File, in)
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
