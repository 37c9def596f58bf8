package pjsip

import (
	"slices"
	"strings"
)

// Spoken are the codecs that are spoken here, by Asterisk's names.
var Spoken = []string{"ulaw", "alaw"}

// Codecs are those of the codecs that are spoken here which allow and disallow leave, the preferred one first, and what else allow names.
// As in Asterisk they are taken in their order, each a list with commas: "all" stands for every codec, "!" in front turns the
// meaning round, and a packet time behind ":" is passed over. spoken is empty where no codec is left, or none was named.
func Codecs(options Options) (spoken, others []string) {
	for _, option := range options {
		if option.Key() != "allow" && option.Key() != "disallow" {
			continue
		}
		for name := range strings.SplitSeq(option.Value(), ",") {
			name, refused := strings.CutPrefix(strings.ToLower(strings.TrimSpace(name)), "!")
			name, _, _ = strings.Cut(name, ":")
			allows := refused == (option.Key() == "disallow")
			switch {
			case name == "all" && allows:
				spoken = add(spoken, Spoken...)
			case name == "all":
				spoken, others = nil, nil
			case !slices.Contains(Spoken, name) && allows && name != "":
				others = add(others, name)
			case allows && name != "":
				spoken = add(spoken, name)
			default:
				spoken = slices.DeleteFunc(spoken, func(s string) bool { return s == name })
				others = slices.DeleteFunc(others, func(s string) bool { return s == name })
			}
		}
	}
	return spoken, others
}

// add appends those of names that are not in a list yet.
func add(list []string, names ...string) []string {
	for _, name := range names {
		if !slices.Contains(list, name) {
			list = append(list, name)
		}
	}
	return list
}
