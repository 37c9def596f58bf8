package g711

import "testing"

// ITU-T G.711 tables 1a and 2a, some rows.
func TestKnownValues(t *testing.T) {
	for _, c := range []struct {
		law  Law
		b    byte
		want int16
	}{
		{Mu, 0xff, 0}, {Mu, 0x7f, 0}, {Mu, 0x80, 32124}, {Mu, 0x00, -32124}, {Mu, 0xfe, 8},
		{A, 0xd5, 8}, {A, 0x55, -8}, {A, 0xaa, 32256}, {A, 0x2a, -32256},
	} {
		if got := c.law.Decode(c.b); got != c.want {
			t.Errorf("%v.Decode(%#02x) = %d, want %d", c.law, c.b, got, c.want)
		}
	}
}

// Each code must decode to a value that encodes to it again: prompts pass bit for bit.
func TestEveryCodeSurvives(t *testing.T) {
	for _, law := range []Law{Mu, A} {
		for b := range 256 {
			got := law.Encode(law.Decode(byte(b)))
			if got != byte(b) && !(law == Mu && b == 0x7f && got == 0xff) { // μ-law's two zeros
				t.Errorf("%v: %#02x comes back as %#02x", law, b, got)
			}
		}
	}
}

// G.711 tables 1 and 2: the decision levels at the segments' upper ends. They are not everywhere halfway between two
// values, so a search for the nearest one gives other bytes.
func TestDecisionLevels(t *testing.T) {
	mu := []int{31, 95, 223, 479, 991, 2015, 4063} // 14-bit
	al := []int{32, 64, 128, 256, 512, 1024, 2048} // 13-bit
	for i := range mu {
		segment := func(law Law, s int) int {
			b := law.Encode(int16(s))
			if law == Mu {
				b = ^b
			} else {
				b ^= 0x55
			}
			return int(b>>4) & 7
		}
		if lo, hi := segment(Mu, mu[i]*4-1), segment(Mu, mu[i]*4); lo != i || hi != i+1 {
			t.Errorf("PCMU: around %d the segments are %d and %d, want %d and %d", mu[i], lo, hi, i, i+1)
		}
		if lo, hi := segment(A, al[i]*8-1), segment(A, al[i]*8); lo != i || hi != i+1 {
			t.Errorf("PCMA: around %d the segments are %d and %d, want %d and %d", al[i], lo, hi, i, i+1)
		}
	}
}

func TestEncodeIsMonotone(t *testing.T) {
	for _, law := range []Law{Mu, A} {
		last := law.Decode(law.Encode(-32768))
		for s := -32767; s <= 32767; s++ {
			v := law.Decode(law.Encode(int16(s)))
			if v < last {
				t.Fatalf("%v: %d is coded as %d, below its neighbour's %d", law, s, v, last)
			}
			last = v
		}
	}
}

func TestQuiet(t *testing.T) {
	for _, law := range []Law{Mu, A} {
		for b := range 256 {
			want := law.Decode(byte(b)) < 64 && law.Decode(byte(b)) > -64
			for _, n := range []int{1, 8, 13, 160} {
				for _, at := range []int{0, n / 2, n - 1} {
					audio := make([]byte, n)
					for i := range audio {
						audio[i] = law.Silence()
					}
					audio[at] = byte(b)
					if got := law.Quiet(audio); got != want {
						t.Fatalf("%v: %#02x at %d of %d is %d: quiet %v", law, b, at, n, law.Decode(byte(b)), got)
					}
				}
			}
		}
		if !law.Quiet(nil) {
			t.Errorf("%v: nothing is loud", law)
		}
	}
}
