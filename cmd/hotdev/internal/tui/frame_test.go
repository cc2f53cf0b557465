package tui

import (
	"context"
	"fmt"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"

	"github.com/hotdev/hotdev/cmd/hotdev/internal/console"
	"github.com/hotdev/hotdev/cmd/hotdev/internal/feed"
	"github.com/hotdev/hotdev/rpc/protocol"
)

// BenchmarkFrame is what one frame costs the program: a batch of log lines as
// it comes 20 times a second at 10,000 lines a second, and the screen drawn.
// The budget is that of 60 frames a second, 16.6 ms.
func BenchmarkFrame(b *testing.B) {
	for name, keys := range map[string]string{"plain": "", "wrapped": "w", "filtered": "f2", "searched": "/2"} {
		b.Run(name, func(b *testing.B) {
			m := newModel(Options{
				Format: func(width int) Format { return console.Format{Color: true, Width: width} },
			})
			m.do = func(func(context.Context) tea.Msg) {}
			m.Update(tea.WindowSizeMsg{Width: 200, Height: 50})
			for _, k := range keys {
				m.Update(tea.KeyPressMsg{Code: k, Text: string(k)})
			}
			var u feed.Update
			for i := range 500 {
				u.Items = append(u.Items, feed.Item{Log: protocol.LogEntry{
					Stream: "stdout", Time: "2026-11-24T16:00:01.250Z",
					Text: fmt.Sprintf("\x1b[32m[GIN]\x1b[0m | 200 | GET \"/items\" line %d %s", i, strings.Repeat("long ", i%100)),
				}})
			}
			for range maxLines / len(u.Items) { // a log that is full
				m.Update(u)
			}
			for b.Loop() {
				m.Update(u)
				m.View()
			}
		})
	}
}
