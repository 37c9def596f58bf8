// Package sip is dialtone's signalling: SIP over UDP, TCP, TLS (RFC 3261) and WebSocket (RFC 7118) for telephones that register (§10), trunks that
// are known by their address, registration or certificate, and calls from both, up to a Leg that a call can answer, change and hang up.
//
// The way of a message: an edge (UDP) or a stream (all others) reads it, and in the same goroutine Server.request decides whose
// it is, so that the order in which messages arrive is kept up to a leg's mailbox. From there whoever empties it,
// which owns the dialog, goes on. A request that begins something passes Validate, then the Registrar, or who
// may call: a trunk by what TrunkOf says, anybody else by digest.
//
//	edge, stream ──► Server.request ──► transaction ──► Leg (its mailbox guards the Dialog) ──► Config.Incoming
//	                       ├──► REGISTER ──► Registrar ──► Bindings, and presences, which know what becomes of each contact
//	                       ├──► SUBSCRIBE ──► subscription, which tells a phone by NOTIFY what Config.Lamps shows
//	                       └──► OPTIONS, refusals
//
// sipgo gives the messages and their parser. Its transports and transactions are not used: they start a goroutine for each
// message, which loses the order, remember every source address, drop what they cannot parse, and keep of each request 4 kB
// for 32 s. Ours keep the bytes of an answer.
//
// The types to know: Server, made of a Config; Leg with its Events; Negotiator, who agrees on a leg's media, with
// Negotiate, MakeOffer and ReadAnswer to do it; Dialog, Binding and Refusal, which are values. A Server is both sides:
// Dial and RegisterWith make it a telephone. Contacts is where a phone is called.
//
// What has not been let in is answered without state (RFC 3261 §8.2.7). Before a message is parsed the guard drops it where its source
// is banned, or is a stranger that sends too many; of strangers it remembers a bounded number.
package sip

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	gosip "github.com/emiago/sipgo/sip"

	"dialtone/rates"
)

// Config is what a Server is made of.
type Config struct {
	Listen   []Listener
	TLS      *tls.Config    // how the listeners on tls and wss prove who they are; needed where there is one
	Outgoing *tls.Config    // whom connections of ours by tls believe; nil: whom the machine believes
	Local    []netip.Prefix // whose hosts are told the address that reaches them, whatever External is
	External netip.Addr     // told to others as ours, in Contact, Via and SDP; zero: the address that reaches them
	// Session is how long an answered call lives without a sign of the far side (RFC 4028), at least 90 s: 0 is DefaultSession,
	// less than 0 leaves it to the far side.
	Session time.Duration
	// Reliable: a caller that serves 100rel (RFC 3262) is told reliably that it rings, not only one that requires it.
	Reliable  bool
	UserAgent string   // in Server and User-Agent; empty: neither
	Realm     string   // of challenges; empty: "dialtone"
	Digest    []string // algorithms in the order of the challenges; nil: MD5, SHA-256
	Accounts  Accounts // the phones; nil: there are none
	Trunks    Trunks   // nil: there are none
	// StrangerRate is how many messages a second are taken from a source that is no trunk's and has shown no password, four
	// times as many at once; 0: any number.
	StrangerRate int
	Bans         *Bans    // who is not listened to; nil: everybody is
	Bindings     Bindings // where registrations are kept; nil: REGISTER is not served
	// Qualify is how often each contact of a phone is asked by OPTIONS whether it is there, which also keeps NATs open; 0: never.
	Qualify time.Duration
	// ContactChanged is told what happens to the phones' contacts, in its order; it must not wait for long. nil: nobody is.
	ContactChanged func(ContactEvent)
	Lamps          Lamps // what phones subscribe to, beside their mailbox; nil: nothing
	// Incoming is called, on a goroutine of its own, with each call that was let in. It may stay for as long as the
	// call lives. A call that nobody wants is refused with Reject. nil refuses all.
	Incoming func(*Leg)
	Log      *slog.Logger // nil: none
	Network  Network      // nil: the machine's
	Names    Names        // DNS; nil: the machine's, with its table of hosts; another Network's has addresses alone
}

// Realm is the default realm of challenges.
const Realm = "dialtone"

// Accounts knows the phones. It is asked for each request of a phone and must not wait.
type Accounts interface {
	Account(user string) (Account, bool)
}

// Server is the signalling of one process. Listen opens its sockets, Serve reads them, Shutdown ends its calls and
// closes it.
type Server struct {
	config        Config
	log           *slog.Logger
	parser        *gosip.Parser
	guard         *guard
	registrar     Registrar
	presences     *presences
	subscriptions *subscriptions
	counts        counts
	noise         noise // of messages that cannot be read
	failures      noise // of TLS handshakes
	edges         []*edge
	resolver      *resolver
	listeners     []*listening
	sources       sync.Map // netip.Addr → netip.Addr: Network.Source, bounded by sourcesKnown
	known         atomic.Int32

	transactions *transactions
	sendings     sendings
	streams      streams
	overload     overload
	narrow       narrow
	draining     atomic.Bool // new requests are answered 503
	registering  chan struct{}
	registered   registrations // ours, with others

	mu    sync.Mutex
	legs  map[legKey]*Leg
	calls map[callKey]*Leg // incoming, by their INVITE
	idle  chan struct{}    // closed when draining and no leg is left; nil while not draining

	life   sync.RWMutex // of closed: tasks begin under its read lock, so that none begins after the end
	closed bool
	tasks  sync.WaitGroup
	reads  sync.WaitGroup
	done   chan struct{} // closed with the server
}

// legKey finds the leg of a request in a dialog: our tag is among To, or From when it answers.
type legKey struct{ callID, tag string }

// callKey finds the leg that an INVITE made, when it comes a second time by another way (RFC 3261 §8.2.2.2).
type callKey struct {
	callID, tag string
	seq         uint32
}

const (
	maxRegistering = 2048             // REGISTERs that wait for the disk
	stoppingTime   = 10 * time.Second // after which a call may be tried again that came while the server stops
	sourcesKnown   = 100_000          // far ends whose local address is remembered
)

// New makes a Server.
func New(config Config) (*Server, error) {
	if config.Log == nil {
		config.Log = quiet
	}
	if config.Network == nil {
		config.Network = machine{}
	}
	if config.Realm == "" {
		config.Realm = Realm
	}
	for _, l := range config.Listen {
		switch l.Transport {
		case "udp", "tcp", "ws":
		case "tls", "wss":
			if config.TLS == nil {
				return nil, fmt.Errorf("cannot listen on %s: there is no certificate", l)
			}
		default:
			return nil, fmt.Errorf("cannot listen on %s: the transport is one of %s", l, strings.Join(transports, ", "))
		}
	}
	s := &Server{
		config: config, log: config.Log, parser: gosip.NewParser(), transactions: newTransactions(),
		sendings: sendings{all: make(map[string]*sending)}, registering: make(chan struct{}, maxRegistering),
		legs: make(map[legKey]*Leg), calls: make(map[callKey]*Leg), done: make(chan struct{}),
	}
	s.resolver = newResolver(config)
	s.streams = newStreams(s)
	s.narrow.all = rates.Generations[Hop, struct{}]{Life: narrowLife, Most: mostNarrow}
	s.presences, s.subscriptions = newPresences(s), newSubscriptions(s)
	s.registrar = Registrar{Bindings: config.Bindings, Own: s.own, Saved: s.presences.saved}
	var err error
	s.guard, err = newGuard(config)
	return s, err
}

// Listen opens the sockets; after it Addrs is known. On an error none stays open.
func (s *Server) Listen() error {
	for _, l := range s.config.Listen {
		var err error
		switch l.Transport {
		case "udp":
			var socket PacketConn
			if socket, err = s.config.Network.ListenPacket(l.Addr); err == nil {
				s.edges = append(s.edges, &edge{server: s, socket: socket, local: addrPort(socket.LocalAddr())})
			}
		default:
			var listener net.Listener
			if listener, err = s.config.Network.Listen(l.Addr); err == nil {
				s.listeners = append(s.listeners, s.streams.listening(listener, l.Transport))
			}
		}
		if err != nil {
			s.closeSockets()
			return fmt.Errorf("cannot listen on %s: %w", l, err)
		}
	}
	return nil
}

// Addrs are the addresses on which the server listens, UDP first, else in the order of Config.Listen.
func (s *Server) Addrs() []Listener {
	var all []Listener
	for _, e := range s.edges {
		all = append(all, Listener{"udp", e.local})
	}
	for _, l := range s.listeners {
		all = append(all, Listener{l.transport, addrPort(l.Addr())})
	}
	return all
}

// Counts tells what has arrived.
func (s *Server) Counts() Counts {
	c := s.counts.get()
	c.Limited, c.Banned, c.Guesses = s.guard.limited.Load(), s.guard.banned.Load(), s.guard.guessed.Load()
	return c
}

// Serve reads the sockets until Shutdown, or until ctx ends, which closes the server without a word to the far ends.
func (s *Server) Serve(ctx context.Context) error {
	s.life.RLock()
	if s.closed {
		s.life.RUnlock()
		return net.ErrClosed
	}
	if s.config.Bindings != nil {
		s.presences.load()
		s.tasks.Go(s.presences.run)
	}
	for _, e := range s.edges {
		s.reads.Go(e.run)
	}
	for _, l := range s.listeners {
		s.reads.Go(func() { s.streams.accept(l) })
	}
	s.life.RUnlock()
	select {
	case <-s.done:
		return nil
	case <-ctx.Done():
		s.close()
		return ctx.Err()
	}
}

// Shutdown ends every call, by BYE or 503, waits until the far sides have answered or ctx ends, and closes the server.
// When it returns no goroutine of the server is left but those in Config.Incoming.
func (s *Server) Shutdown(ctx context.Context) error {
	s.draining.Store(true)
	s.mu.Lock()
	idle := make(chan struct{})
	s.idle = idle
	if len(s.legs) == 0 {
		close(idle)
		s.idle = nil
	}
	legs := make([]*Leg, 0, len(s.legs))
	for _, l := range s.legs {
		legs = append(legs, l)
	}
	s.mu.Unlock()
	for _, l := range legs {
		l.tell(func() { l.hangup(BYE{Cause: causeNormal, Text: "the server is stopping"}) })
	}
	var err error
	select {
	case <-idle:
	case <-ctx.Done():
		err = ctx.Err()
	case <-s.done:
	}
	s.close()
	return err
}

// close ends the server at once.
func (s *Server) close() {
	s.life.Lock()
	was := s.closed
	s.closed = true
	s.life.Unlock()
	if was {
		<-s.done
		return
	}
	s.mu.Lock()
	legs := make([]*Leg, 0, len(s.legs))
	for _, l := range s.legs {
		legs = append(legs, l)
	}
	s.mu.Unlock()
	close(s.presences.stop)
	s.subscriptions.close()
	s.closeSockets()
	s.streams.close()
	s.reads.Wait()
	for _, l := range legs {
		l.tell(func() {
			l.forsake()
			l.end(EndedEvent{By: ByServer, Cause: causeNormal, Reason: "the server has stopped"})
		})
	}
	for _, l := range legs {
		<-l.gone
	}
	s.transactions.close()
	s.sendings.close()
	s.tasks.Wait()
	close(s.done)
}

func (s *Server) closeSockets() {
	for _, e := range s.edges {
		e.socket.Close()
	}
	for _, l := range s.listeners {
		l.Close()
	}
}

// spawn runs f on a goroutine that the server waits for when it closes; false when it is closed.
func (s *Server) spawn(f func()) bool {
	s.life.RLock()
	defer s.life.RUnlock()
	if s.closed {
		return false
	}
	s.tasks.Go(f)
	return true
}

var errClosed = errors.New("the server is closed")

// begin starts the goroutine of a leg.
func (s *Server) begin(l *Leg) error {
	s.life.RLock()
	defer s.life.RUnlock()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed || s.draining.Load() {
		return errClosed
	}
	s.legs[legKey{l.callID, l.tag}] = l
	if !l.caller {
		s.calls[callKey{l.callID, l.dialog.RemoteTag, l.seq}] = l
	}
	s.tasks.Add(1)
	l.begun = true
	return nil
}

// leg finds a leg by its Call-ID and our tag.
func (s *Server) leg(callID, tag string) *Leg {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.legs[legKey{callID, tag}]
}

// hide takes a leg out of sight; after it nothing from the network comes to it.
func (s *Server) hide(l *Leg) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.legs, legKey{l.callID, l.tag})
	if !l.caller {
		delete(s.calls, callKey{l.callID, l.dialog.RemoteTag, l.seq})
	}
	if len(s.legs) == 0 && s.idle != nil {
		close(s.idle)
		s.idle = nil
	}
}

// Legs is the number of legs that live.
func (s *Server) Legs() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.legs)
}
