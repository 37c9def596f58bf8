package asterisk

import (
	"cmp"
	"net/netip"
	"slices"
	"strings"

	"dialtone/ivr/dialplan"
	"dialtone/pjsip"
)

// sipOption is what an option of sip.conf is in PJSIP: its section and key there, and its value if that is another one.
type sipOption struct {
	section pjsip.Section
	key     string
	value   func(string) string // nil: as it is
}

// sipOptions are those of sip.conf that have the same meaning in PJSIP.
var sipOptions = map[string]sipOption{
	"context": {pjsip.Endpoint, "context", nil}, "callerid": {pjsip.Endpoint, "callerid", nil},
	"allow": {pjsip.Endpoint, "allow", codecNames}, "disallow": {pjsip.Endpoint, "disallow", nil},
	"fromuser": {pjsip.Endpoint, "from_user", nil}, "fromdomain": {pjsip.Endpoint, "from_domain", nil},
	"language": {pjsip.Endpoint, "language", nil}, "accountcode": {pjsip.Endpoint, "accountcode", nil},
	"callgroup": {pjsip.Endpoint, "call_group", nil}, "pickupgroup": {pjsip.Endpoint, "pickup_group", nil},
	"namedcallgroup": {pjsip.Endpoint, "named_call_group", nil}, "namedpickupgroup": {pjsip.Endpoint, "named_pickup_group", nil},
	"mailbox": {pjsip.Endpoint, "mailboxes", nil}, "musicclass": {pjsip.Endpoint, "moh_suggest", nil}, "mohsuggest": {pjsip.Endpoint, "moh_suggest", nil},
	"trustrpid": {pjsip.Endpoint, "trust_id_inbound", yesOrNo}, "directmedia": {pjsip.Endpoint, "direct_media", yesOrNo},
	"canreinvite": {pjsip.Endpoint, "direct_media", yesOrNo}, "outboundproxy": {pjsip.Endpoint, "outbound_proxy", proxyURI},
	"permit": {pjsip.Endpoint, "permit", nil}, "deny": {pjsip.Endpoint, "deny", nil}, "acl": {pjsip.Endpoint, "acl", nil},
	"contactpermit": {pjsip.Endpoint, "contact_permit", nil}, "contactdeny": {pjsip.Endpoint, "contact_deny", nil}, "contactacl": {pjsip.Endpoint, "contact_acl", nil},
	"rtptimeout": {pjsip.Endpoint, "rtp_timeout", nil}, "rtpholdtimeout": {pjsip.Endpoint, "rtp_timeout_hold", nil}, "rtpkeepalive": {pjsip.Endpoint, "rtp_keepalive", nil},
	"allowtransfer": {pjsip.Endpoint, "allow_transfer", yesOrNo}, "usereqphone": {pjsip.Endpoint, "user_eq_phone", yesOrNo},
	"t38pt_udptl": {pjsip.Endpoint, "t38_udptl", yesOrNo}, "session-expires": {pjsip.Endpoint, "timers_sess_expires", nil},
	"session-minse": {pjsip.Endpoint, "timers_min_se", nil}, "subscribecontext": {pjsip.Endpoint, "subscribe_context", nil}, "busylevel": {pjsip.Endpoint, "device_state_busy_at", nil},
	"setvar": {pjsip.Endpoint, "set_var", nil}, "encryption": {pjsip.Endpoint, "media_encryption", sdes},
	"dtmfmode": {pjsip.Endpoint, "dtmf_mode", dtmfMode}, "qualify": {pjsip.AOR, "qualify_frequency", qualifyTime},
}

// sipTaken are the options that [reader.peer] and [reader.register] read by themselves.
var sipTaken = []string{"type", "host", "port", "secret", "remotesecret", "md5secret", "username", "defaultuser", "insecure", "transport", "sendrpid", "register"}

// sipReasons say of options that are not taken what there is in their place.
var sipReasons = map[string]string{
	"nat":      "whoever is behind a NAT is answered where it is heard from, and needs no setting",
	"localnet": "the address that others see is set by `dialtone serve --external`",
	"externip": "the address that others see is set by `dialtone serve --external`", "externaddr": "the address that others see is set by `dialtone serve --external`",
	"externhost": "the address that others see is set by `dialtone serve --external`", "bindport": "the server's addresses are set by `dialtone serve --sip`",
	"bindaddr": "the server's addresses are set by `dialtone serve --sip`", "udpbindaddr": "the server's addresses are set by `dialtone serve --sip`",
	"tcpbindaddr": "the server's addresses are set by `dialtone serve --sip`", "tlsbindaddr": "the server's addresses are set by `dialtone serve --sip`",
	"allowguest": "calls from strangers are never taken", "alwaysauthreject": "who guesses names never learns which there are",
	"call-limit":  "how many calls a telephone or trunk may have is set for it (`dialtone phone set`, `dialtone trunk set`)",
	"callcounter": "calls are always counted", "regexten": "write the extension into the dialplan", "realm": "the realm is dialtone",
	"vmexten": "there is no voicemail",
}

// codecNames are codecs without the lengths of their packets, as alaw:20.
func codecNames(value string) string {
	codecs := names(value)
	for i, codec := range codecs {
		codecs[i], _, _ = strings.Cut(codec, ":")
	}
	return strings.Join(codecs, ",")
}

func yesOrNo(value string) string {
	if isYes(value) {
		return "yes"
	}
	return "no"
}

func proxyURI(value string) string { return "sip:" + strings.TrimPrefix(value, "sip:") }

func sdes(value string) string {
	if isYes(value) {
		return "sdes"
	}
	return "no"
}

// dtmfMode is RFC 2833's by its later number.
func dtmfMode(value string) string {
	if strings.EqualFold(value, "rfc2833") {
		return "rfc4733"
	}
	return strings.ToLower(value)
}

// qualifyTime is how often a peer is asked; the value in sip.conf is how long it may take, which says nothing here.
func qualifyTime(value string) string {
	if strings.EqualFold(value, "no") || value == "0" {
		return "0"
	}
	return "60"
}

// sip takes the peers of sip.conf.
func (r *reader) sip() {
	general := fields{}
	var peers []fields
	for _, section := range r.sections("sip.conf") {
		f := fields{section}
		switch kind := strings.ToLower(f.get("type")); {
		case strings.EqualFold(f.Name, "general"):
			general.Name, general.Pos = f.Name, f.Pos
			general.Lines = append(general.Lines, f.Lines...)
		case strings.EqualFold(f.Name, "authentication"):
			r.note(f.Pos, "[%s]: accounts belong to their peers here: set it with `dialtone trunk set NAME --user --password --realm`", f.Name)
		case kind == "peer" || kind == "friend" || kind == "user":
			peers = append(peers, f)
		case kind == "":
			r.note(f.Pos, "[%s]: it has no type, and is left out", f.Name)
		default:
			r.note(f.at("type"), "[%s]: the type %s is not peer, friend or user, and is left out", f.Name, kind)
		}
	}
	first := len(r.found.Endpoints)
	for _, f := range peers {
		r.peer(f, general)
	}
	for _, u := range r.users() {
		r.peer(u.fields, general)
		r.enroll(u)
	}
	for _, line := range general.Lines {
		switch key := strings.ToLower(line.Key); {
		case key == "register":
			r.register(line, r.found.Endpoints[first:], general)
		case key != "context" && sipOptions[key].key == "":
			r.note(line.Pos, "%s of [general]: %s", line.Key, cmp.Or(sipReasons[key], "the server's own settings are those of `dialtone serve --help`"))
		}
	}
}

// peer takes a peer of sip.conf. What it does not say is as [general] has it.
func (r *reader) peer(f, general fields) {
	e := Endpoint{Name: f.Name, Pos: f.Pos, Context: cmp.Or(f.get("context"), general.get("context"), "default")}
	s := &e.Sections
	r.sipSections(s, f, general)
	s.Endpoint = append(s.Endpoint, pjsip.Option{"context", e.Context})
	switch sent := f.get("sendrpid"); {
	case strings.EqualFold(sent, "pai"):
		s.Endpoint = append(s.Endpoint, pjsip.Option{"send_pai", "yes"})
	case isYes(sent) || strings.EqualFold(sent, "rpid"):
		s.Endpoint = append(s.Endpoint, pjsip.Option{"send_rpid", "yes"})
	}
	host, secret := f.get("host"), f.get("secret")
	e.Trunk = host != "" && !strings.EqualFold(host, "dynamic")
	if e.Trunk {
		s.AOR = append(s.AOR, pjsip.Option{"contact", sipURI(host, f.get("port"), f.get("transport"))})
		s.Identify = pjsip.Options{{"match", hostOf(host)}}
		if secret := cmp.Or(f.get("remotesecret"), secret); secret != "" {
			s.OutboundAuth = account(cmp.Or(f.get("defaultuser"), f.get("username"), f.get("fromuser"), f.Name), secret)
		}
		if !strings.Contains(strings.ToLower(f.get("insecure")), "invite") && secret != "" && !strings.EqualFold(f.get("type"), "peer") {
			s.Auth = account(f.Name, secret)
		}
	} else {
		s.AOR = append(s.AOR, pjsip.Option{"max_contacts", "1"})
		if secret != "" {
			s.Auth = account(f.Name, secret)
		}
		if hash := f.get("md5secret"); hash != "" && secret == "" {
			s.Auth = pjsip.Options{{"username", f.Name}, {"md5_cred", hash}}
		}
	}
	r.take(e)
}

// sipSections puts into sections what a peer and [general] say.
func (r *reader) sipSections(s *pjsip.Sections, f, general fields) {
	for _, line := range slices.Concat(general.Lines, f.Lines) {
		key := strings.ToLower(line.Key)
		option, ok := sipOptions[key]
		own := slices.Contains(f.Lines, line)
		switch {
		case slices.Contains(sipTaken, key) || line.Value == "":
			continue
		case !ok && own:
			r.note(line.Pos, "%s: %s", line.Key, cmp.Or(sipReasons[key], "it has no counterpart, and is left out"))
			continue
		case !ok || option.key == "context":
			continue
		}
		value := line.Value
		if option.value != nil {
			value = option.value(value)
		}
		r.effect(option.section, option.key, line)
		to := s.Of(option.section)
		switch {
		case option.key != "allow" && option.key != "disallow":
			*to = pjsip.Options{{option.key, value}}.Over(*to)
		case option.key == "disallow" && strings.EqualFold(value, "all"): // ends what [general] and templates say
			*to = slices.DeleteFunc(*to, func(o pjsip.Option) bool { return o.Key() == "allow" || o.Key() == "disallow" })
			fallthrough
		default: // one after the other
			*to = append(*to, pjsip.Option{option.key, value})
		}
	}
}

// account are the options of a section of the type auth.
func account(user, password string) pjsip.Options {
	return pjsip.Options{{"username", user}, {"password", password}}
}

// sipURI is where a peer is. A transport that is not UDP has to be said.
func sipURI(host, port, transport string) string {
	if address, err := netip.ParseAddr(host); err == nil && address.Is6() {
		host = "[" + host + "]"
	}
	uri := "sip:" + host
	if port != "" {
		uri += ":" + port
	}
	if first, _, _ := strings.Cut(strings.ToLower(transport), ","); first == "tcp" || first == "tls" {
		uri += ";transport=" + first
	}
	return uri
}

// register takes a registration of sip.conf, for the peer at the same host, or for one of its own.
//
//	[peer?][transport://]user[@domain][:secret[:authuser]]@host[:port][/extension][~expiry]
func (r *reader) register(line dialplan.ConfigOption, peers []Endpoint, general fields) {
	reg, ok := parseRegister(line.Value)
	if !ok {
		r.note(line.Pos, "the registration cannot be read: %q", redact(line.Value))
		return
	}
	i := slices.IndexFunc(peers, func(e Endpoint) bool {
		return e.Trunk && (e.Name == reg.peer || e.Name == reg.host || slices.ContainsFunc(e.Sections.AOR.Values("contact"), func(c string) bool { return hostOf(c) == hostOf(reg.host) }))
	})
	if i < 0 {
		context := cmp.Or(general.get("context"), "default")
		r.note(line.Pos, "the registration at %s belongs to no peer: it becomes a trunk of its own, with the context %s", reg.host, context)
		e := Endpoint{Name: hostOf(reg.host), Pos: line.Pos, Trunk: true, Context: context}
		e.Sections.Endpoint = pjsip.Options{{"context", context}}
		e.Sections.AOR = pjsip.Options{{"contact", sipURI(reg.host, reg.port, reg.transport)}}
		e.Sections.Identify = pjsip.Options{{"match", hostOf(reg.host)}}
		e.Sections.OutboundAuth = account(reg.account, reg.secret)
		r.found.Endpoints = append(r.found.Endpoints, e)
		peers, i = r.found.Endpoints, len(r.found.Endpoints)-1
	}
	reg.of(&peers[i])
}

// of makes a trunk register.
func (reg registration) of(trunk *Endpoint) {
	s := &trunk.Sections
	host, contact := reg.host, s.AOR.Get("contact")
	if host == trunk.Name && contact != "" {
		host = hostOf(contact) // a peer's name stands for its host
	}
	server := sipURI(host, reg.port, reg.transport)
	if contact != "" && reg.port == "" && reg.transport == "" {
		server = contact // the peer says where exactly
	}
	s.Registration = pjsip.Options{{"server_uri", server}, {"client_uri", "sip:" + reg.user + "@" + cmp.Or(reg.domain, hostOf(server))}}
	if reg.extension != "" {
		s.Registration = append(s.Registration, pjsip.Option{"contact_user", reg.extension})
	}
	if reg.expiry != "" {
		s.Registration = append(s.Registration, pjsip.Option{"expiration", reg.expiry})
	}
	s.RegistrationOutboundAuth = account(reg.account, reg.secret)
}

// registration is a line register of sip.conf.
type registration struct {
	peer, transport               string
	user, domain, secret, account string
	host, port, extension, expiry string
}

func parseRegister(text string) (reg registration, ok bool) {
	if peer, rest, found := strings.Cut(text, "?"); found && !strings.ContainsAny(peer, ":@/") {
		reg.peer, text = peer, rest
	}
	if transport, rest, found := strings.Cut(text, "://"); found {
		reg.transport, text = transport, rest
	}
	at := strings.LastIndexByte(text, '@') // a secret may have one
	if at < 0 {
		return reg, false
	}
	who, where := text[:at], text[at+1:]
	where, reg.expiry, _ = strings.Cut(where, "~")
	where, reg.extension, _ = strings.Cut(where, "/")
	reg.host, reg.port, _ = strings.Cut(where, ":")
	user, rest, _ := strings.Cut(who, ":")
	reg.user, reg.domain, _ = strings.Cut(user, "@")
	reg.secret, reg.account, _ = strings.Cut(rest, ":")
	reg.account = cmp.Or(reg.account, reg.user)
	return reg, reg.user != "" && reg.host != ""
}

// redact hides what may be a password in the text of a note.
func redact(text string) string {
	user, _, found := strings.Cut(text, ":")
	if found {
		return user + ":…"
	}
	return text
}
