package store

import (
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
)

// Tenant is a company of its own: its objects are seen by its tokens, and by those of the tenants above it.
type Tenant struct {
	ID     int    `json:"id"`
	UUID   string `json:"uuid"`
	Name   string `json:"name"`             // unique
	Parent string `json:"parent,omitempty"` // UUID of the tenant above it; empty: it is the master, which there is one of
	Slug   string `json:"slug,omitempty"`   // a short name, unique; empty: one is made of its name where it is needed

	// What people want to know of it.
	Phone       string        `json:"phone,omitempty"`
	Contact     string        `json:"contact,omitempty"` // UUID of whom to ask
	DomainNames []string      `json:"domain_names,omitempty"`
	Address     TenantAddress `json:"address,omitzero"`
}

// TenantAddress is where a tenant is to be found.
type TenantAddress struct {
	Line1   string `json:"line_1,omitempty"`
	Line2   string `json:"line_2,omitempty"`
	City    string `json:"city,omitempty"`
	State   string `json:"state,omitempty"`
	ZIPCode string `json:"zip_code,omitempty"`
	Country string `json:"country,omitempty"`
}

const (
	tenantUUID = iota
	tenantName
	tenantParent
	tenantSlug
	tenantDomain
)

var tenantKind = &kind[Tenant]{
	table: tenantTable,
	id:    func(t *Tenant) *int { return &t.ID },
	uuid:  func(t *Tenant) *string { return &t.UUID },
	indexes: []index[Tenant]{
		tenantUUID: only(func(t *Tenant) string { return t.UUID }, func(t *Tenant, key string) error { return invalid("tenant: the UUID %s is taken", key) }),
		tenantName: only(func(t *Tenant) string { return t.Name }, func(t *Tenant, key string) error { return invalid("tenant %q exists already", key) }),
		tenantParent: {keys: func(t *Tenant, add func(string)) { add(t.Parent) }, unique: func(t *Tenant, key string) error {
			if key == "" {
				return invalid("tenant %q: there is a master tenant already", t.Name)
			}
			return nil
		}},
		tenantSlug: only(func(t *Tenant) string { return t.Slug }, func(t *Tenant, key string) error { return invalid("tenant %q: the slug %s is taken", t.Name, key) }),
		tenantDomain: {
			keys: func(t *Tenant, add func(string)) {
				for _, name := range t.DomainNames {
					add(name)
				}
			},
			unique: func(t *Tenant, key string) error {
				return invalid("tenant %q: the domain %s is another's", t.Name, key)
			},
		},
	},
}

func (t *Tenant) check(tx *Tx) error {
	if t.Name == "" || len(t.Name) > maxTenantName {
		return invalid("tenant: the name has %d bytes (1 to %d)", len(t.Name), maxTenantName)
	}
	if t.Parent != "" && tx.Below(t.Parent, t.UUID) {
		return invalid("tenant %q cannot be below itself", t.Name)
	}
	if _, ok := tx.Tenant(t.Parent); t.Parent != "" && !ok {
		return invalid("tenant %q: there is no tenant %s above it", t.Name, t.Parent)
	}
	return nil
}

const maxTenantName = 128

// dropped refuses to leave anything behind: see Tx.ClearTenant.
func (t *Tenant) dropped(tx *Tx) error {
	if t.Parent == "" {
		return invalid("tenant %q is the master tenant, which stays", t.Name)
	}
	for below := range tx.TenantsBelow(t.UUID) {
		return invalid("tenant %q has tenant %q below it", t.Name, below.Name)
	}
	if kinds := tx.Owned(t.UUID); len(kinds) > 0 {
		return invalid("tenant %q has %s", t.Name, strings.Join(kinds, ", "))
	}
	return nil
}

// Tenants are all tenants.
func (tx *Tx) Tenants() Kind[Tenant] { return Kind[Tenant]{tx, tenantKind} }

// Tenant gives a tenant by its UUID.
func (tx *Tx) Tenant(uuid string) (*Tenant, bool) { return tx.Tenants().one(tenantUUID, uuid) }

// TenantNamed gives a tenant by its name.
func (tx *Tx) TenantNamed(name string) (*Tenant, bool) { return tx.Tenants().one(tenantName, name) }

// MasterTenant is the tenant above all others. It is there from the first start.
func (tx *Tx) MasterTenant() *Tenant {
	t, _ := tx.Tenants().one(tenantParent, "")
	return t
}

// TenantSlugged gives a tenant by its slug.
func (tx *Tx) TenantSlugged(slug string) (*Tenant, bool) { return tx.Tenants().one(tenantSlug, slug) }

// TenantOfDomain gives the tenant that has a domain name.
func (tx *Tx) TenantOfDomain(name string) (*Tenant, bool) {
	return tx.Tenants().one(tenantDomain, name)
}

// TenantsBelow are the tenants right below another one.
func (tx *Tx) TenantsBelow(uuid string) iter.Seq[*Tenant] {
	return tx.Tenants().having(tenantParent, uuid)
}

// Owned says what is of a tenant, by kinds: "incalls (3)". It goes through all objects.
func (tx *Tx) Owned(tenant string) []string {
	var kindsOf []string
	for _, kind := range kinds {
		if n := len(kind.owned(tx, tenant)); n > 0 {
			kindsOf = append(kindsOf, fmt.Sprintf("%s (%d)", kind.bucket(), n))
		}
	}
	return kindsOf
}

// ClearTenant deletes all objects of a tenant but itself and those below it, its tokens too.
func (tx *Tx) ClearTenant(uuid string) error {
	for _, kind := range slices.Backward(kinds) { // what refers to others goes before them
		for _, id := range kind.owned(tx, uuid) {
			if err := kind.remove(tx, id); err != nil && !errors.Is(err, ErrNotFound) { // it may have gone with another one
				return err
			}
		}
	}
	return nil
}

// owned gives the numbers of the objects that are of a tenant.
func (k *kind[T]) owned(tx *Tx, tenant string) (ids []int) {
	if k.tenant == nil {
		return nil
	}
	for v := range (Kind[T]{tx, k}).All() {
		if k.tenant(v) == tenant {
			ids = append(ids, *k.id(v))
		}
	}
	return ids
}

// Below tells whether a tenant is another one, or stands below it.
func (tx *Tx) Below(uuid, above string) bool {
	for uuid != above {
		t, ok := tx.Tenant(uuid)
		if !ok || t.Parent == "" {
			return false
		}
		uuid = t.Parent
	}
	return true
}
