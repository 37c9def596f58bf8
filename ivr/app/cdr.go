package app

import (
	"strings"

	"dialtone/ivr"
)

var recording = []ivr.App{
	{
		Name: "ResetCDR", Synopsis: "begin the call's record anew", Syntax: "[v]",
		Doc: "The record of the call begins anew, as if the call came in now; with the option v its own fields are kept.",
		Run: func(r *ivr.Run, args string) error {
			r.RestartRecord(strings.Contains(args, "v"))
			return nil
		},
	},
	{
		Name: "NoCDR", Synopsis: "leave no record of the call",
		Doc: "The call leaves no record when it ends; the same as Set(CDR_PROP(disable)=1).",
		Run: func(r *ivr.Run, _ string) error {
			r.DisableRecord(true)
			return nil
		},
	},
}
