// Package client is the Go side of the protocol for everything that talks to a
// workspace's daemon: typed requests, subscriptions, and the bridge that lets
// an editor speak to it over stdio. It finds the daemon, or starts it. It
// imports nothing of the daemon.
package client
