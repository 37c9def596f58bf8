package sip

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"dialtone/rates"
)

// Ban says that nothing from a source is taken.
type Ban struct {
	Source  netip.Prefix `json:"source"` // one address, or with IPv6 its /64; an operator may ban more at once
	Since   time.Time    `json:"since"`
	Until   time.Time    `json:"until,omitzero"` // zero: until it is lifted
	Why     string       `json:"why"`
	Times   int          `json:"times,omitempty"` // how often of late; 0: by an operator
	Dropped uint64       `json:"dropped"`         // messages and connections since then
}

const (
	firstBan      = 2 * time.Minute // then twice as long each time
	longestBan    = 24 * time.Hour
	maxBans       = 10_000    // made by the server; the one that ends first makes room
	maxByHand     = 1000      // made by operators
	bansForgotten = time.Hour // after its end a ban is forgotten, so that the next one is short
)

var thisMachine = []netip.Addr{netip.AddrFrom4([4]byte{127, 0, 0, 1}), netip.IPv6Loopback()}

// Bans are the sources that are not listened to: those that guess passwords or look for numbers, for a time, and those that an
// operator names. A trunk, and whoever has shown a password, is never banned by itself, and what is trusted not at
// all. Safe for concurrent use.
type Bans struct {
	trusted []netip.Prefix
	log     *slog.Logger

	any    atomic.Bool // there is one: without, a packet costs no lock
	mu     sync.Mutex
	made   map[netip.Addr]*Ban // by their source
	byHand []*Ban
}

// NewBans makes an empty list. trusted are the networks that are never banned nor limited. log may be nil.
func NewBans(trusted []netip.Prefix, log *slog.Logger) *Bans {
	if log == nil {
		log = quiet
	}
	return &Bans{trusted: trusted, log: log, made: map[netip.Addr]*Ban{}}
}

// trusts tells whether a source is trusted. A nil list trusts and bans nobody.
func (b *Bans) trusts(addr netip.Addr) bool {
	addr = addr.Unmap().WithZone("")
	return b != nil && slices.ContainsFunc(b.trusted, func(p netip.Prefix) bool { return p.Contains(addr) })
}

// holds tells whether a source is banned, and counts what is dropped for it. A known one only an operator bans.
func (b *Bans) holds(addr netip.Addr, known bool, now time.Time) bool {
	if b == nil || !b.any.Load() {
		return false
	}
	addr = addr.Unmap().WithZone("")
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, ban := range b.byHand {
		if ban.Source.Contains(addr) && ban.lasts(now) {
			ban.Dropped++
			return true
		}
	}
	if ban := b.made[rates.Source(addr)]; !known && ban != nil && ban.lasts(now) {
		ban.Dropped++
		return true
	}
	return false
}

func (b *Ban) lasts(now time.Time) bool { return b.Until.IsZero() || now.Before(b.Until) }

// make bans a source for a time that doubles as it comes again. This machine itself is spared: nobody outside can come from there, and
// a proxy here speaks for many. It tells whether the source is banned now.
func (b *Bans) make(addr netip.Addr, why string, now time.Time) bool {
	if b == nil || slices.Contains(thisMachine, addr.Unmap()) {
		return false
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	source := rates.SourcePrefix(addr)
	ban := b.made[source.Addr()]
	switch {
	case ban == nil:
		b.room(now)
		ban = &Ban{Source: source}
		b.made[source.Addr()] = ban
	case ban.lasts(now):
		return true // it was on its way when the ban began
	case now.Sub(ban.Until) >= bansForgotten:
		ban.Times = 0
	}
	ban.Times++
	ban.Since, ban.Why, ban.Dropped = now, why, 0
	lasts := min(firstBan<<min(ban.Times-1, 16), longestBan)
	ban.Until = now.Add(lasts)
	b.any.Store(true)
	b.log.Warn("source banned", "source", source, "why", why, "for", lasts, "times", ban.Times)
	return true
}

// room makes room for one more.
func (b *Bans) room(now time.Time) {
	if len(b.made) < maxBans {
		return
	}
	var first *Ban
	for source, ban := range b.made {
		if now.Sub(ban.Until) >= bansForgotten {
			delete(b.made, source)
		} else if first == nil || ban.Until.Before(first.Until) {
			first = ban
		}
	}
	if len(b.made) >= maxBans {
		delete(b.made, first.Source.Addr())
	}
}

// List gives the bans that last: those of operators, then the server's own, by source.
func (b *Bans) List(now time.Time) []Ban {
	b.mu.Lock()
	defer b.mu.Unlock()
	list := make([]Ban, 0, len(b.byHand)+len(b.made))
	for _, ban := range b.byHand {
		if ban.lasts(now) {
			list = append(list, *ban)
		}
	}
	operators := len(list)
	for _, ban := range b.made {
		if ban.lasts(now) {
			list = append(list, *ban)
		}
	}
	for _, part := range [][]Ban{list[:operators], list[operators:]} {
		slices.SortFunc(part, func(x, y Ban) int {
			return cmp.Or(x.Source.Addr().Compare(y.Source.Addr()), cmp.Compare(x.Source.Bits(), y.Source.Bits()))
		})
	}
	return list
}

// ErrNotBanned is returned by Lift for a source that is not banned.
var ErrNotBanned = errors.New("not banned")

// Add bans a network at an operator's word, in place of a ban that its word made before.
func (b *Bans) Add(ban Ban) error {
	if !ban.Source.IsValid() || ban.Source != ban.Source.Masked() || ban.Source.Addr().Is4In6() {
		return fmt.Errorf("%s is no network that can be banned", ban.Source)
	}
	if i := slices.IndexFunc(b.trusted, ban.Source.Overlaps); i >= 0 {
		return fmt.Errorf("%s is not banned: it overlaps %s, which the setting trusted names", ban.Source, b.trusted[i])
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.byHand = slices.DeleteFunc(b.byHand, func(old *Ban) bool { return old.Source == ban.Source })
	if len(b.byHand) >= maxByHand {
		return fmt.Errorf("%s is not banned: %d networks are, the most that can be by hand; a wider prefix bans more at once", ban.Source, maxByHand)
	}
	ban.Times, ban.Dropped = 0, 0
	b.byHand = append(b.byHand, &ban)
	b.any.Store(true)
	return nil
}

// Lift ends all bans of a source: an address's own and those of networks in the prefix. What it did before is forgotten.
func (b *Bans) Lift(source netip.Prefix) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	lifted := 0
	b.byHand = slices.DeleteFunc(b.byHand, func(ban *Ban) bool {
		within := source.Bits() <= ban.Source.Bits() && source.Overlaps(ban.Source)
		if within {
			lifted++
		}
		return within
	})
	for key, ban := range b.made {
		if source.Overlaps(ban.Source) {
			delete(b.made, key)
			lifted++
		}
	}
	if lifted == 0 {
		return fmt.Errorf("%s is %w", source, ErrNotBanned)
	}
	return nil
}
