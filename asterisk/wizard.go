package asterisk

import (
	"cmp"
	"strings"

	"dialtone/ivr/dialplan"
)

// wizardParts are what begins the options of a section of the type wizard, by the type of section that each is for.
var wizardParts = map[string]string{
	"endpoint": "endpoint", "aor": "aor", "identify": "identify", "registration": "registration", "inbound_auth": "auth", "outbound_auth": "auth",
}

// wizard takes a section of pjsip_wizard.conf apart, into the sections that Asterisk's wizard makes of it. It gives the endpoint; the others
// join those of their types, under names that no section of a file can have.
func (r *reader) wizard(f fields, all pjsipFiles) fields {
	parts := map[string]*fields{}
	for part := range wizardParts {
		parts[part] = &fields{dialplan.ConfigSection{Name: f.Name, Pos: f.Pos}}
	}
	set := func(part, key, value, from string) {
		p := parts[part]
		p.Lines = append(p.Lines, dialplan.ConfigOption{Key: key, Value: value, Pos: f.at(from)})
	}
	for _, line := range f.Lines {
		part, key, ok := strings.Cut(line.Key, "/")
		if p := parts[strings.ToLower(part)]; ok && p != nil {
			p.Lines = append(p.Lines, dialplan.ConfigOption{Key: key, Value: line.Value, Pos: line.Pos})
		} else if wizardOptions[strings.ToLower(line.Key)] == "" {
			r.note(line.Pos, "%s is no option of a wizard, and is left out", line.Key)
		} else if text := wizardOptions[strings.ToLower(line.Key)]; text != taken {
			r.note(line.Pos, "%s: %s", line.Key, text)
		}
	}
	user := cmp.Or(parts["outbound_auth"].get("username"), f.Name)
	for _, host := range names(f.get("remote_hosts")) {
		fill := strings.NewReplacer("${REMOTE_HOST}", host, "${USERNAME}", user)
		set("aor", "contact", fill.Replace(cmp.Or(f.get("contact_pattern"), "sip:${REMOTE_HOST}")), "remote_hosts")
		set("identify", "match", hostOf(host), "remote_hosts")
	}
	if proxy := f.get("outbound_proxy"); proxy != "" {
		set("endpoint", "outbound_proxy", proxy, "outbound_proxy")
	}
	// Names with a bracket: no section of a file can have one.
	add := func(kind, part string) string {
		p := *parts[part]
		p.Name = f.Name + "]" + part
		all.add(kind, p)
		return p.Name
	}
	set("endpoint", "aors", add("aor", "aor"), "type")
	if isYes(f.get("accepts_auth")) {
		if parts["inbound_auth"].get("username") == "" {
			set("inbound_auth", "username", f.Name, "accepts_auth")
		}
		set("endpoint", "auth", add("auth", "inbound_auth"), "accepts_auth")
	}
	proof := ""
	if isYes(f.get("sends_auth")) {
		if parts["outbound_auth"].get("username") == "" {
			set("outbound_auth", "username", f.Name, "sends_auth")
		}
		proof = add("auth", "outbound_auth")
		set("endpoint", "outbound_auth", proof, "sends_auth")
	}
	if len(parts["identify"].Lines) > 0 {
		set("identify", "endpoint", f.Name, "remote_hosts")
		add("identify", "identify")
	}
	if isYes(f.get("sends_registrations")) {
		for i, host := range names(f.get("remote_hosts")) {
			if i > 0 {
				r.note(f.at("remote_hosts"), "[%s]: it is registered at the first of its hosts only, not at %s", f.Name, host)
				continue
			}
			fill := strings.NewReplacer("${REMOTE_HOST}", host, "${USERNAME}", user)
			set("registration", "server_uri", fill.Replace(cmp.Or(f.get("server_uri_pattern"), "sip:${REMOTE_HOST}")), "remote_hosts")
			set("registration", "client_uri", fill.Replace(cmp.Or(f.get("client_uri_pattern"), "sip:${USERNAME}@${REMOTE_HOST}")), "remote_hosts")
		}
		set("registration", "endpoint", f.Name, "sends_registrations")
		if proof != "" {
			set("registration", "outbound_auth", proof, "sends_auth")
		}
		add("registration", "registration")
	}
	return *parts["endpoint"]
}

// taken marks the options that wizard itself reads.
const taken = "taken"

// wizardOptions are the options of a wizard beside those of its sections: taken, or why not.
var wizardOptions = map[string]string{
	"type": taken, "accepts_auth": taken, "accepts_registrations": taken, "sends_auth": taken, "sends_registrations": taken, "remote_hosts": taken,
	"outbound_proxy": taken, "contact_pattern": taken, "server_uri_pattern": taken, "client_uri_pattern": taken,
	"sends_line_with_registrations": "calls are known by the address they come from",
	"transport":                     "the server's addresses are set by `dialtone serve --sip`",
	"has_hint":                      "write the hint into the dialplan", "hint_context": "write the hint into the dialplan",
	"hint_exten": "write the hint into the dialplan", "hint_application": "write the extension into the dialplan",
	"has_phoneprov": "telephones are not provisioned",
}
