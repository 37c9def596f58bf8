package store

import (
	"encoding/json"
	"strconv"

	"go.etcd.io/bbolt"
)

// upgrade begins to make format 2 of format 1: phones and trunks get numbers, in the order of their names. It takes the
// incalls, which were DIDs, out for adopt.
func upgrade(btx *bbolt.Tx) (former []DID, err error) {
	meta := btx.Bucket(metaBucket)
	if string(meta.Get(formatKey)) != "1" {
		return nil, nil
	}
	if err := meta.Put(formatKey, []byte(strconv.Itoa(format))); err != nil {
		return nil, err
	}
	if err := numberAll(btx, phoneKind); err != nil {
		return nil, err
	}
	if err := numberAll(btx, trunkKind); err != nil {
		return nil, err
	}
	bucket := btx.Bucket(incallTable.bucket())
	err = bucket.ForEach(func(key, raw []byte) error {
		if v, _, err := decode[DID](incallTable, string(key), raw); err == nil {
			former = append(former, v)
		}
		return nil // what cannot be read stays as it is, and is left out when objects are loaded
	})
	if err != nil {
		return nil, err
	}
	for _, i := range former {
		if err := bucket.Delete([]byte(i.Number)); err != nil {
			return nil, err
		}
	}
	return former, bucket.SetSequence(0)
}

// numberAll gives numbers to the objects of a kind that were known by name alone. Revisions go on, for all objects together.
func numberAll[T any](btx *bbolt.Tx, kind *kind[T]) error {
	meta, bucket := btx.Bucket(metaBucket), btx.Bucket(kind.table.bucket())
	if err := meta.SetSequence(max(meta.Sequence(), bucket.Sequence())); err != nil {
		return err
	}
	numbered, last := map[string][]byte{}, 0
	err := bucket.ForEach(func(key, raw []byte) error {
		v, rev, err := decode[T](kind.table, string(key), raw)
		if err != nil {
			return nil // as for incalls below
		}
		last++
		*kind.id(&v) = last
		record, err := json.Marshal(v)
		numbered[string(key)] = seal(rev, record)
		return err
	})
	if err != nil {
		return err
	}
	for key, raw := range numbered {
		if err := bucket.Put([]byte(key), raw); err != nil {
			return err
		}
	}
	return bucket.SetSequence(uint64(last))
}

// adopt ends what upgrade began: trunks are the master tenant's, and an incall is an extension of from-extern with an incall
// that leads to the extension where its calls began.
func (tx *Tx) adopt(former []DID) error {
	for t := range tx.Trunks().All() {
		if t.Tenant == "" {
			if _, err := tx.Trunks().Put(*t); err != nil {
				return err
			}
		}
	}
	for _, i := range former {
		if err := tx.PutDID(i); err != nil {
			return err
		}
	}
	return tx.describeAll()
}
