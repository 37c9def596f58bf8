package sip

import (
	"bytes"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	gosip "github.com/emiago/sipgo/sip"
)

// transaction is a request from outside with its answers (RFC 3261 §17.2), so that a request that is sent again is
// done once. An INVITE has sipgo's machine, which repeats what must be repeated. Any other request needs no
// machine: it keeps its final answer, as bytes, for 64·T1.
//
// Only requests that were let in have one. A stranger's are answered without state (§8.2.7).
type transaction struct {
	table  *transactions
	key    string
	flow   flow
	invite *gosip.ServerTx // of an INVITE, until its ACK
	out    outlet          // what the machine writes to

	refused atomic.Bool // an INVITE was answered with 3xx-6xx: its ACK belongs to the transaction

	mu    sync.Mutex
	final []byte // the final answer of another request; nil until then
}

// respond sends an answer.
func (t *transaction) respond(res *gosip.Response) error {
	if t.invite != nil {
		if res.StatusCode >= 300 {
			t.refused.Store(true)
		}
		return t.invite.Respond(res)
	}
	var buf bytes.Buffer
	res.StringWrite(&buf)
	if !res.IsProvisional() {
		t.mu.Lock()
		t.final = buf.Bytes()
		t.mu.Unlock()
		t.table.finish(t)
	}
	return t.flow.write(buf.Bytes())
}

// again is called when the request comes once more.
func (t *transaction) again(req *gosip.Request) {
	if t.invite != nil {
		_ = t.invite.Receive(req) // RFC 3261 §17.2.1: sends the last answer again
		return
	}
	t.mu.Lock()
	final := t.final
	t.mu.Unlock()
	if final != nil {
		_ = t.flow.write(final)
	}
}

// acked ends an INVITE's transaction, whatever was answered; what remains is a mark that absorbs late copies of it
// (RFC 6026 §7.1).
func (t *transaction) acked() {
	t.table.mark(t)
	t.out.shut.Store(true)
	t.invite.Terminate()
}

// outlet is the flow of an INVITE's machine, until it is shut. A machine that is terminated by the ACK while it is still
// busy with its answer would start its timers after that, and repeat the answer.
type outlet struct {
	*flow
	shut atomic.Bool
}

// WriteMsg sends a message, until the outlet is shut.
func (o *outlet) WriteMsg(msg gosip.Message) error {
	if o.shut.Load() {
		return net.ErrClosed
	}
	return o.flow.WriteMsg(msg)
}

// maxFinished is the most answered requests that are remembered. Beyond it the oldest are forgotten early, and a
// copy of such a request, should it still come, is taken for a new one.
const maxFinished = 100_000

// transactions are the requests that are being answered or were within the last 64·T1.
type transactions struct {
	mu       sync.Mutex
	all      map[string]*transaction
	finished []finished // in the order of their ends; the first to be forgotten first
	sweep    *time.Timer
	closed   bool
}

type finished struct {
	key string
	end time.Time
}

func newTransactions() *transactions { return &transactions{all: make(map[string]*transaction)} }

// start opens the transaction of a request. The transaction of an INVITE answers 100 at once.
func (t *transactions) start(key string, req *gosip.Request, f *flow) *transaction {
	tx := &transaction{table: t, key: key, flow: *f}
	if req.Method == gosip.INVITE {
		tx.out.flow = &tx.flow
		tx.invite = gosip.NewServerTx(key, req, &tx.out, quiet)
		_ = tx.invite.Init() // never fails
		tx.invite.OnTerminate(func(string, error) { t.terminated(tx) })
	}
	t.mu.Lock()
	t.all[key] = tx
	t.mu.Unlock()
	return tx
}

func (t *transactions) get(key string) *transaction {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.all[key]
}

// drop forgets a transaction that came to nothing.
func (t *transactions) drop(tx *transaction) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.all[tx.key] == tx {
		delete(t.all, tx.key)
	}
}

// abandon ends a transaction whose request is answered without it.
func (t *transactions) abandon(tx *transaction) {
	t.drop(tx)
	if tx.invite != nil {
		tx.out.shut.Store(true)
		tx.invite.Terminate()
	}
}

// terminated is told by sipgo's machine: 64·T1 have passed without ACK, or the connection broke.
func (t *transactions) terminated(tx *transaction) { t.drop(tx) }

// finish keeps an answered transaction for 64·T1. On TCP nothing is sent twice (RFC 3261 §17.2.2, timer J).
func (t *transactions) finish(tx *transaction) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if tx.flow.stream != nil {
		delete(t.all, tx.key)
		return
	}
	t.keep(tx.key)
}

// mark puts a transaction without answer in the place of an INVITE's.
func (t *transactions) mark(tx *transaction) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.all[tx.key] != tx {
		return
	}
	t.all[tx.key] = &transaction{table: t, key: tx.key}
	t.keep(tx.key)
}

// keep forgets key after 64·T1. t.mu is held.
func (t *transactions) keep(key string) {
	if t.closed {
		return
	}
	t.finished = append(t.finished, finished{key, time.Now().Add(64 * gosip.T1)})
	for len(t.finished) > maxFinished {
		delete(t.all, t.finished[0].key)
		t.finished = t.finished[1:]
	}
	if t.sweep == nil {
		t.sweep = time.AfterFunc(64*gosip.T1, t.forget)
	}
}

// forget drops what is old. It runs twice a second at most, while there is anything.
func (t *transactions) forget() {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := time.Now()
	for len(t.finished) > 0 && !t.finished[0].end.After(now) {
		delete(t.all, t.finished[0].key)
		t.finished = t.finished[1:]
	}
	if len(t.finished) == 0 {
		t.sweep, t.finished = nil, nil
		return
	}
	t.sweep = time.AfterFunc(max(t.finished[0].end.Sub(now), 500*time.Millisecond), t.forget)
}

// close ends everything.
func (t *transactions) close() {
	t.mu.Lock()
	t.closed = true
	if t.sweep != nil {
		t.sweep.Stop()
	}
	var invites []*gosip.ServerTx
	for _, tx := range t.all {
		if tx.invite != nil {
			invites = append(invites, tx.invite)
		}
	}
	clear(t.all)
	t.finished = nil
	t.mu.Unlock()
	for _, tx := range invites {
		tx.Terminate()
	}
}

// transactionKey tells requests apart (RFC 3261 §17.2.3): by branch, sent-by and method; ACK and CANCEL are asked for
// as INVITE. The address they come from is part of it, so that a stranger who learns a branch cannot cancel a call.
// Requests of RFC 2543 have no branch of that kind: theirs is told by Call-ID, tags and CSeq.
func transactionKey(req *gosip.Request, method gosip.RequestMethod, from netip.Addr) string {
	via := req.Via()
	var b strings.Builder
	b.Grow(96)
	source := from.As16()
	b.Write(source[:])
	b.WriteString(string(method))
	b.WriteByte(' ')
	branch := ""
	if via != nil {
		b.WriteString(via.Host)
		b.WriteByte(':')
		b.WriteString(strconv.Itoa(via.Port))
		b.WriteByte(' ')
		branch, _ = via.Params.Get("branch")
	}
	if _, ok := cutPrefixFold(branch, gosip.RFC3261BranchMagicCookie); ok && len(branch) > len(gosip.RFC3261BranchMagicCookie) {
		b.WriteString(branch)
		return b.String()
	}
	b.WriteString(branch)
	b.WriteByte(' ')
	if h := req.CallID(); h != nil {
		b.WriteString(h.Value())
	}
	b.WriteByte(' ')
	if h := req.From(); h != nil {
		b.WriteString(tagOf(h.Params))
	}
	b.WriteByte(' ')
	if h := req.CSeq(); h != nil {
		b.WriteString(strconv.FormatUint(uint64(h.SeqNo), 10))
	}
	return b.String()
}
