// Package config reads the configuration file: strict YAML, with a default for
// everything, so that a standard installation needs no file at all.
//
// A fault is reported with its file and line; all faults are reported
// together. An unknown key is a fault, and the nearest known key is named. The
// package knows the form of the configuration and nothing of what it
// configures: the rooms check the meaning of their own options, and Loaded.Fault
// adds file, line and key to what they find.
package config
