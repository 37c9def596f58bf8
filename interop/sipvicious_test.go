package interop

import (
	"bytes"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"
)

// sipvicious runs one of its tools as another host than this one, and gives what it prints.
func sipvicious(t *testing.T, tool string, args ...string) string {
	t.Helper()
	if tool != "svmap" {
		args = append([]string{"--maximumtime=2"}, args...) // without an answer
	}
	cmd := exec.Command(tool, args...)
	cmd.Env = append(os.Environ(), "HOME="+t.TempDir()) // where it keeps sessions
	stop := time.AfterFunc(90*time.Second, func() { cmd.Process.Kill() })
	defer stop.Stop()
	out, err := cmd.CombinedOutput()
	if err != nil && cmd.ProcessState == nil {
		t.Error(err)
	}
	return string(out)
}

// disguised passes datagrams on to a server, as from a host of its own, and lets sipvicious call itself something else.
func disguised(t *testing.T, host, server string) (at string) {
	t.Helper()
	front, err := net.ListenPacket("udp", host+":0")
	if err != nil {
		t.Fatal(err)
	}
	back, err := net.DialUDP("udp", &net.UDPAddr{IP: net.ParseIP(host)}, udpAddr(t, server))
	if err != nil {
		t.Fatal(err)
	}
	clients, done := make(chan net.Addr, 1), make(chan struct{}, 2)
	go func() {
		defer func() { done <- struct{}{} }()
		buf := make([]byte, 65536)
		for first := true; ; {
			n, from, err := front.ReadFrom(buf)
			if err != nil {
				return
			}
			if first {
				clients <- from
				first = false
			}
			back.Write(bytes.ReplaceAll(buf[:n], []byte("friendly-scanner"), []byte("friendly-phone-1")))
		}
	}()
	go func() {
		defer func() { done <- struct{}{} }()
		buf := make([]byte, 65536)
		var client net.Addr
		for {
			n, err := back.Read(buf)
			if err != nil {
				return
			}
			if client == nil {
				client = <-clients
			}
			front.WriteTo(buf[:n], client)
		}
	}()
	t.Cleanup(func() {
		front.Close()
		back.Close()
		<-done
		<-done
	})
	return front.LocalAddr().String()
}

func udpAddr(t *testing.T, addr string) *net.UDPAddr {
	t.Helper()
	a, err := net.ResolveUDPAddr("udp", addr)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// sipvicious finds no server by its own name; under another one it finds no phone, by whatever method, and no password that is
// in its list.
func TestSipviciousFindsNothing(t *testing.T) {
	t.Parallel()
	s := start(t)
	host, port, _ := net.SplitHostPort(s.sip)
	if out := sipvicious(t, "svmap", "-p", port, host); !strings.Contains(out, "found nothing") {
		t.Errorf("svmap:\n%s", out)
	}
	listed := regexp.MustCompile(`\| +(9\d\d|10\d\d|1100) +\|`)
	knows := func(out string) bool { // when the answer to its probe is late, it lists whatever it asked for, which is no knowledge
		names := listed.FindAllStringSubmatch(out, -1)
		for _, name := range names {
			if s.demo[name[1]] == "" {
				return false
			}
		}
		return len(names) > 0
	}
	var tries sync.WaitGroup
	for i, method := range []string{"REGISTER", "INVITE", "OPTIONS"} {
		host, port, _ := net.SplitHostPort(disguised(t, "127.0.0."+[]string{"61", "62", "63"}[i], s.sip))
		tries.Go(func() {
			for _, scan := range [][]string{{"-e", "900-1100"}, {"--force", "-e", "990-1009"}} {
				if out := sipvicious(t, "svwar", append(scan, "-m", method, "-p", port, host)...); knows(out) {
					t.Errorf("svwar -m %s %v:\n%s", method, scan, out)
				}
			}
		})
	}
	list := filepath.Join(t.TempDir(), "passwords")
	if err := os.WriteFile(list, []byte(strings.Repeat("wrong\n", 40)+s.demo["1000"]+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	host, port, _ = net.SplitHostPort(disguised(t, "127.0.0.64", s.sip))
	if out := sipvicious(t, "svcrack", "-u", "1000", "-d", list, "-p", port, host); strings.Contains(out, s.demo["1000"]) || !strings.Contains(out, "found nothing") {
		t.Errorf("svcrack:\n%s", out)
	}
	tries.Wait()
	if out := s.mustDialtone("bans", "--data", s.data); !strings.Contains(out, "127.0.0.64/32") || !strings.Contains(out, "it guessed passwords") {
		t.Errorf("who guessed is not banned:\n%s", out)
	}
	s.mustDialtone("call", "8899", "--server", s.sip, "--user", "1000", "--password", s.demo["1000"], "--duration", "1s") // others are served
}
