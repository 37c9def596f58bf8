package media

import (
	"encoding/binary"
	"net/netip"
)

// Link types of captures (tcpdump.org/linktypes.html).
const (
	linkNull     = 0 // BSD loopback: 4 bytes of address family
	linkEthernet = 1
	linkRawBSD   = 12
	linkRaw      = 101
	linkLoop     = 108 // OpenBSD loopback
	linkCooked   = 113 // Linux "any" device
	linkIPv4     = 228
	linkIPv6     = 229
	linkCooked2  = 276
)

const (
	etherIPv4 = 0x0800
	etherIPv6 = 0x86dd
	etherVLAN = 0x8100
	etherQinQ = 0x88a8
	protoUDP  = 17
)

// udpOf finds the UDP datagram in a captured packet; ok is false for anything
// else, fragments included.
func udpOf(link uint32, b []byte) (from, to netip.AddrPort, payload []byte, ok bool) {
	b, ok = ipOf(link, b)
	if !ok || len(b) < 20 {
		return from, to, nil, false
	}
	var src, dst netip.Addr
	switch b[0] >> 4 {
	case 4:
		head, total := int(b[0]&0x0f)*4, int(binary.BigEndian.Uint16(b[2:]))
		fragment := binary.BigEndian.Uint16(b[6:]) & 0x3fff // MF and offset
		if head < 20 || len(b) < head || b[9] != protoUDP || fragment != 0 {
			return from, to, nil, false
		}
		if total >= head && total < len(b) {
			b = b[:total] // Ethernet's padding
		}
		src, dst = netip.AddrFrom4([4]byte(b[12:16])), netip.AddrFrom4([4]byte(b[16:20]))
		b = b[head:]
	case 6:
		if len(b) < 40 {
			return from, to, nil, false
		}
		src, dst = netip.AddrFrom16([16]byte(b[8:24])), netip.AddrFrom16([16]byte(b[24:40]))
		next := b[6]
		b = b[40:]
		for range 8 { // hop-by-hop, routing and destination options, RFC 8200 §4
			if next != 0 && next != 43 && next != 60 {
				break
			}
			if len(b) < 8 || len(b) < 8+8*int(b[1]) {
				return from, to, nil, false
			}
			next, b = b[0], b[8+8*int(b[1]):]
		}
		if next != protoUDP {
			return from, to, nil, false
		}
	default:
		return from, to, nil, false
	}
	if len(b) < 8 {
		return from, to, nil, false
	}
	from = netip.AddrPortFrom(src, binary.BigEndian.Uint16(b))
	to = netip.AddrPortFrom(dst, binary.BigEndian.Uint16(b[2:]))
	size := int(binary.BigEndian.Uint16(b[4:]))
	if size < 8 || size > len(b) {
		size = len(b) // captured short, or segmentation offload
	}
	return from, to, b[8:size], true
}

// ipOf strips the link's header.
func ipOf(link uint32, b []byte) (ip []byte, ok bool) {
	kind := 0
	switch link {
	case linkRaw, linkRawBSD, linkIPv4, linkIPv6:
		return b, true
	case linkNull, linkLoop:
		if len(b) < 4 {
			return nil, false
		}
		return b[4:], true // the IP version says what the family would
	case linkEthernet:
		if len(b) < 14 {
			return nil, false
		}
		kind, b = int(binary.BigEndian.Uint16(b[12:])), b[14:]
	case linkCooked:
		if len(b) < 16 {
			return nil, false
		}
		kind, b = int(binary.BigEndian.Uint16(b[14:])), b[16:]
	case linkCooked2:
		if len(b) < 20 {
			return nil, false
		}
		kind, b = int(binary.BigEndian.Uint16(b)), b[20:]
	default:
		return nil, false
	}
	for range 4 {
		if kind != etherVLAN && kind != etherQinQ {
			break
		}
		if len(b) < 4 {
			return nil, false
		}
		kind, b = int(binary.BigEndian.Uint16(b[2:])), b[4:]
	}
	return b, kind == etherIPv4 || kind == etherIPv6
}
