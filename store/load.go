package store

import (
	"errors"
	"log/slog"
	"runtime"
	"slices"
	"sync"

	"go.etcd.io/bbolt"
)

// lying is a record as it lies in the database.
type lying struct {
	key string
	raw []byte
}

// loadBatch is how many records are decoded at once.
const loadBatch = 8192

// loadObjects reads all objects. One that cannot be read is left out, and logged; its number is not given again.
func loadObjects(btx *bbolt.Tx, log *slog.Logger) (*state, error) {
	tx := newTx(&state{revision: Revision(btx.Bucket(metaBucket).Sequence())})
	for _, kind := range kinds {
		table := kind.bucket()
		tx.state.shelves[table] = kind.empty(tx.owner)
		bucket := btx.Bucket(table.bucket())
		var batch []lying
		err := bucket.ForEach(func(key, raw []byte) error {
			batch = append(batch, lying{string(key), slices.Clone(raw)}) // other goroutines must not touch what may go bad under them
			if len(batch) == loadBatch {
				kind.load(tx, batch, log)
				batch = batch[:0]
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
		kind.load(tx, batch, log)
		shelf := tx.state.shelves[table]
		shelf.lastID, shelf.edited = max(shelf.lastID, int(bucket.Sequence())), tx.state.revision
	}
	return tx.state, nil
}

// load puts objects into the state as they lie in the database: all processors decode them, then one after the other takes its place.
func (k *kind[T]) load(tx *Tx, records []lying, log *slog.Logger) {
	type read struct {
		v   *T
		rev Revision
		err error
	}
	objects := make([]read, len(records))
	var wg sync.WaitGroup
	for part := range slices.Chunk(objects, max(1, len(objects)/runtime.GOMAXPROCS(0))) {
		rest := records
		records = records[len(part):]
		wg.Go(func() {
			for i := range part {
				v, rev, err := decode[T](k.table, rest[i].key, rest[i].raw)
				if err == nil && *k.id(&v) == 0 {
					err = &RecordError{k.table.String(), rest[i].key, errors.New("damaged: it has no number")}
				}
				part[i] = read{&v, rev, err}
			}
		})
	}
	wg.Wait()
	for _, o := range objects {
		if o.err == nil {
			o.err = Kind[T]{tx, k}.place(o.v, o.rev)
		}
		if o.err != nil {
			log.Error("a record is left out", "why", o.err)
		}
	}
}
