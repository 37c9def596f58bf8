package asterisk

import (
	"path/filepath"
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
	"users.conf":       {section: "[%s]: it is left out: write it as an endpoint of pjsip.conf"},
	"chan_dahdi.conf":  {file: "there are no analogue and ISDN cards: a gateway is a trunk"},
	"extensions.ael":   {file: "AEL is not read: `aelparse -w` of Asterisk writes it as extensions.conf"},
	"extensions.lua":   {file: "dialplans in Lua are not read"},
	"features.conf":    {file: "what keys do in a call is said by Dial's options (`dialtone explain Dial`)"},
	"rtp.conf":         {file: "the ports of audio are set by `dialtone serve --rtp-ports`"},
	"manager.conf":     {file: "there is no AMI: events come by `dialtone events` and GET /events"},
	"ari.conf":         {file: "there is no ARI"},
}

// others notes what a file sets that is not taken.
func (r *reader) others(name string) {
	other, ok := otherFiles[name]
	if !ok {
		return
	}
	if other.file != "" {
		r.note(dialplan.Pos{File: filepath.Join(r.dir, name)}, "%s", other.file)
		return
	}
	for _, section := range r.sections(name) {
		if strings.EqualFold(section.Name, "general") || strings.EqualFold(section.Name, "zonemessages") {
			continue
		}
		if other.section != "" {
			r.note(section.Pos, other.section, section.Name)
			continue
		}
		for _, line := range section.Lines {
			r.note(line.Pos, other.line, line.Key+"@"+section.Name)
		}
	}
}
