package eventmap

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestClean(t *testing.T) {
	for _, c := range []struct {
		name, charset, in, want string
		repairs                 Repairs
	}{
		{"plain", "windows-1252", "OK - 3 days", "OK - 3 days", 0},
		{"newline and tab stay", "windows-1252", "a\n\tb", "a\n\tb", 0},
		{"UTF-8", "windows-1252", "é€😀\u2028", "é€😀\u2028", 0},
		{"Latin-1", "windows-1252", "d\xe9faut", "défaut", CharsetConverted},
		{"the quotes of windows-1252", "windows-1252", "\x93a\x94 \x80", "“a” €", CharsetConverted},
		{
			"its holes as Latin-1", "windows-1252", "\x81\x8d\x8f\x90\x9d\xe9", "\u0081\u008d\u008f\u0090\u009dé",
			CharsetConverted,
		},
		{"Latin-9", "iso-8859-15", "\xa4", "€", CharsetConverted},
		{"Japanese", "shift_jis", "\x83\x65\x83\x58\x83\x67", "テスト", CharsetConverted},
		{"UTF-8 only", "utf-8", "d\xe9faut", "d\ufffdfaut", CharsetConverted},
		{"UTF-8 cut at a byte", "windows-1252", "défaut d\xc3", "défaut d\ufffd", CharsetConverted},
		{"UTF-8 cut in a long character", "windows-1252", "é\xf0\x9f\x98", "é\ufffd", CharsetConverted},
		{"a Latin-1 end is no cut UTF-8", "windows-1252", "caf\xe9", "café", CharsetConverted},
		{"surrogate", "windows-1252", "\xed\xa0\x80", "í\u00a0€", CharsetConverted},
		{"NUL, BEL, CR, DEL", "windows-1252", "a\x00b\x07c\r\nd\x7f", "abc\nd", ControlsRemoved},
		{"colour", "windows-1252", "\x1b[1;31mCRITICAL\x1b[0m é", "CRITICAL é", ControlsRemoved},
		{"window title", "windows-1252", "\x1b]0;title\x07a\x1b]0;t\x1b\\b", "ab", ControlsRemoved},
		{"character set", "windows-1252", "\x1b(Ba", "a", ControlsRemoved},
		{"escape without a sequence", "windows-1252", "a\x1bb\x1b[é\x1b]é\x1b", "ab[é]é", ControlsRemoved},
		{"both", "windows-1252", "\x1b[1m\xe9", "é", CharsetConverted | ControlsRemoved},
	} {
		t.Run(c.name, func(t *testing.T) {
			cs, err := newCharset(c.charset)
			if err != nil {
				t.Fatal(err)
			}
			if got, repairs := cs.clean(c.in); got != c.want || repairs != c.repairs {
				t.Errorf("got %q %b, want %q %b", got, repairs, c.want, c.repairs)
			}
		})
	}
}

func FuzzClean(f *testing.F) {
	for _, s := range []string{"", "a\x1b[31mb", "\x1b]0;x", "\xc3", "é\xe9", "\x00\x7f\x81", "\x1b(", "a\nb\t"} {
		f.Add(s)
	}
	cs, _ := newCharset("windows-1252")
	f.Fuzz(func(t *testing.T, s string) {
		clean, repairs := cs.clean(s)
		if !utf8.ValidString(clean) || strings.ContainsFunc(clean, isControl) {
			t.Errorf("%q is not clean", clean)
		}
		if (repairs == 0) != (clean == s) {
			t.Errorf("repairs %b from %q to %q", repairs, s, clean)
		}
		if again, repairs := cs.clean(clean); again != clean || repairs != 0 {
			t.Errorf("clean text %q changes to %q", clean, again)
		}
		encoded, ok := appendString([]byte("x"), s)
		if ok != (repairs == 0) || !ok && string(encoded) != "x" {
			t.Fatalf("appendString returns clean: %v", ok)
		}
		var back string
		encoded, _ = appendString(nil, clean)
		if err := json.Unmarshal(encoded, &back); err != nil || back != clean {
			t.Errorf("%s decodes to %q, %v", encoded, back, err)
		}
	})
}

func TestCutText(t *testing.T) {
	for _, c := range []struct {
		in    string
		limit int
		want  string
	}{
		{"abcdefgh", 7, "abcd…"}, {"abcéfgh", 8, "abcé…"}, {"abcéfgh", 7, "abc…"},
		{"😀😀", 7, "😀…"}, {"😀😀", 6, "…"},
	} {
		if got := cutText(c.in, c.limit); got != c.want {
			t.Errorf("%q at %d: %q, want %q", c.in, c.limit, got, c.want)
		}
	}
}
