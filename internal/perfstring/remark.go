package perfstring

import "strings"

// loneSigns are the signs of which a word between two metrics is no name. A "#" may mean
// "number of", a "/" a file system.
const loneSigns = "-–—+&>*"

// remarks returns the offset behind what stands between two metrics and is no part of the
// label: a value in parentheses, as in "critical=0 (0%) warning=2", or a lone dash, arrow
// or the like.
func (r *Reader) remarks(begin int) int {
	if !r.begun {
		return begin
	}
	for {
		end := r.remark(begin)
		if end == begin {
			return begin
		}
		r.leftOut = true
		begin = r.separators(end)
	}
}

// remark returns the offset behind one remark, or begin. Other text in parentheses may be
// a remark or a part of the label. It is the label's where the first one begins like that
// too.
func (r *Reader) remark(begin int) int {
	s := r.text[begin:]
	switch {
	case len(s) < 2:
		return begin
	case strings.IndexByte(loneSigns, s[0]) >= 0:
		end := begin + len(s) - len(strings.TrimLeft(s, loneSigns))
		if end < len(r.text) && isBlank(r.text[end]) && !r.isLabelEnd(end) {
			return end
		}
		return begin
	case s[0] != '(' || r.text[0] == '(':
		return begin
	}
	end := strings.IndexAny(s, ")=")
	if end < 0 || s[end] == '=' || end+1 < len(s) && !isSeparator(s[end+1]) {
		return begin
	}
	if isValue(s[1:end]) {
		return begin + end + 1
	}
	r.doubt = r.doubt || strings.ContainsAny(s[:end], " \t")
	return begin
}

// passValues passes over further values behind a comma: of "a=6%,7%,b=8%" nobody knows
// what 7% is.
func (r *Reader) passValues() {
	s, word := r.text, r.at
	for r.at < len(s) && s[r.at] == ',' {
		if word <= r.at {
			word = r.wordEnd(r.at + 1)
		}
		end := word
		if comma := strings.IndexByte(s[r.at+1:word], ','); comma >= 0 {
			end = r.at + 1 + comma
		}
		if !isValue(s[r.at+1:end]) || r.isLabelEnd(end) {
			return
		}
		r.skipped()
		r.at = end
	}
}
