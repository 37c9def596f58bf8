package call

import (
	"bytes"
	"net/netip"
	"sync"

	"dialtone/media"
	"dialtone/sip"
)

// Media is the media side of a leg: it answers and makes offers (sip.Negotiator) and gives the stream what
// was agreed. The leg calls it from its own goroutine; the call starts it when the call is answered.
type Media struct {
	stream *media.Stream
	remote netip.Addr // of the signalling
	local  sip.Local

	mu      sync.Mutex
	offer   []byte // the last one received; asked again, the answer is the same
	answer  []byte
	ours    []byte // our offer that waits for its answer
	agreed  sip.Media
	known   bool // agreed holds something
	started bool // the stream may send
}

// newMedia makes the media side for a leg whose far side signals from remote and reaches us at addr.
func newMedia(stream *media.Stream, addr, remote netip.Addr, c Config) *Media {
	return &Media{
		stream: stream, remote: remote,
		local: sip.Local{
			Addr: addr, Port: stream.LocalPort(), Laws: c.Laws, Events: true, Ptime: 20,
			SessionID: sip.NewSessionID(), Version: 1, Own: c.Own,
		},
	}
}

// Placed tells the address at which the far side reaches us, and that from which it signals, before the first offer of a call
// that we make.
func (m *Media) Placed(local, remote netip.Addr) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.local.Addr, m.remote = local, remote
}

// restart forgets what was agreed, for another try of a call that we make.
func (m *Media) restart() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.offer, m.answer, m.ours, m.known = nil, nil, nil, false
	m.local.Version++
}

// Offered answers an offer: of the INVITE, where nothing flows before start, or of a re-INVITE or an UPDATE,
// where the stream changes at once. The version in the answer's o= line rises when the offer changed (RFC 3264 §8).
func (m *Media) Offered(offer []byte) ([]byte, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.answer != nil && bytes.Equal(offer, m.offer) {
		return m.answer, nil
	}
	local := m.local
	if m.known {
		local.Version++
	}
	answer, agreed, err := sip.Negotiate(offer, local)
	if err != nil {
		return nil, err
	}
	if err := m.take(agreed); err != nil {
		return nil, err
	}
	m.local, m.offer, m.answer = local, bytes.Clone(offer), answer
	return answer, nil
}

// Offer makes our offer, for an INVITE or a re-INVITE that came without one.
func (m *Media) Offer() ([]byte, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.known {
		m.local.Version++
	}
	m.ours, m.offer, m.answer = sip.MakeOffer(m.local), nil, nil
	return m.ours, nil
}

// Answered takes the answer to our offer.
func (m *Media) Answered(answer []byte) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	agreed, err := sip.ReadAnswer(m.ours, answer)
	if err != nil {
		return err
	}
	return m.take(agreed)
}

// Start lets the stream send: the call is answered, or has early media.
func (m *Media) Start() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.started {
		return nil
	}
	m.started = true
	if !m.known {
		return nil // the answer to our offer is still on its way
	}
	return m.stream.Update(m.params())
}

// Agreed is what both sides agreed on last; false before anything was.
func (m *Media) Agreed() (sip.Media, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.agreed, m.known
}

// take keeps what was agreed, and gives it to a stream that is sending already.
func (m *Media) take(agreed sip.Media) error {
	m.agreed, m.known = agreed, true
	if !m.started {
		return nil
	}
	return m.stream.Update(m.params())
}

func (m *Media) params() media.Params {
	a := m.agreed
	return media.Params{
		Remote: a.Remote, RemoteRTCP: a.RemoteRTCP, Signalling: m.remote, Law: a.Law, PayloadType: a.PayloadType,
		EventType: a.EventType, EventsOffered: a.EventsOffered, Ptime: a.Ptime, Send: a.Send, Receive: a.Receive, RTCPMux: a.RTCPMux,
	}
}
