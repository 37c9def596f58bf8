package interop

import (
	"context"
	bin "encoding/binary"
	"fmt"
	"net/netip"
	"runtime"
	"slices"
	"sync"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"dialtone/media/g711"
	"dialtone/sip"
	"dialtone/sounds"
)

// farEnds are telephones that speak all the while and note when the kernel received each packet. One thread sends and
// receives for all of them.
type farEnds struct {
	server string
	agent  *sip.Server
	speech []byte // μ-law
	epoll  int

	mu        sync.Mutex
	ends      []*farEnd
	listening bool
}

// farEnd is one of them: the media of its call, and the call.
type farEnd struct {
	exten    string
	fd       int
	local    uint16 // port
	offer    []byte
	leg      *sip.Leg
	answered chan struct{}
	over     chan struct{}
	end      sip.EndedEvent // set when over is closed
	remote   *unix.RawSockaddrInet4
	seq      uint16

	first   uint32  // timestamp of the first packet heard since listening began
	last    uint32  // the highest
	transit []int64 // ns from a packet's time to its arrival, since then
}

var loopback = netip.AddrFrom4([4]byte{127, 0, 0, 1})

func newFarEnds(server string) (*farEnds, error) {
	file, err := sounds.Embedded().Open("en/" + benchPrompt + ".wav")
	if err != nil {
		return nil, err
	}
	defer file.Close()
	pcm, err := sounds.ReadWAV(file)
	if err != nil {
		return nil, err
	}
	f := &farEnds{server: server, speech: make([]byte, len(pcm))}
	g711.Mu.EncodeTo(f.speech, pcm)
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
		return nil, err
	}
	limit.Cur = limit.Max
	if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
		return nil, err
	}
	if f.epoll, err = unix.EpollCreate1(unix.EPOLL_CLOEXEC); err != nil {
		return nil, err
	}
	f.agent, err = sip.New(sip.Config{Listen: []sip.Listener{{Transport: "udp", Addr: netip.AddrPortFrom(loopback, 0)}}})
	if err == nil {
		err = f.agent.Listen()
	}
	if err == nil {
		go f.agent.Serve(context.Background())
	}
	return f, err
}

func (f *farEnds) follow(order farOrder) (farReport, error) {
	switch {
	case order.Call != "":
		return farReport{}, f.call(order.Call, order.N)
	case order.HangUp != "":
		return farReport{}, f.hangUp(order.HangUp)
	}
	return f.listen(order)
}

// call places calls and waits until all are answered.
func (f *farEnds) call(exten string, n int) error {
	var calls []*farEnd
	for range n {
		e, err := f.dial(exten)
		if err != nil {
			return err
		}
		calls = append(calls, e)
		time.Sleep(10 * time.Millisecond)
	}
	for i, e := range calls {
		select {
		case <-e.answered:
		case <-time.After(setupTimeout):
			return fmt.Errorf("call %d of %d to %s was not answered", i+1, n, exten)
		}
	}
	return nil
}

func (f *farEnds) dial(exten string) (*farEnd, error) {
	e := &farEnd{exten: exten, answered: make(chan struct{}), over: make(chan struct{})}
	if err := e.open(); err != nil {
		return nil, err
	}
	var err error
	e.leg, err = f.agent.Dial(context.Background(), sip.Target{
		URI: "sip:" + exten + "@" + f.server, From: "sip:far@" + f.server, User: "far",
	}, e)
	if err != nil {
		unix.Close(e.fd)
		return nil, err
	}
	f.mu.Lock()
	f.ends = append(f.ends, e)
	err = unix.EpollCtl(f.epoll, unix.EPOLL_CTL_ADD, e.fd, &unix.EpollEvent{Events: unix.EPOLLIN, Fd: int32(e.fd)})
	f.mu.Unlock()
	go func() {
		for event := range e.leg.Events() {
			switch event := event.(type) {
			case sip.AnsweredEvent:
				close(e.answered)
			case sip.EndedEvent:
				e.end = event
			}
		}
		f.mu.Lock()
		f.ends = slices.DeleteFunc(f.ends, func(other *farEnd) bool { return other == e })
		unix.Close(e.fd)
		f.mu.Unlock()
		close(e.over)
	}()
	return e, err
}

// open makes the socket; the kernel notes when each packet came.
func (e *farEnd) open() (err error) {
	if e.fd, err = unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0); err != nil {
		return err
	}
	err = unix.Bind(e.fd, &unix.SockaddrInet4{Addr: loopback.As4()})
	if err == nil {
		err = unix.SetsockoptInt(e.fd, unix.SOL_SOCKET, unix.SO_TIMESTAMPNS, 1)
	}
	if err != nil {
		unix.Close(e.fd)
		return err
	}
	at, err := unix.Getsockname(e.fd)
	if err != nil {
		return err
	}
	e.local = uint16(at.(*unix.SockaddrInet4).Port)
	return nil
}

// Offer, Answered and Offered make a farEnd a sip.Negotiator.
func (e *farEnd) Offer() ([]byte, error) {
	e.offer = sip.MakeOffer(sip.Local{Addr: loopback, Port: int(e.local), Laws: []g711.Law{g711.Mu}, Events: true, SessionID: sip.NewSessionID(), Version: 1})
	return e.offer, nil
}

func (e *farEnd) Answered(answer []byte) error {
	agreed, err := sip.ReadAnswer(e.offer, answer, nil)
	if err == nil {
		to := &unix.RawSockaddrInet4{Family: unix.AF_INET, Addr: agreed.Remote.Addr().As4()}
		bin.BigEndian.PutUint16((*[2]byte)(unsafe.Pointer(&to.Port))[:], agreed.Remote.Port())
		e.remote = to
	}
	return err
}

func (e *farEnd) Offered([]byte) ([]byte, error) { return nil, sip.ErrEnded }

func (f *farEnds) hangUp(exten string) error {
	f.mu.Lock()
	calls := slices.DeleteFunc(slices.Clone(f.ends), func(e *farEnd) bool { return e.exten != exten })
	f.mu.Unlock()
	for _, e := range calls {
		e.leg.Hangup(16)
	}
	for _, e := range calls {
		<-e.over
	}
	return nil
}

// run is the thread: every millisecond a twentieth of the far ends speaks, every fifth all are read.
func (f *farEnds) run() {
	runtime.LockOSThread()
	unix.Prctl(unix.PR_SET_TIMERSLACK, 1, 0, 0, 0)
	in := newInbox(f.epoll)
	var next unix.Timespec
	unix.ClockGettime(unix.CLOCK_MONOTONIC, &next)
	for phase := 0; ; phase++ {
		next = unix.NsecToTimespec(next.Nano() + 1e6)
		for unix.ClockNanosleep(unix.CLOCK_MONOTONIC, unix.TIMER_ABSTIME, &next, nil) == unix.EINTR {
		}
		f.mu.Lock()
		if phase%5 == 0 {
			in.read(f)
		}
		for i := phase % 20; i < len(f.ends); i += 20 {
			f.speak(f.ends[i])
		}
		f.mu.Unlock()
	}
}

func (f *farEnds) speak(e *farEnd) {
	if e.remote == nil {
		return
	}
	var packet [12 + 160]byte
	packet[0] = 2 << 6
	bin.BigEndian.PutUint16(packet[2:], e.seq)
	bin.BigEndian.PutUint32(packet[4:], uint32(e.seq)*160)
	bin.BigEndian.PutUint32(packet[8:], uint32(e.local))
	at := int(e.seq) * 160 % (len(f.speech) - 160)
	copy(packet[12:], f.speech[at:])
	e.seq++
	unix.RawSyscall6(unix.SYS_SENDTO, uintptr(e.fd), uintptr(unsafe.Pointer(&packet)), uintptr(len(packet)), unix.MSG_DONTWAIT,
		uintptr(unsafe.Pointer(e.remote)), unix.SizeofSockaddrInet4)
}

// inbox is the memory to read packets with their times.
type inbox struct {
	epoll   int
	events  [256]unix.EpollEvent
	data    [256]byte
	control [64]byte
	vector  unix.Iovec
	message unix.Msghdr
}

func newInbox(epoll int) *inbox {
	in := &inbox{epoll: epoll}
	in.vector = unix.Iovec{Base: &in.data[0], Len: uint64(len(in.data))}
	in.message = unix.Msghdr{Iov: &in.vector, Iovlen: 1, Control: &in.control[0]}
	return in
}

// read takes what has come for all; f.mu is held.
func (in *inbox) read(f *farEnds) {
	ends := make(map[int32]*farEnd, len(f.ends))
	for _, e := range f.ends {
		ends[int32(e.fd)] = e
	}
	for {
		n, err := unix.EpollWait(in.epoll, in.events[:], 0)
		if err != nil || n == 0 {
			return
		}
		for _, event := range in.events[:n] {
			in.message.SetControllen(len(in.control))
			size, _, errno := unix.RawSyscall(unix.SYS_RECVMSG, uintptr(event.Fd), uintptr(unsafe.Pointer(&in.message)), unix.MSG_DONTWAIT)
			if e := ends[event.Fd]; errno == 0 && size >= 12 && in.data[1]&0x7f == 0 && e != nil && f.listening { // a report may be another's
				at := (*unix.Timespec)(unsafe.Pointer(&in.control[unix.CmsgLen(0)]))
				e.hear(at.Nano(), bin.BigEndian.Uint32(in.data[4:]))
			}
		}
	}
}

// hear notes a packet; 8 samples of its timestamp are a millisecond.
func (e *farEnd) hear(at int64, timestamp uint32) {
	if len(e.transit) == 0 {
		e.first, e.last = timestamp, timestamp
	}
	since := int32(timestamp - e.first)
	e.last = e.first + uint32(max(since, int32(e.last-e.first)))
	e.transit = append(e.transit, at-int64(since)*125_000)
}

// listen tells how packets came in the seconds to come. A packet is late by how much longer it took from its slot, which
// its timestamp tells, than the fastest one of its call.
func (f *farEnds) listen(order farOrder) (farReport, error) {
	f.mu.Lock()
	heard := slices.Clone(f.ends)
	for _, e := range heard {
		e.transit = make([]int64, 0, int(order.Listen*packetsPerSecond*1.1)+10)
	}
	f.listening = true
	f.mu.Unlock()
	ctx, stop := context.WithTimeout(context.Background(), time.Duration(order.Listen*float64(time.Second)))
	defer stop()
	var busy sync.WaitGroup
	for range order.Circling {
		busy.Go(func() { f.circle(ctx) })
	}
	var report farReport
	busy.Go(func() { report.Setups, report.Failed = f.setups(ctx, order.Setups) })
	<-ctx.Done()
	f.mu.Lock()
	f.listening = false
	f.mu.Unlock()
	busy.Wait()

	var late []time.Duration
	for _, e := range heard {
		if len(e.transit) == 0 {
			return report, fmt.Errorf("a call to %s hears nothing", e.exten)
		}
		report.Missing += int(e.last-e.first)/160 + 1 - len(e.transit)
		fastest := slices.Min(e.transit)
		for _, t := range e.transit {
			late = append(late, time.Duration(t-fastest))
		}
		e.transit = nil
	}
	if report.Packets = len(late); report.Packets == 0 {
		return report, fmt.Errorf("there is no call to listen to")
	}
	slices.Sort(late)
	last := len(late) - 1
	report.Late = []time.Duration{late[last/2], late[last*99/100], late[last*999/1000], late[last]}
	return report, nil
}

// circle has a call run in circles until ctx ends; one that the server ends is made anew.
func (f *farEnds) circle(ctx context.Context) {
	for ctx.Err() == nil {
		e, err := f.dial("circle")
		if err != nil {
			return
		}
		select {
		case <-e.over:
		case <-ctx.Done():
			e.leg.Hangup(16)
			<-e.over
		}
	}
}

// setups has calls answered and hung up, rate in a second, each at its time whether or not the ones before are through.
func (f *farEnds) setups(ctx context.Context, rate int) (made, failed int) {
	if rate == 0 {
		return 0, 0
	}
	results := make(chan bool)
	each := time.NewTicker(time.Second / time.Duration(rate))
	defer each.Stop()
	under := 0
	for ctx.Err() == nil || under > 0 {
		select {
		case <-each.C:
			if ctx.Err() == nil {
				under++
				go func() { results <- f.setup() }()
			}
		case ok := <-results:
			under--
			made++
			if !ok {
				failed++
			}
		}
	}
	return made, failed
}

func (f *farEnds) setup() bool {
	e, err := f.dial("setup")
	if err != nil {
		return false
	}
	up := false
	select {
	case <-e.answered:
		up = true
	case <-e.over:
	case <-time.After(setupTimeout):
	}
	e.leg.Hangup(16)
	<-e.over
	return up
}
