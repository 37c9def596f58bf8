package sip_test

import (
	"fmt"
	"net/netip"
	"testing"
	"testing/synctest"
	"time"

	"dialtone/sip"
	"dialtone/sip/siptest"
)

// strangersConfig is a server on the Internet.
func strangersConfig() sip.Config {
	return sip.Config{Accounts: phones, Bindings: &bindings{}, StrangerRate: 30, Bans: sip.NewBans(nil, nil)}
}

// options asks whether the server listens to a peer.
func listens(p *siptest.Peer) bool {
	p.NewCall("anybody", "").Send("OPTIONS", "")
	return p.Next(time.Second) != nil
}

// guess tries a password that is wrong.
func (d *desk) guess(password string) (answered bool) {
	d.password = password
	d.seq++
	d.Send(fmt.Sprintf("REGISTER sip:192.0.2.1 SIP/2.0\nVia: SIP/2.0/UDP %s;branch=z9hG4bKguess%d\nFrom: <sip:%s@192.0.2.1>;tag=1\nTo: <sip:%[3]s@192.0.2.1>\nCall-ID: guess@%[1]s\nCSeq: %[2]d REGISTER\n\n", d.Addr, d.seq, d.user))
	if d.Next(time.Second) == nil {
		return false
	}
	return d.ask("REGISTER", "sip:192.0.2.1").Is("401")
}

// Who guesses passwords is no longer listened to, for a time; others do not notice, an operator sees it and can end it.
func TestGuessingIsBanned(t *testing.T) {
	config := strangersConfig()
	converse(t, config, func(r *room) {
		guesser := r.desk("192.0.2.66:5060")
		tries := 0
		for guesser.guess(fmt.Sprint("wrong", tries)) {
			if tries++; tries > 2000 {
				r.Fatal("2000 guesses were heard")
			}
		}
		if tries < 5 || tries > 15 {
			r.Errorf("banned after %d guesses", tries)
		}
		r.desk("192.0.2.30:5060").register("<sip:1000@192.0.2.30:5060>")

		bans := config.Bans.List(time.Now())
		if len(bans) != 1 || bans[0].Source.String() != "192.0.2.66/32" || bans[0].Why != "it guessed passwords" {
			r.Fatalf("bans: %+v", bans)
		}
		if r.server.Counts().Banned == 0 {
			r.Error("what was dropped is not counted")
		}
		if err := config.Bans.Lift(netip.MustParsePrefix("192.0.2.66/32")); err != nil || !listens(guesser.Peer) {
			r.Errorf("lifted (%v), and not heard", err)
		}
		for guesser.guess("wrong again") {
		}
		time.Sleep(10 * time.Minute)
		if !listens(guesser.Peer) {
			r.Error("a ban does not end")
		}
	})
}

// A phone with a wrong password, in an office whose other phones are registered, has nobody banned; its own passwords are looked at
// again after a while.
func TestAWrongPasswordInAnOfficeBansNobody(t *testing.T) {
	config := strangersConfig()
	config.StrangerRate = 0
	converse(t, config, func(r *room) {
		good := r.desk("192.0.2.30:5060")
		good.register("<sip:1000@192.0.2.30:5060>")
		bad := r.desk("192.0.2.30:5061")
		bad.user = "1001"
		for i := range 200 {
			if !bad.guess("wrong") {
				r.Fatalf("guess %d had no answer", i)
			}
		}
		bad.password = "other" // the right one
		if res := bad.ask("REGISTER", "sip:192.0.2.1", "Contact: <sip:1001@192.0.2.30:5061>"); !res.Is("401") {
			r.Errorf("after 200 guesses the right one is looked at: %s", res.Start)
		}
		good.register("<sip:1000@192.0.2.30:5060>")
		time.Sleep(time.Minute)
		bad.register("<sip:1001@192.0.2.30:5061>")
		if n := len(config.Bans.List(time.Now())); n != 0 {
			r.Errorf("%d bans", n)
		}
	})
}

// Who asks for name after name is banned, in whatever way he asks; so is who says that he scans.
func TestScansAreBanned(t *testing.T) {
	for _, method := range []string{"REGISTER", "INVITE", "OPTIONS"} {
		t.Run(method, func(t *testing.T) {
			config := strangersConfig()
			converse(t, config, func(r *room) {
				scanner := r.wire.Peer(t, "192.0.2.66:5060", serverAddr)
				answered := 0
				for i := range 200 {
					time.Sleep(50 * time.Millisecond)
					name := fmt.Sprint(100 + i)
					call := scanner.NewCall(name, name)
					call.Send(method, "")
					if res := scanner.Next(time.Second); res != nil {
						answered++
						if method == "INVITE" {
							call.AckRefusal(res)
						}
					}
				}
				if answered < 100 || answered > 190 {
					r.Errorf("%d of 200 names were answered", answered)
				}
				if bans := config.Bans.List(time.Now()); len(bans) != 1 || bans[0].Why != "it asked for more than a hundred names" {
					r.Errorf("bans: %+v", bans)
				}
			})
		})
	}
	t.Run("by its own name", func(t *testing.T) {
		converse(t, strangersConfig(), func(r *room) {
			scanner := r.wire.Peer(t, "192.0.2.66:5060", serverAddr)
			scanner.NewCall("100", "100").Send("OPTIONS", "", "User-Agent: friendly-scanner")
			scanner.WantIdle("a scanner finds nothing", time.Second)
			if listens(scanner) {
				r.Error("it is listened to")
			}
		})
	})
}

// The phones of an office that come back together after a power cut are no scan, though nobody there is known when they begin.
func TestAnOfficeThatComesBackIsNoScan(t *testing.T) {
	config := strangersConfig()
	config.StrangerRate = 1000
	converse(t, config, func(r *room) {
		office := r.wire.Peer(t, "192.0.2.66:5060", serverAddr)
		for i := range 300 {
			office.NewCall(fmt.Sprint(2000+i), fmt.Sprint(2000+i)).Send("REGISTER", "")
		}
		for range 300 {
			office.Want("each is asked for its password", "401")
		}
		time.Sleep(2 * time.Second)
		phone := r.desk("192.0.2.66:5061")
		phone.register("<sip:1000@192.0.2.66:5061>")
		time.Sleep(10 * time.Second)
		for i := range 300 {
			office.NewCall(fmt.Sprint(2000+i), fmt.Sprint(2000+i)).Send("REGISTER", "")
			office.Want("it is known", "401")
		}
	})
}

// A stranger who sends more than a server's rate is not answered beyond it; whoever is known is.
func TestStrangersAreLimited(t *testing.T) {
	converse(t, strangersConfig(), func(r *room) {
		flooder := r.wire.Peer(t, "192.0.2.66:5060", serverAddr)
		phone := r.desk("192.0.2.30:5060")
		phone.register("<sip:1000@192.0.2.30:5060>")
		answers := func(p *siptest.Peer) (n int) {
			for range 20 {
				for range 50 {
					p.NewCall("anybody", "8899").Send("OPTIONS", "")
				}
				for p.Next(50*time.Millisecond) != nil {
					n++
				}
			}
			return n
		}
		if n := answers(flooder); n < 120 || n > 240 { // 4 s at once and those of the time that passed
			r.Errorf("%d of a stranger's 1000 requests were answered", n)
		}
		if n := answers(phone.Peer); n != 1000 {
			r.Errorf("%d of a phone's 1000 requests were answered", n)
		}
		if n := answers(r.trunk); n != 1000 {
			r.Errorf("%d of a trunk's 1000 requests were answered", n)
		}
		if c := r.server.Counts(); c.Limited < 700 || c.Banned != 0 {
			r.Errorf("counts %+v", c)
		}
	})
}

// Nothing that seems to come from a trunk, or from a phone that is registered, has it banned: addresses can be forged.
func TestTrunksAndPhonesAreNotBanned(t *testing.T) {
	config := strangersConfig()
	converse(t, config, func(r *room) {
		phone := r.desk("192.0.2.30:5060")
		phone.register("<sip:1000@192.0.2.30:5060>")
		for i := range 400 {
			for _, victim := range []*siptest.Peer{phone.Peer, r.trunk} {
				victim.NewCall(fmt.Sprint(i), fmt.Sprint(i)).Send("REGISTER", "", "User-Agent: friendly-scanner",
					`Authorization: Digest username="1000", realm="dialtone", nonce="x", uri="sip:x", response="00000000000000000000000000000000"`)
			}
		}
		synctest.Wait()
		phone.Drain()
		r.trunk.Drain()
		phone.register("<sip:1000@192.0.2.30:5060>")
		call, _ := r.up()
		r.hangUp(call)
		if bans := config.Bans.List(time.Now()); len(bans) != 0 {
			r.Errorf("bans: %+v", bans)
		}
	})
}

// An operator's ban holds against all but whom the settings trust.
func TestOperatorsBan(t *testing.T) {
	config := strangersConfig()
	config.Bans = sip.NewBans([]netip.Prefix{netip.MustParsePrefix("192.0.2.66/32")}, nil)
	converse(t, config, func(r *room) {
		phone := r.desk("192.0.2.30:5060")
		phone.register("<sip:1000@192.0.2.30:5060>")
		if err := config.Bans.Add(sip.Ban{Source: netip.MustParsePrefix("192.0.2.30/32"), Until: time.Now().Add(time.Hour)}); err != nil {
			r.Fatal(err)
		}
		if listens(phone.Peer) {
			r.Error("a phone that an operator banned is heard")
		}
		trusted := r.wire.Peer(t, "192.0.2.66:5060", serverAddr)
		for i := range 500 {
			if trusted.NewCall("x", fmt.Sprint(i)).Send("OPTIONS", ""); trusted.Next(time.Second) == nil {
				r.Fatalf("the trusted one is not heard after %d requests", i)
			}
		}
		time.Sleep(time.Hour)
		if !listens(phone.Peer) {
			r.Error("the ban does not end")
		}
	})
}
