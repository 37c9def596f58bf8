package wazo

import (
	"cmp"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"

	"dialtone/confd"
)

// Script gives the requests that make the objects here, each step for what it says in Source, and what is left out from the start.
func (all Objects) Script() (steps []confd.Step, notes []string) {
	s := script{all: all, users: map[string]string{}, made: map[string]bool{}}
	for _, user := range all["users"] {
		s.users[user.text("id")] = user.text("uuid")
	}
	for _, part := range []func(){
		s.contexts, s.templates, s.endpoints, s.lines, s.makeUsers, s.trunks, s.makeGroups, s.makeIVRs, s.outcalls, s.schedules,
		s.choices, s.usersGo, s.groupsGo, s.outcallSchedules, s.incalls, s.extensions,
	} {
		part()
	}
	return s.steps, s.notes
}

// script is the requests so far. An object is named as it lies in Wazo, by resource and id: ivr/3, users/UUID.
type script struct {
	all   Objects
	users map[string]string // UUIDs by number
	made  map[string]bool   // extensions, by number, that a step makes with what they lead to
	steps []confd.Step
	notes []string
}

func (s *script) note(format string, args ...any) {
	s.notes = append(s.notes, fmt.Sprintf(format, args...))
}

// step adds a step of an object of Wazo by its name, resource and id. Without requests there is none.
func (s *script) step(name string, o Object, requests ...confd.Request) {
	if len(requests) > 0 {
		s.steps = append(s.steps, confd.Step{Source: source(name, o), Requests: requests})
	}
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
		s.steps = append(s.steps, confd.Step{Source: source(name, c), Unless: "/contexts?name=" + url.QueryEscape(c.text("name")), Requests: []confd.Request{confd.Post(name, "/contexts", own(c, "contexts"))}})
	}
	for _, c := range s.all["contexts"] {
		if included := c.objects("contexts"); len(included) > 0 {
			s.step("contexts/"+c.text("id"), c, confd.Put("/contexts/"+made("contexts", c.text("id"), "id")+"/contexts", Object{"contexts": references("contexts", included, "id")}))
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
		s.step(name, e, s.extension(e)...)
	}
}

// extension makes an extension as its owner has it, unless another owner's step does.
func (s *script) extension(e Object) []confd.Request {
	id := e.text("id")
	if s.made[id] {
		return nil
	}
	s.made[id] = true
	body := e.only("exten", "context")
	for _, whole := range s.all["extensions"] {
		if whole.text("id") == id {
			body = whole.only("exten", "context", "enabled")
		}
	}
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

func (s *script) endpoints() {
	for _, e := range s.all["endpoints/sip"] {
		s.endpoint("endpoints/sip", e)
	}
}

// endpoint makes an endpoint or a template. Transports are the server's own.
func (s *script) endpoint(resource string, e Object) {
	body := own(e, "transport", "line", "trunk", "asterisk_id")
	body["templates"] = references("endpoints/sip/templates", e.objects("templates"), "uuid")
	name := resource + "/" + e.text("uuid")
	s.step(name, e, confd.Post(name, "/"+resource, body))
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
			confd.Post(name, "/lines", l.only("context", "position", "caller_id_name", "caller_id_num", "provisioning_code")),
			associate("%s/endpoints/sip/%s", here, made("endpoints/sip", endpoint.text("uuid"), "uuid")),
		}
		s.step(name, l, append(requests, s.attach(here, l, nothing)...)...)
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
		s.step(name, u, requests...)
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
		s.step(name, t, confd.Post(name, "/trunks", t.only("context", "twilio_incoming", "outgoing_caller_id_format")),
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
				list[i] = e.only("exten", "context")
			}
			requests = append(requests, confd.Put(here+"/members/extensions", Object{"extensions": list}))
		}
		s.step(name, g, requests...)
		s.step(name, g, s.attach(here, g, nothing)...)
	}
}

// makeIVRs makes them without where they lead, which may be each other.
func (s *script) makeIVRs() {
	for _, i := range s.all["ivr"] {
		name := "ivr/" + i.text("id")
		s.step(name, i, confd.Post(name, "/ivr", own(i, "incalls", "choices", "invalid_destination", "timeout_destination", "abort_destination")))
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
		s.step(name, o, requests...)
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
		s.step(name, sch, confd.Post(name, "/schedules", body))
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
		s.step(name, i, confd.Put("/ivr/"+made("ivr", i.text("id"), "id"), body))
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
				s.step(name, u, confd.Put(here+"/"+part, o))
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
		s.step(name, o, confd.Put(here+"/fallbacks", body))
	}
}

func (s *script) scheduled(name, here string, o Object) {
	for _, schedule := range o.objects("schedules") {
		s.step(name, o, associate("%s/schedules/%s", here, made("schedules", schedule.text("id"), "id")))
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
		s.step(name, i, requests...)
	}
}
