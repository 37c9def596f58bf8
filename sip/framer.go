package sip

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
)

// maxMessage is the most bytes of one message on a connection.
const maxMessage = 65535

var (
	errIncomplete = errors.New("a message was not complete in time")
	errNoLength   = errors.New("a message on TCP has no Content-Length (RFC 3261 §18.3)")
	errBadLength  = errors.New("a message has a Content-Length that is no number")
	errTooLong    = fmt.Errorf("a message is longer than %d bytes", maxMessage)
)

// framer finds where messages end in a stream (RFC 3261 §18.3). It remembers how far it has looked, so that a
// message that comes byte by byte is not searched again for each.
type framer struct {
	scanned int // bytes of buf without an empty line
	total   int // length of the message, once its headers are complete
}

// next gives the length of the message at the front of buf, or 0 when more must be read. After 0, buf is given
// again with more at its end; after a length, without that message.
func (f *framer) next(buf []byte) (int, error) {
	if f.total == 0 {
		from := max(f.scanned-3, 0)
		end := bytes.Index(buf[from:], []byte("\r\n\r\n"))
		if end < 0 {
			if f.scanned = len(buf); len(buf) > maxMessage {
				return 0, errTooLong
			}
			return 0, nil
		}
		end += from
		length, err := contentLength(buf[:end])
		if err != nil {
			return 0, err
		}
		if f.total = end + 4 + length; f.total > maxMessage {
			return 0, errTooLong
		}
	}
	if f.total > len(buf) {
		return 0, nil
	}
	n := f.total
	*f = framer{}
	return n, nil
}

// contentLength reads Content-Length among header lines.
func contentLength(head []byte) (int, error) {
	length := -1
	for line := range bytes.SplitSeq(head, []byte("\r\n")) {
		name, value, found := bytes.Cut(line, []byte{':'})
		if !found {
			continue
		}
		name = bytes.TrimSpace(name)
		if !bytes.EqualFold(name, []byte("content-length")) && !bytes.EqualFold(name, []byte("l")) {
			continue
		}
		n, err := strconv.ParseUint(string(bytes.TrimSpace(value)), 10, 31)
		if err != nil || length >= 0 && length != int(n) {
			return 0, errBadLength
		}
		length = int(n)
	}
	if length < 0 {
		return 0, errNoLength
	}
	return length, nil
}
