package confd

import (
	"errors"
	"maps"
	"net/http"
	"net/url"
	"slices"

	"dialtone/store"
)

// Check tells what the API would refuse of an object of the store that came there another way, as by a text: what GET shows of it, and of what
// lies below it as its fallbacks, is sent back by PUT, which is taken back. Of what the API does not have it refuses nothing.
func (a *API) Check(tx *store.Tx, object any) error {
	path := pathOf(tx, object)
	if path == "" {
		return nil
	}
	err := tx.Try(func() error {
		for _, path := range a.editable(path) {
			if err := a.sendBack(tx, path, exempt(tx, object)); err != nil {
				return err
			}
		}
		return errRehearsed
	})
	if errors.Is(err, errRehearsed) {
		return nil
	}
	return a.failureOf(err)
}

// exempt is a field of an object that has other rules than the API's; empty: none has.
func exempt(tx *store.Tx, object any) (field string) {
	switch v := object.(type) {
	case *store.Calendar:
		return "url" // who may be asked for it is looked at when somebody is
	case *store.Incall: // a command lets numbers lead to extensions of letters, too: s
		for e := range tx.ExtensionsOf(store.OwnerIncall, v.ID) {
			to := v.Destination
			if to.Type == store.DestinationExtension && (store.DID{Number: e.Exten, Context: to.Context, Exten: to.Exten}).Validate() == nil {
				return "destination"
			}
		}
	}
	return ""
}

// sendBack puts what GET shows but one field, for the tenant that it is of.
func (a *API) sendBack(tx *store.Tx, path, but string) error {
	owner := tx.MasterTenant().UUID
	shown, err := a.askWithin(tx, owner, http.MethodGet, path, nil)
	if err != nil {
		return err
	}
	if tenant, ok := shown["tenant_uuid"].(string); ok {
		owner = tenant
	}
	delete(shown, but)
	body, err := marshal(shown)
	if err != nil {
		return err
	}
	_, err = a.askWithin(tx, owner, http.MethodPut, path, body)
	return err
}

// editable are a path, and those one below it, at which GET shows what PUT changes.
func (a *API) editable(path string) []string {
	at, _, _ := a.find(&http.Request{URL: &url.URL{Path: path}})
	paths := []string{path}
	for _, name := range slices.Sorted(maps.Keys(at.named)) {
		if below := at.named[name]; below.methods[http.MethodGet] != nil && below.methods[http.MethodPut] != nil {
			paths = append(paths, path+"/"+name)
		}
	}
	return paths
}

// pathOf is where the API has an object of the store; empty: nowhere.
func pathOf(tx *store.Tx, object any) string {
	const own = "/api"
	switch v := object.(type) {
	case *store.Tenant:
		return "/0.1/tenants/" + v.UUID
	case *store.Context:
		return contract + contextPath(v.ID)
	case *store.Extension:
		return contract + extensionPath(v.ID)
	case *store.Schedule:
		return contract + schedulePath(v.ID)
	case *store.Exception:
		return own + exceptions().place(v)
	case *store.Calendar:
		return own + calendars().place(v)
	case *store.User:
		return contract + userPath(v.UUID)
	case *store.Group:
		return contract + groupPath(v.UUID)
	case *store.Line:
		return contract + linePath(v.ID)
	case *store.Endpoint:
		if _, template := tx.Template(v.UUID); template {
			return contract + templatePath(v.UUID)
		}
		return contract + endpointPath(v.UUID)
	case *store.Trunk:
		return contract + trunkPath(v.ID)
	case *store.Outcall:
		return contract + outcallPath(v.ID)
	case *store.IVR:
		return contract + ivrPath(v.ID)
	case *store.Incall:
		return contract + incallPath(v.ID)
	}
	return ""
}
