package confd

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"dialtone/store"
)

// groups are users and numbers that are rung together, or one after the other.
func groups() resource[store.Group] {
	return resource[store.Group]{
		path: "/groups", name: "Group",
		kind:   (*store.Tx).Groups,
		id:     func(g *store.Group) int { return g.ID },
		tenant: func(g *store.Group) string { return g.Tenant },
		part:   "{uuid}",
		at:     func(r *request) (*store.Group, bool) { return groupAt(r, r.text("uuid")) },
		key:    func(g *store.Group) string { return g.UUID },
		columns: func(r *request) []column[store.Group] {
			return []column[store.Group]{
				everything("id", func(g *store.Group) any { return g.ID }),
				{name: "uuid", value: func(g *store.Group) any { return g.UUID }, match: true},
				everything("name", func(g *store.Group) any { return g.Name }),
				everything("label", func(g *store.Group) any { return g.Label }),
				everything("preprocess_subroutine", func(g *store.Group) any { return g.Blanks.Text("preprocess_subroutine", g.PreprocessSubroutine) }),
				everything("exten", func(g *store.Group) any { return extensOf(r.tx, store.OwnerGroup, g.ID) }),
			}
		},
		order: "label",
		fresh: func(r *request) store.Group {
			return store.Group{Tenant: r.tenant, Enabled: true, RingStrategy: "all", UserTimeout: 15, RetryDelay: 5, RingInUse: true}
		},
		fields: func(_ *request, o *object, g *store.Group) { readGroup(o, g) },
		check:  checkGroup,
		show:   func(r *request, g *store.Group) any { return showGroup(r, g) },
	}
}

// groupAt gives the group of a UUID or a number.
func groupAt(r *request, key string) (*store.Group, bool) {
	if g, ok := r.tx.Group(strings.ToLower(key)); ok {
		return g, true
	}
	id, err := strconv.Atoi(key)
	if err != nil {
		return nil, false
	}
	g, _, ok := r.tx.Groups().Get(id)
	return g, ok
}

// groupRoutes are those of groups, with their members, extensions, fallbacks and schedules.
func groupRoutes() []route {
	numbered := numbered[store.Group]{resource: groups()}
	scheduled := scheduled[store.Group]{groups(), func(g *store.Group) *int { return &g.Schedule }}
	return append(slices.Concat(groups().routes(), numbered.routes(), scheduled.routes()),
		route{method: "PUT", path: "/groups/{uuid}/members/users", handle: setGroupUsers},
		route{method: "PUT", path: "/groups/{uuid}/members/extensions", handle: setGroupExtensions},
		route{method: "GET", path: "/groups/{uuid}/fallbacks", handle: showGroupFallbacks},
		route{method: "PUT", path: "/groups/{uuid}/fallbacks", handle: setGroupFallbacks},
	)
}

// shownGroup is a group as GET shows it.
type shownGroup struct {
	ID                    int            `json:"id"`
	UUID                  string         `json:"uuid"`
	TenantUUID            string         `json:"tenant_uuid"`
	Name                  string         `json:"name"`
	Label                 string         `json:"label"`
	Enabled               bool           `json:"enabled"`
	RingStrategy          string         `json:"ring_strategy"`
	RingInUse             bool           `json:"ring_in_use"`
	UserTimeout           any            `json:"user_timeout"` // a number, or nil, as the next two
	Timeout               any            `json:"timeout"`
	RetryDelay            any            `json:"retry_delay"`
	MusicOnHold           any            `json:"music_on_hold"` // a string, or nil, as the next three
	PreprocessSubroutine  any            `json:"preprocess_subroutine"`
	CallerIDMode          any            `json:"caller_id_mode"`
	CallerIDName          any            `json:"caller_id_name"`
	MarkAnsweredElsewhere bool           `json:"mark_answered_elsewhere"`
	IgnoreForward         bool           `json:"ignore_forward"`
	DTMFRecordToggle      bool           `json:"dtmf_record_toggle"`
	MaxCalls              *int           `json:"max_calls"`
	Members               shownMembers   `json:"members"`
	Extensions            []numberOf     `json:"extensions"`
	Incalls               []incallTo     `json:"incalls"`
	Schedules             []named        `json:"schedules"`
	Fallbacks             map[string]any `json:"fallbacks"`
	CallPermissions       []related      `json:"call_permissions"` // always empty: dialtone has none
	Links                 []link         `json:"links"`
}

// shownMembers are those of a group.
type shownMembers struct {
	Users      []person               `json:"users"`
	Extensions []store.GroupExtension `json:"extensions"`
}

func groupPath(uuid string) string { return "/groups/" + uuid }

func showGroup(r *request, g *store.Group) shownGroup {
	shown := shownGroup{
		ID: g.ID, UUID: g.UUID, TenantUUID: g.Tenant, Name: g.Name, Label: g.Label, Enabled: g.Enabled,
		RingStrategy: g.RingStrategy, RingInUse: g.RingInUse, UserTimeout: orNone(g.UserTimeout), Timeout: orNone(g.Timeout), RetryDelay: orNone(g.RetryDelay),
		MusicOnHold: orNull(g.MusicOnHold), PreprocessSubroutine: g.Blanks.Text("preprocess_subroutine", g.PreprocessSubroutine), CallerIDMode: orNull(g.CallerIDMode), CallerIDName: orNull(g.CallerIDName),
		MarkAnsweredElsewhere: g.MarkAnsweredElsewhere, IgnoreForward: g.IgnoreForward, DTMFRecordToggle: g.DTMFRecordToggle, MaxCalls: g.MaxCalls,
		Members:    shownMembers{[]person{}, append([]store.GroupExtension{}, g.Extensions...)},
		Extensions: numbersOf(r, store.OwnerGroup, g.ID), Incalls: incallsTo(r, store.DestinationGroup, g.ID), Schedules: schedulesOf(r, g.Schedule),
		Fallbacks: showFallbacks(r.tx, g.Fallbacks, groupFallbacks), CallPermissions: []related{},
		Links: r.links("groups", groupPath(g.UUID)),
	}
	for _, id := range g.Members {
		if u, _, ok := r.tx.Users().Get(id); ok {
			shown.Members.Users = append(shown.Members.Users, showPerson(r, u))
		}
	}
	return shown
}

// orNone is how a number is shown of which 0 is none.
func orNone(n int) any {
	if n == 0 {
		return nil
	}
	return n
}

var groupLabel = regexp.MustCompile(`^[-_.a-zA-Z0-9 ]+$`)

// ringStrategies are how the members of a group are rung. All but "all" ring one after the other.
var ringStrategies = []string{"all", "fewest_calls", "least_recent", "linear", "memorized_round_robin", "random", "weight_random"}

// readGroup reads a group's fields.
func readGroup(o *object, g *store.Group) {
	o.text("label", &g.Label, required, length(0, 128), matches(groupLabel))
	o.truth("enabled", &g.Enabled, strict)
	o.text("ring_strategy", &g.RingStrategy, oneOf(ringStrategies...))
	o.truth("ring_in_use", &g.RingInUse, strict)
	o.number("user_timeout", &g.UserTimeout, nullable, atLeast(0))
	o.number("timeout", &g.Timeout, nullable, atLeast(0))
	o.number("retry_delay", &g.RetryDelay, nullable, atLeast(0))
	o.text("music_on_hold", &g.MusicOnHold, nullable, length(0, 128))
	o.textOrNull("preprocess_subroutine", &g.PreprocessSubroutine, &g.Blanks, length(0, 79))
	o.text("caller_id_mode", &g.CallerIDMode, nullable, oneOf("prepend", "overwrite", "append"))
	o.text("caller_id_name", &g.CallerIDName, nullable, length(0, 80))
	o.truth("mark_answered_elsewhere", &g.MarkAnsweredElsewhere, strict)
	o.truth("ignore_forward", &g.IgnoreForward, strict)
	o.truth("dtmf_record_toggle", &g.DTMFRecordToggle, strict)
	o.numberOrNull("max_calls", &g.MaxCalls, atLeast(0))
}

// checkGroup makes the name of a new group.
func checkGroup(r *request, before, g *store.Group) error {
	if before == nil {
		tenant, _ := r.tx.Tenant(g.Tenant)
		g.Name = fmt.Sprintf("grp-%s-%s", slugOf(tenant), randomText(nameLetters, 20))
	}
	r.api.idle("field of a group", g.Idle()...)
	return nil
}

// changeGroup changes the group of a path by the body, which is no part of it, and by what check says.
func changeGroup(r *request, read func(*object, *store.Group), check func(*store.Group) error) (answer, error) {
	before, err := groups().find(r)
	if err != nil {
		return answer{}, err
	}
	g := *before
	if err := r.readWhole(func(o *object) { read(o, &g) }); err != nil {
		return answer{}, err
	}
	if err := r.checkTargets(g.Tenant); err != nil {
		return answer{}, err
	}
	if check != nil {
		if err := check(&g); err != nil {
			return answer{}, err
		}
	}
	_, err = r.tx.Groups().Put(g)
	return done(), err
}

// setGroupUsers gives a group exactly the users of the body, in this order.
func setGroupUsers(r *request) (answer, error) {
	var keys []string
	return changeGroup(r, func(o *object, _ *store.Group) {
		o.list("users", func(n int) { keys = make([]string, n) }, func(n int, o *object) { readKey(o, &keys[n]) }, required)
	}, func(g *store.Group) error {
		g.Members = nil
		for _, key := range keys {
			u, ok := userAt(r, key)
			if !ok || !r.sees(u.Tenant) {
				return missing("users", "User", "uuid", key)
			}
			if err := sameTenant("group", g.Tenant, "user", u.Tenant); err != nil {
				return err
			}
			if slices.Contains(g.Members, u.ID) {
				return inputError("user '%s' is there more than once", key)
			}
			g.Members = append(g.Members, u.ID)
		}
		return nil
	})
}

// setGroupExtensions gives a group exactly the numbers of the body as members.
func setGroupExtensions(r *request) (answer, error) {
	return changeGroup(r, func(o *object, g *store.Group) {
		o.list("extensions", func(n int) { g.Extensions = make([]store.GroupExtension, n) }, func(n int, o *object) {
			o.text("exten", &g.Extensions[n].Exten, required, matches(dialledNumber), length(1, maxExten))
			o.text("context", &g.Extensions[n].Context, required, matches(contextName))
		}, required)
	}, func(g *store.Group) error {
		seen := map[store.GroupExtension]bool{}
		for _, e := range g.Extensions {
			if c, ok := r.tx.Context(e.Context); !ok || c.Tenant != g.Tenant {
				return missing("extensions", "Context", "context", e.Context)
			}
			if seen[e] {
				return inputError("extension '%s' is there more than once", e.Exten)
			}
			seen[e] = true
		}
		return nil
	})
}

// setUserGroups has a user in exactly the groups of the body.
func setUserGroups(r *request) (answer, error) {
	u, err := users().find(r)
	if err != nil {
		return answer{}, err
	}
	var keys []string
	if err := r.readWhole(func(o *object) {
		o.list("groups", func(n int) { keys = make([]string, n) }, func(n int, o *object) { readKey(o, &keys[n]) }, required)
	}); err != nil {
		return answer{}, err
	}
	for g := range r.tx.GroupsWith(u.ID) {
		left := *g
		left.Members = slices.DeleteFunc(slices.Clone(g.Members), func(id int) bool { return id == u.ID })
		if !slices.ContainsFunc(keys, func(key string) bool { of, ok := groupAt(r, key); return ok && of.ID == g.ID }) {
			if _, err := r.tx.Groups().Put(left); err != nil {
				return answer{}, err
			}
		}
	}
	return done(), joinGroups(r, u, keys)
}

// joinGroups has a user in groups, by their UUIDs or numbers.
func joinGroups(r *request, u *store.User, keys []string) error {
	for _, key := range keys {
		g, ok := groupAt(r, key)
		if !ok || !r.sees(g.Tenant) {
			return missing("groups", "Group", "uuid", key)
		}
		if err := sameTenant("group", g.Tenant, "user", u.Tenant); err != nil {
			return err
		}
		if slices.Contains(g.Members, u.ID) {
			continue
		}
		with := *g
		with.Members = append(slices.Clone(g.Members), u.ID)
		if _, err := r.tx.Groups().Put(with); err != nil {
			return err
		}
	}
	return nil
}

func showGroupFallbacks(r *request) (answer, error) {
	g, err := groups().find(r)
	if err != nil {
		return answer{}, err
	}
	return shown(showFallbacks(r.tx, g.Fallbacks, groupFallbacks)), nil
}

func setGroupFallbacks(r *request) (answer, error) {
	return changeGroup(r, func(o *object, g *store.Group) { readFallbacks(r, o, "", &g.Fallbacks, groupFallbacks) }, nil)
}
