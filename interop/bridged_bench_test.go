package interop

import (
	"context"
	"crypto/tls"
	"fmt"
	"net/netip"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"dialtone/call/softphone"
	"dialtone/sip"
	"dialtone/store"
)

const (
	benchPhones   = 2000 // registered, each with one contact
	benchTalks    = 200  // between two telephones
	benchPassword = "bench"
)

// BenchmarkCostOfPhones prints what telephones cost a live server: registered, and two by two in talks that go through it, in clear
// and encrypted.
func BenchmarkCostOfPhones(b *testing.B) {
	for b.Loop() {
		measurePhones(b)
	}
	b.ReportMetric(0, "ns/op")
}

func measurePhones(b *testing.B) {
	data := filepath.Join(b.TempDir(), "data")
	putPhones(b, data, 10000, benchPhones, benchPassword)
	secure := fmt.Sprintf("tls:127.0.0.1:%d", freePort(b))
	s := startMeasuredOn(b, data, "[default]\nexten => _XXXXX,1,Dial(PJSIP/${EXTEN},20)\n", "--sip", "udp:127.0.0.1:0", "--sip", secure, "--qualify", "0")
	table := costTable{{"", "DIALTONE", "FLOOR", "RATIO", ""}}

	before := s.status(b)
	s.registerPhones(b)
	after := s.status(b)
	memory := float64(after.rss-before.rss) / benchPhones
	table.add(fmt.Sprintf("memory of a registered phone, %d of them", benchPhones), fmt.Sprintf("%.1f kB", memory), "", "", fmt.Sprintf("RSS %d kB, %d kB before", after.rss, before.rss))
	b.ReportMetric(memory, "kB/phone")

	var clear float64
	for _, way := range []struct {
		name   string
		config softphone.Config
	}{
		{"clear", softphone.Config{Server: s.sip}},
		{"srtp", softphone.Config{Server: secure, Secrecy: sip.Required, TLS: &tls.Config{InsecureSkipVerify: true}}},
	} {
		w, memory := s.talks(b, way.config)
		ratio := ""
		if clear == 0 {
			clear = w.cost
		} else {
			ratio = fmt.Sprintf("%.2f", w.cost/clear)
		}
		table.add(fmt.Sprintf("CPU of a second of a talk, %s, %d talks", way.name, benchTalks), us(w.cost), "", ratio, w.note())
		table.add("memory of a talk, "+way.name, fmt.Sprintf("%.1f kB", memory), "", "", "both calls of it")
		b.ReportMetric(w.cost, "us/talk-s("+way.name+")")
		b.ReportMetric(memory, "kB/talk("+way.name+")")
		b.ReportMetric(float64(w.missing()), "missing("+way.name+")")
	}
	table.print()
}

// putPhones makes n phones of a data directory whose server does not run: first, first+1, …
func putPhones(t testing.TB, data string, first, n int, password string) {
	t.Helper()
	stored, err := store.Open(data, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer stored.Close()
	var puts sync.WaitGroup
	for i := range n {
		puts.Go(func() {
			number := fmt.Sprint(first + i)
			if _, err := stored.Phones().Put(number, store.NewPhone(number, password, "default"), store.New); err != nil {
				t.Error(err)
			}
		})
	}
	puts.Wait()
}

// registering is who registers as many telephones, from one socket.
func registering(t testing.TB) *sip.Server {
	t.Helper()
	agent, err := sip.New(sip.Config{Listen: []sip.Listener{{Transport: "udp", Addr: netip.MustParseAddrPort("127.0.0.1:0")}}})
	if err != nil {
		t.Fatal(err)
	}
	if err := agent.Listen(); err != nil {
		t.Fatal(err)
	}
	go agent.Serve(context.Background())
	t.Cleanup(func() { agent.Shutdown(context.Background()) })
	return agent
}

// registerPhones has all of them register, from one socket.
func (s *measured) registerPhones(b *testing.B) {
	agent := registering(b)
	turns := make(chan struct{}, 50)
	var registered sync.WaitGroup
	for i := range benchPhones {
		turns <- struct{}{}
		registered.Go(func() {
			defer func() { <-turns }()
			number := fmt.Sprint(10000 + i)
			if _, err := agent.RegisterWith(b.Context(), "sip:"+number+"@"+s.sip, number, benchPassword, time.Hour); err != nil {
				b.Error(err)
			}
		})
	}
	registered.Wait()
	time.Sleep(time.Second)
}

// talks has telephones of a kind talk two by two, and measures a window of that. memory is what a talk takes, in kB.
func (s *measured) talks(b *testing.B, config softphone.Config) (w streamed, memory float64) {
	speech := benchSpeech(b)
	config.User, config.Password = "10000", benchPassword
	config.Incoming = func(c *softphone.Call) {
		if c.Answer() == nil {
			c.Play(speech...)
		}
	}
	called, err := softphone.New(config)
	if err != nil {
		b.Fatal(err)
	}
	defer called.Close()
	if _, err := called.Register(b.Context(), time.Hour); err != nil {
		b.Fatal(err)
	}
	config.User, config.Incoming = "10001", nil
	caller, err := softphone.New(config)
	if err != nil {
		b.Fatal(err)
	}
	defer caller.Close()
	place := func(n int) (calls []*softphone.Call) {
		for range n {
			c, err := caller.Call(b.Context(), "10000")
			if err != nil {
				b.Fatal(err)
			}
			select {
			case <-c.Answered():
				c.Play(speech...)
				calls = append(calls, c)
			case <-c.Done():
				b.Fatalf("a call was not answered: %+v", c.End())
			}
		}
		return calls
	}
	hangUp(b, place(1))
	time.Sleep(time.Second)
	before := s.status(b)
	calls := place(benchTalks)
	time.Sleep(2 * time.Second)
	w = s.window(b, calls)
	memory = float64(s.status(b).rss-before.rss) / benchTalks
	hangUp(b, calls)
	if _, err := called.Register(b.Context(), 0); err != nil {
		b.Fatal(err)
	}
	return w, memory
}
