package call

import (
	"testing"

	"dialtone/media/g711"
	"dialtone/sounds"
)

// Music is its sounds one after another, then the first again, without a gap.
func TestMusicGoesRound(t *testing.T) {
	var music repeated
	var whole []byte
	for i, length := range []int{300, 17, 40000} { // the last is longer than a prompt's pieces
		pcm := make([]int16, length)
		for k := range pcm {
			pcm[k] = int16(1000*i + 7*k)
		}
		part := sounds.NewPrompt(pcm)
		music = append(music, part)
		for at := 0; at < length; {
			b := part.At(g711.A, at, length)
			whole = append(whole, b...)
			at += len(b)
		}
	}
	if !music.More() {
		t.Error("music ends")
	}
	for at := 0; at < 3*len(whole); {
		b := music.At(g711.A, at, 160)
		if len(b) == 0 {
			t.Fatalf("nothing at %d", at)
		}
		for i := range b {
			if b[i] != whole[(at+i)%len(whole)] {
				t.Fatalf("another sample at %d", at+i)
			}
		}
		at += len(b)
	}
	if b := (repeated{sounds.NewPrompt(nil)}).At(g711.A, 5, 160); b != nil {
		t.Errorf("%d samples of nothing", len(b))
	}
	if n := testing.AllocsPerRun(100, func() { music.At(g711.Mu, 99999, 160) }); n != 0 {
		t.Errorf("At allocates %v times", n)
	}
}
