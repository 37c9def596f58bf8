package function

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"dialtone/ivr"
)

var records = []ivr.Function{
	{Name: "CDR", Synopsis: "a field of the call's record", Syntax: "field[,options]",
		Doc: "Fields: src, dst, clid, dcontext, channel, dstchannel, lastapp, lastdata, start, answer, end, duration, billsec, disposition, amaflags, accountcode, uniqueid, linkedid, userfield, sequence, " +
			"and the dialplan's own. Options: u, times as seconds and flags as numbers; f, duration and billsec with fractions. To set: accountcode, userfield, amaflags and own fields.",
		Read: cdr, Write: setCDR},
	{Name: "CDR_PROP", Synopsis: "whether the call leaves a record", Syntax: "disable|party_a", Doc: "With disable set to 1 the call leaves no record, with 0 it does. party_a has no effect.",
		Write: func(r *ivr.Run, args, value string) error {
			switch strings.ToLower(args) {
			case "disable":
				r.DisableRecord(ivr.True(value))
			case "party_a":
			default:
				return fmt.Errorf("knows disable and party_a, not %q", args)
			}
			return nil
		}},
}

func cdr(r *ivr.Run, args string) (string, error) {
	list := ivr.SplitArgs(args, 2)
	how := argument(list, 1)
	raw, fractions := strings.Contains(how, "u"), strings.Contains(how, "f")
	record := r.Record()
	switch field := strings.ToLower(list[0]); field {
	case "":
		return "", fmt.Errorf("needs the name of a field")
	case "src":
		return r.Caller().Number, nil
	case "clid":
		return r.Caller().String(), nil
	case "dst":
		return record.Place.Exten, nil
	case "dcontext":
		return record.Place.Context, nil
	case "channel":
		return r.Channel().Name(), nil
	case "dstchannel":
		return r.Value("DIALEDPEERNAME"), nil
	case "lastapp":
		return record.App, nil
	case "lastdata":
		return record.Args, nil
	case "start":
		return moment(r, record.Start, raw), nil
	case "answer":
		return moment(r, record.Answer, raw), nil
	case "end":
		return moment(r, record.End, raw), nil
	case "duration":
		return lasted(r, record.Start, record.End, fractions), nil
	case "billsec":
		return lasted(r, record.Answer, record.End, fractions), nil
	case "disposition":
		if raw {
			return dispositions[r.Disposition()], nil
		}
		return r.Disposition(), nil
	case "amaflags":
		return amaFlags(r, raw), nil
	case "accountcode":
		return r.Item(field), nil
	case "uniqueid", "linkedid":
		return r.Channel().UniqueID(), nil
	case "userfield":
		return record.User, nil
	case "sequence":
		return strconv.FormatUint(record.Sequence, 10), nil
	}
	return record.Fields[list[0]], nil
}

func setCDR(r *ivr.Run, args, value string) error {
	return r.SetRecord(ivr.SplitArgs(args, 2)[0], value)
}

// dispositions are their numbers.
var dispositions = map[string]string{"NO ANSWER": "1", "FAILED": "2", "BUSY": "4", "ANSWERED": "8"}

// moment writes a time of the record; one that has not come is empty.
func moment(r *ivr.Run, t time.Time, raw bool) string {
	switch {
	case raw && t.IsZero():
		return "0.000000"
	case raw:
		return fmt.Sprintf("%d.%06d", t.Unix(), t.Nanosecond()/1000)
	case t.IsZero():
		return ""
	}
	return t.In(r.Now().Location()).Format(time.DateTime)
}

// lasted is the time between two moments of the record, up to now while the second has not come.
func lasted(r *ivr.Run, from, to time.Time, fractions bool) string {
	var d time.Duration
	if to.IsZero() {
		to = r.Now()
	}
	if !from.IsZero() {
		d = max(to.Sub(from), 0)
	}
	if fractions {
		return strconv.FormatFloat(d.Seconds(), 'f', 6, 64)
	}
	return strconv.FormatInt(int64(d/time.Second), 10)
}

// amaFlags are CHANNEL(amaflags) by their names.
func amaFlags(r *ivr.Run, raw bool) string {
	names := map[string]string{"1": "OMIT", "2": "BILLING", "3": "DOCUMENTATION"}
	flags := r.Item("amaflags")
	if flags == "" {
		flags = "3"
	}
	for number, name := range names {
		if strings.EqualFold(flags, name) {
			flags = number
		}
	}
	switch {
	case raw:
		return flags
	case names[flags] != "":
		return names[flags]
	}
	return "Unknown"
}
