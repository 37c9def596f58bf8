package sip

import (
	"fmt"
	"hash/maphash"
	"net/netip"
	"time"

	gosip "github.com/emiago/sipgo/sip"
)

// guard decides who may call. It keeps nothing of those who may not.
type guard struct {
	digest   *Digest
	accounts Accounts
	trunks   Trunks
	seed     maphash.Seed
}

func newGuard(c Config) (*guard, error) {
	d, err := NewDigest(c.Realm, c.Digest)
	return &guard{digest: d, accounts: c.Accounts, trunks: c.Trunks, seed: maphash.MakeSeed()}, err
}

// account finds a phone.
func (g *guard) account(user string) (Account, bool) {
	if g.accounts == nil {
		return Account{}, false
	}
	return g.accounts.Account(user)
}

// caller tells whose an INVITE is: a phone's, by its digest, or a trunk's, by the address it comes from. Everybody
// else gets a challenge, whether they name a phone that exists or not.
func (g *guard) caller(req *gosip.Request, from netip.AddrPort) (phone, trunk string, refusal *Refusal) {
	if name, ok := TrunkOf(req, from, g.trunks, g.accounts); ok {
		return "", name, nil
	}
	account, refusal := g.digest.Verify(req, g.account, time.Now())
	return account.User, "", refusal
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
