package media

import (
	"bytes"
	"testing"

	"dialtone/media/g711"
)

// arriving is a source of which part is there so far.
type arriving struct {
	audio clip
	ended bool
}

func (a *arriving) At(law g711.Law, offset, n int) []byte { return a.audio.At(law, offset, n) }
func (a *arriving) More() bool                            { return !a.ended }

// A source whose audio comes late is silent meanwhile: nothing of it is lost, and nothing ends before its time.
func TestGrowingSourceIsWaitedFor(t *testing.T) {
	const ended = true
	whole := counting(700)
	source := &arriving{audio: whole[:250]}
	var p player
	done := make(chan struct{})
	p.start([]Source{source, clip{1, 2, 3}}, g711.Mu, done)
	var heard []byte
	slot := func(why string, want int, over bool) {
		t.Helper()
		dst := make([]byte, 160)
		n := p.read(dst, g711.Mu)
		heard = append(heard, dst[:n]...)
		if n != want || closedNow(done) != over {
			t.Errorf("%s: %d samples, over: %v; want %d, %v", why, n, closedNow(done), want, over)
		}
	}
	slot("there", 160, false)
	slot("the last that is there", 90, false)
	slot("nothing yet", 0, false)
	source.audio = whole[:420]
	p.skip(20)
	heard = append(heard, whole[250:270]...)
	slot("more has come", 150, false)
	p.skip(500) // nothing is there to be passed over
	source.audio, source.ended = whole, ended
	slot("the rest", 160, false)
	slot("the end, and what follows at once", 120+3, true)
	if want := append(append([]byte(nil), whole...), 1, 2, 3); !bytes.Equal(heard, want) {
		t.Error("what is heard is not what came")
	}

	empty := &arriving{}
	done = make(chan struct{})
	p.start([]Source{empty}, g711.Mu, done)
	slot("nothing ever came", 0, false)
	empty.ended = true
	slot("and never will", 0, true)
}
