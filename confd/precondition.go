package confd

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"strings"
)

// show gives what GET says at a path relative to the mount of a request, within its transaction.
func (a *API) show(q *request, path string) (any, error) {
	at, values := q.mount.paths.find(path)
	if at == nil || at.methods[http.MethodGet] == nil {
		return nil, fmt.Errorf("%s has no GET", path)
	}
	get := at.methods[http.MethodGet]
	as := *q
	as.route, as.values, as.asked = get, get.values(values), map[string][]string{}
	made, err := get.handle(&as)
	return made.body, err
}

// unchanged refuses a request that wants to change an object only as it was (If-Match), which it is not any more.
func (a *API) unchanged(q *request) error {
	wanted := q.http.Header.Get("If-Match")
	if wanted == "" || q.route.reads() {
		return nil
	}
	rest, _ := q.mount.under(q.http.URL.EscapedPath())
	body, err := a.show(q, rest)
	if err != nil {
		return &failure{http.StatusPreconditionFailed, []string{"Precondition Failed - If-Match names an object, and there is none here"}}
	}
	text, err := marshal(body)
	if err != nil {
		return err
	}
	if !lists(wanted, etag(text)) {
		return &failure{http.StatusPreconditionFailed, []string{"Precondition Failed - changed meanwhile: read it again (GET), then change it"}}
	}
	return nil
}

// etag is the mark of a body.
func etag(body []byte) string {
	sum := sha256.Sum256(body)
	return `"` + hex.EncodeToString(sum[:12]) + `"`
}

// lists tells that a header of marks has one of them, or *.
func lists(header, mark string) bool {
	for one := range strings.SplitSeq(header, ",") {
		one = strings.TrimSpace(one)
		if one == "*" || strings.TrimPrefix(one, "W/") == mark {
			return true
		}
	}
	return false
}
