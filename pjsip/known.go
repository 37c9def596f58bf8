package pjsip

import (
	"maps"
	"slices"
	"strings"
)

// Known tells whether a section has an option of that name in Asterisk.
func Known(section Section, key string) bool { return known[section][key] }

// Effect says what an option does here; empty: nothing, it is only kept.
func Effect(section Section, key string) string { return effects[section][key] }

// KeysWithEffect are the options of a section that do something here, sorted.
func KeysWithEffect(section Section) []string { return slices.Sorted(maps.Keys(effects[section])) }

// Without are the options that have no effect here, as "section: key", and values that have none where their key has one, as
// "section: key value"; each once.
func Without(s Sections) []string {
	var texts []string
	for section, options := range s.All() {
		for _, option := range *options {
			text := string(section) + ": " + option.Key()
			if Effect(section, option.Key()) == "" {
				texts = add(texts, text)
			} else if idle[option] {
				texts = add(texts, text+" "+option.Value())
			}
		}
	}
	_, others := Codecs(s.Endpoint)
	for _, codec := range others {
		texts = add(texts, "endpoint: allow "+codec)
	}
	return texts
}

func set(names string) map[string]bool {
	keys := map[string]bool{}
	for _, name := range strings.Fields(names) {
		keys[name] = true
	}
	return keys
}

// Secret tells that whoever knows the value of an option can pass for somebody.
func Secret(key string) bool { return secrets[key] }

var secrets = set("md5_cred oauth_secret password password_digest refresh_token")

// auth is what the section auth has, and those of the same kind by which we prove ourselves.
var auth = set(`auth_type md5_cred nonce_lifetime oauth_clientid oauth_secret password password_digest realm refresh_token
	supported_algorithms_uac supported_algorithms_uas type username`)

// known are the options of each section (Asterisk 22, res/res_pjsip/pjsip_config.xml and res_pjsip_outbound_registration,
// res_pjsip_endpoint_identifier_ip).
var known = map[Section]map[string]bool{
	AOR: set(`authenticate_qualify contact default_expiration mailboxes max_contacts maximum_expiration minimum_expiration
		outbound_proxy qualify_2xx_only qualify_frequency qualify_timeout remove_existing remove_unavailable support_path type
		voicemail_extension`),
	Auth: auth,
	Endpoint: set(`100rel accept_multiple_sdp_answers accountcode acl aggregate_mwi allow allow_overlap allow_subscribe allow_transfer
		allow_unauthenticated_options aors asymmetric_rtp_codec auth bind_rtp_to_media_address bundle call_group callerid
		callerid_privacy callerid_tag codec_prefs_incoming_answer codec_prefs_incoming_offer codec_prefs_outgoing_answer
		codec_prefs_outgoing_offer connected_line_method contact_acl contact_deny contact_permit contact_user context cos_audio
		cos_video deny device_state_busy_at direct_media direct_media_glare_mitigation direct_media_method
		disable_direct_media_on_nat disallow dtls_auto_generate_cert dtls_ca_file dtls_ca_path dtls_cert_file dtls_cipher
		dtls_fingerprint dtls_private_key dtls_rekey dtls_setup dtls_verify dtmf_mode fax_detect fax_detect_timeout
		follow_early_media_fork follow_redirect_methods force_avp force_rport from_domain from_user g726_non_standard
		geoloc_incoming_call_profile geoloc_outgoing_call_profile ice_support identify_by ignore_183_without_sdp inband_progress
		incoming_call_offer_pref incoming_mwi_mailbox language mailboxes max_audio_streams max_video_streams media_address
		media_encryption media_encryption_optimistic media_use_received_transport message_context moh_passthrough moh_suggest
		mwi_from_user mwi_subscribe_replaces_unsolicited named_call_group named_pickup_group notify_early_inuse_ringing
		one_touch_recording outbound_auth outbound_proxy outgoing_call_offer_pref overlap_context permit pickup_group
		preferred_codec_only record_off_feature record_on_feature redirect_method refer_blind_progress rewrite_contact
		rpid_immediate rtcp_mux rtp_engine rtp_ipv6 rtp_keepalive rtp_symmetric rtp_timeout rtp_timeout_hold sdp_owner sdp_session
		security_mechanisms security_negotiation send_aoc send_connected_line send_diversion send_history_info send_pai send_rpid
		set_var srtp_tag_32 stir_shaken stir_shaken_profile sub_min_expiry subscribe_context suppress_moh_on_sendonly
		suppress_q850_reason_headers t38_bind_udptl_to_media_address t38_udptl t38_udptl_ec t38_udptl_ipv6 t38_udptl_maxdatagram
		t38_udptl_nat tenantid timers timers_min_se timers_sess_expires tone_zone tos_audio tos_video transport
		trust_connected_line trust_id_inbound trust_id_outbound type use_avpf use_ptime user_eq_phone voicemail_extension webrtc`),
	Identify: set(`endpoint match match_header match_request_uri srv_lookups transport type`),
	Registration: set(`auth_rejection_permanent client_uri contact_header_params contact_user endpoint expiration
		fatal_retry_interval forbidden_retry_interval line max_random_initial_delay max_retries outbound_auth outbound_proxy
		retry_interval security_mechanisms security_negotiation server_uri support_outbound support_path transport type user_agent`),
	RegistrationOutboundAuth: auth,
	OutboundAuth:             auth,
}
