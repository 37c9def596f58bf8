package store

import (
	"cmp"
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"iter"
	"slices"
)

// Line joins a user, an endpoint and an extension: a telephone on somebody's desk.
type Line struct {
	ID       int    `json:"id"`
	Tenant   string `json:"tenant"`  // UUID, its context's
	Context  string `json:"context"` // name
	Position int    `json:"position"`
	Endpoint string `json:"endpoint,omitempty"` // UUID; empty: none
	User     int    `json:"user,omitempty"`     // whose it is, from whom its calls are; 0: nobody's
	Others   []int  `json:"others,omitempty"`   // users who are reached by it, too

	CallerIDName     string `json:"caller_id_name,omitempty"`
	CallerIDNumber   string `json:"caller_id_num,omitempty"`
	ProvisioningCode string `json:"provisioning_code,omitempty"` // six digits, unique
	Registrar        string `json:"registrar,omitempty"`
}

const (
	lineEndpoint = iota
	lineUser
	lineCode
	lineContext
)

var lineKind = &kind[Line]{
	table:  lineTable,
	id:     func(l *Line) *int { return &l.ID },
	tenant: func(l *Line) string { return l.Tenant },
	indexes: []index[Line]{
		lineEndpoint: only(func(l *Line) string { return l.Endpoint },
			func(l *Line, key string) error { return invalid("line %d: endpoint %s is another line's", l.ID, key) }),
		lineUser: {keys: func(l *Line, add func(string)) {
			for _, user := range l.Users() {
				add(number(user))
			}
		}},
		lineCode: only(func(l *Line) string { return l.ProvisioningCode },
			func(l *Line, key string) error { return invalid("line %d: provisioning code %s is taken", l.ID, key) }),
		lineContext: by(func(l *Line) string { return l.Context }),
	},
}

func (l *Line) check(tx *Tx) error {
	context, ok := tx.Context(l.Context)
	if !ok {
		return invalid("line %d: there is no context %s", l.ID, l.Context)
	}
	l.Tenant = context.Tenant
	for taken := l.ProvisioningCode == ""; taken; {
		l.ProvisioningCode = newCode()
		_, taken = tx.LineCoded(l.ProvisioningCode)
	}
	return nil
}

// Users are those of a line, first the one whose it is.
func (l *Line) Users() []int {
	if l.User == 0 {
		return nil
	}
	return append([]int{l.User}, l.Others...)
}

// Leave takes a line away from a user. Where it was that user's it is the next one's.
func (l *Line) Leave(user int) {
	left := without(l.Users(), user)
	l.User, l.Others = 0, nil
	if len(left) > 0 {
		l.User, l.Others = left[0], left[1:]
	}
}

func (l *Line) dropped(tx *Tx) error { return tx.freeExtensions(OwnerLine, l.ID) }

// newCode is six random digits.
func newCode() string {
	var b [4]byte
	rand.Read(b[:]) // never fails
	return fmt.Sprintf("%06d", binary.BigEndian.Uint32(b[:])%1_000_000)
}

func (l *Line) links(tx *Tx) error {
	for _, id := range l.Users() {
		if u, _, ok := tx.Users().Get(id); !ok || u.Tenant != l.Tenant {
			return invalid("line %d: there is no user %d in its tenant", l.ID, id)
		}
	}
	if l.Endpoint == "" {
		return nil
	}
	if e, ok := tx.Endpoint(l.Endpoint); !ok || e.Tenant != l.Tenant {
		return invalid("line %d: there is no endpoint %s in its tenant", l.ID, l.Endpoint)
	}
	if t, ok := tx.TrunkOf(l.Endpoint); ok {
		return invalid("line %d: endpoint %s is trunk %s's", l.ID, l.Endpoint, t.Name)
	}
	return nil
}

// Lines are all lines.
func (tx *Tx) Lines() Kind[Line] { return Kind[Line]{tx, lineKind} }

// LineOf gives the line of an endpoint.
func (tx *Tx) LineOf(endpoint string) (*Line, bool) { return tx.Lines().one(lineEndpoint, endpoint) }

// LinesOf are the lines of a user, first the main one, then by position.
func (tx *Tx) LinesOf(user int) iter.Seq[*Line] {
	u, _, ok := tx.Users().Get(user)
	lines := slices.SortedStableFunc(tx.Lines().having(lineUser, number(user)), func(a, b *Line) int {
		switch {
		case ok && a.ID == u.MainLine:
			return -1
		case ok && b.ID == u.MainLine:
			return 1
		}
		return cmp.Compare(a.Position, b.Position)
	})
	return slices.Values(lines)
}

// LinesIn are the lines of a context.
func (tx *Tx) LinesIn(context string) iter.Seq[*Line] { return tx.Lines().having(lineContext, context) }

// LineCoded gives the line of a provisioning code.
func (tx *Tx) LineCoded(code string) (*Line, bool) { return tx.Lines().one(lineCode, code) }
