package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"path/filepath"
	"strings"

	"dialtone/confd"
	"dialtone/sounds"
)

type importCommand struct {
	File     importFile     `cmd:"" help:"Make the objects what a text of export says."`
	Wazo     importWazo     `cmd:"" help:"Take over the configuration of a running Wazo."`
	Asterisk importAsterisk `cmd:"" help:"Take over the configuration files of an Asterisk."`
}

// importFlags are those of taking over another system.
type importFlags struct {
	dataFlag
	Tenant string `placeholder:"T" help:"The tenant that gets the objects: its name or UUID. One that is not known is made (default: the master tenant)."`
	DryRun bool   `help:"Do everything, print what comes of it, and take it back."`
}

// soundsFolder is where the sounds go of the tenant that a script was done for.
func (f importFlags) soundsFolder(report confd.Report) string {
	folder := filepath.Join(f.Data, "sounds")
	if report.Tenant != "" {
		folder = sounds.TenantFolder(folder, report.Tenant)
	}
	return folder
}

// scriptWanted is a script that is to be done.
type scriptWanted struct {
	Tenant   string       `json:"tenant,omitempty"`
	Called   string       `json:"called,omitempty"` // the tenant's name, where Tenant is its UUID
	Steps    []confd.Step `json:"steps"`
	Rehearse bool         `json:"rehearse,omitempty"`
}

// maxScript bounds a script, in bytes.
const maxScript = 1 << 30

// serveScripts lets commands have scripts done.
func serveScripts(mux *http.ServeMux, rest *confd.API) {
	mux.HandleFunc("POST /script", func(w http.ResponseWriter, r *http.Request) {
		var wanted scriptWanted
		if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxScript)).Decode(&wanted); err != nil {
			reply(w, nil, err)
			return
		}
		report, err := rest.Script(wanted.Tenant, wanted.Called, wanted.Steps, wanted.Rehearse)
		reply(w, report, err)
	})
}

// do has a script done, by the running server or on its store, and prints what was refused. called is the name of a tenant that is given by its UUID.
func (f importFlags) do(called string, steps []confd.Step) (report confd.Report, err error) {
	c, err := openControl(f.Data)
	if err != nil {
		return report, err
	}
	defer c.Close()
	if c.store == nil {
		err = c.ask("POST", "/script", scriptWanted{f.Tenant, called, steps, f.DryRun}, &report)
	} else {
		report, err = localREST(c.store, f.Data).Script(f.Tenant, called, steps, f.DryRun)
	}
	if err != nil {
		return report, err
	}
	for _, o := range report.Outcomes {
		if o.Error != "" && (o.Needs == "" || !strings.HasPrefix(o.Source, "/"+o.Needs)) { // else it was said of the object before
			fmt.Printf("%s: %s\n", o.Source, o.Error)
		}
	}
	return report, nil
}

// summary says in one line what came of a script, and of so many sounds.
func (f importFlags) summary(report confd.Report, sounds int) string {
	var taken, refused int
	found := map[string]bool{} // an object's steps have one source
	for _, o := range report.Outcomes {
		switch {
		case o.Error != "":
			refused++
		case o.Found:
			found[o.Source] = true
		default:
			taken++
		}
	}
	text := fmt.Sprintf("%d steps done, %d sounds taken; %d objects were there already, %d steps refused", taken, sounds, len(found), refused)
	if f.DryRun {
		text += "; nothing was kept (--dry-run)"
	}
	return text
}
