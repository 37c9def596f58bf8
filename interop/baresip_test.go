package interop

import (
	"bytes"
	"cmp"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"dialtone/sounds"
)

// baresip registers, dials the menu, and what it records is the prompts that the menu plays.
func TestBaresipHearsTheMenu(t *testing.T) {
	t.Parallel()
	s := start(t)
	steps := s.follow()
	dir, phone := startBaresip(t, s, "1000", s.sip, silentWAV(8000*30), nil, "", "-e", "/dial sip:8899@"+s.sip)
	eventually(t, "the menu waits for a key", 25*time.Second, func() bool {
		seen := steps()
		return len(seen) > 0 && seen[len(seen)-1].Application == "WaitExten"
	})
	phone.end()

	dumps, _ := filepath.Glob(filepath.Join(dir, "dump-*-dec.wav")) // sndfile's: what it decoded
	if len(dumps) != 1 {
		t.Fatalf("baresip recorded %v", dumps)
	}
	heard := decode(t, dumps[0])
	for _, name := range []string{"ivr-example-welcome-sound", "ivr-example-choices"} {
		prompt := decode(t, filepath.Join(s.data, "sounds", "ivr-sounds", name+".wav"))
		if r := bestCorrelation(heard, prompt); r < 0.95 {
			t.Errorf("what baresip heard correlates with %s by %.3f, want 0.95", name, r)
		}
	}
}

// startBaresip runs baresip with one of the demo's accounts, which may have parameters of baresip's after a semicolon, at an address
// of the server's, which may name a transport. It says what a
// WAV file has, and has config beside what all are set to; what it decodes lies in its directory.
func startBaresip(t *testing.T, s *server, user, at, says string, config []string, contacts string, args ...string) (dir string, phone *process) {
	t.Helper()
	dir = t.TempDir()
	user, params, _ := strings.Cut(user, ";")
	for name, text := range map[string]string{
		"says.wav": says,
		"accounts": fmt.Sprintf("<sip:%s@%s>;auth_user=%s;auth_pass=%s;regint=300;audio_codecs=pcmu;%s\n", user, at, user, s.demo[user], params),
		"contacts": contacts,
		"config": strings.Join(append([]string{
			"poll_method epoll", fmt.Sprintf("rtp_ports %d-%d", freeMedia(), freeMedia()+2),
			"audio_player aubridge,ear", "audio_source aufile," + filepath.Join(dir, "says.wav"), "audio_alert aubridge,bell", "snd_path " + dir,
			"call_max_calls 4", "module_path " + baresipModules(t), "net_interface 127.0.0.1",
			"module g711.so", "module aufile.so", "module aubridge.so", "module sndfile.so", "module_app account.so", "module_app menu.so",
		}, append(config, "")...), "\n"),
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir, program(t, append([]string{"baresip", "-f", dir, "-t", "120"}, args...)...)
}

func baresipModules(t *testing.T) string {
	t.Helper()
	for _, pattern := range []string{"/usr/lib/*/baresip/modules", "/usr/lib/baresip/modules"} {
		if found, _ := filepath.Glob(pattern); len(found) > 0 {
			return found[0]
		}
	}
	t.Fatal("baresip's modules were not found below /usr/lib")
	return ""
}

func silentWAV(samples int) string {
	var b bytes.Buffer
	if err := sounds.WriteWAV(&b, make([]int16, samples)); err != nil {
		panic(err)
	}
	return b.String()
}

func decode(t *testing.T, file string) []int16 {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	pcm, err := sounds.Decode(file, f)
	if err != nil {
		t.Fatal(err)
	}
	return pcm
}

// bestCorrelation slides the middle second of part over whole and gives the best normalised correlation, of the places where 40 ms of
// that second, its loudest, are most like whole.
func bestCorrelation(whole, part []int16) float64 {
	n := min(8000, len(part))
	part = part[(len(part)-n)/2:][:n]
	heard, wanted := energies(whole), energies(part)
	like := func(at, from, length int) float64 { // of whole from at on, and part from from on
		power := (heard[at+length] - heard[at]) * (wanted[from+length] - wanted[from])
		return product(whole[at:][:length], part[from:][:length]) / math.Sqrt(max(power, 1))
	}
	loudest := 0
	for at := 0; at+glimpse <= n; at += glimpse {
		if wanted[at+glimpse]-wanted[at] > wanted[loudest+glimpse]-wanted[loudest] {
			loudest = at
		}
	}
	type place struct {
		at int
		r  float64
	}
	var places []place
	for at := 0; at+n <= len(whole); at++ {
		if r := like(at+loudest, loudest, glimpse); r > 0.5 {
			places = append(places, place{at, r})
		}
	}
	slices.SortFunc(places, func(a, b place) int { return cmp.Compare(b.r, a.r) })
	best := 0.0
	for _, p := range places[:min(len(places), 32)] {
		best = max(best, like(p.at, 0, n))
	}
	return best
}

// glimpse is 40 ms, in samples.
const glimpse = 320

func product(a, b []int16) (sum float64) {
	for i, s := range a {
		sum += float64(s) * float64(b[i])
	}
	return sum
}

// energies are the energy of all samples before each place, and of all.
func energies(pcm []int16) []float64 {
	sums := make([]float64, len(pcm)+1)
	for i, s := range pcm {
		sums[i+1] = sums[i] + float64(s)*float64(s)
	}
	return sums
}
