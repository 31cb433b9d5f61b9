// Package livestatus is a client of Livestatus, the query language that Naemon,
// Nagios and Checkmk (mk-livestatus), Icinga 2, Shinken and LMD speak over a
// socket.
//
// It asks only for what all of them have: KeepAlive, ResponseHeader: fixed16 and
// OutputFormat: json (wrapped_json where the server is known to have it). It never
// sends Separators, Localtime or Timelimit: Icinga 2 puts the first into its header,
// LMD refuses the others. It never reads to the end of the stream, which in Shinken
// doesn't come.
//
// A [Client] has one connection, which it opens when it needs one, and one answer
// at a time. Rows are decoded as they come: memory does not grow with the answer.
// Faults of an answer's JSON that are known from the field cost the value that has
// them, and are counted in [Answer.Faults].
//
// What a server can do is found by [Client.Probe]. An empty value shows nothing:
// Naemon, Checkmk and LMD answer for a column that they don't have with "" or null.
// docs/decisions/livestatus.md has the table of dialects.
package livestatus
