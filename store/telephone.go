package store

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"dialtone/pjsip"
)

// settlePhone makes the account of an endpoint that a line has, or takes it away where there is none any more: without a line, a user
// name or a password no telephone can register.
func (tx *Tx) settlePhone(endpoint string) error {
	account, has := tx.PhoneOf(endpoint)
	want, ok, err := tx.phoneOf(endpoint, account)
	switch {
	case err != nil:
		return err
	case ok && has && want.equal(*account):
		return nil
	case has && (!ok || want.Number != account.Number):
		if err := tx.Phones().Delete(account.ID); err != nil {
			return err
		}
	}
	if !ok {
		return nil
	}
	if other, taken := tx.Phone(want.Number); taken && other.Endpoint != endpoint {
		return invalid("auth username %q: another endpoint has it, and telephones are known by it", want.Number)
	}
	_, err = tx.Phones().Put(want)
	return err
}

// phoneOf is the account that the objects of an endpoint make; before is the one that it had, nil for none.
func (tx *Tx) phoneOf(endpoint string, before *Phone) (p Phone, ok bool, err error) {
	e, there := tx.Endpoint(endpoint)
	line, has := tx.LineOf(endpoint)
	if !there || !has {
		return p, false, nil
	}
	options := tx.Merged(e)
	user, realm := options.Auth.Get("username"), options.Auth.Get("realm")
	md5, sha256 := digests(user, cmp.Or(realm, Realm), options.Auth)
	if user == "" || md5 == "" || sha256 == "" {
		return p, false, nil
	}
	p = Phone{Created: time.Now().Truncate(time.Second)}
	if before != nil {
		p = *before
	}
	p.Endpoint, p.Number, p.Context, p.HA1MD5, p.HA1SHA256 = endpoint, user, line.Context, md5, sha256
	p.Alias, p.Caller, p.Variables = aliasOf(e, user), tx.callerOf(line, options), tx.variablesOf(line, options)
	if err := errors.Join(p.readRules(options), p.Validate()); err != nil {
		return p, false, fmt.Errorf("endpoint %s: %w", e.Name, err)
	}
	return p, true, nil
}

// readRules reads what options say of a phone besides who it is.
func (p *Phone) readRules(options pjsip.Sections) (err error) {
	p.OwnRealm = options.Auth.Get("realm")
	p.CallGroups, p.PickupGroups = groupsIn(options.Endpoint, "call_group"), groupsIn(options.Endpoint, "pickup_group")
	if p.LegRules, err = legRulesIn(options.Endpoint); err != nil {
		return err
	}
	p.Contacts, err = contactRulesIn(options.AOR)
	return err
}

// said tells that options say of a phone what it has.
func (p Phone) said(options pjsip.Sections) bool {
	again := p
	return again.readRules(options) == nil && again.equal(p)
}

// sayRules puts into options what readRules reads as what the phone has.
func (p Phone) sayRules(s pjsip.Sections) pjsip.Sections {
	s = s.Clone()
	replace(&s.Auth, given("realm", p.OwnRealm), "realm")
	replace(&s.Endpoint, slices.Concat(given("named_call_group", strings.Join(p.CallGroups, ",")), given("named_pickup_group", strings.Join(p.PickupGroups, ",")), p.LegRules.options()),
		slices.Concat(legRuleKeys, []string{"call_group", "named_call_group", "pickup_group", "named_pickup_group"})...)
	replace(&s.AOR, p.Contacts.options(), contactRuleKeys...)
	return s
}

// aliasOf is what telephones may call themselves besides the user name of an endpoint.
func aliasOf(e *Endpoint, user string) string {
	if e.Name == user {
		return ""
	}
	return e.Name
}

// digests are what verifies the password of a user in a realm that options give, or what they give in its place: password_digest, as
// "MD5:…" and "SHA-256:…". They are empty where neither is there.
func digests(user, realm string, options pjsip.Options) (ha1MD5, ha1SHA256 string) {
	if password := options.Get("password"); password != "" {
		return hashes(user, realm, password)
	}
	for _, digest := range options.Values("password_digest") {
		algorithm, hash, _ := strings.Cut(digest, ":")
		switch strings.ToUpper(algorithm) {
		case "MD5":
			ha1MD5 = hash
		case "SHA-256":
			ha1SHA256 = hash
		}
	}
	return ha1MD5, ha1SHA256
}

// proofOf are the options that say by what a user is verified whose password is not known.
func proofOf(user, ha1MD5, ha1SHA256 string) pjsip.Options {
	if user == "" {
		return nil
	}
	return pjsip.Options{{"username", user}, {"password_digest", "MD5:" + ha1MD5}, {"password_digest", "SHA-256:" + ha1SHA256}}
}

// prove puts what verifies a user in a realm into options, unless they say it already.
func prove(options *pjsip.Options, user, realm, ha1MD5, ha1SHA256 string) {
	md5, sha256 := digests(options.Get("username"), realm, *options)
	if options.Get("username") != user || user != "" && (md5 != ha1MD5 || sha256 != ha1SHA256) {
		replace(options, proofOf(user, ha1MD5, ha1SHA256), "username", "password", "password_digest")
	}
}

// callerOf is who the calls of a line are from: as the line says, or its user, or its endpoint; and by its extension's number.
func (tx *Tx) callerOf(line *Line, options pjsip.Sections) PhoneCaller {
	name, num := ParseCallerID(options.Endpoint.Get("callerid"))
	for e := range tx.ExtensionsOf(OwnerLine, line.ID) {
		if !strings.HasPrefix(e.Exten, "_") {
			num = e.Exten
			break
		}
	}
	if u, _, ok := tx.Users().Get(line.User); ok {
		userName, userNumber := ParseCallerID(u.CallerID)
		name, num = cmp.Or(userName, name), cmp.Or(userNumber, num)
	}
	return PhoneCaller{Name: cmp.Or(line.CallerIDName, name), Number: cmp.Or(line.CallerIDNumber, num)}
}

// ParseCallerID reads "First Last" <1000>, of which each part may be missing.
func ParseCallerID(text string) (name, number string) {
	name = strings.TrimSpace(text)
	if at := strings.LastIndexByte(name, '<'); at >= 0 && strings.HasSuffix(name, ">") {
		name, number = strings.TrimSpace(name[:at]), name[at+1:len(name)-1]
	}
	if len(name) >= 2 && name[0] == '"' && name[len(name)-1] == '"' {
		name = name[1 : len(name)-1]
	}
	return name, number
}

// Variables that say what a user wants of the calls that go out.
const (
	OutgoingVariable      = "WAZO_OUTGOING_CALLERID"  // a caller id of the user's own
	AnonymousVariable     = "WAZO_OUTGOING_ANONYMOUS" // 1: nobody is told who calls
	CallerOptionsVariable = "WAZO_CALLER_OPTIONS"     // those of Dial that say what the caller may do while they talk
	RecordInternVariable  = "WAZO_RECORD_INTERN"      // 1: calls to other users are recorded
	RecordExternVariable  = "WAZO_RECORD_EXTERN"      // 1: calls by a way out are recorded
)

// variablesOf are what the calls of a line begin with: whose they are, from whom they go out, and set_var of its endpoint.
func (tx *Tx) variablesOf(line *Line, options pjsip.Sections) map[string]string {
	variables := map[string]string{}
	if u, _, ok := tx.Users().Get(line.User); ok {
		id := strconv.Itoa(u.ID)
		variables = map[string]string{
			"XIVO_USERID": id, "XIVO_USERUUID": u.UUID, "WAZO_USERUUID": u.UUID, "WAZO_TENANT_UUID": u.Tenant, "WAZO_LINE_ID": strconv.Itoa(line.ID),
		}
		switch u.OutgoingCallerID {
		case "", "default":
		case "anonymous":
			variables[AnonymousVariable] = "1"
		default:
			variables[OutgoingVariable] = u.OutgoingCallerID
		}
		if options := u.callerOptions(); options != "" {
			variables[CallerOptionsVariable] = options
		}
		if u.RecordOutgoingIntern {
			variables[RecordInternVariable] = "1"
		}
		if u.RecordOutgoingExtern {
			variables[RecordExternVariable] = "1"
		}
	}
	for _, text := range options.Endpoint.Values("set_var") {
		if name, value, ok := strings.Cut(text, "="); ok {
			variables[name] = value
		}
	}
	return variables
}

// groupsIn are the groups that an option and its namesake for names list.
func groupsIn(options pjsip.Options, key string) []string {
	var groups []string
	for _, group := range entries(append(options.Values(key), options.Values("named_"+key)...)) {
		if !slices.Contains(groups, group) {
			groups = append(groups, group)
		}
	}
	return groups
}

// equal tells that two accounts are the same as they are kept.
func (p Phone) equal(other Phone) bool { return sameRecord(p, other) }

// describe gives a phone that a command made an endpoint and a line, or makes those that it has say the same.
func (p *Phone) describe(tx *Tx) error {
	if err := p.Validate(); err != nil {
		return err
	}
	if before, ok := tx.Phone(p.Number); ok {
		p.Endpoint = before.Endpoint
	}
	context, err := tx.contextFor(p.Context, ContextInternal)
	if err != nil {
		return err
	}
	e, ok := tx.Endpoint(p.Endpoint)
	if !ok {
		e = &Endpoint{Tenant: context.Tenant, Name: tx.freeName(p.Number), Label: "phone " + p.Number}
	}
	line, has := tx.LineOf(e.UUID)
	if !has {
		line = &Line{Position: 1}
	}
	if e.Tenant != context.Tenant {
		return invalid("phone %s: the context %s is another tenant's", p.Number, p.Context)
	}
	endpoint, own := *e, *line
	endpoint.Sections = e.Sections.Clone()
	prove(&endpoint.Auth, p.Number, cmp.Or(p.OwnRealm, Realm), p.HA1MD5, p.HA1SHA256)
	if merged := tx.Merged(&endpoint); !p.said(merged) {
		endpoint.Sections = p.sayRules(endpoint.Sections)
		if merged = tx.Merged(&endpoint); !p.said(merged) { // its templates say what the phone does not
			endpoint.Sections, endpoint.Templates = p.sayRules(merged), nil
		}
	}
	if endpoint, err = tx.Endpoints().Put(endpoint); err != nil {
		return err
	}
	own.Context, own.Endpoint = p.Context, endpoint.UUID
	if own, err = tx.Lines().Put(own); err != nil {
		return err
	}
	options := tx.Merged(&endpoint)
	p.Alias = aliasOf(&endpoint, p.Number)
	p.Endpoint, p.Caller, p.Variables = endpoint.UUID, tx.callerOf(&own, options), tx.variablesOf(&own, options)
	return nil
}

// undescribe takes the endpoint and the line of a phone away.
func (p *Phone) undescribe(tx *Tx) error {
	if line, ok := tx.LineOf(p.Endpoint); ok {
		if err := tx.Lines().Delete(line.ID); err != nil {
			return err
		}
	}
	if e, ok := tx.Endpoint(p.Endpoint); ok {
		return tx.Endpoints().Delete(e.ID)
	}
	return nil
}

// freeName is a name for an endpoint: the one that is wanted, or what is left of it with a number behind where that is taken.
func (tx *Tx) freeName(wanted string) string {
	base := strings.Map(func(r rune) rune {
		if r == '-' || r == '_' || r == '.' || r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' {
			return r
		}
		return '-'
	}, wanted)
	name := base
	for n := 2; !tx.nameIsFree(name); n++ {
		name = fmt.Sprintf("%s-%d", base, n)
	}
	return name
}
