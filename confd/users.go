package confd

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"dialtone/store"
)

// users are people who are called by way of lines.
func users() resource[store.User] {
	return resource[store.User]{
		path: "/users", name: "User",
		kind:    (*store.Tx).Users,
		id:      func(u *store.User) int { return u.ID },
		tenant:  func(u *store.User) string { return u.Tenant },
		part:    "{uuid}",
		at:      func(r *request) (*store.User, bool) { return userAt(r, r.text("uuid")) },
		key:     func(u *store.User) string { return u.UUID },
		columns: userColumns,
		order:   "firstname",
		fresh: func(r *request) store.User {
			return store.User{Tenant: r.tenant, Created: time.Now().UTC().Truncate(time.Second), Enabled: true, RingSeconds: 30, SimultaneousCalls: 5}
		},
		fields: readUser,
		check:  checkUser,
		after:  joinUser,
		drop:   dropUser,
		show:   showUserAs,
	}
}

func userColumns(r *request) []column[store.User] {
	return []column[store.User]{
		everything("id", func(u *store.User) any { return u.ID }),
		{name: "uuid", value: func(u *store.User) any { return u.UUID }, match: true},
		everything("firstname", func(u *store.User) any { return u.Firstname }),
		everything("lastname", func(u *store.User) any { return orNull(u.Lastname) }),
		everything("email", func(u *store.User) any { return orNull(u.Email) }),
		everything("mobile_phone_number", func(u *store.User) any { return orNull(u.MobileNumber) }),
		everything("description", func(u *store.User) any { return orNull(u.Description) }),
		everything("userfield", func(u *store.User) any { return orNull(u.UserField) }),
		everything("username", func(u *store.User) any { return orNull(u.Username) }),
		everything("music_on_hold", func(u *store.User) any { return orNull(u.MusicOnHold) }),
		everything("preprocess_subroutine", func(u *store.User) any { return orNull(u.PreprocessSubroutine) }),
		{name: "enabled", value: func(u *store.User) any { return u.Enabled }, match: true},
		everything("exten", func(u *store.User) any { return userExtens(r.tx, u) }),
	}
}

// userExtens are the numbers of a user's lines.
func userExtens(tx *store.Tx, u *store.User) []string {
	var extens []string
	for l := range tx.LinesOf(u.ID) {
		extens = append(extens, extensOf(tx, store.OwnerLine, l.ID)...)
	}
	return extens
}

// userAt gives the user of a UUID or a number.
func userAt(r *request, key string) (*store.User, bool) {
	if u, ok := r.tx.User(strings.ToLower(key)); ok {
		return u, true
	}
	id, err := strconv.Atoi(key)
	if err != nil {
		return nil, false
	}
	u, _, ok := r.tx.Users().Get(id)
	return u, ok
}

// userRoutes are those of users, with their lines, groups, schedules and what becomes of their calls.
func userRoutes() []route {
	scheduled := scheduled[store.User]{users(), func(u *store.User) *int { return &u.Schedule }}
	return append(append(users().routes(), scheduled.routes()...),
		route{method: "PUT", path: "/users/{uuid}/lines", handle: setUserLines},
		route{method: "PUT", path: "/users/{uuid}/lines/{line_id}", handle: addUserLine},
		route{method: "DELETE", path: "/users/{uuid}/lines/{line_id}", handle: removeUserLine},
		route{method: "PUT", path: "/users/{uuid}/groups", handle: setUserGroups},
		route{method: "GET", path: "/users/{uuid}/fallbacks", handle: showUserFallbacks},
		route{method: "PUT", path: "/users/{uuid}/fallbacks", handle: setUserFallbacks},
		route{method: "GET", path: "/users/{uuid}/forwards", handle: showForwards},
		route{method: "PUT", path: "/users/{uuid}/forwards", handle: setForwards},
		route{method: "GET", path: "/users/{uuid}/forwards/{forward}", handle: showForward},
		route{method: "PUT", path: "/users/{uuid}/forwards/{forward}", handle: setForward},
		route{method: "GET", path: "/users/{uuid}/services", handle: showServices},
		route{method: "PUT", path: "/users/{uuid}/services", handle: setServices},
		route{method: "GET", path: "/users/{uuid}/services/{service}", handle: showService},
		route{method: "PUT", path: "/users/{uuid}/services/{service}", handle: setService},
	)
}

// Patterns of a user's fields.
var (
	languageText = regexp.MustCompile(`^[a-z]{2}_[A-Z]{2}$`)
	callerIDText = regexp.MustCompile(`^"(.*)"( <\+?\d+>)?$`)
	outgoingText = regexp.MustCompile(`^(default|anonymous|"(.*)"( <\+?\d+>)?|.* ?<\+?\d+>|\+?\d+)$`)
	mobileText   = regexp.MustCompile(`^\+?[0-9*#]+$`)
)

// readUser reads a user's fields.
func readUser(r *request, o *object, u *store.User) {
	o.text("firstname", &u.Firstname, required, length(0, 128))
	o.text("lastname", &u.Lastname, nullable, length(0, 128))
	o.text("email", &u.Email, nullable, length(0, 254), emptyOr(isEmail))
	o.text("timezone", &u.Timezone, nullable, length(0, 128), isTimezone)
	o.text("language", &u.Language, nullable, emptyOr(matches(languageText)))
	o.text("description", &u.Description, nullable)
	o.text("caller_id", &u.CallerID, length(0, 160), matches(callerIDText))
	o.text("outgoing_caller_id", &u.OutgoingCallerID, nullable, length(0, 80), emptyOr(matches(outgoingText)))
	o.text("mobile_phone_number", &u.MobileNumber, nullable, length(0, 80), emptyOr(matches(mobileText)))
	o.text("username", &u.Username, nullable, length(2, 254))
	var password string
	if o.text("password", &password, nullable, length(4, 64)); o.has("password") {
		u.Password = store.Secret(password)
	}
	o.text("music_on_hold", &u.MusicOnHold, nullable, length(0, 128))
	o.text("preprocess_subroutine", &u.PreprocessSubroutine, nullable, length(0, 79))
	o.text("userfield", &u.UserField, nullable, length(0, 128))
	o.number("ring_seconds", &u.RingSeconds, between(0, 10800))
	o.number("simultaneous_calls", &u.SimultaneousCalls, between(1, 20))
	for _, field := range userTruths(u) {
		o.truth(field.name, field.to, strict)
	}
	if !o.partial {
		readUserJoined(r, o, u)
	}
}

// userTruth is a field of a user that is true or false.
type userTruth struct {
	name string
	to   *bool
}

// userTruths are all of them.
func userTruths(u *store.User) []userTruth {
	return []userTruth{
		{"enabled", &u.Enabled}, {"call_transfer_enabled", &u.CallTransfer}, {"dtmf_hangup_enabled", &u.DTMFHangup}, {"supervision_enabled", &u.Supervision},
		{"online_call_record_enabled", &u.OnlineCallRecord},
		{"call_record_outgoing_external_enabled", &u.RecordOutgoingExtern}, {"call_record_outgoing_internal_enabled", &u.RecordOutgoingIntern},
		{"call_record_incoming_external_enabled", &u.RecordIncomingExtern}, {"call_record_incoming_internal_enabled", &u.RecordIncomingIntern},
	}
}

// emptyOr is a rule that an empty text need not obey.
func emptyOr(of rule) rule {
	check := of.check
	of.check = func(v any) string {
		if v == "" {
			return ""
		}
		return check(v)
	}
	return of
}

// checkUser refuses a name to sign in by that is taken, and completes who the user's calls are from.
func checkUser(r *request, before, u *store.User) error {
	if u.CallerID == "" {
		u.CallerID = fmt.Sprintf(`"%s"`, strings.TrimSpace(u.Firstname+" "+u.Lastname))
	}
	if other, taken := r.tx.UserNamed(u.Username); taken && u.Username != "" && other.ID != u.ID {
		return resourceError("User already exists", "username", u.Username)
	}
	r.api.idle("field of a user", u.Idle()...)
	return nil
}

// dropUser refuses to delete a user who has lines, unless they are to go with the user: recursive=true.
func dropUser(r *request, u *store.User) error {
	recursive, _ := truth(r.query().Get("recursive"))
	for l := range r.tx.LinesOf(u.ID) {
		if !recursive {
			return resourceError("User is associated with a Line", "user_id", u.ID, "line_id", l.ID)
		}
		if len(l.Users()) > 1 {
			continue // it stays with the others
		}
		for e := range r.tx.ExtensionsOf(store.OwnerLine, l.ID) {
			if err := r.tx.Extensions().Delete(e.ID); err != nil {
				return err
			}
		}
		if err := dropLine(r, l); err != nil {
			return err
		}
		if err := r.tx.Lines().Delete(l.ID); err != nil {
			return err
		}
	}
	return nil
}
