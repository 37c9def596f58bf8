package app

import (
	"errors"
	"strings"

	"dialtone/ivr"
)

// The applications of this file act on other calls. A dialplan reaches none but its
// own: they say so, and go on.
var elsewhere = []ivr.App{
	{
		Name: "SoftHangup", Synopsis: "end a call by its channel's name", Syntax: "channel[,options]",
		Doc: "Ends this call when the name is its own. Of other channels it is warned, and the dialplan goes on.",
		Run: func(r *ivr.Run, args string) error {
			name := ivr.SplitArgs(args, 2)[0]
			if name != "" && name == r.Channel().Name() {
				return r.Hangup(16)
			}
			r.Warn("SoftHangup: there is no channel %q within reach", name)
			return nil
		},
	},
	{
		Name: "ChannelRedirect", Synopsis: "send a call elsewhere by its channel's name", Syntax: "channel,[[context,]extension,]priority", Sets: []string{"CHANNELREDIRECT_STATUS"},
		Doc: "Goes there itself when the name is its own channel's, with CHANNELREDIRECT_STATUS SUCCESS. Of other channels it is NOCHANNEL, and the dialplan goes on.",
		Run: channelRedirect,
	},
	{
		Name: "Originate", Synopsis: "begin another call", Syntax: "technology/resource,app|exten,argument…", Sets: []string{"ORIGINATE_STATUS"},
		Doc: "Is not available in this version: ORIGINATE_STATUS is FAILED, and the dialplan goes on.",
		Run: func(r *ivr.Run, args string) error {
			r.Warn("Originate: calls cannot be begun by a dialplan in this version: %q is not called", ivr.SplitArgs(args, 2)[0])
			r.Set("ORIGINATE_STATUS", "FAILED")
			return nil
		},
	},
}

func channelRedirect(r *ivr.Run, args string) error {
	name, target, ok := strings.Cut(args, ",")
	switch {
	case !ok || name == "" || target == "":
		return errors.New("needs a channel and a target")
	case name != r.Channel().Name():
		r.Warn("ChannelRedirect: there is no channel %q within reach", name)
		r.Set("CHANNELREDIRECT_STATUS", "NOCHANNEL")
		return nil
	}
	r.Set("CHANNELREDIRECT_STATUS", "SUCCESS")
	return r.GotoTarget(target)
}
