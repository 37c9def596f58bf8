package confd

import (
	"regexp"
	"strings"

	"dialtone/store"
)

// tenantRoutes are the companies that share the server, in the shape of wazo-auth.
func tenantRoutes() []route {
	return []route{
		{method: "GET", path: "/tenants", handle: listTenants},
		{method: "POST", path: "/tenants", handle: makeTenant},
		{method: "GET", path: "/tenants/{tenant}", handle: showTenant},
		{method: "PUT", path: "/tenants/{tenant}", handle: renameTenant},
	}
}

func listTenants(r *request) (answer, error) {
	return list(r, r.tx.Tenants().All(), listing[store.Tenant]{
		columns: []column[store.Tenant]{
			everything("name", func(t *store.Tenant) any { return t.Name }),
			everything("slug", func(t *store.Tenant) any { return slug(t.Name) }),
			{name: "uuid", value: func(t *store.Tenant) any { return t.UUID }, match: true, search: true},
		},
		order: "name", visible: func(t *store.Tenant) bool { return r.sees(t.UUID) }, show: tenantBody,
	})
}

// makeTenant makes a tenant below that of the request.
func makeTenant(r *request) (answer, error) {
	t := store.Tenant{Parent: r.tenant}
	if err := readTenant(r, &t); err != nil {
		return answer{}, err
	}
	made, err := r.tx.Tenants().Put(t)
	return created("/tenants/%s", made.UUID), err
}

func showTenant(r *request) (answer, error) {
	t, err := findTenant(r)
	if err != nil {
		return answer{}, err
	}
	return shown(tenantBody(t)), nil
}

func renameTenant(r *request) (answer, error) {
	t, err := findTenant(r)
	if err != nil {
		return answer{}, err
	}
	changed := *t
	if err := readTenant(r, &changed); err != nil {
		return answer{}, err
	}
	_, err = r.tx.Tenants().Put(changed)
	return done(), err
}

func findTenant(r *request) (*store.Tenant, error) {
	t, ok := r.tx.Tenant(r.text("tenant"))
	if !ok || !r.sees(t.UUID) {
		return nil, notFound("Tenant", "uuid", r.text("tenant"))
	}
	return t, nil
}

func readTenant(r *request, t *store.Tenant) error {
	before := t.Name
	if err := r.read(func(o *object) { o.text("name", &t.Name, required, length(1, 128)) }); err != nil {
		return err
	}
	if _, taken := r.tx.TenantNamed(t.Name); taken && t.Name != before {
		return resourceError("Tenant already exists", "name", t.Name)
	}
	return nil
}

func tenantBody(t *store.Tenant) any {
	parent := t.Parent
	if parent == "" {
		parent = t.UUID // as wazo-auth shows the master
	}
	return map[string]any{"uuid": t.UUID, "name": t.Name, "slug": slug(t.Name), "parent_uuid": parent}
}

var notOfSlug = regexp.MustCompile(`[^a-z0-9]+`)

// slug is a name as it stands in the names of what belongs to it: ten lower-case letters and digits at most.
func slug(name string) string {
	s := notOfSlug.ReplaceAllString(fold(name), "")
	if len(s) > 10 {
		s = s[:10]
	}
	return strings.TrimSpace(s)
}
