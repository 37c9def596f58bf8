package agi

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"dialtone/ivr"
	"dialtone/ivr/say"
)

// The commands that play and record.

func streamFile(s *session, args []string) (string, bool) {
	offset, ok := number(args, 2, 0)
	if !ok {
		return "", false
	}
	return ending(s.stream(args[0], args[1], offset))
}

// stream plays a file from a sample on.
func (s *session) stream(file, keys string, offset int) (key byte, at time.Duration, err error) {
	at = time.Duration(max(offset, 0)) * 125 * time.Microsecond
	if file == "" {
		return 0, at, nil
	}
	key, at, err = s.r.PlayFrom(file, "", at, keys)
	var missing *ivr.SoundError
	if errors.As(err, &missing) {
		s.r.Warn("AGI: %v", err)
	}
	return key, at, err
}

func getOption(s *session, args []string) (string, bool) {
	key, at, err := s.stream(args[0], args[1], 0)
	if key != 0 || err != nil {
		return ending(key, at, err)
	}
	wait, _ := s.r.Timeouts()
	if len(args) > 2 {
		ms, _ := ivr.LeadingInt(args[2])
		wait = milliseconds(ms)
	}
	key, err = s.r.Wait(ivr.Wait{For: wait, Keys: ivr.AllKeys})
	if strings.IndexByte(args[1], key) < 0 {
		key = 0
	}
	return ending(key, at, err)
}

// getData plays a prompt and collects digits to # or to their greatest number.
func getData(s *session, args []string) (string, bool) {
	most, _ := number(args, 2, 1024)
	if most < 1 || most > 1024 {
		most = 1024
	}
	between, first := s.r.Timeouts()
	if ms, _ := number(args, 1, 0); ms != 0 {
		first = milliseconds(ms)
		between = first
	}
	key, err := s.prompt(args[0])
	digits := ""
	for wait := first; ; wait = between {
		if key == 0 && err == nil {
			key, err = s.r.Wait(ivr.Wait{For: wait, Keys: ivr.AllKeys})
		}
		switch {
		case err != nil:
			return result(-1), true
		case key == 0:
			return "200 result=" + digits + " (timeout)", true
		case key == '#':
			return "200 result=" + digits, true
		}
		if digits += string(key); len(digits) >= most {
			return "200 result=" + digits, true
		}
		key = 0
	}
}

// prompt plays files until a key is pressed; one that is missing is passed over.
func (s *session) prompt(files string) (byte, error) {
	var names []string
	for _, name := range ivr.SoundNames(files) {
		if name != "" {
			names = append(names, name)
		}
	}
	return s.play(names, ivr.AllKeys)
}

// play plays sounds one after another; those that are missing are passed over.
func (s *session) play(names []string, keys string) (byte, error) {
	for len(names) > 0 {
		key, err := s.r.Play(names, "", keys)
		var missing *ivr.SoundError
		if !errors.As(err, &missing) {
			return key, err
		}
		s.r.Warn("AGI: %v", missing)
		names = names[min(max(missing.Index, 0)+1, len(names)):]
	}
	return 0, nil
}

// controlStream plays a file that keys move about in.
func controlStream(s *session, args []string) (string, bool) {
	skip, ok := number(args, 2, 3000)
	offset, ok2 := number(args, 6, 0)
	if !ok || !ok2 {
		return "", false
	}
	key := func(n int, otherwise string) string {
		if n < len(args) && args[n] != "" {
			return args[n]
		}
		return otherwise
	}
	forward, back, pause, stop := key(3, "#"), key(4, "*"), key(5, ""), args[1]
	at := max(milliseconds(offset), 0)
	for {
		pressed, reached, err := s.r.PlayFrom(args[0], "", at, forward+back+pause+stop)
		at = reached
		is := func(keys string) bool { return strings.IndexByte(keys, pressed) >= 0 }
		switch {
		case err != nil || pressed == 0 || is(stop):
			return ending(pressed, at, err)
		case is(forward):
			at += milliseconds(max(skip, 0))
		case is(back):
			at = max(at-milliseconds(max(skip, 0)), 0)
		case is(pause):
			if pressed, err = s.r.Wait(ivr.Wait{For: -1, Keys: pause + stop}); err != nil || is(stop) {
				return ending(pressed, at, err)
			}
		}
	}
}

func (s *session) say(names []string, keys string) (string, bool) {
	return keyReply(s.play(names, keys))
}

func sayAlpha(s *session, args []string) (string, bool) {
	return s.say(say.Alpha(s.r.Language(), args[0]), args[1])
}

func sayPhonetic(s *session, args []string) (string, bool) {
	return s.say(say.Phonetic(s.r.Language(), args[0]), args[1])
}

func sayDigits(s *session, args []string) (string, bool) {
	if _, ok := ivr.LeadingInt(args[0]); !ok {
		return "", false
	}
	return s.say(say.Digits(s.r.Language(), args[0]), args[1])
}

func sayNumber(s *session, args []string) (string, bool) {
	n, err := strconv.ParseInt(strings.TrimSpace(args[0]), 10, 64)
	if err != nil {
		return "", false
	}
	gender := ""
	if len(args) > 2 {
		gender = args[2]
	}
	names, err := say.Number(s.r.Language(), n, gender)
	if err != nil {
		s.r.Warn("SAY NUMBER: %v", err)
		return result(-1), true
	}
	return s.say(names, args[1])
}

func sayDate(s *session, args []string) (string, bool) {
	return s.sayMoment(args, say.DateFormat(s.r.Language()), "")
}

func sayTime(s *session, args []string) (string, bool) {
	return s.sayMoment(args, say.ClockFormat(s.r.Language()), "")
}

func sayDateTime(s *session, args []string) (string, bool) {
	format, zone := "", ""
	if len(args) > 2 {
		format = args[2]
	}
	if len(args) > 3 {
		zone = args[3]
	}
	return s.sayMoment(args, format, zone)
}

// sayMoment speaks epoch seconds.
func (s *session) sayMoment(args []string, format, zone string) (string, bool) {
	epoch, err := strconv.ParseInt(strings.TrimSpace(args[0]), 10, 64)
	if err != nil || epoch > 1<<40 || epoch < -1<<40 {
		return "", false
	}
	now := s.r.Now()
	at := time.Unix(epoch, 0).In(now.Location())
	if zone != "" {
		if place, err := time.LoadLocation(zone); err == nil {
			at = at.In(place)
		} else {
			s.r.Warn("SAY DATETIME: there is no time zone %q", zone)
		}
	}
	names, err := say.Time(s.r.Language(), at, now, format)
	if err != nil {
		s.r.Warn("SAY: %v", err)
	}
	return s.say(names, args[1])
}

// recordFile records the caller until a key, a time or a silence.
func recordFile(s *session, args []string) (string, bool) {
	ms, ok := ivr.LeadingInt(args[3])
	if !ok {
		return "", false
	}
	keys, silence, beep, offset := args[2], time.Duration(0), false, 0
	for _, arg := range args[4:] {
		n, isNumber := ivr.LeadingInt(arg)
		switch text, isSilence := strings.CutPrefix(arg, "s="); {
		case isSilence:
			seconds, _ := ivr.LeadingInt(text)
			silence = time.Duration(max(seconds, 0)) * time.Second
		case isNumber:
			offset = n
		default:
			beep = true
		}
	}
	if beep {
		if key, err := s.play([]string{"beep"}, keys); key != 0 || err != nil {
			n := int(key)
			if err != nil {
				n = -1
			}
			return fmt.Sprintf("200 result=%d (randomerror) endpos=%d", n, offset), true
		}
	}
	tape, ok := s.r.Line().(ivr.Tape)
	if !ok {
		s.r.Warn("RECORD FILE: this channel cannot be recorded")
		return "200 result=-1 (writefile)", true
	}
	take, err := tape.Record(args[0]+"."+args[1], ivr.TapeOptions{Append: offset > 0})
	if err != nil {
		s.r.Warn("RECORD FILE: %v", err)
		return "200 result=-1 (writefile)", true
	}
	return s.record(take, keys, milliseconds(ms), silence), true
}

// listening is how often it is asked whether the caller still speaks.
const listening = 100 * time.Millisecond

// record waits for what ends a take.
func (s *session) record(take ivr.Take, keys string, limit, silence time.Duration) string {
	ear, hears := s.r.Line().(ivr.Ear)
	if hears = hears && silence > 0; hears {
		ear.Listen(true)
		defer ear.Listen(false)
	}
	begun := s.r.Now()
	reply, code, cut := "timeout", 0, time.Duration(0)
	for {
		wait := limit
		if limit >= 0 {
			wait = max(0, limit-s.r.Now().Sub(begun))
		}
		if hears && (wait < 0 || wait > listening) {
			wait = listening
		}
		key, err := s.r.Wait(ivr.Wait{For: wait, Wake: take.Done(), Keys: keys})
		if err != nil {
			reply, code = "hangup", -1
			break
		}
		if key != 0 {
			reply, code, cut = "dtmf", int(key), 200*time.Millisecond
			break
		}
		if over(take.Done()) || limit >= 0 && s.r.Now().Sub(begun) >= limit {
			break
		}
		if talk := ear; hears {
			if t := talk.Talk(); !t.Talking && s.r.Now().Sub(t.Since) >= silence {
				cut = max(silence-time.Second, 0)
				break
			}
		}
	}
	length, err := take.Stop(cut)
	if err != nil {
		s.r.Warn("RECORD FILE: %v", err)
	}
	return fmt.Sprintf("200 result=%d (%s) endpos=%d", code, reply, samples(length))
}

// over tells whether a channel is closed.
func over(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}
