package call

import (
	"math"
	"sync"
	"time"

	"dialtone/media"
	"dialtone/media/g711"
)

// Call progress tones, as ITU-T E.180 lists them for North America: each is one or two frequencies in Hz, on and off
// for so long, for ever.
var tones = map[string]func() *tone{
	"dial":       sync.OnceValue(func() *tone { return newTone(350, 440, time.Second, 0) }),
	"ringing":    sync.OnceValue(func() *tone { return newTone(440, 480, 2*time.Second, 4*time.Second) }),
	"busy":       sync.OnceValue(func() *tone { return newTone(480, 620, 500*time.Millisecond, 500*time.Millisecond) }),
	"congestion": sync.OnceValue(func() *tone { return newTone(480, 620, 250*time.Millisecond, 250*time.Millisecond) }),
}

// tone is a sound without end: one period of it in both laws. All calls share it.
type tone struct {
	period [2][]byte // twice, so that a packet is always one piece
	length int       // of a period, samples
}

var _ media.Source = (*tone)(nil)

// toneLevel is the amplitude of each frequency, about -19 dBm0.
const toneLevel = 2500

func newTone(f1, f2 float64, on, off time.Duration) *tone {
	sounding, length := int(on.Milliseconds())*8, int((on+off).Milliseconds())*8
	pcm := make([]int16, 2*length)
	for i := range sounding {
		at := 2 * math.Pi * float64(i) / 8000
		pcm[i] = int16(toneLevel * (math.Sin(f1*at) + math.Sin(f2*at)))
		pcm[length+i] = pcm[i]
	}
	t := &tone{length: length}
	for _, law := range []g711.Law{g711.Mu, g711.A} {
		t.period[law] = make([]byte, len(pcm))
		law.EncodeTo(t.period[law], pcm)
	}
	return t
}

// At gives the audio from offset on; there is always more.
func (t *tone) At(law g711.Law, offset, n int) []byte {
	offset %= t.length
	return t.period[law][offset : offset+min(n, t.length)]
}
