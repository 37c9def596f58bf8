package sip_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/icholy/digest"

	"dialtone/sip"
	"dialtone/sip/siptest"
)

// desk is a telephone by the letter: a Peer with an account.
type desk struct {
	*siptest.Peer
	t              *testing.T
	user, password string
	seq            int
}

// desk makes a telephone of the account 1000 at an address.
func (r *room) desk(addr string) *desk {
	r.Helper()
	return &desk{Peer: r.wire.Peer(r.T, addr, serverAddr), t: r.T, user: "1000", password: "secret"}
}

// ask sends a request outside of dialogs and gives its final answer, the challenge answered. lines are further headers; one
// that begins with "To:" or "Call-ID:" stands in the place of the telephone's own.
func (d *desk) ask(method, uri string, lines ...string) *siptest.Message {
	d.t.Helper()
	d.seq++
	res := d.once(method, uri, lines)
	if !res.Is("401") {
		return res
	}
	d.seq++
	return d.once(method, uri, append(slices.Clone(lines), "Authorization: "+d.credentials(method, uri, res.Header("WWW-Authenticate"))))
}

// credentials answer a challenge.
func (d *desk) credentials(method, uri, challenge string) string {
	d.t.Helper()
	parsed, err := digest.ParseChallenge(challenge)
	if err != nil {
		d.t.Fatal(err)
	}
	answer, err := digest.Digest(parsed, digest.Options{Method: method, URI: uri, Username: d.user, Password: d.password})
	if err != nil {
		d.t.Fatal(err)
	}
	return answer.String()
}

func (d *desk) once(method, uri string, lines []string) *siptest.Message {
	d.t.Helper()
	own := []string{
		fmt.Sprintf("Via: SIP/2.0/UDP %s;rport;branch=z9hG4bK%s-%d-%s", d.Addr, d.user, d.seq, strings.ToLower(method)),
		"Max-Forwards: 70",
		fmt.Sprintf("From: <sip:%s@192.0.2.1>;tag=%s", d.user, d.user),
		fmt.Sprintf("To: <sip:%s@192.0.2.1>", d.user),
		"Call-ID: desk@" + d.Addr.Addr().String(),
		fmt.Sprintf("CSeq: %d %s", d.seq, method),
	}
	own = slices.DeleteFunc(own, func(line string) bool {
		name, _, _ := strings.Cut(line, ":")
		return slices.ContainsFunc(lines, func(l string) bool { return strings.HasPrefix(l, name+":") && name != "Via" })
	})
	d.Send(method + " " + uri + " SIP/2.0\n" + strings.Join(append(own, lines...), "\n") + "\nContent-Length: 0\n\n")
	return d.Want("an answer to "+method, "SIP/2.0")
}

// register registers a contact and fails when that is not accepted.
func (d *desk) register(contact string, lines ...string) *siptest.Message {
	d.t.Helper()
	res := d.ask("REGISTER", "sip:192.0.2.1", append(lines, "Contact: "+contact)...)
	if !res.Is("200") {
		d.t.Fatalf("registration: %s", res.Start)
	}
	return res
}

// reached are the URIs of the contacts of 1000, in their order.
func (r *room) reached() string {
	var list []string
	for _, target := range r.server.Contacts("1000") {
		list = append(list, target.URI)
	}
	return strings.Join(list, " ")
}

func TestContactsAreInTheOrderOfTheirPreference(t *testing.T) {
	converse(t, sip.Config{Accounts: phones, Bindings: &bindings{}}, func(r *room) {
		phone := r.desk("192.0.2.30:5060")
		if got := r.reached(); got != "" {
			r.Errorf("before any registration: %s", got)
		}
		phone.register("<sip:old@10.0.0.1>;expires=600")
		phone.register("<sip:low@10.0.0.2>;q=0.1;expires=3600")
		phone.register("<sip:new@10.0.0.3>;expires=3600")
		phone.register("<sip:odd@10.0.0.4>;q=seven;expires=300")
		if got, want := r.reached(), "sip:odd@10.0.0.4 sip:new@10.0.0.3 sip:old@10.0.0.1 sip:low@10.0.0.2"; got != want {
			r.Errorf("contacts %s, want %s", got, want)
		}
		time.Sleep(10 * time.Minute)
		if got, want := r.reached(), "sip:new@10.0.0.3 sip:low@10.0.0.2"; got != want {
			r.Errorf("when some have expired: %s, want %s", got, want)
		}
	})
}

func TestCallGoesWhereTheREGISTERCameFrom(t *testing.T) {
	converse(t, sip.Config{Accounts: phones, Bindings: &bindings{}}, func(r *room) {
		phone := r.desk("192.0.2.30:40123") // what NAT makes of 10.0.0.9:5060
		phone.register("<sip:1000@10.0.0.9;line=1>", "Supported: path", "Path: <sip:edge1.example;lr>", "Path: <sip:edge2.example;lr>")
		targets := r.server.Contacts("1000")
		if len(targets) != 1 {
			r.Fatalf("%d contacts", len(targets))
		}
		if _, err := r.server.Dial(context.Background(), targets[0], &media{}); err != nil {
			r.Fatal(err)
		}
		invite := phone.Want("it comes through the NAT", "INVITE")
		if !strings.HasPrefix(invite.Start, "INVITE sip:1000@10.0.0.9;line=1 ") {
			r.Errorf("RFC 3261 §16.6: the request's URI is the contact, as registered: %s", invite.Start)
		}
		if got, want := strings.Join(invite.Headers("Route"), " "), "<sip:edge1.example;lr> <sip:edge2.example;lr>"; got != want {
			r.Errorf("RFC 3327 §5.3: Route %s, want %s", got, want)
		}
		phone.Reply(invite, "486 Busy Here")
		phone.Want("acknowledged the same way", "ACK")
	})
}

func TestContactOfALostConnection(t *testing.T) {
	converse(t, sip.Config{Accounts: phones, Bindings: &bindings{}}, func(r *room) {
		register := func(addr string) *sip.Server {
			r.Helper()
			phone := r.telephone(addr, "tcp:"+addr+":5070")
			if _, err := phone.RegisterWith(context.Background(), "sip:1000@192.0.2.1;transport=tcp", "1000", "secret", time.Hour); err != nil {
				r.Fatal(err)
			}
			return phone
		}
		phone := register("192.0.2.31")
		if got := r.reached(); !strings.Contains(got, "@192.0.2.31:5070") {
			r.Fatalf("registered over TCP: %q", got)
		}
		target := r.server.Contacts("1000")[0]
		phone.Shutdown(context.Background())
		synctest.Wait()
		// Its contact names the address that it registered from: it may listen there.
		if got := r.reached(); !strings.Contains(got, "@192.0.2.31:5070") {
			r.Errorf("the connection is lost, the telephone may take another: %q", got)
		}
		target.URI = "sip:1000@10.0.0.9:5070;transport=tcp" // behind NAT there is only the connection
		if _, err := r.server.Dial(context.Background(), target, &media{}); err != sip.ErrFlowGone {
			r.Errorf("behind NAT: %v, want %v", err, sip.ErrFlowGone)
		}
	})
}
