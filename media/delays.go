package media

import "fmt"

// delayBounds are the upper ends of the classes of [Delays], in ms; one more class is for
// what is longer. A slot is served late by less than a millisecond on a machine that has
// time.
var delayBounds = [...]int64{1, 2, 5, 10, 20, 60}

// delays counts how late slots were served, by whole ms from the phase they belong to.
type delays struct {
	counts [len(delayBounds) + 1]uint64
	sum    uint64 // ms
}

// add takes in a slot served in the millisecond ms after the one that was its own: less
// than ms+1 late.
func (d *delays) add(ms int64) {
	d.sum += uint64(ms)
	for i, bound := range delayBounds {
		if ms < bound {
			d.counts[i]++
			return
		}
	}
	d.counts[len(delayBounds)]++
}

// Delays is how late slots were served.
type Delays struct {
	Bounds []int64  `json:"bounds"` // ms: class i is for less than Bounds[i] and no less than the bound before
	Counts []uint64 `json:"counts"` // slots of each class; the last one has no bound
	Sum    uint64   `json:"sum"`    // whole ms
}

func newDelays() Delays {
	return Delays{Bounds: delayBounds[:], Counts: make([]uint64, len(delayBounds)+1)}
}

func (d *Delays) add(of *delays) {
	d.Sum += of.sum
	for i, n := range of.counts {
		d.Counts[i] += n
	}
}

// Counts is how many there were of each kind, by its name; kinds of which there were none
// are left out.
type Counts map[string]uint64

// add makes the map when the first comes.
func (c *Counts) add(kind fmt.Stringer, n uint64) {
	if *c == nil {
		*c = Counts{}
	}
	(*c)[kind.String()] += n
}

// Sum is how many there were of all kinds.
func (c Counts) Sum() (n uint64) {
	for _, of := range c {
		n += of
	}
	return n
}

// Beyond is how many slots were at least so many ms late, which is one of the bounds.
func (d Delays) Beyond(ms int64) (n uint64) {
	for i, bound := range d.Bounds {
		if bound >= ms {
			n += d.Counts[i+1]
		}
	}
	return n
}
