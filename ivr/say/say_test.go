package say

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"dialtone/sounds"
)

func TestTextsAreSpelled(t *testing.T) {
	for _, c := range []struct {
		how  func(language, text string) []string
		lang string
		text string
		want string
	}{
		{Digits, "en", "0123456789", "digits/0 digits/1 digits/2 digits/3 digits/4 digits/5 digits/6 digits/7 digits/8 digits/9"},
		{Digits, "fr", "-1*a #é", "digits/minus digits/1 digits/star digits/pound"},
		{Digits, "en", "", ""},
		{Alpha, "en", "aB1", "letters/a letters/b digits/1"},
		{Alpha, "fr", "z*#!@$-.=+/ ", "letters/z digits/star digits/pound letters/exclaimation-point letters/at letters/dollar letters/dash letters/dot letters/equals letters/plus letters/slash letters/space"},
		{Alpha, "en", "\"%~,é\n\x00", "letters/ascii34 letters/ascii37 letters/ascii126 letters/ascii44"},
		{Phonetic, "en", "aZ9 8", "phonetic/a_p phonetic/z_p phonetic/9_p letters/space digits/8"},
		{Phonetic, "fr", "b9*%", "phonetic/b_p digits/9 digits/star"},
	} {
		if got := strings.Join(c.how(c.lang, c.text), " "); got != c.want {
			t.Errorf("%q in %s: %q, want %q", c.text, c.lang, got, c.want)
		}
	}
	for how, want := range map[Case]string{
		CaseNone: "letters/a letters/b digits/1", CaseUpper: "letters/a uppercase letters/b digits/1",
		CaseLower: "lowercase letters/a letters/b digits/1", CaseAll: "lowercase letters/a uppercase letters/b digits/1",
	} {
		if got := strings.Join(AlphaCase("en", "aB1", how), " "); got != want {
			t.Errorf("aB1 with case %c: %q, want %q", how, got, want)
		}
	}
}

// spoken collects every name that the package yields in a language.
func spoken(t *testing.T, language string) []string {
	all := map[string]bool{}
	add := func(names []string, err error) {
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			all[name] = true
		}
	}
	for _, n := range []int64{-1, 1000, 1_000_000, 1_000_000_000, 2_000_000_001} {
		add(Number(language, n, "f"))
		add(Ordinal(language, n))
	}
	for n := range int64(1000) {
		add(Number(language, n, "m"))
		add(Number(language, n, "f"))
		add(Ordinal(language, n))
	}
	text := ""
	for c := range 256 {
		text += string([]byte{byte(c)})
	}
	add(Digits(language, text), nil)
	add(AlphaCase(language, text, CaseAll), nil)
	add(Phonetic(language, text), nil)
	now := time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)
	for hours := range 24 * 366 {
		at := now.Add(time.Duration(hours)*(time.Hour+time.Second) - 48*time.Hour)
		add(Time(language, at, now, "AaBbhmdeYIlHkMNSPpQqRT"))
		add(Time(language, at, now, ""))
	}
	var names []string
	for name := range all {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// What a language says is in the program, in that language: no operator has to install anything.
func TestEverySoundIsEmbedded(t *testing.T) {
	cache := sounds.NewCache(sounds.Config{})
	for language, folder := range map[string]string{"en": "en", "fr": "fr", "en_GB": "en", "fr_CA": "fr"} {
		names := spoken(t, language)
		if len(names) < 170 {
			t.Errorf("%s has %d sounds", language, len(names))
		}
		for _, name := range names {
			file, err := cache.Find(name, language)
			if want := "embedded:" + folder + "/" + name + ".wav"; err != nil || file != want {
				t.Errorf("%s: %s, %v, want %s", name, file, err, want)
			}
		}
	}
}

// The names are those of the recordings that distributions install; where they are, all but a few are among them.
func TestSoundsAreThoseThatDistributionsInstall(t *testing.T) {
	absent := map[string][]string{"en": nil, "fr": {"digits/1F", "digits/second"}, "en_GB": {"digits/and"}}
	folders := []string{os.Getenv("ASTERISK_SOUNDS")}
	if folders[0] == "" {
		folders = sounds.Installed()
	}
	cache := sounds.NewCache(sounds.Config{System: folders})
	for language, want := range absent {
		var got []string
		for _, name := range spoken(t, language) {
			file, err := cache.Find(name, language)
			if err == nil && strings.HasPrefix(file, "embedded:") {
				got = append(got, name)
			}
		}
		if got := len(got); got > 100 {
			t.Fatalf("the sounds of %s are not installed (asterisk-core-sounds-%.2[1]s-wav, in %s; tools/needs.sh does it)", language, filepath.Join(folders...))
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s lacks %q, want only %q", language, got, want)
		}
	}
}
