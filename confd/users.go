package confd

import (
	"fmt"
	"regexp"
	"slices"
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

// person is a user as those show it that have to do with it.
type person struct {
	UUID      string `json:"uuid"`
	Firstname string `json:"firstname"`
	Lastname  any    `json:"lastname"` // a string, or nil
	Links     []link `json:"links"`
}

func userPath(uuid string) string { return "/users/" + uuid }

func showPerson(r *request, u *store.User) person {
	return person{u.UUID, u.Firstname, orNull(u.Lastname), r.links("users", userPath(u.UUID))}
}

// shownUser is a user as GET shows it.
type shownUser struct {
	ID                   int            `json:"id"`
	UUID                 string         `json:"uuid"`
	TenantUUID           string         `json:"tenant_uuid"`
	CreatedAt            time.Time      `json:"created_at"`
	Firstname            string         `json:"firstname"`
	Lastname             any            `json:"lastname"` // a string, or nil; as all that is of type any, unless said otherwise
	Email                any            `json:"email"`
	Timezone             any            `json:"timezone"`
	Language             any            `json:"language"`
	Description          any            `json:"description"`
	CallerID             string         `json:"caller_id"`
	OutgoingCallerID     any            `json:"outgoing_caller_id"`
	MobilePhoneNumber    any            `json:"mobile_phone_number"`
	Username             any            `json:"username"`
	Password             any            `json:"password"`
	MusicOnHold          any            `json:"music_on_hold"`
	PreprocessSubroutine any            `json:"preprocess_subroutine"`
	UserField            any            `json:"userfield"`
	RingSeconds          int            `json:"ring_seconds"`
	SimultaneousCalls    int            `json:"simultaneous_calls"`
	Enabled              bool           `json:"enabled"`
	CallTransfer         bool           `json:"call_transfer_enabled"`
	DTMFHangup           bool           `json:"dtmf_hangup_enabled"`
	Supervision          bool           `json:"supervision_enabled"`
	OnlineCallRecord     bool           `json:"online_call_record_enabled"`
	RecordOutgoingExtern bool           `json:"call_record_outgoing_external_enabled"`
	RecordOutgoingIntern bool           `json:"call_record_outgoing_internal_enabled"`
	RecordIncomingExtern bool           `json:"call_record_incoming_external_enabled"`
	RecordIncomingIntern bool           `json:"call_record_incoming_internal_enabled"`
	Lines                []userLine     `json:"lines"`
	Incalls              []incallTo     `json:"incalls"`
	Groups               []memberOf     `json:"groups"`
	Schedules            []named        `json:"schedules"`
	Forwards             shownForwards  `json:"forwards"`
	Services             shownServices  `json:"services"`
	Fallbacks            map[string]any `json:"fallbacks"`
	Agent                any            `json:"agent"`     // always nil, as Voicemail; and what follows is always empty: dialtone has none
	Voicemail            any            `json:"voicemail"` //
	CallPermissions      []related      `json:"call_permissions"`
	Queues               []related      `json:"queues"`
	Switchboards         []related      `json:"switchboards"`
	Links                []link         `json:"links"`
}

// userLine is a line as its user shows it.
type userLine struct {
	ID             int        `json:"id"`
	Name           any        `json:"name"` // a string, or nil
	EndpointSIP    *labelled  `json:"endpoint_sip"`
	EndpointSCCP   any        `json:"endpoint_sccp"` // always nil, as EndpointCustom
	EndpointCustom any        `json:"endpoint_custom"`
	Extensions     []numberOf `json:"extensions"`
	Links          []link     `json:"links"`
}

// memberOf is a group as its members show it.
type memberOf struct {
	ID    int    `json:"id"`
	UUID  string `json:"uuid"`
	Name  string `json:"name"`
	Label string `json:"label"`
	Links []link `json:"links"`
}

// showUserAs is a user as GET shows it; a list may ask for less by view.
func showUserAs(r *request, u *store.User) any {
	if r.text("uuid") == "" {
		switch r.query().Get("view") {
		case "summary":
			return summaryOf(r, u)
		case "directory":
			return directoryOf(r, u)
		}
	}
	return showUser(r, u)
}

func showUser(r *request, u *store.User) shownUser {
	shown := shownUser{
		ID: u.ID, UUID: u.UUID, TenantUUID: u.Tenant, CreatedAt: u.Created,
		Firstname: u.Firstname, Lastname: orNull(u.Lastname), Email: orNull(u.Email), Timezone: orNull(u.Timezone), Language: orNull(u.Language), Description: orNull(u.Description),
		CallerID: u.CallerID, OutgoingCallerID: orNull(u.OutgoingCallerID), MobilePhoneNumber: orNull(u.MobileNumber),
		Username: orNull(u.Username), Password: orNull(string(u.Password)), MusicOnHold: orNull(u.MusicOnHold),
		PreprocessSubroutine: orNull(u.PreprocessSubroutine), UserField: orNull(u.UserField),
		RingSeconds: u.RingSeconds, SimultaneousCalls: u.SimultaneousCalls, Enabled: u.Enabled,
		CallTransfer: u.CallTransfer, DTMFHangup: u.DTMFHangup, Supervision: u.Supervision, OnlineCallRecord: u.OnlineCallRecord,
		RecordOutgoingExtern: u.RecordOutgoingExtern, RecordOutgoingIntern: u.RecordOutgoingIntern,
		RecordIncomingExtern: u.RecordIncomingExtern, RecordIncomingIntern: u.RecordIncomingIntern,
		Lines: []userLine{}, Incalls: incallsTo(r, store.DestinationUser, u.ID), Groups: []memberOf{}, Schedules: schedulesOf(r, u.Schedule),
		Forwards: forwardsOf(u), Services: servicesOf(u), Fallbacks: showFallbacks(r.tx, u.Fallbacks, userFallbacks),
		CallPermissions: []related{}, Queues: []related{}, Switchboards: []related{},
		Links: r.links("users", userPath(u.UUID)),
	}
	if r.token.ReadOnly && u.Password != "" {
		shown.Password = hidden
	}
	for l := range r.tx.LinesOf(u.ID) {
		shown.Lines = append(shown.Lines, userLine{
			ID: l.ID, Name: orNull(lineName(r.tx, l)), EndpointSIP: endpointOf(r, l.Endpoint), Extensions: numbersOf(r, store.OwnerLine, l.ID), Links: r.links("lines", linePath(l.ID)),
		})
	}
	for g := range r.tx.GroupsWith(u.ID) {
		shown.Groups = append(shown.Groups, memberOf{g.ID, g.UUID, g.Name, g.Label, r.links("groups", groupPath(g.UUID))})
	}
	return shown
}

// userSummary is a user in a list of view=summary.
type userSummary struct {
	ID               int    `json:"id"`
	UUID             string `json:"uuid"`
	TenantUUID       string `json:"tenant_uuid"`
	Firstname        string `json:"firstname"`
	Lastname         any    `json:"lastname"` // a string, or nil, as all others of type any
	Email            any    `json:"email"`
	Extension        any    `json:"extension"`
	Context          any    `json:"context"`
	ProvisioningCode any    `json:"provisioning_code"`
	Protocol         any    `json:"protocol"`
	Enabled          bool   `json:"enabled"`
}

// userEntry is a user in a list of view=directory.
type userEntry struct {
	ID                int    `json:"id"`
	UUID              string `json:"uuid"`
	LineID            any    `json:"line_id"`  // a number, or nil
	AgentID           any    `json:"agent_id"` // always nil
	Firstname         string `json:"firstname"`
	Lastname          any    `json:"lastname"` // a string, or nil, as all that follow
	Email             any    `json:"email"`
	Exten             any    `json:"exten"`
	Context           any    `json:"context"`
	MobilePhoneNumber any    `json:"mobile_phone_number"`
	VoicemailNumber   any    `json:"voicemail_number"`
	UserField         any    `json:"userfield"`
	Description       any    `json:"description"`
}

// mainLine is the first line of a user, and its first extension; nil: there is none.
func mainLine(tx *store.Tx, u *store.User) (*store.Line, *store.Extension) {
	for l := range tx.LinesOf(u.ID) {
		for e := range tx.ExtensionsOf(store.OwnerLine, l.ID) {
			return l, e
		}
		return l, nil
	}
	return nil, nil
}

func summaryOf(r *request, u *store.User) userSummary {
	s := userSummary{ID: u.ID, UUID: u.UUID, TenantUUID: u.Tenant, Firstname: u.Firstname, Lastname: orNull(u.Lastname), Email: orNull(u.Email), Enabled: u.Enabled}
	l, e := mainLine(r.tx, u)
	if l != nil {
		s.ProvisioningCode, s.Context = l.ProvisioningCode, l.Context
		if l.Endpoint != "" {
			s.Protocol = "sip"
		}
	}
	if e != nil {
		s.Extension, s.Context = e.Exten, e.Context
	}
	return s
}

func directoryOf(r *request, u *store.User) userEntry {
	d := userEntry{
		ID: u.ID, UUID: u.UUID, Firstname: u.Firstname, Lastname: orNull(u.Lastname), Email: orNull(u.Email),
		MobilePhoneNumber: orNull(u.MobileNumber), UserField: orNull(u.UserField), Description: orNull(u.Description),
	}
	l, e := mainLine(r.tx, u)
	if l != nil {
		d.LineID = l.ID
	}
	if e != nil {
		d.Exten, d.Context = e.Exten, e.Context
	}
	return d
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

// userJoined is what a new user is joined with.
type userJoined struct {
	lines   []newLine
	groups  []string // UUIDs or numbers
	incalls []store.Extension
}

// newLine is a line that is made with its user.
type newLine struct {
	store.Line
	with lineJoined
}

// readUserJoined reads what POST may carry besides: lines with endpoints and extensions, groups, numbers from outside, forwards,
// fallbacks and services, and how the user signs in.
func readUserJoined(r *request, o *object, u *store.User) (with userJoined) {
	o.list("lines", func(n int) { with.lines = make([]newLine, n) }, func(n int, o *object) {
		l := &with.lines[n]
		l.Position = 1
		readLineFields(o, &l.Line, rule{})
		l.with = readLineJoined(o)
		switch {
		case l.Context == "" && len(l.with.extensions) > 0:
			l.Context = l.with.extensions[0].Context
		case l.Context == "" && o.sound():
			o.fault("context", "Missing data for required field.")
		}
	})
	o.list("groups", func(n int) { with.groups = make([]string, n) }, func(n int, o *object) { readKey(o, &with.groups[n]) })
	o.list("incalls", func(int) {}, func(_ int, o *object) {
		o.list("extensions", func(int) {}, func(_ int, o *object) {
			e := store.Extension{Enabled: true}
			readExtension(o, &e)
			with.incalls = append(with.incalls, e)
		}, required)
	})
	o.object("auth", func(o *object) {
		if o == nil {
			return
		}
		var password string
		o.text("username", &u.Username, nullable, length(2, 254))
		if o.text("password", &password, nullable, length(4, 64)); password != "" {
			u.Password = store.Secret(password)
		}
	}, nullable)
	o.object("forwards", func(o *object) { readForwards(o, &u.Forwards) })
	o.object("services", func(o *object) { readServices(o, u) })
	o.object("fallbacks", func(o *object) { readFallbacks(r, o, "fallbacks.", &u.Fallbacks, userFallbacks) })
	return with
}

// readKey reads an object's UUID or number, by which a list names it.
func readKey(o *object, to *string) {
	if !o.has("uuid") && o.has("id") {
		var id int
		o.number("id", &id)
		*to = strconv.Itoa(id)
		return
	}
	o.text("uuid", to, required)
}

// joinUser joins a new user with what its body says.
func joinUser(r *request, u *store.User) error {
	var with userJoined
	scratch := *u
	if err := r.read(func(o *object) { with = readUserJoined(r, o, &scratch) }); err != nil {
		return err
	}
	for _, l := range with.lines {
		if err := checkLine(r, nil, &l.Line); err != nil {
			return err
		}
		made, err := r.tx.Lines().Put(l.Line)
		if err == nil {
			err = l.with.join(r, &made)
		}
		if err != nil {
			return err
		}
		now, _, _ := r.tx.Lines().Get(made.ID)
		if err := giveUserLine(r, u, now); err != nil {
			return err
		}
	}
	for _, e := range with.incalls {
		i, err := r.tx.Incalls().Put(store.Incall{Tenant: u.Tenant, Destination: store.Destination{Type: store.DestinationUser, UserID: u.ID}})
		if err != nil {
			return err
		}
		made, err := newExtension(r, e)
		if err == nil {
			err = numberedIncalls().give(r, &i, &made)
		}
		if err != nil {
			return err
		}
	}
	return joinGroups(r, u, with.groups)
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

// userAndLine gives the user and the line of a path.
func userAndLine(r *request) (*store.User, *store.Line, error) {
	u, err := users().find(r)
	if err != nil {
		return nil, nil, err
	}
	l, err := lines().byID(r, r.id("line_id"))
	return u, l, err
}

func addUserLine(r *request) (answer, error) {
	u, l, err := userAndLine(r)
	if err != nil {
		return answer{}, err
	}
	return done(), giveUserLine(r, u, l)
}

// giveUserLine gives a user a line: the first one is the main one, and the first user of a line is the one whose it is.
func giveUserLine(r *request, u *store.User, l *store.Line) error {
	if slices.Contains(l.Users(), u.ID) {
		return nil
	}
	if err := sameTenant("user", u.Tenant, "line", l.Tenant); err != nil {
		return err
	}
	if err := hasEndpoint(l); err != nil {
		return err
	}
	if err := sharesWithItsUser(r, u, l); err != nil {
		return err
	}
	first := true
	for range r.tx.LinesOf(u.ID) {
		first = false
	}
	of := *l
	if l.User == 0 {
		of.User = u.ID
	} else {
		of.Others = append(slices.Clone(l.Others), u.ID)
	}
	if _, err := r.tx.Lines().Put(of); err != nil || !first {
		return err
	}
	return setMainLine(r, u, l.ID)
}

// sharesWithItsUser refuses a line for a user whose number rings telephones of another one: a number is one user's, unless it
// has one telephone, which several users may have.
func sharesWithItsUser(r *request, u *store.User, l *store.Line) error {
	for e := range r.tx.ExtensionsOf(store.OwnerLine, l.ID) {
		for _, other := range r.tx.LinesOfExtension(e) {
			if other.ID != l.ID && (other.User != 0 && other.User != u.ID || l.User != 0) {
				return resourceError("Line is associated with a Extension", "line_id", other.ID, "extension_id", e.ID)
			}
		}
	}
	return nil
}

// setMainLine says which line of a user is the main one; 0: the one of the lowest position.
func setMainLine(r *request, u *store.User, line int) error {
	now, _, ok := r.tx.Users().Get(u.ID)
	if !ok || now.MainLine == line {
		return nil
	}
	with := *now
	with.MainLine = line
	_, err := r.tx.Users().Put(with)
	return err
}

func removeUserLine(r *request) (answer, error) {
	u, l, err := userAndLine(r)
	if err != nil || !slices.Contains(l.Users(), u.ID) {
		return done(), err
	}
	return done(), freeLine(r, u, l)
}

// freeLine takes a line away from a user; from the one whose it is only as the last one.
func freeLine(r *request, u *store.User, l *store.Line) error {
	if l.User == u.ID && len(l.Others) > 0 {
		return resourceError("There are secondary users associated to the line", "line_id", l.ID)
	}
	free := *l
	free.Leave(u.ID)
	if _, err := r.tx.Lines().Put(free); err != nil || u.MainLine != l.ID {
		return err
	}
	return setMainLine(r, u, 0)
}

// setUserLines gives a user exactly the lines of the body, of which the first is the main one.
func setUserLines(r *request) (answer, error) {
	u, err := users().find(r)
	if err != nil {
		return answer{}, err
	}
	var ids []int
	if err := r.read(func(o *object) {
		o.partial = false
		o.list("lines", func(n int) { ids = make([]int, n) }, func(n int, o *object) { o.number("id", &ids[n], required) }, required)
	}); err != nil {
		return answer{}, err
	}
	for i, id := range ids {
		if slices.Contains(ids[:i], id) {
			return answer{}, inputError("line '%d' is there more than once", id)
		}
	}
	for l := range r.tx.LinesOf(u.ID) {
		if !slices.Contains(ids, l.ID) {
			if err := freeLine(r, u, l); err != nil {
				return answer{}, err
			}
		}
	}
	for _, id := range ids {
		l, err := lines().byID(r, id)
		if err != nil {
			return answer{}, missing("lines", "Line", "id", id)
		}
		if err := giveUserLine(r, u, l); err != nil {
			return answer{}, err
		}
	}
	if len(ids) == 0 {
		return done(), nil
	}
	return done(), setMainLine(r, u, ids[0])
}
