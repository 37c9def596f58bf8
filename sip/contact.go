package sip

import (
	"net/netip"
	"slices"
	"strings"
	"time"
)

// Contact is a place where a phone is registered, for people and for JSON.
type Contact struct {
	Phone     string         `json:"phone"`
	URI       string         `json:"contact"`
	Device    string         `json:"device,omitempty"` // its User-Agent
	Transport string         `json:"transport"`
	Address   netip.AddrPort `json:"address"` // where the REGISTER came from
	Path      []string       `json:"path,omitempty"`
	Status    ContactStatus  `json:"status"`
	RoundTrip Milliseconds   `json:"round_trip_ms,omitempty"` // of its last answer to OPTIONS; 0: none yet
	Expires   time.Time      `json:"expires"`
}

// Of is the contact of a phone of which nothing else is known.
func (b *Binding) Of(phone string) Contact {
	return Contact{
		Phone: phone, URI: b.Contact, Device: b.UserAgent, Transport: b.Source.Transport, Address: b.Source.Addr, Path: b.Path,
		Status: ContactRegistered, Expires: b.Expires,
	}
}

// Milliseconds is a time as programs read it: in milliseconds, with decimals.
type Milliseconds float64

// ContactStatus is how a contact fares.
type ContactStatus string

// The status of a contact.
const (
	ContactRegistered  ContactStatus = "registered"  // it was not asked, or has never answered: some telephones do not
	ContactReachable   ContactStatus = "reachable"   // it answers OPTIONS
	ContactUnreachable ContactStatus = "unreachable" // it did, and has not the last times; it is not called
	ContactLost        ContactStatus = "lost"        // its connection is gone; it is not called
)

// ContactEvent tells that a contact was registered, or is no more, or fares otherwise.
type ContactEvent struct {
	Contact
	Change  ContactChange `json:"change"`
	Present bool          `json:"present"` // after it the phone can be called, by this contact or another one
}

// ContactChange is what has happened to a contact.
type ContactChange string

// What happens to a contact. Refreshing a registration is no change.
const (
	ChangeRegistered  ContactChange = "registered"
	ChangeRemoved     ContactChange = "removed" // by the telephone, or another contact has its place
	ChangeExpired     ContactChange = "expired" // it was not refreshed
	ChangeReachable   ContactChange = "reachable"
	ChangeUnreachable ContactChange = "unreachable" // it does not answer, or its connection is gone
)

// Forget takes the contacts of a phone that is no more, and its subscriptions. Its bindings are kept by somebody else.
func (s *Server) Forget(number string) {
	s.presences.saved(number, nil)
	s.subscriptions.forget(number)
}

// Present tells whether a phone is registered somewhere where it can be called.
func (s *Server) Present(number string) bool {
	s.presences.mu.Lock()
	defer s.presences.mu.Unlock()
	return slices.ContainsFunc(s.presences.phones[number], (*presence).present)
}

// RegisteredPhones is how many phones are registered somewhere, and how many of them can be called.
func (s *Server) RegisteredPhones() (registered, present int) {
	s.presences.mu.Lock()
	defer s.presences.mu.Unlock()
	for _, contacts := range s.presences.phones {
		if slices.ContainsFunc(contacts, (*presence).present) {
			present++
		}
	}
	return len(s.presences.phones), present
}

// Registrations are the contacts of a phone, or of all phones when number is empty; sorted by phone, each phone's oldest first.
func (s *Server) Registrations(number string) []Contact {
	p := s.presences
	p.mu.Lock()
	defer p.mu.Unlock()
	list := []Contact{}
	for _, v := range p.phones[number] {
		list = append(list, v.contact())
	}
	if number != "" {
		return list
	}
	for _, all := range p.phones {
		for _, v := range all {
			list = append(list, v.contact())
		}
	}
	slices.SortStableFunc(list, func(a, b Contact) int { return strings.Compare(a.Phone, b.Phone) })
	return list
}

// connected tells whether the way back to a contact is open: always over UDP.
func (s *Server) connected(source Source) bool {
	return source.Transport == "udp" || s.streams.at(source.Transport, source.Addr) != nil
}
