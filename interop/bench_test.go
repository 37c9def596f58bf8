package interop

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"text/tabwriter"
	"time"

	"golang.org/x/sys/unix"

	"dialtone/call/softphone"
	"dialtone/media"
	"dialtone/sounds"
)

// What the benchmark's calls do: hear a prompt for ever, or only be there. The telephones speak the same prompt all the while.
const (
	benchPrompt   = "ivr-sounds/ivr-example-choices"
	benchDialplan = `[bench]
exten => stream,1,Answer()
same => n(again),Playback(` + benchPrompt + `)
same => n,Goto(again)
exten => setup,1,Answer()
same => n,Wait(3600)
exten => circle,1,Answer()
same => n(again),Set(n=$[0${n} + 1])
same => n,ExecIf($[${n} % 400 = 0]?Wait(0.2))
same => n,Goto(again)
`
)

const (
	packetsPerSecond = 50
	streamWindow     = 8 * time.Second
	floorWindow      = 3 * time.Second
	setupWindow      = 3 * time.Second
	setupTimeout     = 5 * time.Second
	answerLimit      = 100 * time.Millisecond // of the 99th percentile
)

// circleStreams calls hear their prompt while circleCalls others run the dialplan without a pause, as fast as it lets
// them; one that a limit ends is made anew.
const (
	circleStreams = 500
	circleCalls   = 10
)

// setupRates are tried in turn until one fails twice. The telephones' ports bound them: 10000 pairs, and a pair rests 5 s.
var setupRates = []int{50, 100, 200, 300, 400, 500, 600, 800, 1000, 1300, 1600}

// BenchmarkCost prints what a call costs, measured from outside on the binary as it is shipped.
func BenchmarkCost(b *testing.B) {
	for b.Loop() {
		measureCost(b)
	}
	b.ReportMetric(0, "ns/op")
}

func measureCost(b *testing.B) {
	s := startMeasured(b, benchDialplan)
	phone, err := softphone.New(softphone.Config{Server: s.sip, User: "bench"})
	if err != nil {
		b.Fatal(err)
	}
	defer phone.Close()
	table := costTable{{"", "DIALTONE", "FLOOR", "RATIO", ""}}

	hangUp(b, s.stream(b, phone, 1)) // the prompt is decoded before memory is looked at
	time.Sleep(time.Second)
	before := s.status(b)
	var calls []*softphone.Call
	for _, n := range []int{100, 400} {
		calls = append(calls, s.stream(b, phone, n-len(calls))...)
		time.Sleep(2 * time.Second)
		w := s.window(b, calls)
		floor := bareLoop(b, n)
		table.add(fmt.Sprintf("CPU of a second of a call, %d calls", n), us(w.cost), us(floor), fmt.Sprintf("%.2f", w.cost/floor), w.note())
		b.ReportMetric(w.cost, fmt.Sprintf("us/call-s(%d)", n))
		b.ReportMetric(w.cost/floor, fmt.Sprintf("x-floor(%d)", n))
		b.ReportMetric(float64(w.missing()), fmt.Sprintf("missing(%d)", n))
	}
	after := s.status(b)
	n := len(calls)
	memory := float64(after.rss-before.rss) / float64(n)
	table.add(fmt.Sprintf("memory of a call, %d calls", n), fmt.Sprintf("%.1f kB", memory), "", "", fmt.Sprintf("RSS %d kB, %d kB before", after.rss, before.rss))
	table.add(fmt.Sprintf("threads, %d calls", n), strconv.Itoa(after.threads), "", "", fmt.Sprintf("%d before", before.threads))
	b.ReportMetric(memory, "kB/call")
	calls = append(calls, s.stream(b, phone, circleStreams-len(calls))...)
	time.Sleep(2 * time.Second)
	stop := circles(b, phone)
	w := s.window(b, calls)
	turned := stop()
	table.add(fmt.Sprintf("%d calls beside %d that run in circles", circleStreams, circleCalls), us(w.cost), "", "", fmt.Sprintf("%s\n%d such calls were made one after another", w.note(), turned))
	b.ReportMetric(float64(w.missing()), "missing(circles)")
	hangUp(b, calls)

	best, failed := s.setupRate(b, phone)
	note := best.note()
	if failed.rate > 0 {
		note += "\n" + failed.note()
	} else {
		note += "; no higher rate is tried"
	}
	table.add("calls set up per second", fmt.Sprintf("%d /s", best.rate), "", "", note)
	b.ReportMetric(float64(best.rate), "calls/s")
	if best.rate > 0 {
		cost, floor := best.cost, bareMessages(b)
		table.add("CPU of a call's set-up and end", us(cost), us(floor), fmt.Sprintf("%.1f", cost/floor), fmt.Sprintf("at %d /s", best.rate))
		b.ReportMetric(cost, "us/setup")
	}
	table.print()
}

// costTable is the table, a row each: what, dialtone's, the floor's, their ratio, a note of one or more lines.
type costTable [][5]string

func (t *costTable) add(what, ours, floor, ratio, note string) {
	for i, line := range strings.Split(note, "\n") {
		if i > 0 {
			what, ours, floor, ratio = "", "", "", ""
		}
		*t = append(*t, [5]string{what, cmp.Or(ours, " "), cmp.Or(floor, " "), cmp.Or(ratio, " "), line})
	}
}

func (t costTable) print() {
	kernel := unix.Utsname{}
	unix.Uname(&kernel)
	fmt.Printf("\n\nWhat a call costs: %d cores, Linux %s, %s; server and telephones share them\n\n",
		runtime.NumCPU(), unix.ByteSliceToString(kernel.Release[:]), runtime.Version())
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	for _, row := range t {
		fmt.Fprintf(w, "%s\t%10s\t%8s\t%6s\t%s\n", row[0], row[1], row[2], row[3], row[4])
	}
	w.Flush()
	fmt.Print(`
A second of a call is 50 packets of speech out, 50 in, and listening for digits in them. The floor is a bare loop: as many
sendto and recvfrom, of packets of the same size on as many sockets, at the same pace, one thread. With io_uring dialtone makes
fewer system calls than that, so the ratio can be below 1. A set-up is INVITE, 100, 200, ACK, BYE, 200; its floor is 3 sendto and
3 recvfrom.

`)
}

func us(v float64) string { return fmt.Sprintf("%.0f µs", v) }

// hangUp ends calls and waits until they are over.
func hangUp(b *testing.B, calls []*softphone.Call) {
	late := time.After(setupTimeout)
	for _, c := range calls {
		c.Hangup()
	}
	for _, c := range calls {
		select {
		case <-c.Done():
		case <-late:
			b.Fatal("a call does not end")
		}
	}
}

// benchSpeech is the prompt, many times over.
func benchSpeech(b *testing.B) []media.Source {
	file, err := sounds.Embedded().Open("en/" + benchPrompt + ".wav")
	if err != nil {
		b.Fatal(err)
	}
	defer file.Close()
	pcm, err := sounds.ReadWAV(file)
	if err != nil {
		b.Fatal(err)
	}
	return slices.Repeat([]media.Source{sounds.NewPrompt(pcm)}, 100)
}

// stream places n calls, 100 in a second, that hear the prompt and speak it until they are hung up.
func (s *measured) stream(b *testing.B, phone *softphone.Phone, n int) []*softphone.Call {
	speech := benchSpeech(b)
	var calls []*softphone.Call
	for range n {
		c, err := phone.Call(b.Context(), "stream")
		if err != nil {
			b.Fatal(err)
		}
		calls = append(calls, c)
		time.Sleep(10 * time.Millisecond)
	}
	for _, c := range calls {
		select {
		case <-c.Answered():
			c.Play(speech...)
		case <-c.Done():
			b.Fatalf("a call was not answered: %+v", c.End())
		}
	}
	return calls
}

// circles keeps calls in the dialplan's circle until stop, which tells how many there were.
func circles(b *testing.B, phone *softphone.Phone) (stop func() int64) {
	ctx, cancel := context.WithCancel(b.Context())
	var calls sync.WaitGroup
	var made atomic.Int64
	for range circleCalls {
		calls.Go(func() {
			for ctx.Err() == nil {
				c, err := phone.Call(ctx, "circle")
				if err != nil {
					return
				}
				made.Add(1)
				select {
				case <-c.Done():
				case <-ctx.Done():
					c.Hangup()
					<-c.Done()
				}
			}
		})
	}
	return func() int64 {
		cancel()
		calls.Wait()
		return made.Load()
	}
}

// streamed is what a window of calls that stream has shown.
type streamed struct {
	cost        float64 // µs of the server's CPU per second of a call
	phones      float64 // cores that the telephones took
	expected    int64   // packets, in each direction
	sent, heard int64   // by the telephones
	lost, late  int64   // lost: by the sequence numbers
}

func (s *measured) window(b *testing.B, calls []*softphone.Call) streamed {
	sum := func() (t media.StreamStats) {
		for _, c := range calls {
			st := c.Stats()
			t.Sent, t.Received, t.Lost, t.Late = t.Sent+st.Sent, t.Received+st.Received, t.Lost+st.Lost, t.Late+st.Late
		}
		return t
	}
	first, ours, theirs, began := sum(), cpuOf(syscall.RUSAGE_SELF), s.cpu(b), time.Now()
	time.Sleep(streamWindow)
	took := time.Since(began).Seconds()
	last := sum()
	w := streamed{
		cost:     float64((s.cpu(b) - theirs).Nanoseconds()) / 1e3 / took / float64(len(calls)),
		phones:   (cpuOf(syscall.RUSAGE_SELF) - ours).Seconds() / took,
		expected: int64(took * packetsPerSecond * float64(len(calls))),
		sent:     int64(last.Sent - first.Sent), heard: int64(last.Received - first.Received),
		lost: last.Lost - first.Lost, late: int64(last.Late - first.Late),
	}
	for i, c := range calls {
		select {
		case <-c.Done():
			b.Fatalf("call %d of %d ended: %+v", i+1, len(calls), c.End())
		default:
		}
	}
	return w
}

// missing is how many packets were not heard. At the window's edges a packet of a call may be on this side or on that.
func (w streamed) missing() int64 { return max(0, w.expected-w.heard) }

func (w streamed) note() string {
	note := fmt.Sprintf("heard %d of %d packets, lost %d, late %d; phones took %.2f cores", w.heard, w.expected, w.lost, w.late, w.phones)
	if w.sent < w.expected*99/100 {
		note += fmt.Sprintf("\nthe phones are the limit: they sent only %d", w.sent)
	}
	return note
}

// bareLoop is the floor of a second of a call, in µs of CPU: n pairs of sockets, every 5 ms a quarter of them has a
// packet sent and read.
func bareLoop(b *testing.B, n int) float64 {
	pairs := make([]barePair, n)
	for i := range pairs {
		pairs[i] = newBarePair(b)
		defer pairs[i].close()
	}
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	packet, into := make([]byte, 12+160), make([]byte, 2048)
	before, began := cpuOf(syscall.RUSAGE_THREAD), time.Now()
	turns := int(floorWindow / (5 * time.Millisecond))
	for turn := range turns {
		if wait := time.Until(began.Add(time.Duration(turn) * 5 * time.Millisecond)); wait > 0 {
			t := unix.NsecToTimespec(wait.Nanoseconds())
			unix.Nanosleep(&t, nil) // on this thread, so that its cost is seen
		}
		for i := turn % 4; i < n; i += 4 {
			pairs[i].pass(b, packet, into)
		}
	}
	return float64((cpuOf(syscall.RUSAGE_THREAD) - before).Nanoseconds()) / 1e3 / floorWindow.Seconds() / float64(n)
}

// bareMessages is the floor of a set-up, in µs of CPU: three messages of about the size of an INVITE sent, three read.
func bareMessages(b *testing.B) float64 {
	p := newBarePair(b)
	defer p.close()
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	const rounds = 20000
	message, into := make([]byte, 700), make([]byte, 2048)
	before := cpuOf(syscall.RUSAGE_THREAD)
	for range 3 * rounds {
		p.pass(b, message, into)
	}
	return float64((cpuOf(syscall.RUSAGE_THREAD) - before).Nanoseconds()) / 1e3 / rounds
}

// barePair is two UDP sockets on loopback, from the one to the other.
type barePair struct {
	from, to int
	addr     unix.Sockaddr
}

func newBarePair(b *testing.B) barePair {
	open := func() int {
		fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
		if err == nil {
			err = unix.Bind(fd, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}})
		}
		if err != nil {
			b.Fatal(err)
		}
		return fd
	}
	p := barePair{from: open(), to: open()}
	var err error
	if p.addr, err = unix.Getsockname(p.to); err != nil {
		b.Fatal(err)
	}
	return p
}

func (p barePair) pass(b *testing.B, packet, into []byte) {
	err := unix.Sendto(p.from, packet, 0, p.addr)
	if err == nil {
		_, _, err = unix.Recvfrom(p.to, into, 0)
	}
	if err != nil {
		b.Fatal(err)
	}
}

func (p barePair) close() {
	unix.Close(p.from)
	unix.Close(p.to)
}

// setups is what some seconds of short calls at one rate have shown.
type setups struct {
	rate           int
	placed, failed int
	reason         string // why the last one failed
	p50, p99       time.Duration
	server, phones float64 // cores
	cost           float64 // µs of the server's CPU per call
}

func (r setups) good() bool { return r.failed == 0 && r.p99 < answerLimit }

func (r setups) note() string {
	note := fmt.Sprintf("%d /s: answered after %.1f ms, p99 %.1f ms; server %.2f cores, phones %.2f", r.rate, ms(r.p50), ms(r.p99), r.server, r.phones)
	if r.failed > 0 {
		note += fmt.Sprintf("; %d of %d failed (%s)", r.failed, r.placed, r.reason)
	}
	if !r.good() && r.phones > r.server && r.phones+r.server > 0.8*float64(runtime.NumCPU()) {
		note += "\nthe phones are part of the limit: they take more CPU than the server, and little is left"
	}
	return note
}

func ms(d time.Duration) float64 { return d.Seconds() * 1e3 }

// setupRate is the highest rate that is good, and the one that was not.
func (s *measured) setupRate(b *testing.B, phone *softphone.Phone) (best, failed setups) {
	for _, rate := range setupRates {
		r := s.setups(b, phone, rate)
		if !r.good() { // once may be another program's doing
			time.Sleep(6 * time.Second)
			r = s.setups(b, phone, rate)
		}
		if !r.good() {
			return best, r
		}
		best = r
		time.Sleep(time.Second)
	}
	return best, failed
}

// setups places calls at a rate, each at its time whether or not the ones before are through, and hangs each up when it
// is answered. A delay counts from the time at which the call was due.
func (s *measured) setups(b *testing.B, phone *softphone.Phone, rate int) setups {
	ctx, cancel := context.WithTimeout(b.Context(), setupWindow+setupTimeout)
	defer cancel()
	r := setups{rate: rate, placed: int(setupWindow.Seconds() * float64(rate))}
	var mu sync.Mutex
	var delays []time.Duration
	var all sync.WaitGroup
	ours, theirs, began := cpuOf(syscall.RUSAGE_SELF), s.cpu(b), time.Now()
	for i := range r.placed {
		due := began.Add(time.Duration(i) * time.Second / time.Duration(rate))
		time.Sleep(time.Until(due))
		all.Go(func() {
			delay, err := setup(ctx, phone, due)
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				r.failed, r.reason = r.failed+1, err.Error()
			} else {
				delays = append(delays, delay)
			}
		})
	}
	all.Wait()
	took := time.Since(began).Seconds()
	spent := (s.cpu(b) - theirs).Seconds()
	r.server, r.phones = spent/took, (cpuOf(syscall.RUSAGE_SELF)-ours).Seconds()/took
	r.cost = spent * 1e6 / float64(r.placed)
	if slices.Sort(delays); len(delays) > 0 {
		r.p50, r.p99 = delays[len(delays)/2], delays[len(delays)*99/100]
	}
	return r
}

// setup is one short call.
func setup(ctx context.Context, phone *softphone.Phone, due time.Time) (time.Duration, error) {
	c, err := phone.Call(ctx, "setup")
	if err != nil {
		return 0, err
	}
	select {
	case <-c.Answered():
	case <-c.Done():
		return 0, fmt.Errorf("%d %s", c.End().Status, c.End().Reason)
	}
	delay := time.Since(due)
	c.Hangup()
	select {
	case <-c.Done():
		return delay, nil
	case <-ctx.Done():
		return 0, errors.New("a call does not end")
	}
}
