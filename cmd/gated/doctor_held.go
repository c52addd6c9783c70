package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"gated/doctor"
	"gated/gate"
	"gated/store"
	"gated/verify/record"
	"gated/verify/trust"
)

// text is one sentence of ours for both languages: its detail is an error's.
func text(zh, en string, args ...any) gate.Text {
	both := gate.Text{}
	for lang, s := range map[gate.Language]*string{gate.Chinese: &both.ZH, gate.English: &both.EN} {
		said := slices.Clone(args)
		for i, a := range args {
			if err, ok := a.(error); ok {
				said[i] = sentence(err, lang)
			}
		}
		*s = fmt.Sprintf(pick(lang == gate.Chinese, zh, en), said...)
	}
	return both
}

// stateDir says whether the state directory is ours to use.
func (p *patient) stateDir() doctor.StateDir {
	s := doctor.StateDir{Path: p.cfg.Gate.StateDir}
	if len(p.problems) > 0 {
		s.Path = ""
		return s
	}
	info, err := os.Stat(s.Path)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return s // the daemon makes it
	case err != nil:
		s.Problem, s.Next = text("%v", "%v", err), text("修复该目录或改 [gate] state_dir", "mend it, or change [gate] state_dir")
		return s
	case !info.IsDir():
		s.Problem, s.Next = text("%s 不是文件夹", "%s is no folder", s.Path), text("移开它，或改 [gate] state_dir", "move it away, or change [gate] state_dir")
		return s
	}
	if err := p.whose(); err != nil {
		s.Problem = text("%v", "%v", err)
		s.Next = text("这是别的门的状态目录，或配置写错了 [gate] id、site：改正配置，或换用空的状态目录", "it is another gate's, or id or site under [gate] is wrong: correct it, or begin with an empty state directory")
		return s
	}
	s.Foreign = p.foreign(info)
	return s
}

// whose says that key or database are of another gate, or cannot be used.
func (p *patient) whose() error {
	path := filepath.Join(p.cfg.Gate.StateDir, "gate.key")
	key, err := os.ReadFile(path) //nolint:gosec // our own state directory
	if err == nil {
		_, err = parseGateKey(path, strings.TrimSpace(string(key)), p.cfg.Gate.ID)
	}
	if err != nil && !errors.Is(err, os.ErrNotExist) && !errors.Is(err, os.ErrPermission) {
		return err
	}
	st, err := store.OpenReadOnly(p.cfg.Gate.StateDir)
	if errors.Is(err, store.ErrMissing) || errors.Is(err, os.ErrPermission) || store.DiskFault(err) {
		return nil
	}
	if err != nil {
		return err
	}
	log, _ := st.Log()
	if want := record.Origin(p.cfg.Gate.Site, p.cfg.Gate.ID, log); st.Origin() != want {
		err = fmt.Errorf("the database is of %s, the configuration says %s", strings.TrimSuffix(st.Origin(), "/"+log), strings.TrimSuffix(want, "/"+log))
	}
	return errors.Join(err, st.Close())
}

// foreign is the files of the state directory that the daemon could not use.
func (p *patient) foreign(dir os.FileInfo) []string {
	if !p.user.Known || p.user.UID == 0 {
		return nil
	}
	var all []string
	other := func(name string, info os.FileInfo, err error) {
		if err != nil {
			return
		}
		if st, ok := info.Sys().(*syscall.Stat_t); ok && int(st.Uid) != p.user.UID {
			all = append(all, name)
		}
	}
	other(p.cfg.Gate.StateDir, dir, nil)
	files, _ := os.ReadDir(p.cfg.Gate.StateDir) // who may not list it sees none
	for _, f := range files {
		info, err := f.Info()
		other(f.Name(), info, err)
	}
	return all
}

// peek is what the disk says of time, documents and records, and the daemon
// where it knows better.
func (p *patient) peek(ctx context.Context) (doctor.Clock, doctor.Held, doctor.Journal) {
	c := doctor.Clock{
		Always: p.cfg.Clock.Trust == "always", Battery: doctor.ReadBattery(p.root), Keeper: doctor.ReadKeeper(p.root),
	}
	if kernel, err := kernelClock(time.Time{}); err == nil {
		c.Synced = kernel().Synced
	}
	c.Floor.Value = buildTime()
	h := doctor.Held{SiteNumber: p.cfg.Gate.Site, Fresh: -1, Step: "unknown"}
	j := doctor.Journal{Most: p.cfg.limits().Most, Durable: true, Bytes: databaseBytes(p.cfg.Gate.StateDir)}
	b, err := peekBox(ctx, p.cfg)
	switch {
	case err == nil:
		p.look(ctx, b, &c, &h, &j)
		_ = b.store.Close()
	case !errors.Is(err, store.ErrMissing):
		h.Unknown = text("无法读取：%v", "cannot be read: %v", err)
		j.Unknown, c.State.Unknown = h.Unknown, h.Unknown
	default:
		c.State.Unknown = text("没有数据库", "there is no database yet")
	}
	if s := p.status; s != nil {
		h.Fresh, h.Step = s.Fresh, s.Freshness
		j.Unknown = gate.Text{}
		j.Log, j.Records, j.Cosigned, j.Durable = s.Log, s.Records, s.Cosigned, s.Durable
		c.State = doctor.Reading[gate.ClockState]{Value: gate.ClockState(s.Clock)}
		c.Floor.Value, c.Alarm = p.live.Floor, p.live.Clock
	}
	return c, h, j
}

// look takes what an opened state directory says.
func (p *patient) look(ctx context.Context, b *box, c *doctor.Clock, h *doctor.Held, j *doctor.Journal) {
	now, docs := b.clock.Now(), b.docs.now()
	c.State.Value, c.Floor.Value, c.Alarm = now.State, b.clock.Floor(), b.clock.Alarm().In(language(p.cfg))
	j.Log, j.Records = b.store.Log()
	j.Cosigned = b.store.Cosigned()
	j.Oldest = oldest(ctx, b.store)
	if age, ok := docs.Fresh(now); ok {
		h.Fresh, h.Step = age, string(docs.Step(now))
	}
	if t := docs.Trust; t != nil {
		h.Trust, h.TrustIssued, h.RootsDiffer = t.Version, time.Unix(t.IssuedAt, 0), !t.Roots.Same(b.docs.roots)
		p.countKeys(h, t.Keys)
	}
	if s := docs.Site; s != nil {
		h.Site, h.SiteIssued = s.Version, time.Unix(s.IssuedAt, 0)
		p.countKeys(h, s.Keys)
		var g trust.Gate
		g, h.Listed = s.Gate(p.cfg.Gate.ID)
		h.KeyMatches = p.keyMatches(g.Key.Text)
	}
	if s := docs.State; s != nil {
		h.State, h.Rev, h.Entries = true, s.Seq, uint64(s.Set.Count()) //nolint:gosec // a count
	}
}

// countKeys counts the keys that may issue passes for this site now.
func (p *patient) countKeys(h *doctor.Held, keys []trust.Key) {
	for _, k := range keys {
		ends := time.Unix(k.NotAfter, 0)
		property := k.Issuer == 0
		if k.Void || k.Disabled || !property && !k.Sites.Has(p.cfg.Gate.Site) || p.now.Before(time.Unix(k.NotBefore, 0)) || p.now.After(ends) {
			continue
		}
		h.Keys++
		if h.KeysEnd.IsZero() || ends.Before(h.KeysEnd) {
			h.KeysEnd = ends
		}
	}
}

// keyMatches says whether the site document lists the key of this box.
func (p *patient) keyMatches(listed string) doctor.Reading[bool] {
	path := filepath.Join(p.cfg.Gate.StateDir, "gate.key")
	private, err := os.ReadFile(path) //nolint:gosec // our own state directory
	if err != nil {
		return doctor.Reading[bool]{Unknown: text("无法读取：%v", "cannot be read: %v", err)}
	}
	key, err := parseGateKey(path, strings.TrimSpace(string(private)), p.cfg.Gate.ID)
	if err != nil {
		return doctor.Reading[bool]{Unknown: text("%v", "%v", err)}
	}
	return doctor.Reading[bool]{Value: key.verifier == listed}
}

// oldest is the time of the oldest record that is not cosigned.
func oldest(ctx context.Context, st *store.Store) doctor.Reading[time.Time] {
	from := st.Cosigned()
	entries, err := st.List(ctx, from, from+1)
	if err != nil || len(entries) == 0 {
		return doctor.Reading[time.Time]{Unknown: text("最早的未能读取", "the oldest cannot be read")}
	}
	leaf, err := record.ParseLeaf(entries[0].Leaf)
	if err != nil {
		return doctor.Reading[time.Time]{Unknown: text("%v", "%v", err)}
	}
	return doctor.Reading[time.Time]{Value: time.UnixMilli(leaf.TimeMS)}
}

// databaseBytes is how much the database takes.
func databaseBytes(dir string) int64 {
	files, _ := filepath.Glob(filepath.Join(dir, "*.db*"))
	var n int64
	for _, f := range files {
		if info, err := os.Stat(f); err == nil {
			n += info.Size()
		}
	}
	return n
}
