package media

import "encoding/binary"

// headerLen is the RTP header that we send: no CSRC, no extension.
const headerLen = 12

// header is what an RTP header says (RFC 3550 §5.1).
//
//	 0                   1                   2                   3
//	|V=2|P|X|  CC   |M|     PT      |       sequence number         |
//	|                           timestamp                           |
//	|           synchronization source (SSRC) identifier            |
type header struct {
	payloadType uint8
	marker      bool
	seq         uint16
	timestamp   uint32
	ssrc        uint32
}

// put writes the header to the first 12 bytes of b.
func (h *header) put(b []byte) {
	_ = b[headerLen-1]
	b[0] = 2 << 6
	b[1] = h.payloadType
	if h.marker {
		b[1] |= 0x80
	}
	binary.BigEndian.PutUint16(b[2:], h.seq)
	binary.BigEndian.PutUint32(b[4:], h.timestamp)
	binary.BigEndian.PutUint32(b[8:], h.ssrc)
}

// isRTCP says whether the packet, of version 2, is RTCP on a port that RTP
// shares (RFC 5761 §4).
func isRTCP(b []byte) bool { return len(b) >= 2 && b[1] >= 192 && b[1] <= 223 }

// parseHeader reads an RTP packet. The payload is a part of b; why is kept when
// the packet is one.
func parseHeader(b []byte) (h header, payload []byte, why Drop) {
	if len(b) == 0 || b[0]>>6 != 2 {
		return h, nil, DropVersion // STUN, DTLS, ZRTP and the like too (RFC 7983)
	}
	if len(b) < headerLen {
		return h, nil, DropShort
	}
	h.payloadType, h.marker = b[1]&0x7f, b[1]&0x80 != 0
	h.seq = binary.BigEndian.Uint16(b[2:])
	h.timestamp = binary.BigEndian.Uint32(b[4:])
	h.ssrc = binary.BigEndian.Uint32(b[8:])
	start, end := headerLen+4*int(b[0]&0x0f), len(b)
	if b[0]&0x10 != 0 { // header extension, §5.3.1
		if end < start+4 {
			return h, nil, DropShort
		}
		start += 4 + 4*int(binary.BigEndian.Uint16(b[start+2:]))
	}
	if b[0]&0x20 != 0 { // padding, whose last byte counts it
		pad := int(b[end-1])
		if pad == 0 {
			return h, nil, DropShort
		}
		end -= pad
	}
	if start > end {
		return h, nil, DropShort
	}
	return h, b[start:end], keep
}

// Drop is why a received packet was dropped.
type Drop uint8

// The reasons, in the order in which they are looked for.
const (
	keep            Drop = iota
	DropVersion          // not RTP version 2
	DropShort            // header, extension or padding longer than the packet
	DropLong             // longer than any packet of ours can be
	DropPayloadType      // not negotiated
	DropSource           // from an address that is not believed
	DropSSRC             // a new SSRC that has not yet proven itself
	DropSequence         // a jump in the sequence that has not been confirmed
	DropDuplicate        // came already, or too old to tell
	DropRTCP             // malformed RTCP, or from somebody else
	DropSRTP             // not encrypted by the key that was agreed on, or a copy of what came before
	drops
)

// Drops are the names of all reasons.
func Drops() (names []string) {
	for d := keep + 1; d < drops; d++ {
		names = append(names, d.String())
	}
	return names
}

// String names the reason.
func (d Drop) String() string {
	return [drops]string{"", "version", "short", "long", "payload type", "source", "ssrc", "sequence", "duplicate", "rtcp", "srtp"}[d%drops]
}
