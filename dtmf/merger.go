package dtmf

// Windows of a Merger; docs/dtmf.md has the measurement behind them.
const (
	// MergeWindow is how far apart tone and event of one press may begin, and how long a tone waits for its event.
	MergeWindow = 150 * samplesPerMs

	mergeGrace  = 50 * samplesPerMs  // by which one may begin after the other has ended: a packet, and the detector's error
	infoWindow  = 300 * samplesPerMs // the same for INFO, before the press and after it: signalling takes longer
	mergeMemory = 8                  // presses
)

// Merger makes one digit of a press that comes in more than one way.
//
// Where telephone-events were negotiated they count, and come out at once. A tone
// waits for its event for the window: with it, it is dropped; without, it comes out,
// since some negotiate events and send tones. Should the event come after that,
// it is the one that is dropped. Where they were not negotiated, tones come out at
// once. INFO comes out at once unless its press did already.
//
//	first         | then, same key                      | digits
//	event         | tone within it or 150 ms            | event
//	tone          | event within 150 ms                 | event
//	tone, 150 ms  | event while it sounds, or as it ends| tone
//	event or tone | INFO until 300 ms after, or reversed| the first
//	event         | event with another timestamp        | both
//
// Of several presses that fit, the oldest is taken: each way has them in the same
// order. The zero value is for a call without telephone-events.
type Merger struct {
	window  int64
	presses [mergeMemory]mergedPress // the newest last
	count   int
	joined  Digit
	joins   bool
}

// mergedPress is a press of the recent past.
type mergedPress struct {
	digit   Digit   // what came out, or will
	spans   [3]span // by way
	waiting bool    // it has not come out
}

// span is when a key was down, by one of its ways.
type span struct {
	heard, down bool // down: it still was when last heard of
	start, end  int64
}

// NewMerger gives a Merger that has tones wait, in 1/8000 s: MergeWindow in a call in which telephone-events are
// negotiated, 0 in others.
func NewMerger(window int64) Merger { return Merger{window: window} }

// Add takes in a digit and appends to dst the digits that are certain now: this
// one, or tones that wait and began before it.
func (m *Merger) Add(dst []Digit, d Digit) []Digit {
	d.Way %= 3
	s := span{heard: true, down: d.Length == 0 && d.Way != Info, start: d.Start, end: d.Start + d.Length}
	p := m.match(d.Key, d.Way, s)
	if m.joins = p != nil; m.joins {
		m.joined = p.digit
		if !p.spans[d.Way].heard {
			p.spans[d.Way] = s
		}
		if d.Way != Event || !p.waiting {
			return dst
		}
		p.digit, p.waiting = d, false // the event wins
		dst = m.releaseUntil(dst, d.Start)
		return append(dst, d)
	}
	wait := m.window > 0 && d.Way == Tone
	if !wait {
		dst = m.releaseUntil(dst, d.Start)
		dst = append(dst, d)
	}
	if m.count == mergeMemory {
		if m.presses[0].waiting {
			dst = append(dst, m.presses[0].digit)
		}
		copy(m.presses[:], m.presses[1:])
		m.count--
	}
	m.presses[m.count] = mergedPress{digit: d, waiting: wait}
	m.presses[m.count].spans[d.Way] = s
	m.count++
	return dst
}

// Joined says whether the digit that Add had last was one more way of a press, and gives what that was until then.
func (m *Merger) Joined() (press Digit, ok bool) { return m.joined, m.joins }

// Tick lets the time pass and appends to dst the tones whose event has not come.
func (m *Merger) Tick(dst []Digit, at int64) []Digit {
	return m.releaseUntil(dst, at-m.window+1)
}

// releaseUntil lets the waiting tones out that began before a time.
func (m *Merger) releaseUntil(dst []Digit, before int64) []Digit {
	for i := range m.count {
		if p := &m.presses[i]; p.waiting && p.digit.Start < before {
			p.waiting = false
			dst = append(dst, p.digit)
		}
	}
	return dst
}

// Extend tells how long a digit that Add was given has lasted so far, one with its Key, Way and Start, and whether the
// key is still down. Without it two ways of a press that begin further apart than the window are not known for one.
func (m *Merger) Extend(d Digit, down bool) {
	for i := m.count - 1; i >= 0; i-- {
		p := &m.presses[i]
		if s := &p.spans[d.Way%3]; s.heard && s.start == d.Start && p.digit.Key == d.Key {
			s.end, s.down = max(s.end, d.Start+d.Length), down
			return
		}
	}
}

// match gives the oldest press that s is another way of, or nil.
func (m *Merger) match(key byte, way Way, s span) *mergedPress {
	for i := range m.count {
		if p := &m.presses[i]; p.digit.Key == key && p.same(way, s, m.window) {
			return p
		}
	}
	return nil
}

// same says whether s, of the same key, is one press with p.
func (p *mergedPress) same(way Way, s span, window int64) bool {
	if p.spans[way].heard {
		// Each way has reported the press once. But a tone that is heard in pieces
		// during one event is part of it.
		event := p.spans[Event]
		return way == Tone && event.heard && event.holds(s.start, 0)
	}
	for other, o := range p.spans {
		switch {
		case !o.heard:
		case way == Info || Way(other) == Info:
			if distance(s.start, o.start) <= infoWindow || o.holds(s.start, infoWindow) {
				return true
			}
		case distance(s.start, o.start) <= window || o.holds(s.start, mergeGrace) || s.holds(o.start, mergeGrace):
			return true
		}
	}
	return false
}

// holds says whether the key was down at a time, or grace before it.
func (s span) holds(at, grace int64) bool { return at >= s.start && (s.down || at < s.end+grace) }

func distance(a, b int64) int64 { return max(a-b, b-a) }
