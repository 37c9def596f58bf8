package sip

import (
	"fmt"
	"hash/maphash"
	"net/netip"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	gosip "github.com/emiago/sipgo/sip"

	"dialtone/rates"
)

// guard decides who may send what: what is dropped before it is parsed, who must prove who he is, and whether he does.
type guard struct {
	digest    *Digest
	accounts  Accounts
	trunks    Trunks
	bans      *Bans
	known     *rates.Acquaintances
	strangers *strangers
	guesses   *rates.Guesses
	seed      maphash.Seed

	limited, banned atomic.Uint64 // messages that were dropped
	guessed         atomic.Uint64 // wrong passwords
}

func newGuard(c Config) (*guard, error) {
	d, err := NewDigest(c.Realm, c.Digest)
	return &guard{
		digest: d, accounts: c.Accounts, trunks: c.Trunks, bans: c.Bans, known: rates.NewAcquaintances(), strangers: newStrangers(c.StrangerRate),
		guesses: rates.NewGuesses(), seed: maphash.MakeSeed(),
	}, err
}

// admits says whether a message from a source is looked at. It runs before the message is parsed.
func (g *guard) admits(from netip.AddrPort, now time.Time) bool {
	known := g.knows(from, now)
	if g.bans.holds(from.Addr(), known, now) {
		g.banned.Add(1)
		return false
	}
	if !known && !g.strangers.request(rates.Source(from.Addr()), now) {
		g.limited.Add(1)
		return false
	}
	return true
}

// listens says whether a connection from a source is taken.
func (g *guard) listens(from netip.AddrPort, now time.Time) bool {
	if g.bans.holds(from.Addr(), g.knows(from, now), now) {
		g.banned.Add(1)
		return false
	}
	return true
}

// knows tells whether a source is no stranger.
func (g *guard) knows(from netip.AddrPort, now time.Time) bool {
	return g.known.Has(rates.Source(from.Addr()), now) || g.bans.trusts(from.Addr()) || g.ofTrunk(from)
}

// ofTrunk tells whether a source is a trunk's.
func (g *guard) ofTrunk(from netip.AddrPort) bool {
	return g.trunks != nil && g.trunks.Knows(unmap(from))
}

// met takes in that a source has shown a password, or that we send to it.
func (g *guard) met(addr netip.Addr, now time.Time) { g.known.Add(rates.Source(addr), now) }

// saw takes in a request outside dialogs; false: it is the one that shows that its sender scans.
func (g *guard) saw(req *gosip.Request, from netip.AddrPort, now time.Time) bool {
	if g.knows(from, now) {
		return true
	}
	name := req.Recipient.User
	if req.Method == gosip.REGISTER {
		name = req.To().Address.User
	}
	switch {
	case isScanner(req):
		g.ban(from.Addr(), "it is a scanner by its own name", now)
		return false
	case name != "" && g.strangers.asked(rates.Source(from.Addr()), name, now):
		return !g.ban(from.Addr(), "it asked for more than a hundred names", now)
	}
	return true
}

// ban bans a source, if it can be; true: it is.
func (g *guard) ban(addr netip.Addr, why string, now time.Time) bool {
	if !g.bans.make(addr, why, now) {
		return false
	}
	g.strangers.forget(rates.Source(addr)) // it begins anew when the ban is over
	return true
}

// isScanner tells the programs that look for servers to misuse, and say so.
func isScanner(req *gosip.Request) bool {
	h := req.GetHeader("User-Agent")
	if h == nil {
		return false
	}
	agent := strings.ToLower(h.Value())
	return slices.ContainsFunc([]string{"friendly-scanner", "sipvicious", "sundayddr", "sipcli", "pplsip", "sip-scan", "siparmyknife"}, func(name string) bool {
		return strings.Contains(agent, name)
	})
}

// phone tells which phone a request is of, by its digest. A carrier's account may call, and nothing else.
func (g *guard) phone(req *gosip.Request, from netip.AddrPort, now time.Time) (Account, *Refusal) {
	account, refusal := g.proven(req, from, now)
	if refusal == nil && account.Trunk.Name != "" {
		return Account{}, Forbidden("user " + account.User + " is trunk " + account.Trunk.Name + "'s, and no phone")
	}
	return account, refusal
}

// proven tells whose request it is, by its digest. Wrong passwords are counted: beyond some of one user from one
// source they are not looked at for a while, and a stranger who goes on is banned. The answer is the same for all.
func (g *guard) proven(req *gosip.Request, from netip.AddrPort, now time.Time) (Account, *Refusal) {
	source := rates.Source(from.Addr())
	stranger, named := !g.knows(from, now), ""
	account, refusal := g.digest.Verify(req, func(user string) (Account, bool) {
		named = user
		if g.guesses.Spent(source, user, stranger, now) {
			return Account{}, false
		}
		return g.account(user)
	}, now)
	switch {
	case refusal == nil:
		g.guesses.Right(source, named)
		g.met(from.Addr(), now)
	case refusal.Guess:
		g.guessed.Add(1)
		g.guesses.Wrong(source, named, now)
		if stranger && g.strangers.guessed(source, now) {
			g.ban(from.Addr(), "it guessed passwords", now)
		}
	}
	return account, refusal
}

// account finds a phone.
func (g *guard) account(user string) (Account, bool) {
	if g.accounts == nil {
		return Account{}, false
	}
	return g.accounts.Account(user)
}

// caller tells whose an INVITE is: a phone's, by its digest, or a trunk's, by the address it comes from or by a digest, too.
// Everybody else gets a challenge, whether they name a phone that exists or not.
func (g *guard) caller(req *gosip.Request, f *flow) (phone string, trunk Trunk, refusal *Refusal) {
	if trunk, ok := TrunkOf(req, f.remote, f.proven(), g.trunks, g.accounts); ok {
		return "", trunk, nil
	}
	account, refusal := g.proven(req, f.remote, time.Now())
	if account.Trunk.Name != "" {
		return "", account.Trunk, refusal
	}
	return account.User, Trunk{}, refusal
}

// tag is the To tag of answers without state: the same each time a request comes (RFC 3261 §8.2.7).
func (g *guard) tag(req *gosip.Request) string {
	var h maphash.Hash
	h.SetSeed(g.seed)
	if via := req.Via(); via != nil {
		branch, _ := via.Params.Get("branch")
		h.WriteString(branch)
	}
	h.WriteByte(0)
	if id := req.CallID(); id != nil {
		h.WriteString(id.Value())
	}
	h.WriteByte(0)
	if cseq := req.CSeq(); cseq != nil {
		fmt.Fprint(&h, cseq.SeqNo)
	}
	return fmt.Sprintf("%016x", h.Sum64())
}
