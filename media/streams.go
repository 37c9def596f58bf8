package media

import (
	"encoding/hex"
	"errors"
	"log/slog"
	"math/rand/v2"
	"net/netip"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"dialtone/dtmf"
)

// Config is how a Streams is set up. The zero value is usable.
type Config struct {
	Ports       PortRange     // for RTP and RTCP; zero: 20000-29999
	Shards      int           // threads that send and receive; 0: one for each core
	Fill        int           // streams that a shard takes before the next one is used; 0: 480
	Rest        time.Duration // how long a freed pair of ports rests; 0: 5 s
	Jitter      JitterRange   // how long received audio may wait to be in order; zero: 10-200 ms
	OmitSilence bool          // send nothing between prompts; as a rule silence is sent, which keeps NAT and phones content
	NoRing      bool          // do without io_uring even where the kernel has it
	Log         *slog.Logger  // nil: slog.Default()
}

// Streams owns the ports and the shards of all streams.
type Streams struct {
	clock       clock
	ports       *ports
	shards      []*Scheduler
	fill        int32
	jitter      JitterRange
	omitSilence bool
	name        string // CNAME of our reports: random, as RFC 7022 advises
	log         *slog.Logger
	open        atomic.Int64
	digits      [dtmf.Ways]atomic.Uint64
	shortage    atomic.Int64 // when it was last logged that ports run out, Unix seconds

	stop   atomic.Bool
	mu     sync.Mutex
	closed bool
	live   map[*Stream]struct{}
	done   sync.WaitGroup
}

// Open starts the shards.
func Open(cfg Config) (*Streams, error) {
	s, err := newStreams(cfg, newClock())
	if err != nil {
		return nil, err
	}
	for _, shard := range s.shards {
		if !cfg.NoRing {
			if err := shard.poller.useRing(); err != nil {
				s.log.Debug("media goes packet by packet", "reason", err)
			}
		}
		s.done.Add(1)
		go func() {
			defer s.done.Done()
			shard.run()
		}()
	}
	return s, nil
}

// newStreams makes a Streams whose shards do not run.
func newStreams(cfg Config, c clock) (*Streams, error) {
	if cfg.Ports == (PortRange{}) {
		cfg.Ports = PortRange{20000, 29999}
	}
	if err := cfg.Ports.check(); err != nil {
		return nil, err
	}
	if cfg.Jitter == (JitterRange{}) {
		cfg.Jitter = defaultJitter
	}
	if err := cfg.Jitter.check(); err != nil {
		return nil, err
	}
	if cfg.Shards <= 0 {
		cfg.Shards = runtime.GOMAXPROCS(0)
	}
	if cfg.Fill <= 0 {
		cfg.Fill = 3 * crowd
	}
	if cfg.Rest == 0 {
		cfg.Rest = 5 * time.Second
	}
	if cfg.Log == nil {
		cfg.Log = slog.Default()
	}
	s := &Streams{
		clock: c, ports: newPorts(cfg.Ports, cfg.Rest), fill: int32(cfg.Fill), jitter: cfg.Jitter, omitSilence: cfg.OmitSilence, name: randomName(),
		log: cfg.Log, live: make(map[*Stream]struct{}),
	}
	for range cfg.Shards {
		shard, err := newScheduler(s)
		if err != nil {
			for _, shard := range s.shards {
				shard.poller.close()
			}
			return nil, err
		}
		s.shards = append(s.shards, shard)
	}
	return s, nil
}

func randomName() string {
	var b [12]byte
	for i := range b {
		b[i] = byte(rand.Uint32())
	}
	return hex.EncodeToString(b[:])
}

// New binds a pair of ports at the local address and gives the stream that
// lives there. The zero address, like 0.0.0.0, is every IPv4 address; :: is
// every address. Nothing is sent before Update. ErrNoPorts says that no pair
// is left.
func (s *Streams) New(local netip.Addr) (*Stream, error) {
	local = local.Unmap()
	if !local.IsValid() {
		local = netip.IPv4Unspecified()
	}
	s.mu.Lock()
	closed := s.closed
	s.mu.Unlock()
	if closed {
		return nil, ErrClosed
	}
	pair, port, err := s.ports.open(time.Now, func(port int) (socketPair, error) { return bindPair(local, port) })
	if err != nil {
		if errors.Is(err, ErrNoPorts) {
			s.warnShortage()
		}
		return nil, err
	}
	shard := s.vacant()
	st := newStream(s, shard, pair, netip.AddrPortFrom(local, uint16(port)))
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		pair.close()
		return nil, ErrClosed
	}
	s.live[st] = struct{}{}
	s.open.Add(1)
	s.mu.Unlock()
	shard.Add(st)
	if err := shard.watch(st); err != nil {
		st.Close()
		return nil, err
	}
	return st, nil
}

// vacant is the shard that one more stream joins. Another thread that wakes up costs more than some streams, so a
// shard is filled before the next is used; when all are full, the emptiest takes it.
func (s *Streams) vacant() *Scheduler {
	emptiest := s.shards[0]
	for _, shard := range s.shards {
		n := shard.count.Load()
		if n < s.fill {
			return shard
		}
		if n < emptiest.count.Load() {
			emptiest = shard
		}
	}
	return emptiest
}

// warnShortage says, at most once a minute, that there are no ports.
func (s *Streams) warnShortage() {
	now := time.Now().Unix()
	if last := s.shortage.Load(); now-last >= 60 && s.shortage.CompareAndSwap(last, now) {
		used, resting, _ := s.ports.counts(time.Now())
		s.log.Warn("no RTP ports left: calls are refused; a wider range of ports takes more calls",
			"used", used, "resting", resting, "pairs", len(s.ports.free))
	}
}

// release takes a closed stream off the books.
func (s *Streams) release(st *Stream) {
	s.mu.Lock()
	delete(s.live, st)
	s.mu.Unlock()
	s.open.Add(-1)
	s.ports.give(st.LocalPort(), time.Now())
}

// Uses tells whether a port is that of a stream, for RTP or RTCP.
func (s *Streams) Uses(port int) bool { return s.ports.uses(port) }

// Close closes the streams that are left and waits for the shards to end.
func (s *Streams) Close() error {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return nil
	}
	s.closed = true
	left := make([]*Stream, 0, len(s.live))
	for st := range s.live {
		left = append(left, st)
	}
	s.mu.Unlock()
	for _, st := range left {
		st.Close()
	}
	s.stop.Store(true)
	for _, shard := range s.shards {
		shard.wakeUp()
	}
	s.done.Wait()
	for _, shard := range s.shards {
		shard.poller.close()
	}
	return nil
}

// Stats is the sum of what all streams did, and what is left for more.
type Stats struct {
	Open         int    `json:"open"` // streams
	PortsUsed    int    `json:"ports_used"`
	PortsResting int    `json:"ports_resting"`
	PortsFree    int    `json:"ports_free"`
	Sent         uint64 `json:"sent"`     // RTP packets
	Received     uint64 `json:"received"` // RTP packets that were believed
	Dropped      Counts `json:"dropped"`  // RTP and RTCP packets, by the name of their Drop
	Digits       Counts `json:"digits"`   // by the name of their dtmf.Way
	Unsent       uint64 `json:"unsent"`   // packets the kernel did not take
	Delays       Delays `json:"delays"`   // of slots
	Skipped      uint64 `json:"skipped"`  // slots given up because they were more than 60 ms late
}

// Stats counts.
func (s *Streams) Stats() Stats {
	t := Stats{Open: int(s.open.Load()), Delays: newDelays()}
	t.PortsUsed, t.PortsResting, t.PortsFree = s.ports.counts(time.Now())
	for _, shard := range s.shards {
		shard.addStats(&t)
	}
	for way := range dtmf.Ways {
		if n := s.digits[way].Load(); n > 0 {
			t.Digits.add(way, n)
		}
	}
	return t
}

// Shards is how many threads send and receive.
func (s *Streams) Shards() int { return len(s.shards) }

// clock counts from its epoch and never back. Tests move their own.
type clock struct {
	epoch time.Time
	since func() time.Duration
}

func newClock() clock {
	epoch := time.Now()
	return clock{epoch, func() time.Duration { return time.Since(epoch) }}
}

func (c clock) ns() int64      { return int64(c.since()) }
func (c clock) ms() int64      { return c.ns() / 1e6 }
func (c clock) samples() int64 { return c.ns() * samplesPerMs / 1e6 }

// wall is the time of day at ns.
func (c clock) wall(ns int64) time.Time { return c.epoch.Add(time.Duration(ns)) }
