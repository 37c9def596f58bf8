package confd

import (
	"net/http"
	"net/url"
	"strconv"

	"dialtone/store"
)

// request is what a route's handler is given.
type request struct {
	api    *API
	route  *route
	mount  *mount
	values map[string]string // of the path's parts in braces

	http   *http.Request
	writer http.ResponseWriter // of routes that are alone: for deadlines and limits only
	body   []byte
	made   any        // what the route's before made of the body
	asked  url.Values // the query; read it by query
	base   string     // of the mount, as the client sees it; read it by url

	token  *store.Token // nil on open routes
	key    string       // the name of the API key that it is, or is of
	tenant string       // UUID of the tenant that the request acts for

	tx *store.Tx // nil on routes that are alone

	targets []target // what the destinations of the body lead to; written as they are read
}

// id gives a number of the path, as "incall_id" in /incalls/{incall_id}. One that is larger than any id is the largest int.
func (r *request) id(name string) int {
	n, _ := strconv.Atoi(r.values[name]) // the tree of paths has seen to it
	return n
}

// text gives another part of the path, unescaped.
func (r *request) text(name string) string { return r.values[name] }

// told is the path for the log: one that has a token in it is told without.
func (r *request) told() string {
	if r.values["token"] != "" {
		return r.route.path
	}
	return r.http.URL.Path
}

// query gives the query.
func (r *request) query() url.Values {
	if r.asked == nil {
		r.asked = r.http.URL.Query()
	}
	return r.asked
}

// read reads the body's fields. On PUT those that are left out stay as they are. The error names every wrong field.
func (r *request) read(fields func(*object)) error {
	return r.readBody(r.route.method == http.MethodPut, fields)
}

// readWhole reads a body of which nothing may be left out, whatever the method: it is no part of an object.
func (r *request) readWhole(fields func(*object)) error { return r.readBody(false, fields) }

func (r *request) readBody(partial bool, fields func(*object)) error {
	values, err := decode(r.body)
	if err != nil {
		return err
	}
	o := object{values: values, partial: partial}
	fields(&o)
	return o.faults.refused()
}

// links are an object's own.
func (r *request) links(rel, path string) []link {
	return []link{{rel, r.url(path)}}
}

// url makes an absolute address of a path relative to the API, "/incalls/3".
func (r *request) url(path string) string {
	if r.base == "" {
		r.base = r.mount.base(r.http)
	}
	return r.base + path
}

// sees tells that the request may look at and change objects of a tenant: its own and those below it.
func (r *request) sees(tenant string) bool {
	return r.tx.Below(tenant, r.tenant)
}

// lists tells that the request's lists have objects of a tenant: its own, with recurse those below it too.
func (r *request) lists(tenant string) bool {
	if tenant == r.tenant {
		return true
	}
	recurse, _ := truth(r.query().Get("recurse"))
	return recurse && r.sees(tenant)
}

// orNull is how a text is shown that has none as null.
func orNull(text string) any {
	if text == "" {
		return nil
	}
	return text
}
