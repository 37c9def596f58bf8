package agi

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"time"

	"dialtone/ivr"
)

// The commands that play nothing.

// number reads the integer of an argument; ok is false when it begins with none.
func number(args []string, n int, otherwise int) (int, bool) {
	if n >= len(args) {
		return otherwise, true
	}
	return ivr.LeadingInt(args[n])
}

// milliseconds is a time that a program gives; below 0 it is without end.
func milliseconds(ms int) time.Duration {
	if ms < 0 {
		return -1
	}
	return time.Duration(ms) * time.Millisecond
}

// done is a reply after something that could fail, because the caller is gone.
func done(err error) (string, bool) {
	if err != nil {
		return result(-1), true
	}
	return result(0), true
}

func answerCall(s *session, _ []string) (string, bool) { return done(s.r.Answer()) }

func channelStatus(s *session, args []string) (string, bool) {
	switch {
	case len(args) > 0 && args[0] != s.r.Channel().Name():
		return result(-1), true
	case s.r.Channel().Answered():
		return result(6), true
	}
	return result(4), true
}

func deleteValue(s *session, args []string) (string, bool) {
	if d := s.r.Database(); d != nil {
		if _, ok := d.Get(args[0], args[1]); ok && d.Delete(args[0], args[1]) == nil {
			return result(1), true
		}
	}
	return result(0), true
}

// deleteTree tells 0 when something was deleted, as Asterisk does.
func deleteTree(s *session, args []string) (string, bool) {
	reply := 1
	if d := s.r.Database(); d != nil {
		for _, key := range d.Keys(args[0]) {
			if len(args) > 1 && key != args[1] && !strings.HasPrefix(key, args[1]+"/") {
				continue
			}
			if d.Delete(args[0], key) == nil {
				reply = 0
			}
		}
	}
	return result(reply), true
}

func getValue(s *session, args []string) (string, bool) {
	if d := s.r.Database(); d != nil {
		if text, ok := d.Get(args[0], args[1]); ok {
			return value(text), true
		}
	}
	return result(0), true
}

func putValue(s *session, args []string) (string, bool) {
	d := s.r.Database()
	if d == nil {
		return result(0), true
	}
	if err := d.Put(args[0], args[1], args[2]); err != nil {
		s.r.Warn("DATABASE PUT: %v", err)
		return result(0), true
	}
	return result(1), true
}

// execute runs an application. One that ends the call does so once the program has
// closed the link.
func execute(s *session, args []string) (string, bool) {
	options := ""
	if len(args) > 1 {
		options = args[1]
	}
	err := s.r.Exec(args[0], options)
	var unknown *ivr.UnknownAppError
	switch {
	case err == nil:
		return result(0), true
	case errors.As(err, &unknown):
		s.r.Warn("EXEC: %v", err)
		return result(-2), true
	case errors.Is(err, ivr.ErrEnd):
		s.ended, s.dead = err, true
	case !errors.Is(err, ivr.ErrHangup):
		var limit *ivr.LimitError
		if errors.As(err, &limit) {
			s.ended, s.dead = err, true
		}
		s.r.Warn("EXEC: %v", err)
	}
	return result(-1), true
}

func getVariable(s *session, args []string) (string, bool) {
	text, ok := s.r.Look(args[0])
	if !ok {
		return result(0), true
	}
	return value(text), true
}

func getFullVariable(s *session, args []string) (string, bool) {
	if len(args) > 1 && args[1] != s.r.Channel().Name() {
		return result(0), true
	}
	return value(s.r.Expand(args[0])), true
}

// gosub runs a subroutine to its Return.
func gosub(s *session, args []string) (string, bool) {
	target := args[0] + "," + args[1] + "," + args[2]
	p, err := s.r.Target(target)
	if err != nil || !s.r.Exists(p) {
		return "200 result=-1 Gosub label not found", true
	}
	if len(args) > 3 {
		target += "(" + args[3] + ")"
	}
	if err := s.r.Subroutine(target); err != nil {
		if !errors.Is(err, ivr.ErrHangup) {
			s.ended, s.dead = err, true
		}
		return "100 result=0 Trying...\n200 result=-1 Gosub complete", true
	}
	return "100 result=0 Trying...\n200 result=0 Gosub complete", true
}

func hangUp(s *session, args []string) (string, bool) {
	if len(args) > 0 && args[0] != s.r.Channel().Name() {
		return result(-1), true
	}
	s.ended, s.dead = s.r.Hangup(16), true
	return result(1), true
}

// receiveChar waits for a letter that telephones do not send.
func receiveChar(s *session, args []string) (string, bool) {
	if err := s.silent(args[0]); err != nil {
		return "200 result=-1 (hangup)", true
	}
	return "200 result=0 (timeout)", true
}

func receiveText(s *session, args []string) (string, bool) {
	s.silent(args[0])
	return result(-1), true
}

// silent lets a time-out pass, at most a minute.
func (s *session) silent(ms string) error {
	n, _ := ivr.LeadingInt(ms)
	return s.r.Sleep(milliseconds(min(max(n, 0), 60_000)))
}

func sendText(s *session, args []string) (string, bool) {
	texter, ok := s.r.Line().(ivr.Texter)
	if !ok {
		return result(0), true
	}
	return done(texter.SendText(args[0]))
}

func setAutoHangup(s *session, args []string) (string, bool) {
	f, err := strconv.ParseFloat(strings.TrimSpace(args[0]), 64)
	if err != nil || f != f {
		return "", false
	}
	if f <= 0 {
		s.r.SetDeadline(time.Time{})
	} else {
		s.r.SetDeadline(s.r.Now().Add(time.Duration(min(f, 365*24*3600) * float64(time.Second))))
	}
	return result(0), true
}

func setCallerID(s *session, args []string) (string, bool) {
	c := s.r.Caller()
	c.Name, c.Number = ivr.ParseCallerID(args[0])
	s.r.SetCaller(c)
	return result(1), true
}

func setContext(s *session, args []string) (string, bool) {
	s.to().Context = args[0]
	return result(0), true
}

func setExtension(s *session, args []string) (string, bool) {
	s.to().Exten = args[0]
	return result(0), true
}

func setPriority(s *session, args []string) (string, bool) {
	place := s.to()
	n, ok := ivr.LeadingInt(args[0])
	if !ok {
		n, ok = s.r.Label(*place, args[0])
	}
	if !ok || n < 1 {
		return "", false
	}
	place.Priority, s.jumped = n, true
	return result(0), true
}

func setMusic(s *session, args []string) (string, bool) {
	class := ""
	if len(args) > 1 {
		class = args[1]
	}
	switch how := strings.ToLower(args[0]); {
	case strings.HasPrefix(how, "on"):
		if err := s.r.Music(class); err != nil {
			s.r.Warn("SET MUSIC: %v", err)
		}
	case strings.HasPrefix(how, "off"):
		s.r.Stop()
	}
	return result(0), true
}

func setVariable(s *session, args []string) (string, bool) {
	s.r.Set(args[0], args[1])
	return result(1), true
}

func verbose(s *session, args []string) (string, bool) {
	n, _ := number(args, 1, 0)
	level := slog.LevelInfo
	if n > 2 {
		level = slog.LevelDebug
	}
	s.r.Logger().Log(context.Background(), level, oneLine(args[0]))
	return result(1), true
}

func waitForDigit(s *session, args []string) (string, bool) {
	ms, ok := ivr.LeadingInt(args[0])
	if !ok {
		return "", false
	}
	key, err := s.r.Wait(ivr.Wait{For: milliseconds(ms), Keys: ivr.AllKeys})
	return keyReply(key, err)
}

// keyReply is the key that ended something, 0 when none did, or -1.
func keyReply(key byte, err error) (string, bool) {
	if err != nil {
		return result(-1), true
	}
	return result(int(key)), true
}

// ending is keyReply with how far a sound came, in samples.
func ending(key byte, at time.Duration, err error) (string, bool) {
	n := int(key)
	if err != nil {
		n = -1
	}
	return fmt.Sprintf("200 result=%d endpos=%d", n, samples(at)), true
}

// samples is a time at the 8 kHz of telephony.
func samples(d time.Duration) int64 { return int64(d / (125 * time.Microsecond)) }
