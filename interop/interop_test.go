// Package interop runs the built binary against real clients on loopback, a file per story: sipp, baresip, and the
// telephone that is in the binary. Each test starts a server of its own, on ports and in a directory of its own.
package interop

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

var binary string

func TestMain(m *testing.M) {
	os.Exit(run(m))
}

func run(m *testing.M) int {
	if server := os.Getenv(farEndsVariable); server != "" {
		if err := beFarEnds(server); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		return 0
	}
	if os.Getenv("GORACE") == "" {
		os.Setenv("GORACE", "atexit_sleep_ms=0") // or each process of the binary would wait a second before it ends
	}
	dir, err := os.MkdirTemp("", "dialtone-interop")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	binary = filepath.Join(dir, "dialtone")
	build := exec.Command("go", "build", "-race", "-ldflags=-s -w", "-o", binary, "dialtone/cmd/dialtone")
	if out, err := build.CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "%v\n%s", err, out)
		return 1
	}
	return m.Run()
}

// server is a running dialtone.
type server struct {
	t    *testing.T
	cmd  *exec.Cmd
	data string
	sip  string // 127.0.0.1:port, UDP and TCP
	http string // 127.0.0.1:port
	port int
	demo map[string]string // phone → password, as the first start prints them
	out  lockedBuffer      // standard output
	log  lockedBuffer      // standard error
}

// lockedBuffer is what a process writes, readable while it does.
type lockedBuffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

// Reset forgets what was written.
func (b *lockedBuffer) Reset() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.text.Reset()
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

// start runs `dialtone serve` on a new data directory and waits until it is ready.
func start(t *testing.T, args ...string) *server {
	t.Helper()
	s := startOn(t, filepath.Join(t.TempDir(), "data"), args...)
	printed := regexp.MustCompile(`(?m)\b(100[01])\s+password\s+(\S+)$`)
	eventually(t, "the demo's two accounts are printed", 5*time.Second, func() bool {
		for _, m := range printed.FindAllStringSubmatch(s.out.String(), -1) {
			s.demo[m[1]] = m[2]
		}
		return len(s.demo) == 2
	})
	return s
}

func startOn(t *testing.T, data string, args ...string) *server {
	t.Helper()
	s := &server{t: t, data: data, port: freePort(t), demo: map[string]string{}}
	s.sip = fmt.Sprintf("127.0.0.1:%d", s.port)
	rtp := freeRange()
	s.cmd = exec.Command(binary, append([]string{"serve", "--data", s.data, "--sip", "udp:" + s.sip, "--sip", "tcp:" + s.sip,
		"--http", "127.0.0.1:0", "--rtp-ports", rtp, "--log-level", "debug"}, args...)...)
	stderr, err := s.cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	s.cmd.Stdout = &s.out
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ready, ended := make(chan struct{}), make(chan struct{})
	web := regexp.MustCompile(`msg=ready .*http=(\S+)`)
	go func() {
		defer close(ended)
		lines, once := bufio.NewScanner(stderr), sync.Once{}
		lines.Buffer(nil, 1<<20)
		for lines.Scan() {
			fmt.Fprintln(&s.log, lines.Text())
			if m := web.FindStringSubmatch(lines.Text()); m != nil {
				once.Do(func() {
					s.http = m[1]
					close(ready)
				})
			}
		}
	}()
	t.Cleanup(func() {
		s.stop()
		<-ended
		if t.Failed() {
			t.Logf("the server's log:\n%s", s.log.String())
		}
		if strings.Contains(s.log.String(), "DATA RACE") || strings.Contains(s.log.String(), "panic") {
			t.Errorf("the server raced or panicked:\n%s", s.log.String())
		}
	})
	select {
	case <-ready:
	case <-ended:
		t.Fatalf("the server ended before it was ready: %s", s.log.String())
	case <-time.After(30 * time.Second):
		t.Fatal("the server was not ready in 30 s")
	}
	return s
}

// stop ends the server as an operator does; once is enough.
func (s *server) stop() {
	if s.cmd.ProcessState != nil {
		return
	}
	s.cmd.Process.Signal(syscall.SIGTERM)
	done := make(chan error, 1)
	go func() { done <- s.cmd.Wait() }()
	select {
	case err := <-done:
		if err != nil {
			s.t.Errorf("the server ended with %v", err)
		}
	case <-time.After(15 * time.Second):
		s.cmd.Process.Kill()
		<-done
		s.t.Error("the server did not end within 15 s of SIGTERM")
	}
}

// process is another's program that runs until the test ends; what it said is shown when that fails.
type process struct {
	*exec.Cmd
	said lockedBuffer
	in   io.Writer
}

// program runs another's program.
func program(t *testing.T, command ...string) *process {
	t.Helper()
	p := &process{Cmd: exec.Command(command[0], command[1:]...)}
	p.Stdout, p.Stderr = &p.said, &p.said
	var err error
	if p.in, err = p.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		p.end()
		if t.Failed() {
			t.Logf("%s said:\n%s", command[0], p.said.String())
		}
	})
	return p
}

// end interrupts the program, which may write what it has recorded, and kills it when it does not end by that.
func (p *process) end() {
	p.Process.Signal(os.Interrupt)
	kill := time.AfterFunc(5*time.Second, func() { p.Process.Kill() })
	defer kill.Stop()
	p.Wait()
}

// typed writes a line to the program, as if somebody typed.
func (p *process) typed(line string) { fmt.Fprintln(p.in, line) }

// dialtone runs a command of the binary on the server's data directory.
func (s *server) dialtone(args ...string) (string, error) {
	s.t.Helper()
	cmd := exec.Command(binary, args...)
	cmd.Dir = filepath.Dir(s.data)
	out, err := cmd.CombinedOutput()
	return string(out), err
}

func (s *server) mustDialtone(args ...string) string {
	s.t.Helper()
	out, err := s.dialtone(args...)
	if err != nil {
		s.t.Fatalf("dialtone %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return out
}

// step is one change of a call, as `dialtone calls --follow --json` tells it.
type step struct {
	ID, State, From, To, Context, Extension, Application, Arguments string
	Priority                                                        int
	Cause                                                           int
	EndedBy                                                         string `json:"ended_by"`
}

// follow reads what the calls do until the test ends; the function gives what was seen so far.
func (s *server) follow() func() []step {
	s.t.Helper()
	cmd := exec.Command(binary, "calls", "--follow", "--json", "--data", s.data)
	out, err := cmd.StdoutPipe()
	if err != nil {
		s.t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	var mu sync.Mutex
	var steps []step
	done := make(chan struct{})
	go func() {
		defer close(done)
		for d := json.NewDecoder(out); ; {
			var st step
			if d.Decode(&st) != nil {
				return
			}
			mu.Lock()
			steps = append(steps, st)
			mu.Unlock()
		}
	}()
	s.t.Cleanup(func() {
		cmd.Process.Kill()
		<-done
		cmd.Wait()
	})
	return func() []step {
		mu.Lock()
		defer mu.Unlock()
		return append([]step(nil), steps...)
	}
}

// heard gives the prompts of the call's path, in order: the last part of each Playback's and Background's argument.
func heard(steps []step) []string {
	var names []string
	last := step{}
	for _, st := range steps {
		if st == last || st.State == "ended" {
			continue
		}
		same := st.Application == last.Application && st.Arguments == last.Arguments && st.Priority == last.Priority && st.Extension == last.Extension && st.Context == last.Context
		last = st
		if same {
			continue
		}
		switch strings.ToLower(st.Application) {
		case "playback", "background":
			names = append(names, filepath.Base(st.Arguments))
		}
	}
	return names
}

// eventually waits for something that other processes bring about.
func eventually(t *testing.T, what string, within time.Duration, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(within); ; time.Sleep(50 * time.Millisecond) {
		if ok() {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("not within %v: %s", within, what)
		}
	}
}

// freePort is a port that is free for UDP and TCP on loopback.
func freePort(t testing.TB) int {
	t.Helper()
	for range 50 {
		tcp, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		port := tcp.Addr().(*net.TCPAddr).Port
		udp, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1), Port: port})
		tcp.Close()
		if err == nil {
			udp.Close()
			return port
		}
	}
	t.Fatal("no free port")
	return 0
}

// Ports for RTP are dealt out once: ranges to servers, pairs to clients.
var (
	nextRange atomic.Int64
	nextMedia atomic.Int64
)

// freeRange gives each server RTP ports of its own.
func freeRange() string {
	low := 12000 + 200*nextRange.Add(1)
	return fmt.Sprintf("%d-%d", low, low+199)
}

// freeMedia gives each client an even RTP port of its own.
func freeMedia() int { return 10000 + 4*int(nextMedia.Add(1)) }
