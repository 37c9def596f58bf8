package say

import "time"

// english is the grammar of English. In Britain it is two hundred and one.
type english struct{ british bool }

var englishScales = []scale{{1_000_000_000, "billion"}, {1_000_000, "million"}, {1000, "thousand"}}

func (g english) cardinal(n int64, _ gender) []string {
	for _, s := range englishScales {
		if n >= s.value {
			return g.rest(append(g.cardinal(n/s.value, masculine), "digits/"+s.word), n%s.value)
		}
	}
	switch {
	case n >= 100:
		return g.rest([]string{digit(n / 100), "digits/hundred"}, n%100)
	case n <= 20 || n%10 == 0:
		return []string{digit(n)}
	}
	return []string{digit(n / 10 * 10), digit(n % 10)}
}

// rest speaks what follows a hundred, thousand and so on.
func (g english) rest(names []string, n int64) []string {
	switch {
	case n == 0:
		return names
	case g.british && n < 100:
		names = append(names, "digits/and")
	}
	return append(names, g.cardinal(n, masculine)...)
}

// ordinal is hundredth, not one hundredth, when nothing else is said.
func (g english) ordinal(n int64) []string {
	names := lastOrdinal(g.cardinal(n, masculine))
	if len(names) == 2 && names[0] == digit(1) {
		return names[1:]
	}
	return names
}

func (english) nine() string { return "phonetic/9_p" }

func (english) dateTime() (date, link, clock string) { return "ABdY", " 'digits/at' ", "IMp" }

func (g english) part(letter byte, m moment) (names []string, short string, ok bool) {
	hour, minute, second := m.at.Clock()
	switch letter {
	case 'm':
		return g.ordinal(int64(m.at.Month())), "", true
	case 'd', 'e':
		return g.ordinal(int64(m.at.Day())), "", true
	case 'Y':
		return g.year(m.at), "", true
	case 'I', 'l':
		return []string{digit(twelve(hour))}, "", true
	case 'H', 'k':
		if hour == 0 || letter == 'H' && hour < 10 {
			names = []string{"digits/oh"}
		}
		if hour > 0 {
			names = append(names, number(g, hour)...)
		}
		return names, "", true
	case 'M', 'N':
		switch {
		case minute == 0 && letter == 'M':
			return []string{"digits/oclock"}, "", true
		case minute == 0:
			return []string{"digits/hundred"}, "", true
		}
		return g.twoDigits(minute), "", true
	case 'S':
		if second == 0 {
			return []string{digit(0)}, "", true
		}
		return g.twoDigits(second), "", true
	case 'Q', 'q':
		names, short = g.day(letter, m)
		return names, short, true
	}
	return nil, "", false
}

// year is nineteen oh five in the last century, two thousand five in this one.
func (g english) year(at time.Time) []string {
	if y := at.Year(); y > 1900 && y < 2000 {
		return append([]string{digit(19)}, g.twoDigits(y-1900)...)
	}
	return number(g, at.Year())
}

// twoDigits says oh before a lone digit.
func (g english) twoDigits(n int) []string {
	names := number(g, n)
	if n < 10 {
		names = append([]string{"digits/oh"}, names...)
	}
	return names
}

// day names a day as people do: the further it is away, the more of its date.
func (g english) day(letter byte, m moment) (names []string, short string) {
	const month, halfYear = 2628000 * time.Second, 15768000 * time.Second
	names, near := m.near(letter)
	today := m.midnight(0)
	switch {
	case near:
		return names, ""
	case !m.at.Before(today):
		return nil, "ABdY"
	case !m.at.Before(m.midnight(-6)):
		return nil, "A"
	case !m.at.Before(today.Add(-month)):
		return nil, "ABd"
	case !m.at.Before(today.Add(-halfYear)):
		return nil, "Bd"
	}
	return nil, "BdY"
}
