package dtmf

// press is the tone that is on.
type press struct {
	digit   Digit
	label   uint8      // 0: none
	plateau float32    // energy of a cell
	powers  [2]float32 // mean square of each tone
	last    int64      // receive clock of the newest hop in which it was on
	off     int        // hops in a row without it
	lost    int        // hops in a row that are missing
	low     int        // cells in a row with next to no energy
	between int        // missing cells after those
	longest int        // such run since the tone was last on
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
	if d.isMissing(d.now, 1) {
		t.between += hopCells
		if t.lost++; t.lost >= lostHops {
			t.label = noLabel
		}
		return
	}
	t.lost = 0
	for _, c := range d.hopSum(t.label, d.now).cells {
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
	b := d.block(t.label, d.now)
	const meanSquare = 2.0 / (labelHops * hop * labelHops * hop) // of a block's power
	if !b.stands() || d.isMissing(d.now, labelHops) {
		if t.off++; t.off >= offHops {
			t.label = noLabel
		}
		return
	}
	t.off = 0
	if b.powers[0]*meanSquare <= onShare*t.powers[0] || b.powers[1]*meanSquare <= onShare*t.powers[1] {
		return // its echo, or quieter than level control makes it in so short a time
	}
	if t.longest > gapCells {
		t.label = noLabel
		return
	}
	t.longest = 0
	// Levels are controlled, on some lines.
	t.plateau += (b.energy/(labelHops*hopCells) - t.plateau) / plateauHops
	for i := range t.powers {
		t.powers[i] += (b.powers[i]*meanSquare - t.powers[i]) / plateauHops
	}
	t.last = end - int64(t.low)*cell
}

// onset gives how many samples before the end of the newest hop the tone of a
// fit began.
func (d *Detector) onset(label uint8, p *pair, plateau float32) int64 {
	first, other := p.end, 0
	oldest := max(p.end-p.hops-offHops, d.now-ringHops+labelHops) // the filters look at a hop before theirs
	for n := p.end; n > oldest && other <= onsetHops; n-- {
		switch {
		case d.isMissing(n, 1):
		case d.standsAt(label, n):
			first, other = n, 0
		default:
			other++
		}
	}
	first -= labelHops - 1
	for n := first; n < first+labelHops; n++ {
		for c, energy := range d.hopSum(label, n).cells {
			if energy > 2*lowShare*plateau {
				return int64((d.now+1-n)*hop - c*cell)
			}
		}
	}
	return int64((d.now + 1 - first) * hop)
}
