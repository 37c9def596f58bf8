// Package pjsip is the settings of SIP endpoints as Asterisk's PJSIP names them: sections of options, each a key and a value. It
// knows which options there are (Asterisk 22, res_pjsip) and which of them mean something here, and puts together what templates say
// with what an endpoint says itself.
//
// It reads no file and knows no endpoint: what the options of one mean for a telephone or a carrier is package store's.
package pjsip

import (
	"iter"
	"slices"
)

// Section is a group of options of an endpoint.
type Section string

// The sections of an endpoint.
const (
	AOR                      Section = "aor"                        // where it is reached
	Auth                     Section = "auth"                       // how it proves itself to us
	Endpoint                 Section = "endpoint"                   // how calls with it are
	Identify                 Section = "identify"                   // by which addresses its calls are known
	Registration             Section = "registration"               // where we register
	RegistrationOutboundAuth Section = "registration_outbound_auth" // how we prove ourselves there
	OutboundAuth             Section = "outbound_auth"              // how we prove ourselves in calls
)

// Option is a key and its value.
type Option [2]string

// Key is the option's name.
func (o Option) Key() string { return o[0] }

// Value is what it is set to.
func (o Option) Value() string { return o[1] }

// Options are those of one section, in the order in which they were given. A key may be there several times.
type Options []Option

// Get is the value of a key, the last one where it was given several times; empty: it was not given.
func (o Options) Get(key string) string {
	for _, option := range slices.Backward(o) {
		if option.Key() == key {
			return option.Value()
		}
	}
	return ""
}

// Values are all values of a key, in their order.
func (o Options) Values(key string) []string {
	var values []string
	for _, option := range o {
		if option.Key() == key {
			values = append(values, option.Value())
		}
	}
	return values
}

// Over gives the options on top of those that they are based on: what is given anew takes the place of what was, but for keys that
// may be there several times, which add up.
func (o Options) Over(base Options) Options {
	merged := slices.DeleteFunc(slices.Clone(base), func(b Option) bool {
		return slices.ContainsFunc(o, func(own Option) bool { return own == b || own.Key() == b.Key() && !repeats[b.Key()] })
	})
	return append(merged, o...)
}

// repeats are the keys that may be there several times, each with a value of its own.
var repeats = map[string]bool{
	"password_digest": true, "allow": true, "disallow": true, "contact": true, "match": true, "set_var": true, "permit": true, "deny": true,
	"contact_permit": true, "contact_deny": true, "contact_header_params": true,
}

// Sections are the options of an endpoint or of a template.
type Sections struct {
	AOR                      Options `json:"aor_section_options,omitempty"`
	Auth                     Options `json:"auth_section_options,omitempty"`
	Endpoint                 Options `json:"endpoint_section_options,omitempty"`
	Identify                 Options `json:"identify_section_options,omitempty"`
	Registration             Options `json:"registration_section_options,omitempty"`
	RegistrationOutboundAuth Options `json:"registration_outbound_auth_section_options,omitempty"`
	OutboundAuth             Options `json:"outbound_auth_section_options,omitempty"`
}

// All gives every section with its options, which may be changed in place.
func (s *Sections) All() iter.Seq2[Section, *Options] {
	return func(yield func(Section, *Options) bool) {
		for _, part := range []struct {
			name    Section
			options *Options
		}{
			{AOR, &s.AOR}, {Auth, &s.Auth}, {Endpoint, &s.Endpoint}, {Identify, &s.Identify}, {Registration, &s.Registration},
			{RegistrationOutboundAuth, &s.RegistrationOutboundAuth}, {OutboundAuth, &s.OutboundAuth},
		} {
			if !yield(part.name, part.options) {
				return
			}
		}
	}
}

// Of are the options of one section; nil: there is no such section.
func (s *Sections) Of(section Section) *Options {
	for name, options := range s.All() {
		if name == section {
			return options
		}
	}
	return nil
}

// Over gives the sections on top of those that they are based on, see Options.Over.
func (s Sections) Over(base Sections) Sections {
	for section, options := range s.All() {
		*options = options.Over(*base.Of(section))
	}
	return s
}

// Clone is a copy that shares nothing.
func (s Sections) Clone() Sections {
	for _, options := range s.All() {
		*options = slices.Clone(*options)
	}
	return s
}
