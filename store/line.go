package store

import (
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"iter"
)

// Line joins a user, an endpoint and an extension: a telephone on somebody's desk.
type Line struct {
	ID       int    `json:"id"`
	Tenant   string `json:"tenant"`  // UUID, its context's
	Context  string `json:"context"` // name
	Position int    `json:"position"`
	Endpoint string `json:"endpoint,omitempty"` // UUID; empty: none
	User     int    `json:"user,omitempty"`     // 0: none

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
		lineUser: by(func(l *Line) string { return numberOrNone(l.User) }),
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

func (l *Line) dropped(tx *Tx) error { return tx.freeExtensions(OwnerLine, l.ID) }

// newCode is six random digits.
func newCode() string {
	var b [4]byte
	rand.Read(b[:]) // never fails
	return fmt.Sprintf("%06d", binary.BigEndian.Uint32(b[:])%1_000_000)
}

func (l *Line) links(tx *Tx) error {
	if u, _, ok := tx.Users().Get(l.User); l.User != 0 && (!ok || u.Tenant != l.Tenant) {
		return invalid("line %d: there is no user %d in its tenant", l.ID, l.User)
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

// LinesOf are the lines of a user.
func (tx *Tx) LinesOf(user int) iter.Seq[*Line] { return tx.Lines().having(lineUser, number(user)) }

// LinesIn are the lines of a context.
func (tx *Tx) LinesIn(context string) iter.Seq[*Line] { return tx.Lines().having(lineContext, context) }

// LineCoded gives the line of a provisioning code.
func (tx *Tx) LineCoded(code string) (*Line, bool) { return tx.Lines().one(lineCode, code) }
