// Package supervision is the vocabulary of the house: what a Nagios-family
// supervisor says, in Nagios' words, before anybody asks what it means to
// Canopsis. It imports nothing of ours, and every other package may import it.
// A record can be stored as bytes, in a form that has a version.
//
// Strings hold the bytes that the supervisor wrote, in whatever charset its
// plugins spoke; nothing here is guaranteed to be UTF-8. Making text fit for
// JSON is the work of package eventmap.
package supervision
