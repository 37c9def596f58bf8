package agi

import (
	"fmt"
	"strings"

	"dialtone/ivr"
)

// version is that of Asterisk whose behaviour programs find here.
const version = "23.4.1"

// presentations are the numbers of CALLERID(pres).
var presentations = map[string]int{
	"": 0, "allowed_not_screened": 0, "allowed_passed_screen": 1, "allowed_failed_screen": 2, "allowed": 3,
	"prohib_not_screened": 32, "prohib_passed_screen": 33, "prohib_failed_screen": 34, "prohib": 35, "unavailable": 67,
}

// header is the block that tells a program of the call.
func header(r *ivr.Run, link Link, request string, args []string) string {
	var out strings.Builder
	line := func(name string, value any) {
		fmt.Fprintf(&out, "agi_%s: %s\n", name, oneLine(fmt.Sprint(value)))
	}
	for _, text := range link.Headers() {
		out.WriteString(oneLine(text) + "\n")
	}
	ch, caller, place := r.Channel(), r.Caller(), r.Place()
	technology, _, _ := strings.Cut(ch.Name(), "/")
	line("request", request)
	line("channel", ch.Name())
	line("language", r.Language())
	line("type", technology)
	line("uniqueid", ch.UniqueID())
	line("version", version)
	line("callerid", known(caller.Number))
	line("calleridname", known(caller.Name))
	line("callingpres", presentations[caller.Presentation])
	line("callingani2", 0)
	line("callington", 0)
	line("callingtns", 0)
	line("dnid", known(caller.DNID))
	line("rdnis", known(caller.RDNIS))
	line("context", place.Context)
	line("extension", place.Exten)
	line("priority", place.Priority)
	line("enhanced", "0.0")
	line("accountcode", r.Item("accountcode"))
	line("threadid", 0)
	for i, arg := range args {
		line(fmt.Sprintf("arg_%d", i+1), arg)
	}
	out.WriteByte('\n')
	return out.String()
}

func known(text string) string {
	if text == "" {
		return "unknown"
	}
	return text
}

// oneLine keeps a text from being read as several lines.
func oneLine(text string) string {
	return strings.Map(func(c rune) rune {
		if c == '\n' || c == '\r' {
			return ' '
		}
		return c
	}, text)
}
