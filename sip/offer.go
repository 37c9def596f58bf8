package sip

import (
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"net/netip"
	"strconv"

	"dialtone/media/g711"

	"github.com/pion/sdp/v3"
)

// Direction is which way media flows, as its sender sees it (RFC 8866 §6.7).
type Direction uint8

// The directions.
const (
	SendRecv Direction = iota
	SendOnly
	RecvOnly
	Inactive
)

// String is the name of the attribute.
func (d Direction) String() string {
	return [...]string{"sendrecv", "sendonly", "recvonly", "inactive"}[d&3]
}

// Sends tells whether who says it sends.
func (d Direction) Sends() bool { return d == SendRecv || d == SendOnly }

// Receives tells whether who says it receives.
func (d Direction) Receives() bool { return d == SendRecv || d == RecvOnly }

func directionOf(sends, receives bool) Direction {
	switch {
	case sends && receives:
		return SendRecv
	case sends:
		return SendOnly
	case receives:
		return RecvOnly
	}
	return Inactive
}

// Local is what our side can do, for an offer or an answer.
type Local struct {
	Addr      netip.Addr // where we receive
	Port      int        // RTP; RTCP is the next one
	Laws      []g711.Law // in the order of preference; nil: all there are
	Events    bool       // telephone-event
	Ptime     int        // ms that we ask for; 0: 20
	SessionID uint64     // of o=, the same for a call's life: NewSessionID
	Version   uint64     // of o=: one more for each description that differs from the one before (RFC 3264 §8)
	Direction Direction  // what we are ready to do
	Secrecy   Secrecy    // whether audio is encrypted
	Key       CryptoKey  // ours, the same for a call's life: NewCryptoKey; not used where Secrecy is Clear
	// Own tells whether an address is a socket of ours, such as SIP's: media sent there would come back for ever. nil: only
	// Addr and Port are.
	Own func(netip.AddrPort) bool
}

// Media is what both sides agreed on, as our side does it.
type Media struct {
	Remote      netip.AddrPort // where to send RTP; an unspecified address while the far side holds by c=0.0.0.0
	RemoteRTCP  netip.AddrPort // where to send RTCP; zero: the port after Remote's, or Remote with RTCPMux
	Law         g711.Law
	PayloadType uint8 // of the law
	EventType   int   // payload type of telephone-event; -1: not agreed
	// EventsOffered is that of our own offer where the answer has another: by RFC 3264 §6.1 each side sends with the
	// other's, and not everyone does. 0: there is none, or it is the same.
	EventsOffered uint8
	Ptime         int  // ms to send in a packet: 10..60
	Send          bool // we send
	Receive       bool // we receive
	RTCPMux       bool // RTCP on the port of RTP (RFC 5761)
	Hold          bool // the far side holds: it wants no media from us
	Crypto        Crypto
}

const (
	eventPayload = 101 // of telephone-event in our offers
	minPtime     = 10  // ms
	maxPtime     = 60
	defaultPtime = 20
)

// NewSessionID makes a session id for o=, that fits into 63 bits.
func NewSessionID() uint64 {
	var b [8]byte
	rand.Read(b[:])
	return binary.BigEndian.Uint64(b[:]) >> 1
}

func (l *Local) laws() []g711.Law {
	if len(l.Laws) == 0 {
		return g711.Laws()
	}
	return l.Laws
}

func (l *Local) has(law g711.Law) bool {
	for _, x := range l.laws() {
		if x == law {
			return true
		}
	}
	return false
}

func (l *Local) ptime() int {
	if l.Ptime == 0 {
		return defaultPtime
	}
	return clampPtime(l.Ptime)
}

// clampPtime makes of any packet time one that is sent: a multiple of 10 ms.
func clampPtime(ms int) int { return min(max(ms, minPtime), maxPtime) / 10 * 10 }

// Negotiate answers an offer (RFC 3264 §6): the first audio stream that can be had, one that is encrypted before others, by the
// first of its formats that we have; every other stream is refused by port 0. The error is a *Refusal: 400 for what is no SDP, 488 when nothing can
// be agreed on, or media would go where none may.
func Negotiate(offer []byte, ours Local) (answer []byte, m Media, err error) {
	d, err := readSDP(offer)
	if err != nil {
		return nil, m, err
	}
	if len(d.media) == 0 {
		return nil, m, NotAcceptableHere("an offer without media")
	}
	chosen := -1
	var audio *audioStream
	var why error
	for i := range d.media {
		s, err := d.audio(i, &ours)
		if err == nil {
			if audio == nil || audio.crypto.suite == "" && s.crypto.suite != "" {
				chosen, audio = i, s
			}
			continue
		}
		// A fault of the text goes before a stream that is only not for us.
		if why == nil || AsRefusal(err).Status == 400 {
			why = err
		}
	}
	if audio == nil {
		return nil, m, why
	}
	m = audio.agreed(&ours)
	out := describe(&ours)
	out.TimeDescriptions = d.session.TimeDescriptions // RFC 3264 §6
	for i := range d.media {
		if i == chosen {
			out.MediaDescriptions = append(out.MediaDescriptions, answerStream(audio, m, &ours))
			continue
		}
		name := d.media[i]
		name.Port = sdp.RangedPort{}
		out.MediaDescriptions = append(out.MediaDescriptions, &sdp.MediaDescription{MediaName: name})
	}
	answer, err = out.Marshal()
	if err != nil {
		return nil, Media{}, ServerError(fmt.Sprintf("cannot write an answer: %v", err))
	}
	return answer, m, nil
}

// MakeOffer writes what our side can do, as an offer.
func MakeOffer(ours Local) []byte {
	out := describe(&ours)
	proto := "RTP/AVP" // with a=crypto it is for who can, and no offence to others
	if ours.Secrecy == Required {
		proto = "RTP/SAVP"
	}
	s := &sdp.MediaDescription{MediaName: sdp.MediaName{
		Media: "audio", Port: sdp.RangedPort{Value: ours.Port}, Protos: []string{proto},
	}}
	for _, law := range ours.laws() {
		addCodec(s, law.PayloadType(), law.String()+"/8000")
	}
	if ours.Events {
		addCodec(s, eventPayload, "telephone-event/8000")
		s.WithValueAttribute("fmtp", strconv.Itoa(eventPayload)+" 0-15")
	}
	if ours.Secrecy != Clear {
		s.WithValueAttribute("crypto", cryptoLine{tag: 1, suite: Suite80, key: ours.Key}.String())
	}
	finish(s, ours.ptime(), ours.Direction)
	out.MediaDescriptions = []*sdp.MediaDescription{s}
	text, err := out.Marshal()
	if err != nil { // nothing in it is a stranger's
		panic(err)
	}
	return text
}

// ReadAnswer reads the answer to an offer of MakeOffer; own is Local.Own. The error is a *Refusal that says what is wrong with it.
func ReadAnswer(offer, answer []byte, own func(netip.AddrPort) bool) (Media, error) {
	asked, err := readSDP(offer)
	if err != nil {
		return Media{}, err
	}
	d, err := readSDP(answer)
	if err != nil {
		return Media{}, err
	}
	if len(d.media) != len(asked.media) {
		return Media{}, badRequest("an answer with another number of streams", "an answer with %d streams to an offer with %d", len(d.media), len(asked.media))
	}
	for i := range asked.media {
		ours, ok := asked.local(i)
		if !ok {
			continue
		}
		ours.Own = own
		s, err := d.audio(i, ours)
		if err != nil {
			return Media{}, err
		}
		if s.crypto.suite == Suite32 {
			return Media{}, NotAcceptableHere("encryption by a suite that was not offered")
		}
		// RFC 5761 §5.1.1: only what was offered can be accepted.
		_, offered := asked.session.MediaDescriptions[i].Attribute("rtcp-mux")
		s.mux = s.mux && offered
		m := s.agreed(ours)
		if m.EventType >= 0 && m.EventType != eventPayload {
			m.EventsOffered = eventPayload
		}
		return m, nil
	}
	return Media{}, NotAcceptableHere("an offer without audio")
}

// local turns a stream of our own offer back into what it was made of.
func (d *description) local(i int) (*Local, bool) {
	name := d.media[i]
	if name.Media != "audio" || name.Port.Value == 0 {
		return nil, false
	}
	ours := &Local{Port: name.Port.Value, Direction: d.direction(i)}
	if c, err := d.crypto(i); err == nil {
		ours.Secrecy, ours.Key = Optional, c.key
	}
	if profileOf(name.Protos[0]).encrypted {
		ours.Secrecy = Required
	}
	if addr, err := d.addr(i); err == nil {
		ours.Addr = addr
	}
	for _, f := range d.formats(i) {
		if law, ok := f.law(); ok {
			ours.Laws = append(ours.Laws, law)
		}
		ours.Events = ours.Events || f.event()
	}
	if ms, err := strconv.Atoi(d.attribute(i, "ptime")); err == nil {
		ours.Ptime = ms
	}
	return ours, len(ours.Laws) > 0
}

// describe begins a description of ours.
func describe(ours *Local) *sdp.SessionDescription {
	addr := ours.Addr.Unmap().WithZone("")
	kind := "IP4"
	if addr.Is6() {
		kind = "IP6"
	}
	return &sdp.SessionDescription{
		Origin: sdp.Origin{
			Username: "-", SessionID: ours.SessionID, SessionVersion: ours.Version,
			NetworkType: "IN", AddressType: kind, UnicastAddress: addr.String(),
		},
		SessionName: "-",
		ConnectionInformation: &sdp.ConnectionInformation{
			NetworkType: "IN", AddressType: kind, Address: &sdp.Address{Address: addr.String()},
		},
		TimeDescriptions: []sdp.TimeDescription{{}},
	}
}

// answerStream is our side of the stream that was chosen. One law only: the far side sends nothing else.
func answerStream(audio *audioStream, m Media, ours *Local) *sdp.MediaDescription {
	s := &sdp.MediaDescription{MediaName: sdp.MediaName{
		Media: "audio", Port: sdp.RangedPort{Value: ours.Port}, Protos: audio.name.Protos,
	}}
	addCodec(s, m.PayloadType, m.Law.String()+"/8000")
	if m.EventType >= 0 {
		addCodec(s, uint8(m.EventType), "telephone-event/8000")
		s.WithValueAttribute("fmtp", strconv.Itoa(m.EventType)+" "+audio.events)
	}
	if m.Crypto.Suite != "" {
		s.WithValueAttribute("crypto", cryptoLine{tag: audio.crypto.tag, suite: m.Crypto.Suite, key: m.Crypto.Ours}.String())
	}
	if m.RTCPMux {
		s.WithPropertyAttribute("rtcp-mux")
	}
	finish(s, m.Ptime, directionOf(audio.direction.Receives() && ours.Direction.Sends(), m.Receive))
	return s
}

func addCodec(s *sdp.MediaDescription, payload uint8, codec string) {
	number := strconv.Itoa(int(payload))
	s.MediaName.Formats = append(s.MediaName.Formats, number)
	s.WithValueAttribute("rtpmap", number+" "+codec)
}

func finish(s *sdp.MediaDescription, ptime int, d Direction) {
	s.WithValueAttribute("ptime", strconv.Itoa(ptime))
	s.WithPropertyAttribute(d.String())
}

// agreed is what follows from a stream of the far side and ours.
func (s *audioStream) agreed(ours *Local) Media {
	m := Media{
		Remote: s.remote, RemoteRTCP: s.rtcp, Law: s.law, PayloadType: s.payload, EventType: s.event, Ptime: s.ptime,
		RTCPMux: s.mux,
	}
	if m.Ptime == 0 {
		m.Ptime = ours.ptime()
	}
	if s.maxPtime > 0 {
		m.Ptime = min(m.Ptime, clampPtime(s.maxPtime))
	}
	if s.crypto.suite != "" {
		m.Crypto = Crypto{Suite: s.crypto.suite, Ours: ours.Key, Theirs: s.crypto.key, Index: s.crypto.index}
	}
	held := s.remote.Addr().IsUnspecified() // RFC 3264 §8.4, the older way
	m.Send = s.direction.Receives() && ours.Direction.Sends() && !held
	m.Receive = s.direction.Sends() && ours.Direction.Receives()
	m.Hold = held || !s.direction.Receives()
	return m
}
