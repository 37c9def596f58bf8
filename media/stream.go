// Package media carries the audio of calls: RTP (RFC 3550, 3551), RTCP and
// RFC 4733 events for thousands of streams on few threads.
//
// A [Streams] owns the ports and the shards. A [Stream] is one leg's RTP both
// ways: [Streams.New] binds its ports, [Stream.Update] tells it what was
// negotiated, [Stream.Play] what to say; [Stream.Digits] and [Stream.Tap] give
// what was heard. Sequence numbers and timestamps are continuous from the first
// packet to [Stream.Close], whatever plays. A [Bridge] has two of them hear each
// other, a [Room] many.
//
// Each shard is one goroutine on a thread of its own. Time is cut into phases
// of 1 ms, counted from the opening; each stream has its slot every ptime, in
// a phase that it shares with some others (scheduler.go). In its slot a stream
// reads what has come (receive_linux.go), takes as much audio out of its jitter
// buffer as time has passed, and sends one packet, so one clock drives both
// ways. There is no goroutine, timer or allocation per stream's packet.
//
// What arrives is a stranger's until it is proven: it is decrypted where keys were
// agreed on (srtp.go), the header is checked, its source must be believed ([Latch]), its SSRC and sequence number must follow
// (reception.go). What fails is dropped and counted by reason.
//
// The protocol states ([Latch], [JitterBuffer], player, reception) are values
// that are told the time; tests step [Scheduler.Tick] and open no socket.
//
// Not here: SDP (package sip), what is played (a [Source], package sounds),
// and how digits are recognised (package dtmf).
package media

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"dialtone/dtmf"
	"dialtone/media/g711"
)

// ErrClosed is returned for a stream or a Streams that has been closed.
var ErrClosed = errors.New("media: closed")

// Stream is the RTP of one leg, both ways. Its methods may be called from any
// goroutine, but not from the function given to Tap.
type Stream struct {
	streams *Streams
	shard   *Scheduler     // written under its lock and mu: read under either
	addr    netip.AddrPort // local address of the RTP socket
	ssrc    uint32
	digits  chan dtmf.Digit

	// Written by the shard's scheduler, under its lock.
	due   int64 // the phase of the grid this stream's next slot belongs to
	at    int64 // the phase in which it will be served: due, or later to catch up
	index int   // place in the scheduler's table, for what its RTCP socket receives

	// The poller's, under the same lock.
	looks  uint32 // at the RTP socket so far
	steady bool   // the last one found one packet

	// mu guards what follows. The shard takes it once per slot and once per
	// drained socket; others hold it for well under a microsecond.
	mu       sync.Mutex
	sockets  socketPair
	closed   bool
	params   Params
	ptime    int   // ms
	latest   int64 // ms; how late the latest slot was served
	remote   target
	probed   int // packets sent while nothing valid has come back
	absence  absence
	sender   sender
	receiver receiver
	report   reporter
	beat     beat
	cipher   *cipher // nil: in clear
	onward   *relay  // takes what is heard to another stream; nil: not bridged
	fed      *relay  // brings what that one hears
}

// sender is what a stream remembers of its way out.
type sender struct {
	seq       uint16
	timestamp uint32 // of the next slot
	marker    bool   // the next audio packet begins a talkspurt
	player    player
	over      *player // what is heard over it; nil: nothing
	keypad    keypad
	tap       func(pcm []int16)
	overheard *overheard // what the tap hears of what is relayed
	packets   uint32     // for reports: sent so far, wrapping as RFC 3550 §6.4.1 has it
	octets    uint32
}

func newStream(s *Streams, shard *Scheduler, sockets socketPair, addr netip.AddrPort) *Stream {
	st := &Stream{
		streams: s, shard: shard, sockets: sockets, addr: addr,
		ssrc:   rand.Uint32(),
		digits: make(chan dtmf.Digit, 32),
		ptime:  20,
	}
	st.sender = sender{seq: uint16(rand.Uint32()), timestamp: rand.Uint32(), marker: true}
	st.receiver.jitter = newJitterBuffer(s.jitter)
	return st
}

// LocalPort is the RTP port of this end; RTCP is at the next one.
func (st *Stream) LocalPort() int { return int(st.addr.Port()) }

// SSRC is the synchronization source that this end sends with.
func (st *Stream) SSRC() uint32 { return st.ssrc }

// Update puts the outcome of a negotiation in force, the first as later ones,
// from the next slot on. Sequence numbers and timestamps go on. It allows the
// far end's address to be learned anew, once.
func (st *Stream) Update(p Params) error {
	if err := p.check(st.addr); err != nil {
		return err
	}
	st.mu.Lock()
	defer st.mu.Unlock()
	if st.closed {
		return ErrClosed
	}
	cipher, err := newCipher(p.SRTP, st.cipher, st.ssrc, st.streams.clock.ns())
	if err != nil {
		return err
	}
	if cipher != nil && st.sender.packets == 0 {
		st.sender.seq &= 1<<15 - 1 // RFC 3711 §3.3.1: a far end that misses the first packets must not miss a wrap
	}
	st.cipher = cipher
	first := st.params.Ptime == 0
	st.receiver.update(st.params, p, first, st.streams.clock.samples())
	if st.fed != nil {
		st.fed.interrupt(&st.sender)
	}
	st.params = p
	st.tellRelays()
	st.ptime = p.Ptime
	st.probed = 0
	st.absence.forget()
	st.setRemote(st.receiver.latch.Remote())
	return nil
}

// Forget has the stream be as before the first Update, for another far end: nothing is
// sent, nobody is believed. Sequence numbers and timestamps go on.
func (st *Stream) Forget() {
	st.mu.Lock()
	defer st.mu.Unlock()
	if st.closed {
		return
	}
	st.params, st.cipher, st.ptime = Params{}, nil, 20
	st.probed = 0
	st.absence.forget()
	st.receiver.latch, st.receiver.sources = Latch{}, sources{}
	st.receiver.jitter.Rest()
	st.setRemote(netip.AddrPort{})
}

// setRemote aims what is sent; st.mu is held.
func (st *Stream) setRemote(a netip.AddrPort) {
	st.remote = makeTarget(st.addr.Addr(), a)
	st.report.aim(st.params, a, st.addr.Addr())
}

// Play replaces what is being played by srcs, one after the other without a
// gap. done is closed in the slot that sends the last of them, or when Stop,
// Close or another Play ends them; the last packet is filled up with silence.
// A Play that comes before the next slot, at most one ptime after done, joins
// without a gap. With no remote address yet, or none any more, the sources
// wait; with sending switched off they pass unheard.
func (st *Stream) Play(srcs ...Source) (done <-chan struct{}) {
	ch := make(chan struct{})
	st.mu.Lock()
	defer st.mu.Unlock()
	st.sender.player.stop()
	if st.closed {
		close(ch)
		return ch
	}
	st.sender.player.start(srcs, st.params.Law, ch)
	return ch
}

// Stop ends what is being played; silence follows from the next slot on.
func (st *Stream) Stop() {
	st.mu.Lock()
	defer st.mu.Unlock()
	st.sender.player.stop()
}

// Digits gives the digits the far end pressed, each once, in whatever way it
// came. The channel holds 32; those that come when it is full are lost and
// counted. It is never closed.
func (st *Stream) Digits() <-chan dtmf.Digit { return st.digits }

// Info adds a digit that came by SIP INFO.
func (st *Stream) Info(key byte) {
	at := st.streams.clock.samples()
	shard := st.lockShard()
	defer shard.mu.Unlock()
	st.mu.Lock()
	defer st.mu.Unlock()
	if !st.closed {
		st.receiver.add(st, dtmf.Digit{Key: key, Way: dtmf.Info, Start: at, Length: infoLength})
	}
}

// infoLength is the length a digit by INFO is taken to have: what phones send.
const infoLength = 160 * 8

// SendDigit presses a key for ms milliseconds (40 to 60,000), as RFC 4733 event
// or as a tone in the audio; an event that was not negotiated becomes a tone.
// Presses queue up, with a pause of 100 ms after each.
func (st *Stream) SendDigit(key byte, ms int, way dtmf.Way) error {
	if !dtmf.Valid(key) {
		return fmt.Errorf("media: no such key: %q (0-9, *, #, A-D)", key)
	}
	st.mu.Lock()
	defer st.mu.Unlock()
	if st.closed {
		return ErrClosed
	}
	return st.sender.keypad.press(press{key: key, samples: min(max(ms, 40), 60_000) * samplesPerMs, way: way, pause: pauseAfterKey})
}

// Tap has f hear all received audio in order, in pieces of at most 20 ms that
// together last as long as the call does; missing marks what did not arrive, of
// which pcm is a guess. f runs on the shard's thread: it must not block, keep
// pcm or call the stream. nil ends it.
func (st *Stream) Tap(f func(pcm []int16, missing bool)) {
	st.mu.Lock()
	defer st.mu.Unlock()
	st.receiver.tap, st.receiver.restorer = f, nil
	if f != nil {
		st.receiver.restorer = new(restorer)
	}
}

// TapSent has f hear what is sent, as the far end will: the slots of 20 ms or so in
// order, silent where nothing leaves or a key is pressed as an event. In each slot it
// is called before the function of Tap, which then hears as many samples: together
// they are both sides of the call. The rules of Tap hold; nil ends it.
func (st *Stream) TapSent(f func(pcm []int16)) {
	st.mu.Lock()
	defer st.mu.Unlock()
	st.sender.tap, st.sender.overheard = f, nil
}

// Close says goodbye (RTCP BYE), frees the ports and ends what plays. Later
// calls do nothing.
func (st *Stream) Close() {
	st.mu.Lock()
	if st.closed {
		st.mu.Unlock()
		return
	}
	st.closed = true
	st.sender.player.stop()
	st.receiver.tap, st.receiver.restorer, st.sender.tap, st.sender.overheard = nil, nil, nil, nil
	st.bye()
	shard, onward := st.shard, st.onward
	st.mu.Unlock()
	if onward != nil {
		onward.bridge.End()
	}
	shard.Remove(st)
	st.streams.release(st)
}

// StreamStats is how a stream has fared.
type StreamStats struct {
	Sent         uint64         `json:"sent"`          // RTP packets
	Received     uint64         `json:"received"`      // RTP packets that were believed
	Lost         int64          `json:"lost"`          // packets that did not reach us; duplicates can make it negative (RFC 3550 §6.4.1)
	Late         uint64         `json:"late"`          // packets that came too late to be heard
	Dropped      Counts         `json:"dropped"`       // RTP and RTCP packets refused, by the name of their Drop
	Digits       Counts         `json:"digits"`        // by the name of their dtmf.Way
	DigitsLost   uint64         `json:"digits_lost"`   // digits nobody took
	Jitter       time.Duration  `json:"jitter"`        // of arrival, RFC 3550 A.8
	Told         bool           `json:"told"`          // the far end has reported how our packets arrive; else the next four are 0
	ToldOf       uint64         `json:"told_of"`       // RTP packets that we had sent when it last did
	RemoteLost   int64          `json:"remote_lost"`   // of those, the ones that did not arrive
	RemoteJitter time.Duration  `json:"remote_jitter"` // of their arrival
	RoundTrip    time.Duration  `json:"round_trip"`    // 0: not known
	LastReceived time.Time      `json:"last_received"` // zero: nothing yet
	Latched      netip.AddrPort `json:"latched"`       // where believed packets come from; zero: nowhere yet
	Delay        time.Duration  `json:"delay"`         // of our latest slot, from its time to when it was served
	SSRC         uint32         `json:"ssrc"`          // ours
	RemoteSSRC   uint32         `json:"remote_ssrc"`   // of the audio that came last; 0: none yet
	Unreachable  bool           `json:"unreachable"`   // sending was given up: nobody is there
	Encrypted    bool           `json:"encrypted"`     // by SRTP
}

// Stats tells how the stream has fared so far.
func (st *Stream) Stats() StreamStats {
	st.mu.Lock()
	defer st.mu.Unlock()
	s := StreamStats{
		Sent: uint64(st.sender.packets), SSRC: st.ssrc, RemoteSSRC: st.receiver.sources.newest.ssrc,
		Delay: time.Duration(st.latest) * time.Millisecond, Unreachable: st.givenUp(), Encrypted: st.cipher != nil,
	}
	st.receiver.stats(&s, st.streams.clock)
	st.report.stats(&s)
	return s
}

// StreamState is what the journal keeps of a stream, so that a call can go on
// after a restart with the sequence it had.
type StreamState struct {
	SSRC      uint32         `json:"ssrc"`
	Seq       uint16         `json:"seq"`       // of the next packet
	Timestamp uint32         `json:"timestamp"` // of the next slot
	Port      int            `json:"port"`
	Latched   netip.AddrPort `json:"latched"`
	Params    Params         `json:"params"`
}

// State is what the journal keeps.
func (st *Stream) State() StreamState {
	st.mu.Lock()
	defer st.mu.Unlock()
	return StreamState{
		SSRC: st.ssrc, Seq: st.sender.seq, Timestamp: st.sender.timestamp,
		Port: st.LocalPort(), Latched: st.receiver.latch.Locked(), Params: st.params,
	}
}

// slot is the stream's turn: it sends one packet, listens to as much audio, and
// reports when it is time to. now is the phase in ms; skipped counts the slots
// before it that were given up because the shard came too late. st.mu is held.
func (st *Stream) slot(now int64, skipped int, w *workspace) {
	n := st.ptime * samplesPerMs
	for range skipped {
		st.pass(n, w)
		st.receiver.listen(st, now*samplesPerMs, n, w)
	}
	st.transmit(n, w)
	st.receiver.listen(st, now*samplesPerMs, n, w)
	st.receiver.tick(st, now*samplesPerMs, w)
	if now >= st.report.next {
		st.sendReport(now, w)
	}
}

// lockShard locks the shard that the stream is in.
func (st *Stream) lockShard() *Scheduler {
	for {
		st.mu.Lock()
		shard := st.shard
		st.mu.Unlock()
		shard.mu.Lock()
		if st.shard == shard {
			return shard
		}
		shard.mu.Unlock() // it has moved meanwhile
	}
}

// pass lets n samples go by unsent.
func (st *Stream) pass(n int, w *workspace) {
	if st.fed != nil && st.fed.carries(st, n, w) {
		return
	}
	if st.remote.valid() {
		st.sender.skip(n)
	}
	st.sender.tell(nil, st.params.Law, n, w)
	st.sender.timestamp += uint32(n)
}

// transmit sends what this slot holds: an event, a tone, the player's audio or
// silence. Where the other stream of a bridge sends it holds nothing.
func (st *Stream) transmit(n int, w *workspace) {
	s := &st.sender
	if st.fed != nil && st.fed.carries(st, n, w) {
		return
	}
	if !st.remote.valid() {
		s.timestamp += uint32(n) // prompts wait for an address, time does not
		s.tell(nil, st.params.Law, n, w)
		return
	}
	law := st.params.Law
	packet := w.packet[:headerLen+n]
	audio := packet[headerLen:]
	h := header{payloadType: st.params.PayloadType, marker: s.marker, seq: s.seq, timestamp: s.timestamp, ssrc: st.ssrc}
	key := s.keypad.slot(n, s.timestamp, st.params.EventType, w)
	switch key.kind {
	case keyEvent:
		s.skip(n) // the event stands in for the audio (RFC 4733 §2.1)
		h.payloadType, h.marker, h.timestamp = uint8(st.params.EventType), key.marker, key.timestamp
		packet = packet[:headerLen+len(key.payload)]
		copy(packet[headerLen:], key.payload[:])
	case keyTone:
		s.skip(n)
		law.EncodeTo(audio, w.pcm[:n])
	default:
		filled := s.player.read(audio, law)
		if filled == 0 && st.fed != nil {
			filled = st.fed.fill(audio, law, w)
		}
		if filled == 0 && s.over == nil && st.streams.omitSilence {
			s.marker = true // RFC 3551 §4.1: a talkspurt begins after silence that was not sent
			s.timestamp += uint32(n)
			s.tell(nil, law, n, w)
			return
		}
		fillSilence(audio[filled:], law)
		s.lay(audio, law)
	}
	s.tell(packet[headerLen:], law, n, w)
	if st.maySend() {
		st.emit(h, packet)
		s.seq++
		if key.kind != keyEvent {
			s.marker = false
		}
	} else {
		s.marker = true
	}
	s.timestamp += uint32(n)
}

// emit sends a packet, in which there is room for the header before the payload, and behind it for what encryption adds.
func (st *Stream) emit(h header, packet []byte) {
	h.put(packet)
	st.sender.packets++
	st.sender.octets += uint32(len(packet) - headerLen)
	if st.cipher != nil {
		if packet = st.cipher.seal(packet); packet == nil {
			return
		}
	}
	st.shard.send(st, packet, &st.remote)
}

// tell has the tap hear n samples of what was sent: audio, or silence if it is not as
// long, which only an event is.
func (s *sender) tell(audio []byte, law g711.Law, n int, w *workspace) {
	if s.tap == nil {
		return
	}
	pcm := w.pcm[:n]
	if len(audio) == n {
		law.DecodeTo(pcm, audio)
	} else {
		clear(pcm)
	}
	s.tap(pcm)
}

// maySend says whether this slot's packet may leave.
func (st *Stream) maySend() bool {
	if !st.params.Send || st.givenUp() {
		return false
	}
	if st.params.Probe > 0 && !st.receiver.latch.Locked().IsValid() {
		if st.probed >= st.params.Probe {
			return false
		}
		st.probed++
	}
	return true
}

// absence is what ICMP says of the remote. A shard notes it of packets that it sent some time ago, when it holds no lock of their streams.
type absence struct {
	since, last atomic.Int64 // ms; when it was first and last reported unreachable
	certain     atomic.Bool
}

const (
	giveUpAfter = 2000 // ms that a remote which never sent anything may be reported unreachable
	reportPause = 3000 // ms without such a report after which the next begins anew; hosts send as few as one a second
)

// refused notes that the network said the remote cannot be reached.
func (a *absence) refused(now int64) {
	if last := a.last.Load(); last == 0 || now-last > reportPause {
		a.since.Store(now)
	}
	a.last.Store(now)
	if now-a.since.Load() >= giveUpAfter {
		a.certain.Store(true)
	}
}

// forget begins anew.
func (a *absence) forget() {
	a.last.Store(0)
	a.certain.Store(false)
}

// givenUp says that nobody is there: nothing was ever heard of the far end and
// ICMP has been saying so for a while. Only an Update or a packet changes that.
func (st *Stream) givenUp() bool {
	return st.absence.certain.Load() && !st.receiver.latch.Locked().IsValid()
}

var silence [2][maxPtime * samplesPerMs]byte

func init() {
	for _, law := range g711.Laws() {
		for i := range silence[law] {
			silence[law][i] = law.Silence()
		}
	}
}

// fillSilence makes b, at most one packet's audio, silent.
func fillSilence(b []byte, law g711.Law) { copy(b, silence[law][:]) }
