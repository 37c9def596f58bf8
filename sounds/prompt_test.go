package sounds

import (
	"bytes"
	"testing"
	"time"

	"dialtone/media/g711"
)

// allBytes is every byte of a law, as a recording would hold them.
func allBytes() []byte {
	b := make([]byte, 256)
	for i := range b {
		b[i] = byte(i)
	}
	return b
}

// appended is the sink of a prompt that nobody plays before it ends.
type appended struct{ growth }

func (a *appended) linear(pcm []int16) error {
	a.growth.linear(pcm)
	return nil
}

func (a *appended) coded(law g711.Law, b []byte) error {
	a.growth.coded(law, b)
	return nil
}

// decoded is the prompt of a file's bytes.
func decoded(t *testing.T, name string, file []byte) *Prompt {
	t.Helper()
	var a appended
	if err := decode(name, bytes.NewReader(file), maxSamples, &a); err != nil {
		t.Fatal(err)
	}
	p := newPrompt()
	p.show(a.end())
	return p
}

func TestPromptGivesSlices(t *testing.T) {
	pcm := make([]int16, 100)
	for i := range pcm {
		pcm[i] = int16(300 * i)
	}
	p := NewPrompt(pcm)
	if p.Len() != 100 || p.Duration() != 12500*time.Microsecond {
		t.Errorf("100 samples have length %d and last %v, want 100 and 12.5ms", p.Len(), p.Duration())
	}
	for _, c := range []struct{ offset, n, want int }{
		{0, 20, 20}, {90, 20, 10}, {99, 1, 1}, {100, 1, 0}, {1000, 5, 0}, {0, 0, 0}, {-1, 5, 0}, {0, -1, 0},
		{1, int(^uint(0) >> 1), 99},
	} {
		for _, law := range []g711.Law{g711.Mu, g711.A} {
			got := p.At(law, c.offset, c.n)
			if len(got) != c.want {
				t.Errorf("At(%v, %d, %d) gives %d samples, want %d", law, c.offset, c.n, len(got), c.want)
			}
			for i, b := range got {
				if want := law.Encode(pcm[c.offset+i]); b != want {
					t.Fatalf("At(%v, %d, %d)[%d] = %#02x, want %#02x", law, c.offset, c.n, i, b, want)
				}
			}
			if cap(got) != len(got) {
				t.Errorf("At(%v, %d, %d): who appends to it writes into the prompt", law, c.offset, c.n)
			}
		}
	}
}

func TestPromptAllocatesNothingToSend(t *testing.T) {
	p := NewPrompt(make([]int16, 8000))
	if n := testing.AllocsPerRun(100, func() { p.At(g711.A, 160, 160) }); n != 0 {
		t.Errorf("At allocates %v times", n)
	}
}

// Both of μ-law's zeros, too: 0x7f must not become 0xff.
func TestLawBytesPassBitForBit(t *testing.T) {
	for name, law := range map[string]g711.Law{"a.ulaw": g711.Mu, "a.ul": g711.Mu, "a.pcm": g711.Mu, "a.alaw": g711.A, "a.al": g711.A} {
		p := decoded(t, name, allBytes())
		if got := p.At(law, 0, 256); !bytes.Equal(got, allBytes()) {
			t.Errorf("%s: the bytes do not pass unchanged in %v", name, law)
		}
		other := g711.A
		if law == g711.A {
			other = g711.Mu
		}
		for i, b := range p.At(other, 0, 256) {
			if want := other.Encode(law.Decode(byte(i))); b != want {
				t.Fatalf("%s: %#02x is %#02x in %v, want %#02x", name, i, b, other, want)
			}
		}
	}
}
