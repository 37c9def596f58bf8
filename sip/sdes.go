package sip

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// Secrecy is what a side wants of encrypted audio: SRTP with its keys in the descriptions (SDES, RFC 4568). It is Clear
// where the signalling that bears the keys is not encrypted itself.
type Secrecy uint8

// What a side wants.
const (
	Clear    Secrecy = iota // no encryption: a stream that must have it is refused, keys beside one that need not are ignored
	Optional                // encryption where the far side can
	Required                // nothing else
)

// Suite is a suite of SDES by its name (RFC 4568 §6.2); empty for audio in clear.
type Suite string

// The suites that are spoken. They differ in the length of the tag that authenticates a packet of RTP.
const (
	Suite80 Suite = "AES_CM_128_HMAC_SHA1_80"
	Suite32 Suite = "AES_CM_128_HMAC_SHA1_32"
)

// CryptoKey is the master key of one direction, 128 bits, and its salt, 112 bits.
type CryptoKey [16 + 14]byte

// NewCryptoKey makes a key.
func NewCryptoKey() (k CryptoKey) {
	rand.Read(k[:])
	return k
}

// String does not tell the key.
func (CryptoKey) String() string { return "(a key)" }

// GoString does not either.
func (k CryptoKey) GoString() string { return k.String() }

// Crypto is how a stream is encrypted.
type Crypto struct {
	Suite  Suite     // of both directions; empty: it is not
	Ours   CryptoKey // what we send is encrypted by
	Theirs CryptoKey // what the far side sends is
	Index  string    // bytes that tell the far side's key in each packet of it (MKI); empty: none do
}

// cryptoLine is an a=crypto attribute (RFC 4568 §9.1) that can be used:
//
//	<tag> <suite> inline:<key and salt, base64>[|<lifetime>][|<MKI>:<its length>] [<session parameter>...]
type cryptoLine struct {
	tag   int
	suite Suite
	key   CryptoKey
	index string // MKI
}

// errUnusable is what parseCrypto gives for a line that is well formed, and asks for what is not spoken.
var errUnusable = errors.New("not spoken")

// parseCrypto reads the value of an a=crypto attribute. The error says what is wrong with it, or is an errUnusable.
//
// A lifetime is not counted: none that the grammar allows in practice ends within a call. The one key may have an index (MKI), which
// the packets bear then. Several keys, and session parameters that change what is encrypted, are not spoken.
func parseCrypto(value string) (c cryptoLine, err error) {
	fields := strings.Fields(value)
	if len(fields) < 3 {
		return c, errors.New("fewer than 3 fields")
	}
	tag, err := strconv.ParseUint(fields[0], 10, 31)
	if err != nil || len(fields[0]) > 9 {
		return c, errors.New("a tag that is no number of 1 to 9 digits")
	}
	c.tag, c.suite = int(tag), Suite(strings.ToUpper(fields[1]))
	if c.suite != Suite80 && c.suite != Suite32 {
		return c, fmt.Errorf("suite %q: %w", clip(fields[1], 40), errUnusable)
	}
	method, params, ok := strings.Cut(fields[2], ":")
	if !ok || !strings.EqualFold(method, "inline") {
		return c, errors.New("a key that is not inline")
	}
	if strings.Contains(params, ";") {
		return c, fmt.Errorf("several keys: %w", errUnusable)
	}
	text, rest, _ := strings.Cut(params, "|")
	key, err := base64.StdEncoding.DecodeString(text)
	switch {
	case err != nil:
		return c, errors.New("a key that is no base64")
	case len(key) != len(c.key):
		return c, fmt.Errorf("a key with salt of %d bytes, where %s has %d", len(key), c.suite, len(c.key))
	}
	copy(c.key[:], key)
	for part := range strings.SplitSeq(rest, "|") {
		value, length, indexed := strings.Cut(part, ":")
		if !indexed {
			continue // a lifetime
		}
		if c.index, err = keyIndex(value, length); err != nil {
			return c, err
		}
	}
	for _, param := range fields[3:] {
		if name, _, _ := strings.Cut(param, "="); !strings.EqualFold(name, "WSH") && !strings.HasPrefix(name, "-") {
			return c, fmt.Errorf("session parameter %q: %w", clip(param, 40), errUnusable)
		}
	}
	return c, nil
}

// keyIndex makes the bytes of an MKI of its value and length (RFC 4568 §6.1), 1 to 8 of them.
func keyIndex(value, length string) (string, error) {
	v, err := strconv.ParseUint(value, 10, 64)
	n, lengthErr := strconv.ParseUint(length, 10, 8)
	if err != nil || lengthErr != nil || n == 0 {
		return "", errors.New("an index (MKI) that is no number and its length")
	}
	if n > 8 {
		return "", fmt.Errorf("an index (MKI) of %d bytes: %w", n, errUnusable)
	}
	bytes := binary.BigEndian.AppendUint64(nil, v)
	if strings.Trim(string(bytes[:8-n]), "\x00") != "" {
		return "", errors.New("an index (MKI) that does not fit its length")
	}
	return string(bytes[8-n:]), nil
}

// String is the line as it is written.
func (c cryptoLine) String() string {
	return strconv.Itoa(c.tag) + " " + string(c.suite) + " inline:" + base64.StdEncoding.EncodeToString(c.key[:])
}

// crypto gives the first a=crypto line of stream i that can be used; of the errors of the others the first that is a fault.
// Without a line the error is errUnusable.
func (d *description) crypto(i int) (cryptoLine, error) {
	var why error
	for _, a := range d.session.MediaDescriptions[i].Attributes {
		if a.Key != "crypto" {
			continue
		}
		c, err := parseCrypto(a.Value)
		if err == nil {
			return c, nil
		}
		if why == nil || errors.Is(why, errUnusable) {
			why = err
		}
	}
	if why == nil {
		why = fmt.Errorf("encrypted audio without a=crypto: %w", errUnusable)
	}
	return cryptoLine{}, why
}

// profile is what the transport of an m= line says.
type profile struct{ known, encrypted bool }

func profileOf(proto string) profile {
	switch strings.ToUpper(proto) {
	case "RTP/AVP", "RTP/AVPF":
		return profile{known: true}
	case "RTP/SAVP", "RTP/SAVPF": // RFC 3711, RFC 5124
		return profile{known: true, encrypted: true}
	}
	return profile{}
}

// agreeOnCrypto looks how stream i is to be encrypted; the zero line: not at all. The error is a *Refusal.
func (d *description) agreeOnCrypto(i int, p profile, want Secrecy) (cryptoLine, error) {
	if want == Clear {
		if p.encrypted {
			return cryptoLine{}, NotAcceptableHere("encrypted audio, whose keys come by signalling that is not")
		}
		return cryptoLine{}, nil
	}
	c, err := d.crypto(i)
	switch {
	case err == nil:
		return c, nil
	case p.encrypted || !errors.Is(err, errUnusable):
		return cryptoLine{}, NotAcceptableHere("encryption: " + err.Error())
	case want == Required:
		return cryptoLine{}, NotAcceptableHere("audio in clear, where only encrypted audio is taken")
	}
	return cryptoLine{}, nil
}
