package media

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"time"
)

// capturedFrame is one packet of a capture file.
type capturedFrame struct {
	at   time.Duration // since the Unix epoch, as the file says
	link uint32        // link type: what data begins with
	data []byte        // valid until the next one
}

// maxBlock bounds what is believed of a length in a capture file. tcpdump and
// Wireshark write no more than 256 kB of a packet.
const maxBlock = 1 << 20

// ErrNotCapture is returned for a file that is neither pcap nor pcapng.
var ErrNotCapture = errors.New("not a capture file (pcap or pcapng)")

// captureReader reads the packets of a capture file in order; io.EOF is its
// regular end.
type captureReader interface{ next() (capturedFrame, error) }

// newCaptureReader tells the two formats apart by their first four bytes.
func newCaptureReader(r io.Reader) (captureReader, error) {
	b := bufio.NewReaderSize(r, 64<<10)
	magic, err := b.Peek(4)
	if err != nil {
		return nil, ErrNotCapture
	}
	for _, order := range []binary.ByteOrder{binary.LittleEndian, binary.BigEndian} {
		switch order.Uint32(magic) {
		case 0xa1b2c3d4:
			return newPcap(b, order, time.Microsecond)
		case 0xa1b23c4d:
			return newPcap(b, order, time.Nanosecond)
		}
	}
	if binary.LittleEndian.Uint32(magic) == blockSection { // the same in both orders
		return &pcapng{r: b}, nil
	}
	return nil, ErrNotCapture
}

// cut is what a file that ends in the middle of something is reported with.
func cut(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return errors.New("the capture ends in the middle of a packet")
	}
	return err
}

// pcap is the classic format: a header of 24 bytes, then packets with one of 16.
type pcap struct {
	r     io.Reader
	order binary.ByteOrder
	unit  time.Duration
	link  uint32
	data  []byte
}

func newPcap(r io.Reader, order binary.ByteOrder, unit time.Duration) (*pcap, error) {
	var head [24]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return nil, cut(err)
	}
	return &pcap{r: r, order: order, unit: unit, link: order.Uint32(head[20:]) & 0xffff}, nil
}

func (p *pcap) next() (f capturedFrame, err error) {
	var head [16]byte
	if _, err := io.ReadFull(p.r, head[:]); err == io.EOF {
		return f, io.EOF
	} else if err != nil {
		return f, cut(err)
	}
	size := p.order.Uint32(head[8:])
	if size > maxBlock {
		return f, fmt.Errorf("the capture is damaged: a packet of %d bytes", size)
	}
	if p.data, err = readInto(p.r, p.data, int(size)); err != nil {
		return f, cut(err)
	}
	f.at = time.Duration(p.order.Uint32(head[0:]))*time.Second + time.Duration(p.order.Uint32(head[4:]))*p.unit
	f.link, f.data = p.link, p.data
	return f, nil
}

// readInto reads n bytes into b or, when that is too short, a longer one.
func readInto(r io.Reader, b []byte, n int) ([]byte, error) {
	if cap(b) < n {
		b = make([]byte, n)
	}
	b = b[:n]
	_, err := io.ReadFull(r, b)
	return b, err
}

// Blocks of pcapng (draft-ietf-opsawg-pcapng §4).
const (
	blockSection   = 0x0a0d0d0a
	blockInterface = 1
	blockSimple    = 3
	blockEnhanced  = 6
	orderMagic     = 0x1a2b3c4d
)

// pcapng is a sequence of blocks: type, length, body, length again.
type pcapng struct {
	r          io.Reader
	order      binary.ByteOrder // nil before the first section
	interfaces []captureInterface
	body       []byte
}

type captureInterface struct {
	link uint32
	unit float64 // seconds of one unit of its timestamps
}

func (p *pcapng) next() (f capturedFrame, err error) {
	for {
		kind, body, err := p.block()
		if err != nil {
			return f, err
		}
		switch kind {
		case blockSection:
			p.interfaces = p.interfaces[:0]
		case blockInterface:
			if len(body) >= 8 && len(p.interfaces) < 1<<16 {
				p.interfaces = append(p.interfaces, captureInterface{uint32(p.order.Uint16(body)), p.unit(body[8:])})
			}
		case blockEnhanced:
			if len(body) < 20 {
				continue
			}
			i, size := p.order.Uint32(body), p.order.Uint32(body[12:])
			if int64(i) >= int64(len(p.interfaces)) || int64(size) > int64(len(body)-20) {
				continue
			}
			on := p.interfaces[i]
			ticks := uint64(p.order.Uint32(body[4:]))<<32 | uint64(p.order.Uint32(body[8:]))
			if at := float64(ticks) * on.unit * 1e9; at < 1<<62 {
				f.at = time.Duration(at)
			}
			f.link, f.data = on.link, body[20:20+size]
			return f, nil
		case blockSimple: // no time, always of the first interface
			if len(body) < 4 || len(p.interfaces) == 0 {
				continue
			}
			size := min(int64(p.order.Uint32(body)), int64(len(body)-4))
			f.link, f.data = p.interfaces[0].link, body[4:4+size]
			return f, nil
		}
	}
}

// block reads the next block.
func (p *pcapng) block() (kind uint32, body []byte, err error) {
	var head [8]byte
	if _, err := io.ReadFull(p.r, head[:]); err == io.EOF {
		return 0, nil, io.EOF
	} else if err != nil {
		return 0, nil, cut(err)
	}
	rest := 0 // bytes of the body already read
	if binary.LittleEndian.Uint32(head[:]) == blockSection {
		var magic [4]byte // a section says the byte order of what follows
		if _, err := io.ReadFull(p.r, magic[:]); err != nil {
			return 0, nil, cut(err)
		}
		switch {
		case binary.LittleEndian.Uint32(magic[:]) == orderMagic:
			p.order = binary.LittleEndian
		case binary.BigEndian.Uint32(magic[:]) == orderMagic:
			p.order = binary.BigEndian
		default:
			return 0, nil, errors.New("the capture is damaged: a section without byte order")
		}
		rest = 4
	}
	kind = p.order.Uint32(head[:])
	size := p.order.Uint32(head[4:])
	if size < 12+uint32(rest) || size > maxBlock || size%4 != 0 {
		return 0, nil, fmt.Errorf("the capture is damaged: a block of %d bytes", size)
	}
	if p.body, err = readInto(p.r, p.body, int(size)-8-rest); err != nil {
		return 0, nil, cut(err)
	}
	return kind, p.body[:len(p.body)-4], nil
}

// unit finds if_tsresol among an interface's options: seconds per tick.
func (p *pcapng) unit(options []byte) float64 {
	for len(options) >= 4 {
		code, size := p.order.Uint16(options), int(p.order.Uint16(options[2:]))
		options = options[4:]
		if code == 0 || size > len(options) {
			break
		}
		if code == 9 && size >= 1 {
			base, exponent := 10.0, int(options[0]&0x7f)
			if options[0]&0x80 != 0 {
				base = 2
			}
			unit := 1.0
			for range min(exponent, 63) {
				unit /= base
			}
			return unit
		}
		options = options[min((size+3)&^3, len(options)):]
	}
	return 1e-6
}
