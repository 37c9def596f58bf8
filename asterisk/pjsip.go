package asterisk

import (
	"slices"
	"strings"

	"dialtone/ivr/dialplan"
	"dialtone/pjsip"
)

// pjsipFiles are the sections of pjsip.conf by type and name; several files may have them.
type pjsipFiles map[string]map[string][]fields

func (p pjsipFiles) add(kind string, f fields) {
	if p[kind] == nil {
		p[kind] = map[string][]fields{}
	}
	p[kind][f.Name] = append(p[kind][f.Name], f)
}

// elsewhere says where what a type of section sets is set here.
var elsewhere = map[string]string{
	"global": "its settings are the server's own (`dialtone serve --help`)", "system": "its settings are the server's own (`dialtone serve --help`)",
	"transport": "the server's addresses are set by `dialtone serve --sip`, the one that others see by --external",
	"acl":       "who is not listened to is said by `dialtone bans`", "domain_alias": "there are no aliases of domains",
	"phoneprov": "telephones are not provisioned", "resource_list": "there are no lists of resources", "contact": "telephones register anew",
}

// references are the options of an endpoint and of a registration that name sections, or say what the section is.
var references = []string{"type", "auth", "aors", "outbound_auth", "endpoint"}

// pjsip takes the endpoints of pjsip.conf and pjsip_wizard.conf.
func (r *reader) pjsip() {
	all := pjsipFiles{}
	var endpoints []fields
	for _, section := range r.sections("pjsip.conf", "pjsip_wizard.conf") {
		f := fields{section}
		switch kind := strings.ToLower(f.get("type")); {
		case kind == "wizard":
			endpoints = append(endpoints, r.wizard(f, all))
		case kind == "endpoint":
			endpoints = append(endpoints, f)
		case slices.Contains([]string{"auth", "aor", "identify", "registration"}, kind):
			all.add(kind, f)
		case elsewhere[kind] != "":
			r.note(f.Pos, "[%s]: %s", f.Name, elsewhere[kind])
		case kind == "":
			r.note(f.Pos, "[%s]: it has no type, and is left out", f.Name)
		default:
			r.note(f.at("type"), "[%s]: sections of the type %s are not known, and left out", f.Name, kind)
		}
	}
	claimed := map[dialplan.Pos]bool{}
	for _, f := range endpoints {
		r.endpoint(f, all, claimed)
	}
	for _, kind := range []string{"identify", "registration"} {
		for _, sections := range all[kind] {
			for _, f := range sections {
				if !claimed[f.Pos] {
					r.note(f.Pos, "[%s]: the %s belongs to no endpoint, and is left out", f.Name, kind)
				}
			}
		}
	}
}

// endpoint takes an endpoint with the sections that belong to it.
func (r *reader) endpoint(f fields, all pjsipFiles, claimed map[dialplan.Pos]bool) {
	e := Endpoint{Name: f.Name, Pos: f.Pos, Context: f.get("context")}
	if e.Context == "" {
		e.Context = "default"
	}
	s := &e.Sections
	s.Endpoint = r.options(pjsip.Endpoint, f)
	s.AOR = r.named(pjsip.AOR, f, "aors", all["aor"])
	s.Auth = r.named(pjsip.Auth, f, "auth", all["auth"])
	s.OutboundAuth = r.named(pjsip.OutboundAuth, f, "outbound_auth", all["auth"])
	for _, sections := range all["identify"] {
		for _, identify := range sections {
			if identify.get("endpoint") == f.Name {
				claimed[identify.Pos] = true
				s.Identify = append(s.Identify, r.options(pjsip.Identify, identify)...)
			}
		}
	}
	if registration, ok := registrationOf(f, s.AOR, all["registration"]); ok {
		claimed[registration.Pos] = true
		s.Registration = r.options(pjsip.Registration, registration)
		s.RegistrationOutboundAuth = r.named(pjsip.RegistrationOutboundAuth, registration, "outbound_auth", all["auth"])
	}
	e.Trunk = len(s.Identify) > 0 || len(s.OutboundAuth) > 0 || len(s.Registration) > 0 || s.AOR.Get("contact") != ""
	r.take(e)
}

// take keeps an endpoint, unless nobody could use it.
func (r *reader) take(e Endpoint) {
	auth := e.Sections.Auth
	switch user := auth.Get("username"); {
	case e.Trunk:
	case auth.Get("password") == "" && (auth.Get("md5_cred") != "" || auth.Get("password_digest") != ""):
		r.note(e.Pos, "[%s]: of its password there is only a hash for the realm of Asterisk: the telephone is left out, add it with a new password (`dialtone phone add`)", e.Name)
		return
	case auth.Get("password") == "":
		r.note(e.Pos, "[%s]: it has no password, and no address by which its calls are known: it is left out", e.Name)
		return
	case user == "":
		e.Sections.Auth = append(auth, pjsip.Option{"username", e.Name})
	}
	r.found.Endpoints = append(r.found.Endpoints, e)
}

// namesakes tells of the telephones whose name means another one here, which signs in by it.
func (r *reader) namesakes() {
	signsIn := map[string]bool{}
	for _, e := range r.found.Endpoints {
		if !e.Trunk {
			signsIn[e.Sections.Auth.Get("username")] = true
		}
	}
	for _, e := range r.found.Endpoints {
		if user := e.Sections.Auth.Get("username"); !e.Trunk && user != e.Name && signsIn[e.Name] {
			r.note(e.Pos, "[%s]: its telephone signs in as %s, and another one as %[1]s, which is that one's name here: where the dialplan has PJSIP/%[1]s, write PJSIP/%[2]s", e.Name, user)
		}
	}
}

// named are the options of the section that an option names. Only the first of several is taken.
func (r *reader) named(section pjsip.Section, f fields, key string, among map[string][]fields) pjsip.Options {
	list := names(f.get(key))
	if len(list) == 0 {
		return nil
	}
	for _, name := range list[1:] {
		r.note(f.at(key), "[%s]: of several %s only the first is taken, %s is left out", f.Name, key, name)
	}
	sections := among[list[0]]
	if len(sections) == 0 {
		r.note(f.at(key), "[%s]: %s names [%s], which is not there", f.Name, key, list[0])
		return nil
	}
	return r.options(section, sections[0])
}

// registrationOf finds the registration that belongs to an endpoint: the one that names it, or has its account, its server or its name.
func registrationOf(f fields, aor pjsip.Options, among map[string][]fields) (fields, bool) {
	var hosts []string
	for _, contact := range aor.Values("contact") {
		hosts = append(hosts, hostOf(contact))
	}
	account := f.get("outbound_auth")
	reasons := []func(fields) bool{
		func(g fields) bool { return g.get("endpoint") == f.Name },
		func(g fields) bool { return account != "" && g.get("outbound_auth") == account },
		func(g fields) bool { return slices.Contains(hosts, hostOf(g.get("server_uri"))) },
		func(g fields) bool { return g.Name == f.Name },
	}
	for i, belongs := range reasons {
		for _, sections := range among {
			for _, g := range sections {
				if named := g.get("endpoint"); belongs(g) && (i == 0 || named == "") {
					return g, true
				}
			}
		}
	}
	return fields{}, false
}

// maxOption bounds the value of an option, as the REST API does.
const maxOption = 4092 // bytes

// options are those of a section that there are here; a line that says nothing to dialtone is noted.
func (r *reader) options(section pjsip.Section, f fields) pjsip.Options {
	var options pjsip.Options
	for _, line := range f.Lines {
		key := strings.ToLower(line.Key)
		switch {
		case slices.Contains(references, key):
			continue
		case !pjsip.Known(section, key):
			r.note(line.Pos, "%s is no option of the section %s, and is left out", line.Key, section)
			continue
		case line.Value == "" || len(line.Value) > maxOption:
			r.note(line.Pos, "%s is empty, or has more than %d characters: it is left out", line.Key, maxOption)
			continue
		}
		r.effect(section, key, line)
		options = append(options, pjsip.Option{key, line.Value})
	}
	return options
}

// addressLists are the options that say from where a telephone may come.
var addressLists = []string{"acl", "permit", "deny", "contact_acl", "contact_permit", "contact_deny"}

// effect notes a line whose option does nothing here.
func (r *reader) effect(section pjsip.Section, key string, line dialplan.ConfigOption) {
	switch {
	case pjsip.Effect(section, key) != "":
	case slices.Contains(addressLists, key):
		r.note(line.Pos, "%s has no effect here: the telephone may come from any address", line.Key)
	default:
		r.note(line.Pos, "%s has no effect here", line.Key)
	}
}
