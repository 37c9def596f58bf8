package media

import "time"

// ReceivedLoss is the share of the far end's packets that were not heard: lost on
// their way, or too late. 0 to 1.
func (s StreamStats) ReceivedLoss() float64 {
	lost := max(s.Lost, 0)
	return share(lost+int64(s.Late), lost+int64(s.Received))
}

// SentLoss is the share of our packets that did not arrive, by the far end's reports;
// without one it is 0. 0 to 1.
func (s StreamStats) SentLoss() float64 { return share(s.RemoteLost, int64(s.ToldOf)) }

func share(part, whole int64) float64 {
	if whole <= 0 {
		return 0
	}
	return min(max(float64(part)/float64(whole), 0), 1)
}

// ReceivedMOS estimates how the far end sounds to us, as MOS does; 0: nothing came.
func (s StreamStats) ReceivedMOS() float64 {
	if s.Received == 0 {
		return 0
	}
	return MOS(s.ReceivedLoss(), s.RoundTrip/2+buffered(s.Jitter))
}

// SentMOS estimates how we sound to the far end, as MOS does; 0: it has not reported.
func (s StreamStats) SentMOS() float64 {
	if !s.Told {
		return 0
	}
	return MOS(s.SentLoss(), s.RoundTrip/2+buffered(s.RemoteJitter))
}

// buffered is the delay that packets of 20 ms and a jitter buffer of the usual size add
// to a way.
func buffered(jitter time.Duration) time.Duration { return 20*time.Millisecond + 2*jitter }

// MOS estimates the mean opinion score of G.711 in conversation, from 1 (bad) to 4.41,
// by the E-model of ITU-T G.107 with its default values: delay costs as in its
// simplification by Cole and Rosenbluth, and loss (a share of the packets, taken to be
// random) as ITU-T G.113 appendix I has it for G.711 with concealment (Ie 0, Bpl 25.1).
func MOS(loss float64, delay time.Duration) float64 {
	const r0, bpl = 93.2, 25.1
	ms := delay.Seconds() * 1000
	r := r0 - 0.024*ms - 0.11*max(ms-177.3, 0)
	r -= 95 * loss * 100 / (loss*100 + bpl)
	r = min(max(r, 0), 100)
	return max(1+0.035*r+r*(r-60)*(100-r)*7e-6, 1)
}
