package pjsip

// reference is the effect of an option that names another section: an endpoint has all of its sections here.
const reference = "names a section, of which an endpoint has each of its own"

// proof is the effect of the options of a section by which we prove ourselves.
var proof = map[string]string{
	"username": "the user of our account", "password": "its password", "realm": "the only realm that is answered", "auth_type": reference, "type": reference,
}

// effects says what options do here. Options that are not named have none.
var effects = map[Section]map[string]string{
	AOR: {
		"contact":           "a server of the trunk: where its calls go",
		"qualify_frequency": "seconds from one OPTIONS to the next, to the servers of a trunk",
		"type":              reference,
	},
	Auth: {
		"username":        "the user by which a telephone registers, or a carrier proves its calls",
		"password":        "its password",
		"password_digest": "what verifies its password, as MD5:… and SHA-256:…, for the realm dialtone",
		"auth_type":       reference, "type": reference,
	},
	Endpoint: {
		"call_group":         "groups that the ringing of a telephone belongs to",
		"named_call_group":   "the same, by names",
		"pickup_group":       "groups whose ringing a telephone may answer",
		"named_pickup_group": "the same, by names",
		"set_var":            "a variable that the calls of a telephone begin with",
		"callerid":           "who calls, where neither the line nor its user says it",
		"context":            "where a trunk's calls begin, where the trunk does not say it",
		"direct_media":       "audio always goes through the server, as with no",
		"from_user":          "the user of From, in calls by a trunk",
		"from_domain":        "the host of From, in calls by a trunk",
		"outbound_proxy":     "where calls by a trunk are sent in place of its first server",
		"send_pai":           "calls by a trunk say who calls by P-Asserted-Identity",
		"send_rpid":          "calls by a trunk say who calls by Remote-Party-ID",
		"send_diversion":     "calls by a trunk say who diverted them",
		"trust_id_inbound":   "with no, a trunk is not believed what it says of callers",
		"trust_id_outbound":  "with no, a trunk is not told who withholds the number",
		"type":               reference, "auth": reference, "aors": reference, "outbound_auth": reference,
	},
	Identify: {
		"match": "addresses from which a trunk's calls come",
		"type":  reference, "endpoint": reference,
	},
	Registration: {
		"server_uri":     "where the trunk registers, and its first server",
		"client_uri":     "whom it registers",
		"contact_user":   "the user that the carrier calls then",
		"expiration":     "for how long, in seconds",
		"retry_interval": "seconds after the first time that all servers have failed",
		"outbound_proxy": "where its registration and its calls are sent in place of its first server",
		"type":           reference, "endpoint": reference, "outbound_auth": reference, "line": reference,
	},
	RegistrationOutboundAuth: proof,
	OutboundAuth:             proof,
}
