package app

import (
	"context"
	"errors"
	"time"

	"dialtone/ivr"
	"dialtone/ivr/agi"
)

var systems = []ivr.App{
	{
		Name: "System", Synopsis: "run a command of the machine", Syntax: "command", Sets: []string{"SYSTEMSTATUS"},
		Doc: systemDoc + " Without a command the call ends.",
		Run: func(r *ivr.Run, args string) error {
			if args == "" {
				return errors.New("needs a command")
			}
			return system(r, args)
		},
	},
	{
		Name: "TrySystem", Synopsis: "run a command of the machine", Syntax: "command", Sets: []string{"SYSTEMSTATUS"},
		Doc: systemDoc,
		Run: func(r *ivr.Run, args string) error {
			if args == "" {
				r.Warn("TrySystem: needs a command")
				r.Set("SYSTEMSTATUS", "FAILURE")
				return nil
			}
			return system(r, args)
		},
	},
}

const systemDoc = "Runs a command by /bin/sh and waits for its end; it is killed when the caller hangs up, and after a minute. " +
	"SYSTEMSTATUS is SUCCESS, APPERROR (its exit code is not 0) or FAILURE (it could not be run, or was killed). " +
	"Off unless the server is started with --allow-system: then FAILURE, and the dialplan goes on."

// systemTime bounds a command.
const systemTime = time.Minute

func system(r *ivr.Run, command string) error {
	if !r.Allow().System {
		r.Warn("the command %q is not run: the server's setting --allow-system lets the dialplan run commands", command)
		r.Set("SYSTEMSTATUS", "FAILURE")
		return nil
	}
	var code int
	var failed error
	err := r.Outside(systemTime, func(ctx context.Context) { code, failed = agi.Shell(ctx, command, r.Logger()) })
	switch {
	case failed != nil:
		r.Warn("the command %q: %v", command, failed)
		r.Set("SYSTEMSTATUS", "FAILURE")
	case code != 0:
		r.Set("SYSTEMSTATUS", "APPERROR")
	default:
		r.Set("SYSTEMSTATUS", "SUCCESS")
	}
	return err
}
