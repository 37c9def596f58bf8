package main

import (
	"cmp"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"text/tabwriter"

	"dialtone/confd"
	"dialtone/store"
)

type tenantCommand struct {
	List   tenantList   `cmd:"" default:"withargs" help:"List the tenants."`
	Add    tenantAdd    `cmd:"" help:"Make a tenant."`
	Remove tenantRemove `cmd:"" help:"Remove a tenant."`
}

// tenantWanted is a tenant that is to be made.
type tenantWanted struct {
	Name  string `json:"name"`
	Below string `json:"below,omitempty"` // name or UUID of the tenant above it; empty: the master
}

// serveTenants lets commands list, make and remove tenants.
func serveTenants(mux *http.ServeMux, s *store.Store, rest *confd.API) {
	mux.HandleFunc("GET /tenants", func(w http.ResponseWriter, r *http.Request) {
		tenants, err := tenantsOf(s)
		reply(w, tenants, err)
	})
	mux.HandleFunc("POST /tenants", func(w http.ResponseWriter, r *http.Request) {
		var wanted tenantWanted
		if err := decode(w, r, &wanted); err != nil {
			reply(w, nil, err)
			return
		}
		made, err := makeTenant(s, wanted)
		reply(w, made, err)
	})
	mux.HandleFunc("DELETE /tenants/{name}", func(w http.ResponseWriter, r *http.Request) {
		reply(w, nil, rest.RemoveTenant(r.PathValue("name"), r.URL.Query().Has("recursive")))
	})
}

func tenantsOf(s *store.Store) (tenants []confd.Company, err error) {
	err = s.View(func(tx *store.Tx) error {
		tenants = confd.Companies(tx)
		return nil
	})
	return tenants, err
}

func makeTenant(s *store.Store, wanted tenantWanted) (made confd.Company, err error) {
	err = s.Update(func(tx *store.Tx) (err error) {
		made, err = confd.MakeCompany(tx, wanted.Name, wanted.Below)
		return err
	})
	return made, err
}

type tenantList struct {
	dataFlag
	JSON bool `help:"Print JSON."`
}

func (tenantList) Help() string {
	return `Companies that share a server are tenants: none sees the objects of another one. The master is above all.

Examples:
  dialtone tenant list
  dialtone tenant list --json | jq -r '.[].uuid'`
}

func (l tenantList) Run() error {
	tenants, err := answered(l.Data, "GET", "/tenants", nil, tenantsOf)
	if err != nil {
		return err
	}
	if l.JSON {
		return printJSON(tenants)
	}
	table := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "NAME\tUUID\tBELOW")
	for _, t := range tenants {
		fmt.Fprintf(table, "%s\t%s\t%s\n", printable(t.Name), t.UUID, printable(cmp.Or(t.Below, "-")))
	}
	return table.Flush()
}

type tenantAdd struct {
	dataFlag
	Name  string `arg:"" help:"The company's name."`
	Below string `placeholder:"T" help:"The tenant above it, by its name or UUID (default: the master tenant)."`
}

func (tenantAdd) Help() string {
	return `Examples:
  dialtone tenant add acme
  dialtone tenant add acme-paris --below acme
  dialtone token add acme-crm --tenant acme`
}

func (a tenantAdd) Run() error {
	wanted := tenantWanted{a.Name, a.Below}
	made, err := answered(a.Data, "POST", "/tenants", wanted, func(s *store.Store) (confd.Company, error) { return makeTenant(s, wanted) })
	if err != nil {
		return err
	}
	fmt.Printf("tenant %s: %s\n", made.Name, made.UUID)
	return nil
}

type tenantRemove struct {
	dataFlag
	Name      string `arg:"" help:"The tenant's name or UUID."`
	Recursive bool   `help:"Delete its objects, keys and sounds with it."`
}

func (tenantRemove) Help() string {
	return `A tenant that has objects, keys or sounds is left alone, unless they are to go with it. One that has tenants below it stays in any
case, and so does the master.

Examples:
  dialtone tenant remove acme
  dialtone tenant remove acme --recursive`
}

func (r tenantRemove) Run() error {
	path := "/tenants/" + url.PathEscape(r.Name)
	if r.Recursive {
		path += "?recursive"
	}
	return removed("tenant", r.Name, carriedOut(r.Data, "DELETE", path, nil, func(s *store.Store) error {
		rest := confd.New(confd.Config{Store: s, Sounds: filepath.Join(r.Data, "sounds")})
		return rest.RemoveTenant(r.Name, r.Recursive)
	}))
}
