package sip

import (
	"context"
	"errors"
	"log/slog"
	"math"
	"net/netip"
	"sync/atomic"
	"time"

	gosip "github.com/emiago/sipgo/sip"
)

// Leg is one side of a call: a dialog, and the mailbox through which alone it is changed.
//
//	incoming   trying ──► early ──► answered ──► up ──► ended
//	outgoing   trying ──► early ───────────────► up ──► ended
//	             └──────────┴───────────┴───────────────▲
//
// early is after 18x, answered after our 200 and before its ACK. One thing is done after the other,
// as they lie in the mailbox: requests in the order in which they arrived, what the call wants, and timers. It ends when the call
// is over and the far side knows.
//
// All methods may be called by anybody at any time. After the end those that return an error give ErrEnded.
type Leg struct {
	server *Server
	// What does not change after the leg was made.
	callID string
	tag    string // ours
	from   CallerID
	called string
	phone  string
	trunk  string
	local  netip.Addr
	offer  []byte
	header []Header // of the INVITE that came; nil: we sent it
	// replaces and forwards are of the INVITE that came.
	replaces *Replaces
	forwards int    // Max-Forwards
	target   string // URI of the INVITE that we sent
	seq      uint32 // CSeq of the INVITE that made it
	caller   bool   // we sent the INVITE

	mail   mailbox
	events events
	gone   chan struct{}          // closed when the leg is gone
	shown  atomic.Pointer[Dialog] // the dialog as it was after the last change
	over   atomic.Bool            // it has ended, though something of it may still be said

	begun   bool        // the server waits for this leg's end
	reached atomic.Bool // outgoing: an answer has come

	// From here on only what comes out of the mailbox reads and writes.
	state      legState
	left       bool // nobody finds the leg any more
	dialog     Dialog
	flow       flow // where the far side's last request came from, or where ours go
	negotiator Negotiator
	pending    int    // requests of ours whose answer is waited for
	byeOnAck   *BYE   // hang up as soon as the 200 is acknowledged
	answer     []byte // SDP of our side that the last 18x or 2xx carried
	answering  *answering
	calling    *calling    // outgoing: the INVITE
	offering   *offering   // re-INVITE of ours
	referring  *referring  // REFER of ours
	transfer   *Progress   // REFER of the far side
	transfers  int         // how many of them there were
	allows     []string    // what the far side says it serves; nil: it does not say
	clock      *time.Timer // of the dialog's session
	acks       acks        // of 2xx to our INVITEs
	storm      rateLimit   // of re-INVITE and UPDATE
	party      *CallerID   // with whom the far side is told that it is connected; nil: it is not told
	told       CallerID    // with whom the far side says that we are
	login      Login       // ours with the far side; without a user its challenges are not answered
	broken     bool        // something panicked: the next time nothing more is tried
}

// BYE is why a call is hung up.
type BYE struct {
	Cause int    // Q.850
	Text  string // for the Reason header
}

type legState uint8

const (
	trying legState = iota
	early
	answered
	up
	ended
)

// ErrEnded is returned by a Leg's methods when the call is over.
var ErrEnded = errors.New("the call is over")

// Negotiator agrees on a leg's media. The leg calls it while it works: it must not wait for the leg.
type Negotiator interface {
	// Offered takes an offer of the far side and gives the answer. An error that is a *Refusal is answered as it
	// says, any other as 500; what was agreed before then stays in force.
	Offered(offer []byte) (answer []byte, err error)
	// Offer makes our offer.
	Offer() ([]byte, error)
	// Answered takes the answer to our offer.
	Answered(answer []byte) error
}

// Placed is a Negotiator that is told, before its first offer of a call of ours, the address at which the far side reaches us,
// that from which it signals, and whether its signalling is encrypted.
type Placed interface {
	Placed(local, remote netip.Addr, secure bool)
}

// Q.850 causes that signalling itself gives.
const (
	causeNormal     = 16
	causeBusy       = 17
	causeNoAnswer   = 19
	causeElsewhere  = 26 // non-selected user clearing: another telephone has answered
	causeTemporary  = 41
	causeTimer      = 102 // recovery on timer expiry
	causeProtocol   = 111
	reoffersPerTime = 20 // re-INVITEs and UPDATEs of one dialog in a second
)

// CallID is the call's Call-ID.
func (l *Leg) CallID() string { return l.callID }

// From is who calls.
func (l *Leg) From() CallerID { return l.from }

// Called is the user part of the URI that was called, without escapes.
func (l *Leg) Called() string { return l.called }

// Phone is the account whose digest the INVITE carried; empty for a trunk's call.
func (l *Leg) Phone() string { return l.phone }

// Trunk is the trunk by which the INVITE came, or by which ours left; empty for a phone's call.
func (l *Leg) Trunk() string { return l.trunk }

// Remote is where the far side's requests come from.
func (l *Leg) Remote() netip.AddrPort { return l.shown.Load().Remote }

// LocalAddr is the address of ours under which the far side reaches us: for the SDP.
func (l *Leg) LocalAddr() netip.Addr { return l.local }

// Secure tells whether signalling with the far side is encrypted, by TLS or WebSocket over it.
func (l *Leg) Secure() bool {
	switch l.shown.Load().Transport {
	case "tls", "wss":
		return true
	}
	return false
}

// Offer is the SDP of the INVITE that made the leg; nil when it came without one.
func (l *Leg) Offer() []byte { return l.offer }

// Dialog is a copy of the dialog, for the journal.
func (l *Leg) Dialog() Dialog { return *l.shown.Load() }

// Done is closed when the leg has ended and the far side knows.
func (l *Leg) Done() <-chan struct{} { return l.gone }

// SetNegotiator sets who agrees on the media; it comes before Progress and Answer.
func (l *Leg) SetNegotiator(n Negotiator) {
	_ = l.ask(func() error { l.negotiator = n; return nil })
}

func newLeg(s *Server, callID, tag string) *Leg {
	return &Leg{
		server: s, callID: callID, tag: tag,
		gone: make(chan struct{}),
	}
}

// logger is the server's log with the call's name; made when something is said, as most calls have nothing to say.
func (l *Leg) logger() *slog.Logger { return l.server.log.With("call", l.callID) }

// work does what is in the mailbox. Whoever works owns the dialog, and everybody else puts letters in. When the call is
// over and nothing of ours waits for an answer, the leg is gone: nobody finds it from there on, and what is in the
// mailbox is still done, as it was let in.
func (l *Leg) work() {
	for {
		left := l.left
		f := l.mail.next(left)
		if f == nil { // whatever is to be done next is somebody else's from here on
			if left && l.begun {
				l.server.tasks.Done()
			}
			return
		}
		l.do(f)
		if !left && l.state == ended && l.pending == 0 {
			l.left = true
			l.server.hide(l)
			close(l.gone)
		}
	}
}

// do runs one function. If it panics, the call ends, and only this call.
func (l *Leg) do(f func()) {
	defer func() {
		if p := recover(); p != nil {
			l.logger().Error("panic in a call's signalling", "panic", p, "stack", stack())
			if l.broken {
				l.forsake()
				l.end(EndedEvent{By: ByServer, Cause: causeTemporary, Reason: "internal error"})
				return
			}
			l.broken = true
			l.do(func() { l.hangup(BYE{Cause: causeTemporary, Text: "internal error"}) })
		}
	}()
	f()
	if d := l.shown.Load(); d == nil || !sameDialog(d, l.current()) {
		l.show()
	}
}

// show lets others see the dialog as it is now.
func (l *Leg) show() {
	d := *l.current()
	l.shown.Store(&d)
}

// current is the dialog; while a call of ours rings, the early one that was heard of last.
func (l *Leg) current() *Dialog {
	if c := l.calling; c != nil && l.state < answered && len(c.forks) > 0 {
		return &c.forks[len(c.forks)-1].dialog
	}
	return &l.dialog
}

// with tells whether a request with a From tag can be one of the far side's. While a call of ours rings there may be several
// far sides, and whether it is one of them is seen when the request's turn comes.
func (l *Leg) with(tag string) bool {
	d := l.shown.Load()
	return d.RemoteTag == tag || d.Caller && !d.Confirmed
}

func sameDialog(a, b *Dialog) bool {
	return a.LocalSeq == b.LocalSeq && a.RemoteSeq == b.RemoteSeq && a.Remote == b.Remote && a.Confirmed == b.Confirmed &&
		a.RemoteTarget == b.RemoteTarget && a.RemoteTag == b.RemoteTag && a.Session == b.Session
}

// post puts f into the mailbox, if there is room: false is for the network, which sends again. The server calls it while
// it holds the lock under which it found the leg, so that nothing is put into the mailbox of a leg that is gone.
func (l *Leg) post(f func()) bool {
	if l.mail.put(f, mailboxSize, l.work) {
		return true
	}
	l.server.counts.overload.Add(1)
	return false
}

// tell puts f into the mailbox in any case: for timers and answers, which must not be lost. false: the leg is gone.
func (l *Leg) tell(f func()) bool { return l.mail.put(f, math.MaxInt, l.work) }

// ask has f run in its turn and gives its result.
func (l *Leg) ask(f func() error) error {
	done := make(chan error, 1)
	if !l.mail.put(func() { done <- f() }, math.MaxInt, l.work) {
		return ErrEnded
	}
	select {
	case err := <-done:
		return err
	case <-l.gone:
		// What is in the mailbox is done after that, too.
		select {
		case err := <-done:
			return err
		default:
			return ErrEnded
		}
	}
}

// after puts f into the mailbox in d.
func (l *Leg) after(d time.Duration, f func()) *time.Timer {
	return time.AfterFunc(d, func() { l.tell(f) })
}

// end ends the leg, once: what still stands is taken down, the event is told. The leg stays while a request
// of ours waits for its answer.
func (l *Leg) end(e EndedEvent) {
	if l.state == ended {
		return
	}
	if l.referring != nil {
		l.referring.ended(e, l.far()) // before the event, after which nobody may wait any more
		l.referring = nil
	}
	l.over.Store(true) // before anybody hears of it
	l.happen(e)
	l.state = ended
	if l.clock != nil {
		l.clock.Stop()
	}
	if l.answering != nil {
		l.answering.stop(ErrEnded)
		l.answering = nil
	}
	if l.offering != nil {
		l.offering.finish(ErrEnded)
		l.offering = nil
	}
	if l.server.log.Enabled(context.Background(), slog.LevelDebug) {
		l.logger().Debug("leg ended", "by", e.By, "cause", e.Cause, "status", e.Status, "reason", e.Reason)
	}
}

// forsake has the leg wait for nothing any more.
func (l *Leg) forsake() {
	if l.transfer != nil {
		l.transfer.bye = nil
		l.transfer.abandon()
	}
	l.pending = 0
}

// far is the name of the far side as one who ends a call.
func (l *Leg) far() string {
	if l.caller {
		return ByCallee
	}
	return ByCaller
}

// request takes a request of the far side in the dialog. It was checked by Validate, and is answered through t.
func (l *Leg) request(req *gosip.Request, t *transaction) {
	if l.state == ended && req.Method != gosip.BYE {
		l.refuse(req, t, 481, "Call/Transaction Does Not Exist", 0)
		return
	}
	d := &l.dialog
	var f *fork // in which the request is; nil: the dialog
	if l.caller && l.state < answered {
		if f = l.calling.fork(tagOf(req.From().Params)); f == nil {
			l.refuse(req, t, 481, "Call/Transaction Does Not Exist", 0)
			return
		}
		d = &f.dialog
	}
	// RFC 3261 §12.2.2: what was sent before a request that has come already is out of order.
	if !d.Receive(req.CSeq().SeqNo) {
		l.refuse(req, t, 500, "CSeq Out of Order", 0)
		return
	}
	switch req.Method {
	case gosip.BYE:
		l.bye(req, t)
	case gosip.INVITE:
		l.reinvite(req, t)
	case gosip.UPDATE:
		l.update(req, t, f)
	case gosip.PRACK:
		l.prack(req, t)
	case gosip.INFO:
		l.info(req, t)
	case gosip.NOTIFY:
		l.notified(req, t)
	case gosip.REFER:
		l.referred(req, t)
	case gosip.SUBSCRIBE:
		l.watched(req, t)
	case gosip.OPTIONS:
		l.respond(req, t, 200, "OK", l.server.capabilities()...)
	default:
		status, reason := 405, "Method Not Allowed"
		if !known(req.Method) {
			status, reason = 501, "Not Implemented"
		}
		l.respond(req, t, status, reason, gosip.NewHeader("Allow", allow))
	}
}

// rateLimit counts what happens in a second.
type rateLimit struct {
	second int64
	count  int
}

// over tells whether one more at now is more than most in the same second.
func (r *rateLimit) over(now time.Time, most int) bool {
	if s := now.Unix(); s != r.second {
		r.second, r.count = s, 0
	}
	r.count++
	return r.count > most
}
