package confd

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"dialtone/sounds"
	"dialtone/store"
)

// Company is a tenant, as people see it.
type Company struct {
	Name  string `json:"name"`
	UUID  string `json:"uuid"`
	Below string `json:"below,omitempty"` // the name of the tenant above it; empty: it is the master
}

// Companies are all tenants, in the order in which they were made.
func Companies(tx *store.Tx) []Company {
	companies := []Company{}
	for t := range tx.Tenants().All() {
		companies = append(companies, companyOf(tx, t))
	}
	return companies
}

func companyOf(tx *store.Tx, t *store.Tenant) Company {
	c := Company{Name: t.Name, UUID: t.UUID}
	if above, ok := tx.Tenant(t.Parent); ok {
		c.Below = above.Name
	}
	return c
}

// MakeCompany makes a tenant below another one, by its name or UUID; empty: below the master.
func MakeCompany(tx *store.Tx, name, below string) (Company, error) {
	above := tx.MasterTenant()
	if below != "" {
		var err error
		if above, err = tenantNamed(tx, below); err != nil {
			return Company{}, err
		}
	}
	made, err := tx.Tenants().Put(store.Tenant{Name: name, Parent: above.UUID})
	return companyOf(tx, &made), err
}

// RemoveTenant deletes a tenant by its name or UUID. One that has objects, keys or sounds is left alone unless recursive is said: then
// they go with it. One that has tenants below it stays in any case, and so does the master.
func (a *API) RemoveTenant(named string, recursive bool) error {
	var uuid string
	err := a.config.Store.View(func(tx *store.Tx) error {
		t, err := tenantNamed(tx, named)
		if err == nil {
			uuid = t.UUID
		}
		return err
	})
	if err != nil {
		return err
	}
	sounding, err := hasSounds(a.config.Sounds, uuid) // before the transaction, which must not wait for a folder
	if err != nil {
		return err
	}
	err = a.config.Store.Update(func(tx *store.Tx) error {
		t, err := tenantNamed(tx, uuid)
		if err != nil {
			return err
		}
		return dropTenant(tx, t, sounding, recursive)
	})
	if err != nil {
		return err
	}
	return removeSounds(a.config.Sounds, uuid)
}

// tenantNamed finds a tenant by its UUID or name.
func tenantNamed(tx *store.Tx, named string) (*store.Tenant, error) {
	if t, ok := tx.Tenant(named); ok {
		return t, nil
	}
	if t, ok := tx.TenantNamed(named); ok {
		return t, nil
	}
	return nil, fmt.Errorf("tenant %q: %w (`dialtone tenant list` shows them)", named, store.ErrNotFound)
}

// dropTenant deletes a tenant, with recursive also what is of it.
func dropTenant(tx *store.Tx, t *store.Tenant, sounding, recursive bool) error {
	if recursive {
		if err := tx.ClearTenant(t.UUID); err != nil {
			return err
		}
	}
	has := tx.Owned(t.UUID)
	if sounding && !recursive {
		has = append(has, "sounds")
	}
	if len(has) > 0 {
		return &store.FieldError{Text: fmt.Sprintf("tenant %q has %s: recursive deletes them with it", t.Name, strings.Join(has, ", "))}
	}
	return tx.Tenants().Delete(t.ID)
}

// hasSounds tells that there are sounds of a tenant.
func hasSounds(folder, tenant string) (bool, error) {
	if !uuidText.MatchString(tenant) {
		return false, nil
	}
	entries, err := os.ReadDir(sounds.TenantFolder(folder, tenant))
	if errors.Is(err, fs.ErrNotExist) {
		err = nil
	}
	return len(entries) > 0, err
}

// removeSounds deletes the sounds of a tenant that is no more.
func removeSounds(folder, tenant string) error {
	if !uuidText.MatchString(tenant) {
		return nil
	}
	return os.RemoveAll(sounds.TenantFolder(folder, tenant))
}
