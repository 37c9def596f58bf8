package interop

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"dialtone/store"
)

// measured is a server as it is shipped, without the race detector and with the log at its usual level.
type measured struct {
	pid   int
	sip   string // 127.0.0.1:port
	http  string // likewise
	data  string
	plain string // the binary
}

var buildPlain = sync.OnceValues(func() (string, error) {
	plain := filepath.Join(filepath.Dir(binary), "dialtone-plain") // goes with TestMain's directory
	build := exec.Command("go", "build", "-ldflags=-s -w", "-o", plain, "dialtone/cmd/dialtone")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("%w\n%s", err, out)
	}
	return plain, nil
})

// startMeasured starts the server with a trunk for loopback that leads to the context bench of a dialplan.
func startMeasured(b testing.TB, dialplan string, args ...string) *measured {
	return startMeasuredOn(b, filepath.Join(b.TempDir(), "data"), dialplan, args...)
}

// startMeasuredOn is startMeasured on a data directory that may have been prepared.
func startMeasuredOn(b testing.TB, data, dialplan string, args ...string) *measured {
	plain, err := buildPlain()
	if err != nil {
		b.Fatal(err)
	}
	s := &measured{data: data, plain: plain}
	plan := filepath.Join(s.data, "extensions_extra.d", "bench.conf")
	if err := errors.Join(os.MkdirAll(filepath.Dir(plan), 0o755), os.WriteFile(plan, []byte(dialplan), 0o644)); err != nil {
		b.Fatal(err)
	}
	log, err := os.Create(filepath.Join(b.TempDir(), "log"))
	if err != nil {
		b.Fatal(err)
	}
	defer log.Close()
	cmd := exec.Command(plain, append([]string{"serve", "--data", s.data, "--sip", "udp:127.0.0.1:0", "--http", "127.0.0.1:0", "--rtp-ports", "10000-31999"}, args...)...)
	cmd.Stderr = log
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		cmd.Process.Signal(syscall.SIGTERM)
		kill := time.AfterFunc(15*time.Second, func() { cmd.Process.Kill() })
		defer kill.Stop()
		if err := cmd.Wait(); err != nil {
			b.Errorf("the server ended with %v", err)
		}
		if text, _ := os.ReadFile(log.Name()); b.Failed() {
			b.Logf("the end of the server's log:\n%s", text[max(0, len(text)-4000):])
		}
	})
	ready := regexp.MustCompile(`msg=ready sip="?udp:(127\.0\.0\.1:\d+)[^"\n]*?"? http=(\S+)`)
	for range 300 {
		text, _ := os.ReadFile(log.Name())
		if m := ready.FindSubmatch(text); m != nil {
			s.pid, s.sip, s.http = cmd.Process.Pid, string(m[1]), string(m[2])
			s.dialtone(b, "trunk", "add", "loopback", "--address", "127.0.0.1/32", "--context", "bench")
			return s
		}
		time.Sleep(100 * time.Millisecond)
	}
	b.Fatal("the server was not ready in 30 s")
	return nil
}

// dialtone runs a command of the binary on the server's data.
func (s *measured) dialtone(b testing.TB, args ...string) string {
	out, err := exec.Command(s.plain, append(args, "--data", s.data)...).CombinedOutput()
	if err != nil {
		b.Fatalf("dialtone %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return string(out)
}

// reload has the dialplan read again, by the socket of the commands.
func (s *measured) reload(b testing.TB) {
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true, DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "unix", filepath.Join(s.data, "control.sock"))
	}}}
	response, err := client.Post("http://dialtone/reload", "", nil)
	if err != nil {
		b.Error(err)
		return
	}
	response.Body.Close()
	if response.StatusCode != http.StatusOK {
		b.Errorf("a reload: %s", response.Status)
	}
}

// record is the record of a call that is over.
func (s *measured) record(b testing.TB, callID string) (store.CallRecord, error) {
	var records []store.CallRecord
	if err := json.Unmarshal([]byte(s.dialtone(b, "calls", "--history", "200", "--json")), &records); err != nil {
		return store.CallRecord{}, err
	}
	for _, r := range records {
		if r.CallID == callID {
			return r, nil
		}
	}
	return store.CallRecord{}, fmt.Errorf("no record of %s", callID)
}

// cpu is the CPU time of the server so far.
func (s *measured) cpu(b testing.TB) time.Duration { return cpuOfProcess(b, s.pid) }

// cpuOfProcess is the CPU time of a process so far, user and system: what /proc/PID/stat has, to the nanosecond.
func cpuOfProcess(b testing.TB, pid int) time.Duration {
	var t unix.Timespec
	if err := unix.ClockGettime(int32(^pid<<3|2), &t); err != nil { // clock_getcpuclockid(3)
		b.Fatal(err)
	}
	return time.Duration(t.Nano())
}

// processors is what became of the time of the machine's processors.
type processors struct {
	idle  time.Duration // nothing to do
	taken time.Duration // by the host of a virtual machine: it would have run
}

func processorTime(b testing.TB) processors {
	text, err := os.ReadFile("/proc/stat")
	if err != nil {
		b.Fatal(err)
	}
	var user, nice, system, idle, wait, hard, soft, steal int64 // in 1/100 s
	if _, err := fmt.Sscanf(string(text), "cpu %d %d %d %d %d %d %d %d", &user, &nice, &system, &idle, &wait, &hard, &soft, &steal); err != nil {
		b.Fatalf("/proc/stat: %v", err)
	}
	return processors{time.Duration(idle) * 10 * time.Millisecond, time.Duration(steal) * 10 * time.Millisecond}
}

type status struct{ rss, threads int } // kB, number

func (s *measured) status(b testing.TB) status {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.pid))
	if err != nil {
		b.Fatal(err)
	}
	field := func(name string) int {
		m := regexp.MustCompile(`(?m)^` + name + `:\s+(\d+)`).FindSubmatch(text)
		if m == nil {
			b.Fatalf("no %s in /proc/PID/status", name)
		}
		n, _ := strconv.Atoi(string(m[1]))
		return n
	}
	return status{rss: field("VmRSS"), threads: field("Threads")}
}

// cpuOf is the CPU time of this process or this thread so far.
func cpuOf(who int) time.Duration {
	var u syscall.Rusage
	syscall.Getrusage(who, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
