package interop

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"dialtone/call/softphone"
	"dialtone/dtmf"
	"dialtone/sip"
)

const soakDialplan = benchDialplan + `exten => menu,1,Answer()
same => n,Background(` + benchPrompt + `)
same => n,WaitExten(10)
exten => 1,1,Playback(ivr-sounds/ivr-example-choices)
same => n,Hangup(17)
exten => t,1,Hangup(38)
exten => i,1,Hangup(28)
exten => taped,1,Answer()
same => n,MixMonitor(soak-${UNIQUEID}.wav)
same => n(again),Playback(` + benchPrompt + `)
same => n,Goto(again)
exten => slow,1,Ringing()
same => n,Wait(1)
same => n,Answer()
same => n,Wait(30)
exten => broken,1,Answer()
same => n,Playback(no/such/sound)
same => n,Set(X=${NOSUCHFUNCTION(a)}$[1 +])
same => n,Goto(nowhere,s,1)
`

// soakPorts are the first of 800 ports for RTP: few enough for garbage to find calls.
const soakPorts = 30000

// crowd is callers of all kinds: each kind comes again and again, after a pause.
type crowd struct {
	t      *testing.T
	server *measured
	phones map[dtmf.Way]*softphone.Phone
	made   atomic.Int64
	count  []atomic.Int64 // by kind

	ctx  context.Context // the callers come while it lasts
	stop context.CancelFunc
	all  sync.WaitGroup
}

// soaker is a kind of caller.
type soaker struct {
	name  string
	many  int           // at once
	pause time.Duration // on average, between one and the next
	come  func(*crowd) error
}

var soakers = []soaker{
	{"menu by event", 3, time.Second, func(c *crowd) error { return c.menu(dtmf.Event) }},
	{"menu by tone", 3, time.Second, func(c *crowd) error { return c.menu(dtmf.Tone) }},
	{"menu by INFO", 3, time.Second, func(c *crowd) error { return c.menu(dtmf.Info) }},
	{"listener", 6, 2 * time.Second, func(c *crowd) error { return c.listen("stream") }},
	{"recorded", 4, 2 * time.Second, func(c *crowd) error { return c.listen("taped") }},
	{"re-INVITE", 2, 2 * time.Second, (*crowd).reoffer},
	{"abandoned", 2, time.Second, (*crowd).abandon},
	{"broken dialplan", 1, 2 * time.Second, (*crowd).broken},
	{"nobody's number", 1, 2 * time.Second, (*crowd).nobody},
	{"register", 1, 2 * time.Second, (*crowd).register},
	{"garbage", 1, 100 * time.Millisecond, (*crowd).garbage},
	{"reload", 1, 4 * time.Second, func(c *crowd) error { c.server.reload(c.t); return nil }},
	{"clear recordings", 1, 5 * time.Second, (*crowd).clear},
}

func newCrowd(t *testing.T, s *measured) *crowd {
	c := &crowd{t: t, server: s, phones: map[dtmf.Way]*softphone.Phone{}, count: make([]atomic.Int64, len(soakers))}
	s.dialtone(t, "phone", "add", "1234", "--password", "secret1234", "--context", "bench")
	for _, way := range []dtmf.Way{dtmf.Event, dtmf.Tone, dtmf.Info} {
		phone, err := softphone.New(softphone.Config{Server: s.sip, User: "1234", Password: "secret1234", Way: way})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { phone.Close() })
		c.phones[way] = phone
	}
	return c
}

// visit has one of each kind come.
func (c *crowd) visit() {
	c.ctx, c.stop = context.WithTimeout(c.t.Context(), 8*time.Second)
	for i := range soakers {
		c.all.Go(func() { c.come(i) })
	}
}

// start has them all come, so many times their number, until stop.
func (c *crowd) start(times int) {
	c.ctx, c.stop = context.WithCancel(c.t.Context())
	for i, s := range soakers {
		for range times * s.many {
			c.all.Go(func() {
				for c.pause(time.Duration(rand.Int64N(int64(2 * s.pause)))) {
					c.come(i)
				}
			})
		}
	}
}

// wait waits until all have gone.
func (c *crowd) wait() { c.all.Wait() }

func (c *crowd) come(kind int) {
	if err := soakers[kind].come(c); err != nil && c.t.Context().Err() == nil {
		c.t.Errorf("%s: %v", soakers[kind].name, err)
	}
	c.count[kind].Add(1)
}

func (c *crowd) kinds() string {
	var texts []string
	for i, s := range soakers {
		texts = append(texts, fmt.Sprintf("%s %d", s.name, c.count[i].Load()))
	}
	return strings.Join(texts, ", ")
}

// pause says whether there is still time after d.
func (c *crowd) pause(d time.Duration) bool {
	select {
	case <-time.After(d):
		return true
	case <-c.ctx.Done():
		return false
	}
}

// call places a call and waits for its answer.
func (c *crowd) call(way dtmf.Way, exten string) (*softphone.Call, error) {
	call, err := c.phones[way].Call(c.t.Context(), exten)
	if err != nil {
		return nil, err
	}
	c.made.Add(1)
	select {
	case <-call.Answered():
		return call, nil
	case <-call.Done():
		return nil, fmt.Errorf("%s was not answered: %+v", exten, call.End())
	case <-time.After(setupTimeout):
		call.Hangup()
		return nil, fmt.Errorf("%s was not answered", exten)
	}
}

// over waits for the end of a call.
func over(call *softphone.Call, within time.Duration) error {
	select {
	case <-call.Done():
		return nil
	case <-time.After(within):
		call.Hangup()
		return errors.New("the call does not end")
	}
}

// menu presses a key into a menu's prompt, or behind it; the dialplan ends the call with a cause that tells that the key
// was taken.
func (c *crowd) menu(way dtmf.Way) error {
	call, err := c.call(way, "menu")
	if err != nil {
		return err
	}
	c.pause(time.Duration(500+rand.IntN(7000)) * time.Millisecond)
	if err := call.Press([]softphone.Press{{Key: '1'}}); err != nil {
		return err
	}
	if err := over(call, 30*time.Second); err != nil {
		return err
	}
	if end := call.End(); end.Cause != 17 {
		return c.keyLost(call, end)
	}
	return nil
}

// stall is how late a packet may be sent, by either side, for a key to arrive whole: the machine stands still for longer
// when it is full, and what is to be seen here is growth.
const stall = 40 * time.Millisecond

// keyLost says why a key that was not taken should have been.
func (c *crowd) keyLost(call *softphone.Call, end sip.EndedEvent) error {
	r, err := c.server.record(c.t, call.CallID())
	if err != nil {
		return err
	}
	ours := call.Stats()
	if ours.Delay > stall || r.Media != nil && r.Media.Delay > ms(stall) {
		return nil
	}
	return fmt.Errorf("the key was not taken: %+v\nphone:  %+v\nserver: %+v %+v", end, ours, r, r.Media)
}

// listen hears for a while.
func (c *crowd) listen(exten string) error {
	call, err := c.call(dtmf.Event, exten)
	if err != nil {
		return err
	}
	for began := time.Now(); call.Stats().Received == 0; time.Sleep(50 * time.Millisecond) {
		if time.Since(began) > setupTimeout {
			call.Hangup()
			return errors.New("nothing is heard")
		}
	}
	c.pause(time.Duration(rand.IntN(10)) * time.Second)
	call.Hangup()
	return over(call, setupTimeout)
}

// reoffer describes its media anew while it hears.
func (c *crowd) reoffer() error {
	call, err := c.call(dtmf.Event, "stream")
	if err != nil {
		return err
	}
	for range 3 {
		c.pause(time.Second)
		if err := call.Reoffer(c.t.Context()); err != nil {
			call.Hangup()
			return fmt.Errorf("re-INVITE: %w", err)
		}
	}
	call.Hangup()
	return over(call, setupTimeout)
}

// abandon gives up before the answer, or just when it comes.
func (c *crowd) abandon() error {
	ctx, cancel := context.WithCancel(c.t.Context())
	defer cancel()
	call, err := c.phones[dtmf.Event].Call(ctx, "slow")
	if err != nil {
		return err
	}
	c.made.Add(1)
	c.pause(time.Duration(rand.IntN(1200)) * time.Millisecond)
	call.Hangup()
	return over(call, setupTimeout)
}

// broken comes to a dialplan with faults, which ends its call.
func (c *crowd) broken() error {
	call, err := c.call(dtmf.Event, "broken")
	if err != nil {
		return err
	}
	return over(call, setupTimeout)
}

// nobody dials a number that leads nowhere.
func (c *crowd) nobody() error {
	call, err := c.phones[dtmf.Event].Call(c.t.Context(), "nowhere")
	if err != nil {
		return err
	}
	if err := over(call, setupTimeout); err != nil {
		return err
	}
	if end := call.End(); end.Status != 404 {
		return fmt.Errorf("%+v", end)
	}
	return nil
}

// register comes and goes as a telephone does when it is switched on and off.
func (c *crowd) register() error {
	for _, expires := range []time.Duration{time.Minute, 0} {
		ctx, cancel := context.WithTimeout(c.t.Context(), setupTimeout)
		_, err := c.phones[dtmf.Event].Register(ctx, expires)
		cancel()
		if err != nil {
			return err
		}
	}
	return nil
}

// garbage sends nonsense to ports of RTP, RTCP and SIP, from the telephones' host or another one. No events come from the
// telephones' own: before a telephone's first packet they would be its keys, as far as anybody can tell.
func (c *crowd) garbage() error {
	host, types := "127.0.0.1", []byte{0, 8, 200, 201}
	if rand.IntN(2) == 0 {
		host, types = "127.0.0.2", append(types, 101)
	}
	conn, err := net.ListenPacket("udp", host+":0")
	if err != nil {
		return err
	}
	defer conn.Close()
	for range 50 {
		b := make([]byte, rand.IntN(300))
		for i := range b {
			b[i] = byte(rand.Uint32())
		}
		if len(b) > 1 && rand.IntN(2) == 0 { // it looks like RTP or RTCP
			b[0], b[1] = 0x80, types[rand.IntN(len(types))]
		}
		port := soakPorts + rand.IntN(800)
		if rand.IntN(10) == 0 {
			fmt.Sscanf(c.server.sip, "127.0.0.1:%d", &port)
		}
		if _, err := conn.WriteTo(b, &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1), Port: port}); err != nil {
			return err
		}
	}
	return nil
}

// clear removes recordings that are done, so that the disk is not what grows.
func (c *crowd) clear() error {
	files, err := filepath.Glob(filepath.Join(c.server.data, "recordings", "soak-*.wav"))
	if err != nil {
		return err
	}
	for _, file := range files {
		if info, err := os.Stat(file); err == nil && time.Since(info.ModTime()) > 5*time.Second {
			os.Remove(file)
		}
	}
	return nil
}
