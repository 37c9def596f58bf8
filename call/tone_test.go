package call

import (
	"bytes"
	"testing"

	"dialtone/media/g711"
)

func TestToneRepeatsForEver(t *testing.T) {
	busy := tones["busy"]()
	first := busy.At(g711.A, 100, 480)
	if again := busy.At(g711.A, 100+1000*busy.length, 480); !bytes.Equal(first, again) || len(again) != 480 {
		t.Error("the thousandth period is not the first one")
	}
	if pause := busy.At(g711.A, 4000, 160); !bytes.Equal(pause, bytes.Repeat([]byte{g711.A.Silence()}, 160)) {
		t.Error("half a second of busy tone is followed by no pause")
	}
}

// A frequency that does not fit its period would click at each turn.
func TestTonesFitTheirPeriods(t *testing.T) {
	for name, make := range tones {
		tone := make()
		pcm := []int16{0, 0}
		g711.Mu.DecodeTo(pcm[:1], tone.At(g711.Mu, tone.length-1, 1))
		g711.Mu.DecodeTo(pcm[1:], tone.At(g711.Mu, tone.length, 1))
		if jump := int(pcm[1]) - int(pcm[0]); jump > 4000 || jump < -4000 {
			t.Errorf("%s jumps by %d where it repeats", name, jump)
		}
	}
}
