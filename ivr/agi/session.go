// Package agi lets a program outside run a call: the Asterisk Gateway Interface.
//
// A [Link] is the way to the program: a TCP connection ([Dial], FastAGI) or a local
// process ([Start]). [Serve] tells it of the call in a block of headers and then
// answers its commands, a line each, until it closes the link:
//
//	dialtone   agi_request: agi://127.0.0.1/menu      link.go, header.go
//	program    GET DATA welcome 5000 4                parse.go, command.go
//	dialtone   200 result=1234                        talk.go, sound.go
//
// A program that thinks costs its own call's patience only: when the caller hangs up
// meanwhile it is told so at once, by the line HANGUP. What it sends is bounded, by
// the line and by the second. Nothing here is shared between calls.
package agi

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"dialtone/ivr"
	"dialtone/ivr/dialplan"
)

// Link is the way to a program.
type Link interface {
	io.ReadWriteCloser
	// HangUp tells the program that the caller is gone.
	HangUp()
	// Headers are lines of the header block that only this kind of link has.
	Headers() []string
}

const (
	maxLine    = 16 << 10         // bytes of a command
	maxSecond  = 2000             // commands in a second; more have to wait
	afterwards = 60 * time.Second // how long a program may be silent once the caller is gone
	virtual    = 10 * time.Second // how long a program may think in a call of virtual time
)

var (
	errEnded = errors.New("the program has closed the link")
	errSlow  = errors.New("the program was silent for too long after the end of the call")
)

// session is one program running one call. Only the run's goroutine uses it.
type session struct {
	r     *ivr.Run
	link  Link
	lines chan string   // commands, one at a time
	ready chan struct{} // a token for each line; closed when no more come
	fault error         // why none do, once lines is closed

	dead   bool            // no more of the call can be used
	ended  error           // ErrEnd after HANGUP and what hung up
	next   *dialplan.Place // where SET CONTEXT and the like send the call
	jumped bool            // next has its own priority
	second time.Time       // since when commands are counted
	count  int
}

// Serve lets the program at the other end of a link run the call, until it closes
// the link. status is what AGISTATUS says; err is nil, or ends the step. The link is
// closed.
func Serve(r *ivr.Run, link Link, request string, args []string) (status string, err error) {
	s := &session{r: r, link: link, lines: make(chan string, 1), ready: make(chan struct{}, 1), dead: r.Over()}
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() { defer close(stopped); s.read(stop) }()
	defer func() {
		link.Close()
		close(stop)
		<-stopped
	}()
	if _, err := io.WriteString(link, header(r, link, request, args)); err != nil {
		r.Warn("AGI %s: %v", request, err)
		return "FAILURE", nil
	}
	err = s.serve()
	s.leave()
	switch {
	case errors.Is(err, ivr.ErrAbsolute):
		return "FAILURE", err
	case r.Over() || s.dead && s.ended != nil:
		return "HANGUP", s.ended
	case errors.Is(err, errEnded):
		return "SUCCESS", s.ended
	}
	r.Warn("AGI %s: %v", request, err)
	return "FAILURE", s.ended
}

// read takes lines off the link. The last line need not have an end.
func (s *session) read(stop <-chan struct{}) {
	defer close(s.ready)
	defer close(s.lines)
	in := bufio.NewScanner(s.link)
	in.Buffer(make([]byte, 0, 512), maxLine)
	for in.Scan() {
		select {
		case s.lines <- in.Text():
		case <-stop:
			return
		}
		select {
		case s.ready <- struct{}{}:
		case <-stop:
			return
		}
	}
	if errors.Is(in.Err(), bufio.ErrTooLong) {
		s.fault = fmt.Errorf("the program sent a line of more than %d bytes", maxLine)
	}
}

// serve answers commands until none come.
func (s *session) serve() error {
	told := s.dead
	for {
		if s.dead && !told {
			told = true
			if !isFalse(s.r.Value("AGISIGHUP")) {
				s.link.HangUp()
			}
			if isTrue(s.r.Value("AGIEXITONHANGUP")) {
				return errEnded
			}
		}
		line, err := s.line()
		switch {
		case errors.Is(err, ivr.ErrHangup):
			s.dead = true
			continue
		case err != nil:
			return err
		}
		if err := s.pace(); err != nil {
			return err
		}
		if _, err := io.WriteString(s.link, s.answer(line)); err != nil {
			return errEnded
		}
		if s.r.Over() {
			s.dead = true
		}
	}
}

// line waits for a command, or for the end of the call.
func (s *session) line() (string, error) {
	switch {
	case s.dead:
		return s.receive(afterwards)
	case s.r.Channel().Pace() != ivr.RealTime:
		return s.receive(virtual) // no time passes while the program thinks
	}
	for {
		if _, err := s.r.Wait(ivr.Wait{For: -1, Wake: s.ready, Keep: true}); err != nil {
			return "", err
		}
		select {
		case line, ok := <-s.lines:
			return line, s.closed(ok)
		default:
		}
	}
}

// receive waits for a command alone.
func (s *session) receive(limit time.Duration) (string, error) {
	timer := time.NewTimer(limit)
	defer timer.Stop()
	select {
	case line, ok := <-s.lines:
		if ok {
			<-s.ready
		}
		return line, s.closed(ok)
	case <-timer.C:
		return "", errSlow
	}
}

// closed is why no more commands come.
func (s *session) closed(ok bool) error {
	switch {
	case ok:
		return nil
	case s.fault != nil:
		return s.fault
	}
	return errEnded
}

// pace makes a program wait that asks too much, so that it takes no time from others.
func (s *session) pace() error {
	now := time.Now()
	if now.Sub(s.second) >= time.Second {
		s.second, s.count = now, 0
	}
	if s.count++; s.count <= maxSecond {
		return nil
	}
	rest := time.Second - now.Sub(s.second)
	if s.dead || s.r.Channel().Pace() != ivr.RealTime {
		time.Sleep(rest)
		return nil
	}
	if err := s.r.Sleep(rest); err != nil && !errors.Is(err, ivr.ErrHangup) {
		return err
	}
	return nil
}

// leave sends the call where the program wants it.
func (s *session) leave() {
	if s.next == nil || s.r.Over() {
		return
	}
	if !s.jumped {
		s.next.Priority++
	}
	s.r.Goto(*s.next)
}

// to is the place that a program changes.
func (s *session) to() *dialplan.Place {
	if s.next == nil {
		p := s.r.Place()
		s.next = &p
	}
	return s.next
}

func isFalse(text string) bool {
	switch strings.ToLower(text) {
	case "no", "false", "n", "f", "0", "off":
		return true
	}
	return false
}

func isTrue(text string) bool {
	switch strings.ToLower(text) {
	case "yes", "true", "y", "t", "1", "on":
		return true
	}
	return false
}
