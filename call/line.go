package call

import (
	"net/netip"
	"time"

	"dialtone/sip"
	"dialtone/store"
)

// line is a registration of ours with a carrier.
type line struct {
	token string       // parameter of our Contact, which calls to it name
	realm string       // that asked for credentials
	hop   sip.Hop      // where it is registered
	addrs []netip.Addr // of all servers: calls come from there
	until time.Time    // it holds
}

func (l *line) registered(now time.Time) bool { return now.Before(l.until) }

// byLine is the trunk whose line a call names.
func (t *Trunks) byLine(records []store.Trunk, a sip.Arrival) *store.Trunk {
	if a.Line == "" {
		return nil
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	for i := range records {
		if l := t.lines[records[i].Name]; l != nil && l.token == a.Line {
			return &records[i]
		}
	}
	return nil
}

// byServer is the trunk that is registered where a call comes from. Of several the one whose Contact is called, else the
// first by name.
func (t *Trunks) byServer(records []store.Trunk, a sip.Arrival) (found *store.Trunk) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for i := range records {
		r := &records[i]
		l := t.lines[r.Name]
		if l == nil {
			continue
		}
		for _, addr := range l.addrs {
			if addr != a.From.Addr() {
				continue
			}
			if lineUser(r) == a.User {
				return r
			}
			if found == nil {
				found = r
			}
		}
	}
	return found
}

// lineUser is the user part of the Contact that a trunk registers.
func lineUser(r *store.Trunk) string {
	if r.Account.Line != "" {
		return r.Account.Line
	}
	return r.Account.User
}
