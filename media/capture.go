package media

import (
	"cmp"
	"errors"
	"io"
	"net/netip"
	"slices"
	"time"

	"dialtone/media/g711"
)

// CapturedStream is one direction of a call that a capture file shows.
type CapturedStream struct {
	From, To   netip.AddrPort
	SSRC       uint32
	Law        g711.Law
	EventType  int           // payload type of its telephone-events; -1: it has none
	Audio      bool          // it has audio that is understood: G.711
	Packets    int           // RTP packets, duplicates not counted
	Lost       int64         // packets that the capture lacks
	Duplicates int           // packets that came again
	Reordered  int           // packets that came after a later one
	Jitter     time.Duration // of the arrival of audio, RFC 3550 A.8
	Start, End time.Duration // its first and last packet, from the capture's first
	Heard                    // times from the capture's first packet
}

const (
	maxFlows   = 512 // streams followed at once
	minPackets = 4   // in sequence that make a stream of what looks like one
	reorder    = 480 // samples that a packet of a capture may come late: 60 ms
	longGap    = 800 // samples; a longer hole ends what was being said: 100 ms
)

// ReadCapture finds the streams of G.711 and of telephone-events in a pcap or
// pcapng file and gives each, with the digits pressed in it, in order of their
// beginning. It knows no SDP: what looks like RTP (version 2, payload type 0 or
// 8, or a dynamic one with events of 4 bytes, in sequence) is taken as such. A
// file that is damaged or cut off gives what is before that, and the error.
// For what is no capture it is ErrNotCapture; of a bufio.Reader of 64 kB nothing is read then.
func ReadCapture(r io.Reader, each func(CapturedStream) error) error {
	packets, err := newCaptureReader(r)
	if err != nil {
		return err
	}
	c := capture{flows: make(map[flowKey]*flow)}
	for {
		var f capturedFrame
		if f, err = packets.next(); err != nil {
			break
		}
		c.frame(f)
	}
	if errors.Is(err, io.EOF) {
		err = nil
	}
	return errors.Join(c.finish(each), err)
}

type flowKey struct {
	from, to netip.AddrPort
	ssrc     uint32
}

// capture is the streams seen so far.
type capture struct {
	begun bool
	first time.Duration
	flows map[flowKey]*flow
	ended []CapturedStream
}

// flow is one stream.
type flow struct {
	CapturedStream
	reception reception
	inARow    int
	proven    bool

	jitter  JitterBuffer
	ear     ear
	silent  bool // nothing is being said
	pressed pressed
}

func (c *capture) frame(f capturedFrame) {
	if !c.begun {
		c.begun, c.first = true, f.at
	}
	at := max(f.at-c.first, 0)
	from, to, b, ok := udpOf(f.link, f.data)
	if !ok {
		return
	}
	h, payload, why := parseHeader(b)
	if why != keep || isRTCP(b) {
		return
	}
	key := flowKey{from, to, h.ssrc}
	fl := c.flows[key]
	if !looksLikeRTP(h, payload, fl) {
		return
	}
	if fl == nil {
		if len(c.flows) >= maxFlows {
			c.forget()
		}
		fl = &flow{CapturedStream: CapturedStream{From: from, To: to, SSRC: h.ssrc, EventType: -1, Start: at}, silent: true}
		fl.jitter.fixed = true
		fl.reception.start(h.ssrc, h.seq-1)
		c.flows[key] = fl
	}
	fl.packet(at, h, payload)
}

// looksLikeRTP judges a packet by itself and by what its stream has had before.
func looksLikeRTP(h header, payload []byte, fl *flow) bool {
	if fl != nil && fl.proven {
		return true // comfort noise, another codec: they are counted
	}
	if _, audio := g711.ByPayloadType(h.payloadType); audio {
		return len(payload) > 0 && len(payload) <= jitterSpan/2
	}
	if fl == nil {
		fl = &flow{CapturedStream: CapturedStream{EventType: -1}}
	}
	return fl.isEvent(h, payload)
}

// packet takes in a packet of the flow.
func (f *flow) packet(at time.Duration, h header, payload []byte) {
	event := f.isEvent(h, payload)
	newer := int16(h.seq-f.reception.maxSeq) > 0
	switch f.reception.packet(h.seq) {
	case keep:
	case DropDuplicate:
		f.Duplicates++
		if event {
			f.pressed.again(h)
		}
		return
	default:
		f.inARow = 0
		return
	}
	f.Packets++
	if !newer {
		f.Reordered++
	}
	f.End = at
	if f.inARow++; f.inARow >= minPackets {
		f.proven = true
	}
	law, audio := g711.ByPayloadType(h.payloadType)
	switch {
	case event:
		f.EventType = int(h.payloadType)
		f.pressed.packet(toSamples(at), h, payload, func(start int64) int64 { return eventSlip(&f.jitter, f.ear.at, h, start) })
	case audio:
		f.audio(at, h, law, payload)
	}
	f.pressed.passed(toSamples(at), f.reception.lost())
}

// isEvent says whether a packet is a telephone-event, without an SDP that would name its payload type: by its length, the
// event and the reserved bit.
func (f *flow) isEvent(h header, payload []byte) bool {
	switch {
	case h.payloadType < 96 || len(payload) < 4:
		return false
	case f.EventType >= 0:
		return int(h.payloadType) == f.EventType
	}
	return len(payload)%4 == 0 && len(payload) <= 16 && payload[0] <= 16 && payload[1]&0x40 == 0
}

// audio takes in a packet of G.711.
func (f *flow) audio(at time.Duration, h header, law g711.Law, payload []byte) {
	if len(payload) == 0 || len(payload) > jitterSpan/2 {
		return
	}
	f.Audio = true
	f.reception.arrived(toSamples(at), h.timestamp)
	gap := int(int32(h.timestamp - f.jitter.end))
	if _, started := f.jitter.Position(); !started || gap > longGap || gap < -jitterSpan || law != f.Law {
		f.pause()
		f.jitter = JitterBuffer{fixed: true}
		f.Law = law
		f.ear.at = toSamples(at) - jitterStart // the buffer begins with a hole of that length
		f.silent = false
	}
	f.jitter.Put(toSamples(at), h.ssrc, h.timestamp, h.marker, payload)
	f.listen(reorder)
}

// listen takes what is further back than keep samples from the newest.
func (f *flow) listen(keep int) {
	for int(int32(f.jitter.end-f.jitter.play)) > keep {
		var b [maxPiece]byte
		var pcm [maxPiece]int16
		left := int(int32(f.jitter.end-f.jitter.play)) - keep
		n, heard := f.jitter.Take(b[:min(left, maxPiece)])
		if heard {
			f.Law.DecodeTo(pcm[:n], b[:n])
			f.ear.samples(pcm[:n])
		} else {
			f.ear.missing(n)
		}
	}
}

// pause lets the detector hear all there is, and then nothing.
func (f *flow) pause() {
	if f.silent {
		return
	}
	f.listen(0)
	f.ear.flush()
	f.silent = true
}

func toSamples(d time.Duration) int64 {
	return int64(d/time.Millisecond)*samplesPerMs + int64(d%time.Millisecond)*samplesPerMs/1e6
}

// forget ends the flow that has been quiet for longest.
func (c *capture) forget() {
	var oldest flowKey
	found := false
	for key, f := range c.flows {
		if !found || f.End < c.flows[oldest].End {
			oldest, found = key, true
		}
	}
	c.end(oldest)
}

func (c *capture) end(key flowKey) {
	f := c.flows[key]
	delete(c.flows, key)
	if !f.proven || len(c.ended) >= 1<<16 {
		return
	}
	f.pause()
	f.Heard = f.ear.heard(f.pressed.heard())
	f.Lost = f.reception.lost()
	f.Jitter = samples(f.reception.jitter >> 4)
	c.ended = append(c.ended, f.CapturedStream)
}

func (c *capture) finish(each func(CapturedStream) error) error {
	for key := range c.flows {
		c.end(key)
	}
	slices.SortStableFunc(c.ended, func(a, b CapturedStream) int {
		return cmp.Or(cmp.Compare(a.Start, b.Start), a.From.Compare(b.From), a.To.Compare(b.To), cmp.Compare(a.SSRC, b.SSRC))
	})
	for _, s := range c.ended {
		if err := each(s); err != nil {
			return err
		}
	}
	return nil
}
