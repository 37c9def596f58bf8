package dtmf

// recognise looks for a new tone in the newest hops.
func (d *Detector) recognise(dst []Digit, end int64) []Digit {
	held := d.holding
	d.holding = noLabel
	label := d.candidate
	if label == d.tone.label || !d.isSteady(label) {
		d.refused = isKey
		if held != noLabel && held != d.tone.label {
			return d.accept(dst, end, held, &d.held)
		}
		return dst
	}
	p := d.fit(label, shortWindow)
	why := p.judge()
	was := &d.held
	isHeld := held == label
	switch {
	case why == isKey && p.isCalm() && (isHeld || p.share > clearShare):
		if isHeld && was.isCalm() && was.share > p.share {
			p = *was
		}
		return d.accept(dst, end, label, &p)
	case isHeld && (was.isCalm() && p.share <= was.share || p.share < min(was.share, 1)-fading):
		return d.accept(dst, end, label, was)
	case why == isKey: // the next windows may fit better, and then tell more
		if !isHeld || p.share > was.share || p.hasMoved(was) || d.now-was.end >= heldHops {
			d.held = p
		}
		d.holding = label
	case isHeld && !p.hasMoved(was) && d.now-was.end < heldHops: // bent by a voice over it, say
		d.holding = label
	case !isHeld && p.share > noisyShareMin && p.share <= clearShare:
		return d.recogniseNoisy(dst, end, label, &p, why)
	default:
		d.refuse(label, end, &p, why)
	}
	return dst
}

// isSteady says whether label stands out in each third of the short window.
func (d *Detector) isSteady(label uint8) bool {
	return label != noLabel && d.standsAt(label, d.now) && d.standsAt(label, d.now-3) && d.standsAt(label, d.now-6)
}

// recogniseNoisy tries the long window where the short one, p, shows that noise
// hides a part of the tone, or a voice over it bends it. why is what speaks against
// the short one.
func (d *Detector) recogniseNoisy(dst []Digit, end int64, label uint8, p *pair, why verdict) []Digit {
	if !d.standsAt(label, d.now-12) {
		return dst // it has begun since
	}
	long := d.fit(label, longWindow)
	if long.judgeNoisy() != isKey || p.share >= shortShare && long.share < shortShare {
		d.refuse(label, end, p, why)
		return dst
	}
	return d.accept(dst, end, label, &long)
}

// accept reports a tone unless it is part of a voice or a chord.
func (d *Detector) accept(dst []Digit, end int64, label uint8, p *pair) []Digit {
	var r rest
	d.rest(&r, p)
	switch {
	case r.isChord(p):
		d.refuse(label, end, p, chord)
		return dst
	case r.isVoice(p):
		d.refuse(label, end, p, voiced)
		return dst
	}
	plateau := float32(p.power * cell)
	key := keypad[label-1]
	digit := Digit{Key: key, Way: Tone, Start: end - d.onset(label, p, plateau)}
	d.tone = press{digit: digit, label: label, plateau: plateau, last: end}
	for i, t := range p.tones {
		d.tone.powers[i] = float32(t.power())
	}
	d.measured, d.taken = p.measure(r.power), d.now
	return append(dst, digit)
}
