package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"dialtone/ivr"
	"dialtone/ivr/app"
	"dialtone/ivr/conversation"
	"dialtone/ivr/dialplan"
	"dialtone/ivr/function"
	"dialtone/sounds"
)

// soundsOf gives the lengths of the sounds that calls in virtual time hear: those in dirs, beside the plans and in their
// folder sounds, in the data directory, and in the program. Lengths are looked up once.
func soundsOf(data string) func(dirs []string) func(name, language string) (time.Duration, error) {
	return func(dirs []string) func(name, language string) (time.Duration, error) {
		cache := soundsBeside(dirs, data)
		type question struct{ name, language string }
		type answer struct {
			length time.Duration
			err    error
		}
		known := map[question]answer{}
		return func(name, language string) (time.Duration, error) {
			q := question{name, language}
			a, ok := known[q]
			if !ok {
				prompt, err := cache.Get(context.Background(), name, language)
				if err != nil {
					a.err = &ivr.SoundError{Name: name, Looked: lookedFor(err), Err: err}
				} else {
					a.length = prompt.Duration()
				}
				known[q] = a
			}
			return a.length, a.err
		}
	}
}

// soundsBeside looks for sounds beside dialplan files and in folders, in their folder sounds, in the data directory, where
// distributions install them, and in the program.
func soundsBeside(paths []string, data string) *sounds.Cache {
	var dirs []string
	for _, path := range paths {
		if info, err := os.Stat(path); err == nil && !info.IsDir() {
			path = filepath.Dir(path)
		}
		if !slices.Contains(dirs, path) {
			dirs = append(dirs, path, filepath.Join(path, "sounds"))
		}
	}
	stored := filepath.Join(data, "sounds")
	return sounds.NewCache(sounds.Config{
		Dirs: append(dirs, stored), Map: map[string]string{"/var/lib/wazo/sounds": stored}, System: sounds.Installed(),
	})
}

// newSuite plays calls with all applications and functions, and the objects of a data directory beside each dialplan. Tests that name no
// dialplan mean the server's: the files of the data directory, and the objects.
func newSuite(data string, objects kept) *conversation.Suite {
	s := &conversation.Suite{
		Apps: app.All(), Functions: function.All(), Sounds: soundsOf(data),
		Load: func(paths ...string) (*dialplan.Plan, []dialplan.Problem) {
			return readPlan(ivr.Options{}, objects.beside(), paths...)
		},
	}
	if objects.store != nil {
		s.Schedules, s.Server = objects.schedules(), []string{}
	}
	if files := filepath.Join(data, dialplanFolder); isFolder(files) {
		s.Server = []string{files}
	}
	return s
}

// isFolder tells that there is a directory.
func isFolder(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

// readAloud reads a dialplan and says on standard error which lines are skipped: a call that goes astray for them is hard to
// understand.
func readAloud(with dialplan.LoadOptions, paths ...string) (*dialplan.Plan, []dialplan.Problem) {
	plan, problems := readPlan(ivr.Options{}, with, paths...)
	for _, p := range problems {
		if plan != nil && p.Severity == dialplan.Error {
			fmt.Fprintln(os.Stderr, p)
		}
	}
	return plan, problems
}

// ownSounds are sounds that need not exist, from NAME=SECONDS; a URL may have a = in it.
func ownSounds(texts []string) (map[string]time.Duration, error) {
	lengths := map[string]time.Duration{}
	for _, text := range texts {
		end := max(strings.LastIndexByte(text, '='), 0)
		seconds, err := strconv.ParseFloat(strings.TrimSuffix(strings.TrimPrefix(text[end:], "="), "s"), 64)
		if err != nil || end == 0 || seconds < 0 || seconds > 1e6 {
			return nil, fmt.Errorf("--sound %s: give NAME=SECONDS, such as --sound welcome=2.5", text)
		}
		lengths[text[:end]] = time.Duration(seconds * float64(time.Second))
	}
	return lengths, nil
}

// parsePress reads what a caller presses: keys, w for half a second and W for a second.
func parsePress(text string) ([]conversation.Press, error) {
	var presses []conversation.Press
	at := time.Duration(0)
	for _, c := range text {
		switch {
		case c == 'w':
			at += time.Second / 2
		case c == 'W':
			at += time.Second
		case strings.ContainsRune(ivr.AllKeys, c):
			presses = append(presses, conversation.Press{At: at, Keys: string(c)})
			at += conversation.KeyEvery
		default:
			return nil, errors.New("--press " + strconv.Quote(text) + ": keys are 0 to 9, *, # and A to D; w waits half a second, W a second")
		}
	}
	return presses, nil
}
