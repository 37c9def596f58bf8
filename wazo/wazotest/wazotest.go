// Package wazotest is a Wazo for tests: the configuration of a small company, in the shapes of wazo-confd's answers.
package wazotest

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
)

// Token is the one that is let in.
const Token = "0b2f8d5e-secret"

// Company is the objects of a small company by resource, as JSON: a telephone, a trunk, menus, hours, and what dialtone has not. A tenant below it has a menu.
//
//go:embed objects.json
var Company []byte

// identities are the resources with the field that tells their objects apart, and whether their lists show nothing else of them.
var identities = map[string]struct {
	field string
	brief bool
}{
	"contexts": {"id", false}, "extensions": {"id", false}, "endpoints/sip/templates": {"uuid", true}, "endpoints/sip": {"uuid", true},
	"lines": {"id", true}, "users": {"uuid", true}, "groups": {"uuid", true}, "ivr": {"id", false}, "schedules": {"id", false},
	"trunks": {"id", false}, "outcalls": {"id", false}, "incalls": {"id", false}, "sounds": {"name", false},
	"tenants": {"uuid", false},
}

// Objects are those of a Wazo by resource.
type Objects map[string][]map[string]any

// Read reads objects of JSON, as Company.
func Read(text []byte) (objects Objects, err error) {
	return objects, json.Unmarshal(text, &objects)
}

// Handler serves the objects below /api/confd/1.1, and sound as each of their sounds; the tenants below /api/auth/0.1. Resources without objects
// are not there.
func (o Objects) Handler(sound []byte) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		path, ok := strings.CutPrefix(r.URL.Path, "/api/confd/1.1/")
		if tenants, is := strings.CutPrefix(r.URL.Path, "/api/auth/0.1/"); is && tenants == "tenants" {
			path, ok = tenants, true
		}
		switch {
		case !ok || r.Method != http.MethodGet:
			fail(w, http.StatusNotFound, map[string]string{"message": "The requested URL was not found on the server."})
		case r.Header.Get("X-Auth-Token") != Token:
			fail(w, http.StatusUnauthorized, []string{"('bad', 'confd.read')"})
		case strings.Contains(path, "/files/"):
			w.Header().Set("Content-Type", "application/octet-stream")
			_, _ = w.Write(sound) // the client went away
		case o[path] != nil:
			o.list(w, r, path)
		default:
			o.one(w, path)
		}
	})
}

func fail(w http.ResponseWriter, status int, body any) {
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // the client went away
}

// list serves a page.
func (o Objects) list(w http.ResponseWriter, r *http.Request, resource string) {
	limit, _ := strconv.Atoi(r.URL.Query().Get("limit"))
	offset, _ := strconv.Atoi(r.URL.Query().Get("offset"))
	is := identities[resource]
	var all []map[string]any
	for _, object := range o[resource] {
		if resource == "tenants" || owns(r.Header.Get("Wazo-Tenant"), object["tenant_uuid"]) {
			all = append(all, object)
		}
	}
	items := []any{}
	for _, object := range all[min(offset, len(all)):min(offset+limit, len(all))] {
		if is.brief {
			object = map[string]any{is.field: object[is.field]}
		}
		items = append(items, object)
	}
	_ = json.NewEncoder(w).Encode(map[string]any{"total": len(all), "items": items}) // the client went away
}

// owns tells whether an object is a tenant's: those that name no UUID are the master's, who needs not be named.
func owns(tenant string, owner any) bool {
	const below = "70000000-0000-4000-8000-000000000002"
	return (tenant == below) == (owner == below)
}

// one serves an object by itself.
func (o Objects) one(w http.ResponseWriter, path string) {
	for resource, is := range identities {
		for _, object := range o[resource] {
			if path == resource+"/"+fmt.Sprint(object[is.field]) {
				_ = json.NewEncoder(w).Encode(object) // the client went away
				return
			}
		}
	}
	fail(w, http.StatusNotFound, []string{"Resource Not Found - it was not found"})
}
