package dtmf

import (
	"flag"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"dialtone/media/g711"
)

var (
	reps = flag.Int("reps", 12, "presses per condition and law")
	seed = flag.Uint64("seed", 1, "of the conditions' random choices")
)

// trial is one repetition of a condition: what is sent, and which key or keys
// must be heard.
type trial struct {
	*rand.Rand
	key  byte
	want string
	lost func(d *Detector, pcm []int16) []Digit // delivers pcm otherwise than in packets
}

func (t *trial) press(ms, level float64) sound { return t.twisted(ms, level, 0) }

func (t *trial) twisted(ms, level, twist float64) sound {
	return pairOf(t.Rand, t.key, ms, 0, 0, level-max(twist, 0), level+min(twist, 0))
}

func (t *trial) off(ms, percent float64) sound {
	sign := func() float64 { return float64(2*t.IntN(2) - 1) }
	return pairOf(t.Rand, t.key, ms, sign()*percent/100, sign()*percent/100, -10, -10)
}

func (t *trial) noisy(ms, snr float64) sound {
	s := join(silence(100), t.press(ms, -10), silence(150))
	s.noise(t.Rand, -7-snr)
	return s
}

func (t *trial) sign() float64 { return float64(2*t.IntN(2) - 1) }

// near says that a tone is too close to one of the key's to be told apart in 40 ms.
func (t *trial) near(hz float64) bool {
	row, column, _ := tonesOf(t.key)
	return math.Abs(hz-float64(frequencies[row])) < 30 || math.Abs(hz-float64(frequencies[column])) < 30
}

// gap takes ms of silence out of the middle of s.
func gap(s sound, from, ms float64) sound {
	clear(s[int(from*samplesPerMs):int((from+ms)*samplesPerMs)])
	return s
}

type condition struct {
	name string
	make func(t *trial) sound
}

// Conditions a receiver must accept: ITU-T Q.24 and its annexes, ES 201 235-3,
// and what lines and networks do besides.
var accepted = []condition{
	{"40 ms", func(t *trial) sound { return t.press(40, -10) }},
	{"100 ms", func(t *trial) sound { return t.press(100, -10) }},
	{"1.5 % off, 40 ms", func(t *trial) sound { return t.off(40, 1.5) }},
	{"1.5 % off, 50 ms", func(t *trial) sound { return t.off(50, 1.5) }},
	{"1.5 % and 2 Hz off (Denmark), 60 ms", func(t *trial) sound { s := t.sign(); return pairOf(t.Rand, t.key, 60, s*.0165, s*.0165, -10, -10) }},
	{"1.8 % off (NTT), 60 ms", func(t *trial) sound { return t.off(60, 1.8) }},
	{"1.8 % off, 40 ms", func(t *trial) sound { return t.off(40, 1.8) }},
	{"0 dBm0", func(t *trial) sound { return t.press(60, -0.5) }},
	{"0 dBm0, clipped", func(t *trial) sound { return t.press(60, 0).limited() }},
	{"-25 dBm0", func(t *trial) sound { return t.press(50, -25) }},
	{"-27 dBm0 (AU)", func(t *trial) sound { return t.press(50, -27) }},
	{"-29 dBm0", func(t *trial) sound { return t.press(50, -29) }},
	{"-29 dBm0, 40 ms", func(t *trial) sound { return t.press(40, -29) }},
	{"twist +4 dB", func(t *trial) sound { return t.twisted(50, -8, 4) }},
	{"twist -8 dB", func(t *trial) sound { return t.twisted(50, -8, -8) }},
	{"twist +6 dB (ETSI)", func(t *trial) sound { return t.twisted(50, -8, 6) }},
	{"twist -6 dB (ETSI)", func(t *trial) sound { return t.twisted(50, -8, -6) }},
	{"twist +10 dB (AU)", func(t *trial) sound { return t.twisted(50, -8, 10) }},
	{"twist -10 dB (AU)", func(t *trial) sound { return t.twisted(50, -8, -10) }},
	{"SNR 15 dB, 50 ms", func(t *trial) sound { return t.noisy(50, 15) }},
	{"SNR 12 dB, 60 ms", func(t *trial) sound { return t.noisy(60, 12) }},
	{"SNR 9 dB, 80 ms", func(t *trial) sound { return t.noisy(80, 9) }},
	{"echo 20 ms late, 10 dB under", func(t *trial) sound {
		press := t.press(60, -10)
		s := join(press, silence(60))
		s.add(160, press, dB(-10))
		return s
	}},
	{"same key after 40 ms", func(t *trial) sound { t.twice(); return join(t.press(50, -10), silence(40), t.press(50, -10)) }},
	{"same key after 30 ms (NTT)", func(t *trial) sound { t.twice(); return join(t.press(50, -10), silence(30), t.press(50, -10)) }},
	{"same key after 40 ms, 40 ms long", func(t *trial) sound { t.twice(); return join(t.press(40, -10), silence(40), t.press(40, -10)) }},
	{"93 ms a digit (AT&T)", func(t *trial) sound {
		var s sound
		t.want = ""
		for range 4 {
			t.key = keys[t.IntN(len(keys))]
			t.want += string(t.key)
			s = join(s, t.press(50, -10), silence(43))
		}
		return s
	}},
	{"10 ms interruption", func(t *trial) sound { return gap(t.press(100, -10), 20+t.Float64()*60, 10) }},
	{"20 ms interruption (Denmark)", func(t *trial) sound { return gap(t.press(120, -10), 45+t.Float64()*20, 20) }},
	{"20 ms lost, as silence", func(t *trial) sound { return gap(t.press(120, -10), 20*float64(1+t.IntN(4)), 20) }},
	{"20 ms lost, the last repeated", func(t *trial) sound {
		s := t.press(120, -10)
		at := 160 * (1 + t.IntN(4))
		copy(s[at:at+160], s[at-160:at])
		return s
	}},
	{"20 ms lost, and known", func(t *trial) sound { t.lose(20); return t.press(120, -10) }},
	{"40 ms lost, and known", func(t *trial) sound { t.lose(40); return t.press(160, -10) }},
	{"5 ms clock slip", func(t *trial) sound {
		s := t.press(120, -10)
		at := 160 + t.IntN(600)
		return append(s[:at:at], s[at+40:]...)
	}},
	{"hum 50 Hz, 9 dB under", func(t *trial) sound { return humming(t, 50) }},
	{"hum 60 Hz, 9 dB under", func(t *trial) sound { return humming(t, 60) }},
	{"offset of 3 %", func(t *trial) sound {
		s := join(silence(60), t.press(50, -10), silence(80))
		for i := range s {
			s[i] += 1000
		}
		return s
	}},
	{"prompt's echo 12 dB under", func(t *trial) sound { return overPrompt(t, 80, 12) }},
	{"prompt's echo 20 dB under", func(t *trial) sound { return overPrompt(t, 50, 20) }},
	{"1 s in noise 15 dB under", func(t *trial) sound { return t.noisy(1000, 15) }},
	{"3 s in noise 12 dB under", func(t *trial) sound { return t.noisy(3000, 12) }},
	{"1 s, 12 dB quieter after 100 ms, as level control does", func(t *trial) sound {
		s := t.press(1000, -8)
		for i := range s {
			s[i] *= dB(-12 * min(float64(i)/800, 1))
		}
		return s
	}},
	{"1 s over a prompt's echo 15 dB under", func(t *trial) sound {
		s := voice(t.Rand, 1300, -7-15)
		s.add(1200, t.press(1000, -10), 1)
		return s
	}},
	{"2 s, of which every 20th packet is lost, as silence", func(t *trial) sound {
		s := t.press(2000, -10)
		for at := 320; at+160 < len(s); at += 160 {
			if t.IntN(20) == 0 {
				clear(s[at : at+160])
				at += 640
			}
		}
		return s
	}},
}

// Conditions a receiver must reject.
var rejected = []condition{
	{"3.5 % off, both", func(t *trial) sound { return t.off(100, 3.5) }},
	{"3.5 % off, one", func(t *trial) sound {
		if t.IntN(2) == 0 {
			return pairOf(t.Rand, t.key, 100, t.sign()*.035, 0, -10, -10)
		}
		return pairOf(t.Rand, t.key, 100, 0, t.sign()*.035, -10, -10)
	}},
	{"3.0 % off (NTT)", func(t *trial) sound { return t.off(100, 3) }},
	{"20 ms (ETSI)", func(t *trial) sound { return t.press(20, -10) }},
	{"23 ms", func(t *trial) sound { return t.press(23, -10) }},
	{"25 ms (AU)", func(t *trial) sound { return t.press(25, -10) }},
	{"-55 dBm0", func(t *trial) sound { return t.press(100, -55) }},
	{"twist +15 dB", func(t *trial) sound { return t.twisted(100, -5, 15) }},
	{"twist -18 dB", func(t *trial) sound { return t.twisted(100, -5, -18) }},
	{"single tone", func(t *trial) sound {
		s := silence(200)
		s.tone(t.Rand, float64(frequencies[t.IntN(8)]), -6)
		return s
	}},
	{"two tones of one group", func(t *trial) sound {
		s, group, a := silence(200), 4*t.IntN(2), t.IntN(4)
		s.tone(t.Rand, float64(frequencies[group+a]), -10)
		s.tone(t.Rand, float64(frequencies[group+(a+1+t.IntN(3))%4]), -10)
		return s
	}},
	{"call progress", func(t *trial) sound {
		pair := [][2]float64{{350, 440}, {440, 480}, {480, 620}, {425, 425}, {400, 450}, {941, 1400}}[t.IntN(6)]
		s := silence(400)
		s.tone(t.Rand, pair[0], -13)
		s.tone(t.Rand, pair[1], -13)
		return s
	}},
	{"fax", func(t *trial) sound {
		s := silence(400)
		s.tone(t.Rand, []float64{1100, 2100, 1300, 1850, 1650}[t.IntN(5)], -10)
		return s
	}},
	{"third tone of equal level", func(t *trial) sound {
		s := t.press(150, -12)
		hz := 350 + 2800*t.Float64()
		for t.near(hz) {
			hz = 350 + 2800*t.Float64()
		}
		s.tone(t.Rand, hz, -12)
		return s
	}},
	{"dual sweep", func(t *trial) sound {
		row, column, _ := tonesOf(t.key)
		s := silence(200 + 600*t.Float64())
		span := 0.06 + 0.2*t.Float64()
		for _, f := range [2]int{row, column} {
			way := t.sign()
			s.glide(t.Rand, float64(frequencies[f])*(1-way*span), float64(frequencies[f])*(1+way*span), -10)
		}
		return s
	}},
	{"voiced buzz with formants on a pair", buzz},
}

// buzz is a voice of steady pitch whose first two formants are a key's tones.
func buzz(t *trial) sound {
	row, column, _ := tonesOf(t.key)
	low, high := float64(frequencies[row]), float64(frequencies[column])
	pitch := low / math.Round(low/(90+150*t.Float64()))
	s := silence(400)
	syllable(t.Rand, s, pitch, pitch, [3]float64{low, high, 2500}, [3]float64{40 + 40*t.Float64(), 40 + 40*t.Float64(), 200})
	return s.scaled(-12)
}

func dB(x float64) float64 { return math.Pow(10, x/20) }

func (s sound) limited() sound {
	for i := range s {
		s[i] = min(max(s[i], -32124), 32124)
	}
	return s
}

func (t *trial) twice() { t.want = string(t.key) + string(t.key) }

// lose has a piece of the press be missing.
func (t *trial) lose(ms int) {
	from := 60*samplesPerMs + samplesPerMs*(45+t.IntN(10)) // 45 ms into it or later
	t.lost = func(d *Detector, pcm []int16) (digits []Digit) {
		to := from + ms*samplesPerMs
		digits = d.Samples(digits, 0, pcm[:from])
		digits = d.Missing(digits, int64(from), to-from)
		return d.Samples(digits, int64(to), pcm[to:])
	}
}

func humming(t *trial, hz float64) sound {
	s := join(silence(80), t.press(50, -10), silence(80))
	s.tone(t.Rand, hz, -7-9)
	return s
}

func overPrompt(t *trial, ms, under float64) sound {
	s := voice(t.Rand, 400, -7-under)
	s.add(1200, t.press(ms, -10), 1)
	return s
}

// run gives the share of trials in which exactly what was wanted was heard.
func run(t *testing.T, c condition, number, law int, accept bool) (right, splits, wrong int) {
	for i := range *reps {
		rng := rand.New(rand.NewPCG(*seed, uint64(number<<32|law<<24|i)))
		tr := &trial{Rand: rng, key: keys[rng.IntN(len(keys))]}
		tr.want = string(tr.key)
		made := c.make(tr)
		lead := 60.0
		if tr.lost == nil {
			lead += 10 * rng.Float64()
		}
		pcm := join(silence(lead), made, silence(120)).through(g711.Law(law))
		var got string
		if tr.lost != nil {
			got = keysOf(tr.lost(new(Detector), pcm))
		} else {
			got = heard(pcm)
		}
		want := tr.want
		if !accept {
			want = ""
		}
		switch {
		case got == want:
			right++
		case accept && len(got) > len(want):
			splits++
		case accept && strings.Trim(got, want) != "":
			wrong++
		}
		if got != want && testing.Verbose() {
			t.Logf("%s, %v, repetition %d: heard %q, want %q", c.name, g711.Law(law), i, got, want)
		}
	}
	return right, splits, wrong
}

func TestAcceptsWhatTelephonesSend(t *testing.T) {
	grid(t, accepted, true, 0.995)
}

func TestRejectsWhatIsNoKey(t *testing.T) {
	grid(t, rejected, false, 0.99)
}

func grid(t *testing.T, conditions []condition, accept bool, bar float64) {
	total, rights := 0, 0
	for number, c := range conditions {
		right, splits, wrong := 0, 0, 0
		for law := range 2 {
			r, s, w := run(t, c, number, law, accept)
			right, splits, wrong = right+r, splits+s, wrong+w
		}
		n := 2 * *reps
		total, rights = total+n, rights+right
		if float64(right) < bar*float64(n) || splits > 0 || wrong > 0 {
			t.Errorf("%s: %d of %d right, %d split, %d wrong", c.name, right, n, splits, wrong)
		}
	}
	t.Logf("%d of %d, %.3f %%", rights, total, 100*float64(rights)/float64(total))
}
