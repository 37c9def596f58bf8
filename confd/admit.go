package confd

import (
	"net/http"
	"time"

	"dialtone/store"
)

// unauthorized is the one answer to whoever may not: no token, an unknown one, one that is over, may not write or may not act for
// the tenant. It never says which.
func unauthorized() error { return &failure{http.StatusUnauthorized, []string{"Unauthorized"}} }

// admit finds who sends a request, and the tenant that it acts for.
func (a *API) admit(q *request) error {
	return a.config.Store.View(func(tx *store.Tx) error {
		if tx.Tokens().Len() == 0 && !source(q.http).IsLoopback() {
			return &failure{http.StatusServiceUnavailable, []string{"There is no token yet: make one on the server with `dialtone token add NAME`"}}
		}
		if q.route.open {
			return nil
		}
		token, ok := a.known(tx, q.http.Header.Get("X-Auth-Token"))
		if !ok || token.ReadOnly && !q.route.reads() {
			return unauthorized()
		}
		q.token, q.tenant, q.key = token, token.Tenant, token.Name
		if key, _, ok := tx.Tokens().Get(token.Key); ok {
			q.key = key.Name
		}
		if tenant := q.http.Header.Get("Wazo-Tenant"); tenant != "" {
			if !tx.Below(tenant, token.Tenant) {
				return unauthorized()
			}
			q.tenant = tenant
		}
		return nil
	})
}

// known looks a token up.
func (a *API) known(tx *store.Tx, secret string) (*store.Token, bool) {
	token, ok := tx.Token(secret)
	if !ok || token.Over(time.Now()) {
		return nil, false
	}
	return token, true
}
