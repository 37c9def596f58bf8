package sip

import (
	"bufio"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	gosip "github.com/emiago/sipgo/sip"
)

// The torture messages of RFC 4475 and RFC 5118 through the functions of this room, in the order in which Server calls
// them. Columns of the .tsv files: accept are the answers that the RFC names or permits, policy those that RFC 3261's
// own order of checks allows before the rule is reached.

const torture = "../testdata/sip"

var tortureFrom = netip.MustParseAddrPort("192.0.2.200:5070")

// undecidable are the messages whose expectation is not met, or not told, by functions alone.
var undecidable = map[string]string{
	"dblreq": "that the octets behind the body start nothing is the edge's: one datagram is one message",
}

func TestTorture(t *testing.T) {
	for dir, want := range map[string]int{"rfc4475": 49, "rfc5118": 12} {
		rows := tortureRows(t, filepath.Join(torture, dir+".tsv"))
		if len(rows) != want {
			t.Fatalf("%s has %d messages, not %d", dir, len(rows), want)
		}
		for _, row := range rows {
			t.Run(row["name"], func(t *testing.T) {
				raw, err := os.ReadFile(filepath.Join(torture, dir, row["name"]+".dat"))
				if err != nil {
					t.Fatal(err)
				}
				got, res := outcome(t, raw)
				t.Logf("%s: %s", row["name"], got)
				if !tortureAllows(row, got) {
					t.Errorf("answered %s, allowed are %s and by policy %q: %s", got, row["accept"], row["policy"], row["reason"])
				}
				tortureHeaders(t, row["header"], got, res)
			})
		}
	}
	for name := range undecidable {
		if _, err := os.Stat(filepath.Join(torture, "rfc4475", name+".dat")); err != nil {
			t.Errorf("%s is left out and does not exist", name)
		}
	}
}

// Each message cut at every third byte, and with bytes replaced by what broke others' parsers.
func TestDamagedMessagesDoNoHarm(t *testing.T) {
	files, err := filepath.Glob(torture + "/*/*.dat")
	if err != nil || len(files) != 61 {
		t.Fatalf("%d messages, not 61: %v", len(files), err)
	}
	for _, name := range files {
		raw, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for i := 0; i < len(raw); i += 3 {
			outcome(t, raw[:i])
		}
		for i, bad := range []byte{0x00, 0xff, '%', '"', '<', '\r', '\n', ' ', ',', ';'} {
			for at := i; at < len(raw); at += 29 {
				damaged := slices.Clone(raw)
				damaged[at] = bad
				outcome(t, damaged)
			}
		}
	}
}

func tortureRows(t *testing.T, file string) []map[string]string {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var names []string
	var rows []map[string]string
	for s := bufio.NewScanner(f); s.Scan(); {
		fields := strings.Split(s.Text(), "\t")
		if names == nil {
			names = fields
			continue
		}
		row := make(map[string]string)
		for i, name := range names {
			if i < len(fields) {
				row[name] = fields[i]
			}
		}
		rows = append(rows, row)
	}
	return rows
}

func tortureAllows(row map[string]string, got string) bool {
	for code := range strings.SplitSeq(row["accept"]+","+row["policy"], ",") {
		if code == got || code == "4xx" && len(got) == 3 && got[0] == '4' {
			return true
		}
	}
	return false
}

// tortureHeaders checks code:header[=value] expectations.
func tortureHeaders(t *testing.T, want, got string, res string) {
	t.Helper()
	for item := range strings.SplitSeq(want, ";") {
		code, header, ok := strings.Cut(item, ":")
		if !ok || code != got {
			continue
		}
		name, value, _ := strings.Cut(header, "=")
		if !strings.Contains(strings.ToLower(res), "\r\n"+strings.ToLower(name)+":") || !strings.Contains(res, value) {
			t.Errorf("the %s has no %s with %q:\n%s", got, name, value, res)
		}
	}
}

// outcome is the status with which a message is answered, or "none", and the answer as text.
func outcome(t *testing.T, raw []byte) (status, text string) {
	t.Helper()
	msg, err := gosip.ParseMessage(raw)
	if err != nil {
		answer := ReplyToGarbage(raw, tortureFrom, err)
		if answer == nil {
			return "none", ""
		}
		// Not by the parser: the lines that it could not read come back in the answer.
		status, ok := strings.CutPrefix(string(answer), "SIP/2.0 ")
		if !ok || len(status) < 4 || status[3] != ' ' {
			t.Fatalf("no response:\n%s", answer)
		}
		return status[:3], string(answer)
	}
	req, ok := msg.(*gosip.Request)
	if !ok || req.IsAck() {
		return "none", ""
	}
	refusal := Validate(req)
	if refusal == nil {
		refusal = serve(t, req)
	}
	if refusal == nil {
		return "200", ""
	}
	return strconv.Itoa(refusal.Status), refusal.Response(req, "tag").String()
}

// serve does with a valid request what can be done with functions: a REGISTER is registered, an INVITE negotiated.
// nil: 200.
func serve(t *testing.T, req *gosip.Request) *Refusal {
	t.Helper()
	tag, _ := req.To().Params.Get("tag")
	switch {
	case req.GetHeader("Authorization") != nil:
		d, err := NewDigest("dialtone", nil)
		if err != nil {
			t.Fatal(err)
		}
		_, refusal := d.Verify(req, func(string) (Account, bool) { return Account{}, false }, time.Now())
		return refusal
	case req.Method == gosip.REGISTER:
		r := &Registrar{Bindings: make(memory)}
		_, refusal := r.Register(req, Account{User: unescapeUser(req.To().Address.User)}, Source{Transport: "udp", Addr: tortureFrom}, time.Now())
		return refusal
	case tag != "" || req.Method == gosip.BYE:
		return NoDialog("")
	case req.Method == gosip.INVITE:
		sdp, refusal := SDPBody(req)
		if refusal != nil || sdp == nil {
			return refusal
		}
		_, _, err := Negotiate(sdp, Local{Addr: netip.MustParseAddr("192.0.2.1"), Port: 20000, Events: true})
		if err != nil {
			return AsRefusal(err)
		}
	}
	return nil
}

// memory keeps bindings.
type memory map[string][]Binding

func (m memory) Load(aor string) ([]Binding, error) { return m[aor], nil }

func (m memory) Each(func(string, []Binding)) error { return nil }

func (m memory) Save(aor string, b []Binding) error {
	m[aor] = b
	return nil
}
