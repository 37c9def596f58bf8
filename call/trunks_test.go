package call_test

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"dialtone/call"
	"dialtone/ivr"
	"dialtone/sip"
	"dialtone/sip/siptest"
	"dialtone/store"
)

const (
	here      = "192.0.2.1:5060"
	proxyA    = "198.51.100.1:5060"
	proxyB    = "198.51.100.2:5060"
	elsewhere = "203.0.113.66:5060"
)

// carriers are trunks of a server on a wire, with two proxies of a carrier beside it.
type carriers struct {
	*testing.T
	wire   *siptest.Wire
	server *sip.Server
	trunks *call.Trunks
	a, b   *siptest.Peer

	mu      sync.Mutex
	records []store.Trunk
	changes chan store.Change[store.Trunk]
	stop    func() // ends what Run does
}

// withCarriers runs a test in virtual time.
func withCarriers(t *testing.T, records []store.Trunk, test func(*carriers)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		c := &carriers{T: t, wire: siptest.NewWire(), records: records, changes: make(chan store.Change[store.Trunk])}
		c.trunks = call.NewTrunks(call.TrunksConfig{
			Network: func() *sip.Server { return c.server },
			Records: func() []store.Trunk { c.mu.Lock(); defer c.mu.Unlock(); return c.records },
			Changed: func(ctx context.Context) <-chan store.Change[store.Trunk] {
				context.AfterFunc(ctx, func() { close(c.changes) })
				return c.changes
			},
		})
		var err error
		c.server, err = sip.New(sip.Config{
			Network: c.wire.Host("192.0.2.1"), Listen: []sip.Listener{{Transport: "udp", Addr: netip.MustParseAddrPort("0.0.0.0:5060")}},
			Trunks: c.trunks, Incoming: func(l *sip.Leg) { l.Reject(sip.NotFound("nobody")) },
		})
		if err != nil {
			t.Fatal(err)
		}
		if err := c.server.Listen(); err != nil {
			t.Fatal(err)
		}
		c.a, c.b = c.wire.Peer(t, proxyA, here), c.wire.Peer(t, proxyB, here)
		served := make(chan error, 1)
		go func() { served <- c.server.Serve(context.Background()) }()
		c.run()
		test(c)
		c.stop()
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		if err := c.server.Shutdown(ctx); err != nil {
			t.Error(err)
		}
		<-served
	})
}

func (c *carriers) run() {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { c.trunks.Run(ctx); close(done) }()
	c.stop = sync.OnceFunc(func() { cancel(); <-done })
}

// set changes the records.
func (c *carriers) set(records ...store.Trunk) {
	c.mu.Lock()
	c.records = records
	c.mu.Unlock()
	c.changes <- store.Change[store.Trunk]{}
}

// registering is a trunk that registers at both proxies.
func registering(name string) store.Trunk {
	r := store.NewTrunk(name, "from-extern")
	r.Servers = []string{proxyA, proxyB}
	r.Account = store.TrunkAccount{User: "acme", Password: "secret", Register: true, Line: "acme-line"}
	return r
}

// addressed is a trunk whose calls come from a source.
func addressed(name, source string) store.Trunk {
	s, err := store.ParseSource(source)
	if err != nil {
		panic(err)
	}
	return store.NewTrunk(name, "from-extern", s)
}

const challenge = `WWW-Authenticate: Digest realm="carrier.example", nonce="abc", algorithm=MD5, qop="auth"`

// accept has a proxy challenge a REGISTER and then take it for a time; it gives the REGISTER with credentials.
func (c *carriers) accept(p *siptest.Peer, seconds int) *siptest.Message {
	c.Helper()
	p.Reply(p.Want("registers", "REGISTER"), "401 Unauthorized", challenge)
	register := p.Want("with credentials", "REGISTER")
	p.Reply(register, "200 OK", "Contact: "+register.Header("Contact")+fmt.Sprintf(";expires=%d", seconds))
	synctest.Wait()
	return register
}

// The servers of a trunk are looked up before its first call, which is not held up by that.
func TestServersOfATrunkAreLookedUpAtTheStart(t *testing.T) {
	r := store.NewTrunk("plain", "from-extern")
	r.Servers = []string{proxyA}
	withCarriers(t, []store.Trunk{r}, func(c *carriers) {
		synctest.Wait()
		if states := c.trunks.States(); len(states) != 1 || len(states[0].Servers) != 1 || states[0].Servers[0].Server != "udp:"+proxyA {
			c.Errorf("known of the trunk: %+v", states)
		}
		c.a.WantIdle("it is neither registered nor asked", time.Minute)
	})
}

func TestTrunkRegistersAndRefreshes(t *testing.T) {
	withCarriers(t, []store.Trunk{registering("acme")}, func(c *carriers) {
		first := c.accept(c.a, 600)
		if got := first.Header("Contact"); !strings.HasPrefix(got, "<sip:acme-line@192.0.2.1:5060;line=") {
			c.Errorf("Contact %s", got)
		}
		state := c.trunks.States()[0]
		if !state.Registered || state.Server != "udp:"+proxyA {
			c.Errorf("state %+v", state)
		}
		start := time.Now()
		second := c.a.Next(time.Hour)
		if second == nil || !second.Is("REGISTER") {
			c.Fatal("not refreshed")
		}
		if after := time.Since(start); after < 480*time.Second || after > 570*time.Second {
			c.Errorf("refreshed after %v, want 80 to 95 %% of 600 s", after)
		}
		if second.Header("Call-ID") != first.Header("Call-ID") || second.Header("Contact") != first.Header("Contact") {
			c.Error("RFC 3261 §10.2.4: a refresh has the Call-ID and Contact of before")
		}
		c.a.Reply(second, "200 OK", "Contact: "+second.Header("Contact")+";expires=600")
		synctest.Wait()
		// The end takes it away.
		go c.stop()
		last := c.a.Want("taken away", "REGISTER")
		if last.Header("Expires") != "0" {
			c.Errorf("Expires %q", last.Header("Expires"))
		}
		c.a.Reply(last, "200 OK")
	})
}

func TestTrunkRegistersAtTheNextServer(t *testing.T) {
	withCarriers(t, []store.Trunk{registering("acme")}, func(c *carriers) {
		c.a.Reply(c.a.Want("registers", "REGISTER"), "503 Service Unavailable")
		c.accept(c.b, 60)
		if state := c.trunks.States()[0]; !state.Registered || state.Server != "udp:"+proxyB {
			c.Errorf("state %+v", state)
		}
		// Calls go out there, too, the failed one last.
		if got := ways(c, "acme", "0123456789"); got != proxyB+" "+proxyA {
			c.Errorf("ways %s", got)
		}
		c.a.Drain()
		// Nobody answers any more: both are tried, then a pause that grows.
		c.b.Want("refreshed", "REGISTER")
		start := time.Now()
		tries := []time.Duration{}
		for len(tries) < 4 {
			m := c.a.Next(time.Hour)
			if m == nil {
				c.Fatal("no more tries")
			}
			if at := time.Since(start).Round(time.Second); len(tries) == 0 || at-tries[len(tries)-1] > 8*time.Second {
				tries = append(tries, at)
			}
		}
		for i := 2; i < len(tries); i++ {
			if before, now := tries[i-1]-tries[i-2], tries[i]-tries[i-1]; now <= before {
				c.Errorf("tries after %v: the pauses do not grow", tries)
			}
		}
		if state := c.trunks.States()[0]; state.Registered || state.Why == "" {
			c.Errorf("state %+v, want why it is not registered", state)
		}
	})
}

func TestRefusedRegistrationIsNotTriedOftenOrElsewhere(t *testing.T) {
	withCarriers(t, []store.Trunk{registering("acme")}, func(c *carriers) {
		c.a.Reply(c.a.Want("registers", "REGISTER"), "403 Forbidden")
		c.b.WantIdle("a wrong password is wrong at the other server, too", 50*time.Second)
		start := time.Now()
		again := c.a.Want("a minute later", "REGISTER")
		if after := time.Since(start); after > 25*time.Second {
			c.Errorf("%v later", after)
		}
		c.a.Reply(again, "403 Forbidden")
		c.a.WantIdle("the pause grows", 2*time.Minute-time.Second)
	})
}

func TestChangedTrunkRegistersAnew(t *testing.T) {
	withCarriers(t, []store.Trunk{registering("acme")}, func(c *carriers) {
		first := c.accept(c.a, 600)
		r := registering("acme")
		r.Account.Line = "other-line"
		go c.set(r)
		away := c.a.Want("the old one is taken away", "REGISTER")
		if away.Header("Expires") != "0" || away.Header("Contact") != first.Header("Contact") {
			c.Errorf("%v", away.Lines)
		}
		c.a.Reply(away, "200 OK")
		if got := c.accept(c.a, 600).Header("Contact"); !strings.HasPrefix(got, "<sip:other-line@") {
			c.Errorf("Contact %s", got)
		}
		go c.set()
		c.a.Reply(c.a.Want("removed", "REGISTER"), "200 OK")
		synctest.Wait()
		c.a.WantIdle("a removed trunk is silent", 2*time.Hour)
	})
}

func TestServersAreAskedWhetherTheyAreThere(t *testing.T) {
	r := store.NewTrunk("acme", "from-extern")
	r.Servers, r.Qualify = []string{proxyA, proxyB}, 60
	withCarriers(t, []store.Trunk{r}, func(c *carriers) {
		asked := c.a.Want("asked", "OPTIONS")
		time.Sleep(30 * time.Millisecond)
		c.a.Reply(asked, "404 Not Found") // it lives
		c.b.Want("asked, and silent", "OPTIONS")
		time.Sleep(10 * time.Second)
		servers := c.trunks.States()[0].Servers
		if !servers[0].Up || servers[0].Trip != 30 || servers[0].Status != 404 || servers[1].Up || servers[1].Status != 408 {
			c.Errorf("servers %+v", servers)
		}
		c.b.Drain()
		if got := ways(c, "acme", "1"); got != proxyA+" "+proxyB {
			c.Errorf("ways %s", got)
		}
		// The silent one comes back and is asked for soon; the other one goes.
		c.a.Reply(c.a.Want("asked again", "OPTIONS"), "503 Service Unavailable")
		c.b.Reply(c.b.Want("asked again", "OPTIONS"), "200 OK")
		synctest.Wait()
		if got := ways(c, "acme", "1"); got != proxyB+" "+proxyA {
			c.Errorf("ways %s", got)
		}
	})
}

func TestNameThatCannotBeLookedUp(t *testing.T) {
	r := registering("acme")
	r.Servers = []string{"carrier.example"}
	withCarriers(t, []store.Trunk{r}, func(c *carriers) {
		_, err := c.trunks.Ways("acme", "0123", ivr.CallerID{})
		var no *call.WayError
		if !errors.As(err, &no) || no.Cause != 38 || !strings.Contains(no.Error(), "no way to carrier.example: there are no names on a wire") {
			c.Errorf("got %v, want cause 38 and why", err)
		}
		synctest.Wait()
		if state := c.trunks.States()[0]; state.Registered || !strings.Contains(state.Why, "carrier.example") {
			c.Errorf("state %+v", state)
		}
		// A second server that is an address is a way still.
		r.Servers = append(r.Servers, proxyB)
		go c.set(r)
		c.accept(c.b, 600)
		if got := ways(c, "acme", "0123"); got != proxyB {
			c.Errorf("ways %s", got)
		}
		go c.stop()
		c.b.Reply(c.b.Want("taken away", "REGISTER"), "200 OK")
	})
}

func TestProxyIsSentWhatIsForTheServer(t *testing.T) {
	r := registering("acme")
	r.Servers, r.Proxies = []string{"carrier.example"}, []string{proxyA, proxyB}
	withCarriers(t, []store.Trunk{r}, func(c *carriers) {
		if register := c.accept(c.a, 3600); register.Start != "REGISTER sip:carrier.example SIP/2.0" || register.URI("To") != "sip:acme@carrier.example" {
			c.Errorf("%s To %s", register.Start, register.Header("To"))
		}
		out, err := c.trunks.Ways("acme", "0123", ivr.CallerID{})
		if err != nil {
			c.Fatal(err)
		}
		defer out.Release()
		if len(out.Ways) != 2 || out.Ways[0].URI != "sip:0123@carrier.example" || out.Ways[0].Hop.Addr.String() != proxyA || out.Ways[1].Hop.Addr.String() != proxyB {
			c.Errorf("ways %+v", out.Ways)
		}
		go c.stop()
		c.a.Reply(c.a.Want("taken away", "REGISTER"), "200 OK")
	})
}

// ways are the addresses by which a call would go out, in their order.
func ways(c *carriers, trunk, number string) string {
	c.Helper()
	out, err := c.trunks.Ways(trunk, number, ivr.CallerID{})
	if err != nil {
		return err.Error()
	}
	defer out.Release()
	var list []string
	for _, w := range out.Ways {
		list = append(list, w.Hop.Addr.String())
	}
	return strings.Join(list, " ")
}

func TestWhoseCallItIs(t *testing.T) {
	red, blue := addressed("red", "203.0.113.7"), addressed("blue", "203.0.113.7")
	red.Domains, blue.Domains = []string{"red.example"}, []string{"blue.example"}
	port := addressed("port", "203.0.113.8:5070")
	net := addressed("net", "203.0.113.16/28")
	acme := registering("acme")
	net.Certificates = []string{"sbc.net.example"}
	zulu := registering("zulu")
	zulu.Account.Line = "zulu-line"
	withCarriers(t, []store.Trunk{red, blue, port, net, acme}, func(c *carriers) {
		c.accept(c.a, 3600)
		go c.set(red, blue, port, net, acme, zulu)
		_, token, _ := strings.Cut(c.accept(c.a, 3600).Header("Contact"), "line=")
		token = strings.TrimSuffix(token, ">")
		for _, tt := range []struct {
			why, from, user, host, line, want string
		}{
			{"by address and domain", "203.0.113.7:5060", "1", "red.example", "", "red"},
			{"by address and the other domain", "203.0.113.7:5060", "1", "BLUE.example", "", "blue"},
			{"another domain", "203.0.113.7:5060", "1", "192.0.2.1", "", ""},
			{"by port", "203.0.113.8:5070", "1", "192.0.2.1", "", "port"},
			{"another port", "203.0.113.8:5060", "1", "192.0.2.1", "", ""},
			{"by network", "203.0.113.20:5999", "1", "192.0.2.1", "", "net"},
			{"a stranger", elsewhere, "1", "red.example", "", ""},
			{"a stranger who guesses the line", elsewhere, "zulu-line", "192.0.2.1", "zulu-line", ""},
			{"the line that we gave to it, from wherever", elsewhere, "zulu-line", "192.0.2.1", token, "zulu"},
			{"the registrar, by the Contact that it calls", proxyA, "zulu-line", "192.0.2.1", "", "zulu"},
			{"another server of the carrier", proxyB, "acme-line", "192.0.2.1", "", "acme"},
			{"the registrar, with a number", proxyA, "+33123456789", "192.0.2.1", "", "acme"},
		} {
			got, ok := c.trunks.Match(sip.Arrival{From: netip.MustParseAddrPort(tt.from), User: tt.user, Host: tt.host, Line: tt.line})
			if got.Name != tt.want || ok != (tt.want != "") {
				c.Errorf("%s: %q, %v, want %q", tt.why, got.Name, ok, tt.want)
			}
		}
		a := sip.Arrival{From: netip.MustParseAddrPort("203.0.113.7:5060"), Host: "red.example", Proven: []string{"other.example", "SBC.net.example"}}
		if got, _ := c.trunks.Match(a); got.Name != "net" {
			c.Errorf("by certificate: %q, want net, before the address", got.Name)
		}
		if !c.trunks.Knows(netip.MustParseAddrPort("203.0.113.7:1")) || !c.trunks.Knows(netip.MustParseAddrPort(proxyB)) || c.trunks.Knows(netip.MustParseAddrPort(elsewhere)) {
			c.Error("a trunk's address is nobody's to be wary of, a stranger's is")
		}
		if got, _ := c.trunks.Match(sip.Arrival{From: netip.MustParseAddrPort(proxyA), User: "acme-line"}); got.Login.Realm != "carrier.example" || got.Login.User != "acme" {
			c.Errorf("the account for challenges within its calls is %q in realm %q", got.Login.User, got.Login.Realm)
		}
		go c.set()
		for range 2 {
			c.a.Reply(c.a.Want("taken away", "REGISTER"), "200 OK")
		}
	})
}

func TestCallsOfATrunkAreCounted(t *testing.T) {
	r := addressed("acme", "203.0.113.7")
	r.MaxCalls = 2
	withCarriers(t, []store.Trunk{r}, func(c *carriers) {
		leave, refusal := c.trunks.Admit("acme")
		if refusal != nil {
			c.Fatal(refusal)
		}
		out, err := c.trunks.Ways("acme", "1", ivr.CallerID{})
		if err != nil {
			c.Fatal(err)
		}
		if _, refusal := c.trunks.Admit("acme"); refusal == nil || refusal.Status != 503 || !strings.Contains(refusal.Log, "has its 2 calls") {
			c.Errorf("a third call comes in: %v", refusal)
		}
		if got := ways(c, "acme", "1"); got != "no way out by trunk acme: it has its 2 calls" {
			c.Errorf("a third call goes out: %s", got)
		}
		leave()
		leave() // counts once
		out.Release()
		out.Release()
		if got := ways(c, "acme", "1"); got != "203.0.113.7:5060" {
			c.Errorf("with two places free: %s", got)
		}
		if got := ways(c, "nobody", "1"); !strings.Contains(got, "no such trunk") {
			c.Errorf("no trunk: %s", got)
		}
	})
}

// Whose a call is, among a hundred trunks: for each INVITE that comes in.
func BenchmarkWhoseCallItIs(b *testing.B) {
	var records []store.Trunk
	for i := range 100 {
		records = append(records, addressed(fmt.Sprintf("t%d", i), fmt.Sprintf("203.0.113.%d", i)))
	}
	trunks := call.NewTrunks(call.TrunksConfig{Records: func() []store.Trunk { return records }})
	a := sip.Arrival{From: netip.MustParseAddrPort("203.0.113.99:5060"), User: "+33123456789", Host: "192.0.2.1"}
	b.ReportAllocs()
	for b.Loop() {
		if _, ok := trunks.Match(a); !ok {
			b.Fatal("nobody's")
		}
	}
}
