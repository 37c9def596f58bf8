package store

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"dialtone/pjsip"
)

// LegRules are how sound and keys travel in the calls of a phone or a trunk. What is empty is as the server has it.
type LegRules struct {
	Keys       string   `json:"keys,omitempty"`       // how keys get to it, one of the Keys… constants; empty: KeysAuto
	Codecs     []string `json:"codecs,omitempty"`     // the only ones that are spoken, the preferred one first: "ulaw", "alaw"
	Encryption string   `json:"encryption,omitempty"` // of audio, one of the Encryption… constants; empty: as serve --srtp says

	// Seconds without audio after which a talk ends, and while it is on hold; 0: as the server has it; -1: it does not end.
	Silence     int `json:"silence,omitempty"`
	HoldSilence int `json:"hold_silence,omitempty"`

	Language string `json:"language,omitempty"` // of the sounds that its calls hear
	Music    string `json:"music,omitempty"`    // class of the music that others hear whom it puts on hold
	BusyAt   int    `json:"busy_at,omitempty"`  // calls at which it counts as busy for lamps; 0: never
}

// How keys get to a phone or a trunk.
const (
	KeysAuto     = "auto"      // as events where that was agreed on, else as tones
	KeysByEvent  = "rfc4733"   // the same
	KeysByTone   = "inband"    // as tones alone: no events are agreed on
	KeysByInfo   = "info"      // by SIP INFO alone
	KeysAutoInfo = "auto_info" // as events where that was agreed on, else by SIP INFO
)

// Whether the audio of a phone or a trunk is encrypted.
const (
	EncryptionOff      = "no"
	EncryptionOptional = "optional" // where the far side can
	EncryptionRequired = "sdes"     // by keys in the descriptions, whatever the signalling goes over
)

var (
	keyWays     = []string{"", KeysAuto, KeysByEvent, KeysByTone, KeysByInfo, KeysAutoInfo}
	encryptions = []string{"", EncryptionOff, EncryptionOptional, EncryptionRequired}
)

const (
	maxLanguage = 40   // bytes
	maxBusyAt   = 1000 // calls
)

// valid says what is wrong with the rules; whose are they is in front: "phone 1001".
func (r LegRules) valid(whose string) error {
	switch {
	case !slices.Contains(keyWays, r.Keys):
		return invalid("%s: keys by %q (%s)", whose, r.Keys, strings.Join(keyWays[1:], ", "))
	case !slices.Contains(encryptions, r.Encryption):
		return invalid("%s: encryption %q (%s)", whose, r.Encryption, strings.Join(encryptions[1:], ", "))
	case r.Silence < -1 || r.Silence > maxTrunkTime || r.HoldSilence < -1 || r.HoldSilence > maxTrunkTime:
		return invalid("%s: silence is 0 to %d seconds, or -1", whose, maxTrunkTime)
	case r.BusyAt < 0 || r.BusyAt > maxBusyAt:
		return invalid("%s: busy_at is 0 to %d calls", whose, maxBusyAt)
	case len(r.Language) > maxLanguage || !plainText(r.Language, `/\`):
		return invalid("%s: %q is no language", whose, r.Language)
	case len(r.Music) > maxContext || strings.ContainsFunc(r.Music, isControl):
		return invalid("%s: %q is no class of music", whose, r.Music)
	}
	for i, codec := range r.Codecs {
		if !slices.Contains(pjsip.Spoken, codec) || slices.Contains(r.Codecs[:i], codec) {
			return invalid("%s: codec %q is none of %s, or is there twice", whose, codec, strings.Join(pjsip.Spoken, ", "))
		}
	}
	return nil
}

// legRuleKeys are the options of an endpoint that say them.
var legRuleKeys = []string{"dtmf_mode", "allow", "disallow", "media_encryption", "media_encryption_optimistic", "rtp_timeout", "rtp_timeout_hold", "language", "moh_suggest", "device_state_busy_at"}

// legRulesIn reads them from the options of an endpoint.
func legRulesIn(options pjsip.Options) (r LegRules, err error) {
	r.Keys, r.Language, r.Music = options.Get("dtmf_mode"), options.Get("language"), options.Get("moh_suggest")
	if !slices.Contains(keyWays, r.Keys) {
		return r, invalid("endpoint_section_options: dtmf_mode %q is none of %s", r.Keys, strings.Join(keyWays[1:], ", "))
	}
	r.Codecs, _ = pjsip.Codecs(options)
	switch options.Get("media_encryption") {
	case "no":
		r.Encryption = EncryptionOff
	case "sdes":
		r.Encryption = EncryptionRequired
		if truth(options.Get("media_encryption_optimistic")) {
			r.Encryption = EncryptionOptional
		}
	}
	if r.Silence, err = secondsOrNever(options, "endpoint", "rtp_timeout"); err != nil {
		return r, err
	}
	if r.HoldSilence, err = secondsOrNever(options, "endpoint", "rtp_timeout_hold"); err != nil {
		return r, err
	}
	r.BusyAt, err = countIn("endpoint_section_options: device_state_busy_at", options.Get("device_state_busy_at"), maxBusyAt)
	return r, err
}

// options are those of an endpoint that say them.
func (r LegRules) options() pjsip.Options {
	options := given("dtmf_mode", r.Keys)
	if len(r.Codecs) > 0 {
		options = append(options, pjsip.Option{"disallow", "all"}, pjsip.Option{"allow", strings.Join(r.Codecs, ",")})
	}
	switch r.Encryption {
	case EncryptionOptional:
		options = append(options, pjsip.Option{"media_encryption", "sdes"}, pjsip.Option{"media_encryption_optimistic", "yes"})
	default:
		options = append(options, given("media_encryption", r.Encryption)...)
	}
	return slices.Concat(options, sayOrNever("rtp_timeout", r.Silence), sayOrNever("rtp_timeout_hold", r.HoldSilence),
		given("language", r.Language), given("moh_suggest", r.Music), givenNumber("device_state_busy_at", r.BusyAt))
}

// ContactRules are what holds for the registrations of a phone. What is 0 is as the server has it.
type ContactRules struct {
	Most    int  `json:"most,omitempty"`    // contacts at once; one more is refused, unless Replace says otherwise; -1: none
	Replace bool `json:"replace,omitempty"` // one more takes the place of the oldest
	Default int  `json:"default,omitempty"` // seconds of a registration that does not say for how long
	Min     int  `json:"min,omitempty"`     // seconds below which a registration is refused
	Max     int  `json:"max,omitempty"`     // seconds that are granted at most
	Qualify int  `json:"qualify,omitempty"` // seconds from one OPTIONS to the next; -1: none are sent
}

// CheckOptions refuses values of options that mean nothing that can be kept, as a *FieldError. It says nothing of those that only a
// trunk's or a telephone's endpoint has.
func CheckOptions(s pjsip.Sections) error {
	if _, err := legRulesIn(s.Endpoint); err != nil {
		return err
	}
	_, err := contactRulesIn(s.AOR)
	return err
}

// maxContacts bounds what is kept of a number of contacts; the registrar has a bound of its own.
const maxContacts = 1_000_000

func (c ContactRules) valid(whose string) error {
	if c.Most < -1 || c.Most > maxContacts || c.Qualify < -1 || max(c.Default, c.Min, c.Max, c.Qualify) > maxTrunkTime || min(c.Default, c.Min, c.Max) < 0 {
		return invalid("%s: contacts are 0 to %d, or -1, and their times 0 to %d seconds", whose, maxContacts, maxTrunkTime)
	}
	return nil
}

// contactRuleKeys are the options of an AOR that say them.
var contactRuleKeys = []string{"max_contacts", "remove_existing", "default_expiration", "minimum_expiration", "maximum_expiration", "qualify_frequency"}

// contactRulesIn reads them from the options of an AOR.
func contactRulesIn(options pjsip.Options) (c ContactRules, err error) {
	if text := options.Get("max_contacts"); text != "" {
		if c.Most, err = countIn("aor_section_options: max_contacts", text, maxContacts); err != nil {
			return c, err
		}
		c.Most = cmp.Or(c.Most, -1)
	}
	c.Replace = truth(options.Get("remove_existing"))
	for key, to := range map[string]*int{"default_expiration": &c.Default, "minimum_expiration": &c.Min, "maximum_expiration": &c.Max} {
		if *to, err = secondsIn("aor_section_options: "+key, options.Get(key)); err != nil {
			return c, err
		}
	}
	c.Qualify, err = secondsOrNever(options, "aor", "qualify_frequency")
	return c, err
}

// options are those of an AOR that say them.
func (c ContactRules) options() pjsip.Options {
	options := sayOrNever("max_contacts", c.Most)
	if c.Replace {
		options = append(options, pjsip.Option{"remove_existing", "yes"})
	}
	return slices.Concat(options, givenNumber("default_expiration", c.Default), givenNumber("minimum_expiration", c.Min),
		givenNumber("maximum_expiration", c.Max), sayOrNever("qualify_frequency", c.Qualify))
}

// secondsOrNever reads an option of a section that is a number of seconds, of which 0 says never: -1. One that is not there is 0.
func secondsOrNever(options pjsip.Options, section, key string) (int, error) {
	text := options.Get(key)
	n, err := secondsIn(section+"_section_options: "+key, text)
	if err == nil && n == 0 && text != "" {
		return -1, nil
	}
	return n, err
}

// sayOrNever writes what secondsOrNever reads.
func sayOrNever(key string, n int) pjsip.Options {
	if n < 0 {
		return pjsip.Options{{key, "0"}}
	}
	return givenNumber(key, n)
}

// countIn reads an option that is a number from 0 to most; empty is 0.
func countIn(what, text string, most int) (int, error) {
	n, err := strconv.Atoi(cmp.Or(text, "0"))
	if err != nil || n < 0 || n > most {
		return 0, invalid("%s %q is no number from 0 to %d", what, text, most)
	}
	return n, nil
}
