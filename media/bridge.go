package media

import (
	"errors"

	"dialtone/dtmf"
	"dialtone/media/g711"
)

// Bridge has two streams hear each other:
//
//	b, err := media.NewBridge(caller, callee)
//	...
//	b.End()
//
// A packet of audio that is believed leaves for the other side as soon as it is read:
// it is not decoded, waits in no jitter buffer, and what the line did to it is left to
// the far end's. Where the laws differ it is turned into the other one by table, where
// the packet times differ it is cut anew. The other side hears one source: SSRC,
// sequence numbers and timestamps go on (relay).
//
// What is sent on a stream for itself goes before what is relayed: the sources of Play
// (music while somebody holds), a key of SendDigit. An Overlay lies over both. When
// nothing has come for 200 ms silence is sent, and the noise that the far end describes
// as soon as it says so.
//
// Keys are passed on, each once: their events are sent afresh (RFC 4733 §2.5) for as
// long as the key is down, as a tone where the other side takes no events, and the tone
// that some telephones send beside their events is not passed on with them. They come
// out of Digits too. A tone in the audio is looked for only where events were not
// negotiated; it goes on as the audio that it is, or as an event to who takes those.
//
// Tap and TapSent hear as ever. Its methods may be called from any goroutine.
type Bridge struct{ there, back relay }

// NewBridge joins two streams of one Streams until End or until one of them is closed.
// A bridge that one of them has is ended first. The error says why they cannot be
// joined; ErrClosed if one of them is closed.
func NewBridge(a, b *Stream) (*Bridge, error) {
	if a == b || a.streams != b.streams {
		return nil, errors.New("media: a bridge joins two streams that were opened together")
	}
	br := new(Bridge)
	br.there = relay{bridge: br, from: a, to: b}
	br.back = relay{bridge: br, from: b, to: a}
	for _, st := range []*Stream{a, b} {
		st.mu.Lock()
		old := st.onward
		st.mu.Unlock()
		if old != nil {
			old.bridge.End()
		}
	}
	gather(a, b)
	for _, r := range []*relay{&br.there, &br.back} {
		if !r.from.join(r, r.counter()) {
			br.End()
			return nil, ErrClosed
		}
	}
	return br, nil
}

// counter is the relay of the other direction.
func (r *relay) counter() *relay {
	if r == &r.bridge.there {
		return &r.bridge.back
	}
	return &r.bridge.there
}

// join has the stream be a side of a bridge; false: it is closed.
func (st *Stream) join(onward, fed *relay) bool {
	st.mu.Lock()
	defer st.mu.Unlock()
	if st.closed {
		return false
	}
	st.onward, st.fed = onward, fed
	st.tellRelays()
	return true
}

// tellRelays tells both directions of a bridge how keys come and go; st.mu is held.
func (st *Stream) tellRelays() {
	if st.onward != nil {
		st.onward.tones.Store(st.params.EventType < 0)
		st.fed.events.Store(st.params.EventType >= 0)
	}
}

// End parts the streams. Each goes on with what it plays, or silence.
func (b *Bridge) End() {
	for _, r := range []*relay{&b.there, &b.back} {
		st := r.from
		st.mu.Lock()
		if st.onward == r {
			st.fed.interrupt(&st.sender)
			st.sender.keypad.hold(0, false)
			st.sender.overheard = nil
			st.onward, st.fed = nil, nil
		}
		st.mu.Unlock()
	}
}

// Withhold keeps the keys that are pressed at one side, a stream of the bridge, from the
// other one, or passes them on again. They come out of Digits all the same.
func (b *Bridge) Withhold(from *Stream, on bool) {
	for _, r := range []*relay{&b.there, &b.back} {
		if r.from == from {
			from.mu.Lock()
			r.withholds = on
			from.mu.Unlock()
		}
	}
}

// gather has two streams be in one shard, the one with fewer streams, which then does
// all that passes between them.
func gather(a, b *Stream) {
	shards := a.streams.shards
	if len(shards) == 1 {
		return
	}
	for _, s := range shards { // all, in one order: it is rare, and takes no time
		s.mu.Lock()
		defer s.mu.Unlock()
	}
	st, to := b, a.shard
	if b.shard.count.Load() < a.shard.count.Load() {
		st, to = a, b.shard
	}
	if st.shard == to {
		return
	}
	st.mu.Lock()
	defer st.mu.Unlock()
	if st.closed {
		return
	}
	from := st.shard
	from.remove(st)
	st.shard = to
	to.add(st)
	if err := to.poller.adopt(st, from.poller); err != nil {
		st.streams.log.Warn("a stream hears no reports any more", "port", st.LocalPort(), "reason", err)
	}
}

// passed is what a stream has for the one that it is bridged with. It is given when
// the streams' locks are free.
type passed struct {
	kind   passKind
	relay  *relay
	header header   // of audio
	law    g711.Law // of audio
	at     int64    // receive clock; of audio
	kept   int      // samples of it that are not sent yet; of audio
	apart  bool     // something that is not passed on came before; of audio
	size   int      // bytes, in Scheduler.audio
	press  press    // of a key
}

type passKind uint8

const (
	passAudio passKind = iota
	passNoise          // comfort noise is described
	passKey            // a key is pressed
	passHold           // how long the newest key has been down by now
)

// pass keeps something until passOn. The shard's lock is held.
func (r *relay) pass(p passed, payload []byte) {
	s := r.from.shard
	p.relay, p.size = r, len(payload)
	s.passed, s.audio = append(s.passed, p), append(s.audio, payload...)
}

// passOn gives the streams what others have for them. The shard's lock is held.
func (s *Scheduler) passOn() {
	audio := s.audio
	for i := range s.passed {
		p := &s.passed[i]
		p.relay.take(p, audio[:p.size], &s.space)
		audio = audio[p.size:]
	}
	clear(s.passed) // a stream that has ended is not held
	s.passed, s.audio = s.passed[:0], s.audio[:0]
}

// take gives the other stream what was passed, unless the bridge has ended meanwhile.
func (r *relay) take(p *passed, payload []byte, w *workspace) {
	st := r.to
	st.mu.Lock()
	defer st.mu.Unlock()
	if st.fed != r || st.closed {
		return
	}
	switch p.kind {
	case passAudio:
		r.send(st, p, payload, w)
	case passNoise:
		r.describe(payload)
	case passKey:
		if p.press.way != dtmf.Tone || st.params.EventType >= 0 {
			p.press.way = dtmf.Event
			_ = st.sender.keypad.press(p.press) // who presses 256 keys ahead is not passed on
		}
	case passHold:
		st.sender.keypad.hold(p.press.samples, p.press.down)
	}
}
