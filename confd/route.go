package confd

import (
	"net/url"
	"slices"
	"strings"
)

// route is one method of one path.
type route struct {
	method string // GET, which answers HEAD too, POST, PUT or DELETE
	// path is relative to the API's, "/incalls/{incall_id}/extensions/{extension_id}". A part in braces that is id or ends in _id
	// takes whole numbers only, and another path is not found; any other one takes whatever has no slash.
	path   string
	handle func(*request) (answer, error)
	before func(*request) error // what takes long, before the transaction begins; may be nil
	open   bool                 // no token is asked for
	alone  bool                 // reads its body and the store by itself: an upload, a file
}

// reads tells that the route changes nothing.
func (r *route) reads() bool { return r.method == "GET" }

// paths finds routes. Each is a part of a path, with those that may follow it.
type paths struct {
	named        map[string]*paths
	number, text *paths
	methods      map[string]*route // that end here
}

// newPaths makes the tree of routes.
func newPaths(routes []route) *paths {
	root := new(paths)
	for i := range routes {
		at := root
		for part := range strings.SplitSeq(strings.TrimPrefix(routes[i].path, "/"), "/") {
			at = at.next(part)
		}
		if at.methods == nil {
			at.methods = map[string]*route{}
		}
		at.methods[routes[i].method] = &routes[i]
	}
	return root
}

// next is what follows by a part of a route's path; it is made where there is none.
func (p *paths) next(part string) *paths {
	at := &p.text
	switch name, variable := variable(part); {
	case !variable:
		if p.named == nil {
			p.named = map[string]*paths{}
		}
		if p.named[part] == nil {
			p.named[part] = new(paths)
		}
		return p.named[part]
	case name == "id" || strings.HasSuffix(name, "_id"):
		at = &p.number
	}
	if *at == nil {
		*at = new(paths)
	}
	return *at
}

// variable gives the name of a part of a route's path that is in braces.
func variable(part string) (name string, ok bool) {
	name, ok = strings.CutPrefix(part, "{")
	return strings.TrimSuffix(name, "}"), ok
}

// find gives what lies at a path as the client escaped it, and the values of the parts in braces, in order; nil: nothing.
func (p *paths) find(escaped string) (*paths, []string) {
	parts := strings.Split(strings.TrimPrefix(escaped, "/"), "/")
	for i := range parts {
		part, err := url.PathUnescape(parts[i])
		if err != nil {
			return nil, nil
		}
		parts[i] = part
	}
	return p.follow(parts, nil)
}

func (p *paths) follow(parts, values []string) (*paths, []string) {
	if p == nil || len(parts) == 0 {
		if p == nil || p.methods == nil {
			return nil, nil
		}
		return p, values
	}
	part, rest := parts[0], parts[1:]
	if found, values := p.named[part].follow(rest, values); found != nil {
		return found, values
	}
	if part == "" {
		return nil, nil
	}
	values = append(slices.Clip(values), part)
	if isNumber(part) {
		if found, values := p.number.follow(rest, values); found != nil {
			return found, values
		}
	}
	return p.text.follow(rest, values)
}

// allowed lists the methods, for the Allow header.
func (p *paths) allowed() string {
	methods := []string{"OPTIONS"}
	for method := range p.methods {
		methods = append(methods, method)
		if method == "GET" {
			methods = append(methods, "HEAD")
		}
	}
	slices.Sort(methods)
	return strings.Join(methods, ", ")
}

// values gives the parts in braces by their names.
func (r *route) values(of []string) map[string]string {
	named := make(map[string]string, len(of))
	for part := range strings.SplitSeq(r.path, "/") {
		if name, ok := variable(part); ok && len(of) > len(named) {
			named[name] = of[len(named)]
		}
	}
	return named
}

// isNumber tells that text is a whole number, of however many digits.
func isNumber(text string) bool {
	return text != "" && strings.Trim(text, "0123456789") == ""
}
