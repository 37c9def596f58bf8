package store

// Category is a directory of sounds of a tenant.
type Category struct {
	ID     int    `json:"id"`
	Tenant string `json:"tenant"` // UUID
	Name   string `json:"name"`   // unique in its tenant
}

const categoryName = 0

var categoryKind = &kind[Category]{
	table: categoryTable,
	id:    func(c *Category) *int { return &c.ID },
	indexes: []index[Category]{
		categoryName: only(func(c *Category) string { return c.Tenant + " " + c.Name },
			func(c *Category, _ string) error { return invalid("category %s exists already", c.Name) }),
	},
}

func (c *Category) check(tx *Tx) error { return checkOwner(tx, c.Tenant, "category", c.Name) }

// Categories are the directories of sounds.
func (tx *Tx) Categories() Kind[Category] { return Kind[Category]{tx, categoryKind} }

// Category gives a directory of sounds of a tenant by its name.
func (tx *Tx) Category(tenant, name string) (*Category, bool) {
	return tx.Categories().one(categoryName, tenant+" "+name)
}
