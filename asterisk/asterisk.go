// Package asterisk reads the configuration of an Asterisk, to take it over: SIP endpoints of pjsip.conf, pjsip_wizard.conf and sip.conf,
// and the dialplan. What it cannot take it tells by file and line, so that nobody has to find out by a call.
//
// [Read] gives a [Configuration], of which nothing is checked against what dialtone has already: that is for whoever keeps it. The syntax
// of the files, with their templates and includes, is a dialplan's (ivr/dialplan); the options of endpoints are those that PJSIP
// names (package pjsip), into which those of sip.conf are translated.
package asterisk

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"dialtone/ivr/dialplan"
	"dialtone/pjsip"
)

// Configuration is what is taken of an Asterisk.
type Configuration struct {
	Endpoints []Endpoint
	Dialplan  []File
	Notes     []Note // what is not taken, by file and line
}

// Endpoint is a telephone, or a carrier's link.
type Endpoint struct {
	Name     string
	Pos      dialplan.Pos // of its section
	Trunk    bool         // calls come from its addresses, or go to its servers; else a telephone registers with it
	Context  string       // where its calls begin
	Sections pjsip.Sections
}

// Note is something that is not taken, or not as it was.
type Note struct {
	Pos  dialplan.Pos
	Text string
}

// String is FILE:LINE: text.
func (n Note) String() string {
	n.Pos.Column = 0
	return n.Pos.String() + ": " + n.Text
}

// Read reads the configuration in a directory, as /etc/asterisk or a copy of it. Files that are not there are no error; a directory without
// any that is known is one.
func Read(dir string) (Configuration, error) {
	r := reader{dir: dir}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return Configuration{}, err
	}
	files := make([]string, len(entries))
	for i, e := range entries {
		files[i] = e.Name()
	}
	if !slices.ContainsFunc(files, func(name string) bool { return slices.Contains(knownFiles, name) }) {
		return Configuration{}, fmt.Errorf("%s: there is no %s in it", dir, strings.Join(knownFiles, ", no "))
	}
	r.pjsip()
	r.sip()
	r.namesakes()
	err = r.dialplan()
	r.others(files)
	slices.SortFunc(r.found.Notes, func(a, b Note) int {
		return cmp.Or(strings.Compare(a.Pos.File, b.Pos.File), cmp.Compare(a.Pos.Line, b.Pos.Line), strings.Compare(a.Text, b.Text))
	})
	r.found.Notes = slices.Compact(r.found.Notes) // a template's lines, once for each who has them
	return r.found, err
}

// knownFiles are those of which something is taken.
var knownFiles = []string{"pjsip.conf", "pjsip_wizard.conf", "sip.conf", "users.conf", "extensions.conf"}

// reader gathers a configuration.
type reader struct {
	dir   string
	found Configuration
}

// note tells of something that is not taken.
func (r *reader) note(at dialplan.Pos, format string, args ...any) {
	at.Column = 0
	r.found.Notes = append(r.found.Notes, Note{at, fmt.Sprintf(format, args...)})
}

// sections reads files of the directory, as far as they are there.
func (r *reader) sections(names ...string) []dialplan.ConfigSection {
	var paths []string
	for _, name := range names {
		path := filepath.Join(r.dir, name)
		if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
			paths = append(paths, path)
		}
	}
	sections, problems := dialplan.Sections(dialplan.LoadOptions{}, paths...)
	for _, p := range problems {
		r.note(p.Pos, "%s", p.Text)
	}
	return sections
}

// fields are the lines of a section by their keys, in lower case.
type fields struct {
	dialplan.ConfigSection
}

// get is the last value of a key; empty: there is none.
func (f fields) get(key string) string {
	for _, o := range slices.Backward(f.Lines) {
		if strings.EqualFold(o.Key, key) {
			return o.Value
		}
	}
	return ""
}

// at is where a key stands, or the section.
func (f fields) at(key string) dialplan.Pos {
	for _, o := range slices.Backward(f.Lines) {
		if strings.EqualFold(o.Key, key) {
			return o.Pos
		}
	}
	return f.Pos
}

// isYes tells what Asterisk takes for true.
func isYes(value string) bool {
	switch strings.ToLower(value) {
	case "yes", "true", "y", "t", "1", "on":
		return true
	}
	return false
}

// names are those of a list.
func names(list string) []string {
	var all []string
	for name := range strings.SplitSeq(list, ",") {
		if name = strings.TrimSpace(name); name != "" {
			all = append(all, name)
		}
	}
	return all
}

// hostOf is the host of a SIP URI, without its port.
func hostOf(uri string) string {
	_, rest, ok := strings.Cut(uri, ":")
	if !ok || !strings.HasPrefix(strings.ToLower(uri), "sip") {
		rest = uri
	}
	if _, after, ok := strings.Cut(rest, "@"); ok {
		rest = after
	}
	rest, _, _ = strings.Cut(rest, ";")
	if bracket := strings.Index(rest, "]"); strings.HasPrefix(rest, "[") && bracket > 0 {
		return strings.ToLower(rest[1:bracket])
	}
	rest, _, _ = strings.Cut(rest, ":")
	return strings.ToLower(rest)
}
