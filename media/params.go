package media

import (
	"errors"
	"fmt"
	"net/netip"

	"dialtone/media/g711"
)

const (
	samplesPerMs = 8 // RTP clock of G.711: 8 kHz
	minPtime     = 10
	maxPtime     = 60
)

// Params is what a negotiation fixed for a stream.
type Params struct {
	Remote     netip.AddrPort `json:"remote"`      // where to send, by the SDP; zero: not known yet or held by c=0.0.0.0
	RemoteRTCP netip.AddrPort `json:"remote_rtcp"` // zero: Remote's port + 1
	// Signalling is where the far end's signalling comes from. RTP from that
	// address is plausible at once, as it is behind NAT. Zero: unknown.
	Signalling  netip.Addr `json:"signalling"`
	Law         g711.Law   `json:"law"`
	PayloadType uint8      `json:"payload_type"` // of the audio, both ways
	EventType   int        `json:"event_type"`   // payload type of telephone-event at 8000 Hz; -1: not negotiated
	// EventsOffered is another payload type that telephone-events may come with: that of our own offer. 0: none.
	EventsOffered uint8 `json:"events_offered,omitempty"`
	Ptime         int   `json:"ptime"` // ms of audio per packet sent, brought into 10..60; 0: 20
	Send          bool  `json:"send"`
	Receive       bool  `json:"receive"`
	RTCPMux       bool  `json:"rtcp_mux"` // RFC 5761: RTCP on the RTP port
	// Probe bounds the packets sent before anything valid has come back; for
	// callers nobody vouches for. 0: no bound.
	Probe int `json:"probe,omitempty"`
	// SRTP is how both ways are encrypted; once it is said it is for as long as the stream lives. Keys are not written down.
	SRTP SRTP `json:"-"`
}

// audioFormat is how audio is coded, and the number that says so.
type audioFormat struct {
	payloadType uint8
	law         g711.Law
}

func (p *Params) format() audioFormat { return audioFormat{p.PayloadType, p.Law} }

// check brings p into range and refuses what cannot be sent to from local.
func (p *Params) check(local netip.AddrPort) error {
	if p.Ptime == 0 {
		p.Ptime = 20
	}
	p.Ptime = min(max(p.Ptime, minPtime), maxPtime)
	if p.Law != g711.Mu && p.Law != g711.A {
		return fmt.Errorf("media: unknown law %d", p.Law)
	}
	if p.PayloadType > 127 {
		return fmt.Errorf("media: payload type %d out of 0..127", p.PayloadType)
	}
	if p.EventType < -1 || p.EventType > 127 || p.EventType == int(p.PayloadType) {
		return fmt.Errorf("media: telephone-event payload type %d out of 0..127, or that of the audio", p.EventType)
	}
	var err error
	if p.Remote, err = checkRemote(p.Remote, local); err != nil {
		return err
	}
	if p.RemoteRTCP, err = checkRemote(p.RemoteRTCP, local); err != nil {
		return err
	}
	p.Signalling = p.Signalling.Unmap()
	return nil
}

// checkRemote gives the address in plain form; the zero address for none.
func checkRemote(a, local netip.AddrPort) (netip.AddrPort, error) {
	a = netip.AddrPortFrom(a.Addr().Unmap(), a.Port())
	ip := a.Addr()
	switch {
	case !ip.IsValid() || a.Port() == 0 || ip.IsUnspecified():
		return netip.AddrPort{}, nil
	case ip.IsMulticast() || ip == netip.AddrFrom4([4]byte{255, 255, 255, 255}):
		return a, fmt.Errorf("media: remote address %v is not one host's", a)
	case ip.Is6() && local.Addr().Is4():
		return a, fmt.Errorf("media: remote address %v cannot be reached from %v, which is IPv4", a, local)
	case ip.Is4() && local.Addr().Is6() && !local.Addr().IsUnspecified():
		return a, fmt.Errorf("media: remote address %v cannot be reached from %v, which is IPv6", a, local)
	case a == local:
		return a, errors.New("media: remote address is this stream's own")
	}
	return a, nil
}
