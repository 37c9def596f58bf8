package check

import "strings"

// sounds checks that the sounds that a call plays exist.
func (c *checker) sounds(call call) {
	list := call.args.arguments()
	switch call.name {
	case "playback", "background", "backgrounddetect":
		c.soundList(list[0])
	case "controlplayback":
		c.sound(list[0])
	case "read", "readexten":
		if _, tone := argument(list, 3).option('i'); !tone {
			c.soundList(argument(list, 1))
		}
	}
}

// soundList checks a&'b'.
func (c *checker) soundList(names part) {
	for list := names.split('&'); len(list) > 0; list = list[1:] {
		name := list[0].trim()
		if strings.HasPrefix(name.text, "'") {
			for len(list) > 1 && (len(name.text) < 2 || !strings.HasSuffix(name.text, "'")) { // the & is in quotes
				list = list[1:]
				end := list[0].at + len(list[0].text)
				name = part{names.text[name.at-names.at : end-names.at], name.at}.trim()
			}
			if text, closed := strings.CutSuffix(name.text[1:], "'"); closed {
				name = part{text, name.at + 1}
			}
		}
		c.sound(name)
	}
}

// sound checks that a sound exists, if its name is known.
func (c *checker) sound(name part) {
	name = name.trim()
	resolved, ok := c.resolve(name.text)
	if c.known.Sounds == nil || !ok || resolved == "" {
		return
	}
	if strings.Contains(resolved, "://") {
		if c.known.Allowed == nil || !c.known.Allowed("sound-url") {
			c.add(NotAllowed, Warning, name.at, "", "the sound %q is not fetched until the setting --allow-sound-url allows its host", resolved)
		}
		return
	}
	looked, ok := c.known.Sounds(resolved)
	if ok {
		return
	}
	where := ""
	if len(looked) > 0 {
		where = " (looked for " + strings.Join(looked, ", ") + ")"
	}
	suggest := ""
	if dot := strings.LastIndexByte(resolved, '.'); dot > strings.LastIndexByte(resolved, '/') {
		if _, plain := c.known.Sounds(resolved[:dot]); plain {
			suggest = name.text[:strings.LastIndexByte(name.text, '.')]
		}
	}
	c.add(MissingSound, Warning, name.at, suggest, "sound %q does not exist%s", resolved, where)
}
