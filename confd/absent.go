package confd

import (
	"net/http"
	"slices"
)

// absent is a resource of the contract that dialtone has not: its list is empty, nothing in it is found, and nothing can be made.
type absent struct {
	path string
	name string // of one object in sentences
	what string // that "dialtone has no"
}

// absents are the resources that dialtone has not. Dashboards read all lists.
var absents = []absent{
	{"/queues", "Queue", "queues"},
	{"/queues/skills", "Skill", "skills"},
	{"/queues/skillrules", "SkillRule", "skill rules"},
	{"/agents", "Agent", "agents"},
	{"/switchboards", "Switchboard", "switchboards"},
	{"/conferences", "Conference", "conferences"},
	{"/applications", "Application", "applications"},
	{"/parkinglots", "ParkingLot", "parking lots"},
	{"/pagings", "Paging", "paging"},
	{"/callpermissions", "CallPermission", "call permissions"},
	{"/callfilters", "CallFilter", "call filters"},
	{"/callpickups", "CallPickup", "call pickups"},
	{"/meetings", "Meeting", "meetings"},
	{"/ingresses/http", "IngressHTTP", "ingresses"},
	{"/moh", "MOH", "music on hold by REST: put files into sounds/moh/CLASS of the data directory"},
	{"/voicemails", "Voicemail", "voicemail"},
	{"/devices", "Device", "provisioning of devices"},
	{"/funckeys/templates", "FuncKeyTemplate", "function keys"},
	{"/registers/iax", "IAXRegister", "IAX"},
	{"/endpoints/iax", "IAXEndpoint", "IAX"},
	{"/endpoints/custom", "CustomEndpoint", "custom endpoints"},
	{"/endpoints/sccp", "SCCPEndpoint", "SCCP"},
	{"/external/apps", "ExternalApp", "external applications"},
	{"/access_features", "AccessFeature", "access features"},
	{"/sip/transports", "SIPTransport", "transports by REST: they are the server's settings (`dialtone serve --sip`)"},
}

// fixed are settings of the original that are the server's own here: they can be read, not changed.
type fixed struct {
	path string
	body any
	why  string // who wants to change it is told so
}

var fixeds = []fixed{
	{"/configuration/live_reload", map[string]bool{"enabled": true}, "changes are in force at once, always"},
	{"/dhcp", map[string]any{"active": false, "pool_start": "", "pool_end": "", "network_interfaces": []string{}}, "dialtone has no DHCP server"},
	{"/ha", map[string]any{"node_type": "disabled", "remote_address": nil}, "dialtone has no standby of that kind"},
	{"/provisioning/networking", map[string]any{"provision_host": nil, "provision_http_port": nil, "provision_http_base_url": nil}, "dialtone has no provisioning of devices"},
	{"/emails", map[string]any{"domain_name": "", "from": "", "address_rewriting_rules": []string{}, "smtp_host": "", "fallback_smtp_host": ""}, "dialtone sends no mail"},
	{"/asterisk/rtp/general", noOptions, "RTP is set by `dialtone serve --help`"},
	{"/asterisk/rtp/ice_host_candidates", noOptions, "dialtone has no ICE"},
	{"/asterisk/pjsip/doc", map[string]any{}, "it is a document"},
	{"/asterisk/pjsip/global", noOptions, "SIP is set by `dialtone serve --help`"},
	{"/asterisk/pjsip/system", noOptions, "SIP is set by `dialtone serve --help`"},
	{"/asterisk/confbridge/wazo_default_bridge", noOptions, "dialtone has no conferences by REST"},
	{"/asterisk/confbridge/wazo_default_user", noOptions, "dialtone has no conferences by REST"},
	{"/asterisk/features/general", noOptions, "features are set in the dialplan"},
	{"/asterisk/features/applicationmap", noOptions, "features are set in the dialplan"},
	{"/asterisk/features/featuremap", noOptions, "features are set in the dialplan"},
	{"/asterisk/hep/general", noOptions, "dialtone sends no HEP"},
	{"/asterisk/iax/general", map[string]any{"ordered_options": []string{}, "options": map[string]string{}}, "dialtone has no IAX"},
	{"/asterisk/iax/callnumberlimits", map[string]any{"items": []string{}}, "dialtone has no IAX"},
	{"/asterisk/sccp/general", noOptions, "dialtone has no SCCP"},
	{"/asterisk/queues/general", noOptions, "dialtone has no queues"},
	{"/asterisk/voicemail/general", noOptions, "dialtone has no voicemail"},
	{"/asterisk/voicemail/zonemessages", map[string]any{"items": []string{}}, "dialtone has no voicemail"},
}

var noOptions = map[string]any{"options": map[string]string{}}

// absentRoutes answer for what dialtone has not.
func absentRoutes() []route {
	var routes []route
	for _, a := range absents {
		not := func(*request) (answer, error) { return answer{}, notImplemented(a.what) }
		routes = append(routes,
			route{method: "GET", path: a.path, handle: func(*request) (answer, error) { return shown(page{Items: []any{}}), nil }},
			route{method: "POST", path: a.path, handle: not},
			route{method: "GET", path: a.path + "/{key}", handle: func(r *request) (answer, error) {
				return answer{}, notFound(a.name, "id", r.text("key"))
			}},
			route{method: "PUT", path: a.path + "/{key}", handle: not},
			route{method: "DELETE", path: a.path + "/{key}", handle: not},
		)
	}
	for _, f := range fixeds {
		routes = append(routes,
			route{method: "GET", path: f.path, handle: func(*request) (answer, error) { return shown(f.body), nil }},
			route{method: "PUT", path: f.path, handle: func(*request) (answer, error) {
				return answer{}, &failure{http.StatusNotImplemented, []string{"Not implemented: " + f.why}}
			}},
		)
	}
	return slices.Clip(routes)
}
