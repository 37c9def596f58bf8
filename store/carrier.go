package store

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"dialtone/pjsip"
)

// settleTrunk makes the trunk of an endpoint what its options say.
func (tx *Tx) settleTrunk(endpoint string) error {
	t, ok := tx.TrunkOf(endpoint)
	e, there := tx.Endpoint(endpoint)
	if !ok || !there {
		return nil
	}
	want, err := t.fromOptions(tx.Merged(e))
	if err != nil {
		return fmt.Errorf("endpoint %s: %w", e.Name, err)
	}
	if want.Name = e.Name; want.equal(*t) {
		return nil
	}
	want.Managed = true
	_, err = tx.Trunks().Put(want)
	return err
}

// describe gives a trunk that a command made an endpoint, or makes the one that it has say the same.
func (t *Trunk) describe(tx *Tx) error {
	t.Managed = false
	if err := t.Validate(); err != nil {
		return err
	}
	context, err := tx.contextFor(t.Entry(), ContextIncall)
	if err != nil {
		return err
	}
	if before, ok := tx.Trunk(t.Name); ok {
		t.Endpoint, t.Tenant = before.Endpoint, before.Tenant
	}
	t.Tenant = cmp.Or(t.Tenant, context.Tenant)
	e, ok := tx.Endpoint(t.Endpoint)
	if !ok {
		if !tx.nameIsFree(t.Name) {
			return invalid("trunk %s: an endpoint is called so already, choose another name", t.Name)
		}
		e = &Endpoint{Tenant: t.Tenant, Name: t.Name, Label: "trunk " + t.Name}
	}
	endpoint := *e
	if again, err := t.fromOptions(tx.Merged(e)); err != nil || !again.equal(*t) {
		endpoint.Sections = t.options(e.Sections)
		if again, err = t.fromOptions(tx.Merged(&endpoint)); err != nil || !again.equal(*t) { // its templates say what the trunk does not
			endpoint.Sections, endpoint.Templates = t.options(tx.Merged(e)), nil
		}
	}
	if endpoint, err = tx.Endpoints().Put(endpoint); err != nil {
		return err
	}
	t.Endpoint = endpoint.UUID
	return nil
}

// undescribe takes the endpoint of a trunk away.
func (t *Trunk) undescribe(tx *Tx) error {
	if e, ok := tx.Endpoint(t.Endpoint); ok {
		return tx.Endpoints().Delete(e.ID)
	}
	return nil
}

// fromOptions makes a trunk what the options of its endpoint say. What those cannot say stays as it is: how numbers are written,
// limits, domains, certificates. An option that means something and cannot be read is a *FieldError.
func (t Trunk) fromOptions(s pjsip.Sections) (Trunk, error) {
	for _, read := range []func(*Trunk, pjsip.Sections) error{(*Trunk).readSources, (*Trunk).readServers, (*Trunk).readAccount, (*Trunk).readCaller, (*Trunk).readLegRules} {
		if err := read(&t, s); err != nil {
			return t, err
		}
	}
	t.EndpointContext = s.Endpoint.Get("context")
	return t, nil
}

// readSources reads from where its calls come: addresses, networks and hosts.
func (t *Trunk) readSources(s pjsip.Sections) error {
	t.Addresses, t.Hosts = nil, nil
	for _, text := range entries(s.Identify.Values("match")) {
		source, err := ParseSource(unmasked(text))
		switch {
		case err == nil:
			t.Addresses = append(t.Addresses, source)
		case strings.ContainsAny(text, "/:") || !plainText(text, "<>\"@;"):
			return invalid("identify match %q is neither an IP address, nor a network such as 203.0.113.0/28, nor a host", text)
		default:
			t.Hosts = append(t.Hosts, text)
		}
	}
	return nil
}

// unmasked writes a network as ParseSource wants it, which Asterisk also takes with a mask, or with more of the address.
func unmasked(text string) string {
	address, length, _ := strings.Cut(text, "/")
	if mask, err := netip.ParseAddr(length); err == nil && mask.Is4() {
		if ones, bits := net.IPMask(mask.AsSlice()).Size(); bits != 0 {
			length = strconv.Itoa(ones)
		}
	}
	if prefix, err := netip.ParsePrefix(address + "/" + length); err == nil {
		return prefix.Masked().String()
	}
	return text
}

// readServers reads where its calls go, and how often that is asked whether it lives.
func (t *Trunk) readServers(s pjsip.Sections) (err error) {
	registrar := serverIn(s.Registration.Get("server_uri"))
	t.Servers = nil
	for _, contact := range entries(s.AOR.Values("contact")) {
		t.Servers = append(t.Servers, serverIn(contact))
	}
	t.Account.Registrar = ""
	switch {
	case len(t.Servers) == 0 && registrar != "":
		t.Servers = []string{registrar}
	case registrar != "" && registrar != t.Servers[0]:
		t.Account.Registrar = registrar
	}
	t.Proxies = nil
	for _, proxy := range entries([]string{cmp.Or(s.Endpoint.Get("outbound_proxy"), s.Registration.Get("outbound_proxy"))}) {
		t.Proxies = append(t.Proxies, serverIn(proxy))
	}
	t.Qualify, err = secondsIn("aor qualify_frequency", s.AOR.Get("qualify_frequency"))
	return err
}

// serverIn is the server of a URI, as Trunk.Servers has them: sip:acme@192.0.2.7:5070;lr;transport=tcp is
// sip:192.0.2.7:5070;transport=tcp, and sip:192.0.2.7 is 192.0.2.7.
func serverIn(uri string) string {
	uri = strings.ReplaceAll(strings.Trim(strings.TrimSpace(uri), "<>"), `\;`, ";")
	scheme, rest, ok := strings.Cut(uri, ":")
	if !ok || scheme != "sip" && scheme != "sips" {
		scheme, rest = "sip", uri
	}
	rest, params, _ := strings.Cut(rest, ";")
	host := rest[strings.LastIndexByte(rest, '@')+1:]
	for param := range strings.SplitSeq(params, ";") {
		if name, value, _ := strings.Cut(param, "="); strings.EqualFold(name, "transport") {
			return scheme + ":" + host + ";transport=" + strings.ToLower(value)
		}
	}
	if scheme == "sips" {
		return "sips:" + host
	}
	return host
}

// userIn is the user of a URI; empty: it has none.
func userIn(uri string) string {
	_, rest, _ := strings.Cut(uri, ":")
	user, _, ok := strings.Cut(rest, "@")
	if !ok {
		return ""
	}
	return user
}

// readAccount reads ours at the carrier, and the carrier's with us.
func (t *Trunk) readAccount(s pjsip.Sections) (err error) {
	proof := s.RegistrationOutboundAuth
	if proof.Get("username") == "" {
		proof = s.OutboundAuth
	}
	registered := userIn(s.Registration.Get("client_uri"))
	a := TrunkAccount{
		User: cmp.Or(proof.Get("username"), registered), Password: Secret(proof.Get("password")), Realm: proof.Get("realm"),
		Register: s.Registration.Get("server_uri") != "", Line: s.Registration.Get("contact_user"), Registrar: t.Account.Registrar,
	}
	if registered != a.User {
		a.Name = registered
	}
	if a.Expires, err = secondsIn("registration expiration", s.Registration.Get("expiration")); err != nil {
		return err
	}
	if a.Retry, err = secondsIn("registration retry_interval", s.Registration.Get("retry_interval")); err != nil {
		return err
	}
	t.Account = a
	t.Peer = TrunkPeer{User: s.Auth.Get("username")}
	if t.Peer.HA1MD5, t.Peer.HA1SHA256 = digests(t.Peer.User, Realm, s.Auth); t.Peer.User == "" || t.Peer.HA1MD5 == "" || t.Peer.HA1SHA256 == "" {
		t.Peer = TrunkPeer{}
	}
	return nil
}

// readCaller reads how the carrier learns who calls, and whether it is believed.
func (t *Trunk) readCaller(s pjsip.Sections) error {
	c := &t.Caller
	c.FromUser, c.FromDomain = s.Endpoint.Get("from_user"), s.Endpoint.Get("from_domain")
	pai, rpid := s.Endpoint.Get("send_pai"), s.Endpoint.Get("send_rpid")
	switch {
	case truth(pai):
		c.By = "pai"
	case truth(rpid):
		c.By = "rpid"
	case pai != "" && rpid != "":
		c.By = "from"
	case c.By != "ppi" && c.By != "none": // which options cannot say
		c.By = ""
	}
	in, out := s.Endpoint.Get("trust_id_inbound"), s.Endpoint.Get("trust_id_outbound")
	c.Untrusted = in != "" && !truth(in) || out != "" && !truth(out)
	c.Diversion = truth(s.Endpoint.Get("send_diversion"))
	return nil
}

// readLegRules reads how sound and keys travel.
func (t *Trunk) readLegRules(s pjsip.Sections) (err error) {
	t.LegRules, err = legRulesIn(s.Endpoint)
	return err
}

// options are those of the trunk's endpoint, so that fromOptions gives the trunk again. What the endpoint has of others stays.
func (t Trunk) options(s pjsip.Sections) pjsip.Sections {
	if same, err := t.fromOptions(s); err == nil && same.equal(t) {
		return s
	}
	s = s.Clone()
	a := t.Account
	match := pjsip.Options{}
	for _, source := range t.Addresses {
		match = append(match, pjsip.Option{"match", source.String()})
	}
	for _, host := range t.Hosts {
		match = append(match, pjsip.Option{"match", host})
	}
	replace(&s.Identify, match, "match")
	servers := pjsip.Options{}
	for _, server := range t.Servers {
		servers = append(servers, pjsip.Option{"contact", uriOf(server)})
	}
	replace(&s.AOR, append(servers, givenNumber("qualify_frequency", t.Qualify)...), "contact", "qualify_frequency")
	registration := slices.Concat(given("contact_user", a.Line), givenNumber("expiration", a.Expires), givenNumber("retry_interval", a.Retry))
	if a.Register {
		at := uriOf(cmp.Or(a.Registrar, t.Servers[0]))
		scheme, host, _ := strings.Cut(at, ":")
		registration = append(registration, pjsip.Option{"server_uri", at}, pjsip.Option{"client_uri", scheme + ":" + a.Registered() + "@" + host})
	}
	replace(&s.Registration, registration, "server_uri", "client_uri", "contact_user", "expiration", "retry_interval", "outbound_proxy")
	proof := slices.Concat(given("username", a.User), given("password", string(a.Password)), given("realm", a.Realm))
	replace(&s.OutboundAuth, proof, "username", "password", "realm")
	if !a.Register {
		proof = nil
	}
	replace(&s.RegistrationOutboundAuth, proof, "username", "password", "realm")
	prove(&s.Auth, t.Peer.User, Realm, t.Peer.HA1MD5, t.Peer.HA1SHA256)
	var proxies []string
	for _, proxy := range t.Proxies {
		proxies = append(proxies, uriOf(proxy))
	}
	replace(&s.Endpoint, slices.Concat(given("outbound_proxy", strings.Join(proxies, ",")), given("context", t.EndpointContext), t.callerOptions(), t.LegRules.options()),
		slices.Concat(legRuleKeys, []string{"outbound_proxy", "context", "from_user", "from_domain", "send_pai", "send_rpid", "trust_id_inbound", "trust_id_outbound", "send_diversion"})...)
	return s
}

// callerOptions are those of the endpoint that say how the carrier learns who calls.
func (t Trunk) callerOptions() pjsip.Options {
	c := t.Caller
	options := slices.Concat(given("from_user", c.FromUser), given("from_domain", c.FromDomain))
	switch c.By {
	case "pai":
		options = append(options, pjsip.Option{"send_pai", "yes"})
	case "rpid":
		options = append(options, pjsip.Option{"send_rpid", "yes"})
	case "from":
		options = append(options, pjsip.Option{"send_pai", "no"}, pjsip.Option{"send_rpid", "no"})
	}
	if c.Untrusted {
		options = append(options, pjsip.Option{"trust_id_inbound", "no"}, pjsip.Option{"trust_id_outbound", "no"})
	}
	if c.Diversion {
		options = append(options, pjsip.Option{"send_diversion", "yes"})
	}
	return options
}

// uriOf is the URI of a server of a trunk.
func uriOf(server string) string {
	if strings.HasPrefix(server, "sip:") || strings.HasPrefix(server, "sips:") {
		return server
	}
	return "sip:" + server
}

// given is an option with a value; none for an empty one.
func given(key, value string) pjsip.Options {
	if value == "" {
		return nil
	}
	return pjsip.Options{{key, value}}
}

// givenNumber is an option with a number; none for 0.
func givenNumber(key string, n int) pjsip.Options {
	if n == 0 {
		return nil
	}
	return pjsip.Options{{key, strconv.Itoa(n)}}
}

// replace puts options in the place of all that have one of some keys.
func replace(options *pjsip.Options, with pjsip.Options, keys ...string) {
	*options = append(slices.DeleteFunc(*options, func(o pjsip.Option) bool { return slices.Contains(keys, o.Key()) }), with...)
}

// entries are the entries of values that are lists with commas.
func entries(values []string) []string {
	var list []string
	for _, value := range values {
		for entry := range strings.SplitSeq(value, ",") {
			if entry = strings.TrimSpace(entry); entry != "" {
				list = append(list, entry)
			}
		}
	}
	return list
}

// truth reads what Asterisk takes for yes.
func truth(text string) bool {
	switch strings.ToLower(text) {
	case "yes", "true", "y", "t", "1", "on":
		return true
	}
	return false
}

// secondsIn reads an option that is a number of seconds; empty is 0.
func secondsIn(what, text string) (int, error) {
	return countIn(what, text, maxTrunkTime)
}

// equal tells that two trunks are the same as they are kept.
func (t Trunk) equal(other Trunk) bool { return sameRecord(t, other) }

// sameRecord tells that two values are the same as they are kept.
func sameRecord(v, other any) bool {
	a, err := json.Marshal(v)
	b, otherErr := json.Marshal(other)
	return err == nil && otherErr == nil && bytes.Equal(a, b)
}
