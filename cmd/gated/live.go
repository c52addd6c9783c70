package main

import (
	"strings"

	"gated/gate"
	"gated/local"
	"gated/sync"
)

// live is what the running daemon knows beside its status.
func (b *box) live(link *sync.Sync, lang gate.Language) local.Live {
	l := local.Live{Floor: b.clock.Floor(), Clock: b.clock.Alarm().In(lang)}
	if link != nil {
		r := link.Report()
		l.Line = local.LineLive{
			Since: r.Since, Error: r.Error, Trust: r.Heard.Trust, Site: r.Heard.Site, Heartbeat: r.Heard.Heartbeat,
			Cosigned: logOf(r.Heard.Cosigned),
		}
	}
	return l
}

// logOf is the log that a checkpoint is of, by the last part of its first line;
// empty: there is no checkpoint.
func logOf(checkpoint []byte) string {
	origin, _, _ := strings.Cut(string(checkpoint), "\n")
	return origin[strings.LastIndexByte(origin, '/')+1:]
}
