package confd

import (
	"cmp"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"dialtone/store"
)

// tenantRoutes are the companies that share the server, in the shape of wazo-auth, whose clients want 200 and the tenant also for what
// they make and change.
func tenantRoutes() []route {
	return []route{
		{method: "GET", path: "/tenants", handle: listTenants},
		{method: "POST", path: "/tenants", handle: makeTenant},
		{method: "GET", path: "/tenants/{tenant}", handle: showTenant},
		{method: "PUT", path: "/tenants/{tenant}", handle: changeTenant},
		{method: "DELETE", path: "/tenants/{tenant}", before: soundsOfTenant, handle: removeTenant},
	}
}

func listTenants(r *request) (answer, error) {
	wanted := r.query().Get("uuids")
	return list(r, r.tx.Tenants().All(), listing[store.Tenant]{
		columns: []column[store.Tenant]{
			everything("name", func(t *store.Tenant) any { return t.Name }),
			everything("slug", func(t *store.Tenant) any { return slugOf(t) }),
			{name: "uuid", value: func(t *store.Tenant) any { return t.UUID }, match: true, search: true},
			{name: "domain_name", value: func(t *store.Tenant) any { return t.DomainNames }, match: true, search: true},
		},
		order: "name", filtered: true,
		visible: func(t *store.Tenant) bool {
			return r.sees(t.UUID) && (wanted == "" || slices.Contains(strings.Split(wanted, ","), t.UUID))
		},
		show: func(t *store.Tenant) any { return tenantBody(t) },
	})
}

// makeTenant makes a tenant below that of the request.
func makeTenant(r *request) (answer, error) {
	t := store.Tenant{Parent: r.tenant}
	if err := readTenant(r, &t); err != nil {
		return answer{}, err
	}
	made, err := r.tx.Tenants().Put(t)
	return shown(tenantBody(&made)), err
}

func showTenant(r *request) (answer, error) {
	t, err := findTenant(r)
	if err != nil {
		return answer{}, err
	}
	return shown(tenantBody(t)), nil
}

func changeTenant(r *request) (answer, error) {
	t, err := findTenant(r)
	if err != nil {
		return answer{}, err
	}
	changed := *t
	if err := readTenant(r, &changed); err != nil {
		return answer{}, err
	}
	_, err = r.tx.Tenants().Put(changed)
	return shown(tenantBody(&changed)), err
}

// soundsOfTenant looks for the sounds of the tenant that is to go, which are no objects.
func soundsOfTenant(r *request) (err error) {
	r.made, err = hasSounds(r.api.config.Sounds, r.text("tenant"))
	return err
}

// removeTenant deletes a tenant that has nothing; with recursive=true whatever it has goes, too.
func removeTenant(r *request) (answer, error) {
	t, err := findTenant(r)
	if err != nil {
		return answer{}, err
	}
	recursive, _ := truth(r.query().Get("recursive"))
	if err := dropTenant(r.tx, t, r.made.(bool), recursive); err != nil {
		return answer{}, err
	}
	gone := done()
	gone.then = func() error { return removeSounds(r.api.config.Sounds, t.UUID) }
	return gone, nil
}

func findTenant(r *request) (*store.Tenant, error) {
	t, ok := r.tx.Tenant(r.text("tenant"))
	if !ok || !r.sees(t.UUID) {
		return nil, &failure{http.StatusNotFound, []string{fmt.Sprintf("No such tenant: %q", r.text("tenant"))}}
	}
	return t, nil
}

var (
	slugText   = regexp.MustCompile(`^[a-zA-Z0-9_]{1,10}$`)
	domainText = regexp.MustCompile(`^([a-zA-Z0-9]([a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?\.)+[a-zA-Z]{2,63}$`)
)

// readTenant reads what a body says of a tenant. Of a new one that is also its UUID and its slug.
func readTenant(r *request, t *store.Tenant) error {
	before := *t
	native := "native"
	err := r.read(func(o *object) {
		o.text("name", &t.Name, required, length(1, 128))
		if before.UUID == "" {
			o.text("uuid", &t.UUID, nullable, uuid)
			o.text("slug", &t.Slug, nullable, matches(slugText))
		}
		o.text("phone", &t.Phone, nullable, length(1, 32))
		o.text("contact", &t.Contact, nullable, uuid)
		o.text("default_authentication_method", &native, oneOf("native"))
		o.texts("domain_names", &t.DomainNames, matches(domainText))
		o.object("address", func(o *object) {
			a := &t.Address
			for name, to := range map[string]*string{"line_1": &a.Line1, "line_2": &a.Line2, "city": &a.City, "state": &a.State, "country": &a.Country} {
				o.text(name, to, nullable, length(1, 256))
			}
			o.text("zip_code", &a.ZIPCode, nullable, length(1, 16))
		})
	})
	if err != nil {
		return err
	}
	t.UUID, t.Contact = strings.ToLower(t.UUID), strings.ToLower(t.Contact)
	named, taken := r.tx.TenantNamed(t.Name)
	if taken && named.UUID != before.UUID {
		return conflict("name", t.Name)
	}
	if before.UUID == "" {
		if _, taken := r.tx.Tenant(t.UUID); taken {
			return conflict("uuid", t.UUID)
		}
		if _, taken := r.tx.TenantSlugged(t.Slug); taken {
			return conflict("slug", t.Slug)
		}
	}
	for _, name := range t.DomainNames {
		if of, taken := r.tx.TenantOfDomain(name); taken && of.UUID != before.UUID {
			return conflict("domain_names", name)
		}
	}
	return nil
}

// conflict refuses what another tenant has already.
func conflict(field, value string) error {
	return &failure{http.StatusConflict, []string{fmt.Sprintf("Conflict detected - the %s '%s' is already used", field, value)}}
}

// shownTenant is a tenant as GET shows it.
type shownTenant struct {
	UUID           string       `json:"uuid"`
	Name           string       `json:"name"`
	Slug           string       `json:"slug"`
	ParentUUID     string       `json:"parent_uuid"`
	Phone          any          `json:"phone"`
	Contact        any          `json:"contact"`
	DomainNames    []string     `json:"domain_names"`
	Address        shownAddress `json:"address"`
	Authentication string       `json:"default_authentication_method"`
}

type shownAddress struct {
	Line1   any `json:"line_1"`
	Line2   any `json:"line_2"`
	City    any `json:"city"`
	State   any `json:"state"`
	Country any `json:"country"`
	ZIPCode any `json:"zip_code"`
}

func tenantBody(t *store.Tenant) shownTenant {
	a := t.Address
	return shownTenant{
		UUID: t.UUID, Name: t.Name, Slug: slugOf(t), ParentUUID: cmp.Or(t.Parent, t.UUID), // as wazo-auth shows the master
		Phone: orNull(t.Phone), Contact: orNull(t.Contact), DomainNames: append([]string{}, t.DomainNames...),
		Address:        shownAddress{orNull(a.Line1), orNull(a.Line2), orNull(a.City), orNull(a.State), orNull(a.Country), orNull(a.ZIPCode)},
		Authentication: "native",
	}
}

var notOfSlug = regexp.MustCompile(`[^a-z0-9]+`)

// slugOf is the short name of a tenant, as it stands in the names of what belongs to it: its own, or the first ten lower-case letters and
// digits of its name.
func slugOf(t *store.Tenant) string {
	if t.Slug != "" {
		return t.Slug
	}
	s := notOfSlug.ReplaceAllString(fold(t.Name), "")
	return s[:min(len(s), 10)]
}
