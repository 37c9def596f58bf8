package sip

import (
	"hash/maphash"
	"net/netip"
	"sync"
	"time"
)

// How many wrong passwords are looked at: of one user from one source, and of one user from all strangers together.
var (
	guessesOfSource = rate{atOnce: 10, perSecond: 1. / 30}
	guessesOfUser   = rate{atOnce: 100, perSecond: 1}
)

// guesses are the wrong passwords of late. Its memory is fixed: users and sources that share a bucket by their hash share
// its limit, which is the same for users that exist and others.
type guesses struct {
	seed     maphash.Seed
	mu       sync.Mutex
	bySource [4096]bucket
	byUser   [4096]bucket
}

func newGuesses() *guesses { return &guesses{seed: maphash.MakeSeed()} }

// buckets are those of a user and of the user at a source.
func (g *guesses) buckets(source netip.Addr, user string) (atSource, everywhere *bucket) {
	pair := maphash.Comparable(g.seed, struct {
		source netip.Addr
		user   string
	}{source, user})
	return &g.bySource[pair%uint64(len(g.bySource))], &g.byUser[maphash.String(g.seed, user)%uint64(len(g.byUser))]
}

// spent tells that a password of user is not looked at now, right or wrong. What strangers guess does not keep a source out that
// is known.
func (g *guesses) spent(source netip.Addr, user string, stranger bool, now time.Time) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	atSource, everywhere := g.buckets(source, user)
	return atSource.empty(guessesOfSource, now) || stranger && everywhere.empty(guessesOfUser, now)
}

// wrong counts a password that was wrong, or not looked at.
func (g *guesses) wrong(source netip.Addr, user string, now time.Time) {
	g.mu.Lock()
	defer g.mu.Unlock()
	atSource, everywhere := g.buckets(source, user)
	if atSource.take(guessesOfSource, now) {
		everywhere.take(guessesOfUser, now)
	}
}

// right forgets what was wrong before.
func (g *guesses) right(source netip.Addr, user string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	atSource, _ := g.buckets(source, user)
	*atSource = bucket{}
}
