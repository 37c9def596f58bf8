package confd

import (
	"net/http"
	"net/netip"
	"strings"
	"time"

	"dialtone/rates"
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
		secret := q.http.Header.Get("X-Auth-Token")
		if secret == "" {
			return unauthorized()
		}
		token, ok := a.known(tx, q.http, "", secret)
		if !ok || token.ReadOnly && !q.route.reads() {
			return unauthorized()
		}
		q.token, q.tenant, q.key = token, token.Tenant, token.Name
		if key, _, ok := tx.Tokens().Get(token.Key); ok {
			q.key = key.Name
		}
		if tenant := strings.ToLower(q.http.Header.Get("Wazo-Tenant")); tenant != "" {
			if !tx.Below(tenant, token.Tenant) {
				return unauthorized()
			}
			q.tenant = tenant
		}
		return nil
	})
}

// known looks a token up. user is the name that it was shown with, where there is one. Beyond some wrong ones of a source its tokens are
// not looked at, right or wrong, until time has passed; unless it has shown a right one of late, as a machine that has programs of both
// kinds.
func (a *API) known(tx *store.Tx, r *http.Request, user, secret string) (*store.Token, bool) {
	from, now := rates.Source(source(r)), time.Now()
	met := a.met.Has(from, now)
	if !met && a.guesses.Spent(from, user, false, now) {
		return nil, false
	}
	token, ok := tx.Token(secret)
	if !ok || token.Over(now) {
		a.guesses.Wrong(from, user, now)
		return nil, false
	}
	if !met {
		a.guesses.Right(from, user)
		a.met.Add(from, now)
	}
	return token, true
}

// source is where a request comes from.
func source(r *http.Request) netip.Addr {
	at, _ := netip.ParseAddrPort(r.RemoteAddr)
	return at.Addr().Unmap()
}
