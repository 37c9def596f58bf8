package sounds

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// The test's own program is a speech program, too: it says how it was called.
func TestMain(m *testing.M) {
	if how := os.Getenv("DIALTONE_TEST_SPEECH"); how != "" {
		speechProgram(how, os.Args[1:])
	}
	goleak.VerifyTestMain(m)
}

func speechProgram(how string, args []string) {
	pcm := slices.Concat(silence(1), sine(500, 0.3, 0.5), silence(1))
	switch how {
	case "hangs":
		time.Sleep(time.Minute)
	case "fails":
		fmt.Fprintln(os.Stderr, "no such voice")
		os.Exit(3)
	case "silent":
		pcm = silence(1)
	case "floods":
		for {
			if _, err := os.Stdout.Write(make([]byte, 1<<20)); err != nil {
				os.Exit(1)
			}
		}
	case "text":
		fmt.Println("this is no sound")
		os.Exit(0)
	}
	text, err := io.ReadAll(os.Stdin)
	if err != nil {
		os.Exit(4)
	}
	out := io.Writer(os.Stdout)
	if i := slices.Index(args, "-o"); i >= 0 {
		f, err := os.Create(args[i+1])
		if err != nil {
			os.Exit(5)
		}
		out = f
	}
	if log := os.Getenv("DIALTONE_TEST_SPEECH_LOG"); log != "" {
		if err := os.WriteFile(log, fmt.Appendf(nil, "%q %q", args, text), 0o600); err != nil {
			os.Exit(6)
		}
	}
	if err := WriteWAV(out, pcm); err != nil {
		os.Exit(7)
	}
	os.Exit(0)
}

// speaker is the test's own program with arguments.
func speaker(t *testing.T, how, arguments string) Speaker {
	t.Helper()
	t.Setenv("DIALTONE_TEST_SPEECH", how)
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	s, err := ParseSpeaker("'" + self + "' " + arguments)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

var paul = Voice{Lang: "fr_CA", Speed: 150}

func TestSpeechProgramGetsWhatItIsToldToGet(t *testing.T) {
	log := t.TempDir() + "/log"
	t.Setenv("DIALTONE_TEST_SPEECH_LOG", log)
	for _, c := range []struct {
		arguments, text string
		voice           Voice
		want            string
	}{
		{"-v {voice} -l {lang} -s {speed}", "Bonjour; $(id) `id` & 'x'", paul, `["-v" "fr-ca" "-l" "fr-ca" "-s" "150"] "Bonjour; $(id) ` + "`id`" + ` & 'x'"`},
		{"--voice={voice} -o {out} {text}", "$HOME é\n\"x\"", Voice{Lang: "en", Name: "Mbrola 1", Speed: 99}, `["--voice=Mbrola 1" "-o" OUT "$HOME é\n\"x\""] ""`},
		{"{text}", "--help {out}", paul, `[" --help {out}"] ""`},
		{`'{lang} a' "b c"d ''`, "x", paul, `["fr-ca a" "b cd" ""] "x"`},
	} {
		pcm, err := speaker(t, "speaks", c.arguments).Say(t.Context(), c.text, c.voice)
		if err != nil {
			t.Errorf("%s: %v", c.arguments, err)
			continue
		}
		if length := duration(len(pcm)); length < 500*time.Millisecond || length > 600*time.Millisecond {
			t.Errorf("%s: %v of sound, want half a second without the silence", c.arguments, length)
		}
		got := string(readFile(t, log))
		if i := strings.Index(got, `"/`); i >= 0 { // the file is in a directory of its own, which is gone
			file := got[i+1 : i+1+strings.IndexByte(got[i+1:], '"')]
			if _, err := os.Stat(file); err == nil {
				t.Errorf("%s: %s is left", c.arguments, file)
			}
			got = strings.Replace(got, `"`+file+`"`, "OUT", 1)
		}
		if got != c.want {
			t.Errorf("%s: called with %s, want %s", c.arguments, got, c.want)
		}
	}
}

func TestSpeechProgramsThatFail(t *testing.T) {
	for _, c := range []struct{ how, arguments, want string }{
		{"fails", "", "did not speak (exit status 3): no such voice"},
		{"silent", "", "nothing but silence"},
		{"text", "", "text, not sound"},
		{"speaks", "-x {out}", "wrote no sound"},
		{"floods", "", "did not speak"},
	} {
		if pcm, err := speaker(t, c.how, c.arguments).Say(t.Context(), "hello", paul); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %d samples, %v; want an error with %q", c.how, len(pcm), err, c.want)
		}
	}
	for line, want := range map[string]string{"": "it is empty", " \t": "it is empty", "say 'x": "is not closed", `say "x`: "is not closed"} {
		if _, err := ParseSpeaker(line); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", line, err, want)
		}
	}
	for program, want := range map[string]string{"dialtone-no-such-program {text}": "dialtone-no-such-program is not installed", "/no/such {text}": "/no/such is not installed"} {
		s, err := ParseSpeaker(program)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.Say(t.Context(), "x", paul); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", program, err, want)
		}
	}
	t.Setenv("PATH", t.TempDir())
	s, _ := ParseSpeaker(DefaultSpeech)
	if _, err := s.Say(t.Context(), "x", paul); err == nil || !strings.Contains(err.Error(), "apt-get install espeak-ng") {
		t.Errorf("without espeak-ng: %v", err)
	}
}

func TestSpeechProgramThatHangsIsEnded(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	go cancel()
	if _, err := speaker(t, "hangs", "").Say(ctx, "hello", paul); err == nil {
		t.Error("it went on")
	}
}

// However it is written to.
func TestWhatAProgramSaysIsBounded(t *testing.T) {
	u := &upTo{most: 10}
	if n, err := io.Copy(u, strings.NewReader("0123456789abc")); err == nil || n != 10 || string(u.kept) != "0123456789" {
		t.Errorf("%d bytes, %v: kept %q", n, err, u.kept)
	}
}

func TestWhatCannotBeSpoken(t *testing.T) {
	s := speaker(t, "speaks", "")
	for _, c := range []struct {
		text  string
		voice Voice
		want  string
	}{
		{" \n", paul, "no text"},
		{strings.Repeat("x", maxText+1), paul, "16384 can be spoken"},
		{"a\x00b", paul, "zero byte"},
		{"x", Voice{Speed: 100}, "no language"},
		{"x", Voice{Lang: "--help", Speed: 100}, "no language"},
		{"x", Voice{Lang: "en", Name: "-w/etc/passwd", Speed: 100}, "no voice"},
		{"x", Voice{Lang: "en", Name: "a\nb", Speed: 100}, "no voice"},
		{"x", Voice{Lang: "en", Speed: 0}, "words per minute"},
	} {
		if _, err := s.Say(t.Context(), c.text, c.voice); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%.20q by %+v: %v, want %q", c.text, c.voice, err, c.want)
		}
	}
}

func TestESpeakSpeaks(t *testing.T) {
	if _, err := exec.LookPath("espeak-ng"); err != nil {
		t.Fatal("espeak-ng is not installed (tools/needs.sh does it)")
	}
	s, err := ParseSpeaker(DefaultSpeech)
	if err != nil {
		t.Fatal(err)
	}
	lengths := map[string]time.Duration{}
	for _, v := range []Voice{{"fr", "", 160}, {"fr", "", 80}, {"en_GB", "", 160}, {"en", "en+f3", 160}} {
		pcm, err := s.Say(t.Context(), "Bonjour, vous êtes bien chez Dupont & fils; tapez 1.", v)
		if err != nil {
			t.Errorf("%+v: %v", v, err)
			continue
		}
		lengths[fmt.Sprint(v)] = duration(len(pcm))
		if level, err := Measure(pcm); err != nil || level < -40 || duration(len(pcm)) < 2*time.Second {
			t.Errorf("%+v: %v at %v, %v", v, duration(len(pcm)), level, err)
		}
	}
	if fast, slow := lengths["{fr  160}"], lengths["{fr  80}"]; slow < fast*3/2 {
		t.Errorf("%v at 160 words per minute, %v at 80", fast, slow)
	}
	if _, err := s.Say(t.Context(), "x", Voice{"xx-nowhere", "", 160}); err == nil || !strings.Contains(err.Error(), "voice") {
		t.Errorf("an unknown language: %v", err)
	}
}

func FuzzSpeechCommand(f *testing.F) {
	for _, line := range []string{DefaultSpeech, "a 'b c' \"d\"", "''", "'", "{text}{out}"} {
		f.Add(line)
	}
	f.Fuzz(func(t *testing.T, line string) {
		s, err := ParseSpeaker(line)
		if err != nil {
			return
		}
		words, _, _ := s.fill("text", "out", paul)
		if len(words) != len(s.words) || len(words) == 0 {
			t.Errorf("%q: %q", line, words)
		}
	})
}
