package app

import (
	"errors"
	"strconv"
	"strings"
	"time"

	"dialtone/ivr"
)

var controlling = []ivr.App{
	{
		Name: "ControlPlayback", Synopsis: "play a sound that the caller can wind", Syntax: "filename[,skipms[,forward[,rewind[,stop[,pause[,restart[,options]]]]]]]",
		Sets: []string{"CPLAYBACKSTATUS", "CPLAYBACKOFFSET", "CPLAYBACKSTOPKEY"},
		Doc: "Answers and plays one sound. The forward keys (# unless given) and the rewind keys (* unless given) jump skipms milliseconds (3000), the restart keys go to the beginning, " +
			"the pause keys stop it until one of them is pressed again, the stop keys end it. Option o(ms) begins there. CPLAYBACKSTATUS is SUCCESS (the end was reached; CPLAYBACKOFFSET is -1), " +
			"USERSTOPPED (CPLAYBACKOFFSET is where, in ms, CPLAYBACKSTOPKEY the key) or ERROR (no such sound). Without a file the call ends.",
		Run: controlPlayback,
	},
}

// winder is one ControlPlayback.
type winder struct {
	sound                                 string
	skip                                  time.Duration
	forward, rewind, stop, pause, restart string // keys
	at                                    time.Duration
}

func controlPlayback(r *ivr.Run, args string) error {
	list := ivr.SplitArgs(args, 8)
	if argument(list, 0) == "" {
		return errors.New("needs the name of a sound")
	}
	if err := answered(r); err != nil {
		return err
	}
	w := newWinder(list)
	key, err := w.play(r)
	r.Set("CPLAYBACKSTOPKEY", "")
	offset := w.at.Milliseconds()
	var missing *ivr.SoundError
	switch {
	case errors.As(err, &missing):
		r.Warn("ControlPlayback: %v", missing)
		r.Set("CPLAYBACKSTATUS", "ERROR")
		err = nil
	case err != nil:
		r.Set("CPLAYBACKSTATUS", "ERROR")
	case key == 0:
		r.Set("CPLAYBACKSTATUS", "SUCCESS")
		offset = -1
	default:
		r.Set("CPLAYBACKSTATUS", "USERSTOPPED")
		r.Set("CPLAYBACKSTOPKEY", string(key))
	}
	r.Set("CPLAYBACKOFFSET", strconv.FormatInt(offset, 10))
	return err
}

func newWinder(list []string) *winder {
	w := &winder{
		sound: strings.TrimSpace(list[0]), skip: 3 * time.Second, forward: argument(list, 2), rewind: argument(list, 3),
		stop: argument(list, 4), pause: argument(list, 5), restart: argument(list, 6),
	}
	if ms, ok := ivr.LeadingInt(argument(list, 1)); ok && ms > 0 {
		w.skip = milliseconds(ms)
	}
	// The keys that are wound by, unless they have another meaning.
	given := w.forward + w.rewind + w.stop + w.pause + w.restart
	if w.forward == "" && !strings.Contains(given, "#") {
		w.forward = "#"
	}
	if w.rewind == "" && !strings.Contains(given, "*") {
		w.rewind = "*"
	}
	if text, ok := options(argument(list, 7))['o']; ok {
		if ms, ok := ivr.LeadingInt(text); ok && ms > 0 {
			w.at = milliseconds(ms)
		}
	}
	return w
}

// milliseconds is a time given as a number by a dialplan.
func milliseconds(ms int) time.Duration {
	return min(time.Duration(ms), longest/time.Millisecond) * time.Millisecond
}

// play plays until the end, then key is 0, or until a stop key.
func (w *winder) play(r *ivr.Run) (key byte, err error) {
	for {
		key, w.at, err = r.PlayFrom(w.sound, "", w.at, w.forward+w.rewind+w.stop+w.pause+w.restart)
		if err != nil || key == 0 {
			return 0, err
		}
		if pressed(w.pause, key) {
			if key, err = r.Wait(ivr.Wait{For: -1, Keys: w.pause + w.stop}); err != nil {
				return 0, err
			}
			if !pressed(w.stop, key) {
				continue
			}
		}
		switch {
		case pressed(w.stop, key):
			return key, nil
		case pressed(w.forward, key):
			w.at += w.skip
		case pressed(w.rewind, key):
			w.at = max(0, w.at-w.skip)
		case pressed(w.restart, key):
			w.at = 0
		}
	}
}

func pressed(keys string, key byte) bool { return strings.IndexByte(keys, key) >= 0 }
