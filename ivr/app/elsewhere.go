package app

import (
	"cmp"
	"context"
	"errors"
	"strings"
	"time"

	"dialtone/ivr"
	"dialtone/ivr/dialplan"
)

// The applications of this file act on other calls.
var elsewhere = []ivr.App{
	{
		Name: "SoftHangup", Synopsis: "end a call by its channel's name", Syntax: "channel[,options]",
		Doc: "Ends the call with that channel, this one included. Where there is none it is warned, and the dialplan goes on.",
		Run: softHangup,
	},
	{
		Name: "ChannelRedirect", Synopsis: "send a call elsewhere by its channel's name", Syntax: "channel,[[context,]extension,]priority", Sets: []string{"CHANNELREDIRECT_STATUS"},
		Doc: "Has the call with that channel go on at another place of the dialplan, away from whom it talks with; this one included. CHANNELREDIRECT_STATUS is SUCCESS or NOCHANNEL.",
		Run: channelRedirect,
	},
	{
		Name: "Originate", Synopsis: "begin another call", Syntax: "technology/resource,app|exten,argument…[,timeout[,options]]", Sets: []string{"ORIGINATE_STATUS"},
		Doc: "Calls a telephone or by a trunk, and has who answers go to a place, exten,context,extension,priority, or execute an application, app,name,arguments. It waits for the answer, timeout seconds (30) at the most. " +
			"Options: a does not wait; c(number) and n(name) who calls; v(name=value[^name=value…]) variables of the new call. ORIGINATE_STATUS is SUCCESS, FAILED, BUSY, CONGESTION, HANGUP (nobody answered) or, with a, UNKNOWN.",
		Run: originate,
	},
	{
		Name: "Pickup", Synopsis: "answer a call that rings elsewhere", Syntax: "[extension[@context][&…]]", Sets: []string{"PICKUPRESULT"},
		Doc: "Takes the first call that rings for one of the extensions: the extension that was dialled or the number of the phone; without a context in the present one. EXTENSION@PICKUPMARK is a call whose caller has " +
			"set the variable __PICKUPMARK so. Without an extension the first call that rings at a phone of this phone's pickup groups (phone set --pickup-group). The other telephones stop ringing, and this call is connected until one of them hangs up. When nothing rings the dialplan goes on.",
		Run: pickup,
	},
	{
		Name: "PickupChan", Synopsis: "answer a call that rings at a channel", Syntax: "channel[&channel…][,options]", Sets: []string{"PICKUPRESULT"},
		Doc: "As Pickup, by the name of the channel that rings: whole, or up to the number behind it, as PJSIP/1001. Options have no effect.",
		Run: pickupChannel,
	},
	{
		Name: "Bridge", Synopsis: "connect this call with another one", Syntax: "channel[,options]", Sets: []string{"BRIDGERESULT"},
		Doc: "Takes the call with that channel away from whom it talks with, answers this one and connects the two until one of them hangs up. A call whose dialplan runs waits in it meanwhile, " +
			"and goes on there when this one hangs up; one that has called somebody by Dial talks with this one in that one's place. BRIDGERESULT is SUCCESS, NONEXISTENT, INCOMPATIBLE (nobody has answered it) or LOOP (itself). Options are those of Dial.",
		Run: bridge,
	},
}

// other finds another live call by its channel's name.
func other(r *ivr.Run, name string) (ivr.Other, bool) {
	others, ok := r.Others()
	if !ok {
		return nil, false
	}
	return others.Other(name)
}

func softHangup(r *ivr.Run, args string) error {
	name := ivr.SplitArgs(args, 2)[0]
	if name != "" && name == r.Channel().Name() {
		return r.Hangup(16)
	}
	if o, ok := other(r, name); ok {
		o.Hangup(16)
		return nil
	}
	r.Warn("SoftHangup: there is no channel %q within reach", name)
	return nil
}

func channelRedirect(r *ivr.Run, args string) error {
	name, target, ok := strings.Cut(args, ",")
	if !ok || name == "" || target == "" {
		return errors.New("needs a channel and a target")
	}
	if name == r.Channel().Name() {
		r.Set("CHANNELREDIRECT_STATUS", "SUCCESS")
		return r.GotoTarget(target)
	}
	o, ok := other(r, name)
	if ok {
		place, err := r.Target(target)
		if err != nil {
			return err
		}
		ok = o.Redirect(place)
	}
	if !ok {
		r.Warn("ChannelRedirect: there is no channel %q within reach", name)
		r.Set("CHANNELREDIRECT_STATUS", "NOCHANNEL")
		return nil
	}
	r.Set("CHANNELREDIRECT_STATUS", "SUCCESS")
	return nil
}

func originate(r *ivr.Run, args string) error {
	list := ivr.SplitArgs(args, 7)
	o := ivr.Origination{Destination: list[0]}
	options := options(argument(list, 6))
	switch strings.ToLower(argument(list, 1)) {
	case "app":
		o.App, o.Args = argument(list, 2), argument(list, 3)
	case "exten":
		place, err := r.Target(strings.Join([]string{argument(list, 2), argument(list, 3), cmp.Or(argument(list, 4), "1")}, ","))
		if err != nil {
			return err
		}
		o.Place = place
	}
	line, ok := r.Line().(ivr.Originator)
	if !ok || o.Destination == "" || o.App == "" && o.Place.Exten == "" {
		r.Warn("Originate: needs a destination that can be called here, and app or exten with what is to be executed")
		r.Set("ORIGINATE_STATUS", "FAILED")
		return nil
	}
	if s, ok := seconds(argument(list, 5)); ok && s > 0 {
		o.Timeout = s
	}
	o.Caller = ivr.CallerID{Number: options['c'], Name: options['n']}
	o.Variables = map[string]string{}
	for pair := range strings.SplitSeq(options['v'], "^") {
		if name, value, ok := strings.Cut(pair, "="); ok {
			o.Variables[name] = value
		}
	}
	if has(options, 'a') {
		go func() {
			if err := line.Originate(context.Background(), o); err != nil {
				r.Logger().Warn("Originate: "+err.Error(), "destination", o.Destination)
			}
		}()
		r.Set("ORIGINATE_STATUS", "UNKNOWN")
		return nil
	}
	var failed error
	err := r.Outside(longestRinging, func(ctx context.Context) { failed = line.Originate(ctx, o) })
	r.Set("ORIGINATE_STATUS", originated(r, failed))
	return err
}

// longestRinging bounds how long Originate waits for an answer.
const longestRinging = 10 * time.Minute

// originated is ORIGINATE_STATUS.
func originated(r *ivr.Run, err error) string {
	if err == nil {
		return "SUCCESS"
	}
	nobody, ok := errors.AsType[*ivr.NotAnsweredError](err)
	if !ok {
		r.Warn("Originate: %v", err)
		return "FAILED"
	}
	switch nobody.Cause {
	case 17:
		return "BUSY"
	case 34, 38, 41, 42, 47:
		return "CONGESTION"
	case 16, 18, 19:
		return "HANGUP"
	}
	return "FAILED"
}

func pickup(r *ivr.Run, args string) error {
	var list []ivr.Ringing
	if args == "" {
		list = append(list, ivr.Ringing{Groups: true})
	}
	for target := range strings.SplitSeq(args, "&") {
		exten, context, named := strings.Cut(target, "@")
		switch {
		case !named:
			context = r.Place().Context
		case context == "PICKUPMARK":
			list = append(list, ivr.Ringing{Mark: exten})
			continue
		}
		list = append(list, ivr.Ringing{Place: dialplan.Place{Context: context, Exten: exten}})
	}
	return pickUp(r, "Pickup", list)
}

func pickupChannel(r *ivr.Run, args string) error {
	var list []ivr.Ringing
	for name := range strings.SplitSeq(ivr.SplitArgs(args, 2)[0], "&") {
		list = append(list, ivr.Ringing{Channel: name})
	}
	return pickUp(r, "PickupChan", list)
}

// pickUp takes the first of the calls that rings.
func pickUp(r *ivr.Run, app string, list []ivr.Ringing) error {
	others, ok := r.Others()
	if ok && !r.Over() {
		notice := ivr.NewNotice()
		for _, which := range list {
			if caller, ok := others.Pickup(which, notice); ok {
				r.Set("PICKUPRESULT", "SUCCESS")
				return converse(r, caller, notice, nil)
			}
		}
	}
	r.Warn("%s: nothing rings there", app)
	r.Set("PICKUPRESULT", "FAILED")
	return nil
}

func bridge(r *ivr.Run, args string) error {
	list := ivr.SplitArgs(args, 2)
	o, ok := other(r, list[0])
	switch {
	case list[0] == r.Channel().Name():
		r.Set("BRIDGERESULT", "LOOP")
		return nil
	case !ok:
		r.Warn("Bridge: there is no channel %q", list[0])
		r.Set("BRIDGERESULT", "NONEXISTENT")
		return nil
	}
	if err := r.Answer(); err != nil {
		return err
	}
	notice := ivr.NewNotice()
	taken, ok := o.Seize(notice)
	if !ok {
		r.Warn("Bridge: %s is not answered: it cannot be taken", list[0])
		r.Set("BRIDGERESULT", "INCOMPATIBLE")
		return nil
	}
	r.Set("BRIDGERESULT", "SUCCESS")
	r.Join(taken)
	return converse(r, taken, notice, options(argument(list, 1)))
}

// converse lasts as long as a talk with somebody whom the run did not call; then the call ends as after Dial.
func converse(r *ivr.Run, with ivr.Called, notice ivr.Notice, options map[byte]string) error {
	d := &dialling{r: r, notice: notice, options: options, began: r.Now()}
	return d.connected(&called{Called: with})
}
