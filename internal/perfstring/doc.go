// Package perfstring reads performance data as plugins write it, which is the form
// of the Monitoring Plugins guidelines, or close to it:
//
//	perfdata = { metric | separator } [ " [" command "]" ]
//	metric   = label "=" value { ";" range }
//	label    = "'" text "'" | '"' text '"' | text without "="
//	value    = number [ unit ] | "U" [ unit ]
//
// Separators are blanks, and commas, semicolons, pipes and line feeds in their
// place. [Reader] finds the labels, [Number] reads what a value says.
//
// A metric is read as a person would read it, or left out and reported: never a
// number under a wrong name, never a number that was not there. Where two readings
// are possible and none is usual, the metric is left out. docs/PERFDATA.md has the
// table of readings, which a test compares with the code.
package perfstring
