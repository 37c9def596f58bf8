package agi

import (
	"bufio"
	"errors"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

// Process is a local program that runs a call by its standard input and output.
type Process struct {
	command *exec.Cmd
	in      io.WriteCloser
	out     io.ReadCloser
	waited  chan struct{} // closed when it has ended
}

// stopTime is how long a program has to end once its link is closed.
const stopTime = time.Second

// Start starts a program. It finds nothing of this process's environment but PATH
// and the language, and stands in the program's directory. What it writes to its
// standard error is in the log.
func Start(file string, args []string, log *slog.Logger) (*Process, error) {
	p := &Process{command: exec.Command(file, args...), waited: make(chan struct{})}
	p.command.Dir = filepath.Dir(file)
	p.command.Env = []string{"PATH=/usr/local/bin:/usr/bin:/bin", "LANG=C.UTF-8"}
	ownGroup(p.command)
	complaints, write, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	p.command.Stderr = write
	// Own pipes: those of exec would be closed under the reader by Wait.
	childIn, in, err := os.Pipe()
	if err == nil {
		p.in, p.command.Stdin = in, childIn
		var childOut *os.File
		if p.out, childOut, err = os.Pipe(); err == nil {
			p.command.Stdout = childOut
			err = p.command.Start()
			childOut.Close()
		}
		childIn.Close()
	}
	write.Close()
	if err != nil {
		for _, pipe := range []io.Closer{complaints, p.in, p.out} {
			if pipe != nil {
				pipe.Close()
			}
		}
		return nil, err
	}
	go p.listen(complaints, log)
	go func() { defer close(p.waited); p.command.Wait() }()
	return p, nil
}

// listen takes what the program complains of into the log.
func (p *Process) listen(complaints *os.File, log *slog.Logger) {
	defer complaints.Close()
	in := bufio.NewScanner(complaints)
	in.Buffer(make([]byte, 0, 512), maxLine)
	for n := 0; in.Scan(); n++ {
		if n < maxComplaints {
			log.Warn("program: "+in.Text(), "program", p.command.Path)
		}
	}
	io.Copy(io.Discard, complaints) // a line that is too long
}

// maxComplaints are the lines of a program that come into the log.
const maxComplaints = 100

// Read reads what the program says.
func (p *Process) Read(b []byte) (int, error) { return p.out.Read(b) }

// Write gives up on a program that does not read.
func (p *Process) Write(b []byte) (int, error) {
	p.in.(*os.File).SetWriteDeadline(time.Now().Add(writeTime))
	return p.in.Write(b)
}

// HangUp sends the signal HUP.
func (p *Process) HangUp() { hangUpGroup(p.command) }

// Headers are none.
func (p *Process) Headers() []string { return nil }

// Close ends the program, with all that it started.
func (p *Process) Close() error {
	p.in.Close()
	timer := time.NewTimer(stopTime)
	defer timer.Stop()
	select {
	case <-p.waited:
	case <-timer.C:
	}
	killGroup(p.command)
	<-p.waited
	return p.out.Close()
}

// Failed tells, after Close, whether the program ended with an error of its own.
func (p *Process) Failed() error {
	if code := p.command.ProcessState.ExitCode(); code > 0 {
		return errors.New(p.command.ProcessState.String())
	}
	return nil
}
