package confd

import (
	"cmp"
	"crypto/rand"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"dialtone/pjsip"
	"dialtone/store"
)

// endpoints are how telephones and carriers speak SIP.
func endpoints() resource[store.Endpoint] {
	return sipResource("/endpoints/sip", "SIPEndpoint", (*store.Tx).Endpoints, (*store.Tx).Endpoint)
}

// endpointTemplates are options that endpoints are based on.
func endpointTemplates() resource[store.Endpoint] {
	return sipResource("/endpoints/sip/templates", "SIPEndpointTemplate", (*store.Tx).Templates, (*store.Tx).Template)
}

func sipResource(path, name string, kind func(*store.Tx) store.Kind[store.Endpoint], find func(*store.Tx, string) (*store.Endpoint, bool)) resource[store.Endpoint] {
	return resource[store.Endpoint]{
		path: path, name: name,
		kind:   kind,
		id:     func(e *store.Endpoint) int { return e.ID },
		tenant: func(e *store.Endpoint) string { return e.Tenant },
		part:   "{uuid}",
		at:     func(r *request) (*store.Endpoint, bool) { return find(r.tx, strings.ToLower(r.text("uuid"))) },
		key:    func(e *store.Endpoint) string { return e.UUID },
		columns: func(*request) []column[store.Endpoint] {
			return []column[store.Endpoint]{
				everything("name", func(e *store.Endpoint) any { return e.Name }),
				everything("label", func(e *store.Endpoint) any { return orNull(e.Label) }),
				everything("asterisk_id", func(e *store.Endpoint) any { return orNull(e.AsteriskID) }),
				{name: "uuid", value: func(e *store.Endpoint) any { return e.UUID }, match: true},
				{name: "template_uuid", value: func(e *store.Endpoint) any { return e.Templates }, match: true},
			}
		},
		order:  "name",
		fresh:  func(r *request) store.Endpoint { return store.Endpoint{Tenant: r.tenant} },
		fields: func(_ *request, o *object, e *store.Endpoint) { readEndpoint(o, e) },
		check:  checkEndpoint,
		show:   func(r *request, e *store.Endpoint) any { return showEndpoint(r, path, e) },
	}
}

// shownEndpoint is an endpoint, or a template, as GET shows it.
type shownEndpoint struct {
	UUID       string     `json:"uuid"`
	TenantUUID string     `json:"tenant_uuid"`
	Name       string     `json:"name"`
	Label      any        `json:"label"`       // a string, or nil
	AsteriskID any        `json:"asterisk_id"` // the same
	Transport  any        `json:"transport"`   // always nil: dialtone's transports are its settings
	Templates  []labelled `json:"templates"`

	AOR                      pjsip.Options `json:"aor_section_options"`
	Auth                     pjsip.Options `json:"auth_section_options"`
	Endpoint                 pjsip.Options `json:"endpoint_section_options"`
	Identify                 pjsip.Options `json:"identify_section_options"`
	Registration             pjsip.Options `json:"registration_section_options"`
	RegistrationOutboundAuth pjsip.Options `json:"registration_outbound_auth_section_options"`
	OutboundAuth             pjsip.Options `json:"outbound_auth_section_options"`

	Line  *related `json:"line"`
	Trunk *related `json:"trunk"`
	Links []link   `json:"links"`
}

// labelled is an endpoint or a template as those show it that have it.
type labelled struct {
	UUID  string `json:"uuid"`
	Label any    `json:"label"` // a string, or nil
	Name  string `json:"name"`
	Links []link `json:"links"`
}

func endpointPath(uuid string) string { return "/endpoints/sip/" + uuid }

func templatePath(uuid string) string { return "/endpoints/sip/templates/" + uuid }

func showEndpoint(r *request, path string, e *store.Endpoint) shownEndpoint {
	options := e.Sections.Clone()
	if r.query().Get("view") == "merged" {
		options = r.tx.Merged(e).Clone()
	}
	for _, section := range options.All() {
		*section = append(pjsip.Options{}, *section...)
		if r.token.ReadOnly {
			hideSecrets(*section)
		}
	}
	rel := strings.ReplaceAll(strings.TrimPrefix(strings.Replace(path, "endpoints", "endpoint", 1), "/"), "/", "_")
	shown := shownEndpoint{
		UUID: e.UUID, TenantUUID: e.Tenant, Name: e.Name, Label: orNull(e.Label), AsteriskID: orNull(e.AsteriskID), Templates: []labelled{},
		AOR: options.AOR, Auth: options.Auth, Endpoint: options.Endpoint, Identify: options.Identify, Registration: options.Registration,
		RegistrationOutboundAuth: options.RegistrationOutboundAuth, OutboundAuth: options.OutboundAuth,
		Links: r.links(rel, path+"/"+e.UUID),
	}
	for _, uuid := range e.Templates {
		if t, ok := r.tx.Template(uuid); ok {
			shown.Templates = append(shown.Templates, labelled{t.UUID, orNull(t.Label), t.Name, r.links("endpoint_sip_templates", templatePath(t.UUID))})
		}
	}
	if l, ok := r.tx.LineOf(e.UUID); ok {
		shown.Line = &related{l.ID, r.links("lines", linePath(l.ID))}
	}
	if t, ok := r.tx.TrunkOf(e.UUID); ok {
		shown.Trunk = &related{t.ID, r.links("trunks", trunkPath(t.ID))}
	}
	return shown
}

// hidden is shown in the place of a secret to whom it is not shown.
const hidden = "********"

// hideSecrets hides the values of options by which somebody could prove to be the endpoint.
func hideSecrets(options pjsip.Options) {
	for i, o := range options {
		switch o.Key() {
		case "password", "password_digest", "md5_cred", "oauth_secret", "refresh_token":
			options[i] = pjsip.Option{o.Key(), hidden}
		}
	}
}

// endpointOf is the endpoint of a line or a trunk, as that shows it; nil: it has none.
func endpointOf(r *request, uuid string) *labelled {
	e, ok := r.tx.Endpoint(uuid)
	if !ok {
		return nil
	}
	return &labelled{e.UUID, orNull(e.Label), e.Name, r.links("endpoint_sip", endpointPath(e.UUID))}
}

var endpointName = regexp.MustCompile(`^[-_.a-zA-Z0-9]+$`)

// readEndpoint reads an endpoint's fields.
func readEndpoint(o *object, e *store.Endpoint) {
	o.text("name", &e.Name, length(1, 79), matches(endpointName), isFreeWord)
	o.text("label", &e.Label, nullable, length(0, 128))
	o.text("asterisk_id", &e.AsteriskID, nullable, length(0, 1024))
	o.object("transport", func(o *object) {
		e.Transport = ""
		if o != nil {
			o.text("uuid", &e.Transport, required, uuid)
		}
	}, nullable)
	o.list("templates", func(n int) { e.Templates = make([]string, n) }, func(n int, o *object) {
		o.text("uuid", &e.Templates[n], required, uuid)
		e.Templates[n] = strings.ToLower(e.Templates[n])
	})
	for section, options := range e.All() {
		readOptions(o, section, options)
	}
}

// isFreeWord refuses the names that sections of Asterisk's own have.
var isFreeWord = rule{check: func(v any) string {
	if name, _ := v.(string); name == "global" || name == "system" {
		return "Invalid input."
	}
	return ""
}}

const (
	maxOptions = 512  // of a section
	maxOption  = 4092 // characters of a value
)

// readOptions reads the options of a section: a list of pairs of a key and a value.
func readOptions(o *object, section pjsip.Section, to *pjsip.Options) {
	name := string(section) + "_section_options"
	list, ok := o.entries(name, rule{})
	if !ok || list == nil {
		return
	}
	if len(list) > maxOptions {
		o.fault(name, "Longer than maximum length "+strconv.Itoa(maxOptions)+".")
		return
	}
	var within faults
	options := make(pjsip.Options, len(list))
	for i, v := range list {
		var wrong string
		if options[i], wrong = readOption(section, v); wrong != "" {
			within.add(i, wrong)
		}
	}
	if len(within.order) > 0 {
		o.faults.put(name, fault{within: &within})
		return
	}
	*to = options
}

// readOption reads one of them, or says what is wrong with it.
func readOption(section pjsip.Section, v any) (option pjsip.Option, wrong string) {
	pair, ok := v.([]any)
	if !ok {
		return option, "Not a valid list."
	}
	if len(pair) != len(option) {
		return option, "Length must be 2."
	}
	for i, v := range pair {
		if option[i], wrong = parseText(v, rule{}); wrong != "" {
			return option, wrong
		}
	}
	switch n := utf8.RuneCountInString(option.Value()); {
	case !pjsip.Known(section, option.Key()):
		return option, "'" + option.Key() + "' is not an option of PJSIP's section " + string(section) + "."
	case n < 1 || n > maxOption:
		return option, "Length must be between 1 and " + strconv.Itoa(maxOption) + "."
	case strings.ContainsAny(option.Value(), "\r\n"):
		return option, "String does not match expected pattern."
	}
	return option, ""
}

// checkEndpoint refuses a name that is taken, and templates and transports that there are not. It makes a name where there is none.
func checkEndpoint(r *request, before, e *store.Endpoint) error {
	if e.Name == "" {
		e.Name = freeEndpointName(r.tx)
	}
	if before == nil || before.Name != e.Name {
		_, endpoint := r.tx.EndpointNamed(e.Name)
		_, template := r.tx.TemplateNamed(e.Name)
		if endpoint || template {
			return resourceError("SIPEndpoint already exists", "name", e.Name)
		}
	}
	if e.Transport != "" {
		return missing("transport", "SIPTransport", "uuid", e.Transport)
	}
	for _, uuid := range e.Templates {
		if t, ok := r.tx.Template(uuid); !ok || t.Tenant != e.Tenant {
			return missing("templates", "SIPEndpointTemplate", "uuid", uuid)
		}
	}
	if err := store.CheckOptions(e.Sections); err != nil {
		return err
	}
	r.api.idle("option of an endpoint", pjsip.Without(e.Sections)...)
	return nil
}

// nameLetters are those of names that are made: eight of them are 41 bits.
const nameLetters = "abcdefghijklmnopqrstuvwxyz0123456789"

// freeEndpointName is a random name that no endpoint has.
func freeEndpointName(tx *store.Tx) string {
	for {
		name := randomText(nameLetters, 8)
		_, endpoint := tx.EndpointNamed(name)
		_, template := tx.TemplateNamed(name)
		if !endpoint && !template {
			return name
		}
	}
}

// randomText is n letters that nobody can guess.
func randomText(letters string, n int) string {
	text := make([]byte, 0, n)
	for len(text) < n {
		var random [32]byte
		rand.Read(random[:]) // never fails
		for _, b := range random {
			if b := int(b); b < 256/len(letters)*len(letters) && len(text) < n {
				text = append(text, letters[b%len(letters)])
			}
		}
	}
	return string(text)
}

// takeEndpoint refuses an endpoint that a line or a trunk has, other than the one that wants it: "line" or "trunk" with its number.
func takeEndpoint(r *request, e *store.Endpoint, what string, id int) error {
	if l, ok := r.tx.LineOf(e.UUID); ok && (what != "line" || l.ID != id) {
		return resourceError("Endpoint is associated with a Line", "endpoint", "sip", "endpoint_uuid", e.UUID, "line_id", l.ID)
	}
	if t, ok := r.tx.TrunkOf(e.UUID); ok && (what != "trunk" || t.ID != id) {
		return resourceError("Endpoint is associated with a Trunk", "endpoint", "sip", "endpoint_uuid", e.UUID, "trunk_id", t.ID)
	}
	return nil
}

// nestedEndpoint reads an endpoint within the body of another object: one that is there, by its uuid, or the fields of a new one. It gives
// nil where the field is not there, or null.
func nestedEndpoint(o *object) (e *store.Endpoint) {
	o.object("endpoint_sip", func(o *object) {
		if o == nil {
			return
		}
		e = new(store.Endpoint)
		if o.text("uuid", &e.UUID, uuid); e.UUID == "" {
			readEndpoint(o, e)
		}
	}, nullable)
	return e
}

// keepNested gives the endpoint that nestedEndpoint has read; a new one is made, of a tenant.
func keepNested(r *request, e store.Endpoint, tenant string) (*store.Endpoint, error) {
	if e.UUID != "" {
		found, ok := r.tx.Endpoint(strings.ToLower(e.UUID))
		if !ok || !r.sees(found.Tenant) {
			return nil, missing("endpoint_sip", "SIPEndpoint", "uuid", e.UUID)
		}
		return found, nil
	}
	e.Tenant = tenant
	if err := checkEndpoint(r, nil, &e); err != nil {
		return nil, err
	}
	made, err := r.tx.Endpoints().Put(e)
	return &made, err
}

// endpointRoutes are those of endpoints and their templates.
func endpointRoutes() []route {
	return slices.Concat(endpointTemplates().routes(), endpoints().routes())
}

// endpointByUUID gives the endpoint that the path names, where the caller may see it.
func endpointByUUID(r *request) (*store.Endpoint, error) {
	e, ok := r.tx.Endpoint(strings.ToLower(r.text("uuid")))
	if !ok || !r.sees(e.Tenant) {
		return nil, notFound("SIPEndpoint", "uuid", cmp.Or(r.text("uuid"), "None"))
	}
	return e, nil
}
