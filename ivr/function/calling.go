package function

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"dialtone/ivr"
)

var calling = []ivr.Function{
	{Name: "CALLERID", Synopsis: "who calls", Syntax: "item",
		Doc:  `Items: all ("Name" <number>), name, num (or number), ani, dnid, rdnis, pres (or num-pres), and to read only num-valid, name-valid, ton.`,
		Read: callerID, Write: setCallerID},
	{Name: "CHANNEL", Synopsis: "an item of the call", Syntax: "item[,…]",
		Doc: "Items: name, state (Ring, Up), language, channeltype, context, exten, uniqueid, linkedid, accountcode, amaflags, musicclass, hangupsource, " +
			"and of the sound, with times in seconds: rtcp,all or rtcp,ITEM, where ITEM is txcount, rxcount, txjitter, rxjitter, txploss, rxploss, rtt, local_ssrc or remote_ssrc; " +
			"rtpqos,audio,ITEM has local_count, local_jitter, local_lostpackets and the same of remote_ too. At the end of a call RTPAUDIOQOS is rtcp,all. " +
			"To set: language, accountcode, amaflags, musicclass, which is heard on hold as well; hangup_handler_push, hangup_handler_pop and hangup_handler_wipe take a Gosub target that is run at the end of the call.",
		Read: channel, Write: setChannel},
	{Name: "FEATUREMAP", Synopsis: "the keys of a feature in talks", Syntax: "blindxfer|atxfer|disconnect|automixmon|automon",
		Doc: "What one presses in a talk that Dial's options t, T, h and H allow it for. As a rule # sends the other one elsewhere (blindxfer), *2 asks a third one first (atxfer), * hangs up (disconnect), *3 or *1 begins and ends a recording (automixmon, automon).",
		Read: func(r *ivr.Run, args string) (string, error) {
			return r.Item("featuremap " + strings.ToLower(args)), nil
		}, Write: setFeature},
	{Name: "TIMEOUT", Synopsis: "a time-out of the call, in seconds", Syntax: "digit|response|absolute",
		Doc:  "digit: between the digits of an extension; response: until the first one; absolute: of the call from now on, 0 for none, read as what is left.",
		Read: timeout, Write: setTimeout},
}

func callerID(r *ivr.Run, args string) (string, error) {
	c := r.Caller()
	switch item := strings.ToLower(ivr.SplitArgs(args, 2)[0]); item {
	case "all":
		return c.String(), nil
	case "name":
		return c.Name, nil
	case "num", "number":
		return c.Number, nil
	case "ani", "ani-num":
		if c.ANI == "" {
			return c.Number, nil
		}
		return c.ANI, nil
	case "dnid":
		return c.DNID, nil
	case "rdnis":
		return c.RDNIS, nil
	case "pres", "num-pres", "name-pres":
		if c.Presentation == "" {
			return "allowed_not_screened", nil
		}
		return c.Presentation, nil
	case "num-valid":
		return truth(c.Number != ""), nil
	case "name-valid":
		return truth(c.Name != ""), nil
	case "ton":
		return "0", nil
	default:
		return "", fmt.Errorf("unknown item %q", item)
	}
}

func setCallerID(r *ivr.Run, args, value string) error {
	c := r.Caller()
	value = strings.Trim(value, blanks)
	switch item := strings.ToLower(ivr.SplitArgs(args, 2)[0]); item {
	case "all":
		c.Name, c.Number = ivr.ParseCallerID(value)
	case "name":
		c.Name = value
	case "num", "number":
		c.Number = value
	case "ani", "ani-num":
		c.ANI = value
	case "dnid":
		c.DNID = value
	case "rdnis":
		c.RDNIS = value
	case "pres", "num-pres", "name-pres":
		c.Presentation = value
	default:
		return fmt.Errorf("item %q is unknown or cannot be set", item)
	}
	r.SetCaller(c)
	return nil
}

func channel(r *ivr.Run, args string) (string, error) {
	ch := r.Channel()
	list := ivr.SplitArgs(strings.ToLower(args), 3)
	switch item := list[0]; item {
	case "rtcp":
		return r.SoundItem(argument(list, 1))
	case "rtpqos":
		return r.SoundItem(argument(list, 2))
	case "name":
		return ch.Name(), nil
	case "state":
		if ch.Answered() {
			return "Up", nil
		}
		return "Ring", nil
	case "language":
		return r.Language(), nil
	case "channeltype":
		technology, _, _ := strings.Cut(ch.Name(), "/")
		return technology, nil
	case "context":
		return r.Place().Context, nil
	case "exten":
		return r.Place().Exten, nil
	case "uniqueid", "linkedid":
		return ch.UniqueID(), nil
	case "accountcode", "musicclass":
		return r.Item(item), nil
	case "amaflags":
		if flags := r.Item(item); flags != "" {
			return flags, nil
		}
		return "3", nil
	case "hangupsource":
		return "", nil
	default:
		return "", fmt.Errorf("unknown item %q", args)
	}
}

func setChannel(r *ivr.Run, args, value string) error {
	switch item := strings.ToLower(args); item {
	case "language":
		r.SetLanguage(value)
	case "accountcode", "musicclass", "amaflags":
		r.SetItem(item, value)
		if m, ok := r.Line().(ivr.Musician); ok && item == "musicclass" {
			m.ChooseMusic(value)
		}
	case "hangup_handler_push":
		return pushHandler(r, value)
	case "hangup_handler_pop":
		r.PopHandler()
		return pushHandler(r, value)
	case "hangup_handler_wipe":
		r.WipeHandlers()
		return pushHandler(r, value)
	default:
		return fmt.Errorf("item %q is unknown or cannot be set", args)
	}
	return nil
}

func pushHandler(r *ivr.Run, target string) error {
	if target != "" {
		r.PushHandler(target)
	}
	return nil
}

var errTimeout = errors.New("knows digit, response and absolute")

func timeout(r *ivr.Run, args string) (string, error) {
	digit, response := r.Timeouts()
	switch strings.ToLower(args) {
	case "digit":
		return secondsText(digit), nil
	case "response":
		return secondsText(response), nil
	case "absolute":
		if at := r.Deadline(); !at.IsZero() {
			// Whole milliseconds that are left for sure: right after it was set one has begun.
			return secondsText(max(at.Sub(r.Now())-1, 0).Truncate(time.Millisecond)), nil
		}
		return "0", nil
	}
	return "", errTimeout
}

func secondsText(d time.Duration) string { return strconv.FormatFloat(d.Seconds(), 'f', 3, 64) }

// maxTimeout is above what any call lasts.
const maxTimeout = 365 * 24 * time.Hour

func setTimeout(r *ivr.Run, args, value string) error {
	f, _ := leadingFloat(value)
	d := time.Duration(min(max(f, 0), maxTimeout.Seconds()) * float64(time.Second))
	digit, response := r.Timeouts()
	switch strings.ToLower(args) {
	case "digit":
		r.SetTimeouts(d, response)
	case "response":
		r.SetTimeouts(digit, d)
	case "absolute":
		if d == 0 {
			r.SetDeadline(time.Time{})
		} else {
			r.SetDeadline(r.Now().Add(d))
		}
	default:
		return errTimeout
	}
	return nil
}

func setFeature(r *ivr.Run, args, value string) error {
	switch name := strings.ToLower(args); name {
	case "blindxfer", "atxfer", "disconnect", "automixmon", "automon":
		r.SetItem("featuremap "+name, value)
		return nil
	}
	return fmt.Errorf("knows blindxfer, atxfer, disconnect, automixmon and automon, not %q", args)
}
