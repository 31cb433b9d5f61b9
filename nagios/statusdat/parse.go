package statusdat

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/nagios2canopsis/nagios2canopsis/internal/supervision"
)

// MaxBlock bounds a block, and so a line, in bytes. A longer one is reported
// as Malformed and skipped. The largest that real supervisors write are some
// 30 KiB (a plugin output of 24 KiB).
const MaxBlock = 1 << 20

const (
	// readSize is what one read(2) asks for; it stays in the processor's cache.
	readSize = 256 << 10
	// maskSize is what is looked at in one step; so many zero bytes follow the
	// data in the buffer.
	maskSize = 64
)

// ErrTruncated is returned when the input ends within a block or line.
var ErrTruncated = errors.New("the status file ends within a block")

// Block is one block of a status file, `type {` to `}`. It is valid during the
// callback only.
type Block struct {
	Kind  Kind
	Line  int    // of the file, from 1, on which the block begins
	Raw   []byte // all of it; of a Malformed one, its beginning
	Fault string // what is wrong with a Malformed one

	fields [keyCount]span
}

// span is a part of Block.Raw; that of a field never begins at 0.
type span struct{ from, to uint32 }

// Field returns the value of a field as it is in the file, nil if the block has
// no such field. If a field is there twice, the last one counts.
func (b *Block) Field(key Key) []byte {
	at := b.fields[key]
	if at.from == 0 {
		return nil
	}
	return b.Raw[at.from:at.to]
}

// Parser reads status files. Its memory is a little more than MaxBlock,
// whatever the size of the file, and is used again for the next one.
type Parser struct {
	buf        []byte
	start, end int // what is in buf and was not yet a block
	line       int // of start, from 1
	skipping   bool
	broken     bool // what is skipped begins within a line
	// raw: the file is Shinken's, which writes the newlines of a text as they are. So
	// only a tab begins a field there. The other cores' own readers take blanks off
	// both ends of each line (xdata/xsddefault.c), and so may have had an editor.
	raw   bool
	block Block
}

// NewParser makes a parser.
func NewParser() *Parser { return &Parser{buf: make([]byte, MaxBlock+maskSize)} }

// Parse reads r to its end and calls each for every block, in order. The error
// is the one of each or of r, or ErrTruncated.
func (p *Parser) Parse(r io.Reader, each func(*Block) error) error {
	p.start, p.end, p.line, p.skipping, p.raw = 0, 0, 1, false, false
	for {
		readErr := p.fill(r)
		for p.next() {
			if b := &p.block; b.Kind == Info {
				p.raw = dialectOf(b.Field(Version), b.Field(Created)).escaping == escapesNothing
			}
			if err := each(&p.block); err != nil {
				return err
			}
		}
		switch {
		case errors.Is(readErr, io.EOF) && (p.skipping || p.start < p.end):
			return ErrTruncated
		case errors.Is(readErr, io.EOF):
			return nil
		case readErr != nil:
			return fmt.Errorf("reading the status file at line %d: %w", p.line, readErr)
		}
	}
}

// fill moves what is left to the front of the buffer and reads once behind it.
func (p *Parser) fill(r io.Reader) error {
	copy(p.buf, p.buf[p.start:p.end])
	p.start, p.end = 0, p.end-p.start
	n, err := r.Read(p.buf[p.end:min(MaxBlock, p.end+readSize)])
	p.end += n
	clear(p.buf[p.end : p.end+maskSize])
	return err
}

// next fills p.block with what comes next in the buffer. It reports false when
// nothing whole is left there.
func (p *Parser) next() bool {
	if p.skipping && !p.skip() {
		return false
	}
	for p.start < p.end {
		data := p.buf[p.start:p.end]
		eol := bytes.IndexByte(data, '\n')
		if eol < 0 {
			return p.tooLong(data)
		}
		line := data[:eol]
		if text := bytes.TrimLeft(line, blanks); len(text) == 0 || text[0] == '#' {
			p.consume(eol+1, 1)
			continue
		}
		kind, ok := p.headerOf(line)
		if !ok {
			p.malformed(line, "neither a block nor a comment")
			p.consume(eol+1, 1)
			return true
		}
		p.block.Kind, p.block.Line, p.block.Fault = kind, p.line, ""
		size, lines, end := p.scan(eol+1, bytes.HasSuffix(line, []byte("\r")))
		switch end {
		case blockOpen:
			return p.tooLong(data)
		case blockUnclosed:
			p.malformed(data[:size], "the block is not closed")
		}
		p.consume(size, lines)
		return true
	}
	return false
}

// scan goes through the block that begins at p.start.
func (p *Parser) scan(body int, crlf bool) (size, lines int, end blockEnding) {
	b := &p.block
	if (b.Kind == HostStatus || b.Kind == ServiceStatus) && !crlf {
		size, lines = b.scanStatus(p.buf[p.start:p.end+maskSize], body)
		if size > 0 {
			return size, lines, blockClosed
		}
	}
	return p.scanLines(p.buf[p.start:p.end], body, crlf)
}

func (p *Parser) consume(size, lines int) {
	p.start += size
	p.line += lines
}

func (p *Parser) malformed(raw []byte, fault string) {
	p.block = Block{Kind: Malformed, Line: p.line, Raw: raw[:min(len(raw), supervision.RawKept)], Fault: fault}
}

// tooLong makes data a Malformed block if no more of it fits into the buffer;
// the rest is skipped when it comes.
func (p *Parser) tooLong(data []byte) bool {
	if len(data) < MaxBlock {
		return false
	}
	p.malformed(data, fmt.Sprintf("the block is longer than %d bytes", MaxBlock))
	p.skipping = true
	return true
}

// longestEnd is more than the last line of a block has, in bytes.
const longestEnd = 1 << 10

// skip drops the rest of a block that is too long, and reports whether its end
// was found.
func (p *Parser) skip() bool {
	for p.start < p.end {
		data := p.buf[p.start:p.end]
		eol := bytes.IndexByte(data, '\n')
		if eol < 0 {
			if len(data) > longestEnd {
				p.consume(len(data), 0)
				p.broken = true
			}
			return false
		}
		p.consume(eol+1, 1)
		if broken := p.broken; p.endsBlock(data[:eol]) && !broken {
			p.skipping = false
			return true
		}
		p.broken = false
	}
	return false
}

// blanks are what may stand around a line.
const blanks = " \t\r"

// endsBlock reports whether a line is the last one of a block.
func (p *Parser) endsBlock(line []byte) bool {
	if p.raw {
		return string(line) == "\t}"
	}
	return isEnd(line)
}

func isEnd(line []byte) bool { return string(bytes.Trim(line, blanks)) == "}" }

// headerOf reads the first line of a block, "type {".
func (p *Parser) headerOf(line []byte) (Kind, bool) {
	text := line
	if !p.raw {
		text = bytes.Trim(line, blanks)
	}
	name, ok := bytes.CutSuffix(text, []byte("{"))
	if !ok || text[0] == '\t' {
		return 0, false
	}
	return kindOf(bytes.TrimRight(name, " ")), true
}

// How the scan of a block ended.
type blockEnding uint8

const (
	blockClosed   blockEnding = iota
	blockOpen                 // there is more to come
	blockUnclosed             // the next one begins before the end of this one
)

// scanLines finds the fields and the end of the block whose second line begins at
// body. It returns the number of its bytes and lines.
func (p *Parser) scanLines(data []byte, body int, crlf bool) (length, lines int, end blockEnding) {
	b := &p.block
	b.fields = [keyCount]span{}
	last := noKey // of the line before
	flat := !p.raw && len(data) > body && strings.IndexByte(blanks, data[body]) < 0
	lines = 1
	for start := body; ; lines++ {
		size := bytes.IndexByte(data[start:], '\n')
		if size < 0 {
			return 0, 0, blockOpen
		}
		eol := start + size
		line := data[start:eol]
		if p.endsBlock(line) {
			b.Raw = data[:eol+1]
			return eol + 1, lines + 1, blockClosed
		}
		if key, at, ok := p.fieldOf(line, flat); ok {
			if last = key; key != noKey {
				if b.fields[key] = (span{uint32(start + at), uint32(eol)}); crlf && data[eol-1] == '\r' {
					b.fields[key].to--
				}
			}
		} else if kind, ok := p.headerOf(line); ok && kind != Other {
			return start, lines, blockUnclosed
		} else if last != noKey {
			b.fields[last].to = uint32(eol) // a newline of a text as it is
		}
		start = eol + 1
	}
}

// fieldOf reports whether a line is a field: which one, and where in the line its
// value begins. noKey is a field that nobody reads. In a flat block no line is indented.
func (p *Parser) fieldOf(line []byte, flat bool) (key Key, at int, ok bool) {
	text := line
	if !p.raw {
		text = bytes.TrimLeft(line, blanks)
	} else if len(line) > 0 && line[0] == '\t' {
		text = line[1:]
	}
	indented := len(text) < len(line)
	length := bytes.IndexByte(text, '=')
	if length < 0 {
		return noKey, 0, indented
	}
	key = keysByName[string(text[:length])]
	return key, len(line) - len(text) + length + 1, indented || key != noKey && !p.raw || flat && isName(text[:length])
}

// isName reports whether a text can be the name of a field.
func isName(text []byte) bool {
	return len(bytes.Trim(text, "abcdefghijklmnopqrstuvwxyz_0123456789")) == 0
}
