// Package app holds the applications of the dialplan, a file per family.
//
// An application is an [ivr.App]: its name, its documentation and a function of
// the run and the text in the brackets. All collects them; a switch hands that
// table to its runs. What an application does with a bad argument follows
// Asterisk: some warn and go on, others end the call, each says so in its Doc.
package app

import (
	"errors"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"dialtone/ivr"
)

// All gives every application by its lower-case name.
func All() map[string]*ivr.App {
	table := map[string]*ivr.App{}
	for _, family := range [][]ivr.App{
		answering, playing, waiting, going, subroutines, blocks, branches, setting, logging, executing, ending, reading, readingExtensions, saying, recording, telling, sounding, controlling, taping, detecting, monitoring, echoing, sending, transferring, dialing, programs, systems, elsewhere,
	} {
		for i := range family {
			table[strings.ToLower(family[i].Name)] = &family[i]
		}
	}
	return table
}

// argument gives the nth argument, empty when there are fewer.
func argument(list []string, n int) string {
	if n < len(list) {
		return list[n]
	}
	return ""
}

// longest bounds a time given by a dialplan: what is longer is for ever anyway.
const longest = 200 * 365 * 24 * time.Hour

// seconds reads the number of seconds with which a text begins, fractions
// allowed; ok is false when there is none.
func seconds(text string) (d time.Duration, ok bool) {
	text = strings.TrimLeft(text, " \t")
	end := strings.IndexFunc(text, func(c rune) bool { return !strings.ContainsRune("+-.0123456789", c) })
	if end < 0 {
		end = len(text)
	}
	for ; end > 0; end-- {
		if f, err := strconv.ParseFloat(text[:end], 64); err == nil || errors.Is(err, strconv.ErrRange) {
			f = min(max(f, -longest.Seconds()), longest.Seconds())
			return time.Duration(f * float64(time.Second)), true
		}
	}
	return 0, false
}

// options reads letters with optional arguments in brackets, as in st(*)e. An
// option without brackets has the empty argument.
func options(text string) map[byte]string {
	set := map[byte]string{}
	for i := 0; i < len(text); i++ {
		letter := text[i]
		set[letter] = ""
		if i+1 < len(text) && text[i+1] == '(' {
			arg := bracketed(text[i+2:])
			set[letter] = arg
			i += len(arg) + 2
		}
	}
	return set
}

// warnOptions warns of options that the application does not know.
func warnOptions(r *ivr.Run, app string, set map[byte]string, known string) {
	for _, letter := range slices.Sorted(maps.Keys(set)) {
		if strings.IndexByte(known, letter) < 0 {
			r.Warn("%s: option %c does nothing here", app, letter)
		}
	}
}

// bracketed is the text up to the bracket that closes one before it; brackets may
// stand in it.
func bracketed(text string) string {
	depth := 0
	for i := range len(text) {
		switch text[i] {
		case '(':
			depth++
		case ')':
			if depth == 0 {
				return text[:i]
			}
			depth--
		}
	}
	return text
}

// call splits App(args) of ExecIf and Exec.
func call(text string) (name, args string) {
	name, args, bracket := strings.Cut(text, "(")
	if bracket {
		if end := strings.LastIndexByte(args, ')'); end >= 0 {
			args = args[:end]
		}
	}
	return strings.TrimSpace(name), args
}
