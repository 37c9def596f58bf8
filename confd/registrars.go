package confd

import (
	"net"
	"strings"
)

// defaultRegistrar is the only one: this server.
const defaultRegistrar = "default"

// registrarRoutes show where telephones register. That is a setting of the server, so nothing can be changed.
func registrarRoutes() []route {
	not := func(*request) (answer, error) { return answer{}, notImplemented("registrars but itself") }
	return []route{
		{method: "GET", path: "/registrars", handle: listRegistrars},
		{method: "POST", path: "/registrars", handle: not},
		{method: "GET", path: "/registrars/{key}", handle: showRegistrar},
		{method: "PUT", path: "/registrars/{key}", handle: not},
		{method: "DELETE", path: "/registrars/{key}", handle: not},
	}
}

// shownRegistrar is a registrar as GET shows it.
type shownRegistrar struct {
	ID                string `json:"id"`
	Name              string `json:"name"`
	Deletable         bool   `json:"deletable"`
	MainHost          string `json:"main_host"`
	MainPort          *int   `json:"main_port"` // always nil, as all that follows but the proxy's host: the usual port, and no other server
	BackupHost        any    `json:"backup_host"`
	BackupPort        *int   `json:"backup_port"`
	ProxyMainHost     string `json:"proxy_main_host"`
	ProxyMainPort     *int   `json:"proxy_main_port"`
	ProxyBackupHost   any    `json:"proxy_backup_host"`
	ProxyBackupPort   *int   `json:"proxy_backup_port"`
	OutboundProxyHost any    `json:"outbound_proxy_host"`
	OutboundProxyPort *int   `json:"outbound_proxy_port"`
	Links             []link `json:"links"`
}

// registrarOf is the server, by the host that the request called it.
func registrarOf(r *request) shownRegistrar {
	host := r.http.Host
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	host = strings.Trim(host, "[]")
	return shownRegistrar{ID: defaultRegistrar, Name: defaultRegistrar, MainHost: host, ProxyMainHost: host, Links: r.links("registrars", "/registrars/"+defaultRegistrar)}
}

func listRegistrars(r *request) (answer, error) {
	one := registrarOf(r)
	return list(r, func(yield func(*shownRegistrar) bool) { yield(&one) }, listing[shownRegistrar]{
		columns: []column[shownRegistrar]{
			everything("id", func(s *shownRegistrar) any { return s.ID }),
			everything("name", func(s *shownRegistrar) any { return s.Name }),
			everything("main_host", func(s *shownRegistrar) any { return s.MainHost }),
		},
		order: "name", show: func(s *shownRegistrar) any { return s },
	})
}

func showRegistrar(r *request) (answer, error) {
	if key := r.text("key"); key != defaultRegistrar {
		return answer{}, notFound("Registrar", "id", key)
	}
	return shown(registrarOf(r)), nil
}
