package g711

import (
	"fmt"
	"strings"
)

// Clock is what RTP timestamps of G.711 count: samples a second (RFC 3551 §4.5.14).
const Clock = 8000

// codecs is the table of the codecs there are: what SDP calls them and RTP numbers
// them (RFC 3551 §6), and the byte of silence. Negotiation (package sip), streams and
// captures (package media) know no other names or numbers.
//
// Another codec that turns each 1/8000 s into a byte is a line here and its tables in
// g711.go. One with a clock of its own, or whose packets need those before them, needs
// a decoder with state in media's receiver, where Law.DecodeTo stands, and prompts
// that are encoded when they are sent: media counts its time in 1/8000 s.
var codecs = [...]struct {
	name        string
	payloadType uint8
	silence     byte
}{
	Mu: {"PCMU", 0, 0xff},
	A:  {"PCMA", 8, 0xd5},
}

// Laws are all there are, the one preferred by dialtone first.
func Laws() []Law { return []Law{Mu, A} }

// ByName gives the law that SDP calls name, in whatever case (RFC 3551 §3: PCMU, PCMA).
func ByName(name string) (law Law, ok bool) {
	for _, law := range Laws() {
		if strings.EqualFold(codecs[law].name, name) {
			return law, true
		}
	}
	return 0, false
}

// ByPayloadType gives the law that a static payload type stands for.
func ByPayloadType(payloadType uint8) (law Law, ok bool) {
	for _, law := range Laws() {
		if codecs[law].payloadType == payloadType {
			return law, true
		}
	}
	return 0, false
}

// String is the name that SDP gives the law: PCMU or PCMA.
func (l Law) String() string {
	if int(l) >= len(codecs) {
		return fmt.Sprintf("g711.Law(%d)", uint8(l))
	}
	return codecs[l].name
}

// PayloadType is the static RTP payload type of the law (RFC 3551 §6).
func (l Law) PayloadType() uint8 { return codecs[l].payloadType }

// Silence is the byte that stands for a sample of zero.
func (l Law) Silence() byte { return codecs[l].silence }
