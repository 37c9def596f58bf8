package main

import (
	"cmp"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"dialtone/call"
	"dialtone/store"
)

// trunks is the table of trunks, for list, put and remove.
func trunks(s *store.Store) table[store.Trunk] { return s.Trunks() }

type trunkCommand struct {
	Add    trunkAdd    `cmd:"" help:"Add a trunk, or say anew what one is."`
	Set    trunkSet    `cmd:"" help:"Change a trunk, but for what is not said."`
	List   trunkList   `cmd:"" help:"List the trunks and how they fare."`
	Show   trunkShow   `cmd:"" help:"Show a trunk, its registration and its servers."`
	Remove trunkRemove `cmd:"" help:"Remove a trunk."`
}

type trunkAdd struct {
	dataFlag
	Name    string `arg:"" help:"The trunk's name."`
	Context string `required:"" placeholder:"C" help:"The context of the dialplan where its calls begin, at the number that was called."`
	trunkFlags
}

func (trunkAdd) Help() string {
	return `A trunk is a carrier's link. Its calls come from its addresses, or because we register there; they go to its servers.

Examples:
  dialtone trunk add carrier --address 203.0.113.0/28 --context from-extern
  dialtone trunk add voip --server sip.example.com --user acme --password 'a long secret' --register --country 33 --context from-extern
  dialtone trunk add gateway --server 192.0.2.7:5070 --server 192.0.2.8 --address 192.0.2.7 --address 192.0.2.8 --max-calls 30 --context from-extern`
}

func (a trunkAdd) Run() error {
	c, err := openControl(a.Data)
	if err != nil {
		return err
	}
	defer c.Close()
	trunk := store.NewTrunk(a.Name, a.Context)
	if err := a.change(&trunk); err != nil {
		return err
	}
	if a.Qualify == nil && len(trunk.Servers) > 0 {
		trunk.Qualify = defaultQualify
	}
	return putTrunk(c, trunk)
}

// putTrunk keeps a trunk and says what it is now.
func putTrunk(c *control, t store.Trunk) error {
	if err := put(c, "trunks", t.Name, t, trunks); err != nil {
		return err
	}
	line := "trunk " + t.Name
	for what, text := range pairs("address", sourcesText(t), "server", strings.Join(t.Servers, " "), "context", t.Context) {
		line += "  " + what + " " + text
	}
	fmt.Println(line)
	return nil
}

// pairs gives names with their values, without the empty ones.
func pairs(texts ...string) func(func(string, string) bool) {
	return func(yield func(string, string) bool) {
		for i := 0; i+1 < len(texts); i += 2 {
			if texts[i+1] != "" && !yield(texts[i], texts[i+1]) {
				return
			}
		}
	}
}

// sourcesText are the addresses of a trunk.
func sourcesText(t store.Trunk) string {
	var texts []string
	for _, a := range t.Addresses {
		texts = append(texts, a.String())
	}
	return strings.Join(texts, " ")
}

type trunkSet struct {
	dataFlag
	Name    string `arg:"" help:"The trunk's name."`
	Context string `placeholder:"C" help:"The context of the dialplan where its calls begin."`
	trunkFlags
}

func (trunkSet) Help() string {
	return `Examples:
  dialtone trunk set voip --password 'another secret'
  dialtone trunk set gateway --max-calls 60 --caller rpid --format +e164 --country 33
  dialtone trunk set gateway --domain ""             has no domains any more`
}

func (s trunkSet) Run() error {
	c, err := openControl(s.Data)
	if err != nil {
		return err
	}
	defer c.Close()
	trunk, err := findTrunk(c, s.Name)
	if err != nil {
		return err
	}
	trunk.Context = cmp.Or(s.Context, trunk.Context)
	if err := s.change(&trunk); err != nil {
		return err
	}
	return putTrunk(c, trunk)
}

// findTrunk gives the trunk of a name.
func findTrunk(c *control, name string) (store.Trunk, error) {
	all, err := list(c, "trunks", trunks)
	if err != nil {
		return store.Trunk{}, err
	}
	i := slices.IndexFunc(all, func(t store.Trunk) bool { return t.Name == name })
	if i < 0 {
		return store.Trunk{}, fmt.Errorf("there is no trunk %s on this data directory (`dialtone trunk list` lists them)", name)
	}
	return all[i], nil
}

// listedTrunk is a trunk without its secrets, and how it fares.
type listedTrunk struct {
	store.Trunk
	State *call.TrunkState `json:"state,omitempty"` // nil: no server runs
}

// listedTrunks are all trunks.
func listedTrunks(c *control) ([]listedTrunk, error) {
	all, err := list(c, "trunks", trunks)
	if err != nil {
		return nil, err
	}
	var states []call.TrunkState
	if c.server != nil {
		if err := c.ask("GET", "/trunks/states", nil, &states); err != nil {
			return nil, err
		}
	}
	listed := make([]listedTrunk, 0, len(all))
	for _, t := range all {
		t.Account.Password, t.Peer.HA1MD5, t.Peer.HA1SHA256 = "", "", ""
		one := listedTrunk{Trunk: t}
		if i := slices.IndexFunc(states, func(s call.TrunkState) bool { return s.Name == t.Name }); i >= 0 {
			one.State = &states[i]
		}
		listed = append(listed, one)
	}
	return listed, nil
}

// serveTrunks lets commands see how the trunks fare.
func serveTrunks(mux *http.ServeMux, t *call.Trunks) {
	mux.HandleFunc("GET /trunks/states", func(w http.ResponseWriter, r *http.Request) { reply(w, t.States(), nil) })
}

// status is how a trunk fares, in a few words.
func (t listedTrunk) status() string {
	s := t.State
	if s == nil {
		return "-"
	}
	down := 0
	for _, server := range s.Servers {
		if !server.Up {
			down++
		}
	}
	switch {
	case s.Registers && !s.Registered:
		return "not registered"
	case down > 0 && down == len(s.Servers):
		return "down"
	case down > 0:
		return fmt.Sprintf("up, %d of %d servers down", down, len(s.Servers))
	case s.Registered:
		return "registered"
	case len(s.Servers) > 0:
		return "up"
	}
	return "-"
}

type trunkList struct {
	dataFlag
	JSON bool `help:"Print JSON."`
}

func (trunkList) Help() string {
	return `While the server runs, it says whether they are registered and whether their servers answer.

Example:
  dialtone trunk list --json`
}

func (l trunkList) Run() error {
	c, err := openControl(l.Data)
	if err != nil {
		return err
	}
	defer c.Close()
	all, err := listedTrunks(c)
	if err != nil {
		return err
	}
	if l.JSON {
		return printJSON(all)
	}
	table := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "NAME\tADDRESS\tSERVER\tCONTEXT\tCALLS\tSTATUS")
	for _, t := range all {
		calls := "-"
		if t.State != nil {
			calls = fmt.Sprint(t.State.Calls)
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\n", t.Name, cmp.Or(strings.TrimSpace(sourcesText(t.Trunk)+" "+strings.Join(t.Hosts, " ")), "-"), cmp.Or(strings.Join(t.Servers, " "), "-"), t.Entry(), calls, t.status())
	}
	return table.Flush()
}

type trunkShow struct {
	dataFlag
	Name string `arg:"" help:"The trunk's name."`
	JSON bool   `help:"Print JSON."`
}

func (trunkShow) Help() string {
	return `Example:
  dialtone trunk show carrier`
}

func (s trunkShow) Run() error {
	c, err := openControl(s.Data)
	if err != nil {
		return err
	}
	defer c.Close()
	if _, err := findTrunk(c, s.Name); err != nil {
		return err
	}
	all, err := listedTrunks(c)
	if err != nil {
		return err
	}
	trunk := all[slices.IndexFunc(all, func(t listedTrunk) bool { return t.Name == s.Name })]
	if s.JSON {
		return printJSON(trunk)
	}
	return trunk.write()
}

// write prints a trunk, a line for what is said of it, then its servers.
func (t listedTrunk) write() error {
	table := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	n, caller := t.Numbers, t.Caller
	for what, text := range pairs(append([]string{
		"name", t.Name, "context", t.Entry(), "status", t.status(), "address", sourcesText(t.Trunk), "host", strings.Join(t.Hosts, " "), "domain", strings.Join(t.Domains, " "), "certificate", strings.Join(t.Certificates, " "),
		"server", strings.Join(t.Servers, " "), "proxy", strings.Join(t.Proxies, " "), "transport", t.Transport, "asked every", secondsText(t.Qualify),
		"user", t.Account.User, "realm", t.Account.Realm, "registrar", t.Account.Registrar, "registered as", t.Account.Name, "line", t.Account.Line, "peer", t.Peer.User,
		"number from", n.DIDFrom, "country", n.Country, "prefixes", strings.TrimSpace(n.International + " " + n.National), "dialled", dialledText(n),
		"caller in", caller.By, "caller as", caller.Format, "from", strings.Trim(caller.FromUser+"@"+caller.FromDomain, "@"), "calls at once", numberOrAny(t.MaxCalls),
		"early media", t.EarlyMedia, "redirection", t.Redirect, "since", t.Created.Local().Format(time.DateTime),
	}, legText(t.LegRules)...)...) {
		fmt.Fprintf(table, "%s\t%s\n", what, text)
	}
	if s := t.State; s != nil && s.Registers {
		text := cmp.Or(s.Why, "not yet")
		if s.Registered {
			text = fmt.Sprintf("%s since %s, until %s", s.Server, s.Since.Local().Format(time.DateTime), s.Until.Local().Format(time.TimeOnly))
		}
		fmt.Fprintf(table, "registered\t%s\n", text)
	}
	if err := table.Flush(); err != nil || t.State == nil || len(t.State.Servers) == 0 {
		return err
	}
	fmt.Println()
	table = tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "SERVER\tSTATUS\tROUND TRIP\tANSWERED")
	for _, s := range t.State.Servers {
		fmt.Fprintln(table, serverLine(s))
	}
	return table.Flush()
}

func serverLine(s call.ServerState) string {
	status, trip, seen := "up", "-", "-"
	switch {
	case !s.Up:
		status = fmt.Sprintf("down (%d)", s.Status)
	case s.Status == 0:
		status = "not asked"
	}
	if s.Trip > 0 {
		trip = fmt.Sprintf("%.1f ms", s.Trip)
	}
	if !s.Seen.IsZero() {
		seen = s.Seen.Local().Format(time.DateTime)
	}
	return strings.Join([]string{s.Server, status, trip, seen}, "\t")
}

func secondsText(n int) string {
	if n == 0 {
		return ""
	}
	return (time.Duration(n) * time.Second).String()
}

// dialledText is what becomes of a dialled number.
func dialledText(n store.TrunkNumbers) string {
	var parts []string
	if n.Strip > 0 {
		parts = append(parts, fmt.Sprintf("without the first %d", n.Strip))
	}
	if n.Format != "" {
		parts = append(parts, "as "+n.Format)
	}
	if n.Prefix != "" {
		parts = append(parts, "behind "+n.Prefix)
	}
	return strings.Join(parts, ", ")
}

type trunkRemove struct {
	dataFlag
	Name string `arg:"" help:"The trunk's name."`
}

func (trunkRemove) Help() string {
	return `Example:
  dialtone trunk remove carrier`
}

func (r trunkRemove) Run() error {
	c, err := openControl(r.Data)
	if err != nil {
		return err
	}
	defer c.Close()
	return removed("trunk", r.Name, remove(c, "trunks", r.Name, trunks))
}
