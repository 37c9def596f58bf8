package store

import (
	"errors"
	"net/netip"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.etcd.io/bbolt"
)

// formerly writes a database of format 1, as an older dialtone left it: by bucket and key, each record with the revision
// that its place gives it.
func formerly(t *testing.T, buckets map[string]map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	db, err := bbolt.Open(filepath.Join(dir, DatabaseFile), 0o600, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	err = db.Update(func(tx *bbolt.Tx) error {
		meta, err := tx.CreateBucket(metaBucket)
		if err != nil {
			return err
		}
		if err := meta.Put(formatKey, []byte("1")); err != nil {
			return err
		}
		for _, name := range []string{"phones", "trunks", "bindings", "journal", "records", "database", "bans", "incalls"} {
			bucket, err := tx.CreateBucket([]byte(name))
			if err != nil {
				return err
			}
			for key, record := range buckets[name] {
				rev, _ := bucket.NextSequence()
				if err := bucket.Put([]byte(key), seal(Revision(rev), []byte(record))); err != nil {
					return err
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

var former = map[string]map[string]string{
	"phones": {
		"1001": `{"number":"1001","context":"default","ha1_md5":"c6f3a3319ad7fc92010fc53d6058e123","ha1_sha256":"cae3a68006fa64b6f5d7644e6d434c37967cb91fed97acd91b8688f2df109e38","created":"2026-01-02T03:04:05Z","max_calls":2}`,
		"1000": `{"number":"1000","context":"default","ha1_md5":"c6f3a3319ad7fc92010fc53d6058e123","ha1_sha256":"cae3a68006fa64b6f5d7644e6d434c37967cb91fed97acd91b8688f2df109e38","created":"2026-01-02T03:04:05Z"}`,
	},
	"trunks":   {"carrier": `{"name":"carrier","addresses":["203.0.113.0/28"],"context":"in","created":"2026-01-02T03:04:05Z"}`},
	"bindings": {"1000": `["here"]`},
	"incalls": {
		"+33123456789":   `{"number":"+33123456789","context":"default","exten":"8899","created":"2026-01-02T03:04:05Z"}`,
		"_+331234567XX":  `{"number":"_+331234567XX","context":"ivr","exten":"s","created":"2026-01-02T03:04:05Z"}`,
		"_+3312345678XX": `{"number":"_+3312345678XX","context":"ivr","exten":"s","created":"2026-01-02T03:04:05Z"}`,
	},
}

func TestDatabaseOfFormat1IsBroughtIntoTodaysForm(t *testing.T) {
	s := open(t, formerly(t, former), Options{})
	for range 2 { // and it stays so
		phone, _, err := s.Phones().Get("1001")
		if err != nil || phone.ID != 2 || phone.MaxCalls != 2 {
			t.Errorf("%+v, %v", phone, err)
		}
		view(t, s, func(tx *Tx) {
			trunk, ok := tx.Trunk("carrier")
			if !ok || trunk.ID != 1 || trunk.Tenant != tx.MasterTenant().UUID || len(trunk.Addresses) != 1 || trunk.Addresses[0].Prefix != netip.MustParsePrefix("203.0.113.0/28") {
				t.Errorf("%+v", trunk)
			}
			want := []DID{{"+33123456789", "from-extern", "default", "8899"}, {"_+3312345678XX", "from-extern", "ivr", "s"}, {"_+331234567XX", "from-extern", "ivr", "s"}}
			if diff := cmp.Diff(want, didsOf(tx)); diff != "" {
				t.Error(diff)
			}
			e, ok := tx.Extension("from-extern", "+33123456789")
			if !ok || !e.Enabled || e.Of.Kind != OwnerIncall || e.Tenant != tx.MasterTenant().UUID {
				t.Errorf("%+v", e)
			}
		})
		if raw, _, err := s.Bindings().Get("1000"); err != nil || string(raw) != `["here"]` {
			t.Errorf("%s, %v", raw, err)
		}
		rev, err := s.Phones().Put("1002", NewPhone("1002", "p", "default"), Any)
		if err != nil || rev <= 3 {
			t.Errorf("revision %d (%v): formerly there was one as high", rev, err)
		}
		s = reopen(t, s, Options{})
	}
}

// A record that today's check refuses stops the start, and nothing is changed: the older dialtone still opens it.
func TestUpgradeIsAllOrNothing(t *testing.T) {
	dir := formerly(t, map[string]map[string]string{"incalls": {"x": `{"number":"0123","context":"default","exten":"8899"}`, "+33123456789": former["incalls"]["+33123456789"]}})
	_, err := Open(dir, Options{})
	var field *FieldError
	if !errors.As(err, &field) {
		t.Fatalf("%v", err)
	}
	db, err := bbolt.Open(filepath.Join(dir, DatabaseFile), 0o600, &bbolt.Options{ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var keys []string
	db.View(func(tx *bbolt.Tx) error {
		if string(tx.Bucket(metaBucket).Get(formatKey)) != "1" {
			t.Error("it is no more format 1")
		}
		return tx.Bucket(incallTable.bucket()).ForEach(func(k, _ []byte) error { keys = append(keys, string(k)); return nil })
	})
	if !slices.Equal(keys, []string{"+33123456789", "x"}) {
		t.Errorf("incalls %q", keys)
	}
}

// didsOf are the numbers that lead to an extension of the dialplan, in the order in which they were made.
func didsOf(tx *Tx) (dids []DID) {
	for e := range tx.Extensions().All() {
		if i, _, ok := tx.Incalls().Get(e.Of.ID); ok && e.Of.Kind == OwnerIncall && i.Destination.Type == DestinationExtension {
			dids = append(dids, DID{e.Exten, e.Context, i.Destination.Context, i.Destination.Exten})
		}
	}
	return dids
}
