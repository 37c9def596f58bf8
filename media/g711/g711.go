// Package g711 is ITU-T G.711: the two laws by which telephony packs a 14-bit
// (μ-law) or 13-bit (A-law) sample into a byte. It is tables and nothing else,
// so that every other package can afford to call it for each sample.
//
// Linear samples are 16-bit signed, full scale as in G.711's own formulas
// (μ-law's largest value is ±32124, A-law's ±32256).
package g711

import "encoding/binary"

// Law is one of G.711's two laws.
type Law uint8

// The laws.
const (
	Mu Law = iota // PCMU
	A             // PCMA
)

var (
	decode    [2][256]int16
	encode    [2][65536]byte // by uint16(sample)
	transcode [2][256]byte   // from the law of the index to the other one
)

// Decode gives the linear sample of a byte.
func (l Law) Decode(b byte) int16 { return decode[l][b] }

// Encode gives the byte whose value is nearest to the sample, as G.711 defines it.
func (l Law) Encode(s int16) byte { return encode[l][uint16(s)] }

// DecodeTo decodes src into dst, which must be at least as long.
func (l Law) DecodeTo(dst []int16, src []byte) {
	table := &decode[l]
	dst = dst[:len(src)]
	for i, b := range src {
		dst[i] = table[b]
	}
}

// Quiet says that no sample of b is further than 63 from zero.
func (l Law) Quiet(b []byte) bool {
	flip, loud := quietBits[l][0], quietBits[l][1]
	for ; len(b) >= 8; b = b[8:] {
		if (binary.LittleEndian.Uint64(b)^flip)&loud != 0 {
			return false
		}
	}
	for _, x := range b {
		if (x^byte(flip))&byte(loud) != 0 {
			return false
		}
	}
	return true
}

// quietBits are what to flip in eight bytes of a law, and the bits that are then set
// in one that is not quiet.
var quietBits = [2][2]uint64{Mu: {0x7878787878787878, 0x7878787878787878}, A: {0x5555555555555555, 0x7c7c7c7c7c7c7c7c}}

// EncodeTo encodes src into dst, which must be at least as long.
func (l Law) EncodeTo(dst []byte, src []int16) {
	table := &encode[l]
	dst = dst[:len(src)]
	for i, s := range src {
		dst[i] = table[uint16(s)]
	}
}

// Transcode turns bytes of this law into the other one, in place.
func (l Law) Transcode(b []byte) {
	table := &transcode[l]
	for i := range b {
		b[i] = table[b[i]]
	}
}

func init() {
	for b := range 256 {
		decode[Mu][b] = muDecode(byte(b))
		decode[A][b] = aDecode(byte(b))
	}
	for s := -32768; s <= 32767; s++ {
		encode[Mu][uint16(int16(s))] = muEncode(s)
		encode[A][uint16(int16(s))] = aEncode(s)
	}
	for b := range 256 {
		transcode[Mu][b] = A.Encode(Mu.Decode(byte(b)))
		transcode[A][b] = Mu.Encode(A.Decode(byte(b)))
	}
}

const muBias = 0x84 // 33 in 14 bits

func muDecode(b byte) int16 {
	b = ^b
	segment, step := int(b>>4)&7, int(b)&15
	v := ((step<<3)+muBias)<<segment - muBias
	if b&0x80 != 0 {
		v = -v
	}
	return int16(v)
}

func muEncode(s int) byte {
	sign := byte(0)
	if s < 0 {
		sign, s = 0x80, -s
	}
	s = min(s, 32635) + muBias
	segment := 7
	for mask := 0x4000; segment > 0 && s&mask == 0; mask >>= 1 {
		segment--
	}
	return ^(sign | byte(segment<<4) | byte(s>>(segment+3))&15)
}

func aDecode(b byte) int16 {
	b ^= 0x55
	segment, step := int(b>>4)&7, int(b)&15
	v := step<<4 + 8
	if segment > 0 {
		v = (v + 0x100) << (segment - 1)
	}
	if b&0x80 == 0 { // the sign bit is set for positive values
		v = -v
	}
	return int16(v)
}

func aEncode(s int) byte {
	sign := byte(0x80)
	if s < 0 {
		sign, s = 0, -s-1
	}
	s = min(s, 32767)
	segment := 7
	for mask := 0x4000; segment > 1 && s&mask == 0; mask >>= 1 {
		segment--
	}
	if segment == 1 && s < 0x100 {
		segment = 0
	}
	shift := max(segment, 1) + 3
	return (sign | byte(segment<<4) | byte(s>>shift)&15) ^ 0x55
}
