package dtmf

import (
	"math"
	"math/rand/v2"
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

func (t *trial) off(ms, percent float64) sound { return t.offAt(ms, percent, -10) }

func (t *trial) offAt(ms, percent, level float64) sound {
	return pairOf(t.Rand, t.key, ms, t.sign()*percent/100, t.sign()*percent/100, level, level)
}

func (t *trial) noisy(ms, snr float64) sound { return t.inNoise(t.press(ms, -10), sound.noise, snr) }

// inNoise gives a press with noise before, over and after it, snr dB under it.
func (t *trial) inNoise(press sound, noise func(sound, *rand.Rand, float64), snr float64) sound {
	s := join(silence(100), press, silence(150))
	noise(s, t.Rand, press.level()-snr)
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
	{"20 ms lost, and known", func(t *trial) sound { t.lose(45+10*t.Float64(), 20); return t.press(120, -10) }},
	{"40 ms lost, and known", func(t *trial) sound { t.lose(45+10*t.Float64(), 40); return t.press(160, -10) }},
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
	{"36 dB of level: 0 to -36 dBm0", func(t *trial) sound { return t.press(50, -36*t.Float64()) }},
	{"-41 dBm0", func(t *trial) sound { return t.press(60, -41) }},
	{"1.5 % off, -25 dBm0, 40 ms", func(t *trial) sound { return t.offAt(40, 1.5, -25) }},
	{"1.8 % off, twist +4 or -8 dB", func(t *trial) sound {
		low, high := -10.0, -14.0
		if t.IntN(2) == 0 {
			low, high = -16, -8
		}
		return pairOf(t.Rand, t.key, 50, t.sign()*0.018, t.sign()*0.018, low, high)
	}},
	{"1.5 % off, SNR 15 dB, 60 ms", func(t *trial) sound { return t.inNoise(t.offAt(60, 1.5, -10), sound.noise, 15) }},
	{"twist +4 dB, 40 ms", func(t *trial) sound { return t.twisted(40, -8, 4) }},
	{"twist -8 dB, 40 ms", func(t *trial) sound { return t.twisted(40, -8, -8) }},
	{"twist +6 or -6 dB, SNR 15 dB, 60 ms", func(t *trial) sound { return t.inNoise(t.twisted(60, -8, 6*t.sign()), sound.noise, 15) }},
	{"SNR 20 dB, 40 ms", func(t *trial) sound { return t.noisy(40, 20) }},
	{"SNR 6 dB, 80 ms", func(t *trial) sound { return t.noisy(80, 6) }},
	{"pink noise 15 dB under, 50 ms", func(t *trial) sound { return t.inNoise(t.press(50, -10), sound.pink, 15) }},
	{"pink noise 12 dB under, 60 ms", func(t *trial) sound { return t.inNoise(t.press(60, -10), sound.pink, 12) }},
	{"babble 15 dB under, 60 ms", func(t *trial) sound { return t.inNoise(t.press(60, -10), sound.babble, 15) }},
	{"clicks, 60 ms", func(t *trial) sound { return t.inNoise(t.press(60, -10), sound.clicks, 20) }},
	{"hum 50 or 60 Hz with harmonics, 12 dB under", func(t *trial) sound {
		s := join(silence(80), t.press(50, -10), silence(80))
		mains := 50 + 10*float64(t.IntN(2))
		for h, level := 1.0, -20.0; h < 6; h, level = h+1, level-4 {
			s.tone(t.Rand, h*mains, level)
		}
		return s
	}},
	{"echo 20 ms late, 10 dB under, twist +4 or -8 dB", func(t *trial) sound {
		twist := 4.0
		if t.IntN(2) == 0 {
			twist = -8
		}
		press := t.twisted(60, -8, twist)
		s := join(press, silence(60))
		s.add(160, press, dB(-10))
		return s
	}},
	{"echo 5 to 60 ms late, 14 dB under, 80 ms", func(t *trial) sound {
		press := t.press(80, -10)
		s := join(press, silence(90))
		s.add(40+t.IntN(440), press, dB(-14))
		return s
	}},
	{"other key after 40 ms, 40 ms long", func(t *trial) sound {
		first := t.press(40, -10)
		t.other()
		return join(first, silence(40), t.press(40, -10))
	}},
	{"other key after 30 ms", func(t *trial) sound {
		first := t.press(50, -10)
		t.other()
		return join(first, silence(30), t.press(50, -10))
	}},
	{"other key at once", func(t *trial) sound {
		first := t.press(60, -10)
		t.other()
		return join(first, t.press(60, -10))
	}},
	{"93 ms a digit, 40 ms of it silence or 30 of it", func(t *trial) sound {
		var s sound
		t.want = ""
		for range 6 {
			pause := 30 + 10*float64(t.IntN(2))
			t.want += string(t.key)
			s = join(s, t.press(93-pause, -10), silence(pause))
			if t.IntN(3) > 0 {
				t.key = keys[t.IntN(len(keys))]
			}
		}
		return s
	}},
	{"20 ms lost anywhere, as silence", func(t *trial) sound { return gap(t.press(120, -10), 100*t.Float64(), 20) }},
	{"25 ms lost, as silence", func(t *trial) sound { return gap(t.press(140, -10), 45+t.Float64()*45, 25) }},
	{"20 ms lost anywhere, the last repeated and quieter", func(t *trial) sound {
		s := t.press(120, -10)
		at := 160 + t.IntN(640)
		for i := at; i < at+160; i++ {
			s[i] = 0.7 * s[i-160]
		}
		return s
	}},
	{"20 ms lost and known, anywhere", func(t *trial) sound { t.lose(-20+t.Float64()*120, 20); return t.press(100, -10) }},
	{"40 ms lost and known, anywhere", func(t *trial) sound { t.lose(-40+t.Float64()*160, 40); return t.press(120, -10) }},
	{"60 ms lost and known, anywhere", func(t *trial) sound { t.lose(-60+t.Float64()*200, 60); return t.press(140, -10) }},
	{"5 ms clock slip backwards", func(t *trial) sound {
		s := t.press(120, -10)
		at := 160 + t.IntN(600)
		return join(s[:at], s[at-40:])
	}},
	{"rising and falling within 8 ms", func(t *trial) sound { s := t.press(60, -10); s.soften(64); return s }},
	{"through 300 to 3400 Hz", func(t *trial) sound { return join(silence(20), t.press(50, -10), silence(20)).band(300, 3400) }},
	{"phase noise", func(t *trial) sound {
		row, column, _ := tonesOf(t.key)
		s := silence(60)
		for _, f := range [2]int{row, column} {
			phase, drift := 2*math.Pi*t.Float64(), 0.0
			for i := range s {
				drift = 0.99*drift + 0.005*t.NormFloat64()
				s[i] += dBm0(-10) * math.Sin(phase+2*math.Pi*float64(frequencies[f])/8000*float64(i)+drift)
			}
		}
		return s
	}},
	{"1 to 10 s in noise 9 to 15 dB under", func(t *trial) sound { return t.noisy(1000+9000*t.Float64()*t.Float64(), 9+6*t.Float64()) }},
	{"2 s, fading in and out by 10 dB twice a second", func(t *trial) sound {
		s := t.press(2000, -8)
		phase := t.Float64()
		for i := range s {
			s[i] *= dB(-5 + 5*math.Sin(2*math.Pi*(phase+float64(i)/4000)))
		}
		return s
	}},
	{"prompt's echo 15 dB under, 60 ms", func(t *trial) sound { return overPrompt(t, 60, 15) }},
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
	{"24 ms (NTT)", func(t *trial) sound { return t.press(24, -10) }},
	{"25 ms, twist +4 or -8 dB", func(t *trial) sound {
		if t.IntN(2) == 0 {
			return t.twisted(25, -8, 4)
		}
		return t.twisted(25, -8, -8)
	}},
	{"25 ms in noise 20 dB under", func(t *trial) sound { return t.noisy(25, 20) }},
	{"25 ms, twice, 40 ms apart", func(t *trial) sound { return join(t.press(25, -10), silence(40), t.press(25, -10)) }},
	{"3.0 % off, in noise 15 dB under", func(t *trial) sound { return t.inNoise(t.offAt(100, 3, -10), sound.noise, 15) }},
	{"3.5 % off, 1 s", func(t *trial) sound { return t.off(1000, 3.5) }},
	{"-55 dBm0, in noise", func(t *trial) sound { return t.noisy(100, 0).scaled(-55) }},
	{"twist +15 dB, quiet", func(t *trial) sound { return t.twisted(200, -20, 15) }},
	{"twist -18 dB, quiet", func(t *trial) sound { return t.twisted(200, -20, -18) }},
	{"single tone in noise", func(t *trial) sound {
		s := silence(300)
		s.tone(t.Rand, float64(frequencies[t.IntN(8)]), -6)
		return t.inNoise(s, sound.noise, 15)
	}},
	{"single tone clipped", func(t *trial) sound {
		s := silence(200)
		s.tone(t.Rand, float64(frequencies[t.IntN(8)]), 3+6*t.Float64())
		return s.limited()
	}},
	{"pair of the signalling system R1", func(t *trial) sound {
		s, a := silence(100), 1+t.IntN(5) // without 700 Hz, which with 1500 is a 3
		s.tone(t.Rand, float64(700+200*a), -10)
		s.tone(t.Rand, float64(900+200*((a+t.IntN(4))%5)), -10)
		return s
	}},
	{"special information tones", func(t *trial) (s sound) {
		for _, hz := range [3]float64{950, 1400, 1800} {
			part := silence(330)
			part.tone(t.Rand, hz, -12)
			s = join(s, part)
		}
		return s
	}},
	{"third tone of equal level, held 1 s", func(t *trial) sound {
		s := t.press(1000, -12)
		hz := 350 + 2800*t.Float64()
		for t.near(hz) {
			hz = 350 + 2800*t.Float64()
		}
		s.tone(t.Rand, hz, -12)
		return s
	}},
	{"dual sweep, both up or both down", func(t *trial) sound {
		row, column, _ := tonesOf(t.key)
		s := silence(200 + 600*t.Float64())
		span := t.sign() * (0.06 + 0.2*t.Float64())
		for _, f := range [2]int{row, column} {
			s.glide(t.Rand, float64(frequencies[f])*(1-span), float64(frequencies[f])*(1+span), -10)
		}
		return s
	}},
	{"buzz of any pitch, formants within 1 % of a pair", func(t *trial) sound {
		row, column, _ := tonesOf(t.key)
		near := func(i int) float64 { return float64(frequencies[i]) * (0.99 + 0.02*t.Float64()) }
		s := silence(600)
		pitch := 75 + 220*t.Float64()
		syllable(t.Rand, s, pitch, pitch*(0.97+0.06*t.Float64()), [3]float64{near(row), near(column), 2300 + 600*t.Float64()},
			[3]float64{30 + 50*t.Float64(), 30 + 50*t.Float64(), 150})
		return s.scaled(-12)
	}},
	{"warble: a pair in turn with another", func(t *trial) (s sound) {
		for range 12 {
			t.other()
			s = join(s, t.press(25, -10))
		}
		return s
	}},
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

// other has another key be pressed, too.
func (t *trial) other() {
	for was := t.key; t.key == was; {
		t.key = keys[t.IntN(len(keys))]
	}
	t.want += string(t.key)
}

// lose has ms of the audio be missing, from so many ms into the press.
func (t *trial) lose(from, ms float64) {
	begin, end := int((lead+from)*samplesPerMs), int((lead+from+ms)*samplesPerMs)
	t.lost = func(d *Detector, pcm []int16) (digits []Digit) {
		digits = d.Samples(digits, 0, pcm[:begin])
		digits = d.Missing(digits, int64(begin), end-begin)
		return d.Samples(digits, int64(end), pcm[end:])
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
