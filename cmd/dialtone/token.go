package main

import (
	"fmt"
	"net/http"
	"net/url"
	"os"
	"text/tabwriter"
	"time"

	"dialtone/confd"
	"dialtone/store"
)

type tokenCommand struct {
	Add    tokenAdd    `cmd:"" help:"Make an API key for a program."`
	List   tokenList   `cmd:"" help:"List the API keys."`
	Revoke tokenRevoke `cmd:"" help:"Revoke an API key, and the tokens that were made with it."`
}

// keyWanted is an API key that is to be made.
type keyWanted struct {
	Name     string `json:"name"`
	Tenant   string `json:"tenant,omitempty"` // name or UUID
	ReadOnly bool   `json:"read_only,omitempty"`
}

// madeKey is the secret of a key that was made.
type madeKey struct {
	Token string `json:"token"`
}

// serveKeys lets commands make, list and revoke API keys.
func serveKeys(mux *http.ServeMux, s *store.Store) {
	mux.HandleFunc("POST /tokens", func(w http.ResponseWriter, r *http.Request) {
		var wanted keyWanted
		if err := decode(w, r, &wanted); err != nil {
			reply(w, nil, err)
			return
		}
		secret, err := makeKey(s, wanted)
		reply(w, madeKey{secret}, err)
	})
	mux.HandleFunc("GET /tokens", func(w http.ResponseWriter, r *http.Request) {
		keys, err := keysOf(s)
		reply(w, keys, err)
	})
	mux.HandleFunc("DELETE /tokens/{name}", func(w http.ResponseWriter, r *http.Request) {
		reply(w, nil, revokeKey(s, r.PathValue("name")))
	})
}

func makeKey(s *store.Store, wanted keyWanted) (secret string, err error) {
	err = s.Update(func(tx *store.Tx) (err error) {
		secret, err = confd.MakeKey(tx, wanted.Name, wanted.Tenant, wanted.ReadOnly)
		return err
	})
	return secret, err
}

func keysOf(s *store.Store) (keys []confd.Key, err error) {
	err = s.View(func(tx *store.Tx) error {
		keys = confd.Keys(tx)
		return nil
	})
	return keys, err
}

func revokeKey(s *store.Store, name string) error {
	return s.Update(func(tx *store.Tx) error { return confd.RevokeKey(tx, name) })
}

type tokenAdd struct {
	dataFlag
	Name     string `arg:"" help:"Whose key it is: a program, a colleague."`
	Tenant   string `placeholder:"T" help:"The tenant that it acts for, and for those below it: its name or UUID. One that is not known is made (default: the master tenant, which is above all)."`
	ReadOnly bool   `help:"It may read, and change nothing."`
}

func (tokenAdd) Help() string {
	return `The key is printed now and never again: only its hash is kept. Programs send it as the header X-Auth-Token, or sign in with it
for a token that is over after a while (POST /0.1/token, HTTP Basic: NAME and the key).

Examples:
  dialtone token add provisioning
  dialtone token add dashboard --read-only
  dialtone token add acme-crm --tenant acme`
}

func (a tokenAdd) Run() error {
	wanted := keyWanted{a.Name, a.Tenant, a.ReadOnly}
	made, err := answered(a.Data, "POST", "/tokens", wanted, func(s *store.Store) (made madeKey, err error) {
		made.Token, err = makeKey(s, wanted)
		return made, err
	})
	if err != nil {
		return err
	}
	fmt.Printf("key %s; it is shown only now: %s\n", a.Name, made.Token)
	return nil
}

type tokenList struct {
	dataFlag
	JSON bool `help:"Print JSON."`
}

func (tokenList) Help() string {
	return `Example:
  dialtone token list --json`
}

func (l tokenList) Run() error {
	keys, err := answered(l.Data, "GET", "/tokens", nil, keysOf)
	if err != nil {
		return err
	}
	if l.JSON {
		return printJSON(keys)
	}
	table := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "NAME\tTENANT\tMAY\tSESSIONS\tSINCE")
	for _, key := range keys {
		may := "change"
		if key.ReadOnly {
			may = "read"
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%d\t%s\n", key.Name, key.Tenant, may, key.Sessions, key.Created.Local().Format(time.DateTime))
	}
	return table.Flush()
}

type tokenRevoke struct {
	dataFlag
	Name string `arg:"" help:"The key's name."`
}

func (tokenRevoke) Help() string {
	return `Example:
  dialtone token revoke dashboard`
}

func (r tokenRevoke) Run() error {
	return removed("key", r.Name, carriedOut(r.Data, "DELETE", "/tokens/"+url.PathEscape(r.Name), nil, func(s *store.Store) error { return revokeKey(s, r.Name) }))
}
