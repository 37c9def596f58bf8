package compile

import "fmt"

// AnsweredContext is run by who answers a call to a group whose members take turns by how much they have answered: it notes that.
const AnsweredContext = "xivo-group-answered"

// countsAnswers tells whether a strategy asks how much the members have answered.
func countsAnswers(strategy string) bool {
	return strategy == "least_recent" || strategy == "fewest_calls"
}

// answersVariable is the global variable by which a strategy orders the members of a group: when one answered last, in seconds since
// 1970, or how many calls.
func answersVariable(strategy string, group int, member string) string {
	if strategy == "least_recent" {
		return lastAnswer(fmt.Sprint(group), member)
	}
	return answers(fmt.Sprint(group), member)
}

func lastAnswer(group, member string) string { return "WAZO_GROUP_" + group + "_LAST_" + member }

func answers(group, member string) string { return "WAZO_GROUP_" + group + "_CALLS_" + member }

// writeAnswered writes what is noted of a call that a member has answered.
func writeAnswered(s *section, _ int) bool {
	group, member := "${ARG1}", "${ARG2}"
	calls := answers(group, member)
	s.note("the member ARG2 of the group ARG1 has answered")
	s.at("s")
	s.set("GLOBAL("+lastAnswer(group, member)+")", "${EPOCH}")
	s.set("GLOBAL("+calls+")", fmt.Sprintf("$[0${%s} + 1]", calls))
	s.line("Return")
	return true
}
