package sip_test

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"dialtone/sip"
)

// chronicle is what ContactChanged was told.
type chronicle struct {
	mu     sync.Mutex
	events []sip.ContactEvent
}

func (c *chronicle) note(e sip.ContactEvent) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.events = append(c.events, e)
}

// told is what was told since it was asked last: "registered 10.0.0.9 present, …".
func (c *chronicle) told() string {
	synctest.Wait()
	c.mu.Lock()
	defer c.mu.Unlock()
	var list []string
	for _, e := range c.events {
		_, host, _ := strings.Cut(e.URI, "@")
		host, _, _ = strings.Cut(host, ";")
		text := string(e.Change) + " " + host
		if e.Present {
			text += " present"
		}
		list = append(list, text)
	}
	c.events = nil
	return strings.Join(list, ", ")
}

func TestContactsComeAndGo(t *testing.T) {
	var c chronicle
	converse(t, sip.Config{Accounts: phones, Bindings: &bindings{}, ContactChanged: c.note}, func(r *room) {
		phone := r.desk("192.0.2.30:5060")
		want := func(why, told string, present bool) {
			r.Helper()
			if got := c.told(); got != told {
				r.Errorf("%s: told %q, want %q", why, got, told)
			}
			if r.server.Present("1000") != present {
				r.Errorf("%s: present is %v", why, !present)
			}
		}
		want("at first", "", false)
		phone.register("<sip:1000@10.0.0.9>;expires=120", "User-Agent: Desk 1.0")
		want("the first registration", "registered 10.0.0.9 present", true)
		list := r.server.Registrations("")
		if len(list) != 1 || list[0].Phone != "1000" || list[0].Device != "Desk 1.0" || list[0].Transport != "udp" || list[0].Address.String() != "192.0.2.30:5060" ||
			list[0].Status != sip.ContactRegistered || list[0].RoundTrip != 0 || time.Until(list[0].Expires) != 2*time.Minute {
			r.Errorf("registrations %+v", list)
		}
		time.Sleep(time.Minute)
		phone.register("<sip:1000@10.0.0.9>;expires=120")
		want("refreshed", "", true)
		time.Sleep(110 * time.Second)
		want("as long as it was refreshed for", "", true)
		phone.register(`<sip:1000@10.0.0.7>;+sip.instance="<urn:uuid:7>";expires=3000`)
		want("a second contact", "registered 10.0.0.7 present", true)
		time.Sleep(20 * time.Second)
		want("the first one is over", "expired 10.0.0.9 present", true)
		phone.register(`<sip:1000@10.0.0.8>;+sip.instance="<urn:uuid:7>";expires=60`)
		want("after a power cut, with another address", "registered 10.0.0.8 present, removed 10.0.0.7 present", true)
		phone.register("<sip:1000@10.0.0.8>;expires=0")
		want("it signs off", "removed 10.0.0.8", false)
		phone.register("<sip:1000@10.0.0.9>;expires=60")
		time.Sleep(time.Hour)
		want("nothing else for an hour", "registered 10.0.0.9 present, expired 10.0.0.9", false)
		if list := r.server.Registrations(""); len(list) != 0 {
			r.Errorf("registrations %+v", list)
		}
		phone.WantIdle("nobody is asked where Qualify is 0", time.Minute)
	})
}

func TestContactIsAskedWhetherItIsThere(t *testing.T) {
	var c chronicle
	converse(t, sip.Config{Accounts: phones, Bindings: &bindings{}, ContactChanged: c.note, Qualify: time.Minute}, func(r *room) {
		phone := r.desk("192.0.2.30:5060")
		start := time.Now()
		phone.register("<sip:1000@10.0.0.9>;expires=3600")
		for _, at := range []time.Duration{time.Second, 61*time.Second + 20*time.Millisecond} {
			options := phone.WantAt("once a minute", "OPTIONS", start, at)
			if !strings.HasPrefix(options.Start, "OPTIONS sip:1000@10.0.0.9 ") {
				r.Errorf("asked %s", options.Start)
			}
			time.Sleep(20 * time.Millisecond)
			phone.Reply(options, "200 OK")
		}
		if got, want := c.told(), "registered 10.0.0.9 present, reachable 10.0.0.9 present"; got != want {
			r.Errorf("told %q, want %q", got, want)
		}
		if list := r.server.Registrations("1000"); len(list) != 1 || list[0].RoundTrip != 20 || list[0].Status != sip.ContactReachable {
			r.Errorf("registrations %+v", list)
		}
		// It vanishes. One question that is lost, with its copies, is no proof.
		time.Sleep(65 * time.Second)
		if got := c.told(); got != "" {
			r.Errorf("after one question without an answer: told %q", got)
		}
		time.Sleep(15 * time.Second)
		if registered, present := r.server.RegisteredPhones(); registered != 1 || present != 0 {
			r.Errorf("%d phones are registered, %d can be called", registered, present)
		}
		if got := c.told(); got != "unreachable 10.0.0.9" || r.server.Present("1000") || r.reached() != "" {
			r.Errorf("after two: told %q, present %v, contacts %q", got, r.server.Present("1000"), r.reached())
		}
		phone.Drain()
		phone.Reply(phone.Want("asked as before", "OPTIONS"), "486 Busy Here")
		if got := c.told(); got != "reachable 10.0.0.9 present" || r.reached() == "" {
			r.Errorf("any answer shows that it lives: told %q, contacts %q", got, r.reached())
		}
		time.Sleep(3 * time.Minute)
		c.told()
		phone.Drain()
		phone.register("<sip:1000@10.0.0.9>;expires=3600")
		if got := c.told(); got != "reachable 10.0.0.9 present" {
			r.Errorf("that it registers shows it too: told %q", got)
		}
	})
}

// accountsThat are phones whose contacts obey rules.
type accountsThat struct{ rules sip.ContactRules }

func (a accountsThat) Account(user string) (sip.Account, bool) {
	account, ok := phones.Account(user)
	account.Contacts = a.rules
	return account, ok
}

func TestAnAccountSaysHowOftenItIsAsked(t *testing.T) {
	for name, test := range map[string]struct {
		server, account, asked time.Duration // 0: not again within ten minutes
	}{
		"as all":                    {time.Minute, 0, time.Minute},
		"less often":                {time.Minute, 5 * time.Minute, 5 * time.Minute},
		"never":                     {time.Minute, -1, 0},
		"though others never are":   {0, 2 * time.Minute, 2 * time.Minute},
		"neither it nor the others": {0, 0, 0},
	} {
		converse(t, sip.Config{Accounts: accountsThat{sip.ContactRules{Qualify: test.account}}, Bindings: &bindings{}, Qualify: test.server}, func(r *room) {
			phone := r.desk("192.0.2.30:5060")
			start := time.Now()
			phone.register("<sip:1000@10.0.0.9>;expires=3600")
			if test.asked == 0 {
				if m := phone.Next(10 * time.Minute); m != nil {
					r.Errorf("%s: %s", name, m.Start)
				}
				return
			}
			phone.Reply(phone.WantAt(name, "OPTIONS", start, time.Second), "200 OK")
			phone.Reply(phone.WantAt(name, "OPTIONS", start, time.Second+test.asked), "200 OK")
		})
	}
}

func TestContactThatNeverAnswersIsCalledAllTheSame(t *testing.T) {
	var c chronicle
	converse(t, sip.Config{Accounts: phones, Bindings: &bindings{}, ContactChanged: c.note, Qualify: time.Minute}, func(r *room) {
		phone := r.desk("192.0.2.30:5060")
		phone.register("<sip:1000@10.0.0.9>;expires=3600")
		time.Sleep(30 * time.Minute)
		if got := c.told(); got != "registered 10.0.0.9 present" || r.reached() == "" {
			r.Errorf("told %q, contacts %q", got, r.reached())
		}
		questions := 0
		for m := phone.Next(time.Millisecond); m != nil; m = phone.Next(time.Millisecond) {
			questions++
		}
		if questions != 12 {
			r.Errorf("%d datagrams: it is asked three times in half an hour, each by four of them", questions)
		}
	})
}

func TestLostConnectionBehindNAT(t *testing.T) {
	var c chronicle
	kept := &bindings{}
	converse(t, sip.Config{Accounts: phones, Bindings: kept, ContactChanged: c.note}, func(r *room) {
		phone := r.telephone("192.0.2.31", "tcp:192.0.2.31:0")
		phone.RegisterWith(context.Background(), "sip:1000@192.0.2.1;transport=tcp", "1000", "secret", time.Hour)
		c.told()
		phone.Shutdown(context.Background())
		if got := c.told(); got != "" || !r.server.Present("1000") {
			r.Errorf("it may listen at its contact: told %q", got)
		}
		// The same with a contact that only the connection reaches.
		phone = r.telephone("192.0.2.32", "tcp:192.0.2.32:0")
		kept.mu.Lock()
		kept.all["1000"] = nil
		kept.mu.Unlock()
		phone.RegisterWith(context.Background(), "sip:1000@192.0.2.1;transport=tcp", "1000", "secret", time.Hour)
		kept.mu.Lock()
		contact := &kept.all["1000"][0]
		contact.Contact = "sip:1000@10.0.0.9;transport=tcp"
		kept.mu.Unlock()
		again, err := sip.New(sip.Config{
			Network: r.wire.Host("192.0.2.2"), Listen: []sip.Listener{listener("tcp:192.0.2.2:5060")}, Accounts: phones, Bindings: kept,
		})
		if err != nil {
			r.Fatal(err)
		}
		if err := again.Listen(); err != nil {
			r.Fatal(err)
		}
		go again.Serve(context.Background())
		defer again.Shutdown(context.Background())
		synctest.Wait()
		if again.Present("1000") || len(again.Contacts("1000")) != 0 {
			r.Errorf("no connection outlives the server: contacts %v", again.Contacts("1000"))
		}
		if list := again.Registrations("1000"); len(list) != 1 || list[0].Status != sip.ContactLost {
			r.Errorf("registrations %+v", list)
		}
	})
}

// With RFC 5626 a telephone holds several connections, each with its reg-id, and is called over one of them.
func TestTwoFlowsOfOneTelephone(t *testing.T) {
	var c chronicle
	kept := &bindings{}
	converse(t, sip.Config{Accounts: phones, Bindings: kept, ContactChanged: c.note}, func(r *room) {
		one, two := r.desk("192.0.2.30:5061"), r.desk("192.0.2.30:5062")
		two.seq = 100
		one.register(`<sip:1000@10.0.0.9>;+sip.instance="<urn:uuid:7>";reg-id=1`, "Supported: outbound, path")
		two.register(`<sip:1000@10.0.0.9:5062>;+sip.instance="<urn:uuid:7>";reg-id=2`, "Supported: outbound, path")
		if got := r.reached(); got != "sip:1000@10.0.0.9:5062" {
			r.Errorf("it rings once, by the newest flow: %q", got)
		}
		if n := len(r.server.Registrations("1000")); n != 2 {
			r.Errorf("%d registrations, want both flows", n)
		}
		// The second one's connection breaks.
		kept.mu.Lock()
		kept.all["1000"][1].Source.Transport = "tcp"
		kept.mu.Unlock()
		if got := r.reached(); got != "sip:1000@10.0.0.9" {
			r.Errorf("when one flow is gone: %q", got)
		}
	})
}

// However many contacts there are, they are asked slowly, and each has its turn.
func TestManyContactsAreAskedSlowly(t *testing.T) {
	kept := &bindings{all: map[string][]sip.Binding{}}
	for i := range 300 {
		number := fmt.Sprint(2000 + i)
		kept.all[number] = []sip.Binding{{
			Contact: "sip:" + number + "@10.0.0.9", Source: sip.Source{Transport: "udp", Addr: netip.MustParseAddrPort("192.0.2.30:5060")},
			Expires: time.Date(2000, 1, 2, 0, 0, 0, 0, time.UTC), // a day after a bubble's begin
		}}
	}
	converse(t, sip.Config{Accounts: phones, Bindings: kept, Qualify: 4 * time.Second}, func(r *room) {
		phone := r.desk("192.0.2.30:5060")
		asked := map[string]bool{}
		perSecond := map[int64]int{}
		for end := time.Now().Add(time.Minute); time.Now().Before(end); {
			m := phone.Next(time.Second)
			if m == nil {
				continue
			}
			asked[m.Start] = true
			perSecond[m.At.Unix()]++
			phone.Reply(m, "200 OK")
		}
		if len(asked) != 300 {
			r.Errorf("%d of 300 contacts were asked in a minute", len(asked))
		}
		for second, n := range perSecond {
			if n > 50 {
				r.Errorf("second %d: %d were asked", second, n)
			}
		}
	})
}

func TestPhoneThatIsNoMore(t *testing.T) {
	var c chronicle
	board := newLamps("1001")
	converse(t, sip.Config{Accounts: phones, Bindings: &bindings{}, Lamps: board, ContactChanged: c.note, Qualify: time.Minute}, func(r *room) {
		phone := r.desk("192.0.2.30:5060")
		phone.register("<sip:1000@10.0.0.9>;expires=3600")
		phone.subscribe("s1", "1001", "dialog")
		phone.notified("the state")
		c.told()
		r.server.Forget("1000")
		if got := c.told(); got != "removed 10.0.0.9" || r.server.Present("1000") || r.server.Subscriptions() != 0 {
			r.Errorf("told %q, present %v, %d subscriptions", got, r.server.Present("1000"), r.server.Subscriptions())
		}
		if last := phone.notified("its subscription ends"); last.Header("Subscription-State") != "terminated;reason=rejected" {
			r.Errorf("%q", last.Lines)
		}
		phone.WantIdle("it is not asked any more", 10*time.Minute)
	})
}

func TestRegistrationsAreSorted(t *testing.T) {
	converse(t, sip.Config{Accounts: phones, Bindings: &bindings{}}, func(r *room) {
		for i, user := range []string{"1001", "1000", "1001"} {
			phone := r.desk(fmt.Sprintf("192.0.2.3%d:5060", i))
			phone.user, phone.password, phone.seq = user, phones[user], 10*i
			phone.register(fmt.Sprintf("<sip:%s@10.0.0.%d>", user, i))
		}
		var list []string
		for _, c := range r.server.Registrations("") {
			list = append(list, c.URI)
		}
		if want := []string{"sip:1000@10.0.0.1", "sip:1001@10.0.0.0", "sip:1001@10.0.0.2"}; !slices.Equal(list, want) {
			r.Errorf("registrations %q, want %q", list, want)
		}
	})
}
