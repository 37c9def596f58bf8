package store

import (
	"crypto/sha256"
	"encoding/hex"
	"time"
)

// Token is a right to use the REST API. The token itself is not kept, only its hash.
type Token struct {
	ID       int       `json:"id"`
	Name     string    `json:"name"`   // of an API key, unique; empty: of a session
	Hash     string    `json:"hash"`   // HashToken of the token
	Tenant   string    `json:"tenant"` // UUID; it also acts for those below it
	ReadOnly bool      `json:"read_only,omitempty"`
	Created  time.Time `json:"created"`
	Expires  time.Time `json:"expires,omitzero"` // zero: never
}

const (
	tokenHash = iota
	tokenName
)

var tokenKind = &kind[Token]{
	table: tokenTable,
	id:    func(t *Token) *int { return &t.ID },
	indexes: []index[Token]{
		tokenHash: only(func(t *Token) string { return t.Hash }, func(t *Token, key string) error { return invalid("token %s: it is there already", t.Name) }),
		tokenName: only(func(t *Token) string { return t.Name }, func(t *Token, key string) error { return invalid("token %s exists already", key) }),
	},
}

func (t *Token) check(tx *Tx) error {
	if !isHex(t.Hash, 2*sha256.Size) {
		return invalid("token %s: its hash is not SHA-256 in hexadecimal", t.Name)
	}
	return checkOwner(tx, t.Tenant, "token", t.Name)
}

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
