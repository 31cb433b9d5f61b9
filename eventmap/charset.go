package eventmap

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/htmlindex"
	"golang.org/x/text/encoding/ianaindex"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"
	"golang.org/x/text/encoding/unicode"
)

// charset decodes text that is not UTF-8.
type charset struct {
	encoding encoding.Encoding
	single   *charmap.Charmap // set when the encoding has one byte a character
}

// newCharset finds a charset by its name: the number of a code page with or
// without a usual word before it ("cp850", "ibm850", "windows-1252", "850"), else
// a name of the WHATWG encoding standard ("latin1" is windows-1252 there), else
// one that IANA has registered.
func newCharset(name string) (charset, error) {
	enc := encodingNamed(strings.ToLower(strings.TrimSpace(name)))
	if enc == nil {
		return charset{}, fmt.Errorf("%q is no known charset: write one such as cp850, windows-1252, iso-8859-15 or "+
			"shift_jis (docs/CONFIGURATION.md lists them)", name)
	}
	if canonical, _ := ianaindex.IANA.Name(enc); enc == encoding.Replacement || enc == simplifiedchinese.HZGB2312 ||
		strings.HasPrefix(canonical, "UTF-16") || strings.HasPrefix(canonical, "UTF-32") {
		return charset{}, fmt.Errorf("%q can't be the charset of a plugin's output", name)
	}
	single, _ := enc.(*charmap.Charmap)
	return charset{enc, single}, nil
}

// encodingNamed returns nil for an unknown name.
func encodingNamed(name string) encoding.Encoding {
	if number, ok := codePageNumber(name); ok {
		if enc := codePages()[number]; enc != nil {
			return enc
		}
	}
	if match := isoPart.FindStringSubmatch(name); match != nil {
		name = "iso-8859-" + match[1]
	}
	if usual, ok := usualNames()[name]; ok {
		name = usual
	}
	if enc, err := htmlindex.Get(name); err == nil {
		return enc
	}
	enc, err := ianaindex.IANA.Encoding(name)
	if err != nil {
		return nil
	}
	return enc
}

var (
	codePage = regexp.MustCompile(
		`^(?:(?:x-)?(?:cp|ibm|oem|dos|ms|win|windows|codepage|ccsid)[-_ ]?)?0*([1-9][0-9]*)$`)
	isoPart = regexp.MustCompile(`^iso[-_ ]?8859[-_ ]([0-9]+)$`)
)

// usualNames are names of programs such as iconv that no standard has.
func usualNames() map[string]string {
	return map[string]string{
		"latin9": "iso-8859-15", "latin-9": "iso-8859-15", "latin10": "iso-8859-16",
		"koi8r": "koi8-r", "koi8u": "koi8-u", "eucjp": "euc-jp", "euckr": "euc-kr", "macroman": "macintosh",
	}
}

// codePageNumber returns the number that a name such as "cp850" consists of.
func codePageNumber(name string) (int, bool) {
	match := codePage.FindStringSubmatch(name)
	if match == nil {
		return 0, false
	}
	number, err := strconv.Atoi(match[1])
	return number, err == nil
}

// codePages are the charsets that have a number with IBM or Microsoft: those of
// consoles (OEM), of Windows (ANSI), and of mainframes.
func codePages() map[int]encoding.Encoding {
	return map[int]encoding.Encoding{
		37: charmap.CodePage037, 437: charmap.CodePage437, 850: charmap.CodePage850, 852: charmap.CodePage852,
		855: charmap.CodePage855, 858: charmap.CodePage858, 860: charmap.CodePage860, 862: charmap.CodePage862,
		863: charmap.CodePage863, 865: charmap.CodePage865, 866: charmap.CodePage866, 1047: charmap.CodePage1047,
		1140: charmap.CodePage1140,

		874: charmap.Windows874, 1250: charmap.Windows1250, 1251: charmap.Windows1251, 1252: charmap.Windows1252,
		1253: charmap.Windows1253, 1254: charmap.Windows1254, 1255: charmap.Windows1255, 1256: charmap.Windows1256,
		1257: charmap.Windows1257, 1258: charmap.Windows1258,

		932: japanese.ShiftJIS, 936: simplifiedchinese.GBK, 949: korean.EUCKR, 950: traditionalchinese.Big5,
		51932: japanese.EUCJP, 54936: simplifiedchinese.GB18030, 65001: unicode.UTF8,

		819: charmap.Windows1252, 20866: charmap.KOI8R, 21866: charmap.KOI8U, 10000: charmap.Macintosh,
		10007: charmap.MacintoshCyrillic,
	}
}

// charsetNames are the names under which the documentation lists the charsets,
// sorted. Each has more names.
func charsetNames() []string {
	names := []string{
		"big5", "euc-jp", "euc-kr", "gb18030", "gbk", "iso-2022-jp", "koi8-r", "koi8-u", "macintosh", "shift_jis",
		"utf-8", "x-mac-cyrillic",
	}
	for part := 1; part <= 16; part++ {
		if part != 12 { // there is none
			names = append(names, "iso-8859-"+strconv.Itoa(part))
		}
	}
	for _, number := range slices.Sorted(maps.Keys(codePages())) {
		switch {
		case number == 37:
			names = append(names, "cp037")
		case number == 874 || number >= 1250 && number <= 1258:
			names = append(names, "windows-"+strconv.Itoa(number))
		case number != 819 && number < 900 || number == 1047 || number == 1140:
			names = append(names, "cp"+strconv.Itoa(number))
		}
	}
	slices.Sort(names)
	return names
}
