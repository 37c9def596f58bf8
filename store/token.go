package store

import (
	"crypto/sha256"
	"encoding/hex"
	"iter"
	"time"
)

// Token is a right to use the REST API. The token itself is not kept, only its hash.
type Token struct {
	ID       int       `json:"id"`
	UUID     string    `json:"uuid"`
	Name     string    `json:"name"`          // of an API key, unique; empty: of a session
	Hash     string    `json:"hash"`          // HashToken of the token
	Key      int       `json:"key,omitempty"` // of a session: the API key that it was made with
	Tenant   string    `json:"tenant"`        // UUID; it also acts for those below it
	ReadOnly bool      `json:"read_only,omitempty"`
	Created  time.Time `json:"created"`
	Expires  time.Time `json:"expires,omitzero"` // zero: never
}

const (
	tokenHash = iota
	tokenName
	tokenKey
	tokenUUID
)

var tokenKind = &kind[Token]{
	table:  tokenTable,
	id:     func(t *Token) *int { return &t.ID },
	uuid:   func(t *Token) *string { return &t.UUID },
	tenant: func(t *Token) string { return t.Tenant },
	indexes: []index[Token]{
		tokenHash: only(func(t *Token) string { return t.Hash }, func(t *Token, key string) error { return invalid("token %s: it is there already", t.Name) }),
		tokenName: only(func(t *Token) string { return t.Name }, func(t *Token, key string) error { return invalid("token %s exists already", key) }),
		tokenKey: {keys: func(t *Token, add func(string)) {
			if t.Key != 0 {
				add(number(t.Key))
			}
		}},
		tokenUUID: only(func(t *Token) string { return t.UUID }, func(t *Token, key string) error { return invalid("token: the UUID %s is taken", key) }),
	},
}

func (t *Token) check(tx *Tx) error {
	if !isHex(t.Hash, 2*sha256.Size) {
		return invalid("token %s: its hash is not SHA-256 in hexadecimal", t.Name)
	}
	if (t.Key == 0) != (t.Name != "") {
		return invalid("token %q: an API key has a name, a session a key", t.Name)
	}
	if t.Key == 0 {
		if err := validName("key's name", t.Name, ""); err != nil {
			return err
		}
	}
	return checkOwner(tx, t.Tenant, "token", t.Name)
}

// links looks for the key of a session.
func (t *Token) links(tx *Tx) error {
	if _, _, ok := tx.Tokens().Get(t.Key); t.Key != 0 && !ok {
		return invalid("token: there is no key %d", t.Key)
	}
	return nil
}

// dropped ends the sessions of a key.
func (t *Token) dropped(tx *Tx) error {
	for session := range tx.SessionsOf(t.ID) {
		if err := tx.Tokens().Delete(session.ID); err != nil {
			return err
		}
	}
	return nil
}

// Over tells that a token is not valid any more.
func (t *Token) Over(now time.Time) bool { return !t.Expires.IsZero() && !now.Before(t.Expires) }

// HashToken is what is kept of a token: SHA-256, in hexadecimal. A token is random, so nothing slower is needed.
func HashToken(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}

// Tokens are the API keys and the sessions.
func (tx *Tx) Tokens() Kind[Token] { return Kind[Token]{tx, tokenKind} }

// Token gives the record of a token.
func (tx *Tx) Token(token string) (*Token, bool) { return tx.Tokens().one(tokenHash, HashToken(token)) }

// TokenNamed gives an API key by its name.
func (tx *Tx) TokenNamed(name string) (*Token, bool) { return tx.Tokens().one(tokenName, name) }

// SessionsOf are the sessions that were made with an API key, the oldest first.
func (tx *Tx) SessionsOf(key int) iter.Seq[*Token] { return tx.Tokens().having(tokenKey, number(key)) }
