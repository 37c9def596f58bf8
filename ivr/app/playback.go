package app

import (
	"errors"
	"strings"

	"dialtone/ivr"
	"dialtone/ivr/dialplan"
)

var playing = []ivr.App{
	{
		Name: "Playback", Synopsis: "play sounds", Syntax: "filename[&filename…][,options]", Sets: []string{"PLAYBACKSTATUS"},
		Doc: "Answers unless the option is noanswer, and plays the files one after another. Digits pressed meanwhile are lost. " +
			"A file may be the URL of one (http, https), in single quotes if there is an & in it; the setting --allow-sound-url says whose. " +
			"A file that does not exist is skipped with a warning, and PLAYBACKSTATUS is FAILED at the end, else SUCCESS. " +
			"With the option skip nothing is played to an unanswered call. Without a file the call ends.",
		Run: playback,
	},
	{
		Name: "BackGround", Synopsis: "play sounds while the caller may dial", Syntax: "filename[&filename…][,options[,language[,context]]]",
		Sets: []string{"BACKGROUNDSTATUS"},
		Doc: "Answers unless the option is n (or noanswer), and plays the files one after another. A digit stops them: an extension that no longer one " +
			"begins with is gone to at once, otherwise further digits are collected. With s (or skip) nothing is played to an unanswered call; with m only a digit " +
			"that is an extension stops the files; with p none does. A file that does not exist is warned of, those after it are not played, " +
			"BACKGROUNDSTATUS is FAILED (else SUCCESS), and the dialplan goes on. Without a file the call ends.",
		Run: background,
	},
}

// keys are the digits of a telephone.
const keys = "0123456789*#ABCD"

func playback(r *ivr.Run, args string) error {
	list := ivr.SplitArgs(args, 2)
	if argument(list, 0) == "" {
		return errors.New("needs the name of a sound")
	}
	how := strings.ToLower(argument(list, 1))
	if !r.Channel().Answered() && !r.Over() {
		if strings.Contains(how, "skip") {
			r.Set("PLAYBACKSTATUS", "SUCCESS")
			return nil
		}
		if !strings.Contains(how, "noanswer") {
			if err := answered(r); err != nil {
				return err
			}
		}
	}
	status := "SUCCESS"
	for names := ivr.SoundNames(list[0]); len(names) > 0; {
		_, err := r.Play(names, "", "")
		if err == nil {
			break
		}
		status = "FAILED"
		var missing *ivr.SoundError
		if !errors.As(err, &missing) {
			if !runEnds(err) {
				r.Warn("Playback: %v", err)
			}
			break
		}
		r.Warn("Playback: %v", missing)
		names = names[min(max(missing.Index, 0)+1, len(names)):]
	}
	r.Set("PLAYBACKSTATUS", status)
	return nil
}

// runEnds tells the errors that the run sees to by itself: the call is over, its
// time has passed, or it was sent elsewhere.
func runEnds(err error) bool {
	_, away := errors.AsType[*ivr.RedirectedError](err)
	return away || errors.Is(err, ivr.ErrHangup) || errors.Is(err, ivr.ErrAbsolute)
}

func background(r *ivr.Run, args string) error {
	list := ivr.SplitArgs(args, 4)
	if argument(list, 0) == "" {
		return errors.New("needs the name of a sound")
	}
	var how map[byte]string
	switch text := argument(list, 1); strings.ToLower(text) {
	case "skip":
		how = options("s")
	case "noanswer":
		how = options("n")
	default:
		how = options(text)
	}
	context := argument(list, 3)
	if context == "" {
		context = r.Place().Context
	}
	open, err := opened(r, has(how, 's'), has(how, 'n'))
	if err != nil {
		return err
	}
	if !open {
		r.Set("BACKGROUNDSTATUS", "SUCCESS")
		return nil
	}
	key, err := r.Play(ivr.SoundNames(list[0]), argument(list, 2), stopKeys(r, context, how))
	status := "SUCCESS"
	if err != nil {
		var missing *ivr.SoundError
		if !errors.As(err, &missing) {
			return err
		}
		r.Warn("Background: %v", missing)
		status = "FAILED"
	}
	r.Set("BACKGROUNDSTATUS", status)
	if key == 0 {
		return nil
	}
	return press(r, context, key)
}

// press goes where a digit leads that stopped a sound: to an extension of context
// at once if no longer one begins with it, else it is the first of an extension of
// the present context.
func press(r *ivr.Run, context string, key byte) error {
	if m := r.Match(context, string(key)); m.CanMatch && !m.MatchMore {
		r.Goto(dialplan.Place{Context: context, Exten: string(key), Priority: 1})
	} else {
		r.Collect(string(key))
	}
	return nil
}

// stopKeys are the digits that stop a Background.
func stopKeys(r *ivr.Run, context string, how map[byte]string) string {
	if _, none := how['p']; none {
		return ""
	}
	if _, matching := how['m']; !matching {
		return keys
	}
	stop := ""
	for _, key := range keys {
		if r.Match(context, string(key)).Exists {
			stop += string(key)
		}
	}
	return stop
}
