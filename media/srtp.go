package media

import (
	"errors"
	"fmt"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/srtp/v3"
)

// SRTP is how a stream is encrypted (RFC 3711); the zero value is not at all. What goes
// each way has a key of its own: a master key of 128 bits and a salt of 112.
type SRTP struct {
	Suite  string // as RFC 4568 §6.2 names it: AES_CM_128_HMAC_SHA1_80 or _32
	Ours   [16 + 14]byte
	Theirs [16 + 14]byte
	Index  string // bytes that each packet of the far end bears before its tag (MKI, RFC 3711 §3.1); empty: none
}

// String does not tell the keys.
func (s SRTP) String() string { return s.Suite }

// suites are what is spoken: AES in counter mode, and HMAC-SHA1 cut to so many bits.
// That of RTCP has 80 in both.
var suites = map[string]srtp.ProtectionProfile{
	"AES_CM_128_HMAC_SHA1_80": srtp.ProtectionProfileAes128CmHmacSha1_80,
	"AES_CM_128_HMAC_SHA1_32": srtp.ProtectionProfileAes128CmHmacSha1_32,
}

const (
	srtpReplay = 128     // packets back from the newest that are told apart from their copies
	srtpRoom   = 10      // bytes by which a packet grows at most
	srtcpRoom  = 4 + 10  // the same for a report
	srtpRekey  = 2 * 1e9 // ns for which the far end may go on with the key before
)

// cipher encrypts what a stream sends and decrypts what it hears. How often the
// sequence number has wrapped, which is a part of the key stream, is known from what has
// passed, and goes on while the key does.
type cipher struct {
	keys    SRTP
	out, in *srtp.Context
	before  *srtp.Context // of the key that the far end had until the last negotiation
	until   int64         // ns of the stream's clock; to when that is good
	rtp     rtp.Header    // of the packet at hand
	rtcp    rtcp.Header
}

var errDecrypted = errors.New("media: what was encrypted is not sent in clear")

// newCipher makes the cipher for keys; was is the one before, or nil, and now the time by the stream's clock.
func newCipher(keys SRTP, was *cipher, ssrc uint32, now int64) (*cipher, error) {
	if keys.Suite == "" {
		if was != nil {
			return nil, errDecrypted
		}
		return nil, nil
	}
	if was != nil && was.keys == keys {
		return was, nil
	}
	profile, ok := suites[keys.Suite]
	if !ok {
		return nil, fmt.Errorf("media: unknown suite of SRTP: %q", keys.Suite)
	}
	c := &cipher{keys: keys}
	var err error
	if c.out, err = newContext(profile, &keys.Ours, ""); err != nil {
		return nil, err
	}
	if c.in, err = newContext(profile, &keys.Theirs, keys.Index); err != nil {
		return nil, err
	}
	if was == nil {
		return c, nil
	}
	same := was.keys.Suite == keys.Suite
	switch {
	case was.keys.Ours != keys.Ours:
	case same:
		c.out = was.out
	default: // nothing is ever encrypted by the same part of a key's stream twice
		if wraps, ok := was.out.ROC(ssrc); ok {
			c.out.SetROC(ssrc, wraps)
		}
		if reports, ok := was.out.Index(ssrc); ok {
			c.out.SetIndex(ssrc, reports)
		}
	}
	if same && was.keys.Theirs == keys.Theirs && was.keys.Index == keys.Index {
		c.in, c.before, c.until = was.in, was.before, was.until
	} else {
		c.before, c.until = was.in, now+srtpRekey
	}
	return c, nil
}

func newContext(profile srtp.ProtectionProfile, key *[30]byte, index string) (*srtp.Context, error) {
	options := []srtp.ContextOption{srtp.SRTPReplayProtection(srtpReplay), srtp.SRTCPReplayProtection(srtpReplay)}
	if index != "" {
		options = append(options, srtp.MasterKeyIndicator([]byte(index)))
	}
	c, err := srtp.CreateContext(key[:16], key[16:], profile, options...)
	if err != nil {
		return nil, fmt.Errorf("media: SRTP: %w", err)
	}
	return c, nil
}

// seal encrypts a packet in place; behind it there is room for srtpRoom bytes. nil: it cannot be sent, as the key has been
// used for all that it is good for.
func (c *cipher) seal(packet []byte) []byte {
	sealed, err := c.out.EncryptRTP(packet, packet, &c.rtp)
	if err != nil {
		return nil
	}
	return sealed
}

// open decrypts a packet in place; false: it is not by the far end's key, or came before.
func (c *cipher) open(now int64, packet []byte) ([]byte, bool) {
	opened, err := c.in.DecryptRTP(packet, packet, &c.rtp)
	if err != nil && c.before != nil {
		if now >= c.until {
			c.before = nil
			return nil, false
		}
		opened, err = c.before.DecryptRTP(packet, packet, &c.rtp)
	}
	return opened, err == nil
}

// sealReport is seal for RTCP, which grows by srtcpRoom bytes.
func (c *cipher) sealReport(packet []byte) []byte {
	sealed, err := c.out.EncryptRTCP(packet, packet, &c.rtcp)
	if err != nil {
		return nil
	}
	return sealed
}

// openReport is open for RTCP.
func (c *cipher) openReport(packet []byte) ([]byte, bool) {
	opened, err := c.in.DecryptRTCP(packet, packet, &c.rtcp)
	return opened, err == nil
}
