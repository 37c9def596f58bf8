package wazo

import (
	"cmp"
	"fmt"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"dialtone/confd"
)

// Script gives the requests that make the objects here, each step for what it says in Source, and what is left out from the start.
func (all Objects) Script() (steps []confd.Step, notes []string) {
	s := script{all: all, users: map[string]string{}, names: map[string]string{}, endpoints: map[string]string{}, whole: map[string]Object{}, made: map[string]bool{}}
	for _, user := range all["users"] {
		s.users[user.text("id")] = user.text("uuid")
	}
	for _, c := range all["contexts"] {
		s.names[c.text("name")] = made("contexts", c.text("id"), "name")
	}
	for _, e := range all["extensions"] {
		s.whole[e.text("id")] = e
	}
	for _, e := range all["endpoints/sip"] {
		s.endpoints[e.text("uuid")] = e.text("name")
	}
	for _, part := range []func(){
		s.contexts, s.templates, s.makeEndpoints, s.lines, s.makeUsers, s.trunks, s.makeGroups, s.makeIVRs, s.outcalls, s.schedules,
		s.choices, s.usersGo, s.groupsGo, s.outcallSchedules, s.incalls, s.extensions,
	} {
		part()
	}
	return s.steps, s.notes
}

// script is the requests so far. An object is named as it lies in Wazo, by resource and id: ivr/3, users/UUID.
type script struct {
	all       Objects
	users     map[string]string // UUIDs by number
	names     map[string]string // of contexts here, by those in Wazo
	endpoints map[string]string // names by UUID
	whole     map[string]Object // extensions by number
	made      map[string]bool   // extensions, by number, that a step makes with what they lead to
	steps     []confd.Step
	notes     []string
}

func (s *script) note(format string, args ...any) {
	s.notes = append(s.notes, fmt.Sprintf(format, args...))
}

// make adds the step that makes an object of Wazo, which is named by resource and id, unless there is one with the same values of some columns.
// Without such values it is always made.
func (s *script) make(name string, o Object, columns url.Values, requests ...confd.Request) {
	step := confd.Step{Source: source(name, o)}
	for column, values := range columns {
		if values[0] == "" {
			delete(columns, column)
		}
	}
	if len(columns) > 0 {
		step.Unless = requests[0].Path + "?" + readable(columns.Encode())
	}
	s.step(step, requests...)
}

// readable is a query with references (confd.Made) as they are.
func readable(query string) string {
	return strings.NewReplacer(url.QueryEscape("${new:"), "${new:", url.QueryEscape("}"), "}", url.QueryEscape("/"), "/").Replace(query)
}

// by are columns with their values: name, value, name, value.
func by(columns ...string) url.Values {
	values := url.Values{}
	for i := 0; i < len(columns); i += 2 {
		values.Set(columns[i], columns[i+1])
	}
	return values
}

// add adds a step that says more of an object that another step makes. Without requests there is none.
func (s *script) add(name string, o Object, requests ...confd.Request) {
	if len(requests) > 0 {
		s.step(confd.Step{Source: source(name, o), Of: name}, requests...)
	}
}

// soundPath begins the paths of a tenant's sounds.
var soundPath = regexp.MustCompile(`/var/lib/wazo/sounds/tenants/[^/"\\]+/`)

// step adds a step. Sounds are those of the tenant here.
func (s *script) step(step confd.Step, requests ...confd.Request) {
	for i := range requests {
		requests[i].Body = soundPath.ReplaceAllLiteral(requests[i].Body, []byte("/var/lib/wazo/sounds/tenants/"+confd.Made(confd.Owner, "uuid")+"/"))
	}
	step.Requests = requests
	s.steps = append(s.steps, step)
}

// source is where an object lies in Wazo, and what people call it: /ivr/3 (welcome).
func source(name string, o Object) string {
	called := strings.TrimSpace(o.text("firstname") + " " + o.text("lastname"))
	if called = cmp.Or(called, o.text("label"), o.text("name"), o.text("description"), o.text("exten")); called == "" {
		return "/" + name
	}
	return "/" + name + " (" + called + ")"
}

// associate puts two objects together.
func associate(format string, args ...any) confd.Request {
	return confd.Put(fmt.Sprintf(format, args...), nil)
}

// made is a field of what is made of an object.
func made(resource, id, field string) string { return confd.Made(resource+"/"+id, field) }

// own are the fields that are the object's own: without its identity, and without what is associated with it.
func own(o Object, associated ...string) Object {
	some := maps.Clone(o)
	for _, name := range append(associated, "id", "uuid", "tenant_uuid", "links") {
		delete(some, name)
	}
	return some
}

func (s *script) contexts() {
	for _, c := range s.all["contexts"] {
		name := "contexts/" + c.text("id")
		s.make(name, c, by("name", c.text("name")), confd.Post(name, "/contexts", own(c, "contexts")))
	}
	for _, c := range s.all["contexts"] {
		if included := c.objects("contexts"); len(included) > 0 {
			// Also of a context that was there: dialtone begins with from-extern and default, which include nothing.
			s.step(confd.Step{Source: source("contexts/"+c.text("id"), c)}, confd.Put("/contexts/"+made("contexts", c.text("id"), "id")+"/contexts", Object{"contexts": references("contexts", included, "id")}))
		}
	}
}

// references are the objects of a list by what is made of them.
func references(resource string, list []Object, field string) []Object {
	objects := make([]Object, len(list))
	for i, o := range list {
		objects[i] = Object{field: made(resource, o.text(field), field)}
	}
	return objects
}

// absent are what extensions lead to that is not here.
var absent = []string{"queue", "conference", "parking_lot"}

// extensions makes those that lead nowhere; the others are made with what they lead to.
func (s *script) extensions() {
	for _, e := range s.all["extensions"] {
		name := "extensions/" + e.text("id")
		if i := slices.IndexFunc(absent, func(kind string) bool { return e.object(kind) != nil }); i >= 0 {
			s.note("%s: %s@%s leads to a %s, which dialtone has not", source(name, e), e.text("exten"), e.text("context"), absent[i])
			continue
		}
		if requests := s.extension(e); len(requests) > 0 {
			s.make(name, e, by("exten", e.text("exten"), "context", s.context(e)), requests...)
		}
	}
}

// context is the name here of the context that an object has.
func (s *script) context(o Object) string {
	name := o.text("context")
	return cmp.Or(s.names[name], name)
}

// placed is a copy of an object with some of its fields, and its context as it is called here.
func (s *script) placed(o Object, names ...string) Object {
	some := o.only(names...)
	if some["context"] != nil {
		some["context"] = s.context(o)
	}
	return some
}

// extension makes an extension as its owner has it, unless another owner's step does.
func (s *script) extension(e Object) []confd.Request {
	id := e.text("id")
	if s.made[id] {
		return nil
	}
	s.made[id] = true
	if whole := s.whole[id]; whole != nil {
		e = whole
	}
	body := s.placed(e, "exten", "context", "enabled")
	return []confd.Request{confd.Post("extensions/"+id, "/extensions", body)}
}

// attach makes the extensions of an object and attaches them to it. here is the object's path, body what is said of each.
func (s *script) attach(here string, o Object, body func(Object) any) (requests []confd.Request) {
	for _, e := range o.objects("extensions") {
		requests = append(requests, s.extension(e)...)
		requests = append(requests, confd.Put(here+"/extensions/"+made("extensions", e.text("id"), "id"), body(e)))
	}
	return requests
}

// nothing is the body of an association that says nothing more.
func nothing(Object) any { return nil }

// templates are made after those that they are based on.
func (s *script) templates() {
	byID := map[string]Object{}
	for _, t := range s.all["endpoints/sip/templates"] {
		byID[t.text("uuid")] = t
	}
	done := map[string]bool{}
	var add func(t Object)
	add = func(t Object) {
		id := t.text("uuid")
		if done[id] {
			return
		}
		done[id] = true
		for _, base := range t.objects("templates") {
			if base := byID[base.text("uuid")]; base != nil {
				add(base)
			}
		}
		s.endpoint("endpoints/sip/templates", t)
	}
	for _, t := range s.all["endpoints/sip/templates"] {
		add(t)
	}
}

func (s *script) makeEndpoints() {
	for _, e := range s.all["endpoints/sip"] {
		s.endpoint("endpoints/sip", e)
	}
}

// endpoint makes an endpoint or a template. Transports are the server's own.
func (s *script) endpoint(resource string, e Object) {
	body := own(e, "transport", "line", "trunk", "asterisk_id")
	body["templates"] = references("endpoints/sip/templates", e.objects("templates"), "uuid")
	name := resource + "/" + e.text("uuid")
	s.make(name, e, by("name", e.text("name")), confd.Post(name, "/"+resource, body))
}

func (s *script) lines() {
	for _, l := range s.all["lines"] {
		name := "lines/" + l.text("id")
		endpoint := l.object("endpoint_sip")
		if endpoint == nil {
			s.note("%s: the line %s has no SIP endpoint, and is left out", source(name, l), l.text("name"))
			continue
		}
		here := "/lines/" + made("lines", l.text("id"), "id")
		requests := []confd.Request{
			confd.Post(name, "/lines", s.placed(l, "context", "position", "caller_id_name", "caller_id_num", "provisioning_code")),
			associate("%s/endpoints/sip/%s", here, made("endpoints/sip", endpoint.text("uuid"), "uuid")),
		}
		s.make(name, l, by("name", s.endpoints[endpoint.text("uuid")]), append(requests, s.attach(here, l, nothing)...)...)
	}
}

func (s *script) makeUsers() {
	for _, u := range s.all["users"] {
		id := u.text("uuid")
		name := "users/" + id
		if u.object("voicemail") != nil {
			s.note("%s: %s %s has a voicemail box, and dialtone has no voicemail", source(name, u), u.text("firstname"), u.text("lastname"))
		}
		requests := []confd.Request{confd.Post(name, "/users", own(u, "created_at", "lines", "incalls", "schedules", "groups", "voicemail", "forwards", "services", "fallbacks",
			"queues", "agent", "call_pickup_user_targets", "switchboards", "cti_profile", "auth", "username", "password"))}
		for _, l := range u.objects("lines") {
			if s.hasEndpoint(l.text("id")) {
				requests = append(requests, associate("/users/%s/lines/%s", made("users", id, "uuid"), made("lines", l.text("id"), "id")))
			}
		}
		s.make(name, u, by("firstname", u.text("firstname"), "lastname", u.text("lastname"), "email", u.text("email")), requests...)
	}
}

// hasEndpoint tells that a line is one of those that are made.
func (s *script) hasEndpoint(line string) bool {
	return slices.ContainsFunc(s.all["lines"], func(l Object) bool { return l.text("id") == line && l.object("endpoint_sip") != nil })
}

func (s *script) trunks() {
	for _, t := range s.all["trunks"] {
		name := "trunks/" + t.text("id")
		endpoint := t.object("endpoint_sip")
		if endpoint == nil {
			s.note("%s: the trunk has no SIP endpoint, and is left out", source(name, t))
			continue
		}
		s.make(name, t, by("name", s.endpoints[endpoint.text("uuid")]), confd.Post(name, "/trunks", s.placed(t, "context", "twilio_incoming", "outgoing_caller_id_format")),
			associate("/trunks/%s/endpoints/sip/%s", made("trunks", t.text("id"), "id"), made("endpoints/sip", endpoint.text("uuid"), "uuid")))
	}
}

func (s *script) makeGroups() {
	for _, g := range s.all["groups"] {
		id := g.text("uuid")
		name, here := "groups/"+id, "/groups/"+made("groups", id, "uuid")
		requests := []confd.Request{confd.Post(name, "/groups", own(g, "members", "extensions", "fallbacks", "incalls", "schedules", "call_permissions", "user_queue_members"))}
		members := g.object("members")
		if users := members.objects("users"); len(users) > 0 {
			requests = append(requests, confd.Put(here+"/members/users", Object{"users": references("users", users, "uuid")}))
		}
		if extensions := members.objects("extensions"); len(extensions) > 0 {
			list := make([]Object, len(extensions))
			for i, e := range extensions {
				list[i] = s.placed(e, "exten", "context")
			}
			requests = append(requests, confd.Put(here+"/members/extensions", Object{"extensions": list}))
		}
		s.make(name, g, by("label", g.text("label")), requests...)
		s.add(name, g, s.attach(here, g, nothing)...)
	}
}

// makeIVRs makes them without where they lead, which may be each other.
func (s *script) makeIVRs() {
	for _, i := range s.all["ivr"] {
		name := "ivr/" + i.text("id")
		s.make(name, i, by("name", i.text("name")), confd.Post(name, "/ivr", own(i, "incalls", "choices", "invalid_destination", "timeout_destination", "abort_destination")))
	}
}

func (s *script) outcalls() {
	for _, o := range s.all["outcalls"] {
		name, here := "outcalls/"+o.text("id"), "/outcalls/"+made("outcalls", o.text("id"), "id")
		requests := []confd.Request{confd.Post(name, "/outcalls", own(o, "trunks", "extensions", "schedules", "call_permissions"))}
		if trunks := o.objects("trunks"); len(trunks) > 0 {
			requests = append(requests, confd.Put(here+"/trunks", Object{"trunks": references("trunks", trunks, "id")}))
		}
		requests = append(requests, s.attach(here, o, func(e Object) any { return e.only("external_prefix", "prefix", "strip_digits", "caller_id") })...)
		s.make(name, o, by("name", o.text("name")), requests...)
	}
}

func (s *script) schedules() {
	for _, sch := range s.all["schedules"] {
		name := "schedules/" + sch.text("id")
		body := own(sch, "incalls", "users", "groups", "queues", "outcalls")
		body["closed_destination"] = s.destination(sch.object("closed_destination"))
		periods := sch.objects("exceptional_periods")
		for i, p := range periods {
			p = maps.Clone(p)
			p["destination"] = s.destination(p.object("destination"))
			periods[i] = p
		}
		body["exceptional_periods"] = periods
		s.make(name, sch, by("name", sch.text("name")), confd.Post(name, "/schedules", body))
	}
}

// choices say where the IVRs lead, once all that they can lead to is there. A choice that leads to what dialtone has not is left out.
func (s *script) choices() {
	for _, i := range s.all["ivr"] {
		name := "ivr/" + i.text("id")
		body := Object{}
		choices := []Object{}
		for _, c := range i.objects("choices") {
			to := c.object("destination")
			if kind := to.text("type"); slices.Contains(absentDestinations, kind) {
				s.note("%s: the choice %s leads to a %s, which dialtone has not: it is left out", source(name, i), c.text("exten"), kind)
				continue
			}
			choices = append(choices, Object{"exten": c["exten"], "destination": s.destination(to)})
		}
		body["choices"] = choices
		for _, field := range []string{"invalid_destination", "timeout_destination", "abort_destination"} {
			s.lead(name, body, field, i)
		}
		s.add(name, i, confd.Put("/ivr/"+made("ivr", i.text("id"), "id"), body))
	}
}

// absentDestinations are the types of destinations that dialtone has not.
var absentDestinations = []string{"queue", "conference", "switchboard", "voicemail", "application"}

// lead copies a field that is a destination, unless it leads to what dialtone has not.
func (s *script) lead(name string, to Object, field string, from Object) {
	destination := from.object(field)
	if kind := destination.text("type"); slices.Contains(absentDestinations, kind) {
		s.note("%s: %s is a %s, which dialtone has not: it is left out", source(name, from), field, kind)
		return
	}
	if destination != nil {
		to[field] = s.destination(destination)
	}
}

// destination is a destination by what is made here. What dialtone has not stays as it is, and is refused by what it is of.
func (s *script) destination(d Object) Object {
	if d == nil {
		return nil
	}
	d = maps.Clone(d)
	delete(d, "moh_uuid")
	if d.text("type") == "extension" {
		d["context"] = s.context(d)
	}
	if command := d.text("command"); command != "" {
		d["command"] = s.command(command)
	}
	for field, resource := range map[string]string{"ivr_id": "ivr", "outcall_id": "outcalls"} {
		if id := d.text(field); id != "" {
			d[field] = made(resource, id, "id")
		}
	}
	if id := d.text("user_id"); id != "" {
		d["user_id"] = made("users", s.users[id], "id")
	}
	if id := d.text("group_id"); id != "" {
		d["group_id"] = made("groups", s.group(id), "id")
	}
	return d
}

// menu is the context of an IVR in a dialplan.
var menu = regexp.MustCompile(`\bxivo-ivr-(\d+)\b`)

// command is a line of a dialplan by what is made here: menus have other numbers.
func (s *script) command(text string) string {
	return menu.ReplaceAllStringFunc(text, func(name string) string {
		id := menu.FindStringSubmatch(name)[1]
		if !slices.ContainsFunc(s.all["ivr"], func(i Object) bool { return i.text("id") == id }) {
			return name
		}
		return "xivo-ivr-" + made("ivr", id, "id")
	})
}

// group is the UUID of a group.
func (s *script) group(id string) string {
	for _, g := range s.all["groups"] {
		if g.text("id") == id {
			return g.text("uuid")
		}
	}
	return id
}

// usersGo says where the calls of users go, and when.
func (s *script) usersGo() {
	for _, u := range s.all["users"] {
		id := u.text("uuid")
		name, here := "users/"+id, "/users/"+made("users", id, "uuid")
		for _, part := range []string{"forwards", "services"} {
			if o := u.object(part); len(o) > 0 {
				s.add(name, u, confd.Put(here+"/"+part, o))
			}
		}
		s.fallbacks(name, here, u)
		s.scheduled(name, here, u)
	}
}

// groupsGo says where the calls of groups go, and when.
func (s *script) groupsGo() {
	for _, g := range s.all["groups"] {
		id := g.text("uuid")
		name, here := "groups/"+id, "/groups/"+made("groups", id, "uuid")
		s.fallbacks(name, here, g)
		s.scheduled(name, here, g)
	}
}

func (s *script) outcallSchedules() {
	for _, o := range s.all["outcalls"] {
		s.scheduled("outcalls/"+o.text("id"), "/outcalls/"+made("outcalls", o.text("id"), "id"), o)
	}
}

func (s *script) fallbacks(name, here string, o Object) {
	body := Object{}
	for field := range o.object("fallbacks") {
		s.lead(name, body, field, o.object("fallbacks"))
	}
	if len(body) > 0 {
		s.add(name, o, confd.Put(here+"/fallbacks", body))
	}
}

func (s *script) scheduled(name, here string, o Object) {
	for _, schedule := range o.objects("schedules") {
		s.add(name, o, associate("%s/schedules/%s", here, made("schedules", schedule.text("id"), "id")))
	}
}

func (s *script) incalls() {
	for _, i := range s.all["incalls"] {
		name, here := "incalls/"+i.text("id"), "/incalls/"+made("incalls", i.text("id"), "id")
		body := own(i, "extensions", "schedules")
		body["destination"] = s.destination(i.object("destination"))
		requests := []confd.Request{confd.Post(name, "/incalls", body)}
		requests = append(requests, s.attach(here, i, nothing)...)
		for _, schedule := range i.objects("schedules") {
			requests = append(requests, associate("%s/schedules/%s", here, made("schedules", schedule.text("id"), "id")))
		}
		columns := by("description", i.text("description"))
		if extensions := i.objects("extensions"); len(extensions) > 0 {
			columns = by("exten", extensions[0].text("exten"))
		}
		s.make(name, i, columns, requests...)
	}
}
