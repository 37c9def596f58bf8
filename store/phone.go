package store

import (
	"crypto/md5"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Realm is the realm of passwords that say no other; the hashes hold for it alone.
const Realm = "dialtone"

// Phone is the account of a telephone. Its password is not kept, only what verifies it (RFC 7616 §3.4.2).
type Phone struct {
	ID        int       `json:"id"`
	Number    string    `json:"number"`          // user part of its address of record, and what is dialled to reach it
	Context   string    `json:"context"`         // of the dialplan, where its calls begin
	HA1MD5    string    `json:"ha1_md5"`         // MD5(number:realm:password), in hexadecimal
	HA1SHA256 string    `json:"ha1_sha256"`      // SHA-256 of the same
	OwnRealm  string    `json:"realm,omitempty"` // of the password; empty: Realm
	Created   time.Time `json:"created"`

	Alias     string            `json:"alias,omitempty"`     // its endpoint's name, by which telephones may register, too; empty: it is the number
	Caller    PhoneCaller       `json:"caller,omitzero"`     // who its calls are from
	Variables map[string]string `json:"variables,omitempty"` // of the dialplan, which its calls begin with

	LegRules
	Contacts ContactRules `json:"contacts,omitzero"`

	CallGroups   []string `json:"call_groups,omitempty"`   // that its ringing belongs to: numbers or names
	PickupGroups []string `json:"pickup_groups,omitempty"` // whose ringing it may answer

	// What its calls may do at trunks; 0 and nil: anything.
	MaxCalls       int      `json:"max_calls,omitempty"`        // at once
	CallsPerMinute int      `json:"calls_per_minute,omitempty"` // begun in any 60 s
	Allow          []string `json:"allow,omitempty"`            // numbers, as extensions of a dialplan: "112", "_0[1-7]."

	Endpoint string `json:"endpoint,omitempty"` // UUID of the endpoint that it is the account of; empty: none
}

// PhoneCaller is who a phone's calls are from. What is empty, the telephone says.
type PhoneCaller struct {
	Name   string `json:"name,omitempty"`
	Number string `json:"number,omitempty"`
}

// NewPhone makes the record of a phone. It is checked when it is put.
func NewPhone(number, password, context string) Phone {
	p := Phone{Number: number, Context: context, Created: time.Now().Truncate(time.Second)}
	p.HA1MD5, p.HA1SHA256 = hashes(number, Realm, password)
	return p
}

// hashes are what verifies a password: of user:realm:password, in hexadecimal.
func hashes(user, realm, password string) (ha1MD5, ha1SHA256 string) {
	a1 := []byte(user + ":" + realm + ":" + password)
	md5sum, sha256sum := md5.Sum(a1), sha256.Sum256(a1)
	return hex.EncodeToString(md5sum[:]), hex.EncodeToString(sha256sum[:])
}

// Binding is a registration as the registrar keeps it; the store does not look into it.
type Binding = rawJSON

const (
	maxNumber  = 40 // characters of a number or a trunk's name
	maxContext = 79 // characters of a context's name, as in Asterisk
)

// Validate says what is wrong with the record, as a *FieldError.
func (p Phone) Validate() error {
	if err := validName("number", p.Number, "*#+"); err != nil {
		return err
	}
	if err := validContext(p.Context); err != nil {
		return err
	}
	if !isHex(p.HA1MD5, 2*md5.Size) || !isHex(p.HA1SHA256, 2*sha256.Size) {
		return invalid("phone %s: its password's hashes are not MD5 and SHA-256 in hexadecimal", p.Number)
	}
	if err := p.validCaller(); err != nil {
		return err
	}
	if len(p.OwnRealm) > maxTrunkText || strings.ContainsFunc(p.OwnRealm, func(r rune) bool { return isControl(r) || strings.ContainsRune(`"\\`, r) }) {
		return invalid("phone %s: the realm %q has more than %d bytes, quotes, backslashes or control characters", p.Number, p.OwnRealm, maxTrunkText)
	}
	if err := p.LegRules.valid("phone " + p.Number); err != nil {
		return err
	}
	if err := p.Contacts.valid("phone " + p.Number); err != nil {
		return err
	}
	if err := p.validGroups(); err != nil {
		return err
	}
	return p.validTolls()
}

const (
	maxCallerName = 160 // characters of a caller's name
	maxVariables  = 64  // of a phone
	maxVariable   = 512 // bytes of a variable's name and value
)

func (p Phone) validCaller() error {
	if utf8.RuneCountInString(p.Caller.Name) > maxCallerName || strings.ContainsFunc(p.Caller.Name, isControl) {
		return invalid("phone %s: its caller's name has more than %d characters, or control characters", p.Number, maxCallerName)
	}
	if p.Caller.Number != "" {
		if err := validName("caller's number", p.Caller.Number, "*#+"); err != nil {
			return err
		}
	}
	if len(p.Variables) > maxVariables {
		return invalid("phone %s: %d variables (at most %d)", p.Number, len(p.Variables), maxVariables)
	}
	for name, value := range p.Variables {
		if name == "" || len(name)+len(value) > maxVariable || strings.ContainsFunc(name+value, isControl) {
			return invalid("phone %s: the variable %q with its value has more than %d bytes, or control characters", p.Number, name, maxVariable)
		}
	}
	return nil
}

const (
	maxPhoneGroups = 64 // of each kind, of a phone
	maxGroupName   = 40 // characters of a group's name
)

func (p Phone) validGroups() error {
	for _, groups := range [][]string{p.CallGroups, p.PickupGroups} {
		if len(groups) > maxPhoneGroups {
			return invalid("phone %s: %d groups (at most %d)", p.Number, len(groups), maxPhoneGroups)
		}
		for _, group := range groups {
			if group == "" || len(group) > maxGroupName || strings.ContainsFunc(group, func(r rune) bool { return r == ',' || unicode.IsSpace(r) || isControl(r) }) {
				return invalid("phone %s: %q is no name of a group: one word without a comma, at most %d bytes", p.Number, group, maxGroupName)
			}
		}
	}
	return nil
}

const (
	maxTollCalls = 1000 // at once, or a minute
	maxAllow     = 64   // patterns
)

func (p Phone) validTolls() error {
	for name, n := range map[string]int{"max_calls": p.MaxCalls, "calls_per_minute": p.CallsPerMinute} {
		if n < 0 || n > maxTollCalls {
			return invalid("phone %s: %s is %d (0 for no limit, or 1 to %d)", p.Number, name, n, maxTollCalls)
		}
	}
	if len(p.Allow) > maxAllow {
		return invalid("phone %s: %d patterns in allow (at most %d)", p.Number, len(p.Allow), maxAllow)
	}
	for _, pattern := range p.Allow {
		if pattern == "" || len(pattern) > maxContext || strings.ContainsFunc(pattern, func(r rune) bool { return r <= ' ' || r > '~' }) {
			return invalid("phone %s: %q in allow is no extension of a dialplan", p.Number, pattern)
		}
	}
	return nil
}

const (
	phoneNumber = iota
	phoneEndpoint
)

var phoneKind = &kind[Phone]{
	table: phoneTable,
	id:    func(p *Phone) *int { return &p.ID },
	key:   func(p *Phone) string { return p.Number },
	indexes: []index[Phone]{
		phoneNumber: only(func(p *Phone) string { return p.Number }, func(p *Phone, key string) error { return invalid("phone %s exists already", key) }),
		phoneEndpoint: only(func(p *Phone) string { return p.Endpoint }, func(p *Phone, key string) error {
			return invalid("phone %s: endpoint %s is another phone's", p.Number, key)
		}),
	},
}

func (p *Phone) check(*Tx) error { return p.Validate() }

// dropped drops the registrations of a phone.
func (p *Phone) dropped(tx *Tx) error {
	tx.writes = append(tx.writes, write{bindingTable, []byte(p.Number), nil})
	return nil
}

// Phones are the accounts of telephones.
func (tx *Tx) Phones() Kind[Phone] { return Kind[Phone]{tx, phoneKind} }

// Phone gives the account of a number.
func (tx *Tx) Phone(number string) (*Phone, bool) { return tx.Phones().one(phoneNumber, number) }

// PhoneNamed gives the account of a number, or else that of the endpoint of a name.
func (tx *Tx) PhoneNamed(name string) (*Phone, bool) {
	if p, ok := tx.Phone(name); ok {
		return p, true
	}
	e, ok := tx.EndpointNamed(name)
	if !ok {
		return nil, false
	}
	return tx.PhoneOf(e.UUID)
}

// PhoneOf gives the account of an endpoint.
func (tx *Tx) PhoneOf(endpoint string) (*Phone, bool) {
	return tx.Phones().one(phoneEndpoint, endpoint)
}

// validName checks what is dialled or typed: letters, digits, '-', '_', '.' and others, not beginning with '_', '-'
// or '.', which mean something else in a dialplan, on a command line and in a path.
func validName(what, name, others string) error { return validLongName(what, name, others, maxNumber) }

// validLongName is validName for one of at most so many characters.
func validLongName(what, name, others string, most int) error {
	if name == "" {
		return invalid("no %s given", what)
	}
	if len(name) > most {
		return invalid("%s %q has %d characters (at most %d)", what, name, len(name), most)
	}
	for i, r := range name {
		letter := r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune(others, r)
		if !letter && (i == 0 || !strings.ContainsRune("-_.", r)) {
			return invalid("%s %q: %q cannot be in it (letters, digits%s, and after the first one of - _ .)", what, name, r, listed(others))
		}
	}
	return nil
}

func listed(characters string) string {
	var b strings.Builder
	for _, r := range characters {
		b.WriteByte(' ')
		b.WriteRune(r)
	}
	return b.String()
}

// validContext checks the name of a dialplan's context.
func validContext(name string) error {
	if name == "" {
		return invalid("no context given")
	}
	if len(name) > maxContext {
		return invalid("context %q has %d characters (at most %d)", name, len(name), maxContext)
	}
	for _, r := range name {
		if r > unicode.MaxASCII || !unicode.IsPrint(r) || strings.ContainsRune(" ,;[]()&|\"", r) {
			return invalid("context %q: %q cannot be in the name of a context", name, r)
		}
	}
	return nil
}

func isHex(s string, length int) bool {
	_, err := hex.DecodeString(s)
	return err == nil && len(s) == length
}

// passwordLetters are told apart on paper and over the telephone: no 0 and o, no 1, l and i.
const passwordLetters = "abcdefghjkmnpqrstuvwxyz23456789"

// NewPassword makes a random password that is easy to copy by hand: 16 letters and digits in groups of four, 79 bits.
func NewPassword() string {
	var b strings.Builder
	for n := 0; n < 16; {
		var random [32]byte
		rand.Read(random[:]) // never fails
		for _, r := range random {
			r &= 31
			if int(r) >= len(passwordLetters) || n == 16 {
				continue
			}
			if n > 0 && n%4 == 0 {
				b.WriteByte('-')
			}
			b.WriteByte(passwordLetters[r])
			n++
		}
	}
	return b.String()
}
