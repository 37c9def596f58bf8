package call

import (
	"slices"
	"time"

	"dialtone/sip"
	"dialtone/store"
)

// TrunkState is how a trunk fares.
type TrunkState struct {
	Name       string        `json:"name"`
	Calls      int           `json:"calls"`                // both directions
	Registers  bool          `json:"registers"`            // it is to be registered
	Registered bool          `json:"registered,omitempty"` // it is
	Server     string        `json:"server,omitempty"`     // where, or where it was
	Since      time.Time     `json:"since,omitzero"`
	Until      time.Time     `json:"until,omitzero"`
	Why        string        `json:"why,omitempty"` // the last registration failed
	Servers    []ServerState `json:"servers,omitempty"`
}

// Usable tells whether the trunk can be called, as far as is known: it is registered where it is to be, and a server of it is not
// known to be down.
func (t TrunkState) Usable() bool {
	up := len(t.Servers) == 0 || slices.ContainsFunc(t.Servers, func(s ServerState) bool { return s.Up })
	return up && (t.Registered || !t.Registers)
}

// ServerState is how a server of a trunk fares.
type ServerState struct {
	Server string    `json:"server"` // udp:192.0.2.7:5060 (sip.example.com)
	Up     bool      `json:"up"`
	Status int       `json:"status,omitempty"`  // of the last answer; 408: none came; 0: it was not asked
	Trip   float64   `json:"trip_ms,omitempty"` // of the last OPTIONS
	Seen   time.Time `json:"seen,omitzero"`     // it answered last
}

// States are how the trunks fare, by name.
func (t *Trunks) States() []TrunkState {
	states := []TrunkState{} // a list in JSON too
	for _, r := range t.config.Records() {
		states = append(states, t.state(&r))
	}
	return states
}

func (t *Trunks) state(r *store.Trunk) TrunkState {
	now := time.Now()
	t.mu.Lock()
	defer t.mu.Unlock()
	state := TrunkState{Name: r.Name, Calls: t.live[r.Name], Registers: r.Account.Register}
	if l := t.lines[r.Name]; l != nil {
		state.Registered, state.Until, state.Why = l.registered(now), l.until, l.why
		if state.Registered {
			state.Since = l.since
		}
		if l.at.hop != (sip.Hop{}) {
			state.Server = l.at.hop.String()
		}
	}
	for _, s := range t.places[r.Name] {
		server := ServerState{Server: s.hop.String(), Up: true}
		if h := t.health[s.hop]; h != nil {
			server.Up, server.Status, server.Seen = !h.down(now), h.status, h.seen
			server.Trip = float64(h.trip.Microseconds()) / 1000
		}
		state.Servers = append(state.Servers, server)
	}
	return state
}
