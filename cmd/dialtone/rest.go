package main

import (
	"path/filepath"

	"dialtone/compile"
	"dialtone/confd"
	"dialtone/ivr"
	"dialtone/ivr/app"
	"dialtone/ivr/check"
	"dialtone/ivr/dialplan"
	"dialtone/ivr/function"
	"dialtone/store"
)

// restConfig is what the REST API stands on, of a server and of a command without one: the commands of custom destinations are checked
// beside the dialplan.
func restConfig(s *store.Store, data string, plan func() *dialplan.Plan) confd.Config {
	known := check.Known{Apps: app.All(), Functions: function.All()}
	return confd.Config{
		Store: s, Sounds: filepath.Join(data, "sounds"), Version: version,
		Command: func(text string) ([]string, error) { return compile.Command(text, plan(), known) },
	}
}

// localREST is the REST API of a command where no server runs, beside the dialplan in its place.
func localREST(s *store.Store, data string) *confd.API {
	plan, _ := readPlan(ivr.Options{}, dialplan.LoadOptions{}, filepath.Join(data, dialplanFolder)) // the server tells its faults
	if plan == nil {
		plan = &dialplan.Plan{}
	}
	return confd.New(restConfig(s, data, func() *dialplan.Plan { return plan }))
}
