package confd

import "strings"

// sameTenant refuses to join objects of two tenants; a and b are what they are, in lower case: "incall".
func sameTenant(a, tenantOfA, b, tenantOfB string) error {
	if tenantOfA == tenantOfB {
		return nil
	}
	return resourceError("different tenants", a+"_tenant_uuid", tenantOfA, b+"_tenant_uuid", tenantOfB)
}

// related is an object as those show it that have to do with it.
type related struct {
	ID    int    `json:"id"`
	Links []link `json:"links"`
}

// named is an object that has a name, as those show it that have to do with it.
type named struct {
	ID    int    `json:"id"`
	Name  any    `json:"name"` // a string, or nil
	Links []link `json:"links"`
}

// capital writes a word with a capital, as sentences of errors have kinds of objects.
func capital(word string) string { return strings.ToUpper(word[:1]) + word[1:] }
