package dtmf

// press is the tone that is on.
type press struct {
	digit   Digit
	label   uint8   // 0: none
	plateau float32 // energy of a cell
	last    int64   // receive clock of the newest hop in which it was on
	off     int     // hops in a row without it
	lost    int     // hops in a row that are missing
	low     int     // cells in a row with next to no energy
	between int     // missing cells after those
	longest int     // such run since the tone was last on
}

// Rules for the end of a press.
const (
	onShare     = 0.2  // of the plateau: the tone is on
	lowShare    = 0.15 // of the plateau: the cell is part of a gap
	offHops     = 8    // 32 ms without the tone end it
	lostHops    = 25   // missing audio is waited for so long
	gapCells    = 27   // ms: a longer gap is a pause between two presses
	plateauHops = 8    // hops in which the plateau follows the level
	onsetHops   = 4    // hops without the tone that are part of its beginning
	fewCells    = 4    // what is missing belongs to a gap if it has this much beside it
)

// follow sees whether the press that is on still is.
func (d *Detector) follow(end int64) {
	t := &d.tone
	if t.label == noLabel {
		return
	}
	h := &d.hops[d.now&ringMask]
	if h.label == unknown {
		t.between += hop / cell
		if t.lost++; t.lost >= lostHops {
			t.label = noLabel
		}
		return
	}
	t.lost = 0
	for _, c := range h.cells {
		if c < lowShare*t.plateau {
			t.low++
			if t.low >= fewCells {
				t.low += t.between
				t.between = 0
			}
		} else {
			if t.low >= fewCells {
				t.low += t.between
			}
			t.longest = max(t.longest, t.low)
			t.low, t.between = 0, 0
		}
		t.longest = max(t.longest, t.low)
	}
	block := (h.energy + d.hops[(d.now-1)&ringMask].energy + d.hops[(d.now-2)&ringMask].energy) / (labelHops * hop / cell)
	if h.label != t.label || block <= onShare*t.plateau {
		if t.off++; t.off >= offHops {
			t.label = noLabel
		}
		return
	}
	if t.longest > gapCells {
		t.label = noLabel
		return
	}
	t.off, t.longest = 0, 0
	t.plateau += (block - t.plateau) / plateauHops // levels are controlled, on some lines
	t.last = end
}

// onset gives how many samples before the end of the newest hop the tone of a
// fit began.
func (d *Detector) onset(p *pair, plateau float32) int64 {
	label := d.hops[p.end&ringMask].label
	first, other := p.end, 0
	for n := p.end; n > p.end-p.hops-offHops && other <= onsetHops; n-- {
		switch d.hops[n&ringMask].label {
		case label:
			first, other = n, 0
		case unknown:
		default:
			other++
		}
	}
	first -= labelHops - 1
	from := first * (hop / cell)
	for c := from; c < from+labelHops*(hop/cell); c++ {
		if d.hops[c>>2&ringMask].cells[c&3] > 2*lowShare*plateau { // 4 cells a hop
			from = c
			break
		}
	}
	return int64((d.now+1)*hop - from*cell)
}
