package call

import (
	"bytes"
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"dialtone/ivr"
	"dialtone/media"
	"dialtone/media/g711"
)

// say is a piece of 20 ms, loud or not.
func say(loud bool) []int16 {
	pcm := make([]int16, 160)
	for i := range pcm {
		pcm[i] = int16(20 * math.Sin(float64(i)))
		if loud {
			pcm[i] = int16(2000 * math.Sin(float64(i)))
		}
	}
	return pcm
}

func TestEarTellsSpeechFromSilence(t *testing.T) {
	var e ear
	start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	now := start
	e.start(now)
	pieces := func(n int, pcm []int16, missing bool) {
		for range n {
			now = now.Add(20 * time.Millisecond)
			e.hear(pcm, missing, func() time.Time { return now })
		}
	}
	want := func(why string, w ivr.Talk) {
		t.Helper()
		if e.talk != w {
			t.Errorf("%s: %+v, want %+v", why, e.talk, w)
		}
	}
	at := func(ms int) time.Time { return start.Add(time.Duration(ms) * time.Millisecond) }
	want("nothing yet", ivr.Talk{Since: start})
	pieces(50, say(false), false)
	want("noise on the line is silence", ivr.Talk{Since: start})
	pieces(10, say(true), false)
	want("speech", ivr.Talk{Talking: true, Since: at(1000)})
	pieces(8, say(false), false)
	want("a breath ends nothing", ivr.Talk{Talking: true, Since: at(1000)})
	pieces(10, say(true), false)
	pieces(10, say(false), false)
	want("silence", ivr.Talk{Since: at(1560), Last: 560 * time.Millisecond})
	pieces(100, say(true), true)
	want("what is missing is guessed, not heard", ivr.Talk{Since: at(1560), Last: 560 * time.Millisecond})
	if n := testing.AllocsPerRun(100, func() { pieces(1, say(true), false) }); n > 3 { // the test's own
		t.Errorf("%v allocations", n)
	}
}

func TestEchoIsConstantlyLate(t *testing.T) {
	for _, n := range []int{80, 160, 240, 480} {
		e := new(echo)
		var heard, sent []byte
		for slot := range 100 {
			for got := 0; got < n; {
				b := e.At(g711.A, slot*n+got, n-got)
				if len(b) == 0 {
					t.Fatalf("packets of %d samples: nothing at %d", n, slot*n+got)
				}
				sent = append(sent, b...)
				got += len(b)
			}
			for part := 0; part < n; part += 80 {
				pcm := make([]int16, 80)
				for i := range pcm {
					pcm[i] = int16((slot*n + part + i) * 37)
				}
				e.hear(pcm, false)
				for _, s := range pcm {
					heard = append(heard, g711.A.Encode(s))
				}
			}
		}
		if !bytes.Equal(sent[echoDelay:], heard[:len(heard)-echoDelay]) {
			t.Errorf("packets of %d samples: what comes back is not what was heard %d samples before", n, echoDelay)
		}
		if first := sent[:echoDelay]; !bytes.Equal(first, bytes.Repeat([]byte{g711.A.Silence()}, echoDelay)) {
			t.Error("the beginning is not silent")
		}
	}
}

func TestPlacesOfRecordings(t *testing.T) {
	r := Recordings{Sounds: "/data/sounds", Calls: "/data/recordings", Dirs: []string{"/srv/archive"}, Map: map[string]string{"/var/lib/wazo/sounds": "/data/sounds", "/var/spool": "/elsewhere"}}
	for name, want := range map[string][2]string{
		"a.wav":                           {"/data/sounds", "a.wav"},
		"m/./x/../a.wav":                  {"/data/sounds", "m/a.wav"},
		"/data/sounds/a.wav":              {"/data/sounds", "a.wav"},
		"/data/recordings/2026/a.wav":     {"/data/recordings", "2026/a.wav"},
		"/srv/archive/a.wav":              {"/srv/archive", "a.wav"},
		"/var/lib/wazo/sounds/ivr/a.wav":  {"/data/sounds", "ivr/a.wav"},
		"/var/spool/x/a.wav":              {"/elsewhere", "x/a.wav"},
		"/var/lib/wazo/sounds/../a.wav":   {},
		"/data/sounds/../../etc/passwd":   {},
		"/data/soundsx/a.wav":             {},
		"/etc/a.wav":                      {},
		"../a.wav":                        {},
		"m/../../a.wav":                   {},
		"..":                              {},
		".":                               {},
		"":                                {},
		"m/":                              {},
		"a\x00.wav":                       {},
		"/data/sounds":                    {},
		"/srv/archive/../../data/x/a.wav": {},
	} {
		dir, file, err := r.place(name, r.Sounds)
		if (err == nil) != (want[0] != "") || err == nil && (dir != want[0] || file != want[1]) {
			t.Errorf("%q: %s %s, %v; want %q", name, dir, file, err, want)
		}
	}
	if _, _, err := (Recordings{}).place("a.wav", ""); err == nil {
		t.Error("without a directory something is recorded")
	}
}

func FuzzPlacesOfRecordings(f *testing.F) {
	f.Add("m/../../a.wav")
	f.Add("/data/sounds/../x")
	f.Fuzz(func(t *testing.T, name string) {
		r := Recordings{Sounds: "/data/sounds", Map: map[string]string{"/var": "/data/var"}}
		dir, file, err := r.place(name, r.Sounds)
		if err == nil && (!filepath.IsLocal(file) || !slices.Contains([]string{"/data/sounds", "/data/var"}, dir)) {
			t.Errorf("%q is %s in %s", name, file, dir)
		}
	})
}

// A disk that is full is told at the end; what was there stays.
func TestTakeWhoseFileFails(t *testing.T) {
	if _, err := os.Stat("/dev/full"); err != nil {
		t.Skip("this system has no /dev/full")
	}
	full, err := os.OpenFile("/dev/full", os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	r := media.NewRecorder(0).Start(full, media.RecordingOptions{Format: media.Format{Coding: media.MuLaw}})
	for range 1000 {
		r.Heard(say(true), false)
	}
	r.Close(t.Context())
	if err := r.Close(t.Context()); err == nil {
		t.Error("a full disk is no error")
	}
	<-r.Done()
}
