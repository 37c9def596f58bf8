package app

import (
	"errors"

	"dialtone/ivr"
)

var sounding = []ivr.App{
	{
		Name: "PlayTones", Synopsis: "play a tone while the dialplan goes on", Syntax: "name|list",
		Doc: "Starts a tone and goes on at once; it lasts until something else is played, StopPlayTones or the end. Names: dial, ring, busy, congestion, callwaiting, " +
			"dialrecall, record, info, stutter. A list is pieces like 425/500 or 350+440/1000 or 400*25/200 (Hz, milliseconds; 0 is silence), repeated for ever but for those with a ! before them. " +
			"An unknown name ends the call.",
		Run: playTones,
	},
	{
		Name: "StopPlayTones", Synopsis: "stop what PlayTones plays",
		Doc: "Stops the tone. Without one it does nothing.",
		Run: func(r *ivr.Run, _ string) error { return r.PlayTones(nil) },
	},
	{
		Name: "Milliwatt", Synopsis: "play the reference tone", Syntax: "[options]",
		Doc: "Answers and plays 1004 Hz at 0 dBm until the caller hangs up. Option o: 1000 Hz.",
		Run: milliwatt,
	},
	{
		Name: "MusicOnHold", Synopsis: "play music", Syntax: "[class[,seconds]]",
		Doc: "Plays the sounds in the directory moh/CLASS of the sounds one after another, over and over, for so many seconds or until the caller hangs up. " +
			"The class is that of CHANNEL(musicclass) unless given, or default. If there is none it is warned of, and there is silence. Digits pressed meanwhile are lost.",
		Run: musicOnHold,
	},
	{
		Name: "StartMusicOnHold", Synopsis: "play music while the dialplan goes on", Syntax: "[class]",
		Doc: "Starts the music of MusicOnHold and goes on at once. It lasts until something else is played, StopMusicOnHold or the end.",
		Run: func(r *ivr.Run, args string) error { return music(r, "StartMusicOnHold", args) },
	},
	{
		Name: "StopMusicOnHold", Synopsis: "stop the music",
		Doc: "Stops what StartMusicOnHold plays.",
		Run: func(r *ivr.Run, _ string) error { r.Stop(); return nil },
	},
}

func playTones(r *ivr.Run, args string) error {
	if args == "" {
		return errors.New("needs the name of a tone, or a list of tones")
	}
	return r.Indicate(args)
}

func milliwatt(r *ivr.Run, args string) error {
	if err := answered(r); err != nil {
		return err
	}
	hz := 1004
	if _, round := options(args)['o']; round {
		hz = 1000
	}
	if err := r.PlayTones(ivr.Milliwatt(hz)); err != nil {
		return err
	}
	_, err := r.Wait(ivr.Wait{For: -1})
	return err
}

// tone plays a tone for an application that goes on in silence when it is none.
func tone(r *ivr.Run, app, text string) error {
	err := r.Indicate(text)
	if err != nil && !runEnds(err) {
		r.Warn("%s: %v", app, err)
		return nil
	}
	return err
}

// music plays music on hold, or warns that there is none.
func music(r *ivr.Run, app, class string) error {
	if class == "" {
		class = r.Item("musicclass")
	}
	err := r.Music(class)
	if err != nil && !runEnds(err) {
		r.Warn("%s: %v", app, err)
		return nil
	}
	return err
}

func musicOnHold(r *ivr.Run, args string) error {
	list := ivr.SplitArgs(args, 2)
	if err := music(r, "MusicOnHold", argument(list, 0)); err != nil {
		return err
	}
	d, ok := seconds(argument(list, 1))
	if !ok || d < 0 {
		d = -1
	}
	_, err := r.Wait(ivr.Wait{For: d})
	r.Stop()
	return err
}

// besideWait plays what WaitExten's options d and m ask for.
func besideWait(r *ivr.Run, set map[byte]string) (plays bool, err error) {
	if name, ok := set['d']; ok {
		if name == "" {
			name = "dial"
		}
		return true, tone(r, "WaitExten", name)
	}
	if class, ok := set['m']; ok {
		return true, music(r, "WaitExten", class)
	}
	return false, nil
}
