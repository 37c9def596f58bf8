//go:build !linux

package media

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"syscall"
	"time"
)

// This file is the portable form of socket_linux.go, send_linux.go and
// receive_linux.go: Go's sockets, and a goroutine to read each. It behaves
// alike and costs about three times as much.

var errInUse = errors.New("port in use")

type socketPair struct{ rtp, rtcp *net.UDPConn }

func bindPair(local netip.Addr, port int) (socketPair, error) {
	rtp, err := bind(local, port)
	if err != nil {
		return socketPair{}, err
	}
	rtcp, err := bind(local, port+1)
	if err != nil {
		rtp.Close()
		return socketPair{}, err
	}
	return socketPair{rtp, rtcp}, nil
}

func bind(local netip.Addr, port int) (*net.UDPConn, error) {
	network := "udp4"
	switch {
	case local.Is6() && local.IsUnspecified():
		network = "udp"
	case local.Is6():
		network = "udp6"
	}
	c, err := net.ListenUDP(network, net.UDPAddrFromAddrPort(netip.AddrPortFrom(local, uint16(port))))
	var errno syscall.Errno
	const windowsInUse, windowsTaken = 10048, 10013
	switch {
	case err == nil:
		return c, nil
	case errors.As(err, &errno) && (errno == syscall.EADDRINUSE || errno == windowsInUse || errno == windowsTaken):
		return nil, errInUse
	}
	return nil, fmt.Errorf("media: RTP port: %w", err)
}

func (p socketPair) close() {
	p.rtp.Close()
	p.rtcp.Close()
}

type target struct{ to netip.AddrPort }

func makeTarget(local netip.Addr, to netip.AddrPort) target {
	if to.Addr().Is4() && local.Is6() {
		to = netip.AddrPortFrom(netip.AddrFrom16(to.Addr().As16()), to.Port())
	}
	return target{to}
}

func (t *target) valid() bool { return t.to.IsValid() }

func sendPacket(st *Stream, packet []byte, to *target) {
	w := &st.shard.space
	if _, err := st.sockets.rtp.WriteToUDPAddrPort(packet, to.to); err != nil {
		w.unsent++
		return
	}
	w.sent++
}

func sendReport(st *Stream, packet []byte, to *target) {
	c := st.sockets.rtcp
	if st.params.RTCPMux {
		c = st.sockets.rtp
	}
	_, _ = c.WriteToUDPAddrPort(packet, to.to) // a report that is lost is followed by the next
}

const (
	maxPacket = 1600
	waiting   = 1024 // packets read and not yet looked at, of all streams of a shard
)

// poller gathers what the readers read until the shard comes for it.
type poller struct {
	readers sync.WaitGroup
	came    chan *datagram
	unused  sync.Pool
}

type datagram struct {
	st   *Stream
	rtcp bool
	from netip.AddrPort
	n    int
	data [maxPacket]byte
}

func newPoller() (*poller, error) {
	return &poller{came: make(chan *datagram, waiting), unused: sync.Pool{New: func() any { return new(datagram) }}}, nil
}

func (p *poller) close() { p.readers.Wait() }

// useRing has nothing to do: rings are Linux's.
func (p *poller) useRing() error { return nil }

// reports has nothing to do: receive gave RTCP too.
func (p *poller) reports(*Scheduler) {}

// flush has nothing to do: nothing is queued.
func (p *poller) flush(*Scheduler) {}

func (p *poller) add(st *Stream) error {
	for i, c := range []*net.UDPConn{st.sockets.rtp, st.sockets.rtcp} {
		p.readers.Add(1)
		go p.read(st, c, i == 1)
	}
	return nil
}

// adopt has nothing to do: the readers look which shard their stream is in.
func (p *poller) adopt(*Stream, *poller) error { return nil }

// read reads one socket until it is closed; a full shard loses packets, as a
// full socket would.
func (p *poller) read(st *Stream, c *net.UDPConn, rtcp bool) {
	defer p.readers.Done()
	for {
		d := p.unused.Get().(*datagram)
		n, from, err := c.ReadFromUDPAddrPort(d.data[:])
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			time.Sleep(time.Millisecond) // an ICMP error on some systems
			continue
		}
		d.st, d.rtcp, d.n = st, rtcp, n
		d.from = netip.AddrPortFrom(from.Addr().Unmap(), from.Port())
		st.mu.Lock()
		shard := st.shard
		st.mu.Unlock()
		select {
		case shard.poller.came <- d:
		default:
			p.unused.Put(d)
		}
	}
}

// receive takes what the readers have read, of all streams.
func (p *poller) receive(s *Scheduler, _ []*Stream) {
	ns := s.streams.clock.ns()
	for range waiting {
		select {
		case d := <-p.came:
			d.st.mu.Lock()
			switch {
			case d.st.closed, d.st.shard != s:
			case d.n == maxPacket:
				d.st.drop(DropLong, &s.space)
			case d.rtcp:
				d.st.arriveReport(ns, d.from, d.data[:d.n], &s.space)
			default:
				d.st.arrive(ns, d.from, d.data[:d.n], &s.space)
			}
			d.st.mu.Unlock()
			d.st = nil
			p.unused.Put(d)
		default:
			return
		}
	}
}

// RaiseFileLimit has nothing to do here; the system's limit is not known.
func RaiseFileLimit() (uint64, error) { return 0, nil }
