package say

// french is the grammar of French, with soixante-dix and quatre-vingts. The word
// milliard is not among the sounds: it is mille millions.
type french struct{}

var frenchScales = []scale{{1_000_000, "million"}, {1000, "thousand"}}

func (f french) cardinal(n int64, g gender) []string {
	for _, s := range frenchScales {
		if n < s.value {
			continue
		}
		var names []string
		switch {
		case s.value > 1000:
			names = f.cardinal(n/s.value, masculine) // un million d'heures
		case n/s.value > 1: // mille, not un mille
			names = f.cardinal(n/s.value, g)
		}
		return f.rest(append(names, "digits/"+s.word), n%s.value, g)
	}
	switch {
	case n == 1 && g == feminine:
		return []string{"digits/1F"}
	case n <= 20:
		return []string{digit(n)}
	case n < 70:
		return f.tens(n/10*10, n%10, g)
	case n < 80:
		return f.tens(60, n-60, g)
	case n < 100:
		return f.rest([]string{digit(80)}, n-80, g) // quatre-vingt-un has no et
	case n < 200: // cent, not un cent
		return f.rest([]string{"digits/hundred"}, n-100, g)
	}
	return f.rest([]string{digit(n / 100), "digits/hundred"}, n%100, g)
}

// tens joins one and eleven by et: vingt et un, soixante et onze.
func (f french) tens(tens, n int64, g gender) []string {
	names := []string{digit(tens)}
	if n%10 == 1 {
		names = append(names, "digits/et")
	}
	return f.rest(names, n, g)
}

func (f french) rest(names []string, n int64, g gender) []string {
	if n == 0 {
		return names
	}
	return append(names, f.cardinal(n, g)...)
}

// ordinal is vingt et premier: the word unième is not among the sounds.
func (f french) ordinal(n int64) []string {
	if n == 1_000_000 {
		return []string{"digits/h-million"}
	}
	return lastOrdinal(f.cardinal(n, masculine))
}

func (french) nine() string { return digit(9) }

func (french) dateTime() (date, link, clock string) { return "AdBY", " 'digits/at' ", "IMp" }

func (f french) part(letter byte, m moment) (names []string, short string, ok bool) {
	hour, minute, second := m.at.Clock()
	switch letter {
	case 'm':
		return f.ordinal(int64(m.at.Month())), "", true
	case 'd', 'e':
		if m.at.Day() == 1 { // le premier
			return f.ordinal(1), "", true
		}
		return number(f, m.at.Day()), "", true
	case 'Y':
		return number(f, m.at.Year()), "", true
	case 'I', 'l':
		return []string{digit(twelve(hour)), "digits/oclock"}, "", true
	case 'H', 'k':
		return append(number(f, hour), "digits/oclock"), "", true
	case 'M', 'N':
		if minute == 0 {
			return nil, "", true
		}
		return number(f, minute), "", true
	case 'S':
		return append(number(f, second), "digits/second"), "", true
	case 'Q', 'q':
		names, near := m.near(letter)
		switch {
		case near:
			return names, "", true
		case letter == 'q' && m.at.Before(m.midnight(0)) && !m.at.Before(m.midnight(-6)):
			return nil, "A", true
		}
		return nil, "AdBY", true
	}
	return nil, "", false
}
