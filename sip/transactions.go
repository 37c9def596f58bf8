package sip

import (
	"hash/maphash"
	"sync"
	"time"

	gosip "github.com/emiago/sipgo/sip"
)

// Limits of what is remembered of answered requests. Beyond them the oldest are forgotten early, and a copy of such a
// request, should it still come, is taken for a new one.
const (
	maxFinished      = 300_000
	maxFinishedBytes = 64 << 20 // of answers
)

// transactions are the requests that are being answered, and what is left of those answered within the last 64·T1.
type transactions struct {
	seeds [2]maphash.Seed

	mu     sync.Mutex
	live   map[transactionKey]*transaction
	done   map[transactionKey][]byte // what a copy gets; nil: nothing
	order  []finished                // of done, by their ends; the first to be forgotten first
	bytes  int                       // of done
	sweep  *time.Timer
	closed bool
}

// finished is when a key of done is forgotten.
type finished struct {
	key transactionKey
	end time.Time
}

func newTransactions() *transactions {
	return &transactions{
		seeds: [2]maphash.Seed{maphash.MakeSeed(), maphash.MakeSeed()},
		live:  make(map[transactionKey]*transaction), done: make(map[transactionKey][]byte),
	}
}

func (t *transactions) hash(b []byte) transactionKey {
	return transactionKey{maphash.Bytes(t.seeds[0], b), maphash.Bytes(t.seeds[1], b)}
}

// start opens the transaction of a request.
func (t *transactions) start(key transactionKey, req *gosip.Request, f *flow) *transaction {
	tx := &transaction{table: t, key: key, flow: *f, invite: req.Method == gosip.INVITE}
	t.mu.Lock()
	t.live[key] = tx
	t.mu.Unlock()
	return tx
}

// copied tells whether the request of a key has come before, and then does with the copy, which came by f, what is due.
func (t *transactions) copied(key transactionKey, f *flow) bool {
	t.mu.Lock()
	tx := t.live[key]
	answer, done := t.done[key]
	t.mu.Unlock()
	if tx != nil {
		tx.again()
	} else if answer != nil {
		_ = f.write(answer) // who does not get it asks once more
	}
	return tx != nil || done
}

// known tells whether there is a transaction with a key, or was.
func (t *transactions) known(key transactionKey) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	_, done := t.done[key]
	return done || t.live[key] != nil
}

// acked takes the ACK of an INVITE; false: there is none with that key.
func (t *transactions) acked(key transactionKey) bool {
	t.mu.Lock()
	tx := t.live[key]
	_, done := t.done[key]
	t.mu.Unlock()
	if tx != nil {
		tx.acked()
	}
	return tx != nil || done
}

// drop forgets a transaction.
func (t *transactions) drop(tx *transaction) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.live[tx.key] == tx {
		delete(t.live, tx.key)
	}
}

// abandon ends a transaction whose request is answered without it.
func (t *transactions) abandon(tx *transaction) {
	t.drop(tx)
	tx.stop()
}

// finish keeps what is left of a transaction for 64·T1 (RFC 3261 §17.2.2, timer J; RFC 6026 §7.1, timer L). On a
// connection no request but INVITE comes twice.
func (t *transactions) finish(tx *transaction, answer []byte) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.live[tx.key] != tx {
		return
	}
	delete(t.live, tx.key)
	if t.closed || tx.flow.stream != nil && !tx.invite {
		return
	}
	t.done[tx.key] = answer
	t.bytes += len(answer)
	t.order = append(t.order, finished{tx.key, time.Now().Add(64 * gosip.T1)})
	for len(t.order) > maxFinished || t.bytes > maxFinishedBytes {
		t.forgetFirst()
	}
	if t.sweep == nil {
		t.sweep = time.AfterFunc(64*gosip.T1, t.forget)
	}
}

// forgetFirst forgets what is oldest. t.mu is held.
func (t *transactions) forgetFirst() {
	key := t.order[0].key
	t.order = t.order[1:]
	t.bytes -= len(t.done[key])
	delete(t.done, key)
}

// forget drops what is old. It runs twice a second at most, while there is anything.
func (t *transactions) forget() {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := time.Now()
	for len(t.order) > 0 && !t.order[0].end.After(now) {
		t.forgetFirst()
	}
	if len(t.order) == 0 {
		t.sweep, t.order = nil, nil
		t.done = make(map[transactionKey][]byte) // a map keeps the room that it once needed
		return
	}
	t.sweep = time.AfterFunc(max(t.order[0].end.Sub(now), 500*time.Millisecond), t.forget)
}

// close ends everything.
func (t *transactions) close() {
	t.mu.Lock()
	t.closed = true
	if t.sweep != nil {
		t.sweep.Stop()
	}
	live := t.live
	t.live, t.done, t.order = make(map[transactionKey]*transaction), make(map[transactionKey][]byte), nil
	t.mu.Unlock()
	for _, tx := range live {
		tx.stop()
	}
}
