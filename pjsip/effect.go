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
		"contact":            "a server of the trunk: where its calls go",
		"qualify_frequency":  "seconds from one OPTIONS to the next, to the servers of a trunk or the contacts of a telephone; 0: none",
		"max_contacts":       "how many contacts a telephone registers at once, up to 100; one more is refused",
		"remove_existing":    "with yes, one more takes the place of the oldest",
		"default_expiration": "seconds of a registration that does not say for how long",
		"minimum_expiration": "seconds below which a registration is refused",
		"maximum_expiration": "seconds that are granted at most",
		"type":               reference,
	},
	Auth: {
		"username":        "the user by which a telephone registers, or a carrier proves its calls",
		"password":        "its password",
		"password_digest": "what verifies its password, as MD5:… and SHA-256:…, for its realm",
		"realm":           "of the password, in place of dialtone",
		"auth_type":       reference, "type": reference,
	},
	Endpoint: {
		"call_group":                  "groups that the ringing of a telephone belongs to",
		"named_call_group":            "the same, by names",
		"pickup_group":                "groups whose ringing a telephone may answer",
		"named_pickup_group":          "the same, by names",
		"set_var":                     "a variable that the calls of a telephone begin with",
		"callerid":                    "who calls, where neither the line nor its user says it",
		"context":                     "where a trunk's calls begin, where the trunk does not say it; a telephone's begin in the context of its line",
		"direct_media":                "audio always goes through the server, as with no",
		"max_audio_streams":           "a call has one, as with 1",
		"allow":                       "the codecs that are spoken, the preferred one first: ulaw and alaw; without any of them both are",
		"disallow":                    "those that are not",
		"dtmf_mode":                   "how keys get to it: rfc4733 and auto as was agreed on, else as tones; inband as tones; info by SIP INFO; auto_info as was agreed on, else by SIP INFO",
		"media_encryption":            "sdes: audio is encrypted, over signalling in clear, too; no: it is not. Without it as serve --srtp says",
		"media_encryption_optimistic": "with yes, sdes is offered and need not be taken",
		"rtp_timeout":                 "seconds without audio after which a talk ends, in place of serve --rtp-timeout; 0: never",
		"rtp_timeout_hold":            "the same while it is on hold",
		"language":                    "of the sounds that its calls hear",
		"moh_suggest":                 "the music that others hear whom it puts on hold",
		"device_state_busy_at":        "calls at which its lamp shows that it is busy",
		"from_user":                   "the user of From, in calls by a trunk",
		"from_domain":                 "the host of From, in calls by a trunk",
		"outbound_proxy":              "where calls by a trunk are sent in place of its first server",
		"send_pai":                    "calls by a trunk say who calls by P-Asserted-Identity",
		"send_rpid":                   "calls by a trunk say who calls by Remote-Party-ID",
		"send_diversion":              "calls by a trunk say who diverted them",
		"trust_id_inbound":            "with no, a trunk is not believed what it says of callers",
		"trust_id_outbound":           "with no, a trunk is not told who withholds the number",
		"type":                        reference, "auth": reference, "aors": reference, "outbound_auth": reference,
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

// idle are the values of options with an effect that have none.
var idle = map[Option]bool{
	{"direct_media", "yes"}: true, {"direct_media", "true"}: true, {"media_encryption", "dtls"}: true,
}
