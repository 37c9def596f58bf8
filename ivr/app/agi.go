package app

import (
	"context"
	"errors"
	"strings"
	"time"

	"dialtone/ivr"
	"dialtone/ivr/agi"
)

var programs = []ivr.App{
	{
		Name: "AGI", Synopsis: "let a program run the call", Syntax: "command[,argument[,argument…]]", Sets: []string{"AGISTATUS"},
		Doc: "command is the address of a FastAGI server, agi://host[:port][/script] (or hagi://domain), or a file in the directory of the server's setting --agi-dir. " +
			"AGISTATUS is SUCCESS, FAILURE (no connection, or the program failed), NOTFOUND (no such file) or HANGUP. " +
			"On hang-up the program gets the line HANGUP, or the signal HUP, unless AGISIGHUP is no; with AGIEXITONHANGUP=yes it ends then. Without a command the call ends.",
		Run: runAGI,
	},
}

// connectTime bounds all attempts to reach a FastAGI server.
const connectTime = 5 * time.Second

func runAGI(r *ivr.Run, args string) error {
	list := ivr.SplitArgs(args, 0)
	request := list[0]
	if request == "" {
		return errors.New("needs an address or a program")
	}
	var status string
	var err error
	switch scheme, _, isAddress := strings.Cut(strings.ToLower(request), "://"); {
	case isAddress && (scheme == "agi" || scheme == "hagi"):
		status, err = fastAGI(r, request, list[1:])
	case strings.HasPrefix(strings.ToLower(request), "agi:"):
		r.Warn("AGI: %q is not available: a program is reached by agi://host", request)
		status = "FAILURE"
	default:
		status, err = localAGI(r, request, list[1:])
	}
	r.Set("AGISTATUS", status)
	return err
}

func fastAGI(r *ivr.Run, address string, args []string) (string, error) {
	var link agi.Link
	var failed error
	if err := r.Outside(connectTime, func(ctx context.Context) { link, failed = agi.Dial(ctx, address) }); err != nil {
		if link != nil {
			link.Close()
		}
		return "HANGUP", err
	}
	if failed != nil {
		r.Warn("AGI: %s cannot be reached: %v", address, failed)
		return "FAILURE", nil
	}
	return agi.Serve(r, link, address, args)
}

func localAGI(r *ivr.Run, name string, args []string) (string, error) {
	if r.Allow().Programs == "" {
		r.Warn("AGI: the program %q is not run: the server's setting --agi-dir names the directory of those that may be", name)
		return "FAILURE", nil
	}
	file, ok := r.Allow().Program(name)
	if !ok {
		r.Warn("AGI: there is no program %q in %s (the server's setting --agi-dir)", name, r.Allow().Programs)
		return "NOTFOUND", nil
	}
	program, err := agi.Start(file, args, r.Logger())
	if err != nil {
		r.Warn("AGI: %v", err)
		return "FAILURE", nil
	}
	status, err := agi.Serve(r, program, name, args)
	if failed := program.Failed(); failed != nil && status == "SUCCESS" {
		r.Warn("AGI: program %s: %v", name, failed)
		status = "FAILURE"
	}
	return status, err
}
