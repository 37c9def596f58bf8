package interop

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"dialtone/sounds"
)

// baresip is a telephone that is told what to do over a socket, and tells there what happens to it.
type baresip struct {
	t      *testing.T
	dir    string
	socket net.Conn
	events lockedBuffer
}

// baresip starts a telephone with one of the demo's accounts. It says a tone of a frequency in Hz, and writes what it hears to files.
func (s *server) baresip(user string, frequency float64) *baresip {
	s.t.Helper()
	return s.baresipAt(user, s.sip, frequency)
}

// baresipAt is baresip with an address of the server's, as startBaresip has it.
func (s *server) baresipAt(user, at string, frequency float64, config ...string) *baresip {
	s.t.Helper()
	control := fmt.Sprintf("127.0.0.1:%d", freePort(s.t))
	b := &baresip{t: s.t}
	config = append(config, "module_app ctrl_tcp.so", "ctrl_tcp_listen "+control)
	b.dir, _ = startBaresip(s.t, s, user, at, toneWAV(frequency, 8000*60), config, "")
	user, _, _ = strings.Cut(user, ";")
	s.t.Cleanup(func() {
		if s.t.Failed() {
			s.t.Logf("baresip of %s told:\n%s", user, b.events.String())
		}
	})
	eventually(s.t, "baresip of "+user+" listens", 20*time.Second, func() bool {
		var err error
		b.socket, err = net.Dial("tcp", control)
		return err == nil
	})
	s.t.Cleanup(func() { b.socket.Close() })
	go func() {
		buf := make([]byte, 4096)
		for {
			n, err := b.socket.Read(buf)
			if err != nil {
				return
			}
			b.events.Write(buf[:n])
		}
	}()
	eventually(s.t, "phone "+user+" registers", 20*time.Second, func() bool {
		return strings.Contains(s.mustDialtone("registrations", "--data", s.data, "--json"), `"`+user+`"`)
	})
	return b
}

// do has the telephone execute a command of its menu.
func (b *baresip) do(command, params string) {
	b.t.Helper()
	text, _ := json.Marshal(map[string]string{"command": command, "params": params})
	if _, err := fmt.Fprintf(b.socket, "%d:%s,", len(text), text); err != nil {
		b.t.Fatal(err)
	}
}

// tells waits for an event, from those on that were seen.
func (b *baresip) tells(event string) {
	b.t.Helper()
	eventually(b.t, "baresip tells "+event, 15*time.Second, func() bool { return strings.Contains(b.events.String(), event) })
}

// heard is all that the telephone has decoded so far, the newest file last.
func (b *baresip) heard() []int16 {
	b.t.Helper()
	dumps, _ := filepath.Glob(filepath.Join(b.dir, "dump-*-dec.wav"))
	var pcm []int16
	for _, dump := range dumps {
		pcm = append(pcm, decode(b.t, dump)...)
	}
	return pcm
}

// toneWAV is a tone of a frequency.
func toneWAV(frequency float64, samples int) string {
	pcm := make([]int16, samples)
	for i := range pcm {
		pcm[i] = int16(8000 * math.Sin(2*math.Pi*frequency*float64(i)/8000))
	}
	var b bytes.Buffer
	if err := sounds.WriteWAV(&b, pcm); err != nil {
		panic(err)
	}
	return b.String()
}

// toneIn is how many of the half seconds of pcm hold the tone.
func toneIn(pcm []int16, frequency float64) (halves int) {
	const n = 4000
	for ; len(pcm) >= n; pcm = pcm[n:] {
		var re, im float64
		for i, s := range pcm[:n] {
			at := 2 * math.Pi * frequency * float64(i) / 8000
			re, im = re+float64(s)*math.Cos(at), im+float64(s)*math.Sin(at)
		}
		if 2*math.Hypot(re, im)/n > 3000 {
			halves++
		}
	}
	return halves
}

// Two telephones of another make call each other through the server: they talk, one holds and the other hears music, keys go
// through, and each of them sends the other to the menu.
func TestBaresipCallsBaresip(t *testing.T) {
	t.Parallel()
	s := start(t)
	const anna, bob, music = 440.0, 700.0, 1000.0
	moh := filepath.Join(s.data, "sounds", "moh", "default")
	if err := os.MkdirAll(moh, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(moh, "music.wav"), []byte(toneWAV(music, 8000)), 0o600); err != nil {
		t.Fatal(err)
	}
	a, b := s.baresip("1000", anna), s.baresip("1001", bob)
	live := func() string { return s.mustDialtone("calls", "--data", s.data, "--json") }
	connect := func() {
		t.Helper()
		b.events.Reset()
		a.events.Reset()
		a.do("dial", "sip:1001@"+s.sip)
		b.tells("CALL_INCOMING")
		b.do("accept", "")
		a.tells("CALL_ESTABLISHED")
		b.tells("CALL_ESTABLISHED")
	}
	connect()
	eventually(t, "they are joined", 10*time.Second, func() bool { return strings.Count(live(), `"peer"`) == 2 })
	time.Sleep(1500 * time.Millisecond) // of talk
	a.do("sndcode", "7")
	b.tells("CALL_DTMF_START")
	a.do("hold", "")
	eventually(t, "the call is on hold", 10*time.Second, func() bool {
		return strings.Contains(live(), `"held":true`) || strings.Contains(live(), `"held": true`)
	})
	time.Sleep(1500 * time.Millisecond) // of music
	a.do("resume", "")
	eventually(t, "the call is taken back", 10*time.Second, func() bool { return !strings.Contains(live(), `"held"`) })
	time.Sleep(time.Second)
	a.do("transfer", "sip:8899@"+s.sip)
	a.tells("CALL_CLOSED")
	eventually(t, "the one who was called is in the menu", 15*time.Second, func() bool { return strings.Contains(live(), "dp-ivr-example") })
	b.do("hangup", "")
	eventually(t, "no call is left", 10*time.Second, func() bool { return strings.TrimSpace(live()) == "[]" })
	if n := toneIn(b.heard(), anna); n < 3 {
		t.Errorf("the called one heard the caller for %d half seconds", n)
	}
	if n := toneIn(a.heard(), bob); n < 3 {
		t.Errorf("the caller heard the called one for %d half seconds", n)
	}
	if n := toneIn(b.heard(), music); n < 2 {
		t.Errorf("who was on hold heard music for %d half seconds", n)
	}

	connect()
	time.Sleep(500 * time.Millisecond)
	b.do("transfer", "sip:8899@"+s.sip)
	b.tells("CALL_CLOSED")
	eventually(t, "the caller is in the menu", 15*time.Second, func() bool { return strings.Contains(live(), "dp-ivr-example") })
	a.do("hangup", "")
	eventually(t, "no call is left", 10*time.Second, func() bool { return strings.TrimSpace(live()) == "[]" })
}
