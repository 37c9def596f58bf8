package confd

import (
	"crypto/rand"
	"net/http"
	"strings"
	"time"

	"dialtone/store"
)

// signInRoutes are the tokens that programs get for a while, in the shape of wazo-auth. Who signs in is an API key: its name is the
// user, the key itself the password (HTTP Basic).
func signInRoutes() []route {
	return []route{
		{method: "POST", path: "/token", handle: signIn, open: true},
		{method: "GET", path: "/token/{token}", handle: showToken, open: true},
		{method: "DELETE", path: "/token/{token}", handle: signOut, open: true},
		{method: "POST", path: "/token/{token}/scopes/check", handle: checkScopes, open: true},
	}
}

const (
	defaultLife = 2 * time.Hour
	longestLife = 10 * 365 * 24 * time.Hour
	maxSessions = 1000 // tokens that one key has at once; the oldest leaves
)

// signIn makes a token of the key that the request shows.
func signIn(r *request) (answer, error) {
	name, secret, _ := r.http.BasicAuth()
	key, ok := r.api.known(r.tx, r.http, name, secret)
	if !ok || key.Name != name || key.Key != 0 {
		return answer{}, &failure{http.StatusUnauthorized, []string{"Authentication Failed"}}
	}
	r.key = key.Name
	life := int(defaultLife / time.Second)
	err := r.read(func(o *object) {
		o.number("expiration", &life, nullable, between(1, int(longestLife/time.Second)))
	})
	if err != nil {
		return answer{}, err
	}
	now := time.Now().Truncate(time.Second)
	if err := makeRoom(r.tx, key, now); err != nil {
		return answer{}, err
	}
	secret = rand.Text()
	token, err := r.tx.Tokens().Put(store.Token{
		Hash: store.HashToken(secret), Tenant: key.Tenant, ReadOnly: key.ReadOnly, Key: key.ID,
		Created: now, Expires: now.Add(time.Duration(life) * time.Second),
	})
	if err != nil {
		return answer{}, err
	}
	return shown(session(r, &token, secret)), nil
}

// makeRoom forgets the tokens of a key that are over, and the oldest one where there are too many.
func makeRoom(tx *store.Tx, key *store.Token, now time.Time) error {
	var left []int
	for token := range tx.SessionsOf(key.ID) {
		if !token.Over(now) {
			left = append(left, token.ID)
			continue
		}
		if err := tx.Tokens().Delete(token.ID); err != nil {
			return err
		}
	}
	if len(left) < maxSessions {
		return nil
	}
	return tx.Tokens().Delete(left[0])
}

// tokenOf gives the token that the path names.
func tokenOf(r *request) (*store.Token, error) {
	token, ok := r.api.known(r.tx, r.http, "", r.text("token"))
	if !ok {
		return nil, &failure{http.StatusNotFound, []string{"No such token"}}
	}
	return token, nil
}

// may tells that a token has a right, as confd.incalls.read.
func may(token *store.Token, scope string) bool {
	return !token.ReadOnly || strings.HasSuffix(scope, ".read")
}

// actsFor refuses a token that may not act for a tenant; empty: it is not asked.
func actsFor(r *request, token *store.Token, tenant string) error {
	if tenant != "" && !r.tx.Below(tenant, token.Tenant) {
		return forbidden("tenant " + tenant)
	}
	return nil
}

func forbidden(what string) error {
	return &failure{http.StatusForbidden, []string{"Unauthorized for " + what}}
}

// showToken says whose a token is. With scope (confd.incalls.read) and tenant in the query it says whether it may do that: 403 if not.
func showToken(r *request) (answer, error) {
	token, err := tokenOf(r)
	if err != nil {
		return answer{}, err
	}
	if scope := r.query().Get("scope"); scope != "" && !may(token, scope) {
		return answer{}, forbidden(scope)
	}
	if err := actsFor(r, token, r.query().Get("tenant")); err != nil {
		return answer{}, err
	}
	if r.http.Method == http.MethodHead {
		return done(), nil
	}
	return shown(session(r, token, r.text("token"))), nil
}

// checkScopes says of each of some rights whether a token has it. It changes nothing.
func checkScopes(r *request) (answer, error) {
	token, err := tokenOf(r)
	if err != nil {
		return answer{}, err
	}
	var scopes []string
	tenant := ""
	err = r.read(func(o *object) {
		o.texts("scopes", &scopes, required)
		o.text("tenant_uuid", &tenant, nullable, uuid)
	})
	if err == nil {
		err = actsFor(r, token, tenant)
	}
	if err != nil {
		return answer{}, err
	}
	rights := make(map[string]bool, len(scopes))
	for _, scope := range scopes {
		rights[scope] = may(token, scope)
	}
	return shown(map[string]any{"scopes": rights}), nil
}

// signOut revokes a token that was made by signing in. A key is revoked on the server only.
func signOut(r *request) (answer, error) {
	token, err := tokenOf(r)
	if err != nil {
		return answer{}, err
	}
	if token.Key == 0 {
		return answer{}, &failure{http.StatusForbidden, []string{"A key is revoked on the server: `dialtone token revoke NAME`"}}
	}
	if err := r.tx.Tokens().Delete(token.ID); err != nil {
		return answer{}, err
	}
	return shown(map[string]any{"data": map[string]string{"message": "success"}}), nil
}

// session shows a token as wazo-auth does.
func session(r *request, token *store.Token, secret string) any {
	const layout = "2006-01-02T15:04:05.000000"
	acl := []string{"#"}
	if token.ReadOnly {
		acl = []string{"*.*.read", "*.#.read"}
	}
	at := func(t time.Time) (local, utc any) {
		if t.IsZero() {
			return nil, nil
		}
		return t.Local().Format(layout), t.UTC().Format(layout)
	}
	expires, utcExpires := at(token.Expires)
	issued, utcIssued := at(token.Created)
	server := r.tx.MasterTenant().UUID
	return map[string]any{"data": map[string]any{
		"token": secret, "session_uuid": token.UUID, "auth_id": token.UUID, "xivo_user_uuid": nil, "xivo_uuid": server, "acl": acl, "acls": acl,
		"expires_at": expires, "utc_expires_at": utcExpires, "issued_at": issued, "utc_issued_at": utcIssued,
		"metadata": map[string]any{
			"uuid": token.UUID, "auth_id": token.UUID, "tenant_uuid": token.Tenant, "pbx_user_uuid": nil, "xivo_uuid": server,
		},
		"user_agent": r.http.UserAgent(), "remote_addr": source(r.http).String(),
	}}
}
