package call_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"maps"
	"math"
	"math/rand/v2"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"dialtone/call"
	"dialtone/call/softphone"
	"dialtone/certs"
	"dialtone/compile"
	"dialtone/hours"
	"dialtone/ivr"
	"dialtone/ivr/app"
	"dialtone/ivr/dialplan"
	"dialtone/ivr/function"
	"dialtone/media"
	"dialtone/media/g711"
	"dialtone/sip"
	"dialtone/sounds"
	"dialtone/store"
)

// patience is how long a test waits for what must come; only a failing test waits so long.
const patience = 10 * time.Second

// The phone of the tests.
const (
	number   = "1000"
	password = "correct horse"
)

// labConfig is what one test changes of a lab.
type labConfig struct {
	journal    func(*store.Store) call.Journal // in place of the store; nil: the store itself
	plan       string                          // the dialplan's text
	ports      media.PortRange
	maxCalls   int
	rtpTimeout time.Duration
	laws       []g711.Law
	secrecy    sip.Secrecy
	apps       map[string]*ivr.App // beside the usual ones
	web        *sounds.Web         // sounds by URL
	trunk      string              // the trunk's context; empty: 127.0.0.1 is no trunk
	ways       func() *call.Exit   // of calls by the trunk carrier; nil: those of its record
	tolls      *call.Tolls         // nil: no limits
	named      call.Named
	identity   func(phone string) call.Identity
	rules      func(call.Door) store.LegRules
}

// lab is a server in this process, with the sounds beep (100 ms), tone (300 ms) and long (3 s).
type lab struct {
	t       *testing.T
	dir     string // of sounds, recordings and data
	store   *store.Store
	streams *media.Streams
	calls   *call.Switch
	trunks  *call.Trunks
	globals *ivr.Globals
	server  *sip.Server
	log     *logBuffer

	mu       sync.Mutex
	bindings map[string][]sip.Binding
}

// Load and Save keep the registrations (sip.Bindings).
func (l *lab) Load(aor string) ([]sip.Binding, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.bindings[aor], nil
}

func (l *lab) Save(aor string, bindings []sip.Binding) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.bindings[aor] = bindings
	return nil
}

func (l *lab) Each(each func(string, []sip.Binding)) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	for aor, bindings := range l.bindings {
		each(aor, bindings)
	}
	return nil
}

func newLab(t *testing.T, c labConfig) *lab {
	t.Helper()
	dir := t.TempDir()
	l := &lab{t: t, dir: dir, log: new(logBuffer), bindings: map[string][]sip.Binding{}}
	log := slog.New(slog.NewTextHandler(l.log, nil))

	var err error
	if l.store, err = store.Open(filepath.Join(dir, "data"), store.Options{}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.store.Close() })
	l.put(c.trunk)

	for name, length := range map[string]time.Duration{"beep": 100 * time.Millisecond, "tone": 300 * time.Millisecond, "long": 3 * time.Second} {
		writeTone(t, filepath.Join(dir, "sounds", name+".wav"), length)
	}
	file := filepath.Join(dir, "plan", "test.conf")
	writeFile(t, file, []byte(c.plan))
	plan, problems := dialplan.Load(dialplan.LoadOptions{}, filepath.Dir(file))
	if len(problems) > 0 {
		t.Fatalf("the test's dialplan: %v", problems)
	}

	if c.ports == (media.PortRange{}) {
		c.ports = media.PortRange{Low: 30000, High: 31999}
	}
	if l.streams, err = media.Open(media.Config{Ports: c.ports, Shards: 1, Log: log}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.streams.Close() })

	journal := call.Journal(l.store)
	if c.journal != nil {
		journal = c.journal(l.store)
	}
	apps := app.All()
	maps.Copy(apps, c.apps)
	prompts := sounds.NewCache(sounds.Config{Dirs: []string{filepath.Join(dir, "sounds")}, Map: map[string]string{"/var/lib/wazo/sounds": filepath.Join(dir, "sounds")}, Web: c.web})
	t.Cleanup(prompts.Close)
	l.trunks = call.NewTrunks(call.TrunksConfig{Records: l.store.TrunksNow, Network: func() *sip.Server { return l.server }, Log: log})
	l.globals = ivr.NewGlobals(plan.Globals)
	objects := compile.NewSwitch(l.store.View)
	plan = plan.With(objects)
	l.calls = call.New(call.Config{
		Trunks: l.trunks, Incall: objects.Incall, Schedules: hours.Kept{Store: l.store},
		Plan: func() *dialplan.Plan { return plan }, Apps: apps, Functions: function.All(),
		Globals: l.globals, Groups: ivr.NewGroups(), Database: new(ivr.Memory),
		Dial: func(ctx context.Context, to sip.Target, n sip.Negotiator) (*sip.Leg, error) {
			return l.server.Dial(ctx, to, n)
		},
		Contacts: func(number string) []sip.Target { return l.server.Contacts(number) },
		Ways: func(trunk, number string, caller ivr.CallerID) (*call.Exit, error) {
			if c.ways == nil {
				return l.trunks.Ways(trunk, number, caller)
			}
			return c.ways(), nil
		},
		Streams: l.streams, Journal: journal, Tolls: c.tolls, MaxCalls: c.maxCalls, RTPTimeout: c.rtpTimeout, Laws: c.laws, Secrecy: c.secrecy, Log: log, Context: l.context, Named: c.named, Identity: c.identity, Legs: c.rules,
		Sounds:     prompts,
		Recordings: call.Recordings{Sounds: filepath.Join(dir, "sounds"), Calls: filepath.Join(dir, "recordings")},
	})
	certificate, err := certs.Open(certs.Config{Dir: filepath.Join(dir, "tls")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { certificate.Close() })
	any := netip.MustParseAddrPort("127.0.0.1:0")
	l.server, err = sip.New(sip.Config{
		Listen: append(ipv6(), sip.Listener{Transport: "udp", Addr: any}, sip.Listener{Transport: "tls", Addr: any}), TLS: certificate.TLS(),
		Realm: store.Realm, Accounts: l, Trunks: l.trunks, Bindings: l, Incoming: l.calls.Incoming, Log: log,
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := l.server.Listen(); err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- l.server.Serve(context.Background()) }()
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := l.calls.Close(ctx); err != nil {
			t.Errorf("the calls do not end: %v", err)
		}
		if err := l.server.Shutdown(ctx); err != nil {
			t.Errorf("the server does not stop: %v", err)
		}
		<-served
		if t.Failed() {
			t.Logf("the server's log:\n%s", l.log.tail(6000))
		}
	})
	return l
}

// put keeps the phone and, if there is one, the trunk.
func (l *lab) put(trunk string) {
	l.t.Helper()
	for _, n := range []string{number, "1001", "1002"} {
		if _, err := l.store.Phones().Put(n, store.NewPhone(n, password, "phones"), store.New); err != nil {
			l.t.Fatal(err)
		}
	}
	if trunk == "" {
		return
	}
	here := store.Source{Prefix: netip.MustParsePrefix("127.0.0.1/32")}
	if _, err := l.store.Trunks().Put("carrier", store.NewTrunk("carrier", trunk, here), store.New); err != nil {
		l.t.Fatal(err)
	}
}

// Account is the phone (sip.Accounts).
func (l *lab) Account(user string) (sip.Account, bool) {
	phone, _, err := l.store.Phones().Get(user)
	return sip.Account{User: phone.Number, HA1MD5: phone.HA1MD5, HA1SHA256: phone.HA1SHA256}, err == nil
}

func (l *lab) context(door call.Door) (string, bool) {
	if door.Trunk != "" {
		trunk, _, err := l.store.Trunks().Get(door.Trunk)
		return trunk.Context, err == nil
	}
	phone, _, err := l.store.Phones().Get(door.Phone)
	return phone.Context, err == nil
}

// ipv6 is a listener on IPv6, if the machine has it.
func ipv6() []sip.Listener {
	at := netip.MustParseAddrPort("[::1]:0")
	probe, err := net.ListenPacket("udp6", at.String())
	if err != nil {
		return nil
	}
	probe.Close()
	return []sip.Listener{{Transport: "udp", Addr: at}}
}

// at is the lab's listener whose name begins so, if there is one.
func (l *lab) at(name string) sip.Listener {
	for _, listener := range l.server.Addrs() {
		if strings.HasPrefix(listener.String(), name) {
			return listener
		}
	}
	return sip.Listener{}
}

// phone is a softphone at the lab's server. User and password are the phone's unless the test sets a user.
func (l *lab) phone(c softphone.Config) *softphone.Phone {
	l.t.Helper()
	if c.Server == "" {
		c.Server = l.at("udp:127.0.0.1:").String()
	}
	if c.User == "" && c.Password == "" {
		c.User, c.Password = number, password
	}
	p, err := softphone.New(c)
	if err != nil {
		l.t.Fatal(err)
	}
	l.t.Cleanup(func() { p.Close() })
	return p
}

// call places a call that is ended with the test.
func (l *lab) call(p *softphone.Phone, target string) *softphone.Call {
	l.t.Helper()
	c, err := p.Call(l.t.Context(), target)
	if err != nil {
		l.t.Fatal(err)
	}
	return c
}

// await waits for an event of the call.
func (l *lab) await(c *softphone.Call, kind softphone.Kind) {
	l.t.Helper()
	late := time.After(patience)
	for {
		select {
		case e, ok := <-c.Events():
			if e.Kind == kind {
				return
			}
			if !ok {
				l.t.Fatalf("the call is over and %q did not happen: %+v", kind, c.End())
			}
		case <-late:
			l.t.Fatalf("%q does not happen", kind)
		}
	}
}

// end waits for the call's end.
func (l *lab) end(c *softphone.Call) sip.EndedEvent {
	l.t.Helper()
	select {
	case <-c.Done():
	case <-time.After(patience):
		l.t.Fatal("the call does not end")
	}
	return c.End()
}

// until polls, as not everything that a call gives back is told to anybody.
func (l *lab) until(what string, is func() bool) {
	l.t.Helper()
	for end := time.Now().Add(patience); !is(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			l.t.Fatalf("never: %s", what)
		}
	}
}

// records are the call records, the newest first, once no call is live.
func (l *lab) records() []store.CallRecord {
	l.t.Helper()
	l.until("no call is live", func() bool { return len(l.calls.Calls()) == 0 })
	if err := l.store.Sync(); err != nil {
		l.t.Fatal(err)
	}
	records, err := l.store.Records(0, 10000)
	if err != nil {
		l.t.Fatal(err)
	}
	return records
}

// record is that of the only call that there was.
func (l *lab) record() store.CallRecord {
	l.t.Helper()
	records := l.records()
	if len(records) != 1 {
		l.t.Fatalf("one call left %d records: %+v", len(records), records)
	}
	return records[0]
}

// nothingLeft checks that the calls gave back what they had.
func (l *lab) nothingLeft() {
	l.t.Helper()
	l.until("no call is live", func() bool { return len(l.calls.Calls()) == 0 })
	l.until("no stream is open", func() bool { s := l.streams.Stats(); return s.Open == 0 && s.PortsUsed == 0 })
	if err := l.store.Sync(); err != nil {
		l.t.Fatal(err)
	}
	live, err := l.store.LiveCalls()
	if err != nil {
		l.t.Fatal(err)
	}
	if len(live) != 0 {
		l.t.Errorf("%d calls are left in the journal: %v", len(live), live)
	}
}

// shown are the arguments of the record's NoOp steps: what the dialplan shows.
func shown(r store.CallRecord) []string {
	var args []string
	for _, step := range r.Steps {
		if step.App == "NoOp" {
			args = append(args, step.Args)
		}
	}
	return args
}

// freePair is one pair of RTP ports that nobody uses.
func freePair(t *testing.T) media.PortRange {
	t.Helper()
	for range 100 {
		low := 28000 + 2*rand.IntN(1000)
		a, err1 := net.ListenPacket("udp", fmt.Sprintf(":%d", low))
		b, err2 := net.ListenPacket("udp", fmt.Sprintf(":%d", low+1))
		for _, c := range []net.PacketConn{a, b} {
			if c != nil {
				c.Close()
			}
		}
		if err1 == nil && err2 == nil {
			return media.PortRange{Low: low, High: low + 1}
		}
	}
	t.Fatal("no free pair of ports")
	return media.PortRange{}
}

func writeTone(t *testing.T, file string, length time.Duration) {
	t.Helper()
	pcm := make([]int16, length.Milliseconds()*8)
	for i := range pcm {
		pcm[i] = int16(6000 * math.Sin(2*math.Pi*400*float64(i)/8000))
	}
	var wav bytes.Buffer
	if err := sounds.WriteWAV(&wav, pcm); err != nil {
		t.Fatal(err)
	}
	writeFile(t, file, wav.Bytes())
}

func writeFile(t *testing.T, file string, data []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, data, 0o644); err != nil {
		t.Fatal(err)
	}
}

// logBuffer keeps the server's log.
type logBuffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (b *logBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *logBuffer) tail(n int) string {
	b.mu.Lock()
	defer b.mu.Unlock()
	text := b.text.String()
	return text[max(0, len(text)-n):]
}
