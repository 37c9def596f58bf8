package rates

import (
	"hash/maphash"
	"net/netip"
	"sync"
	"time"
)

// How many wrong passwords are looked at: of one user from one source, and of one user from all strangers together.
var (
	guessesOfSource = Rate{AtOnce: 10, PerSecond: 1. / 30}
	guessesOfUser   = Rate{AtOnce: 100, PerSecond: 1}
)

// Guesses are the wrong passwords of late. Its memory is fixed: users and sources that share a bucket by their hash share
// its limit, which is the same for users that exist and others.
type Guesses struct {
	seed     maphash.Seed
	mu       sync.Mutex
	bySource [4096]Bucket
	byUser   [4096]Bucket
}

// NewGuesses makes guesses that were not made yet.
func NewGuesses() *Guesses { return &Guesses{seed: maphash.MakeSeed()} }

// buckets are those of a user and of the user at a source.
func (g *Guesses) buckets(source netip.Addr, user string) (atSource, everywhere *Bucket) {
	pair := maphash.Comparable(g.seed, struct {
		source netip.Addr
		user   string
	}{source, user})
	return &g.bySource[pair%uint64(len(g.bySource))], &g.byUser[maphash.String(g.seed, user)%uint64(len(g.byUser))]
}

// Spent tells that a password of user is not looked at now, right or wrong. What strangers guess does not keep a source out that
// is known.
func (g *Guesses) Spent(source netip.Addr, user string, stranger bool, now time.Time) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	atSource, everywhere := g.buckets(source, user)
	return atSource.Empty(guessesOfSource, now) || stranger && everywhere.Empty(guessesOfUser, now)
}

// Wrong counts a password that was wrong, or not looked at.
func (g *Guesses) Wrong(source netip.Addr, user string, now time.Time) {
	g.mu.Lock()
	defer g.mu.Unlock()
	atSource, everywhere := g.buckets(source, user)
	if atSource.Take(guessesOfSource, now) {
		everywhere.Take(guessesOfUser, now)
	}
}

// Right forgets what was wrong before.
func (g *Guesses) Right(source netip.Addr, user string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	atSource, _ := g.buckets(source, user)
	*atSource = Bucket{}
}
