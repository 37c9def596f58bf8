package sip

import (
	"hash/maphash"
	"math"
	"math/bits"
	"net/netip"
	"sync"
	"time"

	"dialtone/rates"
)

const (
	strangerLife   = 10 * time.Minute // what a stranger did is remembered for at least
	maxStrangers   = 20_000           // twice as many at most: 4 MB
	guessesHalve   = 10 * time.Minute // guesses count half after
	guessesToBan   = 10
	namesToBan     = 100             // of nameBits that are set: some 130 different names
	scanLasts      = 5 * time.Second // a phone has answered its challenge by then
	nameBits       = 256
	strangersBurst = 4 // seconds of their rate that may come at once
)

// strangers are the sources of requests that are neither a trunk nor have shown a password: how often they come and what they
// try. It is bounded, whatever they do.
type strangers struct {
	rate rates.Rate // of requests; zero: any number
	seed maphash.Seed

	mu  sync.Mutex
	all rates.Generations[netip.Addr, *stranger]
}

// stranger is one source.
type stranger struct {
	requests rates.Bucket
	guesses  float64 // wrong passwords, less with time
	guessed  time.Time
	met      time.Time             // first
	names    [nameBits / 64]uint64 // a bit for each name that was asked for: a scan sets most
}

func newStrangers(perSecond int) *strangers {
	return &strangers{
		rate: rates.Rate{AtOnce: float64(perSecond * strangersBurst), PerSecond: float64(perSecond)}, seed: maphash.MakeSeed(),
		all: rates.Generations[netip.Addr, *stranger]{Life: strangerLife, Most: maxStrangers},
	}
}

// meet finds a stranger, or makes one. The lock is held.
func (s *strangers) meet(source netip.Addr, now time.Time) *stranger {
	who, ok := s.all.Get(source, now)
	if !ok {
		who = &stranger{met: now}
	}
	s.all.Put(source, who, now)
	return who
}

// request counts a message; false: there are too many.
func (s *strangers) request(source netip.Addr, now time.Time) bool {
	if s.rate == (rates.Rate{}) {
		return true
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.meet(source, now).requests.Take(s.rate, now)
}

// asked counts a name that a stranger asked for or calls itself; true: there have been so many, for a while, that it is a scan. The
// phones of an office that come back together are none: the first that shows its password makes all of them known.
func (s *strangers) asked(source netip.Addr, name string, now time.Time) (scan bool) {
	bit := maphash.String(s.seed, name) % nameBits
	s.mu.Lock()
	defer s.mu.Unlock()
	who := s.meet(source, now)
	who.names[bit/64] |= 1 << (bit % 64)
	set := 0
	for _, word := range who.names {
		set += bits.OnesCount64(word)
	}
	return set >= namesToBan && now.Sub(who.met) >= scanLasts
}

// guessed counts a wrong password; true: there have been too many.
func (s *strangers) guessed(source netip.Addr, now time.Time) (ban bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	who := s.meet(source, now)
	if passed := now.Sub(who.guessed); passed > 0 {
		who.guesses *= math.Exp2(-passed.Seconds() / guessesHalve.Seconds())
		who.guessed = now
	}
	who.guesses++
	return who.guesses >= guessesToBan
}

// forget lets a source be as if it had never come.
func (s *strangers) forget(source netip.Addr) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.all.Remove(source)
}
