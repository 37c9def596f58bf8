package ivr

import "dialtone/ivr/schedule"

// Schedules are the opening hours that are kept as objects. They are safe for concurrent use.
type Schedules interface {
	// Schedule finds one of a tenant by its id or its name; an empty tenant is any. The error names what was looked for.
	Schedule(tenant, name string) (schedule.Schedule, error)
	// Switch switches one, and gives its switch.
	Switch(tenant, name string, t schedule.Turn) (schedule.Hand, error)
}

// Schedules are the switch's, nil when there are none.
func (r *Run) Schedules() Schedules { return r.o.Schedules }

// TenantVariable holds the UUID of the tenant that a call belongs to.
const TenantVariable = "WAZO_TENANT_UUID"
