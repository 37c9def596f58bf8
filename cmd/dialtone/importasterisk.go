package main

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"dialtone/asterisk"
	"dialtone/ivr"
	"dialtone/ivr/app"
	"dialtone/ivr/check"
	"dialtone/ivr/dialplan"
	"dialtone/ivr/function"
	"dialtone/sounds"
)

type importAsterisk struct {
	importFlags
	Dir      string `arg:"" help:"Its configuration: /etc/asterisk, or a copy of it."`
	Sounds   string `placeholder:"DIR" help:"Its own sounds, with a directory for each language or without (default: sounds in the configuration, if there is one)."`
	Dialplan string `placeholder:"DIR" help:"Where the dialplan goes (default: extensions_extra.d in the data directory)."`
}

func (importAsterisk) Help() string {
	return `Takes the telephones and trunks of pjsip.conf, pjsip_wizard.conf and sip.conf, extensions.conf with all that it includes, and sounds. What cannot be
taken, has no effect here or has to be looked at is printed by file and line. Telephones keep their passwords, unless only
hashes are there. Files that are in the place of the dialplan already are not overwritten.

Examples:
  dialtone import asterisk /etc/asterisk --dry-run
  dialtone import asterisk copy/etc/asterisk --sounds copy/var/lib/asterisk/sounds/custom`
}

func (i importAsterisk) Run() error {
	found, err := asterisk.Read(i.Dir)
	if err != nil {
		return err
	}
	for _, note := range found.Notes {
		fmt.Println(note)
	}
	if err := faults(found); err != nil {
		return err
	}
	to := cmp.Or(i.Dialplan, filepath.Join(i.Data, dialplanFolder))
	if err := found.FitDialplan(to); err != nil {
		return err
	}
	return i.take(found, to)
}

// take brings what was found here: all of it, or when something fails on the way, nothing.
func (i importAsterisk) take(found asterisk.Configuration, dialplan string) (err error) {
	var taken int
	gathered, err := i.gather()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, gathered.Discard()) }()
	undo := func() error { return nil }
	if !i.DryRun {
		if undo, err = found.WriteDialplan(dialplan); err != nil {
			return err
		}
	}
	report, err := i.do("", found.Script())
	if err != nil {
		return errors.Join(err, undo())
	}
	taken, err = gathered.Place(i.soundsFolder(report)) // copied already: only names change
	for _, line := range gathered.Left {
		fmt.Println(line)
	}
	if err != nil {
		return fmt.Errorf("telephones, trunks and the dialplan are taken, but not all sounds (run it again): %w", err)
	}
	fmt.Println(i.summary(report, taken))
	return nil
}

// gather copies the sounds to where they will be.
func (i importAsterisk) gather() (*sounds.Gathered, error) {
	from := i.Sounds
	if from == "" {
		from = filepath.Join(i.Dir, "sounds")
		if _, err := os.Stat(from); err != nil {
			return &sounds.Gathered{}, nil
		}
	}
	return sounds.Gather(from, filepath.Join(i.Data, "sounds"), i.DryRun)
}

// faults prints what is wrong in the dialplan or does something else here, by the places where they were read: it is checked where it will be, among the files that it includes.
func faults(found asterisk.Configuration) error {
	if len(found.Dialplan) == 0 {
		return nil
	}
	dir, err := os.MkdirTemp("", "dialtone-import-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if _, err := found.WriteDialplan(dir); err != nil {
		return err
	}
	sources := map[string]string{}
	for _, f := range found.Dialplan {
		sources[filepath.Join(dir, f.Name)] = f.Source
	}
	plan, problems := readPlan(ivr.Options{}, dialplan.LoadOptions{}, dir)
	for _, f := range check.Plan(plan, problems, check.Known{Apps: app.All(), Functions: function.All()}) {
		f.Pos.File = cmp.Or(sources[f.Pos.File], f.Pos.File)
		if slices.ContainsFunc(found.Notes, func(n asterisk.Note) bool {
			return n.Pos.File == f.Pos.File && n.Pos.Line == f.Pos.Line && n.Text == f.Text
		}) {
			continue // told already
		}
		fmt.Println(finding{f.Pos, f.Severity, f.Code, strings.ReplaceAll(f.Text, dir+"/", ""), f.Suggest})
	}
	return nil
}
