package app

import (
	"errors"
	"strings"
	"time"

	"dialtone/ivr"
)

var taping = []ivr.App{
	{
		Name: "Record", Synopsis: "record the caller", Syntax: "filename.format[,silence[,maxduration[,options]]]",
		Sets: []string{"RECORDED_FILE", "RECORD_STATUS"},
		Doc: "Answers, plays beep and records until #, until the caller was silent for so many seconds, or for maxduration seconds at the most (0: as long as the operator allows). " +
			"A %d in the name becomes the first number that is free. Formats: wav, ulaw, alaw, sln and their other names. RECORDED_FILE is the name without the format, for Playback. " +
			"RECORD_STATUS is DTMF, SILENCE, TIMEOUT, HANGUP, OPERATOR, SKIP or ERROR. The quarter of a second before a key is cut off, as it may hold the tone of the key, and of the silence that ends it all but a second. Options: a appends; k keeps the recording when the caller hangs up, otherwise it is lost; " +
			"n records without answering; s does nothing on an unanswered call; q plays no beep; o ends at 0 as well (OPERATOR); t ends at * in the place of #; y at any key; x at none; u keeps the silence at its end. " +
			"Other options are warned of. Without a name, or without a format, the call ends.",
		Run: record,
	},
}

// recorder is one Record.
type recorder struct {
	file    string
	silence time.Duration // that ends it; 0: none does
	max     time.Duration // 0: no end
	keys    string        // that end it
	has     func(option byte) bool
}

func record(r *ivr.Run, args string) error {
	list := ivr.SplitArgs(args, 4)
	x, err := newRecorder(r, list)
	if err != nil {
		r.Set("RECORD_STATUS", "ERROR")
		return err
	}
	open, err := opened(r, x.has('s'), x.has('n'))
	if err != nil {
		r.Set("RECORD_STATUS", "HANGUP")
		return err
	}
	if !open {
		r.Set("RECORD_STATUS", "SKIP")
		return nil
	}
	status, err := x.record(r)
	r.Set("RECORD_STATUS", status)
	return err
}

func newRecorder(r *ivr.Run, list []string) (x recorder, err error) {
	x.file = strings.TrimSpace(argument(list, 0))
	if x.file == "" {
		return x, errors.New("needs the name of a file with its format, like greeting.wav")
	}
	dot := strings.LastIndexAny(x.file, ".:")
	if dot < 0 || strings.Contains(x.file[dot:], "/") {
		return x, errors.New("needs a format behind the name, like " + x.file + ".wav")
	}
	x.file = x.file[:dot] + "." + x.file[dot+1:]
	x.silence = limit(r, "silence", argument(list, 1))
	x.max = limit(r, "maxduration", argument(list, 2))
	set := options(argument(list, 3))
	warnOptions(r, "Record", set, "aknoqstuxy")
	x.has = func(option byte) bool { return has(set, option) }
	switch {
	case x.has('y'):
		x.keys = keys
	case x.has('x'):
	case x.has('t'):
		x.keys = "*"
	default:
		x.keys = "#"
	}
	if x.has('o') {
		x.keys += "0"
	}
	return x, nil
}

// limit reads a number of seconds; 0, and what is none, is no limit.
func limit(r *ivr.Run, name, text string) time.Duration {
	d, ok := seconds(text)
	if text != "" && (!ok || d < 0) {
		r.Warn("Record: %s %q is no number of seconds", name, text)
	}
	return max(d, 0)
}

// beforeKey is what is cut off when a key ends a recording: some of the key's tone may be in it.
const beforeKey = 250 * time.Millisecond

// record makes the recording and gives the status.
func (x recorder) record(r *ivr.Run) (status string, err error) {
	if !x.has('q') {
		if _, err := r.Play([]string{"beep"}, "", ""); err != nil {
			if runEnds(err) {
				return "HANGUP", err
			}
			r.Warn("Record: %v", err)
		}
	}
	tape, ok := r.Line().(ivr.Tape)
	if r.Over() || !ok {
		r.Warn("Record: there is no sound to record on %s", r.Line().Name())
		return "ERROR", nil
	}
	take, err := tape.Record(x.file, ivr.TapeOptions{Append: x.has('a')})
	if err != nil {
		r.Warn("Record: %v", err)
		return "ERROR", nil
	}
	r.Set("RECORDED_FILE", take.Name())
	status, cut, err := x.listen(r, take)
	if err != nil && !x.has('k') {
		if e := take.Discard(); e != nil {
			r.Warn("Record: %v", e)
		}
		return status, err
	}
	if _, e := take.Stop(cut); e != nil {
		r.Warn("Record: %v", e)
		return "ERROR", err
	}
	return status, err
}

// listen waits for the end of the recording; cut is what is not worth keeping of it.
func (x recorder) listen(r *ivr.Run, take ivr.Take) (status string, cut time.Duration, err error) {
	var quiet *listener
	if x.silence > 0 {
		if quiet = listen(r); quiet == nil {
			r.Warn("Record: silence cannot be heard on %s", r.Line().Name())
		} else {
			defer quiet.end()
		}
	}
	until := r.Now().Add(longest)
	if x.max > 0 {
		until = r.Now().Add(x.max)
	}
	for {
		wait := until.Sub(r.Now())
		if quiet != nil {
			left := quiet.left(false, x.silence)
			if left <= 0 {
				if !x.has('u') {
					cut = max(0, x.silence-time.Second)
				}
				return "SILENCE", cut, nil
			}
			wait = min(wait, left)
		}
		key, err := r.Wait(ivr.Wait{For: max(wait, 0), Wake: take.Done(), Keys: x.keys})
		switch {
		case err != nil:
			return "HANGUP", 0, err
		case key == '0' && x.has('o'):
			return "OPERATOR", beforeKey, nil
		case key != 0:
			return "DTMF", beforeKey, nil
		case !r.Now().Before(until) || closed(take.Done()):
			return "TIMEOUT", 0, nil
		}
	}
}

func closed(done <-chan struct{}) bool {
	select {
	case <-done:
		return true
	default:
		return false
	}
}
