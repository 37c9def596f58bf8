package compile_test

import (
	"fmt"
	"testing"
	"time"

	"dialtone/ivr/dialplan"
	"dialtone/store"
)

func TestWhereADIDLeads(t *testing.T) {
	l := newLab(t)
	var master, other string
	l.change(func(tx *store.Tx, tenant string) error {
		master = tenant
		child, err := tx.Tenants().Put(store.Tenant{Name: "other", Parent: tenant})
		if err != nil {
			return err
		}
		other = child.UUID
		for _, c := range []store.Context{
			{Name: "carrier-a", Type: store.ContextIncall, Tenant: master, Enabled: true}, {Name: "carrier-b", Type: store.ContextIncall, Tenant: master, Enabled: true},
			{Name: "others", Type: store.ContextIncall, Tenant: other, Enabled: true}, {Name: "closed", Type: store.ContextIncall, Tenant: master},
		} {
			if _, err := tx.Contexts().Put(c); err != nil {
				return err
			}
		}
		incalls := map[string]int{}
		for _, tenant := range []string{master, other} {
			i, err := tx.Incalls().Put(store.Incall{Tenant: tenant, Destination: store.Nowhere})
			if err != nil {
				return err
			}
			incalls[tenant] = i.ID
		}
		for _, e := range []struct {
			context, exten string
			off, free      bool
		}{
			{context: "carrier-a", exten: "+33100000001"}, {context: "carrier-a", exten: "_+3310000000X"}, {context: "carrier-a", exten: "_+331."},
			{context: "carrier-a", exten: "0200000000"}, {context: "carrier-a", exten: "0300000000", off: true}, {context: "carrier-a", exten: "0400000000", free: true},
			{context: "carrier-b", exten: "33100000001"}, {context: "carrier-b", exten: "0300000000"}, {context: "carrier-b", exten: "_05XXXXXXXX"}, {context: "carrier-b", exten: "_0[67]!"},
			{context: "others", exten: "0800000000"}, {context: "closed", exten: "0900000000"}, {context: "closed", exten: "_09."},
		} {
			kept := store.Extension{Context: e.context, Exten: e.exten, Enabled: !e.off}
			if !e.free {
				c, _ := tx.Context(e.context)
				kept.Of = store.Owner{Kind: store.OwnerIncall, ID: incalls[c.Tenant]}
			}
			if _, err := tx.Extensions().Put(kept); err != nil {
				return err
			}
		}
		return nil
	})
	forms := func(national string) []string {
		return []string{"0" + national, "+33" + national, "33" + national, "0033" + national}
	}
	for _, c := range []struct {
		why, context, tenant string
		forms                []string
		want                 string // context,number
	}{
		{"in its own form", "carrier-a", master, forms("100000001"), "carrier-a,+33100000001"},
		{"in that of another context, which comes first for it", "carrier-b", master, forms("100000001"), "carrier-b,33100000001"},
		{"a pattern", "carrier-a", master, forms("100000002"), "carrier-a,+33100000002"},
		{"a wide pattern", "carrier-a", master, forms("111111111"), "carrier-a,+33111111111"},
		{"as it was written", "carrier-a", master, []string{"0200000000"}, "carrier-a,0200000000"},
		{"one that is off is another context's", "carrier-a", master, forms("300000000"), "carrier-b,0300000000"},
		{"one without an incall", "carrier-a", master, forms("400000000"), ""},
		{"a pattern of another context", "carrier-a", master, forms("500000000"), "carrier-b,0500000000"},
		{"a pattern that ends early", "carrier-a", master, []string{"06"}, "carrier-b,06"},
		{"another tenant's", "carrier-a", master, forms("800000000"), ""},
		{"the tenant's own", "from-carrier", other, forms("800000000"), "others,0800000000"},
		{"a context that is off", "closed", master, forms("900000000"), ""},
		{"no context of objects", "from-file", master, forms("100000001"), "carrier-a,+33100000001"},
		{"nobody's", "carrier-b", master, []string{"1", "x", "-", " "}, ""},
		{"no number", "carrier-b", master, nil, ""},
	} {
		place, ok := l.sw.Incall(c.context, c.tenant, c.forms)
		got := ""
		if ok {
			got = place.Context + "," + place.Exten
		}
		if got != c.want {
			t.Errorf("%s: %v from %s leads to %q, want %q", c.why, c.forms, c.context, got, c.want)
		}
		if _, there := (&dialplan.Plan{}).With(l.sw).Find(place, "", time.Time{}); ok && !there {
			t.Errorf("%s: nothing is at %v", c.why, place)
		}
	}
}

func BenchmarkDIDAmongMany(b *testing.B) {
	l := newLab(b)
	many(l, 100_000)
	var tenant string
	l.store.View(func(tx *store.Tx) error { tenant = tx.MasterTenant().UUID; return nil })
	for _, context := range []string{"from-extern", "carrier"} {
		b.Run(context, func(b *testing.B) {
			b.ReportAllocs()
			n := 0
			for b.Loop() {
				n = (n + 7919) % 100_000
				digits := fmt.Sprintf("1%08d", n)
				if _, ok := l.sw.Incall(context, tenant, []string{"0" + digits, "+33" + digits, "33" + digits, "0033" + digits}); !ok {
					b.Fatal("not found")
				}
			}
		})
	}
}
