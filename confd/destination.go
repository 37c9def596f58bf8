package confd

import (
	"maps"
	"net/mail"
	"regexp"
	"slices"
	"strconv"

	"dialtone/store"
)

// target is what a destination of a body leads to: an object, or the command that it is. It is looked up once the fields of the body are
// sound, so that their faults are told first.
type target struct {
	path  string // of the destination in the body: "choices[0].destination"
	field string // that names the object, as clients know it
	what  string // it is: "IVR"; empty: it leads to no object
	id    string
	there func(tx *store.Tx, tenant string) bool // nil: dialtone has no such objects

	command string // of a custom destination; empty: it is another one
}

// destination reads a field that is a destination. path is where it is in the body, for people.
func (r *request) destination(o *object, name, path string, to *store.Destination, rules ...rule) {
	o.object(name, func(o *object) {
		if d := r.readDestination(o, path); o.sound() {
			*to = d
		}
	}, rules...)
}

// destinationOrNull is destination for one that may be null, which is nil.
func (r *request) destinationOrNull(o *object, name, path string, to **store.Destination) {
	o.object(name, func(o *object) {
		if o == nil {
			*to = nil
		} else if d := r.readDestination(o, path); o.sound() {
			*to = &d
		}
	}, nullable)
}

// readDestination reads the fields of a destination by its type.
func (r *request) readDestination(o *object, path string) store.Destination {
	d := new(store.Destination)
	o.text("type", &d.Type, required, oneOf(destinationTypes...))
	if !o.sound() {
		return *d
	}
	to := target{path: path, field: "actionarg1"}
	destinationFields[d.Type](o, d, &to)
	r.targets = append(r.targets, to)
	return *d
}

// checkTargets refuses a body whose destinations lead to what a tenant has not, or are commands that cannot be run.
func (r *request) checkTargets(tenant string) error {
	for _, to := range r.targets {
		switch {
		case to.command != "" && r.api.config.Command != nil:
			warnings, err := r.api.config.Command(to.command)
			if err != nil {
				return inputError("field 'command': %v%v", err, to.place())
			}
			if len(warnings) > 0 {
				r.api.log.Warn("a custom destination may not do what it should", "path", r.http.URL.Path, "command", to.command, "why", warnings)
			}
		case to.what != "" && (to.there == nil || !to.there(r.tx, tenant)):
			return missing(to.field, to.what, append(pairs{to.field, to.id}, to.place()...)...)
		}
	}
	return nil
}

// Patterns of fields.
var (
	contextName     = regexp.MustCompile(`^[a-zA-Z0-9_-]{1,79}$`)
	dialledNumber   = regexp.MustCompile(`^[0-9*#]{1,255}$`)
	outcallNumber   = regexp.MustCompile(`^[0-9]{1,255}$`)
	pinNumber       = regexp.MustCompile(`^[0-9]{1,40}$`)
	commandText     = regexp.MustCompile(`^[a-zA-Z]{3,}\((.*)\)$`)
	shellOfOriginal = regexp.MustCompile(`^(try)?system\(`)
)

// destinationFields read the fields of a destination besides its type, by that.
var destinationFields = map[string]func(*object, *store.Destination, *target){
	store.DestinationNone: func(*object, *store.Destination, *target) {},
	store.DestinationHangup: func(o *object, d *store.Destination, _ *target) {
		o.text("cause", &d.Cause, required, oneOf("busy", "congestion", "normal"))
		if d.Cause == "busy" || d.Cause == "congestion" {
			o.decimalOrNull("timeout", &d.Timeout, atLeast(0))
		}
	},
	store.DestinationCustom: func(o *object, d *store.Destination, to *target) {
		o.text("command", &d.Command, required, length(0, 255), matches(commandText), isNoShell)
		to.command = d.Command
	},
	store.DestinationExtension: func(o *object, d *store.Destination, _ *target) {
		o.text("exten", &d.Exten, required, matches(dialledNumber))
		o.text("context", &d.Context, required, matches(contextName))
	},
	store.DestinationUser: func(o *object, d *store.Destination, to *target) {
		to.number(o, "user_id", "User", &d.UserID, func(tx *store.Tx, tenant string) bool {
			return belongs(tx.Users(), d.UserID, tenant, func(u *store.User) string { return u.Tenant })
		})
		o.decimalOrNull("ring_time", &d.RingTime, atLeast(0))
		var music string
		if o.text("moh_uuid", &music, nullable, uuid); music != "" {
			*to = target{path: to.path, field: "moh_uuid", what: "MOH", id: music}
		}
	},
	store.DestinationGroup: func(o *object, d *store.Destination, to *target) {
		to.number(o, "group_id", "Group", &d.GroupID, func(tx *store.Tx, tenant string) bool {
			return belongs(tx.Groups(), d.GroupID, tenant, func(g *store.Group) string { return g.Tenant })
		})
		o.decimalOrNull("ring_time", &d.RingTime, atLeast(0))
	},
	store.DestinationIVR: func(o *object, d *store.Destination, to *target) {
		to.number(o, "ivr_id", "IVR", &d.IVRID, func(tx *store.Tx, tenant string) bool {
			return belongs(tx.IVRs(), d.IVRID, tenant, func(i *store.IVR) string { return i.Tenant })
		})
	},
	store.DestinationSound: func(o *object, d *store.Destination, _ *target) {
		o.text("filename", &d.Filename, required, length(0, 255))
		o.truth("skip", &d.Skip, strict)
		o.truth("no_answer", &d.NoAnswer, strict)
	},
	store.DestinationOutcall: func(o *object, d *store.Destination, to *target) {
		to.number(o, "outcall_id", "Outcall", &d.OutcallID, func(tx *store.Tx, tenant string) bool {
			return belongs(tx.Outcalls(), d.OutcallID, tenant, func(o *store.Outcall) string { return o.Tenant })
		})
		o.text("exten", &d.Exten, required, matches(outcallNumber))
	},
	"voicemail": func(o *object, _ *store.Destination, to *target) {
		var skip bool
		var greeting string
		to.number(o, "voicemail_id", "Voicemail", new(int), nil)
		o.truth("skip_instructions", &skip, strict)
		o.text("greeting", &greeting, nullable, oneOf("busy", "unavailable"))
	},
	"queue": func(o *object, _ *store.Destination, to *target) {
		var ringTime *float64
		var skill int
		to.number(o, "queue_id", "Queue", new(int), nil)
		o.decimalOrNull("ring_time", &ringTime, atLeast(0))
		o.number("skill_rule_id", &skill, nullable)
		var variables bool
		o.object("skill_rule_variables", func(o *object) { variables = o != nil }, nullable)
		if variables && skill == 0 && o.sound() {
			o.fault("skill_rule_id", "Missing data for required field.")
		}
	},
	"conference": func(o *object, _ *store.Destination, to *target) {
		to.number(o, "conference_id", "Conference", new(int), nil)
	},
	"switchboard": func(o *object, _ *store.Destination, to *target) {
		var ringTime *float64
		to.text(o, "switchboard_uuid", "Switchboard")
		o.decimalOrNull("ring_time", &ringTime, atLeast(0))
	},
	store.DestinationApplication: func(o *object, d *store.Destination, to *target) {
		o.text("application", &d.Application, required, oneOf("callback_disa", "custom", "directory", "disa", "fax_to_mail", "voicemail"))
		to.what, to.id = "Application", d.Application
		switch d.Application {
		case "custom":
			to.text(o, "application_uuid", "Application")
		case "fax_to_mail":
			o.text("email", &d.Email, required, length(0, 80), isEmail)
		case "disa", "callback_disa":
			o.text("pin", &d.PIN, nullable, matches(pinNumber))
			fallthrough
		case "directory", "voicemail":
			o.text("context", &d.Context, required, matches(contextName))
		}
	},
}

// destinationTypes are the types of destinations, in order.
var destinationTypes = slices.Sorted(maps.Keys(destinationFields))

// number reads a field that names an object by its number.
func (t *target) number(o *object, name, what string, to *int, there func(tx *store.Tx, tenant string) bool) {
	o.number(name, to, required)
	t.what, t.id, t.there = what, strconv.Itoa(*to), there
}

// text reads a field that names an object, of which dialtone has none, by its UUID.
func (t *target) text(o *object, name, what string) {
	o.text(name, &t.id, required, uuid)
	t.what = what
}

// belongs tells that there is an object of a number, and that it is a tenant's.
func belongs[T any](kind store.Kind[T], id int, tenant string, owner func(*T) string) bool {
	v, _, ok := kind.Get(id)
	return ok && owner(v) == tenant
}

// isEmail asks a text to be an address of mail.
var isEmail = rule{check: func(v any) string {
	text, _ := v.(string)
	if address, err := mail.ParseAddress(text); err != nil || address.Address != text {
		return "Not a valid email address."
	}
	return ""
}}

// isNoShell refuses the commands that run programs, as the original does.
var isNoShell = rule{check: func(v any) string {
	if text, _ := v.(string); shellOfOriginal.MatchString(text) {
		return "String does not match expected pattern."
	}
	return ""
}}

// place says where the destination is, unless there is but one.
func (t target) place() pairs {
	if t.path == "destination" {
		return nil
	}
	return pairs{"in", t.path}
}

// showDestination is a destination as GET shows it, with all fields of its type, and the names of what it leads to.
func showDestination(tx *store.Tx, d store.Destination) map[string]any {
	shown := map[string]any{"type": d.Type}
	switch d.Type {
	case store.DestinationHangup:
		shown["cause"] = d.Cause
		if d.Cause != "normal" {
			shown["timeout"] = d.Timeout
		}
	case store.DestinationCustom:
		shown["command"] = d.Command
	case store.DestinationExtension:
		shown["exten"], shown["context"] = d.Exten, d.Context
	case store.DestinationUser:
		shown["user_id"], shown["ring_time"], shown["moh_uuid"] = d.UserID, d.RingTime, orNull(d.MusicOnHold)
		if u, _, ok := tx.Users().Get(d.UserID); ok {
			shown["user_firstname"], shown["user_lastname"] = u.Firstname, orNull(u.Lastname)
		}
	case store.DestinationGroup:
		shown["group_id"], shown["ring_time"] = d.GroupID, d.RingTime
		if g, _, ok := tx.Groups().Get(d.GroupID); ok {
			shown["group_name"], shown["group_label"] = g.Name, g.Label
		}
	case store.DestinationIVR:
		shown["ivr_id"] = d.IVRID
		if i, _, ok := tx.IVRs().Get(d.IVRID); ok {
			shown["ivr_name"] = i.Name
		}
	case store.DestinationSound:
		shown["filename"], shown["skip"], shown["no_answer"] = d.Filename, d.Skip, d.NoAnswer
	case store.DestinationOutcall:
		shown["outcall_id"], shown["exten"] = d.OutcallID, d.Exten
	}
	return shown
}

// showDestinationOrNull is showDestination; nil is null.
func showDestinationOrNull(tx *store.Tx, d *store.Destination) any {
	if d == nil {
		return nil
	}
	return showDestination(tx, *d)
}
