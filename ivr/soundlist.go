package ivr

import "strings"

// SoundNames splits a list of sounds at &, without the blanks round them. A name
// in single quotes may hold & itself, as a URL with a query does (Asterisk's
// Playback): a&'http://host/b.wav?x=1&y=2'&c.
func SoundNames(list string) []string {
	var names []string
	for more := true; more; {
		var name string
		name, list, more = cutSound(list)
		if name = strings.Trim(name, " \t"); len(name) > 1 && name[0] == '\'' && name[len(name)-1] == '\'' {
			name = name[1 : len(name)-1]
		}
		names = append(names, name)
	}
	return names
}

// cutSound cuts a list of sounds after its first name, which is given as it
// stands, with blanks and quotes.
func cutSound(list string) (first, rest string, more bool) {
	from := 0
	if start := len(list) - len(strings.TrimLeft(list, " \t")); strings.HasPrefix(list[start:], "'") {
		if end := strings.IndexByte(list[start+1:], '\''); end >= 0 {
			from = start + 1 + end
		}
	}
	if at := strings.IndexByte(list[from:], '&'); at >= 0 {
		return list[:from+at], list[from+at+1:], true
	}
	return list, "", false
}
