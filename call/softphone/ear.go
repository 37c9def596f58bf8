package softphone

// ear tells sound from silence in what the phone receives. It runs on the stream's shard and allocates nothing.
type ear struct {
	quiet   int // ms since the last sound
	hearing bool
}

// Thresholds: a piece of audio is sound above -45 dBm0 or so, and silence has come when there was none for a while.
const (
	soundPower    = 180 * 180 // mean square of 16-bit samples
	silenceMillis = 400
)

// hear takes a piece of received audio and says whether sound began (true) or ended (false).
func (e *ear) hear(pcm []int16, missing bool) (sound, changed bool) {
	if len(pcm) == 0 {
		return false, false
	}
	var energy int64
	if !missing {
		for _, s := range pcm {
			energy += int64(s) * int64(s)
		}
	}
	if energy/int64(len(pcm)) > soundPower {
		e.quiet = 0
		if !e.hearing {
			e.hearing = true
			return true, true
		}
		return true, false
	}
	e.quiet += len(pcm) / 8
	if e.hearing && e.quiet >= silenceMillis {
		e.hearing = false
		return false, true
	}
	return e.hearing, false
}
