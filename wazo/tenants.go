package wazo

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
)

// Tenant is a tenant of a Wazo.
type Tenant struct {
	UUID, Name string
	Master     bool // above all others
}

// Tenants lists the tenants that the token sees, the master first, then by name. They are wazo-auth's, which stands beside the API.
func Tenants(ctx context.Context, s Source) ([]Tenant, error) {
	base, err := s.base()
	if err != nil {
		return nil, err
	}
	auth := strings.TrimSuffix(base, "/1.1") + "/0.1"
	if front, ok := strings.CutSuffix(base, "/confd/1.1"); ok {
		auth = front + "/auth/0.1"
	}
	s.Tenant = ""
	listed, err := s.pages(ctx, auth, resource{path: "tenants", id: "uuid"})
	if err != nil {
		return nil, fmt.Errorf("the tenants: %w", err)
	}
	tenants := make([]Tenant, len(listed))
	for i, t := range listed {
		tenants[i] = Tenant{t.text("uuid"), cmp.Or(t.text("name"), t.text("uuid")), t.text("parent_uuid") == t.text("uuid")}
	}
	slices.SortStableFunc(tenants, func(a, b Tenant) int {
		if a.Master != b.Master {
			return map[bool]int{true: -1, false: 1}[a.Master]
		}
		return strings.Compare(a.Name, b.Name)
	})
	return tenants, nil
}
