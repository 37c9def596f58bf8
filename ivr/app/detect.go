package app

import (
	"errors"
	"math"
	"time"

	"dialtone/ivr"
	"dialtone/ivr/dialplan"
)

var detecting = []ivr.App{
	{
		Name: "WaitForSilence", Synopsis: "wait until the caller is silent", Syntax: "[milliseconds[,times[,timeout]]]", Sets: []string{"WAITSTATUS"},
		Doc: "Answers and waits until the caller was silent for that long (1000 ms), so many times in a row (1), for timeout seconds at the most (no end). " +
			"WAITSTATUS is SILENCE, TIMEOUT or HANGUP. Digits pressed meanwhile are kept.",
		Run: func(r *ivr.Run, args string) error { return waitForSound(r, "WaitForSilence", args, false) },
	},
	{
		Name: "WaitForNoise", Synopsis: "wait until the caller speaks", Syntax: "[milliseconds[,times[,timeout]]]", Sets: []string{"WAITSTATUS"},
		Doc: "Answers and waits until the caller has spoken for that long (1000 ms), so many times in a row (1), for timeout seconds at the most (no end). " +
			"WAITSTATUS is NOISE, TIMEOUT or HANGUP. Digits pressed meanwhile are kept.",
		Run: func(r *ivr.Run, args string) error { return waitForSound(r, "WaitForNoise", args, true) },
	},
	{
		Name: "BackgroundDetect", Synopsis: "play sounds while the caller may dial or speak", Syntax: "filename[&filename…][,silence[,min[,max[,analysis]]]]",
		Sets: []string{"BACKGROUNDSTATUS"},
		Doc: "Answers and plays as BackGround does. The sound also stops when the caller speaks for min to max milliseconds (100, no limit) and is silent for silence milliseconds (1000) then: " +
			"the run goes to the extension talk, if there is one. With analysis only what is said in the first so many milliseconds counts. Without a file the call ends.",
		Run: backgroundDetect,
	},
}

// listener is a time in which an application pays attention to the caller.
type listener struct {
	ear  ivr.Ear
	r    *ivr.Run
	from time.Time // what was before does not count
}

// listen begins to pay attention; nil when the channel cannot.
func listen(r *ivr.Run) *listener {
	ear, ok := r.Line().(ivr.Ear)
	if !ok || r.Over() {
		return nil
	}
	ear.Listen(true)
	return &listener{ear, r, r.Now()}
}

func (l *listener) end() { l.ear.Listen(false) }

// left is how long it takes at the least until there was speech (or silence) for d
// without a break; 0: there was.
func (l *listener) left(speech bool, d time.Duration) time.Duration {
	talk := l.ear.Talk()
	if talk.Talking {
		l.r.Noticed()
	}
	if talk.Talking != speech {
		return d
	}
	since := talk.Since
	if since.Before(l.from) {
		since = l.from
	}
	return max(0, since.Add(d).Sub(l.r.Now()))
}

func waitForSound(r *ivr.Run, app, args string, speech bool) error {
	list := ivr.SplitArgs(args, 3)
	d, until := time.Second, r.Now().Add(longest)
	if ms, ok := ivr.LeadingInt(argument(list, 0)); ok && ms > 0 {
		d = milliseconds(ms)
	}
	times, _ := ivr.LeadingInt(argument(list, 1))
	if err := answered(r); err != nil {
		return err
	}
	if timeout, ok := seconds(argument(list, 2)); ok && timeout > 0 {
		until = r.Now().Add(timeout)
	}
	l := listen(r)
	if l == nil {
		r.Warn("%s: the caller cannot be heard on %s", app, r.Line().Name())
		r.Set("WAITSTATUS", "TIMEOUT")
		return nil
	}
	defer l.end()
	for times = max(times, 1); times > 0; {
		left := l.left(speech, d)
		if left == 0 {
			times--
			l.from = r.Now()
			continue
		}
		rest := until.Sub(r.Now())
		if rest <= 0 {
			r.Set("WAITSTATUS", "TIMEOUT")
			return nil
		}
		if err := r.Sleep(min(left, rest)); err != nil {
			r.Set("WAITSTATUS", "HANGUP")
			return err
		}
	}
	status := "SILENCE"
	if speech {
		status = "NOISE"
	}
	r.Set("WAITSTATUS", status)
	return nil
}

// remark is what BackgroundDetect waits for: somebody speaks for a time, and is silent.
type remark struct {
	silence, min, max time.Duration
	until             time.Time // what begins later does not count
}

// left is how long it takes at the least until there was one; 0: there was.
func (m remark) left(l *listener) time.Duration {
	talk, now := l.ear.Talk(), l.r.Now()
	switch {
	case talk.Talking:
		return m.silence
	case talk.Last >= m.min && talk.Last <= m.max && talk.Last > 0 && !talk.Since.Add(-talk.Last).After(m.until):
		return max(0, talk.Since.Add(m.silence).Sub(now))
	}
	return m.min + m.silence
}

func backgroundDetect(r *ivr.Run, args string) error {
	list := ivr.SplitArgs(args, 5)
	if argument(list, 0) == "" {
		return errors.New("needs the name of a sound")
	}
	if err := answered(r); err != nil {
		return err
	}
	ms := func(n int, otherwise time.Duration) time.Duration {
		if v, ok := ivr.LeadingInt(argument(list, n)); ok && v > 0 {
			return milliseconds(v)
		}
		return otherwise
	}
	m := remark{silence: ms(1, time.Second), min: ms(2, 100*time.Millisecond), max: ms(3, math.MaxInt64)}
	m.until = r.Now().Add(ms(4, longest))
	key, spoke, err := m.play(r, ivr.SoundNames(list[0]))
	status := "SUCCESS"
	var missing *ivr.SoundError
	switch {
	case errors.As(err, &missing):
		r.Warn("BackgroundDetect: %v", missing)
		status = "FAILED"
	case err != nil:
		return err
	}
	r.Set("BACKGROUNDSTATUS", status)
	talk := dialplan.Place{Context: r.Place().Context, Exten: "talk", Priority: 1}
	switch {
	case key != 0:
		return press(r, talk.Context, key)
	case spoke && r.Exists(talk):
		r.Goto(talk)
	}
	return nil
}

// play plays until the end, a key or a remark.
func (m remark) play(r *ivr.Run, sounds []string) (key byte, spoke bool, err error) {
	l := listen(r)
	if l == nil {
		key, err = r.Play(sounds, "", keys)
		return key, false, err
	}
	defer l.end()
	if key, err = r.Wait(ivr.Wait{Keys: keys}); key != 0 || err != nil {
		return key, false, err
	}
	done, missing := r.Start(sounds, "", 0)
	if done == nil {
		return 0, false, missing
	}
	for {
		left := m.left(l)
		if left == 0 {
			r.Stop()
			return 0, true, nil
		}
		key, err = r.Wait(ivr.Wait{For: left, Wake: done, Keys: keys})
		if key != 0 || err != nil {
			r.Stop()
			return key, false, err
		}
		if closed(done) {
			return 0, false, missing
		}
	}
}
