package sip

import (
	"cmp"
	"crypto/md5"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"slices"
	"strconv"
	"strings"
	"time"

	gosip "github.com/emiago/sipgo/sip"
)

// Account is what proves that somebody is a phone of ours.
type Account struct {
	User  string
	Alias string // what it may also call itself when it registers: the user part of To; empty: nothing else
	// HA1MD5 and HA1SHA256 are the hashes of user:realm:password, in hexadecimal. With an empty one, answers by that
	// algorithm are wrong.
	HA1MD5, HA1SHA256 string
	Realm             string       // of those hashes; empty: the server's
	Contacts          ContactRules // of its registrations
	// Trunk is whose account it is, when it is no phone's: a carrier that proves its calls by a password.
	Trunk Trunk
}

// DefaultDigest are the algorithms of challenges when none are configured. MD5 stands first as older telephones read
// no further.
var DefaultDigest = []string{"MD5", "SHA-256"}

// Digest challenges and verifies (RFC 7616, RFC 8760 for SIP). It is safe for concurrent use. Nobody learns from it
// which accounts exist: an unknown user costs the same work and gets the same answer as a wrong password.
type Digest struct {
	realm      string
	algorithms []string
	nonces     *nonces
}

// NewDigest makes a Digest. The challenges come in the order of algorithms, "MD5" and "SHA-256"; none means DefaultDigest.
func NewDigest(realm string, algorithms []string) (*Digest, error) {
	if len(algorithms) == 0 {
		algorithms = DefaultDigest
	}
	d := &Digest{realm: realm, nonces: newNonces()}
	for _, name := range algorithms {
		switch name = strings.ToUpper(name); name {
		case "MD5", "SHA-256":
			d.algorithms = append(d.algorithms, name)
		default:
			return nil, fmt.Errorf("digest algorithm %q is not known (MD5 and SHA-256 are)", name)
		}
	}
	if strings.ContainsAny(realm, "\"\\") || controls(realm) {
		return nil, fmt.Errorf("realm %q: no quotes, backslashes and control characters", realm)
	}
	return d, nil
}

// Challenge is the 401 that asks for credentials of a realm, one WWW-Authenticate for each algorithm. stale says that only the
// nonce was too old: the telephone answers without asking its owner.
func (d *Digest) Challenge(req *gosip.Request, realm string, now time.Time, stale bool, why string) *Refusal {
	r := Refuse(401, why)
	nonce := d.nonces.make(sourceText(req), now)
	for _, algorithm := range d.algorithms {
		if algorithm != "MD5" && slices.Contains(d.algorithms, "MD5") && onlyKnowsMD5(req) {
			continue
		}
		value := `Digest realm="` + realm + `", nonce="` + nonce + `", algorithm=` + algorithm + `, qop="auth"`
		if stale {
			value += ", stale=true"
		}
		r.Headers = append(r.Headers, gosip.NewHeader("WWW-Authenticate", value))
	}
	return r
}

// onlyKnowsMD5 tells the telephones that do not pass over an algorithm which they do not know, as RFC 8760 §2.4 says,
// but give up: baresip before 2.0 (libre before 2.3 answers ENOSYS to itself), seen with Debian 12's.
func onlyKnowsMD5(req *gosip.Request) bool {
	h := req.GetHeader("User-Agent")
	return h != nil && (strings.HasPrefix(h.Value(), "baresip v0.") || strings.HasPrefix(h.Value(), "baresip v1."))
}

// Verify tells whose request it is. Without credentials, or with wrong ones, the Refusal is a challenge; 400 when they
// cannot be read, 403 when they are right and From names somebody else. The From "anonymous" is anybody's (RFC 3323).
//
// The credentials must be for the request's method and URI, and for a nonce that the request's source was given not long ago: with
// another one the password is not looked at (RFC 7616 §3.3 stale). Each nonce count is taken once; credentials without qop (RFC
// 2069) have none, so their nonce serves once.
func (d *Digest) Verify(req *gosip.Request, account func(user string) (Account, bool), now time.Time) (Account, *Refusal) {
	realm := d.realmFor(req, account)
	c, refusal := d.credentials(req, realm)
	if refusal != nil {
		return Account{}, refusal
	}
	if c == nil {
		return Account{}, d.Challenge(req, realm, now, false, "no credentials")
	}
	id, made, open := d.nonces.open(c.nonce, sourceText(req), now)
	if !open {
		return Account{}, d.Challenge(req, realm, now, true, "stale nonce")
	}
	known, found := account(c.username)
	found = found && cmp.Or(known.Realm, d.realm) == realm
	ha1 := known.HA1MD5
	if c.algorithm == "SHA-256" {
		ha1 = known.HA1SHA256
	}
	right := d.right(c, ha1, string(req.Method)) && found && ha1 != ""
	var uri gosip.Uri
	switch {
	case !right:
		refusal := d.Challenge(req, realm, now, false, "wrong credentials of user "+strconv.Quote(clip(c.username, 60)))
		refusal.Guess = true
		return Account{}, refusal
	case gosip.ParseUri(c.uri, &uri) != nil || !sameTarget(&uri, &req.Recipient):
		return Account{}, d.Challenge(req, realm, now, false, fmt.Sprintf("credentials of user %q for another URI", known.User))
	case !d.nonces.use(id, made, c.count, now):
		return Account{}, d.Challenge(req, realm, now, true, fmt.Sprintf("credentials of user %q used again", known.User))
	}
	if user := CallerOf(req).User; known.Trunk.Name == "" && user != c.username && !strings.EqualFold(user, "anonymous") {
		return Account{}, Forbidden(fmt.Sprintf("user %q calls itself %q", known.User, clip(user, 60)))
	}
	return known, nil
}

// realmFor is the realm whose credentials a request needs: that of the account by which its caller, or who registers, calls itself. An
// account with a realm of its own can be told from one that does not exist.
func (d *Digest) realmFor(req *gosip.Request, account func(user string) (Account, bool)) string {
	if known, found := account(CallerOf(req).User); found {
		return cmp.Or(known.Realm, d.realm)
	}
	return d.realm
}

// sourceText is the address that a request came from, as its Via has it since it was received: in a parameter, unless what the
// Via said was right.
func sourceText(req *gosip.Request) string {
	via := req.Via()
	if via == nil {
		return ""
	}
	if text, ok := via.Params.Get("received"); ok {
		return text
	}
	return strings.Trim(via.Host, "[]")
}

// credentials reads the Authorization for a realm: nil when there is none.
func (d *Digest) credentials(req *gosip.Request, realm string) (*credentials, *Refusal) {
	for _, h := range req.Headers() {
		if !strings.EqualFold(h.Name(), "Authorization") {
			continue
		}
		rest, ok := cutPrefixFold(strings.TrimSpace(h.Value()), "Digest")
		if !ok || rest != "" && rest[0] != ' ' && rest[0] != '\t' {
			continue // another scheme
		}
		c, err := parseCredentials(rest)
		if err != nil {
			return nil, badRequest("malformed Authorization", "malformed Authorization: %v", err)
		}
		if c.realm != realm || !d.offers(c) {
			continue // of another server, or by what was not offered
		}
		if problem := c.incomplete(); problem != "" {
			return nil, badRequest("malformed Authorization", "malformed Authorization: %s", problem)
		}
		return c, nil
	}
	return nil, nil
}

// offers tells whether a challenge of ours can be answered like this.
func (d *Digest) offers(c *credentials) bool {
	if c.qop != "" && c.qop != "auth" || c.userhash {
		return false
	}
	for _, algorithm := range d.algorithms {
		if algorithm == c.algorithm {
			return true
		}
	}
	return false
}

// right tells whether the response is that of somebody who knows ha1. It does the same work whatever ha1 is.
func (d *Digest) right(c *credentials, ha1, method string) bool {
	if ha1 == "" {
		ha1 = hex.EncodeToString(d.nonces.key[:]) // nobody's
	}
	h := newHash(c.algorithm)
	ha2 := hashOf(h, method, c.uri)
	var want string
	if c.qop == "" {
		want = hashOf(h, strings.ToLower(ha1), c.nonce, ha2)
	} else {
		want = hashOf(h, strings.ToLower(ha1), c.nonce, c.nc, c.cnonce, c.qop, ha2)
	}
	return subtle.ConstantTimeCompare([]byte(want), []byte(strings.ToLower(c.response))) == 1
}

func newHash(algorithm string) hash.Hash {
	if algorithm == "SHA-256" {
		return sha256.New()
	}
	return md5.New()
}

// hashOf is H(a:b:…) in hexadecimal.
func hashOf(h hash.Hash, parts ...string) string {
	h.Reset()
	for i, part := range parts {
		if i > 0 {
			h.Write([]byte{':'})
		}
		h.Write([]byte(part))
	}
	return hex.EncodeToString(h.Sum(nil))
}

// sameTarget compares the uri of credentials with the Request-URI: user, host and port. Telephones differ in whether they
// repeat its parameters, and in how they write the default port. A sip URI without a user is the server as such: sipp and
// others sign that in place of whom they call, and since a nonce counts once for each request, nothing is gained by
// refusing it.
func sameTarget(a, b *gosip.Uri) bool {
	if a.User == "" && strings.EqualFold(a.Scheme, "sip") {
		return true
	}
	if a.Scheme == "tel" || b.Scheme == "tel" {
		return a.Scheme == b.Scheme && a.Raw() == b.Raw()
	}
	port := func(p int) int {
		if p == 0 {
			return 5060
		}
		return p
	}
	return strings.EqualFold(a.Scheme, b.Scheme) && unescape(a.User) == unescape(b.User) && sameHost(a.Host, b.Host) && port(a.Port) == port(b.Port)
}

// credentials are the parameters of an Authorization header.
type credentials struct {
	username, realm, nonce, uri, response, algorithm, cnonce, qop, nc string

	count    uint32 // nc as a number; nonceOnce without qop
	userhash bool
}

const (
	maxCredentials = 4096 // bytes
	maxParams      = 32
)

// parseCredentials reads name=value pairs, quoted or not, separated by commas.
func parseCredentials(text string) (*credentials, error) {
	if len(text) > maxCredentials {
		return nil, fmt.Errorf("%d bytes", len(text))
	}
	c := &credentials{algorithm: "MD5"}
	seen := make(map[string]bool, 12)
	for {
		text = strings.TrimLeft(text, " \t,")
		if text == "" {
			return c, nil
		}
		name, rest, ok := strings.Cut(text, "=")
		name = strings.ToLower(strings.TrimRight(name, " \t"))
		if !ok || name == "" {
			return nil, errors.New("a parameter without value")
		}
		for i := 0; i < len(name); i++ {
			if !isToken(name[i]) {
				return nil, errors.New("a parameter without name")
			}
		}
		value, rest, err := parseValue(strings.TrimLeft(rest, " \t"))
		if err != nil {
			return nil, err
		}
		if seen[name] || len(seen) == maxParams {
			return nil, errors.New("a parameter twice, or too many")
		}
		seen[name] = true
		if err := c.set(name, value); err != nil {
			return nil, err
		}
		text = strings.TrimLeft(rest, " \t")
		if text != "" && text[0] != ',' {
			return nil, errors.New("parameters without a comma between them")
		}
	}
}

// parseValue reads a quoted string or what stands before the next comma.
func parseValue(text string) (value, rest string, err error) {
	if text == "" || text[0] != '"' {
		if i := strings.IndexByte(text, ','); i >= 0 {
			return strings.TrimRight(text[:i], " \t"), text[i:], nil
		}
		return strings.TrimRight(text, " \t"), "", nil
	}
	var b strings.Builder
	for i := 1; i < len(text); i++ {
		switch text[i] {
		case '"':
			return b.String(), text[i+1:], nil
		case '\\':
			i++
			if i == len(text) {
				return "", "", errors.New("a quote is not closed")
			}
		}
		b.WriteByte(text[i])
	}
	return "", "", errors.New("a quote is not closed")
}

func (c *credentials) set(name, value string) error {
	switch name {
	case "username":
		c.username = value
	case "realm":
		c.realm = value
	case "nonce":
		c.nonce = value
	case "uri":
		c.uri = value
	case "response":
		c.response = value
	case "algorithm":
		c.algorithm = strings.ToUpper(value)
	case "cnonce":
		c.cnonce = value
	case "qop":
		c.qop = strings.ToLower(value)
	case "nc":
		n, err := strconv.ParseUint(value, 16, 32)
		if err != nil || len(value) > 8 {
			return errors.New("nc is no hexadecimal number")
		}
		c.nc, c.count = value, uint32(n)
	case "userhash":
		c.userhash = strings.EqualFold(value, "true")
	}
	return nil
}

// incomplete names what is missing for an answer to one of our challenges.
func (c *credentials) incomplete() string {
	switch {
	case c.username == "":
		return "no username"
	case c.nonce == "":
		return "no nonce"
	case c.uri == "":
		return "no uri"
	case len(c.response) != newHash(c.algorithm).Size()*2:
		return "the response has another length"
	case c.qop != "" && c.cnonce == "":
		return "no cnonce"
	case c.qop != "" && (c.nc == "" || c.count == 0 || c.count == nonceOnce):
		return "no nc"
	}
	if c.qop == "" {
		c.count = nonceOnce
	}
	return ""
}
