package interop

import (
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// The telephone of the binary presses a key in each of the three ways, and is led to the same place.
func TestDialtoneCallPressesInThreeWays(t *testing.T) {
	t.Parallel()
	s := start(t)
	for _, way := range []string{"rfc4733", "inband", "info"} {
		t.Run(way, func(t *testing.T) {
			t.Parallel()
			record := filepath.Join(t.TempDir(), "heard.wav")
			out := s.mustDialtone("call", "8899", "--server", s.sip, "--user", "1000", "--password", s.demo["1000"],
				"--press", "wwwwww1", "--dtmf", way, "--record", record)
			for _, want := range []string{"answered", "heard", "by the callee"} {
				if !strings.Contains(out, want) {
					t.Errorf("the call's progress does not say %q:\n%s", want, out)
				}
			}
			heard := decode(t, record)
			prompt := decode(t, filepath.Join(s.data, "sounds", "ivr-sounds", "dest-8000.wav"))
			if r := bestCorrelation(heard, prompt); r < 0.9 {
				t.Errorf("the recording correlates with dest-8000 by %.3f\n%s", r, out)
			}
		})
	}
}

// Without an account, `dialtone call` takes the server that runs on ./data and the demo's phone 1000.
func TestDialtoneCallFindsTheServer(t *testing.T) {
	t.Parallel()
	s := start(t)
	out := s.mustDialtone("call", "8899", "--duration", "3s", "--json")
	if !strings.Contains(out, `"answered"`) {
		t.Errorf("not answered:\n%s", out)
	}
}

// A URI names the server. Where that is the one which runs on ./data, its account 1000 calls; another one is shown no account.
func TestDialtoneCallShowsItsAccountToItsServerAlone(t *testing.T) {
	t.Parallel()
	s, other := start(t), start(t)
	out := s.mustDialtone("call", "sip:8899@"+s.sip, "--duration", "1s")
	for _, want := range []string{"answered", "ended by this phone"} {
		if !strings.Contains(out, want) {
			t.Errorf("the call's progress does not say %q:\n%s", want, out)
		}
	}
	out, err := other.dialtone("call", "sip:8899@"+s.sip)
	if err == nil || !strings.Contains(out, "401") || !strings.Contains(out, "give an account of it by --user and --password") {
		t.Errorf("a call to another server: %v\n%s", err, out)
	}
}

func TestDialtoneCallFailsWithAWrongPassword(t *testing.T) {
	t.Parallel()
	s := start(t)
	steps := s.follow()
	out, err := s.dialtone("call", "8899", "--server", s.sip, "--user", "1000", "--password", "wrong")
	if err == nil || !strings.Contains(out, "does not take the account 1000") {
		t.Errorf("a wrong password: %v\n%s", err, out)
	}
	if out, err = s.dialtone("call", "nowhere", "--server", s.sip, "--user", "1000", "--password", s.demo["1000"]); err == nil || !strings.Contains(out, "404") {
		t.Errorf("a number that leads nowhere: %v\n%s", err, out)
	}
	if len(steps()) > 0 {
		t.Errorf("a refused call took steps: %v", steps())
	}
}

// SIGTERM ends calls with a BYE within seconds.
func TestStoppingTheServerEndsCalls(t *testing.T) {
	t.Parallel()
	s := start(t)
	steps := s.follow()
	result := make(chan string, 1)
	go func() {
		out, _ := s.dialtone("call", "8899", "--server", s.sip, "--user", "1000", "--password", s.demo["1000"])
		result <- out
	}()
	eventually(t, "a call is up", 10*time.Second, func() bool {
		seen := steps()
		return len(seen) > 0 && seen[len(seen)-1].State == "up"
	})
	s.stop()
	select {
	case out := <-result:
		if !strings.Contains(out, "by the callee") {
			t.Errorf("the caller was not told by a BYE:\n%s", out)
		}
	case <-time.After(10 * time.Second):
		t.Error("the caller's call goes on 10 s after the server ended")
	}
}

func TestSecondServerSaysWhoHoldsTheData(t *testing.T) {
	t.Parallel()
	s := start(t)
	out, err := s.dialtone("serve", "--data", s.data, "--sip", "udp:127.0.0.1:0", "--http", "127.0.0.1:0")
	if err == nil || !strings.Contains(out, "pid") {
		t.Errorf("%v\n%s", err, out)
	}
}

// What was registered and added stays over a restart.
func TestPhonesAndBindingsStay(t *testing.T) {
	t.Parallel()
	s := start(t)
	s.mustDialtone("phone", "add", "1234", "--password", "secret1234", "--data", s.data)
	s.stop()
	again := startOn(t, s.data)
	if out := again.mustDialtone("phone", "list", "--data", again.data); !strings.Contains(out, "1234") {
		t.Errorf("the phone is gone:\n%s", out)
	}
	again.mustDialtone("call", "8899", "--server", again.sip, "--user", "1234", "--password", "secret1234", "--duration", "1s")
}
