package eventmap

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"
)

// TestNamesOfCharsets finds each by the names that people write.
func TestNamesOfCharsets(t *testing.T) {
	for want, names := range map[encoding.Encoding][]string{
		charmap.CodePage850: {
			"cp850", "CP850", "ibm850", "IBM-850", "oem850", "850", "cp_850", "csPC850Multilingual",
		},
		charmap.CodePage437:   {"cp437", "ibm437", "437", "csPC8CodePage437", "dos-437"},
		charmap.CodePage858:   {"cp858", "ibm858", "IBM00858", "CCSID00858", "cp00858", "PC-Multilingual-850+euro"},
		charmap.CodePage037:   {"cp037", "ibm037", "cp37", "ebcdic-cp-us"},
		charmap.CodePage1140:  {"ibm01140", "cp1140", "CCSID01140"},
		charmap.CodePage866:   {"ibm866", "cp866", "866", "csibm866"},
		charmap.Windows1252:   {"windows-1252", "cp1252", "win1252", "1252", "latin1", "iso-8859-1", "ibm819", " L1 "},
		charmap.Windows1251:   {"windows-1251", "x-cp1251", "CP-1251", "codepage 1251"},
		charmap.ISO8859_15:    {"iso-8859-15", "latin9", "ISO_8859-15", "iso8859_15", "ISO8859-15"},
		charmap.KOI8R:         {"koi8-r", "KOI8", "koi8r", "cp20866"},
		japanese.ShiftJIS:     {"shift_jis", "sjis", "ms932", "cp932", "windows-31j"},
		korean.EUCKR:          {"euc-kr", "cp949", "ks_c_5601-1987"},
		simplifiedchinese.GBK: {"gbk", "gb2312", "cp936", "936"},
	} {
		for _, name := range names {
			if cs, err := newCharset(name); err != nil || cs.encoding != want {
				t.Errorf("%s: got %v, %v", name, cs.encoding, err)
			}
		}
	}
	for _, name := range []string{"", "cp", "cp0", "cp12345", "klingon", "ibm-", "-850", "99999999999999999999"} {
		if _, err := newCharset(name); err == nil || !strings.Contains(err.Error(), "no known charset") {
			t.Errorf("%q: %v", name, err)
		}
	}
	for _, name := range []string{"utf-16", "UTF-16BE", "utf-32", "csUTF16LE", "hz-gb-2312", "iso-2022-kr"} {
		if _, err := newCharset(name); err == nil {
			t.Errorf("%q is taken", name)
		}
	}
}

// TestEveryCharsetHasAName compares the documented names with all encodings that
// text can have.
func TestEveryCharsetHasAName(t *testing.T) {
	named := make(map[encoding.Encoding]bool)
	for _, name := range charsetNames() {
		cs, err := newCharset(name)
		if err != nil {
			t.Error(err)
		}
		named[cs.encoding] = true
	}
	others := []encoding.Encoding{
		charmap.ISO8859_1, charmap.ISO8859_9, // the standard reads windows-1252 and -1254, which have more
		charmap.ISO8859_6E, charmap.ISO8859_6I, charmap.ISO8859_8E, charmap.ISO8859_8I, // only the direction differs
		charmap.XUserDefined, simplifiedchinese.HZGB2312,
	}
	for _, enc := range slices.Concat(charmap.All, japanese.All, korean.All, simplifiedchinese.All,
		traditionalchinese.All) {
		if !named[enc] && !slices.Contains(others, enc) {
			t.Errorf("%v has no name", enc)
		}
	}
}

func TestTheReferenceListsTheCharsets(t *testing.T) {
	page, err := os.ReadFile("../docs/CONFIGURATION.md")
	if err != nil {
		t.Fatal(err)
	}
	row := regexp.MustCompile("(?m)^\\| `charset` .* One of ([^.]*)\\.").FindSubmatch(page)
	if row == nil {
		t.Fatal("the reference has no list of charsets")
	}
	if diff := cmp.Diff(charsetNames(), strings.Split(string(row[1]), ", ")); diff != "" {
		t.Error(diff)
	}
}

// TestOEMCodePages decodes what console programs of Windows print.
func TestOEMCodePages(t *testing.T) {
	for _, c := range []struct{ charset, in, want string }{
		{"cp850", "Espace lib\x82r\x82 \x85 80%", "Espace libéré à 80%"},
		{"cp858", "5 \xd5", "5 €"},
		{"cp437", "\x81ber \xe1", "über ß"},
		{"cp852", "\xa5", "ą"},
		{"cp866", "\x8f\xe0\xae\xa1\xa5\xab", "Пробел"},
	} {
		cs, err := newCharset(c.charset)
		if err != nil {
			t.Fatal(err)
		}
		if got, repairs := cs.clean(c.in); got != c.want || repairs != CharsetConverted {
			t.Errorf("%s: got %q, %v", c.charset, got, repairs)
		}
	}
}
