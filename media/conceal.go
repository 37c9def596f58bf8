package media

// concealer guesses audio that did not arrive: what was heard last, again, each
// time quieter, then silence. It is for ears; digits are never looked for in it.
type concealer struct {
	last  [160]int16
	n     int // samples of last
	times int // repeated so far
}

const concealTimes = 3 // 60 ms, then silence

// heard notes what may have to stand in for what follows.
func (c *concealer) heard(pcm []int16) {
	c.n, c.times = copy(c.last[:], pcm), 0
}

// fill guesses.
func (c *concealer) fill(dst []int16) {
	if c.n == 0 || c.times >= concealTimes {
		clear(dst)
		return
	}
	c.times++
	for i := range dst {
		dst[i] = c.last[i%c.n] >> c.times
	}
}
