// Package protocol defines the wire types: the part of LSP 3.17 that hotdev
// speaks and the hotdev/* messages. JSON tags live here and nowhere else; the
// package has no behaviour beyond encoding and imports nothing of this module.
// PROTOCOL.md in the folder above documents every message with an example.
package protocol
