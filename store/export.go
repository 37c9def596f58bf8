package store

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"slices"
	"strings"

	"dialtone/pjsip"
)

// exported says of a kind what of its objects is not in the text.
var exported = map[tableID]struct {
	left    bool     // none of its objects is: what they are changes by itself or by the hand of whoever works there
	secrets []string // members, with those of members behind a point
}{
	tokenTable:  {left: true},
	switchTable: {left: true},
	phoneTable:  {secrets: []string{"ha1_md5", "ha1_sha256"}},
	trunkTable:  {secrets: []string{"account.password", "peer.ha1_md5", "peer.ha1_sha256"}},
	userTable:   {secrets: []string{"password"}},
}

// hidden stands in the text for a secret that is not told.
const hidden = "(secret)"

// Export writes all objects as one text (TOML), in an order that stays the same: kind by kind, by their numbers, an object a block
// and a field a line. Tenants are named in it, not numbered. Without secrets (passwords and what verifies them) there is a word in
// the place of each. API keys, night switches and what was read from calendars' URLs are not in it.
func (tx *Tx) Export(w io.Writer, secrets bool) error {
	out := bufio.NewWriter(w)
	fmt.Fprintf(out, "# The objects of a dialtone: `dialtone import file` reads them.\nformat = %d\n", format)
	for _, kind := range kinds {
		table := kind.bucket()
		if exported[table].left {
			continue
		}
		for _, row := range tx.state.shelves[table].rows.all() {
			b, err := tx.block(table, row.object)
			if err != nil {
				return err
			}
			if !secrets {
				b = b.hide()
			}
			fmt.Fprint(out, "\n", b)
		}
	}
	return out.Flush()
}

// block is an object as text, with its secrets.
func (tx *Tx) block(table tableID, object any) (block, error) {
	record, err := json.Marshal(object)
	if err != nil {
		return block{}, err
	}
	tree, err := ordered(record)
	if err != nil {
		return block{}, err
	}
	b, members := block{table: table}, tree.([]member)
	for _, m := range members {
		if m.value == nil || fleeting(table, members, m.name) {
			continue
		}
		if uuid, ok := m.value.(string); ok && namesTenant(table, m.name) {
			if t, found := tx.Tenant(uuid); found {
				m.value = t.Name
			}
		}
		b.fields = append(b.fields, m)
	}
	return b, nil
}

// namesTenant tells that a member of a record is the UUID of a tenant.
func namesTenant(table tableID, name string) bool {
	return name == "tenant" || name == "parent" && table == tenantTable
}

// calendarFinds are the members of a calendar that reading it gives. With a URL its events are such, too.
var calendarFinds = []string{"notes", "read", "checked", "fault", "etag", "modified"}

// fleeting tells that a member of an object changes by itself.
func fleeting(table tableID, members []member, name string) bool {
	if table != calendarTable {
		return false
	}
	fromURL := slices.ContainsFunc(members, func(m member) bool { return m.name == "url" })
	return name == "events" && fromURL || slices.Contains(calendarFinds, name)
}

// redacted is a URL without its password, if it has one.
func redacted(address string) string {
	if u, err := url.Parse(address); err == nil {
		return u.Redacted()
	}
	return address
}

// hide gives a block with a word in the place of each secret.
func (b block) hide() block {
	fields := slices.Clone(b.fields)
	for i, f := range fields {
		fields[i] = f.hide(b.table)
	}
	return block{b.table, fields}
}

// hide gives a field of an object with a word in the place of each secret.
func (m member) hide(table tableID) member {
	for _, path := range exported[table].secrets {
		m = m.hidePath(path)
	}
	if address, ok := m.value.(string); ok && table == calendarTable && m.name == "url" {
		m.value = redacted(address)
	}
	pairs, ok := m.value.([]any)
	if !ok || !strings.HasSuffix(m.name, "_options") {
		return m
	}
	pairs = slices.Clone(pairs)
	for i, p := range pairs {
		if name, value, ok := option(p); ok && pjsip.Secret(name) {
			pairs[i] = []any{name, algorithmOf(name, value) + hidden}
		}
	}
	m.value = pairs
	return m
}

// hidePath hides the secret at a path, if that leads through this member.
func (m member) hidePath(path string) member {
	name, rest, deeper := strings.Cut(path, ".")
	if m.name != name {
		return m
	}
	if inner, ok := m.value.([]member); ok && deeper {
		inner = slices.Clone(inner)
		for i := range inner {
			inner[i] = inner[i].hidePath(rest)
		}
		m.value = inner
	} else if m.value != "" {
		m.value = hidden
	}
	return m
}

// algorithmOf is what stands before a hash in an option: MD5: or SHA-256:. It is no secret.
func algorithmOf(name, value string) string {
	if name != "password_digest" {
		return ""
	}
	return value[:strings.IndexByte(value, ':')+1]
}
