package main

import (
	"context"
	"encoding/json"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"dialtone/call/softphone"
	"dialtone/dtmf"
	"dialtone/media/g711"
	"dialtone/sip"
	"dialtone/sounds"
	"dialtone/store"
	"dialtone/wazo/wazotest"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"dialtone": main})
}

// The commands as people use them: testdata holds a script for each.
func TestCommands(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata",
		Setup: func(e *testscript.Env) error {
			examples, err := filepath.Abs("../../examples")
			if err != nil {
				return err
			}
			e.Setenv("EXAMPLES", examples)
			e.Setenv("GORACE", "atexit_sleep_ms=0") // else each command lives a second longer
			for _, variable := range os.Environ() {
				if name, _, _ := strings.Cut(variable, "="); strings.HasPrefix(name, "DIALTONE_") {
					e.Setenv(name, "")
				}
			}
			return nil
		},
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){
			"address": address, "capture": capture, "cut": cut, "dial": dial, "empty": empty, "mode": mode, "off": off, "pack": pack,
			"ready": ready, "register": register, "schedule": keepSchedule, "site": site, "stop": stop, "tones": tones, "wazo": startWazo,
		},
	})
}

// tones FILE KEYS writes a WAV file (or raw samples, without a name's .wav, A-law by a name's .a) in which keys are pressed: 100 ms each,
// the first after 500 ms, 100 ms between.
func tones(ts *testscript.TestScript, _ bool, args []string) {
	pcm := make([]int16, 4000)
	for _, key := range []byte(args[1]) {
		press := make([]int16, 800)
		dtmf.ToneSamples(press, key, 0)
		pcm = append(append(pcm, press...), make([]int16, 800)...)
	}
	f, err := os.Create(ts.MkAbs(args[0]))
	ts.Check(err)
	defer f.Close()
	if strings.HasSuffix(args[0], ".wav") {
		ts.Check(sounds.WriteWAV(f, pcm))
		return
	}
	if strings.HasSuffix(args[0], ".a") {
		coded := make([]byte, len(pcm))
		g711.A.EncodeTo(coded, pcm)
		_, err := f.Write(coded)
		ts.Check(err)
		return
	}
	for _, s := range pcm {
		_, err := f.Write([]byte{byte(s), byte(uint16(s) >> 8)})
		ts.Check(err)
	}
}

// ready DIR waits until a server answers on a data directory.
func ready(ts *testscript.TestScript, _ bool, args []string) {
	for end := time.Now().Add(20 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		c, err := dialControl(ts.MkAbs(args[0]))
		if err == nil {
			c.Close()
			return
		}
		if time.Now().After(end) {
			ts.Fatalf("%v", err)
		}
	}
}

// schedule DIR FILE keeps a schedule, as JSON of the store, in the data directory of no running server.
func keepSchedule(ts *testscript.TestScript, _ bool, args []string) {
	var s store.Schedule
	ts.Check(json.Unmarshal([]byte(ts.ReadFile(args[1])), &s))
	kept, err := store.Open(ts.MkAbs(args[0]), store.Options{})
	ts.Check(err)
	defer kept.Close()
	ts.Check(kept.Update(func(tx *store.Tx) error {
		s.Tenant = tx.MasterTenant().UUID
		_, err := tx.Schedules().Put(s)
		return err
	}))
}

// mode FILE MODE checks who may do what with a file.
func mode(ts *testscript.TestScript, _ bool, args []string) {
	info, err := os.Stat(ts.MkAbs(args[0]))
	ts.Check(err)
	want, err := strconv.ParseUint(args[1], 8, 32)
	ts.Check(err)
	if info.Mode().Perm() != fs.FileMode(want) {
		ts.Fatalf("%s has the mode %o", args[0], info.Mode().Perm())
	}
}

// address NAME DIR sets a variable to the web address of the server on a data directory.
func address(ts *testscript.TestScript, _ bool, args []string) {
	c, info, err := dialServer(ts.MkAbs(args[1]))
	ts.Check(err)
	defer c.Close()
	ts.Setenv(args[0], info.HTTP)
}

// stop DIR tells the server on a data directory to stop.
func stop(ts *testscript.TestScript, _ bool, args []string) {
	c, info, err := dialServer(ts.MkAbs(args[0]))
	ts.Check(err)
	defer c.Close()
	ts.Check(syscall.Kill(info.PID, syscall.SIGTERM))
}

// dial DIR NUMBER PASSWORD TARGET KEYS calls a server as one of its phones, presses the keys two seconds after the answer, and
// waits for the end of the call.
func dial(ts *testscript.TestScript, _ bool, args []string) {
	c, phone := softphoneAt(ts, args[0], softphone.Config{User: args[1], Password: args[2]})
	defer c.Close()
	defer phone.Close()
	call, err := phone.Call(context.Background(), args[3])
	ts.Check(err)
	for event := range call.Events() {
		if event.Kind != softphone.Answered {
			continue
		}
		presses, err := softphone.ParseKeys(args[4])
		ts.Check(err)
		presses[0].After = 2 * time.Second
		ts.Check(call.Press(presses))
	}
	<-call.Done()
}

// register DIR NUMBER PASSWORD [answers] registers a telephone, which stays until the script ends, and waits until the server knows
// that it is there. It answers calls, or refuses them.
func register(ts *testscript.TestScript, _ bool, args []string) {
	config := softphone.Config{User: args[1], Password: args[2]}
	if len(args) > 3 {
		config.Incoming = func(call *softphone.Call) {
			call.Answer() // a call that has ended already is not what the script wants to see
			<-call.Done()
		}
	}
	c, phone := softphoneAt(ts, args[0], config)
	defer c.Close()
	ts.Defer(func() { phone.Close() })
	_, err := phone.Register(context.Background(), time.Hour)
	ts.Check(err)
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		contacts, err := c.registrations()
		ts.Check(err)
		if slices.ContainsFunc(contacts, func(c sip.Contact) bool { return c.Phone == args[1] && c.Status == sip.ContactReachable }) {
			return
		}
	}
	ts.Fatalf("phone %s is not reachable", args[1])
}

// softphoneAt is a telephone with an account of the server on a data directory, and the way to that server.
func softphoneAt(ts *testscript.TestScript, dir string, config softphone.Config) (*control, *softphone.Phone) {
	c, info, err := dialServer(ts.MkAbs(dir))
	ts.Check(err)
	config.Server = strings.TrimPrefix(info.SIP[0], "udp:")
	phone, err := softphone.New(config)
	ts.Check(err)
	return c, phone
}

// wazo starts a Wazo with the objects of a small company; $WAZO is its address and $WAZO_TOKEN its token.
func startWazo(ts *testscript.TestScript, _ bool, _ []string) {
	objects, err := wazotest.Read(wazotest.Company)
	ts.Check(err)
	closed, err := fs.ReadFile(sounds.Embedded(), "en/ivr-sounds/closed.wav")
	ts.Check(err)
	server := httptest.NewServer(objects.Handler(closed))
	ts.Defer(server.Close)
	ts.Setenv("WAZO", server.URL)
	ts.Setenv("WAZO_TOKEN", wazotest.Token)
}

// site DIR offers the files of a directory by HTTP; $SITE is where.
func site(ts *testscript.TestScript, _ bool, args []string) {
	server := httptest.NewServer(http.FileServer(http.Dir(ts.MkAbs(args[0]))))
	ts.Defer(server.Close)
	ts.Setenv("SITE", server.URL)
}
