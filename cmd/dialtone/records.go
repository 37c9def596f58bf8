package main

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"time"

	"dialtone/store"
)

type recordsCommand struct {
	dataFlag
	CSV    bool      `name:"csv" help:"Print CSV with a line of names at its top; times are RFC 3339, in UTC. As a rule each record is a line of JSON."`
	Steps  bool      `help:"In JSON, print the steps of the dialplan too."`
	After  uint64    `placeholder:"NUMBER" help:"Only records after the one of a number: the one that was printed last, another time."`
	Since  localTime `placeholder:"TIME" help:"Only calls that ended since then: 2026-11-27, or 2026-11-27T14:00:00 (local time)."`
	Follow bool      `short:"f" help:"Go on, and print the record of each call that ends."`
}

func (recordsCommand) Help() string {
	return `Prints the call records that are kept, the oldest first, for bills and statistics. Each has a number that counts up. In CSV a text
that a spreadsheet would take for a formula gets a ' in front.

Examples:
  dialtone records --since 2026-11-01 --csv > november.csv
  dialtone records --after 4711 | jq -r 'select(.cause != 16) | .call_id'
  dialtone records --follow --csv > /var/log/dialtone/calls.csv`
}

// localTime is a day or a time of the machine's time zone.
type localTime time.Time

func (t *localTime) UnmarshalText(text []byte) error {
	for _, layout := range []string{time.DateOnly, "2006-01-02T15:04", "2006-01-02T15:04:05", time.DateTime, time.RFC3339} {
		if parsed, err := time.ParseInLocation(layout, string(text), time.Local); err == nil {
			*t = localTime(parsed)
			return nil
		}
	}
	return fmt.Errorf("%q is no time such as 2026-11-27 or 2026-11-27T14:00:00", text)
}

// recordsPage is how many records are asked for at once.
const recordsPage = 200

// Run prints records. Following, it looks for new ones every second.
func (c recordsCommand) Run() error {
	interrupted := make(chan os.Signal, 1)
	signal.Notify(interrupted, os.Interrupt, syscall.SIGTERM)
	defer signal.Stop(interrupted)
	print, err := c.printer()
	if err != nil {
		return err
	}
	for after := c.After; ; {
		records, err := c.page(after)
		if err != nil {
			return err
		}
		for _, r := range records {
			after = r.Number
			if r.End.Before(time.Time(c.Since)) {
				continue
			}
			if err := print(r); err != nil {
				return err
			}
		}
		switch {
		case len(records) == recordsPage:
			continue
		case !c.Follow:
			return nil
		}
		select {
		case <-interrupted:
			return nil
		case <-time.After(time.Second):
		}
	}
}

// page gives the next records. It lets the data directory go in between, as a server may start.
func (c recordsCommand) page(after uint64) ([]store.CallRecord, error) {
	return answered(c.Data, "GET", fmt.Sprintf("/records?after=%d", after), nil, func(s *store.Store) ([]store.CallRecord, error) { return s.RecordsAfter(after, recordsPage) })
}

// serveRecords answers GET /records.
func serveRecords(s *store.Store) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		after, err := strconv.ParseUint(r.URL.Query().Get("after"), 10, 64)
		if err != nil {
			reply(w, nil, err)
			return
		}
		err = s.Sync() // those that just ended are there
		var records []store.CallRecord
		if err == nil {
			records, err = s.RecordsAfter(after, recordsPage)
		}
		reply(w, records, err)
	}
}

// printer gives what prints a record.
func (c recordsCommand) printer() (func(store.CallRecord) error, error) {
	if !c.CSV {
		lines := json.NewEncoder(os.Stdout)
		return func(r store.CallRecord) error {
			if !c.Steps {
				r.Steps, r.MoreSteps = nil, 0
			}
			return lines.Encode(r)
		}, nil
	}
	out := csv.NewWriter(os.Stdout)
	print := func(of func(column recordColumn) string) error {
		line := make([]string, len(recordColumns))
		for i, column := range recordColumns {
			line[i] = of(column)
		}
		_ = out.Write(line) // Error has it
		out.Flush()
		return out.Error()
	}
	head := print(func(column recordColumn) string { return column.name })
	return func(r store.CallRecord) error {
		return print(func(column recordColumn) string { return column.of(r) })
	}, head
}

// recordColumn is a column of call records as CSV.
type recordColumn struct {
	name string
	of   func(store.CallRecord) string
}

// recordColumns are the columns in their order; new ones come at the end.
var recordColumns = []recordColumn{
	{"number", func(r store.CallRecord) string { return strconv.FormatUint(r.Number, 10) }},
	{"id", func(r store.CallRecord) string { return r.ID }},
	{"start", func(r store.CallRecord) string { return csvTime(r.Start) }},
	{"ring", func(r store.CallRecord) string { return csvTime(r.Ring) }},
	{"answer", func(r store.CallRecord) string { return csvTime(r.Answer) }},
	{"end", func(r store.CallRecord) string { return csvTime(r.End) }},
	{"duration", func(r store.CallRecord) string { return csvSeconds(r.Start, r.End) }},
	{"billsec", func(r store.CallRecord) string { return csvSeconds(r.Answer, r.End) }},
	{"from", func(r store.CallRecord) string { return csvText(r.From) }},
	{"name", func(r store.CallRecord) string { return csvText(r.Name) }},
	{"to", func(r store.CallRecord) string { return csvText(r.To) }},
	{"phone", func(r store.CallRecord) string { return csvText(r.Phone) }},
	{"trunk", func(r store.CallRecord) string { return csvText(r.Trunk) }},
	{"channel", func(r store.CallRecord) string { return csvText(r.Channel) }},
	{"dstchannel", func(r store.CallRecord) string { return csvText(r.DstChannel) }},
	{"context", func(r store.CallRecord) string { return csvText(r.Context) }},
	{"disposition", func(r store.CallRecord) string { return csvText(r.Result) }},
	{"cause", func(r store.CallRecord) string { return strconv.Itoa(r.Cause) }},
	{"ended_by", func(r store.CallRecord) string { return csvText(r.EndedBy) }},
	{"accountcode", func(r store.CallRecord) string { return csvText(r.Account) }},
	{"userfield", func(r store.CallRecord) string { return csvText(r.UserField) }},
	{"remote", func(r store.CallRecord) string { return csvText(r.Remote) }},
	{"call_id", func(r store.CallRecord) string { return csvText(r.CallID) }},
	{"loss_percent", func(r store.CallRecord) string {
		return csvSound(r, func(m *store.MediaRecord) float64 { return m.Loss })
	}},
	{"jitter_ms", func(r store.CallRecord) string {
		return csvSound(r, func(m *store.MediaRecord) float64 { return m.Jitter })
	}},
	{"mos", func(r store.CallRecord) string {
		return csvSound(r, func(m *store.MediaRecord) float64 { return m.MOS })
	}},
	{"channel", func(r store.CallRecord) string { return csvText(r.Channel) }},
	{"dstchannel", func(r store.CallRecord) string { return csvText(r.DstChannel) }},
}

func csvTime(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02T15:04:05.000Z")
}

// csvSeconds is how long something lasted, to the millisecond; 0 when it never began.
func csvSeconds(from, to time.Time) string {
	if from.IsZero() {
		return "0"
	}
	return strconv.FormatFloat(to.Sub(from).Round(time.Millisecond).Seconds(), 'f', -1, 64)
}

// csvSound is a figure of what was received; empty when nothing was.
func csvSound(r store.CallRecord, of func(*store.MediaRecord) float64) string {
	if r.Media == nil || r.Media.Received == 0 {
		return ""
	}
	return strconv.FormatFloat(of(r.Media), 'f', -1, 64)
}

// csvText makes what strangers sent harmless to spreadsheets: a text that one would run as a formula is none with a ' in front. A
// number with its + stays as it is.
func csvText(text string) string {
	if text == "" || !strings.ContainsRune("=+-@\t\r\n", rune(text[0])) {
		return text
	}
	if digits := strings.TrimLeft(text[1:], "0123456789"); text[0] == '+' && digits == "" {
		return text
	}
	return "'" + text
}
