package sip

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	gosip "github.com/emiago/sipgo/sip"
	"github.com/google/go-cmp/cmp"
)

var phoneSource = Source{Transport: "udp", Addr: netip.MustParseAddrPort("198.51.100.7:5071")}

// desk is a registrar with what it keeps.
type desk struct {
	*testing.T
	Registrar
	rules ContactRules
	kept  memory
	now   time.Time
	seq   int
}

func newDesk(t *testing.T) *desk {
	kept := make(memory)
	return &desk{T: t, Registrar: Registrar{Bindings: kept}, kept: kept, now: noon}
}

// register sends a REGISTER with the next CSeq and gives the contacts of its 200, or the refusal's status.
func (d *desk) register(lines ...string) string {
	d.Helper()
	if !slices.ContainsFunc(lines, func(l string) bool { return strings.HasPrefix(l, "CSeq") }) {
		d.seq++
		lines = append([]string{fmt.Sprintf("CSeq: %d REGISTER", d.seq)}, lines...)
	}
	req := request(d.T, "REGISTER", append([]string{"-Contact"}, lines...)...)
	if refusal := Validate(req); refusal != nil {
		d.Fatal(refusal)
	}
	headers, refusal := d.Register(req, Account{User: "1000", Alias: "desk", Contacts: d.rules}, phoneSource, d.now)
	if refusal != nil {
		text := fmt.Sprint(refusal.Status)
		for _, h := range refusal.Headers {
			text += " " + h.String()
		}
		return text
	}
	var list []string
	for _, h := range headers {
		if h.Name() == "Contact" {
			list = append(list, h.Value())
		} else {
			list = append(list, h.String())
		}
	}
	return strings.Join(list, " | ")
}

func (d *desk) want(want string, lines ...string) {
	d.Helper()
	if got := d.register(lines...); got != want {
		d.Errorf("%q:\n got %s\nwant %s", lines, got, want)
	}
}

func TestRegistrarAddsRefreshesAndRemoves(t *testing.T) {
	d := newDesk(t)
	d.want("")
	d.want("<sip:1000@10.0.0.9>;expires=300", "more:Contact: <sip:1000@10.0.0.9>", "Expires: 300")
	d.now = d.now.Add(100 * time.Second)
	d.want("<sip:1000@10.0.0.9>;expires=200")
	d.want("<sip:1000@10.0.0.9>;expires=60", "more:Contact: <sip:1000@10.0.0.9>;expires=60", "Expires: 300") // the contact's own goes first
	d.want("<sip:1000@10.0.0.9>;expires=60 | <sip:1000@10.0.0.8:5062>;q=0.5;expires=120", "more:Contact: <sip:1000@10.0.0.8:5062>;q=0.5;expires=120")
	d.want("<sip:1000@10.0.0.8:5062>;q=0.5;expires=120", "more:Contact: <sip:1000@10.0.0.9>;expires=0")
	d.want("<sip:1000@10.0.0.8:5062>;q=0.5;expires=120", "more:Contact: <sip:unknown@10.0.0.9>;expires=0") // nothing to remove
	d.now = d.now.Add(120 * time.Second)
	d.want("")
	d.want("<sip:1000@10.0.0.9>;expires=300", "more:Contact: <sip:1000@10.0.0.9>", "Expires: 300")
	if n := len(d.kept["1000"]); n != 1 {
		t.Errorf("%d bindings are kept: the one that expired is dropped when the next is saved", n)
	}
	d.want("<sip:a@10.0.0.1>;expires=300 | <sip:b@10.0.0.2>;expires=300", "more:Contact: <sip:a@10.0.0.1>, <sip:b@10.0.0.2>", "more:m: <sip:1000@10.0.0.9>;expires=0", "Expires: 300")
	d.want("", "Contact: *", "Expires: 0")
	if n := len(d.kept["1000"]); n != 0 {
		t.Errorf("%d bindings are kept after removal", n)
	}
}

// A telephone may call itself by the alias of its account: what it registers is the account's.
func TestRegistrarKnowsAnAlias(t *testing.T) {
	d := newDesk(t)
	d.want("<sip:desk@10.0.0.9>;expires=300", "To: <sip:desk@192.0.2.1>", "Contact: <sip:desk@10.0.0.9>", "Expires: 300")
	d.want("<sip:desk@10.0.0.9>;expires=300")
	if n := len(d.kept["1000"]); n != 1 || len(d.kept) != 1 {
		t.Errorf("kept are %v", d.kept)
	}
	d.want("403", "To: <sip:192.0.2.1>", "Contact: <sip:desk@10.0.0.9>")
}

func TestRegistrarKeepsWhatACallNeeds(t *testing.T) {
	d := newDesk(t)
	d.want(`<sip:1000@10.0.0.9:5062;transport=tcp>;+sip.instance="<urn:uuid:1-2>";reg-id=1;expires=300 | Path: <sip:edge1;lr> | Path: <sip:edge2;lr> | Require: outbound`,
		`Contact: "Anna" <sip:1000@10.0.0.9:5062;transport=tcp>;+sip.instance="<urn:uuid:1-2>";reg-id=1`, "Expires: 300",
		"Supported: path, outbound", "more:Path: <sip:edge1;lr>,<sip:edge2;lr>", "User-Agent: Phone 1.0")
	want := Binding{
		Contact: "sip:1000@10.0.0.9:5062;transport=tcp", Params: `;+sip.instance="<urn:uuid:1-2>";reg-id=1`,
		Path: []string{"<sip:edge1;lr>", "<sip:edge2;lr>"}, CallID: "c1@192.0.2.9", CSeq: 1, Instance: "urn:uuid:1-2", RegID: 1,
		Source: phoneSource, UserAgent: "Phone 1.0", Expires: noon.Add(300 * time.Second),
	}
	opt := cmp.Comparer(func(a, b netip.AddrPort) bool { return a == b })
	if diff := cmp.Diff([]Binding{want}, d.kept["1000"], opt); diff != "" {
		t.Error(diff)
	}
	text, err := json.Marshal(d.kept["1000"][0])
	if err != nil {
		t.Fatal(err)
	}
	var back Binding
	if err := json.Unmarshal(text, &back); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, back, opt); diff != "" {
		t.Errorf("through JSON: %s", diff)
	}
}

func TestRegistrarIgnoresPathUnlessSupported(t *testing.T) {
	d := newDesk(t)
	d.want("<sip:a@10.0.0.9>;expires=300", "Contact: <sip:a@10.0.0.9>;expires=300", "more:Path: <sip:edge;lr>")
	if path := d.kept["1000"][0].Path; path != nil {
		t.Errorf("path %q", path)
	}
}

func TestRegistrarRefuses(t *testing.T) {
	d := newDesk(t)
	d.Own = func(host string, port int) bool { return host == "192.0.2.1" && port == 5060 }
	before := "<sip:1000@10.0.0.9>;expires=300"
	d.want(before, "Contact: <sip:1000@10.0.0.9>", "Expires: 300", "CSeq: 10 REGISTER")
	many := make([]string, 11)
	for i := range many {
		many[i] = fmt.Sprintf("more:Contact: <sip:%d@10.0.0.9>", i)
	}
	for _, tt := range []struct {
		want  string
		lines []string
	}{
		{"403", []string{"To: <sip:1001@192.0.2.1>", "Contact: <sip:1001@10.0.0.9>"}},
		{"423 Min-Expires: 60", []string{"Contact: <sip:1000@10.0.0.9>;expires=59"}},
		{"423 Min-Expires: 60", []string{"Contact: <sip:new@10.0.0.9>", "Expires: 1"}},
		{"400", []string{"Contact: *", "Expires: 1"}},
		{"400", []string{"Contact: *"}},
		{"400", []string{"Contact: *", "more:Contact: <sip:a@10.0.0.9>", "Expires: 0"}},
		{"400", []string{"Contact: <mailto:a@10.0.0.9>"}},
		{"400", []string{"Contact: <sip:a@>"}},
		{"400", []string{"Contact: <sip:a@10.0.0.9:70000>"}},
		{"400", []string{"Contact: <sip:" + strings.Repeat("a", 2100) + "@10.0.0.9>"}},
		{"400", []string{"Call-ID: " + strings.Repeat("c", 2100), "Contact: <sip:a@10.0.0.9>"}},
		{"400", []string{"Contact: <sip:a@10.0.0.9>", "Supported: path", "Path: <sip:" + strings.Repeat("p", 2100) + ">"}},
		{"403", []string{"Contact: <sip:a@192.0.2.1>"}},
		{"403", []string{"Contact: <sip:a@192.0.2.1:5060;transport=tcp>"}},
		{"403", many},
		{"500", []string{"CSeq: 10 REGISTER", "Contact: <sip:1000@10.0.0.9>;expires=0"}}, // sent again
		{"500", []string{"CSeq: 9 REGISTER", "Contact: <sip:1000@10.0.0.9>;expires=300"}},
		{"500", []string{"CSeq: 9 REGISTER", "Contact: *", "Expires: 0"}},
		{"500", []string{"CSeq: 9 REGISTER", "more:Contact: <sip:new@10.0.0.8>", "more:Contact: <sip:1000@10.0.0.9>"}}, // all or nothing
	} {
		d.want(tt.want, tt.lines...)
		d.want(before) // a refused request changes nothing
	}
	// Another Call-ID is another life of the telephone, whose CSeq starts anew.
	d.want("<sip:1000@10.0.0.9>;expires=120", "Call-ID: c2", "CSeq: 1 REGISTER", "Contact: <sip:1000@10.0.0.9>;expires=120")
}

func TestRegistrarReplacesTheInstanceAfterAPowerCut(t *testing.T) {
	d := newDesk(t)
	d.register(`Contact: <sip:1000@10.0.0.9:5060>;+sip.instance="<urn:uuid:1>"`, "Expires: 300")
	d.want(`<sip:1000@10.0.0.9:49152>;+sip.instance="<urn:uuid:1>";expires=300`,
		"Call-ID: after", "CSeq: 1 REGISTER", `Contact: <sip:1000@10.0.0.9:49152>;+sip.instance="<urn:uuid:1>"`, "Expires: 300")
	// Two flows of one instance stand beside each other (RFC 5626 §6).
	d = newDesk(t)
	d.register(`Contact: <sip:1000@10.0.0.9:5060>;+sip.instance="<urn:uuid:1>";reg-id=1`, "Expires: 300")
	d.register(`Contact: <sip:1000@10.0.0.9:5061>;+sip.instance="<urn:uuid:1>";reg-id=2`, "Expires: 300")
	if n := len(d.kept["1000"]); n != 2 {
		t.Errorf("%d flows, want 2", n)
	}
}

func TestRegistrarKeepsTheTenNewestContacts(t *testing.T) {
	d := newDesk(t)
	for i := range 13 {
		d.register(fmt.Sprintf("Contact: <sip:p%d@10.0.0.9>;expires=300", i))
	}
	d.register("Contact: <sip:p3@10.0.0.9>;expires=300") // the oldest one is renewed
	d.register("Contact: <sip:p13@10.0.0.9>;expires=300")
	var got []string
	for _, b := range d.kept["1000"] {
		got = append(got, strings.TrimSuffix(strings.TrimPrefix(b.Contact, "sip:"), "@10.0.0.9"))
	}
	if want := "p5 p6 p7 p8 p9 p10 p11 p12 p3 p13"; strings.Join(got, " ") != want {
		t.Errorf("kept %s, want %s", got, want)
	}
}

func TestAnAccountSaysHowManyContactsItHas(t *testing.T) {
	a, b, c := "<sip:a@10.0.0.9>;expires=300", "<sip:b@10.0.0.9>;expires=300", "<sip:c@10.0.0.9>;expires=300"
	d := newDesk(t)
	d.rules = ContactRules{Most: 2, Refuse: true}
	d.want(a, "Contact: "+a)
	d.want(a+" | "+b, "Contact: "+b)
	d.want("403", "Contact: "+c)
	d.want("403", "Contact: "+a, "more:Contact: "+c)
	d.want(b+" | "+a, "Contact: "+a)                                                  // one that is there is renewed
	d.want(a+" | "+c, "more:Contact: <sip:b@10.0.0.9>;expires=0", "more:Contact: "+c) // one goes as another comes
	d.rules.Most = 1                                                                  // from now on
	d.want("403", "Contact: "+c)                                                      // there are still two
	d.want(c, "Contact: <sip:a@10.0.0.9>;expires=0")
	d.want(c, "Contact: "+c)

	d = newDesk(t)
	d.rules = ContactRules{Most: 1}
	d.want(a, "Contact: "+a)
	d.want(b, "Contact: "+b) // the new one in the place of the old one
	d.rules = ContactRules{Most: -1}
	d.want("403", "Contact: "+a)
	d.want("", "Contact: <sip:b@10.0.0.9>;expires=0")

	d = newDesk(t)
	d.rules = ContactRules{Most: 1000}
	for i := range mostContacts + 5 {
		d.register(fmt.Sprintf("Contact: <sip:p%d@10.0.0.9>;expires=300", i))
	}
	if n := len(d.kept["1000"]); n != mostContacts {
		t.Errorf("%d contacts are kept of one that may have 1000, want %d", n, mostContacts)
	}
}

func TestAnAccountSaysForHowLongItRegisters(t *testing.T) {
	d := newDesk(t)
	d.rules = ContactRules{Min: 2 * time.Minute, Default: 5 * time.Minute, Max: 9 * time.Minute}
	d.want("<sip:a@10.0.0.9>;expires=300", "Contact: <sip:a@10.0.0.9>")
	d.want("<sip:a@10.0.0.9>;expires=300", "Contact: <sip:a@10.0.0.9>;expires=soon")
	d.want("<sip:a@10.0.0.9>;expires=540", "Contact: <sip:a@10.0.0.9>", "Expires: 3600")
	d.want("423 Min-Expires: 120", "Contact: <sip:a@10.0.0.9>", "Expires: 119")
	d.want("<sip:a@10.0.0.9>;expires=120", "Contact: <sip:a@10.0.0.9>", "Expires: 120")
	for name, test := range map[string]struct{ rules, want ContactRules }{
		"nothing":                 {want: ContactRules{Most: 10, Min: time.Minute, Default: time.Hour, Max: time.Hour}},
		"a default beyond all":    {ContactRules{Default: 2 * time.Hour}, ContactRules{Most: 10, Min: time.Minute, Default: time.Hour, Max: time.Hour}},
		"a least beyond the most": {ContactRules{Min: 2 * time.Hour}, ContactRules{Most: 10, Min: 2 * time.Hour, Default: 2 * time.Hour, Max: 2 * time.Hour}},
		"a week":                  {ContactRules{Max: 7 * 24 * time.Hour}, ContactRules{Most: 10, Min: time.Minute, Default: time.Hour, Max: 24 * time.Hour}},
	} {
		if got := test.rules.complete(); got != test.want {
			t.Errorf("%s: %+v, want %+v", name, got, test.want)
		}
	}
}

func TestRegistrarNamesAContactOnce(t *testing.T) {
	d := newDesk(t)
	d.want("<sip:a@10.0.0.9>;expires=120", "more:Contact: <sip:a@10.0.0.9>;expires=300", "more:Contact: <sip:%61@10.0.0.9>;expires=0", "more:Contact: <sip:a@10.0.0.9>;expires=120")
}

func TestRegistrarGrantsWithinItsLimits(t *testing.T) {
	for _, tt := range []struct {
		expires         string
		atLeast, atMost time.Duration
	}{
		{"60", time.Minute, time.Minute},
		{"599", 599 * time.Second, 599 * time.Second},
		{"3600", 54 * time.Minute, time.Hour},
		{"7200", 54 * time.Minute, time.Hour},
		{"4294967295", 54 * time.Minute, time.Hour},
		{"280297596632815", 54 * time.Minute, time.Hour},
		{"soon", 54 * time.Minute, time.Hour},
		{"-1", 54 * time.Minute, time.Hour},
		{"", 54 * time.Minute, time.Hour},
	} {
		d := newDesk(t)
		d.register("Contact: <sip:a@10.0.0.9>", "Expires: "+tt.expires)
		if got := d.kept["1000"][0].Expires.Sub(noon); got < tt.atLeast || got > tt.atMost {
			t.Errorf("Expires %q: %v, want %v to %v", tt.expires, got, tt.atLeast, tt.atMost)
		}
	}
	// Telephones that come back together are spread.
	seen := make(map[time.Duration]bool)
	for i := range 50 {
		d := newDesk(t)
		d.register(fmt.Sprintf("Contact: <sip:a@10.0.0.%d>;expires=3600", i))
		seen[d.kept["1000"][0].Expires.Sub(noon)] = true
	}
	if len(seen) < 20 {
		t.Errorf("50 telephones come back at %d times only", len(seen))
	}
}

// brokenDisk loads, and saves never.
type brokenDisk struct{ memory }

func (brokenDisk) Save(string, []Binding) error { return errors.New("no space left") }

func TestRegistrarSaysWhenTheDiskFails(t *testing.T) {
	d := newDesk(t)
	d.Registrar.Bindings = brokenDisk{d.kept}
	d.want("503 Retry-After: 10", "Contact: <sip:a@10.0.0.9>")
	d.want("") // a query needs no disk
}

func TestSameURI(t *testing.T) {
	for _, tt := range []struct {
		a, b string
		same bool
	}{
		// RFC 3261 §19.1.4
		{"sip:%61lice@atlanta.com;transport=TCP", "sip:alice@AtLanTa.CoM;Transport=tcp", true},
		{"sip:carol@chicago.com", "sip:carol@chicago.com;newparam=5", true},
		{"sip:carol@chicago.com", "sip:carol@chicago.com;security=on", true},
		{"sip:carol@chicago.com;newparam=5", "sip:carol@chicago.com;security=on", true},
		{"sip:biloxi.com;transport=tcp;method=REGISTER?to=sip:bob%40biloxi.com", "sip:biloxi.com;method=REGISTER;transport=tcp?to=sip:bob%40biloxi.com", true},
		{"sip:alice@atlanta.com?subject=project%20x&priority=urgent", "sip:alice@atlanta.com?priority=urgent&subject=project%20x", true},
		{"SIP:ALICE@AtLanTa.CoM;Transport=udp", "sip:alice@AtLanTa.CoM;Transport=UDP", false},
		{"sip:bob@biloxi.com", "sip:bob@biloxi.com:5060", false},
		{"sip:bob@biloxi.com", "sip:bob@biloxi.com;transport=udp", false},
		{"sip:bob@biloxi.com", "sip:bob@biloxi.com:6000;transport=tcp", false},
		{"sip:carol@chicago.com", "sip:carol@chicago.com?Subject=next%20meeting", false},
		{"sip:bob@phone21.boxesbybob.com", "sip:bob@192.0.2.4", false},
		{"sip:carol@chicago.com;security=on", "sip:carol@chicago.com;security=off", false},
		// others
		{"sip:a@h;maddr=1.2.3.4", "sip:a@h", false},
		{"sip:a:p@h", "sip:a:q@h", false},
		{"sip:a@h", "sips:a@h", false},
		{"sip:%00@h", "sip:%00%00@h", false},
		{"sip:a@[2001:db8::1]", "sip:a@[2001:0db8:0::1]", true},
		{"sip:a%zz@h", "sip:a%zz@h", true},
		{"tel:+1", "tel:+1", true},
		{"tel:+1", "tel:+2", false},
	} {
		var a, b gosip.Uri
		if err := errors.Join(gosip.ParseUri(tt.a, &a), gosip.ParseUri(tt.b, &b)); err != nil {
			t.Fatal(err)
		}
		if SameURI(&a, &b) != tt.same || SameURI(&b, &a) != tt.same {
			t.Errorf("%s and %s: want %v", tt.a, tt.b, tt.same)
		}
	}
}

func TestRegistrationsOfOneAccountAtOnceAreAllKept(t *testing.T) {
	kept := make(memory)
	r := Registrar{Bindings: kept}
	var wg sync.WaitGroup
	for i := range MaxContacts {
		req := request(t, "REGISTER", fmt.Sprintf("Contact: <sip:p%d@10.0.0.9>", i), fmt.Sprintf("Call-ID: c%d", i))
		wg.Go(func() {
			if _, refusal := r.Register(req, Account{User: "1000"}, phoneSource, noon); refusal != nil {
				t.Error(refusal)
			}
		})
	}
	wg.Wait()
	if n := len(kept["1000"]); n != MaxContacts {
		t.Errorf("%d contacts are kept, want %d", n, MaxContacts)
	}
}

func TestRegistrarSaysWhetherItKeepsFlows(t *testing.T) {
	const contact = `Contact: <sip:1000@10.0.0.9>;+sip.instance="<urn:uuid:1>";reg-id=1;expires=300`
	for _, tt := range []struct {
		why   string
		lines []string
		want  bool
	}{
		{"from the telephone itself", []string{contact, "Supported: path, outbound"}, true},
		{"the telephone does not know flows", []string{contact}, false},
		{"no flow", []string{`Contact: <sip:1000@10.0.0.9>;+sip.instance="<urn:uuid:1>";expires=300`, "Supported: outbound"}, false},
		{"a flow of nobody", []string{`Contact: <sip:1000@10.0.0.9>;reg-id=1;expires=300`, "Supported: outbound"}, false},
		{"by a proxy that keeps flows", []string{contact, "Supported: path, outbound", "more:Via: SIP/2.0/UDP 10.0.0.9;branch=z9hG4bKa", "Path: <sip:edge;lr;ob>"}, true},
		{"by a proxy that does not", []string{contact, "Supported: path, outbound", "more:Via: SIP/2.0/UDP 10.0.0.9;branch=z9hG4bKa", "Path: <sip:edge;lr>"}, false},
		{"the parameter is another's", []string{contact, "Supported: path, outbound", "more:Via: SIP/2.0/UDP 10.0.0.9;branch=z9hG4bKa", "Path: <sip:edge;lr>;ob"}, false},
		{"by a proxy without Path", []string{contact, "Supported: path, outbound", "more:Via: SIP/2.0/UDP 10.0.0.9;branch=z9hG4bKa"}, false},
	} {
		if got := newDesk(t).register(tt.lines...); strings.Contains(got, "Require: outbound") != tt.want || !strings.Contains(got, "expires=300") {
			t.Errorf("%s: %s", tt.why, got)
		}
	}
}
