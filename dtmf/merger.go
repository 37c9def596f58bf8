package dtmf

const (
	mergeWindow = 150 * samplesPerMs // how far apart tone and event of one press may start
	infoWindow  = 300 * samplesPerMs // INFO goes by way of the signalling, which takes longer
	openTone    = 300 * samplesPerMs // how long a tone is taken to last when nobody says
	mergeMemory = 8
)

// Merger makes one digit of a press that comes in more than one way.
//
// Where telephone-events were negotiated they count, and come out at once. A tone
// waits for its event for 150 ms: with it, it is dropped; without, it comes out,
// since some negotiate events and send tones. Should the event come after that,
// it is the one that is dropped. Where they were not negotiated, tones come out at
// once. INFO comes out at once unless its press did already.
//
//	first         | then, same key                      | digits
//	event         | tone within it or 150 ms            | event
//	tone          | event within 150 ms                 | event
//	tone, 150 ms  | event while it sounds               | tone
//	event or tone | INFO within 300 ms, or reversed     | the first
//	event         | event with another timestamp        | both
//
// The zero value is for a call without telephone-events.
type Merger struct {
	events  bool
	presses [mergeMemory]mergedPress // the newest last
	count   int
}

// mergedPress is a press of the recent past.
type mergedPress struct {
	Digit
	ways    [3]bool // how it came
	waiting bool    // it has not come out
}

// NewMerger gives a Merger for a call in which telephone-events are negotiated,
// or not.
func NewMerger(eventsNegotiated bool) Merger { return Merger{events: eventsNegotiated} }

// Add takes in a digit and appends to dst the digits that are certain now: this
// one, or tones that wait and began before it.
func (m *Merger) Add(dst []Digit, d Digit) []Digit {
	if p := m.match(d); p != nil {
		p.ways[d.Way%3] = true
		if d.Way != Event || !p.waiting {
			return dst
		}
		p.Digit, p.waiting = d, false // the event wins
		dst = m.releaseUntil(dst, d.Start)
		return append(dst, d)
	}
	wait := m.events && d.Way == Tone
	if !wait {
		dst = m.releaseUntil(dst, d.Start)
		dst = append(dst, d)
	}
	if m.count == mergeMemory {
		if m.presses[0].waiting {
			dst = append(dst, m.presses[0].Digit)
		}
		copy(m.presses[:], m.presses[1:])
		m.count--
	}
	m.presses[m.count] = mergedPress{Digit: d, waiting: wait}
	m.presses[m.count].ways[d.Way%3] = true
	m.count++
	return dst
}

// Tick lets the time pass and appends to dst the tones whose event has not come.
func (m *Merger) Tick(dst []Digit, at int64) []Digit {
	return m.releaseUntil(dst, at-mergeWindow+1)
}

// releaseUntil lets the waiting tones out that began before a time.
func (m *Merger) releaseUntil(dst []Digit, before int64) []Digit {
	for i := range m.count {
		if p := &m.presses[i]; p.waiting && p.Start < before {
			p.waiting = false
			dst = append(dst, p.Digit)
		}
	}
	return dst
}

// Extend tells how long a digit that Add was given has lasted so far: one with
// its Key, Way and Start. Without it two ways of a press that start further apart
// than the window are not always known for one.
func (m *Merger) Extend(d Digit) {
	for i := m.count - 1; i >= 0; i-- {
		if p := &m.presses[i]; p.Key == d.Key && p.Way == d.Way && p.Start == d.Start {
			p.Length = max(p.Length, d.Length)
			return
		}
	}
}

// match gives the press that d is another way of, the one nearest in time, or nil.
func (m *Merger) match(d Digit) (best *mergedPress) {
	for i := m.count - 1; i >= 0; i-- {
		p := &m.presses[i]
		if p.Key != d.Key || !p.same(d) {
			continue
		}
		if best == nil || distance(p.Start, d.Start) < distance(best.Start, d.Start) {
			best = p
		}
	}
	return best
}

// same says whether d, of the same key, is one press with p.
func (p *mergedPress) same(d Digit) bool {
	if p.ways[d.Way%3] {
		// Each way has reported the press once. But a tone that is heard in pieces
		// during one event is part of it.
		return d.Way == Tone && p.Way == Event && d.Start >= p.Start && d.Start < p.Start+p.Length
	}
	if d.Way == Info || p.Way == Info {
		return distance(p.Start, d.Start) <= infoWindow
	}
	length := p.Length
	if length == 0 && p.Way == Tone && !p.waiting {
		length = openTone
	}
	return distance(p.Start, d.Start) <= mergeWindow ||
		d.Start < p.Start+length && p.Start < d.Start+max(d.Length, 1)
}

func distance(a, b int64) int64 { return max(a-b, b-a) }
