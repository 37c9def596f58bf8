package store

// Tenant is a company of its own: its objects are seen by its tokens, and by those of the tenants above it.
type Tenant struct {
	ID     int    `json:"id"`
	UUID   string `json:"uuid"`
	Name   string `json:"name"`             // unique
	Parent string `json:"parent,omitempty"` // UUID of the tenant above it; empty: it is the master, which there is one of
}

const (
	tenantUUID = iota
	tenantName
	tenantParent
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

func (t *Tenant) dropped(*Tx) error {
	return invalid("tenant %q: tenants are not removed", t.Name)
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
