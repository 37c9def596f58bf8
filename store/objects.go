package store

import (
	"log/slog"

	"go.etcd.io/bbolt"
)

// kinds are all kinds of objects. What refers to others stands behind them, as far as it can.
var kinds = []described{
	tenantKind, tokenKind, contextKind, scheduleKind, exceptionKind, calendarKind, switchKind, userKind, groupKind, templateKind, endpointKind, lineKind, phoneKind, trunkKind,
	outcallKind, ivrKind, incallKind, extensionKind,
}

// described is a kind of objects, whatever is in them.
type described interface {
	bucket() tableID
	empty(*owner) *shelf
	load(tx *Tx, records []lying, log *slog.Logger)

	put(tx *Tx, object map[string]any) error
	remove(tx *Tx, id int) error
	owned(tx *Tx, tenant string) []int // numbers of the objects that are of a tenant
}

func (k *kind[T]) bucket() tableID { return k.table }

func (k *kind[T]) empty(o *owner) *shelf { return newShelf(o, len(k.indexes)) }

// load reads all objects, after it has made what is there from the first start.
func (e *engine) load() (objects *state, err error) {
	err = e.update(func(btx *bbolt.Tx) error {
		former, err := upgrade(btx)
		if err != nil {
			return err
		}
		if objects, err = loadObjects(btx, e.options.Log); err != nil {
			return err
		}
		tx := newTx(objects)
		err = tx.run(func(tx *Tx) error {
			if err := tx.first(); err != nil {
				return err
			}
			return tx.adopt(former)
		})
		if err != nil {
			return err
		}
		if objects = tx.state; len(tx.writes) == 0 {
			return errUnchanged
		}
		return tx.keep(btx)
	})
	return objects, err
}

// first makes what is there from the first start: the master tenant, and the contexts of its telephones and of its numbers.
func (tx *Tx) first() error {
	if tx.MasterTenant() != nil {
		return nil
	}
	master, err := tx.Tenants().Put(Tenant{Name: "master"})
	if err != nil {
		return err
	}
	for _, c := range []Context{{Name: "default", Type: ContextInternal}, {Name: "from-extern", Type: ContextIncall}} {
		if _, err := tx.Contexts().Put(openContext(master.UUID, c.Name, c.Type)); err != nil {
			return err
		}
	}
	return nil
}

// openContext is a context for all numbers.
func openContext(tenant, name, contextType string) Context {
	all := []Range{AllNumbers}
	return Context{
		Tenant: tenant, Name: name, Label: name, Type: contextType, Enabled: true,
		UserRanges: all, GroupRanges: all, QueueRanges: all, ConferenceRoomRanges: all, IncallRanges: []IncallRange{{Range: AllNumbers}},
	}
}

// keep brings what a transaction changed to the database.
func (tx *Tx) keep(btx *bbolt.Tx) error {
	changed := map[tableID]bool{}
	for _, w := range tx.writes {
		bucket := btx.Bucket(w.table.bucket())
		if bucket == nil {
			return errNoBucket
		}
		changed[w.table] = true
		var err error
		if w.value == nil {
			err = bucket.Delete(w.key)
		} else {
			err = bucket.Put(w.key, w.value)
		}
		if err != nil {
			return err
		}
	}
	for table := range changed {
		if shelf := tx.state.shelves[table]; shelf != nil {
			if err := btx.Bucket(table.bucket()).SetSequence(uint64(shelf.lastID)); err != nil {
				return err
			}
		}
	}
	return btx.Bucket(metaBucket).SetSequence(uint64(tx.state.revision))
}
