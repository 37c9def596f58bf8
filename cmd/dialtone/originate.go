package main

import (
	"cmp"
	"fmt"
	"net/http"
	"strings"
	"time"

	"dialtone/call"
	"dialtone/ivr"
	"dialtone/ivr/app"
	"dialtone/ivr/dialplan"
)

type originateCommand struct {
	dataFlag
	Destination string            `arg:"" help:"Whom to call: a phone, 1001 or PJSIP/1001, or a number by a trunk, 0612345678@carrier."`
	Exten       string            `arg:"" optional:"" name:"exten@context" help:"Where the call goes when it is answered: an extension of the dialplan, in the context default unless another one is given."`
	App         string            `placeholder:"NAME" help:"The application to execute in place of an extension; then the call ends."`
	Args        string            `placeholder:"TEXT" help:"Its arguments."`
	Caller      string            `placeholder:"ID" help:"Who calls, as the telephone shows it: 'Reception <100>', a name or a number."`
	Timeout     time.Duration     `default:"30s" placeholder:"TIME" help:"How long it may ring (default: ${default})."`
	Set         map[string]string `placeholder:"NAME=VALUE" help:"A variable of the call; may be given several times."`
	JSON        bool              `help:"Print the call as JSON."`
}

func (originateCommand) Help() string {
	return `Calls somebody and has who answers go to an extension, or hear an application. It ends when the call is answered, or fails with the reason
when it is not. A phone's limits on calls at trunks hold for where its call goes then.

Examples:
  dialtone originate 1001 8899                                    phone 1001 hears the menu
  dialtone originate 1001 0612345678@default --caller 'Click to call <1001>'
  dialtone originate 0612345678@carrier --app Playback --args alarm --timeout 45s`
}

// Run calls.
func (c originateCommand) Run() error {
	o, err := c.origination()
	if err != nil {
		return err
	}
	server, err := dialControl(c.Data)
	if err != nil {
		return err
	}
	defer server.Close()
	var s call.Snapshot
	if err := server.ask("POST", "/calls", o, &s); err != nil {
		return err
	}
	if c.JSON {
		return printJSON(newLiveCall(s))
	}
	fmt.Printf("call %s is answered\n", s.ID)
	return nil
}

// origination is what the flags ask for.
func (c originateCommand) origination() (o ivr.Origination, err error) {
	if (c.Exten == "") == (c.App == "") {
		return o, fmt.Errorf("where the call goes is one of an extension and --app")
	}
	o = ivr.Origination{Destination: c.Destination, App: c.App, Args: c.Args, Timeout: c.Timeout, Variables: c.Set}
	if !strings.Contains(o.Destination, "/") {
		o.Destination = "PJSIP/" + o.Destination
	}
	o.Caller.Name, o.Caller.Number = ivr.ParseCallerID(c.Caller)
	if c.Exten != "" {
		exten, context, _ := strings.Cut(c.Exten, "@")
		o.Place = dialplan.Place{Context: cmp.Or(context, "default"), Exten: exten, Priority: 1}
	}
	return o, nil
}

// serveOriginate answers POST /calls: when the call is answered, or is not.
func serveOriginate(p parts, plan *dialplanFiles) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var o ivr.Origination
		err := decode(w, r, &o)
		if err == nil {
			err = leads(o, plan.current())
		}
		var s call.Snapshot
		if err == nil {
			s, err = p.calls.Originate(r.Context(), o)
		}
		reply(w, s, err)
	}
}

// leads says why a call would have nowhere to go, before anybody's telephone rings for it.
func leads(o ivr.Origination, plan *dialplan.Plan) error {
	if o.App != "" {
		if app.All()[strings.ToLower(o.App)] == nil {
			return fmt.Errorf("there is no application %s (`dialtone explain` lists them)", o.App)
		}
		return nil
	}
	if _, ok := plan.Find(o.Place, o.Caller.Number, time.Now()); !ok {
		return fmt.Errorf("there is no extension %q in context %q", o.Place.Exten, o.Place.Context)
	}
	return nil
}
