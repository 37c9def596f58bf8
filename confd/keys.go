package confd

import (
	"cmp"
	"crypto/rand"
	"fmt"
	"strings"
	"time"

	"dialtone/store"
)

// MakeKey makes an API key: a token that lasts until it is revoked, of a tenant that is named or whose UUID is given, and made where it
// is unknown; empty: the master tenant. The secret is told only now.
func MakeKey(tx *store.Tx, name, tenant string, readOnly bool) (secret string, err error) {
	owner, err := tenantFor(tx, tenant, "")
	if err != nil {
		return "", err
	}
	secret = rand.Text()
	_, err = tx.Tokens().Put(store.Token{
		Name: name, Hash: store.HashToken(secret), Tenant: owner.UUID, ReadOnly: readOnly, Created: time.Now().Truncate(time.Second),
	})
	return secret, err
}

// tenantFor finds a tenant by its UUID or name, or makes it below the master; called is the name of one that is known by its UUID, empty: it is that.
func tenantFor(tx *store.Tx, named, called string) (*store.Tenant, error) {
	if named == "" {
		return tx.MasterTenant(), nil
	}
	if t, err := tenantNamed(tx, named); err == nil {
		return t, nil
	}
	if t, err := tenantNamed(tx, called); err == nil {
		return t, nil
	}
	t := store.Tenant{Name: cmp.Or(called, named), Parent: tx.MasterTenant().UUID}
	if uuidText.MatchString(named) {
		t.UUID = strings.ToLower(named)
	}
	made, err := tx.Tenants().Put(t)
	return &made, err
}

// Key is an API key, as people see it.
type Key struct {
	Name     string    `json:"name"`
	Tenant   string    `json:"tenant"` // its name
	ReadOnly bool      `json:"read_only"`
	Created  time.Time `json:"created"`
	Sessions int       `json:"sessions"` // tokens that were made with it and are not over
}

// Keys are the API keys, the oldest first.
func Keys(tx *store.Tx) []Key {
	keys, now := []Key{}, time.Now()
	for token := range tx.Tokens().All() {
		if token.Key != 0 {
			continue
		}
		key := Key{Name: token.Name, ReadOnly: token.ReadOnly, Created: token.Created}
		if t, ok := tx.Tenant(token.Tenant); ok {
			key.Tenant = t.Name
		}
		for session := range tx.SessionsOf(token.ID) {
			if !session.Over(now) {
				key.Sessions++
			}
		}
		keys = append(keys, key)
	}
	return keys
}

// RevokeKey deletes an API key, and the tokens that were made with it.
func RevokeKey(tx *store.Tx, name string) error {
	token, ok := tx.TokenNamed(name)
	if !ok {
		return fmt.Errorf("key %q: %w (`dialtone token list` shows them)", name, store.ErrNotFound)
	}
	return tx.Tokens().Delete(token.ID)
}
