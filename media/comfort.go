package media

import "math"

// comfortNoise is the noise of a line on which nobody speaks, as the far end
// describes it (RFC 3389): its level, and its spectrum by the reflection
// coefficients of an all-pole lattice filter. The zero value is silent.
type comfortNoise struct {
	gain  float32             // of the white noise that goes into the filter
	k     [noiseOrder]float32 // reflection coefficients
	back  [noiseOrder]float32 // what the stages sent backwards at the last sample
	order int
	seed  uint32
}

const (
	noisePayload = 13 // payload type (RFC 3551 §6)
	noiseOrder   = 12 // coefficients used at most; RFC 3389 names no end, narrowband coders send up to 10

	// overload is what the level is counted from (RFC 3389 §3.1): a square wave of μ-law's largest sample.
	overload = 32124
)

// describe takes in the payload of a comfort noise packet: a byte with the level
// in -dBov, then one for each coefficient (RFC 3389 §3). An empty payload changes
// nothing.
func (c *comfortNoise) describe(payload []byte) {
	if len(payload) == 0 {
		return
	}
	c.order = min(len(payload)-1, noiseOrder)
	power := 1.0
	for i, n := range payload[1 : 1+c.order] {
		// §3.2 has 258 (n-127) / 32768, with n below 255.
		k := 258 * (float64(min(n, 254)) - 127) / 32768
		c.k[i] = float32(k)
		power *= 1 - k*k
	}
	clear(c.back[:])
	level := overload * math.Pow(10, -float64(payload[0]&0x7f)/20)
	white := (1 << 31) / math.Sqrt(3) // RMS of a random int32
	c.gain = float32(level * math.Sqrt(power) / white)
}

// fill makes noise.
func (c *comfortNoise) fill(pcm []int16) {
	if c.gain == 0 {
		clear(pcm)
		return
	}
	for i := range pcm {
		v := c.next()
		pcm[i] = int16(min(max(v, -overload), overload))
	}
}

// next is the next sample: white noise, through the lattice.
func (c *comfortNoise) next() float32 {
	// Marsaglia's xorshift (2003), whose state is never 0.
	if c.seed == 0 {
		c.seed = 1
	}
	c.seed ^= c.seed << 13
	c.seed ^= c.seed >> 17
	c.seed ^= c.seed << 5
	v := float32(int32(c.seed)) * c.gain
	for i := c.order - 1; i >= 0; i-- {
		v -= c.k[i] * c.back[i]
		if i+1 < c.order {
			c.back[i+1] = c.back[i] + c.k[i]*v
		}
	}
	if c.order > 0 {
		c.back[0] = v
	}
	return v
}
