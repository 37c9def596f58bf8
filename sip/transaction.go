package sip

import (
	"net/netip"
	"strconv"
	"sync"
	"time"

	gosip "github.com/emiago/sipgo/sip"
)

// transaction is a request from outside until it is answered for good (RFC 3261 §17.2), so that a request that is sent
// again is done once.
//
//	INVITE   ──► 1xx ──► 2xx, which the leg repeats ──► a mark, which absorbs copies (RFC 6026 §7.1)
//	                └──► 3xx-6xx, again after T1 … T2 until ACK ──► a mark
//	another  ──► answer, which copies get again
//
// What it leaves behind for 64·T1, in transactions, is the bytes of an answer or a mark; nothing of the request. Only
// requests that were let in have one. A stranger's are answered without state (§8.2.7).
type transaction struct {
	table  *transactions
	key    transactionKey
	flow   flow
	invite bool

	mu      sync.Mutex
	last    []byte      // what a copy gets for now; nil: nothing
	refused *time.Timer // an INVITE was answered with 3xx-6xx, and waits for its ACK
	repeat  repetition
	over    bool // its final answer needs nothing more from here
}

// respond sends an answer.
func (t *transaction) respond(res *gosip.Response) error {
	data := wire(res)
	t.mu.Lock()
	switch {
	case t.over || t.refused != nil: // the leg repeats its 200
	case res.IsProvisional():
		t.last = data
	case t.invite && res.StatusCode >= 300:
		now := time.Now()
		t.last, t.repeat = data, repeated(now, t.flow.stream != nil, gosip.T2)
		wait, _ := t.repeat.next(now)
		t.refused = time.AfterFunc(wait, t.fire)
	case t.invite:
		t.end(nil)
	default:
		t.end(data)
	}
	t.mu.Unlock()
	return t.flow.write(data)
}

// end leaves to the table what copies get. t.mu is held.
func (t *transaction) end(answer []byte) {
	t.over, t.last = true, nil
	t.table.finish(t, answer)
}

// fire is timer G: the refusal is sent again until its ACK comes, or, at the end of timer H, nobody waits for that any more.
func (t *transaction) fire() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.over {
		return
	}
	now := time.Now()
	wait, more := t.repeat.next(now)
	if !more {
		t.over, t.last = true, nil
		t.table.drop(t)
		return
	}
	_ = t.flow.write(t.last) // it is sent again
	t.refused.Reset(wait)
}

// acked takes the ACK of an INVITE, which ends the repetition of its refusal.
func (t *transaction) acked() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.refused != nil && !t.over {
		t.refused.Stop()
		t.end(nil)
	}
}

// again answers a copy of the request.
func (t *transaction) again() {
	t.mu.Lock()
	last := t.last
	t.mu.Unlock()
	if last != nil {
		_ = t.flow.write(last) // who does not get it asks once more
	}
}

// stop ends the transaction without a word.
func (t *transaction) stop() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.over, t.last = true, nil
	if t.refused != nil {
		t.refused.Stop()
	}
}

// transactionKey tells requests apart (RFC 3261 §17.2.3): by branch, sent-by and method; ACK and CANCEL are asked for
// as INVITE. The address they come from is part of it, so that a stranger who learns a branch cannot cancel a call.
// Requests of RFC 2543 have no branch of that kind: theirs is told by Call-ID, tags and CSeq.
//
// It is a hash of all that, of 128 bits, with seeds that nobody knows.
type transactionKey [2]uint64

// keyOf is the key of a request from an address, as one of method.
func (t *transactions) keyOf(req *gosip.Request, method gosip.RequestMethod, from netip.Addr) transactionKey {
	var space [256]byte
	source := from.As16()
	b := append(space[:0], source[:]...)
	b = append(append(b, method...), ' ')
	branch := ""
	if via := req.Via(); via != nil {
		b = append(append(b, via.Host...), ':')
		b = append(strconv.AppendInt(b, int64(via.Port), 10), ' ')
		branch, _ = via.Params.Get("branch")
	}
	b = append(b, branch...)
	if _, ok := cutPrefixFold(branch, gosip.RFC3261BranchMagicCookie); ok && len(branch) > len(gosip.RFC3261BranchMagicCookie) {
		return t.hash(b)
	}
	b = append(b, ' ')
	if h := req.CallID(); h != nil {
		b = append(b, h.Value()...)
	}
	b = append(b, ' ')
	if h := req.From(); h != nil {
		b = append(b, tagOf(h.Params)...)
	}
	b = append(b, ' ')
	if h := req.CSeq(); h != nil {
		b = strconv.AppendUint(b, uint64(h.SeqNo), 10)
	}
	return t.hash(b)
}
