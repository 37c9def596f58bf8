package ivr

import (
	"fmt"
	"net"
	"net/url"
	"path/filepath"
	"strings"
)

// Allow is what the operator allows a dialplan beyond its calls. The zero value
// allows nothing.
type Allow struct {
	System   bool     // System and TrySystem may run commands
	Env      bool     // ENV may read and set the process's environment
	Files    []string // directories in which STAT may look
	CURL     Hosts    // hosts that CURL may ask
	Programs string   // directory of the local programs of AGI; empty: none
}

// Hosts are entries of hosts that may be asked: name, name:port, *.domain, or * for
// all. An entry without a port allows every port.
type Hosts []string

// Has tells whether an entry allows a host.
func (h Hosts) Has(name, port string) bool { return h.match(name, port, true) }

// Names tells whether an entry allows a host by its own name.
func (h Hosts) Names(name, port string) bool { return h.match(name, port, false) }

// Allow tells why the host of a URL may not be asked; nil: it may. The setting is the one that the entries are from.
func (h Hosts) Allow(u *url.URL, setting string) error {
	port := u.Port()
	switch {
	case u.Scheme != "http" && u.Scheme != "https":
		return fmt.Errorf("%s:// is no address of HTTP", u.Scheme)
	case port == "" && u.Scheme == "http":
		port = "80"
	case port == "":
		port = "443"
	}
	if !h.Has(u.Hostname(), port) {
		return fmt.Errorf("the host %s is not to be asked: the server's setting %s opens hosts", net.JoinHostPort(u.Hostname(), port), setting)
	}
	return nil
}

func (h Hosts) match(name, port string, wildcards bool) bool {
	name = strings.ToLower(strings.TrimSuffix(name, "."))
	for _, entry := range h {
		host, only := strings.ToLower(entry), ""
		if h, p, err := net.SplitHostPort(host); err == nil {
			host, only = h, p
		}
		host = strings.TrimSuffix(strings.TrimPrefix(host, "["), "]")
		if only != "" && only != port {
			continue
		}
		domain, wild := strings.CutPrefix(host, "*")
		if !wild && host == name || wildcards && wild && (domain == "" || strings.HasPrefix(domain, ".") && strings.HasSuffix(name, domain)) {
			return true
		}
	}
	return false
}

// File tells whether STAT may look at a file: it lies in one of the directories of
// Files, after all links.
func (a Allow) File(name string) bool {
	name, err := filepath.Abs(name)
	if err != nil {
		return false
	}
	real := resolve(name)
	for _, dir := range a.Files {
		if dir, err := filepath.Abs(dir); err == nil && within(resolve(dir), real) {
			return true
		}
	}
	return false
}

// Program gives the file of a local AGI program; false when there is none that may
// be run: it has to lie in the directory of Programs, after all links.
func (a Allow) Program(name string) (file string, ok bool) {
	if a.Programs == "" || name == "" {
		return "", false
	}
	dir, err := filepath.Abs(a.Programs)
	if err != nil {
		return "", false
	}
	file = name
	if !filepath.IsAbs(file) {
		file = filepath.Join(dir, file)
	}
	file, err = filepath.EvalSymlinks(file)
	if err != nil {
		return "", false
	}
	return file, within(resolve(dir), file)
}

// resolve follows the links of a path as far as it exists.
func resolve(path string) string {
	if real, err := filepath.EvalSymlinks(path); err == nil {
		return real
	}
	dir := filepath.Dir(path)
	if dir == path {
		return path
	}
	return filepath.Join(resolve(dir), filepath.Base(path))
}

// within tells whether a file lies in a directory, or is it.
func within(dir, file string) bool {
	rel, err := filepath.Rel(dir, file)
	return err == nil && filepath.IsLocal(rel)
}

// Allow is what the operator allows the dialplan.
func (r *Run) Allow() Allow { return r.o.Allow }
