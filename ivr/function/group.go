package function

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"dialtone/ivr"
)

var groups = []ivr.Function{
	{Name: "GROUP", Synopsis: "the group of live calls that this one is in", Syntax: "[category]", Doc: "A call is in one group of each category; an empty name takes it out.",
		Read: func(r *ivr.Run, args string) (string, error) { return r.Group(args), nil },
		Write: func(r *ivr.Run, args, value string) error {
			r.SetGroup(args, value)
			return nil
		}},
	{Name: "GROUP_COUNT", Synopsis: "how many live calls are in a group", Syntax: "[group][@category]", Doc: "Without a group that of this call.", Read: groupCount},
	{Name: "GROUP_MATCH_COUNT", Synopsis: "how many live calls are in groups whose name matches", Syntax: "expression[@category]", Read: groupMatchCount},
	{Name: "GROUP_LIST", Synopsis: "the groups that this call is in", Doc: "Separated by blanks, as group or group@category.", Read: groupList},
}

func groupCount(r *ivr.Run, args string) (string, error) {
	group, category, _ := strings.Cut(args, "@")
	if group == "" {
		group = r.Group(category)
	}
	if group == "" {
		return "0", nil
	}
	return strconv.Itoa(r.Groups().Count(group, category)), nil
}

func groupMatchCount(r *ivr.Run, args string) (string, error) {
	expression, category, _ := strings.Cut(args, "@")
	re, err := regexp.CompilePOSIX(expression)
	if err != nil {
		return "", fmt.Errorf("bad expression %q: %v", expression, err)
	}
	return strconv.Itoa(r.Groups().CountMatching(re, category)), nil
}

func groupList(r *ivr.Run, _ string) (string, error) {
	var list []string
	for _, category := range r.GroupCategories() {
		name := r.Group(category)
		if category != "" {
			name += "@" + category
		}
		list = append(list, name)
	}
	return strings.Join(list, " "), nil
}
