package app

import (
	"errors"
	"strconv"
	"strings"

	"dialtone/ivr"
)

var transferring = []ivr.App{
	{
		Name: "Transfer", Synopsis: "send the caller elsewhere", Syntax: "[SIP/|PJSIP/]destination", Sets: []string{"TRANSFERSTATUS", "TRANSFERSTATUSPROTOCOL"},
		Doc: "Has the caller's telephone call the destination instead, a number, user@host or sip: URI: before the answer by 302, after it by REFER, where it waits for the outcome. " +
			"TRANSFERSTATUS is SUCCESS, FAILURE or UNSUPPORTED (another technology, or a telephone that cannot); TRANSFERSTATUSPROTOCOL is the status of SIP. The dialplan goes on.",
		Run: transfer,
	},
}

func transfer(r *ivr.Run, args string) error {
	destination := strings.TrimSpace(args)
	if tech, rest, ok := strings.Cut(destination, "/"); ok && !strings.Contains(tech, ":") {
		if !strings.EqualFold(tech, "SIP") && !strings.EqualFold(tech, "PJSIP") {
			r.Warn("Transfer: %s is reached by SIP, not by %s", r.Channel().Name(), tech)
			return transferred(r, "FAILURE", 0)
		}
		destination = rest
	}
	if destination == "" {
		r.Warn("Transfer: needs a destination")
		return transferred(r, "FAILURE", 0)
	}
	redirected := !r.Channel().Answered()
	line, ok := r.Line().(ivr.Transferrer)
	err := ivr.ErrUnsupported
	if ok && !r.Over() {
		err = line.Transfer(destination)
	}
	status := granted(r, "Transfer", err)
	protocol := 0
	var refused *ivr.RefusedError
	switch {
	case err == nil && redirected:
		protocol = 302
	case err == nil:
		protocol = 200
	case errors.As(err, &refused):
		protocol = refused.Status
	}
	if e := transferred(r, status, protocol); e != nil {
		return e
	}
	return asked(err)
}

func transferred(r *ivr.Run, status string, protocol int) error {
	r.Set("TRANSFERSTATUS", status)
	r.Set("TRANSFERSTATUSPROTOCOL", strconv.Itoa(protocol))
	return nil
}
