package media

import (
	"sync"
	"sync/atomic"

	"dialtone/dtmf"
)

// Scheduler is a shard: it knows when each of its streams has its slot.
//
// Time is the number of a phase, 1 ms each. A stream waits in the bucket of
// its next phase, in a wheel that is larger than the longest ptime; so streams
// of 10, 20, 30 or 60 ms are one case:
//
//	phase   … 118  119  120  121  122 …  138 …      bucket = phase mod 64
//	stream        ─────► slot ──────────► next      next   = due + ptime
//
// A stream keeps to its grid: due is counted on by ptime, never from now. What
// is served late catches up at twice the pace, one packet each half ptime, so
// that a late wake-up never becomes a burst; what would be more than 60 ms late
// is given up and counted, and its RTP time passes unsent.
type Scheduler struct {
	streams *Streams
	receive func(s *Scheduler, due []*Stream)           // what has come for those whose slot it is; tests put their own, as of the next
	send    func(st *Stream, packet []byte, to *target) // RTP
	report  func(st *Stream, packet []byte, to *target) // RTCP; may run outside the shard's thread
	poller  *poller
	awake   chan struct{} // a stream has come, or the end

	mu     sync.Mutex
	wheel  [wheelSize][]*Stream
	last   int64     // phase up to which all has been served
	due    []*Stream // those of the Tick at hand
	table  []*Stream // by Stream.index; nil: free
	free   []int
	count  atomic.Int32 // streams
	space  workspace
	passed []passed // what streams have for those that they are bridged with
	audio  []byte   // of passed
	delays delays
	given  uint64 // slots
}

const (
	wheelSize  = 64  // phases; more than maxPtime, a power of two
	grid       = 20  // phases among which streams are spread
	maxLate    = 60  // ms; older slots are given up
	reportPoll = 20  // ms between two looks for RTCP
	crowd      = 160 // streams in one phase before another one is used
)

// workspace is memory that the shard's thread uses for one packet after the other.
type workspace struct {
	packet   [headerLen + maxPtime*samplesPerMs + srtpRoom]byte
	audio    [maxPiece]byte
	pcm      [maxPtime * samplesPerMs]int16
	heard    [8]dtmf.Digit
	merged   [8]dtmf.Digit
	report   [maxReport]byte
	sent     uint64
	unsent   uint64
	received uint64
	dropped  [drops]uint64
}

func newScheduler(s *Streams) (*Scheduler, error) {
	p, err := newPoller()
	if err != nil {
		return nil, err
	}
	return &Scheduler{streams: s, poller: p, awake: make(chan struct{}, 1), receive: p.receive, send: sendPacket, report: sendReport}, nil
}

// Add gives the stream its slot, in the emptiest phase.
func (s *Scheduler) Add(st *Stream) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.add(st)
}

func (s *Scheduler) add(st *Stream) {
	now := s.streams.clock.ms()
	if s.count.Load() == 0 {
		s.last = max(s.last, now)
	}
	if n := len(s.free); n > 0 {
		st.index, s.free = s.free[n-1], s.free[:n-1]
		s.table[st.index] = st
	} else {
		st.index = len(s.table)
		s.table = append(s.table, st)
	}
	s.count.Add(1)
	// Not before now, and within the wheel as it stands.
	base := max(s.last, min(now, s.last+wheelSize-grid-1))
	st.due = s.choose(base + 1)
	st.at = st.due
	s.put(st)
	s.wakeUp()
}

// watch has the shard look at the sockets of a stream that was added.
func (s *Scheduler) watch(st *Stream) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.poller.add(st)
}

// opening is the order in which phases are taken into use: each as far as can be
// from those before.
var opening = [grid]int64{0, 10, 5, 15, 2, 12, 7, 17, 4, 14, 9, 19, 1, 11, 6, 16, 3, 13, 8, 18}

// choose gives the phase, among the 20 from base on, that one more stream joins. A
// wake-up costs more than some packets, so a phase is filled up before the next is
// opened; when all are full the emptiest is taken.
func (s *Scheduler) choose(base int64) int64 {
	var load [grid]int
	for i := range int64(wheelSize) {
		phase := s.last + 1 + i
		load[phase%grid] += len(s.wheel[phase%wheelSize])
	}
	best, emptiest := int64(-1), int64(0)
	for _, phase := range opening {
		if n := load[phase]; n < crowd && (best < 0 || n > load[best]) {
			best = phase
		}
		if load[phase] < load[emptiest] {
			emptiest = phase
		}
	}
	if best < 0 {
		best = emptiest
	}
	return base + (best-base%grid+grid)%grid
}

func (s *Scheduler) put(st *Stream) {
	b := &s.wheel[st.at%wheelSize]
	*b = append(*b, st)
}

// Remove takes the stream out and closes its sockets, which the shard therefore
// never finds to be somebody else's. What is not there is no mistake.
func (s *Scheduler) Remove(st *Stream) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if st.index < len(s.table) && s.table[st.index] == st {
		st.sockets.close()
		s.remove(st)
	}
}

// remove takes a stream that is there out.
func (s *Scheduler) remove(st *Stream) {
	s.table[st.index] = nil
	s.free = append(s.free, st.index)
	s.count.Add(-1)
	b := s.wheel[st.at%wheelSize]
	for i, other := range b {
		if other == st {
			last := len(b) - 1
			b[i], b[last] = b[last], nil
			s.wheel[st.at%wheelSize] = b[:last]
			return
		}
	}
}

// Tick serves the streams whose slots have come up to the phase now. It is a
// function of the phase's number: nothing in it asks for the time of a slot.
func (s *Scheduler) Tick(now int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tick(now)
}

func (s *Scheduler) tick(now int64) {
	s.due = s.due[:0]
	for phase := max(s.last, now-wheelSize) + 1; phase <= now; phase++ {
		b := &s.wheel[phase%wheelSize]
		s.due = append(s.due, *b...)
		clear(*b)
		*b = (*b)[:0]
	}
	s.last = max(s.last, now)
	s.receive(s, s.due)
	s.passOn()
	for _, st := range s.due {
		s.serve(st, now)
		s.put(st)
	}
	s.passOn()
	s.poller.flush(s)
	clear(s.due) // a stream that has ended is not held
}

// serve gives the stream its slot.
func (s *Scheduler) serve(st *Stream, now int64) {
	st.mu.Lock()
	defer st.mu.Unlock()
	ptime := int64(st.ptime)
	late, skipped := now-st.due, int64(0)
	s.delays.add(late)
	st.latest = max(st.latest, late)
	if late > maxLate {
		skipped = late / ptime
		st.due += skipped * ptime
		s.given += uint64(skipped)
	}
	if !st.closed {
		st.slot(now, int(skipped), &s.space)
	}
	st.due += ptime
	s.align(st, now)
	st.at = max(st.due, now+ptime/2)
}

// nextDue is the phase of the next slot; there is one within 64 when there is a
// stream.
func (s *Scheduler) nextDue() int64 {
	for phase := s.last + 1; phase <= s.last+wheelSize; phase++ {
		if len(s.wheel[phase%wheelSize]) > 0 {
			return phase
		}
	}
	return s.last + wheelSize
}

func (s *Scheduler) wakeUp() {
	select {
	case s.awake <- struct{}{}:
	default:
	}
}

// run is the shard's goroutine: it serves the slots of a phase and sleeps until the
// next in which there are some. Without streams it waits for one.
func (s *Scheduler) run() {
	pace := newPacer(s.streams.clock)
	reports := int64(0)
	for !s.streams.stop.Load() {
		s.mu.Lock()
		now := s.streams.clock.ms()
		s.tick(now)
		if now >= reports {
			s.poller.reports(s)
			reports = now + reportPoll
		}
		next, idle := s.nextDue(), s.count.Load() == 0
		s.mu.Unlock()
		if idle {
			<-s.awake
			continue
		}
		pace.sleepUntil(next)
	}
}

// addStats adds what this shard counted.
func (s *Scheduler) addStats(t *Stats) {
	s.mu.Lock()
	defer s.mu.Unlock()
	w := &s.space
	t.Sent += w.sent
	t.Received += w.received
	t.Unsent += w.unsent
	t.Delays.add(&s.delays)
	t.Skipped += s.given
	for why, n := range w.dropped {
		if n > 0 {
			t.Dropped.add(Drop(why), n)
		}
	}
}
