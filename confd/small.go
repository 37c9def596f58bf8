package confd

import (
	_ "embed"
	"net/http"
	"strings"
)

// smallRoutes say what the server is.
func smallRoutes() []route {
	return []route{
		{method: "GET", path: "/infos", handle: infos},
		{method: "GET", path: "/status", handle: status},
		{method: "GET", path: "/timezones", handle: timezones},
		{method: "GET", path: "/api/api.yml", handle: showYAML, open: true},
		{method: "GET", path: "/wizard", handle: wizard, open: true},
		{method: "POST", path: "/wizard", handle: wizardAgain, open: true},
	}
}

// wazoVersion is the version of the contract that clients are told.
const wazoVersion = "26.12"

func infos(r *request) (answer, error) {
	return shown(map[string]any{
		"uuid": r.tx.MasterTenant().UUID, "wazo_version": wazoVersion, "dialtone_version": r.api.config.Version,
	}), nil
}

func status(r *request) (answer, error) {
	type part struct {
		Status string `json:"status"`
	}
	return shown(map[string]part{"rest_api": {"ok"}, "master_tenant": {"ok"}, "service_token": {"ok"}, "bus_consumer": {"ok"}}), nil
}

// zoneNames are the time zones that can be chosen, one a line, in the order of the alphabet.
//
//go:embed timezones.txt
var zoneNames string

func timezones(r *request) (answer, error) {
	type zone struct {
		Name string `json:"zone_name"`
	}
	name := everything("zone_name", func(z *zone) any { return z.Name })
	return list(r, func(yield func(*zone) bool) {
		for line := range strings.Lines(zoneNames) {
			if !yield(&zone{strings.TrimSpace(line)}) {
				return
			}
		}
	}, listing[zone]{columns: []column[zone]{name}, order: "zone_name", show: func(z *zone) any { return z }})
}

func wizard(*request) (answer, error) { return shown(map[string]bool{"configured": true}), nil }

func wizardAgain(*request) (answer, error) {
	return answer{}, &failure{http.StatusBadRequest, []string{"Resource Error - dialtone is configured already"}}
}
