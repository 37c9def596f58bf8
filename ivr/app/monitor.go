package app

import (
	"context"
	"errors"
	"os/exec"
	"strconv"
	"strings"
	"time"

	"dialtone/ivr"
)

var monitoring = []ivr.App{
	{
		Name: "MixMonitor", Synopsis: "record both sides of the call in the background", Syntax: "filename.format[,options[,command]]", Sets: []string{"MIXMONITOR_FILENAME"},
		Doc: "Starts a recording of what the caller says and hears, mixed, and goes on at once; it lasts until StopMixMonitor or the end of the call. A relative name lies in the directory of recordings. " +
			"MIXMONITOR_FILENAME is the file. Options: a appends; D writes two channels, left what the caller says, right what the caller hears, into a wav, sln or raw file; " +
			"r(file) writes what the caller says to a file of its own, t(file) what the caller hears, both with silence where there is none, so that they stay beside each other (S); " +
			"v(x) makes what the caller says louder, V(x) what the caller hears, W(x) both: x from -4 to 4 doubles or halves it so many times; " +
			"B(seconds) lets the caller hear a beep every 15 or so many seconds, p one at the beginning, P one at the end; i(variable) sets a variable to an identity for StopMixMonitor; " +
			"b records only while the call is joined to another by Dial. Other options are warned of and do nothing. A disk that fails ends the recording with an error in the log, the call goes on. The command is run at the end of the recording, only if the operator allows commands of the dialplan; ^{NAME} in it is the variable's value then. " +
			"A format that is not written is logged as an error. Without a file the call ends.",
		Run: mixMonitor,
	},
	{
		Name: "StopMixMonitor", Synopsis: "end the recording of the call", Syntax: "[identity]",
		Doc: "Ends the recording with that identity or, without one, the one of MixMonitor that began first. Without a recording it warns.",
		Run: stopMixMonitor,
	},
}

// monitorItem begins the items of the run that tell to which MixMonitor a file belongs.
const monitorItem = "mixmonitor:"

func mixMonitor(r *ivr.Run, args string) error {
	list := ivr.SplitArgs(args, 3)
	file := strings.TrimSpace(argument(list, 0))
	set, o := monitorOptions(r, argument(list, 1))
	if file == "" && set['r'] == "" && set['t'] == "" {
		return errors.New("needs the name of a file with its format, like call.wav")
	}
	tape, ok := r.Line().(ivr.Tape)
	if r.Over() || !ok {
		r.Warn("MixMonitor: there is no sound to record on %s", r.Line().Name())
		return nil
	}
	identity := ""
	for _, part := range []struct {
		file  string
		sides ivr.Sides
	}{{file, ivr.Both}, {set['r'], ivr.Heard}, {set['t'], ivr.Sent}} {
		if part.file == "" {
			continue
		}
		o := o
		o.Sides, o.Stereo = part.sides, part.sides == ivr.Both && has(set, 'D')
		if identity != "" { // one of its files beeps, and has the command run
			o.BeepFirst, o.BeepEvery, o.BeepLast = false, 0, false
		} else if command := argument(list, 2); command != "" {
			o.Ended = afterwards(r, command)
		}
		take, err := tape.Record(part.file, o)
		if err != nil {
			r.Logger().Error("MixMonitor: " + err.Error())
			continue
		}
		if part.sides == ivr.Both {
			r.Set("MIXMONITOR_FILENAME", take.File())
		}
		if identity == "" {
			identity = take.File()
		}
		r.SetItem(monitorItem+take.File(), identity)
	}
	if name, ok := set['i']; ok && name != "" && identity != "" {
		r.Set(name, identity)
	}
	return nil
}

// monitorOptions reads what is common to the files of a MixMonitor.
func monitorOptions(r *ivr.Run, text string) (set map[byte]string, o ivr.TapeOptions) {
	set = options(text)
	warnOptions(r, "MixMonitor", set, "abBDipPrStvVW")
	o = ivr.TapeOptions{Append: has(set, 'a'), Joined: has(set, 'b'), Background: true, BeepFirst: has(set, 'p'), BeepLast: has(set, 'P')}
	if has(set, 'B') {
		o.BeepEvery = 15 * time.Second
		if every, ok := seconds(set['B']); ok && every >= time.Second {
			o.BeepEvery = every
		} else if set['B'] != "" {
			r.Warn("MixMonitor: B(%s) is no number of seconds: a beep every 15", set['B'])
		}
	}
	for _, volume := range []struct {
		letter byte
		of     []*int
	}{{'v', []*int{&o.HeardVolume}}, {'V', []*int{&o.SentVolume}}, {'W', []*int{&o.HeardVolume, &o.SentVolume}}} {
		if !has(set, volume.letter) {
			continue
		}
		x, err := strconv.Atoi(strings.TrimSpace(set[volume.letter]))
		if err != nil || x < -4 || x > 4 {
			r.Warn("MixMonitor: %c(%s) is no volume from -4 to 4", volume.letter, set[volume.letter])
			continue
		}
		for _, of := range volume.of {
			*of = x
		}
	}
	return set, o
}

// joined tells the channel that its call is joined to another, or no longer.
func joined(r *ivr.Run, on bool) {
	if j, ok := r.Line().(ivr.Joiner); ok {
		j.Join(on)
	}
}

// afterwards is what runs the command of a MixMonitor at its end; nil: it may not.
func afterwards(r *ivr.Run, command string) func(string) {
	if !r.Allow().System {
		r.Warn("MixMonitor: the command is not run: commands of the dialplan are not allowed")
		return nil
	}
	log := r.Logger()
	for strings.Contains(command, "^{") {
		before, rest, _ := strings.Cut(command, "^{")
		name, after, closed := strings.Cut(rest, "}")
		if !closed {
			break
		}
		value, _ := r.Variable(name)
		command = before + value + after
	}
	return func(string) {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		if out, err := exec.CommandContext(ctx, "/bin/sh", "-c", command).CombinedOutput(); err != nil {
			log.Warn("MixMonitor: the command failed", "command", command, "error", err, "output", strconv.Quote(string(out[:min(len(out), 200)])))
		}
	}
}

func stopMixMonitor(r *ivr.Run, identity string) error {
	tape, ok := r.Line().(ivr.Tape)
	if !ok {
		return nil
	}
	stopped := false
	for _, take := range tape.Takes() {
		of := r.Item(monitorItem + take.File())
		if of == "" || identity != "" && of != identity {
			continue
		}
		identity, stopped = of, true // the files of one MixMonitor end together
		if _, err := take.Stop(0); err != nil {
			r.Warn("StopMixMonitor: %v", err)
		}
	}
	if !stopped && !r.Over() {
		r.Warn("StopMixMonitor: no such recording is made")
	}
	return nil
}
