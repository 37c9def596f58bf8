package call_test

import (
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"dialtone/sip"
	"dialtone/store"
)

// TestAHostOfATrunkIsLookedUp: calls from the addresses of its hosts are the trunk's, and no longer once it has others.
func TestAHostOfATrunkIsLookedUp(t *testing.T) {
	r := store.NewTrunk("acme", "from-extern")
	r.Hosts = []string{"no such host", "198.51.100.1"} // one that is not found keeps none of the others away
	withCarriers(t, []store.Trunk{r}, func(c *carriers) {
		synctest.Wait()
		of := func(from string) (name string, known bool) {
			at := netip.MustParseAddrPort(from)
			trunk, _ := c.trunks.Match(sip.Arrival{From: at})
			return trunk.Name, c.trunks.Knows(at)
		}
		if name, known := of(proxyA); name != "acme" || !known {
			c.Errorf("a call from the host is trunk %q's, known %v", name, known)
		}
		if name, known := of(elsewhere); name != "" || known {
			c.Errorf("a call from elsewhere is trunk %q's, known %v", name, known)
		}
		time.Sleep(time.Hour) // it is looked up again, and stays
		if name, _ := of(proxyA); name != "acme" {
			c.Errorf("an hour later a call from the host is trunk %q's", name)
		}
		r.Hosts = []string{"198.51.100.2"}
		c.set(r)
		synctest.Wait()
		if name, known := of(proxyA); name != "" || known {
			c.Errorf("a call from the host of before is trunk %q's, known %v", name, known)
		}
		if name, _ := of(proxyB); name != "acme" {
			c.Errorf("a call from the new host is trunk %q's", name)
		}
	})
}

// TestATrunkRegistersAnotherNameThanItsAccount: the address of record has the name, the digest the account's user.
func TestATrunkRegistersAnotherNameThanItsAccount(t *testing.T) {
	r := registering("acme")
	r.Account.Line, r.Account.Name = "", "0123456789"
	withCarriers(t, []store.Trunk{r}, func(c *carriers) {
		register := c.accept(c.a, 600)
		if to, contact, proof := register.Header("To"), register.Header("Contact"), register.Header("Authorization"); !strings.Contains(to, "sip:0123456789@") || !strings.Contains(contact, "sip:0123456789@") || !strings.Contains(proof, `username="acme"`) {
			c.Errorf("To %s, Contact %s, Authorization %s", to, contact, proof)
		}
	})
}
