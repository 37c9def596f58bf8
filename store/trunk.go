package store

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"dialtone/pjsip"
)

type rawJSON = json.RawMessage

// Trunk is a carrier's link: calls come from it into the dialplan in its context, and leave by its servers.
type Trunk struct {
	ID      int       `json:"id"`
	Tenant  string    `json:"tenant"` // UUID; empty in Put: the master
	Name    string    `json:"name"`
	Context string    `json:"context"`
	Created time.Time `json:"created"`

	EndpointContext string `json:"endpoint_context,omitempty"` // its endpoint's, which holds where Context is empty

	// Addresses are where its calls come from; they need no password. Two trunks may share one when the hosts of the
	// URIs that are called tell them apart: Domains.
	Addresses []Source `json:"addresses,omitempty"`
	Domains   []string `json:"domains,omitempty"`
	// Hosts are names whose addresses count as Addresses do; they are looked up now and then.
	Hosts []string `json:"hosts,omitempty"`
	// Certificates are names in the certificate that its TLS connections show, by an authority of serve --tls-clients.
	Certificates []string `json:"certificates,omitempty"`
	// Servers are where calls go, and where it is registered; the next one when one fails: proxy.example.com,
	// 192.0.2.7:5070, sip:proxy.example.com;transport=tcp. Without any it is the first of Addresses that is one host's.
	Servers []string `json:"servers,omitempty"`
	// Proxies are where what is for the first of Servers is sent in its place; the next one when one fails.
	Proxies   []string `json:"proxies,omitempty"`
	Transport string   `json:"transport,omitempty"` // of servers that do not say: udp, tcp or tls; empty: as DNS says
	Qualify   int      `json:"qualify,omitempty"`   // seconds from one OPTIONS to the next; 0: none

	Account TrunkAccount `json:"account,omitzero"`
	Peer    TrunkPeer    `json:"peer,omitzero"`
	Numbers TrunkNumbers `json:"numbers,omitzero"`
	Caller  TrunkCaller  `json:"caller,omitzero"`
	LegRules

	MaxCalls   int    `json:"max_calls,omitempty"`   // at once, both directions; 0: any number
	EarlyMedia string `json:"early_media,omitempty"` // "pass" (also empty): heard before the answer; "ring": the caller hears ringing instead
	Redirect   string `json:"redirect,omitempty"`    // what a 302 does: "refuse" (also empty): ends the call; "follow": its number is called by this trunk

	// Managed is a trunk of the REST API: what it is follows from its endpoint, and without one it is none yet.
	Managed        bool   `json:"managed,omitempty"`
	Endpoint       string `json:"endpoint,omitempty"` // UUID
	TwilioIncoming bool   `json:"twilio_incoming,omitempty"`
}

// TrunkAccount is ours at the carrier.
type TrunkAccount struct {
	User     string `json:"user,omitempty"`
	Password Secret `json:"password,omitempty"` // as challenges of realms that are not known yet have to be answered
	Realm    string `json:"realm,omitempty"`    // the only one that is answered; empty: the first that the carrier asks for
	Register bool   `json:"register,omitempty"` // we register, so that the carrier knows where we are
	Expires  int    `json:"expires,omitempty"`  // seconds asked for; 0: 3600
	Line     string `json:"line,omitempty"`     // user part of the Contact, which the carrier calls; empty: Name
	Name     string `json:"name,omitempty"`     // user that is registered, where it is not User
	// Registrar is where it is registered, as Servers; empty: at the servers to which calls go.
	Registrar string `json:"registrar,omitempty"`
	Retry     int    `json:"retry,omitempty"` // seconds after the first time that all servers have failed; 0: 10
}

// TrunkPeer is the carrier's account with us, by which it may prove its calls from any address.
type TrunkPeer struct {
	User      string `json:"user,omitempty"`
	HA1MD5    string `json:"ha1_md5,omitempty"`    // MD5(user:realm:password), in hexadecimal
	HA1SHA256 string `json:"ha1_sha256,omitempty"` // SHA-256 of the same
}

// TrunkNumbers is how the carrier writes numbers.
type TrunkNumbers struct {
	// DIDFrom is where the number that was called stands: "ruri", "to", "pcpid" (P-Called-Party-ID), "diversion", or
	// "auto" (also empty): the first of the first three that is an incall's.
	DIDFrom       string `json:"did_from,omitempty"`
	Country       string `json:"country,omitempty"`       // code of the numbers without one: 33
	International string `json:"international,omitempty"` // prefix of numbers with a country code: 00
	National      string `json:"national,omitempty"`      // prefix of numbers without: 0; empty: none
	Strip         int    `json:"strip,omitempty"`         // characters taken away from what is dialled, first of all
	Prefix        string `json:"prefix,omitempty"`        // put before what is left, last of all
	Format        string `json:"format,omitempty"`        // "dialled" (also empty), "+e164", "e164", "international", "national"
}

// TrunkCaller is how the carrier learns who calls, and whether what it says of callers is believed.
type TrunkCaller struct {
	By         string `json:"by,omitempty"`          // "pai" (also empty), "ppi", "rpid", "from", "none": where the number stands
	FromUser   string `json:"from_user,omitempty"`   // of From; empty: the account's where it registers, else the number
	FromDomain string `json:"from_domain,omitempty"` // empty: the server's host where there is an account, else our address
	Untrusted  bool   `json:"untrusted,omitempty"`   // its assertions are not believed, and who withholds the number is not told to it (RFC 3325)
	Diversion  bool   `json:"diversion,omitempty"`   // it is told who diverted a call (RFC 5806)
	Format     string `json:"format,omitempty"`      // of the number, as TrunkNumbers.Format; empty: that of the numbers that are called
}

// Registered is the user that is registered with the carrier.
func (a TrunkAccount) Registered() string { return cmp.Or(a.Name, a.User) }

// Secret is a password that has to be kept as it is. It is in the store and on the owner's socket, and in no log.
type Secret string

// String hides it.
func (s Secret) String() string {
	if s == "" {
		return ""
	}
	return "(kept)"
}

// GoString hides it, too.
func (s Secret) GoString() string { return s.String() }

// NewTrunk makes the record of a trunk. It is checked when it is put.
func NewTrunk(name, context string, addresses ...Source) Trunk {
	return Trunk{Name: name, Context: context, Addresses: addresses, Created: time.Now().Truncate(time.Second)}
}

// Entry is the context where the trunk's calls begin.
func (t Trunk) Entry() string { return cmp.Or(t.Context, t.EndpointContext, "from-extern") }

// NewTrunkPeer makes the account of a carrier with us.
func NewTrunkPeer(user, password string) TrunkPeer {
	p := TrunkPeer{User: user}
	p.HA1MD5, p.HA1SHA256 = hashes(user, Realm, password)
	return p
}

// UnmarshalJSON also reads the records of before trunks had several addresses.
func (t *Trunk) UnmarshalJSON(text []byte) error {
	type plain Trunk
	old := struct {
		*plain
		Address *Source `json:"address"`
	}{plain: (*plain)(t)}
	if err := json.Unmarshal(text, &old); err != nil {
		return err
	}
	if old.Address != nil && len(t.Addresses) == 0 {
		t.Addresses = []Source{*old.Address}
	}
	return nil
}

// Limits of a trunk's record.
const (
	maxTrunkName  = 79  // characters
	maxTrunkList  = 32  // addresses, servers, domains
	maxTrunkText  = 255 // bytes of a server, a domain, a user, a password
	maxTrunkCalls = 100_000
	maxTrunkTime  = 86400 // seconds
)

// Choices of a trunk's record; the first is what an empty field means.
var (
	didPlaces      = []string{"auto", "ruri", "to", "pcpid", "diversion"}
	numberFormats  = []string{"dialled", "+e164", "e164", "international", "national"}
	callerHeaders  = []string{"pai", "ppi", "rpid", "from", "none"}
	earlyMedias    = []string{"pass", "ring"}
	redirections   = []string{"refuse", "follow"}
	trunkTransport = []string{"", "udp", "tcp", "tls"}
)

// Validate says what is wrong with the record, as a *FieldError.
func (t Trunk) Validate() error {
	if err := validLongName("trunk name", t.Name, "", maxTrunkName); err != nil {
		return err
	}
	if err := validContext(t.Entry()); err != nil {
		return err
	}
	for _, check := range []func() error{t.validPlaces, t.validAccount, t.validNumbers, t.validChoices, func() error { return t.LegRules.valid("trunk " + t.Name) }} {
		if err := check(); err != nil {
			return err
		}
	}
	return nil
}

func (t Trunk) validPlaces() error {
	if max(len(t.Addresses), len(t.Servers), len(t.Domains), len(t.Hosts), len(t.Proxies), len(t.Certificates)) > maxTrunkList {
		return invalid("trunk %s: more than %d addresses, servers or domains", t.Name, maxTrunkList)
	}
	for _, a := range t.Addresses {
		if !a.valid() {
			return invalid("trunk %s: %s is no address of a trunk", t.Name, a)
		}
	}
	for _, text := range append(slices.Concat(t.Servers, t.Proxies), cmp.Or(t.Account.Registrar, "none")) {
		if !plainText(text, "<>\"@,/") || text == "" {
			return invalid("trunk %s: server %q is neither HOST, HOST:PORT nor a URI such as sip:HOST;transport=tcp", t.Name, text)
		}
	}
	for _, text := range slices.Concat(t.Domains, t.Hosts, t.Certificates) {
		if !plainText(text, "<>\"@,:;") || text == "" {
			return invalid("trunk %s: domain %q is no host", t.Name, text)
		}
	}
	if len(t.Proxies) > 0 && len(t.Servers) == 0 {
		return invalid("trunk %s: a proxy without the server that it leads to (--server)", t.Name)
	}
	if !t.Managed && len(t.Addresses) == 0 && len(t.Hosts) == 0 && len(t.Servers) == 0 && len(t.Certificates) == 0 && t.Peer.User == "" {
		return invalid("trunk %s: neither an address from which its calls come (--address), nor a server to which they go (--server), nor a certificate or an account by which it proves its calls (--certificate, --peer-user)", t.Name)
	}
	return nil
}

func (t Trunk) validAccount() error {
	a := t.Account
	for what, text := range map[string]string{"user": a.User, "password": string(a.Password), "realm": a.Realm, "line": a.Line, "name": a.Name, "peer's user": t.Peer.User} {
		if len(text) > maxTrunkText || strings.ContainsFunc(text, isControl) {
			return invalid("trunk %s: the %s has more than %d bytes, or control characters", t.Name, what, maxTrunkText)
		}
	}
	switch {
	case a.Register && (len(t.Servers) == 0 || a.User == ""):
		return invalid("trunk %s: to register it needs a server and a user (--server, --user)", t.Name)
	case a.Password != "" && a.User == "":
		return invalid("trunk %s: a password without a user (--user)", t.Name)
	case a.Expires < 0 || a.Expires > maxTrunkTime || t.Qualify < 0 || t.Qualify > maxTrunkTime || a.Retry < 0 || a.Retry > maxTrunkTime:
		return invalid("trunk %s: expires, retry and qualify are 0 to %d seconds", t.Name, maxTrunkTime)
	case t.Peer.User != "" && (!isHex(t.Peer.HA1MD5, 32) || !isHex(t.Peer.HA1SHA256, 64)):
		return invalid("trunk %s: the hashes of the peer's password are not MD5 and SHA-256 in hexadecimal", t.Name)
	case t.MaxCalls < 0 || t.MaxCalls > maxTrunkCalls:
		return invalid("trunk %s: max_calls is %d (0 for no limit, or 1 to %d)", t.Name, t.MaxCalls, maxTrunkCalls)
	}
	return nil
}

func (t Trunk) validNumbers() error {
	n := t.Numbers
	for what, text := range map[string]string{"country": n.Country, "international": n.International, "national": n.National} {
		if len(text) > 8 || strings.Trim(text, "0123456789") != "" {
			return invalid("trunk %s: %s is %q (digits, as 33, 00 and 0)", t.Name, what, text)
		}
	}
	if strings.HasPrefix(n.Country, "0") || len(n.Country) > 3 {
		return invalid("trunk %s: %q is no country code (as 1, 33 or 352)", t.Name, n.Country)
	}
	if n.Country == "" && (n.National != "" || n.Format != "" && n.Format != "dialled") {
		return invalid("trunk %s: its number format needs a country code (--country)", t.Name)
	}
	if n.Strip < 0 || n.Strip > maxNumber || len(n.Prefix) > maxNumber || !plainText(n.Prefix, "<>\"@;,:") {
		return invalid("trunk %s: strip is 0 to %d characters, and prefix what can be dialled", t.Name, maxNumber)
	}
	return nil
}

func (t Trunk) validChoices() error {
	for _, c := range []struct {
		what, value string
		choices     []string
	}{
		{"did_from", t.Numbers.DIDFrom, didPlaces}, {"format", t.Numbers.Format, numberFormats}, {"caller", t.Caller.By, callerHeaders}, {"caller format", t.Caller.Format, numberFormats},
		{"early_media", t.EarlyMedia, earlyMedias}, {"redirect", t.Redirect, redirections}, {"transport", t.Transport, trunkTransport},
	} {
		if c.value != "" && !slices.Contains(c.choices, c.value) {
			return invalid("trunk %s: %s %q is none of %s", t.Name, c.what, c.value, strings.Trim(strings.Join(c.choices, ", "), ", "))
		}
	}
	for what, text := range map[string]string{"from_user": t.Caller.FromUser, "from_domain": t.Caller.FromDomain} {
		if !plainText(text, "<>\"@,;") {
			return invalid("trunk %s: %s %q cannot stand in a URI", t.Name, what, text)
		}
	}
	return nil
}

// plainText tells that a text is short, printable ASCII, and has no space and none of others.
func plainText(text, others string) bool {
	return len(text) <= maxTrunkText && !strings.ContainsFunc(text, func(r rune) bool {
		return r <= ' ' || r >= 0x7f || strings.ContainsRune(others, r)
	})
}

func isControl(r rune) bool { return r < ' ' || r == 0x7f }

const (
	trunkName = iota
	trunkEndpoint
)

var trunkKind = &kind[Trunk]{
	table:  trunkTable,
	id:     func(t *Trunk) *int { return &t.ID },
	key:    func(t *Trunk) string { return t.Name },
	tenant: func(t *Trunk) string { return t.Tenant },
	indexes: []index[Trunk]{
		trunkName: only(func(t *Trunk) string { return t.Name }, func(t *Trunk, key string) error { return invalid("trunk %s exists already", key) }),
		trunkEndpoint: only(func(t *Trunk) string { return t.Endpoint }, func(t *Trunk, key string) error {
			return invalid("trunk %s: endpoint %s is another trunk's", t.Name, key)
		}),
	},
}

func (t *Trunk) check(tx *Tx) error {
	if t.Tenant == "" {
		t.Tenant = tx.MasterTenant().UUID
	}
	if t.Managed && t.Endpoint == "" {
		*t, _ = t.fromOptions(pjsip.Sections{}) // of none there is nothing that cannot be read
		t.Name = ""
	}
	t.Name = cmp.Or(t.Name, "trunk-"+number(t.ID))
	if err := checkOwner(tx, t.Tenant, "trunk", t.Name); err != nil {
		return err
	}
	if err := t.Validate(); err != nil {
		return err
	}
	for other := range tx.Trunks().All() {
		if other.ID == t.ID {
			continue
		}
		if err := t.conflict(*other); err != nil {
			return err
		}
	}
	return nil
}

func (t *Trunk) links(tx *Tx) error {
	if t.Endpoint == "" {
		return nil
	}
	if e, ok := tx.Endpoint(t.Endpoint); !ok || e.Tenant != t.Tenant {
		return invalid("trunk %s: there is no endpoint %s in its tenant", t.Name, t.Endpoint)
	}
	if l, ok := tx.LineOf(t.Endpoint); ok {
		return invalid("trunk %s: endpoint %s is line %d's", t.Name, t.Endpoint, l.ID)
	}
	return nil
}

// dropped takes a trunk away from the outcalls that use it.
func (gone *Trunk) dropped(tx *Tx) error {
	return alterAll(tx.Outcalls(), tx.OutcallsBy(gone.ID), func(o *Outcall) { o.Trunks = without(o.Trunks, gone.ID) })
}

// trunkList is all trunks as of a revision of theirs.
type trunkList struct {
	edited Revision
	trunks []Trunk
}

// TrunksNow are the trunks as they are now, in the order of their numbers. The list is made once after a change, as it is asked for
// at each request that comes in; it is nobody's to change.
func (s *Store) TrunksNow() []Trunk {
	last := s.trunksNow.Load()
	s.View(func(tx *Tx) error {
		if last != nil && last.edited == tx.Trunks().Edited() {
			return nil
		}
		last = &trunkList{edited: tx.Trunks().Edited()}
		for t := range tx.Trunks().All() {
			last.trunks = append(last.trunks, *t)
		}
		s.trunksNow.Store(last)
		return nil
	})
	return last.trunks
}

// Trunks are all trunks.
func (tx *Tx) Trunks() Kind[Trunk] { return Kind[Trunk]{tx, trunkKind} }

// Trunk gives a trunk by its name.
func (tx *Tx) Trunk(name string) (*Trunk, bool) { return tx.Trunks().one(trunkName, name) }

// TrunkOf gives the trunk of an endpoint.
func (tx *Tx) TrunkOf(endpoint string) (*Trunk, bool) {
	return tx.Trunks().one(trunkEndpoint, endpoint)
}

// conflict says why a call could be either's.
func (t Trunk) conflict(other Trunk) error {
	if t.Peer.User != "" && t.Peer.User == other.Peer.User {
		return invalid("trunk %s: trunk %s has the peer user %q already", t.Name, other.Name, t.Peer.User)
	}
	for _, name := range t.Certificates {
		if slices.ContainsFunc(other.Certificates, func(n string) bool { return strings.EqualFold(n, name) }) {
			return invalid("trunk %s: trunk %s has the certificate %s already", t.Name, other.Name, name)
		}
	}
	apart := len(t.Domains) > 0 && len(other.Domains) > 0 && !slices.ContainsFunc(t.Domains, func(domain string) bool {
		return slices.ContainsFunc(other.Domains, func(d string) bool { return strings.EqualFold(d, domain) })
	})
	if apart {
		return nil
	}
	for _, a := range t.Addresses {
		for _, b := range other.Addresses {
			if a.overlaps(b) {
				return invalid("trunk %s: address %s overlaps %s of trunk %s: a call from there could be either's, unless each has the domains that are called by it (--domain)", t.Name, a, b, other.Name)
			}
		}
	}
	return nil
}

// String is the trunk as a line of text.
func (t Trunk) String() string { return fmt.Sprintf("%s %v → %s", t.Name, t.Addresses, t.Context) }
