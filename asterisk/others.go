package asterisk

import (
	"path/filepath"
	"slices"
	"strings"

	"dialtone/ivr/dialplan"
)

// otherFiles says of files what dialtone has in the place of what they set. The text of a section or a line has %s for its name.
var otherFiles = map[string]struct{ file, section, line string }{
	"voicemail.conf":   {line: "mailbox %s: there is no voicemail"},
	"musiconhold.conf": {section: "music class %s: copy its files into moh/%[1]s of the sounds"},
	"queues.conf":      {section: "queue %s: there are no queues; a group (REST) or Dial of several rings several telephones"},
	"confbridge.conf":  {section: "%s: rooms are made by ConfBridge alone, its profiles have no effect"},
	"iax.conf":         {section: "[%s]: there is no IAX"},
	"extconfig.conf":   {line: "%s: what is in a database is not read: write it into files first"},
	"agents.conf":      {section: "[%s]: there are no agents and queues"},
	"followme.conf":    {section: "[%s]: there is no FollowMe: Dial rings several numbers, or users' forwards (REST)"},
	"meetme.conf":      {section: "[%s]: there is no MeetMe: ConfBridge has rooms"},
	"skinny.conf":      {section: "[%s]: there is no SCCP"},
	"sccp.conf":        {section: "[%s]: there is no SCCP"},
	"res_parking.conf": {section: "[%s]: calls are not parked"},
	"acl.conf":         {section: "[%s]: from where a telephone may come is not restricted by addresses: `dialtone bans` says who is not listened to"},
	"http.conf":        {file: "where REST is served is set by `dialtone serve --http` and --https"},
	"chan_dahdi.conf":  {file: "there are no analogue and ISDN cards: a gateway is a trunk"},
	"extensions.ael":   {file: "AEL is not read: `aelparse -w` of Asterisk writes it as extensions.conf"},
	"extensions.lua":   {file: "dialplans in Lua are not read"},
	"features.conf":    {file: "what keys do in a call is said by Dial's options (`dialtone explain Dial`)"},
	"rtp.conf":         {file: "the ports of audio are set by `dialtone serve --rtp-ports`"},
	"manager.conf":     {file: "there is no AMI: events come by `dialtone events` and GET /events"},
	"ari.conf":         {file: "there is no ARI"},
}

// silent are files whose settings have nothing in their place, and hinder no call.
var silent = []string{"modules.conf", "logger.conf", "asterisk.conf", "indications.conf", "say.conf", "codecs.conf", "cli.conf", "cli_aliases.conf", "cli_permissions.conf"}

// others notes what files set that is not taken.
func (r *reader) others(names []string) {
	var unread []string
	for _, name := range names {
		other, ok := otherFiles[name]
		switch {
		case ok && other.file != "":
			r.note(dialplan.Pos{File: filepath.Join(r.dir, name)}, "%s", other.file)
		case ok:
			r.sectionsOf(name, other.section, other.line)
		case strings.HasSuffix(name, ".conf") && !slices.Contains(knownFiles, name) && !slices.Contains(silent, name) && !r.included(name):
			unread = append(unread, name)
		}
	}
	if len(unread) > 0 {
		r.note(dialplan.Pos{File: r.dir}, "not read, as nothing here corresponds to them: %s", strings.Join(unread, ", "))
	}
}

// included tells that a file is part of the dialplan.
func (r *reader) included(name string) bool {
	return slices.ContainsFunc(r.found.Dialplan, func(f File) bool { return f.Source == filepath.Join(r.dir, name) })
}

// sectionsOf notes the sections of a file, or their lines.
func (r *reader) sectionsOf(name, ofSection, ofLine string) {
	for _, section := range r.sections(name) {
		if strings.EqualFold(section.Name, "general") || strings.EqualFold(section.Name, "zonemessages") {
			continue
		}
		if ofSection != "" {
			r.note(section.Pos, ofSection, section.Name)
			continue
		}
		for _, line := range section.Lines {
			who := line.Key
			if name == "voicemail.conf" {
				who += "@" + section.Name
			}
			r.note(line.Pos, ofLine, who)
		}
	}
}
