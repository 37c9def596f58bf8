package app

import (
	"errors"
	"log/slog"

	"dialtone/ivr"
)

var telling = []ivr.App{
	{
		Name: "UserEvent", Synopsis: "tell of something in the log", Syntax: "name[,key: value…]",
		Doc: "The name and what follows is in the log at level info. Without an argument the call ends.",
		Run: func(r *ivr.Run, args string) error {
			if args == "" {
				return errors.New("needs the name of the event")
			}
			write(r, slog.LevelInfo, "user event "+args)
			return nil
		},
	},
	{
		Name: "CELGenUserEvent", Synopsis: "tell of something in the log", Syntax: "name[,extra]",
		Doc: "The name and what follows is in the log at level info.",
		Run: func(r *ivr.Run, args string) error {
			write(r, slog.LevelInfo, "user event "+args)
			return nil
		},
	},
}
