package app

import (
	"maps"
	"slices"

	"dialtone/ivr"
)

var echoing = []ivr.App{
	{
		Name: "Echo", Synopsis: "send back what the caller says",
		Doc: "Answers and sends the caller's sound back until # is pressed or the caller hangs up.",
		Run: echo,
	},
	{
		Name: "Flash", Synopsis: "flash the hook of an analogue line",
		Doc: "There are no analogue lines: it warns and goes on.",
		Run: func(r *ivr.Run, _ string) error {
			r.Warn("Flash: %s is no analogue line", r.Channel().Name())
			return nil
		},
	},
	{
		Name: "DumpChan", Synopsis: "write the call's state and variables to the log", Syntax: "[level]",
		Doc: "Writes the channel, where the call stands, and all its variables to the log. The level is accepted.",
		Run: dumpChan,
	},
}

func echo(r *ivr.Run, _ string) error {
	if err := answered(r); err != nil {
		return err
	}
	e, ok := r.Line().(ivr.Echoer)
	if !ok || r.Over() {
		r.Warn("Echo: %s has no sound", r.Line().Name())
		return nil
	}
	if err := e.Echo(true); err != nil {
		return err
	}
	_, err := r.Wait(ivr.Wait{For: -1, Keys: "#"})
	if e := e.Echo(false); err == nil {
		err = e
	}
	return err
}

func dumpChan(r *ivr.Run, _ string) error {
	ch, at, caller := r.Channel(), r.Place(), r.Caller()
	log := r.Logger().With("channel", ch.Name())
	log.Info("DumpChan", "uniqueid", ch.UniqueID(), "caller", caller.String(), "answered", ch.Answered(),
		"context", at.Context, "extension", at.Exten, "priority", at.Priority, "language", r.Language())
	variables := r.State().Variables
	for _, name := range slices.Sorted(maps.Keys(variables)) {
		log.Info("DumpChan", "variable", name, "value", variables[name])
	}
	return nil
}
