package call

import (
	"bytes"
	"net/netip"
	"sync"

	"dialtone/media"
	"dialtone/media/g711"
	"dialtone/sip"
	"dialtone/store"
)

// Media is the media side of a leg: it answers and makes offers (sip.Negotiator) and gives the stream what
// was agreed. The leg calls it from its own goroutine; the call starts it when the call is answered.
type Media struct {
	stream  *media.Stream
	secrecy sip.Secrecy // wanted of audio
	always  bool        // whether or not signalling is encrypted

	mu      sync.Mutex
	insists bool       // the next offer is of nothing but encrypted audio
	remote  netip.Addr // of the signalling
	local   sip.Local
	said    []byte // our last description
	offer   []byte // the last one received; asked again, the answer is the same
	ours    []byte // our offer that waits for its answer
	agreed  sip.Media
	known   bool // agreed holds something
	started bool // the stream may send
}

// newMedia makes the media side of a leg that follows rules; Placed tells it where the leg is.
func newMedia(stream *media.Stream, c Config, rules store.LegRules) *Media {
	secrecy, always := c.Secrecy, false
	if of, said := secrecies[rules.Encryption]; said {
		secrecy, always = of, true
	}
	return &Media{
		stream: stream, secrecy: secrecy, always: always,
		local: sip.Local{
			Port: stream.LocalPort(), Laws: lawsOf(rules, c.Laws), Events: rules.Keys != store.KeysByTone, Ptime: 20, SessionID: sip.NewSessionID(), Version: 1, Own: c.Own,
		},
	}
}

// secrecies are what rules want of audio.
var secrecies = map[string]sip.Secrecy{
	store.EncryptionOff: sip.Clear, store.EncryptionOptional: sip.Optional, store.EncryptionRequired: sip.Required,
}

// lawsOf are the laws that rules name, or those of all.
func lawsOf(rules store.LegRules, all []g711.Law) []g711.Law {
	var laws []g711.Law
	for _, codec := range rules.Codecs {
		switch codec {
		case "ulaw":
			laws = append(laws, g711.Mu)
		case "alaw":
			laws = append(laws, g711.A)
		}
	}
	if len(laws) == 0 {
		return all
	}
	return laws
}

// Placed tells, before the first offer, the address at which the far side reaches us, that from which it signals, and whether
// its signalling is encrypted.
func (m *Media) Placed(local, remote netip.Addr, secure bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.local.Addr, m.remote = local, remote
	m.local.Secrecy = sip.Clear
	if (secure || m.always) && m.secrecy != sip.Clear {
		m.local.Secrecy, m.local.Key = m.secrecy, sip.NewCryptoKey()
		if m.insists {
			m.local.Secrecy = sip.Required
		}
	}
	m.insists = false
}

// insist has the next try of a call that we make offer nothing but encrypted audio; false: it was offered already, or cannot be.
func (m *Media) insist() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.insists = m.local.Secrecy == sip.Optional
	return m.insists
}

// restart forgets what was agreed, for another try of a call that we make.
func (m *Media) restart() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.offer, m.ours, m.known = nil, nil, false
	m.stream.Forget()
}

// Offered answers an offer: of the INVITE, where nothing flows before start, or of a re-INVITE or an UPDATE,
// where the stream changes at once.
func (m *Media) Offered(offer []byte) ([]byte, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.offer != nil && bytes.Equal(offer, m.offer) {
		return m.said, nil
	}
	var agreed sip.Media
	answer, err := m.describe(func(local sip.Local) (text []byte, err error) {
		text, agreed, err = sip.Negotiate(offer, local)
		return text, err
	})
	if err != nil {
		return nil, err
	}
	if err := m.take(agreed); err != nil {
		return nil, err
	}
	m.said, m.offer = answer, bytes.Clone(offer)
	return answer, nil
}

// Offer makes our offer, for an INVITE or a re-INVITE that came without one.
func (m *Media) Offer() ([]byte, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	offer, err := m.describe(func(local sip.Local) ([]byte, error) { return sip.MakeOffer(local), nil })
	if err != nil {
		return nil, err
	}
	m.ours, m.said, m.offer = offer, offer, nil
	return offer, nil
}

// describe writes a description of ours. The version in its o= line is one more than in the last where anything else differs,
// and the same where nothing does (RFC 3264 §8).
func (m *Media) describe(write func(sip.Local) ([]byte, error)) ([]byte, error) {
	text, err := write(m.local)
	if err != nil || m.said == nil || bytes.Equal(text, m.said) {
		return text, err
	}
	m.local.Version++
	return write(m.local)
}

// Answered takes the answer to our offer.
func (m *Media) Answered(answer []byte) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	agreed, err := sip.ReadAnswer(m.ours, answer, m.local.Own)
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

// take keeps what was agreed, and gives it to a stream that is sending already. Audio that was encrypted once stays so.
func (m *Media) take(agreed sip.Media) error {
	m.agreed, m.known = agreed, true
	if agreed.Crypto.Suite != "" {
		m.local.Secrecy = sip.Required
	}
	if !m.started {
		return nil
	}
	return m.stream.Update(m.params())
}

// elsewhereProbe bounds what is sent to a host that does not signal itself until it sends something: 30 s at 20 ms a packet. It may
// be somebody who knows of nothing.
const elsewhereProbe = 1500

func (m *Media) params() media.Params {
	a := m.agreed
	probe := 0
	if a.Remote.Addr() != m.remote {
		probe = elsewhereProbe
	}
	return media.Params{
		Probe:  probe,
		Remote: a.Remote, RemoteRTCP: a.RemoteRTCP, Signalling: m.remote, Law: a.Law, PayloadType: a.PayloadType,
		EventType: a.EventType, EventsOffered: a.EventsOffered, Ptime: a.Ptime, Send: a.Send, Receive: a.Receive, RTCPMux: a.RTCPMux,
		SRTP: media.SRTP{Suite: string(a.Crypto.Suite), Ours: a.Crypto.Ours, Theirs: a.Crypto.Theirs, Index: a.Crypto.Index},
	}
}
