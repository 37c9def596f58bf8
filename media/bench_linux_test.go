package media

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"dialtone/media/g711"
)

// The far ends of BenchmarkCallSecond live in a process of their own, so that
// what is measured is this one's CPU. TestMain becomes that process.
const farEndsVariable = "DIALTONE_MEDIA_FAR_ENDS"

// farEnds binds n sockets, says their ports, reads where to send, and sends 50
// packets a second from each until its input ends.
func farEnds(n int) error {
	in := bufio.NewScanner(os.Stdin)
	var fds []int
	for range n {
		fd, err := bind(netip.MustParseAddr("127.0.0.1"), 0)
		if err != nil {
			return err
		}
		_ = syscall.SetsockoptInt(fd, syscall.SOL_SOCKET, syscall.SO_RCVBUF, 2048) // nobody reads it
		sa, err := syscall.Getsockname(fd)
		if err != nil {
			return err
		}
		fds = append(fds, fd)
		fmt.Println(sa.(*syscall.SockaddrInet4).Port)
	}
	var to []target
	for range n {
		if !in.Scan() {
			return nil
		}
		port, err := strconv.Atoi(in.Text())
		if err != nil {
			return err
		}
		to = append(to, makeTarget(netip.MustParseAddr("127.0.0.1"), netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), uint16(port))))
	}
	go func() {
		in.Scan()
		os.Exit(0)
	}()
	c := newClock()
	p := newPacer(c)
	packet := rtpPacket(header{}, make([]byte, 160))
	fillSilence(packet[headerLen:], g711.Mu)
	for phase := int64(0); ; phase++ {
		p.sleepUntil(phase)
		slot := uint16(phase / 20)
		for i := int(phase % 20); i < n; i += 20 {
			h := header{seq: slot, timestamp: uint32(slot) * 160, ssrc: uint32(i)}
			h.put(packet)
			sendTo(fds[i], packet, &to[i])
		}
	}
}

// callSecond opens n streams with far ends, sets them going, and gives this
// process's CPU for each second of each call.
func callSecond(b *testing.B, n int, noRing bool, begin func(s *Streams, st *Stream)) {
	if _, err := RaiseFileLimit(); err != nil {
		b.Fatal(err)
	}
	exe, err := os.Executable()
	if err != nil {
		b.Fatal(err)
	}
	far := exec.Command(exe)
	far.Env = append(os.Environ(), farEndsVariable+"="+strconv.Itoa(n))
	far.Stderr = os.Stderr
	in, err := far.StdinPipe()
	if err != nil {
		b.Fatal(err)
	}
	out, err := far.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := far.Start(); err != nil {
		b.Fatal(err)
	}
	defer func() {
		in.Close()
		_ = far.Wait()
	}()
	s, err := Open(Config{Ports: PortRange{20000, 59999}, NoRing: noRing})
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	lines := bufio.NewScanner(out)
	var ours []string
	var streams []*Stream
	for range n {
		st, err := s.New(netip.MustParseAddr("127.0.0.1"))
		if err != nil {
			b.Fatal(err)
		}
		if !lines.Scan() {
			b.Fatal("the far ends did not start")
		}
		port, err := strconv.Atoi(lines.Text())
		if err != nil {
			b.Fatal(err)
		}
		p := muParams()
		p.Remote = netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), uint16(port))
		if err := st.Update(p); err != nil {
			b.Fatal(err)
		}
		begin(s, st)
		streams = append(streams, st)
		ours = append(ours, strconv.Itoa(st.LocalPort()))
	}
	fmt.Fprintln(in, strings.Join(ours, "\n"))
	time.Sleep(time.Second)
	before, t0, stats := ownCPU(), time.Now(), s.Stats()
	b.ResetTimer()
	for range b.N {
		time.Sleep(time.Second)
	}
	b.StopTimer()
	seconds := time.Since(t0).Seconds() * float64(n)
	after, cost := s.Stats(), float64((ownCPU()-before).Microseconds())/seconds
	bare := floor(s.shards, streams, b.N) / float64(n)
	b.ReportMetric(cost, "us/call-s")
	b.ReportMetric(cost/bare, "x-floor")
	b.ReportMetric(float64(after.Sent-stats.Sent)/seconds, "sent/call-s")
	b.ReportMetric(float64(after.Received-stats.Received)/seconds, "received/call-s")
	b.ReportMetric(float64(after.Delays.Beyond(20)-stats.Delays.Beyond(20)), "late")
	b.ReportMetric(0, "ns/op")
}

// floor is the CPU in us per second of the same system calls on the same
// sockets with nothing around them: the shards stand still, and every floorEvery ms
// a quarter of the sockets sends and is read.
const floorEvery = 5

func floor(shards []*Scheduler, streams []*Stream, seconds int) float64 {
	for _, shard := range shards {
		shard.mu.Lock()
		defer shard.mu.Unlock()
	}
	c := newClock()
	pace := newPacer(c)
	packet := make([]byte, headerLen+160)
	before := ownCPU()
	for phase := 0; phase < seconds*1000; phase += floorEvery {
		pace.sleepUntil(int64(phase))
		for i := phase / floorEvery % 4; i < len(streams); i += 4 {
			sendTo(streams[i].sockets.rtp, packet, &streams[i].remote)
			shards[0].poller.read(streams[i].sockets.rtp)
		}
	}
	return float64((ownCPU() - before).Microseconds()) / float64(seconds)
}

func ownCPU() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkCallSecond is the CPU of a call: a prompt out, 50 packets a second
// in. It prints too how much that is over the bare system calls.
func BenchmarkCallSecond(b *testing.B) {
	prompt := counting(60 * 8000)
	begin := func(_ *Streams, st *Stream) { st.Play(prompt) }
	for _, n := range []int{100, 400, 1000} {
		b.Run(fmt.Sprintf("calls=%d/ring", n), func(b *testing.B) { callSecond(b, n, false, begin) })
		b.Run(fmt.Sprintf("calls=%d/plain", n), func(b *testing.B) { callSecond(b, n, true, begin) })
	}
}

// BenchmarkBridgedSecond is the CPU of one side of a bridged call: 50 packets a second in, which the other side sends. A
// call has two.
func BenchmarkBridgedSecond(b *testing.B) {
	var waiting *Stream
	begin := func(_ *Streams, st *Stream) {
		if waiting == nil {
			waiting = st
			return
		}
		if _, err := NewBridge(waiting, st); err != nil {
			b.Fatal(err)
		}
		waiting = nil
	}
	for _, n := range []int{100, 400, 1000} {
		b.Run(fmt.Sprintf("sides=%d/ring", n), func(b *testing.B) { callSecond(b, n, false, begin) })
		b.Run(fmt.Sprintf("sides=%d/plain", n), func(b *testing.B) { callSecond(b, n, true, begin) })
	}
}

// BenchmarkBridgeDelay is how much later than it came a packet leaves a bridge, with 200 calls beside it.
func BenchmarkBridgeDelay(b *testing.B) {
	s, err := Open(Config{Ports: PortRange{20000, 29999}})
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	var waiting *Stream
	var in, out *net.UDPConn
	local := netip.MustParseAddr("127.0.0.1")
	for i := range 400 {
		st, err := s.New(local)
		if err != nil {
			b.Fatal(err)
		}
		far, err := net.ListenUDP("udp4", &net.UDPAddr{IP: local.AsSlice()})
		if err != nil {
			b.Fatal(err)
		}
		defer far.Close()
		p := muParams()
		p.Remote = far.LocalAddr().(*net.UDPAddr).AddrPort()
		if err := st.Update(p); err != nil {
			b.Fatal(err)
		}
		if waiting == nil {
			waiting = st
			in = far
			continue
		}
		if _, err := NewBridge(waiting, st); err != nil {
			b.Fatal(err)
		}
		if out = far; i < 399 {
			waiting = nil
		}
	}
	to := net.UDPAddrFromAddrPort(netip.AddrPortFrom(local, uint16(waiting.LocalPort())))
	n := uint32(100 + 250*b.N) // the first find the beat
	sent := make([]atomic.Int64, n)
	begin := time.Now()
	b.ResetTimer()
	go func() {
		for i := range n {
			packet := rtpPacket(header{seq: uint16(i), timestamp: 160 * i, ssrc: 7}, make([]byte, 160))
			binary.BigEndian.PutUint32(packet[headerLen:], i)
			time.Sleep(time.Until(begin.Add(time.Duration(i) * 20 * time.Millisecond)))
			sent[i].Store(int64(time.Since(begin)))
			_, _ = in.WriteToUDP(packet, to)
		}
	}()
	var delays []float64
	buf := make([]byte, 2048)
	for i := uint32(0); i < n-1; {
		out.SetReadDeadline(time.Now().Add(time.Second))
		size, err := out.Read(buf)
		if err != nil {
			break
		}
		if size != headerLen+160 || buf[headerLen] != 0 {
			continue // silence, before the first
		}
		if i = binary.BigEndian.Uint32(buf[headerLen:]); i >= 100 {
			delays = append(delays, float64((int64(time.Since(begin))-sent[i].Load())/1000))
		}
	}
	slices.Sort(delays)
	if len(delays) == 0 {
		b.Fatal("nothing came through")
	}
	b.ReportMetric(delays[len(delays)/2], "p50-us")
	b.ReportMetric(delays[len(delays)*99/100], "p99-us")
	b.ReportMetric(0, "ns/op")
}
