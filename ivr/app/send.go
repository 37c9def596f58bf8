package app

import (
	"errors"
	"strings"
	"time"

	"dialtone/ivr"
)

var sending = []ivr.App{
	{
		Name: "SendDTMF", Synopsis: "press keys towards the caller", Syntax: "digits[,between[,duration[,channel]]]",
		Doc: "Presses the keys one after another, each for duration milliseconds (100) with between milliseconds (250) behind it. w waits half a second, W a second; other characters are passed over. " +
			"channel is another call's, by its channel's name; as a rule it is this one.",
		Run: sendDTMF,
	},
	{
		Name: "SendText", Synopsis: "send the caller a text", Syntax: "text", Sets: []string{"SENDTEXTSTATUS"},
		Doc: "Sends a text as a SIP MESSAGE within the call. SENDTEXTSTATUS is SUCCESS, FAILURE or UNSUPPORTED.",
		Run: sendText,
	},
	{
		Name: "SendURL", Synopsis: "send the caller the address of a page", Syntax: "URL[,options]", Sets: []string{"SENDURLSTATUS"},
		Doc: "No telephone here takes one: SENDURLSTATUS is UNSUPPORTED, and the dialplan goes on. Without an address it is FAILURE, and the call ends.",
		Run: sendURL,
	},
}

func sendDTMF(r *ivr.Run, args string) error {
	list := ivr.SplitArgs(args, 4)
	if argument(list, 0) == "" {
		r.Warn("SendDTMF: needs digits")
		return nil
	}
	keypad, ok := r.Line().(ivr.Keypad)
	if name := argument(list, 3); name != "" && name != r.Channel().Name() {
		if keypad, ok = other(r, name); !ok {
			r.Warn("SendDTMF: there is no channel %q within reach", name)
			return nil
		}
	}
	between, duration := 250*time.Millisecond, 100*time.Millisecond
	if ms, ok := ivr.LeadingInt(argument(list, 1)); ok && ms > 0 {
		between = min(milliseconds(ms), time.Minute)
	}
	if ms, ok := ivr.LeadingInt(argument(list, 2)); ok && ms > 0 {
		duration = min(milliseconds(ms), time.Minute)
	}
	if !ok || r.Over() {
		r.Warn("SendDTMF: no keys can be pressed on %s", r.Line().Name())
		return nil
	}
	for _, c := range list[0] {
		wait := between + duration
		switch {
		case c == 'w':
			wait = 500 * time.Millisecond
		case c == 'W':
			wait = time.Second
		case c < 0x80 && strings.ContainsRune(keys+"abcd", c):
			if err := keypad.SendDigit(strings.ToUpper(string(c))[0], duration); err != nil {
				if runEnds(err) {
					return err
				}
				r.Warn("SendDTMF: %v", err)
			}
		default:
			continue
		}
		if err := r.Sleep(wait); err != nil {
			return err
		}
	}
	return nil
}

func sendText(r *ivr.Run, text string) error {
	if text == "" {
		r.Warn("SendText: needs a text")
		r.Set("SENDTEXTSTATUS", "FAILURE")
		return nil
	}
	texter, ok := r.Line().(ivr.Texter)
	err := ivr.ErrUnsupported
	if ok && !r.Over() {
		err = texter.SendText(text)
	}
	r.Set("SENDTEXTSTATUS", granted(r, "SendText", err))
	return asked(err)
}

func sendURL(r *ivr.Run, args string) error {
	if args == "" {
		r.Set("SENDURLSTATUS", "FAILURE")
		return errors.New("needs an address")
	}
	r.Set("SENDURLSTATUS", "UNSUPPORTED")
	return nil
}

// granted is the status of something that was asked of the caller's telephone.
func granted(r *ivr.Run, app string, err error) string {
	switch {
	case err == nil:
		return "SUCCESS"
	case errors.Is(err, ivr.ErrUnsupported):
		return "UNSUPPORTED"
	case !runEnds(err):
		r.Warn("%s: %v", app, err)
	}
	return "FAILURE"
}

// asked passes on what ends the run.
func asked(err error) error {
	if runEnds(err) {
		return err
	}
	return nil
}
