package media

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"sync"
	"time"
)

// ErrNoPorts is returned by [Streams.New] when every pair of ports is in use,
// rests, or is held by somebody else.
var ErrNoPorts = errors.New("media: no free pair of RTP ports")

// PortRange is the ports for RTP and RTCP, both ends included. RTP gets the
// even ones, RTCP the odd ones after them.
type PortRange struct{ Low, High int }

// ParsePortRange reads "20000-29999".
func ParsePortRange(text string) (PortRange, error) {
	low, high, _ := strings.Cut(text, "-")
	var r PortRange
	var err1, err2 error
	r.Low, err1 = strconv.Atoi(strings.TrimSpace(low))
	r.High, err2 = strconv.Atoi(strings.TrimSpace(high))
	if err1 != nil || err2 != nil {
		return r, fmt.Errorf("RTP ports %q: not a range of ports such as 20000-29999", text)
	}
	return r, r.check()
}

// String is the range as ParsePortRange reads it.
func (r PortRange) String() string { return fmt.Sprintf("%d-%d", r.Low, r.High) }

// Pairs is how many streams the range is good for at once.
func (r PortRange) Pairs() int {
	first := r.Low + r.Low&1
	return max((r.High-first+1)/2, 0)
}

func (r PortRange) check() error {
	if r.Low < 1024 || r.High > 65535 || r.Pairs() < 1 {
		return fmt.Errorf("RTP ports %v: want at least an even port and the odd one after it within 1024-65535, such as 20000-29999", r)
	}
	return nil
}

// ports hands out pairs in the order in which they became free, so that each
// rests as long as it can: late packets of one call must not reach the next.
type ports struct {
	mu    sync.Mutex
	free  []freePair // a ring
	head  int
	count int
	used  int
	rest  time.Duration
	low   int    // port of the first pair
	taken []bool // by (port - low) / 2
}

type freePair struct {
	port  int // of RTP
	until time.Time
}

// shortRest is how long a pair rests when no other is left.
const shortRest = time.Second / 2

func newPorts(r PortRange, rest time.Duration) *ports {
	p := &ports{free: make([]freePair, r.Pairs()), rest: rest, low: r.Low + r.Low&1, taken: make([]bool, r.Pairs())}
	p.count = len(p.free)
	for i, at := range rand.Perm(p.count) { // strangers cannot guess the next one
		p.free[at].port = p.low + 2*i
	}
	return p
}

// take gives the pair that has been free for longest.
func (p *ports) take(now time.Time) (port int, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.count == 0 {
		return 0, ErrNoPorts
	}
	first := p.free[p.head]
	if first.until.After(now) && first.until.Sub(now) > max(p.rest-shortRest, 0) {
		return 0, ErrNoPorts
	}
	p.head = (p.head + 1) % len(p.free)
	p.count--
	p.used++
	p.taken[(first.port-p.low)/2] = true
	return first.port, nil
}

// give returns a pair, which then rests; so does one that somebody else holds.
func (p *ports) give(port int, now time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.free[(p.head+p.count)%len(p.free)] = freePair{port, now.Add(p.rest)}
	p.count++
	p.used--
	p.taken[(port-p.low)/2] = false
}

// uses tells whether a port, of RTP or RTCP, is given out.
func (p *ports) uses(port int) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return port >= p.low && (port-p.low)/2 < len(p.taken) && p.taken[(port-p.low)/2]
}

// counts says how many pairs are used, rest, and may be had at once.
func (p *ports) counts(now time.Time) (used, resting, free int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for i := range p.count {
		if p.free[(p.head+i)%len(p.free)].until.After(now) {
			resting++
		}
	}
	return p.used, resting, p.count - resting
}

// open takes pairs until one can be bound. bind fails with errInUse when
// somebody else holds one of the two ports.
func (p *ports) open(now func() time.Time, bind func(port int) (socketPair, error)) (socketPair, int, error) {
	for range len(p.free) {
		port, err := p.take(now())
		if err != nil {
			return socketPair{}, 0, err
		}
		pair, err := bind(port)
		if err == nil {
			return pair, port, nil
		}
		p.give(port, now())
		if !errors.Is(err, errInUse) {
			return socketPair{}, 0, err
		}
	}
	return socketPair{}, 0, ErrNoPorts
}
