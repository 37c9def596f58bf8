package confd

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"

	"dialtone/store"
)

// lines join users, endpoints and extensions.
func lines() resource[store.Line] {
	return resource[store.Line]{
		path: "/lines", name: "Line",
		kind:   (*store.Tx).Lines,
		id:     func(l *store.Line) int { return l.ID },
		tenant: func(l *store.Line) string { return l.Tenant },
		columns: func(r *request) []column[store.Line] {
			return []column[store.Line]{
				everything("id", func(l *store.Line) any { return l.ID }),
				everything("name", func(l *store.Line) any { return orNull(lineName(r.tx, l)) }),
				everything("context", func(l *store.Line) any { return l.Context }),
				everything("provisioning_code", func(l *store.Line) any { return l.ProvisioningCode }),
				everything("position", func(l *store.Line) any { return l.Position }),
				{name: "exten", value: func(l *store.Line) any { return extensOf(r.tx, store.OwnerLine, l.ID) }, match: true, search: true},
			}
		},
		order:  "name",
		fresh:  func(*request) store.Line { return store.Line{Position: 1} }, // the tenant is its context's
		fields: readLine,
		check:  checkLine,
		after:  joinLine,
		drop:   dropLine,
		show:   func(r *request, l *store.Line) any { return showLine(r, l) },
	}
}

// lineRoutes are those of lines, with their endpoints and extensions.
func lineRoutes() []route {
	return append(append(lines().routes(), numberedLines().routes()...),
		route{method: "PUT", path: "/lines/{line_id}/endpoints/sip/{uuid}", handle: addLineEndpoint},
		route{method: "DELETE", path: "/lines/{line_id}/endpoints/sip/{uuid}", handle: removeLineEndpoint},
		route{method: "POST", path: "/lines/{line_id}/extensions", handle: makeLineExtension},
	)
}

// numberedLines are lines with their numbers, which an endpoint has to answer.
func numberedLines() numbered[store.Line] {
	return numbered[store.Line]{lines(), hasEndpoint, shareNumber}
}

// hasEndpoint refuses a line that no telephone can be.
func hasEndpoint(l *store.Line) error {
	if l.Endpoint == "" {
		return resourceError("Line must be associated with a Endpoint", "line_id", l.ID)
	}
	return nil
}

// shareNumber gives a line the number that other lines have: telephones of one user, which ring together.
func shareNumber(r *request, l *store.Line, e *store.Extension) error {
	for _, other := range r.tx.LinesOfExtension(e) {
		if l.User != 0 && other.User != 0 && other.User != l.User {
			return resourceError("User is associated with a Line", "user_id", other.User, "line_id", other.ID)
		}
	}
	shared := *e
	shared.Lines = append(slices.Clone(e.Lines), l.ID)
	_, err := r.tx.Extensions().Put(shared)
	return err
}

// shownLine is a line as GET shows it.
type shownLine struct {
	ID                    int        `json:"id"`
	TenantUUID            string     `json:"tenant_uuid"`
	Name                  any        `json:"name"`     // its endpoint's, or nil
	Protocol              any        `json:"protocol"` // "sip", or nil
	Context               string     `json:"context"`
	Position              int        `json:"position"`
	CallerIDName          any        `json:"caller_id_name"` // a string, or nil
	CallerIDNumber        any        `json:"caller_id_num"`  // the same
	ProvisioningCode      string     `json:"provisioning_code"`
	ProvisioningExtension string     `json:"provisioning_extension"` // the same code, its older name
	Registrar             string     `json:"registrar"`
	DeviceID              any        `json:"device_id"` // always nil: dialtone provisions no devices
	DeviceSlot            int        `json:"device_slot"`
	IsWebRTC              bool       `json:"is_webrtc"` // always false
	Application           any        `json:"application"`
	EndpointSIP           *labelled  `json:"endpoint_sip"`
	EndpointSCCP          any        `json:"endpoint_sccp"` // always nil, as EndpointCustom
	EndpointCustom        any        `json:"endpoint_custom"`
	Extensions            []numberOf `json:"extensions"`
	Users                 []person   `json:"users"`
	Links                 []link     `json:"links"`
}

func linePath(id int) string { return fmt.Sprintf("/lines/%d", id) }

func showLine(r *request, l *store.Line) shownLine {
	shown := shownLine{
		ID: l.ID, TenantUUID: l.Tenant, Context: l.Context, Position: l.Position,
		CallerIDName: orNull(l.CallerIDName), CallerIDNumber: orNull(l.CallerIDNumber),
		ProvisioningCode: l.ProvisioningCode, ProvisioningExtension: l.ProvisioningCode, Registrar: cmp.Or(l.Registrar, defaultRegistrar), DeviceSlot: l.Position,
		EndpointSIP: endpointOf(r, l.Endpoint), Extensions: numbersOf(r, store.OwnerLine, l.ID), Users: []person{},
		Links: r.links("lines", linePath(l.ID)),
	}
	if shown.EndpointSIP != nil {
		shown.Name, shown.Protocol = shown.EndpointSIP.Name, "sip"
	}
	for _, id := range l.Users() {
		if u, _, ok := r.tx.Users().Get(id); ok {
			shown.Users = append(shown.Users, showPerson(r, u))
		}
	}
	return shown
}

// lineName is the name of a line's endpoint.
func lineName(tx *store.Tx, l *store.Line) string {
	if e, ok := tx.Endpoint(l.Endpoint); ok {
		return e.Name
	}
	return ""
}

var (
	digitsOnly       = regexp.MustCompile(`^[0-9]+$`)
	provisioningCode = regexp.MustCompile(`^[0-9]{6}$`)
)

// readLine reads a line's fields.
func readLine(_ *request, o *object, l *store.Line) {
	readLineFields(o, l, required)
	if !o.partial {
		readLineJoined(o)
	}
}

// readLineFields reads those of the line itself. context says whether its context is required.
func readLineFields(o *object, l *store.Line, context rule) {
	o.text("context", &l.Context, context, length(1, 79))
	o.number("position", &l.Position, atLeast(1))
	o.text("caller_id_name", &l.CallerIDName, nullable, length(0, 80))
	o.text("caller_id_num", &l.CallerIDNumber, nullable, matches(digitsOnly), length(0, 40))
	o.text("provisioning_code", &l.ProvisioningCode, matches(provisioningCode))
	o.text("registrar", &l.Registrar, nullable, length(0, 128))
}

// lineJoined is what a new line is joined with.
type lineJoined struct {
	endpoint   *store.Endpoint // nil: none
	extensions []store.Extension
}

// readLineJoined reads what POST may carry besides: an endpoint and extensions that are made with it, or the endpoint's uuid.
func readLineJoined(o *object) (with lineJoined) {
	with.endpoint = nestedEndpoint(o)
	o.list("extensions", func(n int) { with.extensions = make([]store.Extension, n) }, func(n int, o *object) {
		with.extensions[n].Enabled = true
		readExtension(o, &with.extensions[n])
	})
	return with
}

// checkLine refuses a context that the caller does not see, a code that is taken and a registrar that there is not.
func checkLine(r *request, before, l *store.Line) error {
	context, ok := r.tx.Context(l.Context)
	if !ok || !r.sees(context.Tenant) {
		return missing("context", "Context", "context", l.Context)
	}
	if before != nil && context.Tenant != before.Tenant {
		return sameTenant("line", before.Tenant, "context", context.Tenant)
	}
	if l.Registrar != "" && l.Registrar != defaultRegistrar {
		return missing("registrar", "Registrar", "registrar", l.Registrar)
	}
	if other, taken := r.tx.LineCoded(l.ProvisioningCode); taken && l.ProvisioningCode != "" && other.ID != l.ID {
		return resourceError("Line already exists", "provisioning_code", l.ProvisioningCode)
	}
	return nil
}

// joinLine joins a new line with what its body says.
func joinLine(r *request, l *store.Line) error {
	var with lineJoined
	if err := r.read(func(o *object) { with = readLineJoined(o) }); err != nil {
		return err
	}
	return with.join(r, l)
}

// join gives a new line its endpoint and its extensions.
func (with lineJoined) join(r *request, l *store.Line) error {
	if with.endpoint != nil {
		e, err := keepNested(r, *with.endpoint, l.Tenant)
		if err == nil {
			err = giveLineEndpoint(r, l, e)
		}
		if err != nil {
			return err
		}
	}
	for _, e := range with.extensions {
		now, _, _ := r.tx.Lines().Get(l.ID)
		made, err := newExtension(r, e)
		if err == nil {
			err = numberedLines().give(r, now, &made)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// dropLine deletes the endpoint with its line.
func dropLine(r *request, l *store.Line) error {
	if e, ok := r.tx.Endpoint(l.Endpoint); ok {
		return r.tx.Endpoints().Delete(e.ID)
	}
	return nil
}

// lineEndpoint gives the line and the endpoint of a path.
func lineEndpoint(r *request) (*store.Line, *store.Endpoint, error) {
	l, err := lines().byID(r, r.id("line_id"))
	if err != nil {
		return nil, nil, err
	}
	e, err := endpointByUUID(r)
	return l, e, err
}

func addLineEndpoint(r *request) (answer, error) {
	l, e, err := lineEndpoint(r)
	if err != nil {
		return answer{}, err
	}
	return done(), giveLineEndpoint(r, l, e)
}

// giveLineEndpoint makes a line with an endpoint a telephone.
func giveLineEndpoint(r *request, l *store.Line, e *store.Endpoint) error {
	if l.Endpoint == e.UUID {
		return nil
	}
	if err := sameTenant("line", l.Tenant, "endpoint", e.Tenant); err != nil {
		return err
	}
	if l.Endpoint != "" {
		return resourceError("Line is associated with a Endpoint", "line_id", l.ID, "endpoint", "sip", "endpoint_uuid", l.Endpoint)
	}
	if err := takeEndpoint(r, e, "line", l.ID); err != nil {
		return err
	}
	with := *l
	with.Endpoint = e.UUID
	_, err := r.tx.Lines().Put(with)
	return err
}

func removeLineEndpoint(r *request) (answer, error) {
	l, e, err := lineEndpoint(r)
	if err != nil || l.Endpoint != e.UUID {
		return done(), err
	}
	for exten := range r.tx.ExtensionsOf(store.OwnerLine, l.ID) {
		return answer{}, resourceError("Line is associated with a Extension", "line_id", l.ID, "extension_id", exten.ID)
	}
	without := *l
	without.Endpoint = ""
	_, err = r.tx.Lines().Put(without)
	return done(), err
}

func makeLineExtension(r *request) (answer, error) {
	l, err := lines().byID(r, r.id("line_id"))
	if err != nil {
		return answer{}, err
	}
	e := store.Extension{Enabled: true}
	if err := r.read(func(o *object) { readExtension(o, &e) }); err != nil {
		return answer{}, err
	}
	if e, err = newExtension(r, e); err != nil {
		return answer{}, err
	}
	return created("%s", extensionPath(e.ID)), numberedLines().give(r, l, &e)
}
